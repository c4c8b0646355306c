# SPDX-License-Identifier: MIT
"""Apache and nginx keep their connections to Tidings, and its workers die and are relieved meanwhile."""

import collections
import contextlib
import http.client
import os
import signal
import sqlite3
import threading

import pytest

from servers import SERVERS
from world import eventually

GONE = {500, 502, 503, 504}  # what a web server says of a request that has no answer


class Publisher(threading.Thread):
    """Posts events with numbers of its own, one after another, none of them twice."""

    def __init__(self, world, name):
        super().__init__(daemon=True)
        self.world, self.name_of, self.ending = world, name, threading.Event()
        self.acknowledged, self.refused, self.count = [], collections.Counter(), 0
        self.start()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.world.port, timeout=30)
        while not self.ending.is_set():
            event = f"{self.name_of}-{self.count}"
            self.count += 1
            try:
                connection.request("POST", "/realtime/a", event)
                answer = connection.getresponse()
                answer.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                self.refused["cut"] += 1
                continue
            if answer.status == 200:
                self.acknowledged.append(event)
            else:
                self.refused[answer.status] += 1

    def is_heard(self):
        """Waits until three more of its events were acknowledged."""
        had = len(self.acknowledged)
        eventually(lambda: len(self.acknowledged) >= had + 3, "three further answers", 20)

    def stop(self):
        self.ending.set()
        self.join(30)
        assert not self.is_alive()


@pytest.fixture(params=["apache", "nginx"])
def behind(request, make_world):
    return make_world(web=True, server=SERVERS[request.param])


@pytest.fixture
def publishers(behind):
    started = [Publisher(behind, name) for name in "abcd"]
    yield started
    for one in started:
        one.stop()


def all_in(world, channel):
    with contextlib.closing(sqlite3.connect(f"file:{world.log_db}?mode=ro", uri=True, timeout=10)) as db:
        rows = db.execute("SELECT data FROM event JOIN channel ON channel = number"
                          " WHERE name = CAST(? AS BLOB)", [channel]).fetchall()
    return [data.decode() if isinstance(data, bytes) else data for data, in rows]


@pytest.mark.deploy
def test_whoever_dies_what_was_acknowledged_is_there_once_and_nothing_twice(behind, publishers):
    reader = behind.listen("b", reconnect=True)
    for turn in range(4):
        for one in publishers:
            one.is_heard()
        pid = behind.responder.worker()
        if turn % 2:
            os.kill(behind.responder.pid, signal.SIGHUP)
        else:
            behind.responder.has_settled()
            behind.responder.kill_worker()
        behind.responder.has_other_worker(pid)
    for one in publishers:
        one.is_heard()
        one.stop()
    counts = collections.Counter(all_in(behind, "a"))
    acknowledged = [event for one in publishers for event in one.acknowledged]
    assert [event for event in acknowledged if counts[event] != 1] == []
    assert [event for event, count in counts.items() if count > 1] == []
    assert {status for one in publishers for status in one.refused} - {"cut"} <= GONE
    assert sum(sum(one.refused.values()) for one in publishers) <= 4 * len(publishers)
    behind.publish("after all", channel="b")
    reader.sees("after all")


@pytest.mark.deploy
def test_streams_beside_kept_connections_begin_and_end_as_ever(behind, publishers):
    readers = [behind.listen("b") for _ in range(20)]
    id = behind.publish("to all", channel="b")
    for reader in readers:
        reader.sees("to all", id=id)
        reader.leave()

    def nobody_listens():  # Apache notices when it cannot send
        behind.publish("x", channel="b")
        return behind.channel("b")["subscribers"] == 0
    eventually(nobody_listens, "nobody listening", 15)
    for one in publishers:
        one.is_heard()
        one.stop()
        assert not one.refused
