# SPDX-License-Identifier: MIT
"""Fixtures of the tests of what a user meets."""

import pytest

from client import commands
from listener import Crowd
from quickstart import Quickstart


@pytest.fixture
def run(shared):
    """Runs the command `tidings`; what it started ends with the test."""
    with commands(shared) as run:
        yield run


@pytest.fixture
def quickstart(tmp_path):
    """Starts conf/quickstart with these arguments."""
    runs = []

    def start(*arguments, **how):
        runs.append(Quickstart(tmp_path, *arguments, **how))
        return runs[-1]
    yield start
    for run in runs:
        run.close()


@pytest.fixture
def crowd():
    """Browsers without a world of their own."""
    crowd = Crowd()
    yield crowd
    crowd.close()
