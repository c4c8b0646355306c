# SPDX-License-Identifier: MIT
"""Fixtures of the tests of Mercure's path: a hub, an application, and somebody who shows nothing."""

import pytest

from mercure import mercure, publisher
from mercure_reader import reader


@pytest.fixture(scope="module")
def site(make_shared_world, tmp_path_factory):
    return make_shared_world(mercure(tmp_path_factory.mktemp("keys")))


@pytest.fixture
def app(site):
    return publisher(site, publish=["*"])


@pytest.fixture
def anyone(site):
    return reader(site)
