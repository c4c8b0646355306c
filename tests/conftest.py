# SPDX-License-Identifier: MIT
"""The fixtures: a world with everything, or one made to measure."""

import os
from pathlib import Path

import pytest

from browser import browser, browsers, chromium, firefox  # noqa: F401, fixtures
from realtext import real_lines
from servers import DEFAULT, SERVERS
from shop import shop  # noqa: F401, a fixture
from world import World


def worlds(server):
    """Makes worlds that end with the test (or the module) that asked for them.

    The daemons' logs are shown when the test fails; a sanitizer's report, a
    failed assertion or an unexpected death in them is a failure of its own.
    """
    made = []

    def make(*arguments, kind=World, **how):
        if kind is World:
            how.setdefault("server", server)
        made.append(kind(*arguments, **how))
        return made[-1]
    yield make
    faults = []
    for world in made:
        faults += world.close()
        print(world.last_words)
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="module")
def server(request):
    """The web server of the worlds that have one."""
    return getattr(request, "param", DEFAULT)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Lets a fixture know how the test went."""
    outcome = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed


make_world = pytest.fixture(worlds, name="make_world")
make_shared_world = pytest.fixture(worlds, name="make_shared_world", scope="module")


@pytest.fixture
def world(make_world):
    """Hub and responder, asked as a web server would ask."""
    return make_world()


@pytest.fixture
def web(make_world):
    """Hub, responder and web server."""
    return make_world(web=True)


@pytest.fixture(scope="module")
def shared(make_shared_world):
    """Hub, responder and web server for the many small cases of one module."""
    return make_shared_world(web=True)


@pytest.fixture(scope="module")
def plain(make_shared_world):
    """Hub and responder for the many small cases of one module."""
    return make_shared_world()


@pytest.fixture(scope="session")
def lines():
    """Real text."""
    return real_lines()


@pytest.fixture
def audience(web):
    """Fifty browsers that listen to the channel text."""
    return [web.listen("text") for _ in range(50)]


def pytest_generate_tests(metafunc):
    """What is marked behind_apache is played behind Apache and nginx too."""
    marker = metafunc.definition.get_closest_marker("behind_apache")
    names = set(metafunc.fixturenames)
    if marker is None or DEFAULT.name != "lighttpd" \
            or not names & {"web", "shared", "make_world"} or "world" in names:
        return
    marks = [pytest.mark.deploy]
    if "--full" in marker.args:
        marks.append(pytest.mark.again)
    others = [pytest.param(SERVERS[name], id=name, marks=marks) for name in ("apache", "nginx")]
    metafunc.parametrize("server", [pytest.param(SERVERS["lighttpd"], id="lighttpd"), *others],
                         indirect=True, scope="module")


# tests/run names a file here in which the failed tests are written down, and
# one of those to play.  What a sanitizer or a crash said (at the end of a
# world) is marked: it is forgiven nobody.
FAILED = os.environ.get("TIDINGS_FAILED")
ONLY = os.environ.get("TIDINGS_ONLY")


def pytest_runtest_logreport(report):
    if FAILED and report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        mark = "! " if report.when == "teardown" else ""
        with open(FAILED, "a") as names:
            names.write(f"{mark}{report.nodeid}\n")


def play_only(config, items, names):
    others = [item for item in items if item.nodeid not in names]
    items[:] = [item for item in items if item.nodeid in names]
    config.hook.pytest_deselected(items=others)


def pytest_collection_modifyitems(config, items):
    if ONLY:
        play_only(config, items, set(Path(ONLY).read_text().splitlines()))
    for item in items:
        browser = item.callspec.params.get("browser") if hasattr(item, "callspec") else None
        if browser == "firefox" and item.get_closest_marker("in_both_browsers") is None:
            item.add_marker(pytest.mark.again)
