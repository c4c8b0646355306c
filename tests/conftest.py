"""The fixtures: a world with everything, or one made to measure."""

import pytest

from world import World


@pytest.fixture
def make_world():
    """make_world(config, web=True ...): worlds that end with the test.

    The daemons' logs are shown when the test fails; a sanitizer's report, a
    failed assertion or an unexpected death in them is a failure of its own.
    """
    worlds = []

    def make(*arguments, **how):
        world = World(*arguments, **how)
        worlds.append(world)
        return world
    yield make
    faults = []
    for world in worlds:
        faults += world.close()
        print(world.last_words)
    assert not faults, "\n".join(faults)


@pytest.fixture
def world(make_world):
    """Hub and responder, asked as a web server would ask."""
    return make_world()


@pytest.fixture
def web(make_world):
    """Hub, responder and lighttpd."""
    return make_world(web=True)
