# SPDX-License-Identifier: MIT
"""Fixtures of the tests of what a user meets."""

import pytest

from client import commands


@pytest.fixture
def run(shared):
    """Runs the command `tidings`; what it started ends with the test."""
    with commands(shared) as run:
        yield run
