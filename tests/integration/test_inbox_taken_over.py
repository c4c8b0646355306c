# SPDX-License-Identifier: MIT
"""A reader that somebody has taken over speaks for its inbox only, and keeps nobody
from publishing and listening."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import taken_over
from taken_over import KINDS
from wire import (At, Follow, Hello, Inbox, Judge, Measured, Metrics, Page, Publish, Reader, Row,
                  Rows, Subscribed, Taken, Told, Channels)
from world import SLOW, World, eventually

OURS = b"taken over by us"


class House(World):
    """Two inboxes; main's reader is the test, that of the other the real one."""

    def __init__(self):
        super().__init__(hub=False, responder=False)
        (self.folder / "other").mkdir()
        self.settings["inbox other"] = {"path": self.folder / "other" / "inbox.db", "create": "yes"}
        self.write_config("hub.conf")
        self.hub.start()
        del self.settings["inbox main"]
        self.reader.command[-1] = self.write_config("inbox.conf")
        self.reader.launch()
        eventually(lambda: list(self.unread()) == ["main"], "the other inbox being read")
        self.responder.start()
        self.is_healthy()
        self.listener = self.listen()
        self.pid = self.hub.worker()

    def reads(self, name=b"main"):
        peer = self.hub_peer()
        peer.send(Reader(name))
        return peer

    def nobody_notices(self, rounds=1):
        for n in range(rounds):
            begun = time.monotonic()
            words = f"post {begun}", f"row {begun}"
            self.publish(words[0])
            assert time.monotonic() - begun < 1 * SLOW
            self.insert(words[1], inbox="other")
            self.listener.wait(lambda: {*words} <= {event.data for event in self.listener.events},
                                lambda: f"{words} did not come; {self.listener.story()[-2000:]}")
        assert self.hub.worker() == self.pid


@pytest.fixture(scope="module")
def house(make_shared_world):
    return make_shared_world(kind=House)


def row(number, data=b"x", channel=b"main"):
    return Row(number, channel, b"", b"", data, None)


def test_it_may_publish_through_its_own_inbox(house):
    peer = house.reads()
    peer.send(Inbox(1, os.urandom(16), b""))
    assert peer.expect(At)[1:4] == (0, 0, b"")
    peer.send(Rows(2, 0, 7, [row(3, b"through it")]))
    assert peer.expect(Taken)[1:] == (7, [])
    house.listener.wait(lambda: "through it" in house.listener.data, house.listener.story)
    peer.close()


@pytest.mark.parametrize("frame", [
    Publish(1, 0, 0, b"main", b"", []), Follow(0, 0), Page(1, 0, 9, 9, b"main"),
    Judge(1, 0, 0, 9, [b"main"]),
    Channels(1, b"", 9, b""), Subscribed([(b"main", 9)]), Metrics(1, 0), Reader(b"other"),
    Hello(5, 7, b"x"), Measured(*[0] * 9, [], 0, [])], ids=lambda frame: type(frame).__name__)
def test_it_may_say_nothing_else(house, frame):
    peer = house.reads()
    peer.send(frame)
    assert peer.sees_the_end()
    house.nobody_notices()


@pytest.mark.parametrize("frame", [
    Inbox(1, b"short", b""), Rows(1, 9, 8, []), Rows(1, 0, 9, [row(4), row(3)]),
    Rows(1, 0, 9, [row(10)]), Rows(1, 0, 1 << 63, []), Rows(1, 0, 2000, [row(n + 1) for n in range(1025)]),
    Rows(1, 0, 9, [Row(1, None, None, None, None, b"\n")]),
    Rows(1, 0, 9, [Row(1, None, None, None, None, b"")]), Told(1, list(range(1025)))],
    ids=["identity", "backwards", "unsorted", "beyond its end", "too far", "too many",
         "a line in a reason", "no reason", "too much told"])
def test_what_is_malformed_ends_its_connection_only(house, frame):
    peer = house.reads()
    peer.send(Inbox(1, OURS, b""), frame)
    assert peer.sees_the_end()
    house.nobody_notices()


def test_more_questions_at_once_than_it_may_end_its_connection_only(house):
    peer = house.reads()
    peer.send(*(Told(n, []) for n in range(50)))
    assert peer.sees_the_end()
    house.nobody_notices()


def test_it_moves_no_cursor_but_its_own(house):
    house.insert("before", inbox="other")
    house.nobody_notices()
    other = house.rows("SELECT identity FROM tidings_identity", "other")[0][0]
    peer = house.reads()
    peer.send(Inbox(1, other, b""))
    assert b"another inbox" in peer.expect(At).stop
    for start, to in ((0, 1 << 40), (1, 1 << 40), (house.rows("SELECT max(seq) FROM sqlite_sequence", "other")
                                                   [0][0], 1 << 40)):
        peer.send(Rows(2, start, to, [row(to, b"not mine")]))
        peer.expect(Taken)
    peer.send(Told(3, list(range(1000))))
    peer.expect(Taken)
    house.nobody_notices(3)
    assert "not mine" not in house.listener.data
    peer.close()


def test_rows_from_where_its_cursor_is_not_are_not_stored(house):
    peer = house.reads()
    peer.send(Inbox(1, os.urandom(16), b""))
    peer.expect(At)
    for start, to in ((1 << 40, 1 << 41), (1, 2), ((1 << 62), (1 << 63) - 1)):
        peer.send(Rows(2, start, to, [row(to, b"from nowhere")]))
        assert peer.expect(Taken).cursor == 0
    house.nobody_notices()
    assert "from nowhere" not in house.listener.data
    peer.close()


def test_twenty_thousand_bad_rows_are_all_that_the_log_keeps(house):
    peer = house.reads()
    identity = os.urandom(16)
    peer.send(Inbox(1, identity, b""))
    cursor, refused = peer.expect(At).cursor, 0
    for _ in range(30):
        peer.send(Rows(2, cursor, cursor + 1000, [Row(cursor + n + 1, None, None, None, None, b"bad")
                                                  for n in range(1000)]))
        taken = peer.expect(Taken)
        cursor, refused = taken.cursor, refused + len(taken.reasons)
    assert cursor == refused == 20000
    house.nobody_notices()
    peer.send(Inbox(3, identity, b""))
    assert len(peer.expect(At).reasons) == 1000
    peer.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_flood_keeps_nobody_waiting(house, kind):
    flood = subprocess.Popen([sys.executable, str(Path(taken_over.__file__)), str(house.hub_socket),
                              "main", kind], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert flood.stdout.readline() == b"begun\n"
        until = time.monotonic() + 1
        while time.monotonic() < until:
            house.nobody_notices()
        assert flood.poll() is None, flood.stderr.read()
    finally:
        flood.kill()
        flood.communicate()
    house.nobody_notices()
