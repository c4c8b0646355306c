# SPDX-License-Identifier: MIT
"""SIGKILL under load: everything acknowledged reaches everybody, once, in order.

Four publishers repeat each event under its idempotency id until it is
acknowledged; fifty browsers come back with Last-Event-ID; one after the other
is killed: the hub's and the responder's worker, their parents, the web server.
"""

import threading
import time

import pytest

from checker import Ledger
from world import SLOW, eventually

pytestmark = pytest.mark.behind_apache("--full")

PUBLISHERS, READERS = 4, 50


class Publisher(threading.Thread):
    """Publishes numbered events; gives none up before it is acknowledged."""

    def __init__(self, world, ledger, name, may_fail):
        super().__init__(daemon=True)
        self.world, self.ledger, self.name_, self.may_fail = world, ledger, name, may_fail
        self.stop = threading.Event()
        self.statuses = set()
        self.refused = 0      # connections, not answers
        self.count = 0
        self.fault = None

    def run(self):
        try:
            while not self.stop.is_set():
                self.publish(f"{self.name_}/{self.count} " + "x" * (self.count % 200))
                self.count += 1
        except Exception as fault:
            self.fault = fault

    def publish(self, data):
        self.ledger.tries(data)
        deadline = time.monotonic() + 60 * SLOW
        while True:
            assert time.monotonic() < deadline, f"{data} was never acknowledged"
            try:
                answer = self.world.post(f"/realtime/main?id={self.name_}-{self.count}",
                                         data.encode(), within=20 * SLOW)
            except OSError:  # reset, refused, timed out
                self.refused += 1
                continue
            if answer.status == 200:
                self.ledger.acknowledges(answer.json["id"], data)
                return
            if answer.status is not None:
                self.statuses.add(answer.status)
                assert answer.status in self.may_fail, f"{data}: {answer}"
            else:
                self.refused += 1


class Load:
    """Publishers and readers around a world, and what they saw."""

    def __init__(self, world, may_fail, stubborn=False):
        self.world, self.ledger = world, Ledger()
        self.readers = [world.listen(reconnect=True, wait=False, stubborn=stubborn)
                        for _ in range(READERS)]
        for reader in self.readers:
            reader.wait(lambda: reader.told("connected"), reader.story, 20 * SLOW)
        self.publishers = [Publisher(world, self.ledger, f"p{n}", may_fail)
                           for n in range(PUBLISHERS)]
        for publisher in self.publishers:
            publisher.start()

    def goes_on(self, more=40):
        """Waits until everybody has published and some reader has read further."""
        counts = [p.count + more // PUBLISHERS for p in self.publishers]
        eventually(lambda: all(p.count >= c or p.fault for p, c in zip(self.publishers, counts)),
                   "publishing going on", 30)
        newest = self.ledger.newest()
        reader = self.readers[0]
        reader.wait(lambda: reader.ids and reader.ids[-1] >= newest, reader.story, 30 * SLOW)

    def ends(self):
        for publisher in self.publishers:
            publisher.stop.set()
        for publisher in self.publishers:
            publisher.join(90 * SLOW)
            if publisher.fault:
                raise publisher.fault
        self.ledger.tries("fence")
        fence = self.world.publish("fence", id="fence")
        self.ledger.acknowledges(fence, "fence")
        for reader in self.readers:
            reader.wait(lambda: reader.ids and reader.ids[-1] == fence, reader.story, 60 * SLOW)

    def faults(self):
        logs = {}
        for number, reader in enumerate(self.readers):
            seen = [(int(e.id), e.data) for e in reader.events if e.type == "message"]
            start = int(reader.told("connected")[0].id)
            logs[f"reader {number}"] = (start, seen, len(reader.told("reset")))
        return self.ledger.faults(logs)

    def statuses(self):
        """Of all streams that were ever opened."""
        return {status for reader in self.readers for status in reader.statuses}


@pytest.mark.slow
@pytest.mark.rare  # tests/torture/kills.py shows it in less time
@pytest.mark.timeout(400)
def test_thirty_kills_of_hub_and_responder_workers_are_nobody_s_loss(make_world):
    """The POST that a killed responder had taken on is a 500 of lighttpd's own, a
    503 of Apache's: it may or may not have been stored, and its publisher
    repeats it."""
    world = make_world(web=True)
    load = Load(world, may_fail={500, 503})
    for turn in range(30):
        daemon = (world.hub, world.responder)[turn % 2]
        killed = daemon.has_settled().kill_worker()
        daemon.has_other_worker(killed, 20)
        load.goes_on()
    load.ends()
    assert load.faults() == []
    assert load.statuses() == {200}
    assert sum(p.count for p in load.publishers) >= 30 * 40


@pytest.mark.slow
@pytest.mark.rare  # tests/torture/kills.py shows it in less time
@pytest.mark.timeout(400)
def test_thirty_kills_of_everything_in_turn_are_nobody_s_loss(make_world):
    world = make_world(web=True)
    load = Load(world, may_fail={500, 503}, stubborn=True)
    victims = [lambda: world.hub.has_settled().kill_worker(),
               lambda: world.responder.has_settled().kill_worker(),
               lambda: restart(world.hub), lambda: restart(world.responder),
               lambda: restart(world.web)]
    for turn in range(30):
        victims[turn % len(victims)]()
        eventually(world.web_serves, "the web server serving", 20)
        load.goes_on()
    load.ends()
    assert load.faults() == []


def restart(daemon):
    """SIGKILL to the parent alone; its workers learn of it; then as init does.
    Apache's workers would go on, and keep the port."""
    daemon.kill_all() if daemon.name in ("apache", "nginx") else daemon.kill()
    daemon.start(20)
