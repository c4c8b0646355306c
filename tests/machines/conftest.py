# SPDX-License-Identifier: MIT
"""Fixtures of the tests in which several machines share one order."""

import pytest

from redisserver import needs_redis
from several import Machines


def pytest_collection_modifyitems(items):
    for item in items:
        if needs_redis and "/machines/" in str(item.path):
            item.add_marker(pytest.mark.skip(reason=needs_redis))


@pytest.fixture
def three(make_world):
    return make_world(kind=Machines)


@pytest.fixture
def two(make_world):
    return make_world(kind=Machines, count=2)
