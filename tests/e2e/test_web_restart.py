# SPDX-License-Identifier: MIT
"""The web server itself is restarted: every browser is back, and complete, within ten seconds."""

import os
import signal
import threading
import time

import pytest

from servers import SERVERS
from world import SLOW, eventually

pytestmark = pytest.mark.deploy
BROWSERS = 50


@pytest.fixture(scope="module")
def server(request):
    return SERVERS[request.param]


class Events(threading.Thread):
    """Twenty INSERTs a second, which need no web server, until told to end."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.done, self.sent = world, threading.Event(), []
        self.start()

    def run(self):
        while not self.done.wait(0.05):
            self.sent.append(f"event {len(self.sent)}")
            self.world.insert(self.sent[-1])

    def end(self):
        self.done.set()
        self.join()
        return self.sent


def full(web):
    web.stop()
    web.start()


def at_once(web):
    web.kill_all()
    web.start()


def by_itself(web):
    """Apache's own restart: its parent stays."""
    os.kill(web.pid, signal.SIGHUP)


RESTARTS = [pytest.param("lighttpd", full, id="lighttpd-restart"),
            pytest.param("lighttpd", at_once, id="lighttpd-killed", marks=pytest.mark.again),
            pytest.param("apache", full, id="apache-restart"),
            pytest.param("nginx", full, id="nginx-restart"),
            pytest.param("nginx", at_once, id="nginx-killed", marks=pytest.mark.again),
            pytest.param("apache", at_once, id="apache-killed", marks=pytest.mark.again),
            pytest.param("apache", by_itself, id="apache-restart-by-itself", marks=pytest.mark.again)]


@pytest.mark.parametrize("server, restart", RESTARTS, indirect=["server"])
def test_all_are_back_and_complete_within_ten_seconds(make_world, restart):
    world = make_world({"responder": {"retry": "2s"}}, web=True)
    readers = [world.listen(reconnect=True, longest_wait=4) for _ in range(BROWSERS)]
    events = Events(world)
    eventually(lambda: len(events.sent) > 10, "events being published")
    begun = time.monotonic()
    restart(world.web)
    eventually(lambda: all(len(reader.told("connected")) == 2 for reader in readers), "all being back", 15)
    took = time.monotonic() - begun
    sent = events.end()
    for reader in readers:
        reader.wait(lambda reader=reader: reader.data[-1:] == sent[-1:], reader.story)
        assert reader.data == sent
        assert set(reader.statuses) == {200}
        assert not reader.told("reset")
    print(f"all back after {took:.1f} s")
    assert took < 10 * SLOW


@pytest.mark.again
@pytest.mark.parametrize("server, restart", RESTARTS, indirect=["server"])
def test_all_are_back_within_ten_seconds_though_nothing_is_published(make_world, restart):
    """A quiet stream ends with its next comment when Apache is told to stop."""
    world = make_world({"responder": {"retry": "2s", "keepalive": "4s"}}, web=True)
    readers = [world.listen(reconnect=True, longest_wait=4) for _ in range(BROWSERS)]
    begun = time.monotonic()
    restart(world.web)
    eventually(lambda: all(len(reader.told("connected")) == 2 for reader in readers), "all being back", 15)
    assert time.monotonic() - begun < 10 * SLOW


@pytest.mark.parametrize("server", ["apache"], indirect=True)
def test_a_graceful_restart_of_apache_is_noticed_by_nobody(make_world):
    world = make_world(web=True)
    readers = [world.listen() for _ in range(BROWSERS)]
    os.kill(world.web.pid, signal.SIGUSR1)
    world.web.says("AH00493")  # Graceful restart requested
    eventually(lambda: world.web.log().count("AH00489") == 2, "Apache having done so")
    later = [world.listen() for _ in range(5)]
    world.publish("after it")
    for reader in readers + later:
        reader.sees("after it")
        assert (reader.ends, reader.cuts) == (0, 0)
