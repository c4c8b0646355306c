# SPDX-License-Identifier: MIT
"""What the script within Redis promises (hub/shared/append.lua), asked of a real one."""

import contextlib
import random
import re
import socket
import time
from pathlib import Path

import pytest

from redisserver import Refused, RedisServer, needs_redis

pytestmark = pytest.mark.skipif(bool(needs_redis), reason=needs_redis)

SOURCES = Path(__file__).parents[2] / "hub" / "shared"
APPEND = (SOURCES / "append.lua").read_bytes()
FOUND = (SOURCES / "found.lua").read_bytes()
TRIM = (SOURCES / "trim.lua").read_bytes()
P = "{tidings}:"
KEYS = [P + name for name in ("log", "hole", "state", "inbox")]
JUMP = 10**9
STORED, REPEATED, CONFLICT, BEHIND = range(4)


def event(*items, source="", inbox="", span=(0, 0), orphan="", once="", brief=False, rows=1, head="head"):
    """A proposal; an item is its data, or (key, digest, data)."""
    keyed = bool(items) and isinstance(items[0], tuple)
    words = [source, inbox, *span, orphan, once, "1" if brief else "", rows, head, len(items),
             len(items) if keyed else 0]
    if keyed:
        words += [word for item in items for word in item]
    elif items:
        words.append("".join(items))
    return words


class Answer:
    def __init__(self, words):
        self.outcome, self.first, self.last, self.entry = words[:4]
        self.cursor = int(words[4])


class Order:
    """A Redis with an order in it, and the script."""

    def __init__(self, redis):
        self.redis = redis

    def found(self, last=100):
        for step in (["begin"], ["end", "ab" * 16, "cd" * 32, last, 1000, 5]):
            said = self.redis.ask("EVAL", FOUND, 5, *KEYS, P + "founder", P, "me", *step)
        return int(said)

    def call(self, *proposals, floor=0, r=None, identity="ab" * 16, ages=(600, 86400, 60), heard=None):
        """heard: of which hole; the newest that there is."""
        r = random.randrange(10**11) if r is None else r
        heard = (self.holes() or [(0, 0)])[-1][1] if heard is None else heard
        words = [word for proposal in proposals for word in proposal]
        return self.redis.ask("EVAL", APPEND, 4, *KEYS, P, identity, floor, r, *ages, heard, len(proposals),
                              *words)

    def append(self, *proposals, **how):
        said = self.call(*proposals, **how)
        if said == [b"forgot"]:     # a hub hears of the hole, and then says it again
            said = self.call(*proposals, **how)
        assert said[0] == b"ok", said
        return [Answer(said[at:at + 5]) for at in range(5, len(said), 5)]

    def last(self, **how):
        said = self.call(**how)
        assert said[0] == b"ok", said
        return said[1]

    def entries(self):
        """(id, fields), oldest first, holes too."""
        return [(int(id.split(b"-")[1]), {fields[i].decode(): fields[i + 1] for i in range(0, len(fields), 2)})
                for id, fields in self.redis.ask("XRANGE", P + "log", "-", "+")]

    def events(self):
        return [(id, fields["i"].decode()) for id, fields in self.entries() if "i" in fields]

    def holes(self):
        return [(int(fields[1]), int(id.split(b"-")[1]))
                for id, fields in self.redis.ask("XRANGE", P + "hole", "-", "+")]

    def everything(self):
        """All keys and what they hold, as Redis would store it."""
        return {key: self.redis.ask("DUMP", key) for key in sorted(self.redis.keys())}


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("script")).start()
    yield server
    server.close()


@pytest.fixture
def order(redis):
    redis.ask("FLUSHALL")
    order = Order(redis)
    order.found()
    return order


# ---- places in the order

def test_ids_follow_each_other_and_an_entry_has_that_of_its_last_row(order):
    begin = order.last()
    one, two, three = order.append(event("a"), event("b", "c", "d"), event("e", rows=3))
    assert (one.first, one.last, one.entry) == (begin + 1, begin + 1, begin + 1)
    assert (two.first, two.last, two.entry) == (begin + 2, begin + 4, begin + 4)
    assert (three.first, three.last) == (begin + 7, begin + 7), "it is shown under its last row"
    assert order.events() == [(begin + 1, "a"), (begin + 4, "bcd"), (begin + 7, "e")]
    assert [int(fields["n"]) for _, fields in order.entries() if "n" in fields] == [1, 3, 3]
    assert order.last() == begin + 7


def test_no_id_is_written_as_a_floating_number(order):
    order.append(event("a", source="18446744073709551615:1"))
    for key in order.redis.keys():
        assert b"e+" not in (order.redis.ask("DUMP", key) or b"")
    assert re.fullmatch(rb"\d+", order.redis.ask("HGET", P + "state", "last"))


def test_times_never_fall(order):
    order.redis.ask("HSET", P + "state", "at", 9000000000000)
    order.append(event("a"))
    assert order.entries()[-1][1]["a"] == b"9000000000000", "a clock that was set back bends nothing"
    order.redis.ask("HSET", P + "state", "at", 1)
    order.append(event("b"))
    assert abs(int(order.entries()[-1][1]["a"]) / 1000 - time.time()) < 60


# ---- what is known again

def test_a_publish_whose_answer_was_lost_has_the_same_answer_again(order):
    one, = order.append(event("a", source="7:1"))
    again, twin = order.append(event("a", source="7:1"), event("a", source="7:1"))
    assert [a.outcome for a in (one, again, twin)] == [STORED] * 3
    assert len({(a.first, a.last, a.entry) for a in (one, again, twin)}) == 1
    other, = order.append(event("a", source="7:2"))
    assert other.first == one.first + 1 and len(order.events()) == 2


def test_a_receipt_is_forgotten_in_time(order):
    order.append(event("a", source="7:1"), ages=(1, 1, 1))
    assert 0 < order.redis.ask("TTL", P + "receipt:7:1") <= 1


def test_a_key_stands_for_one_event(order):
    one, = order.append(event(("k", "aa", "x")))
    same, conflict = order.append(event(("k", "aa", "x")), event(("k", "bb", "y")))
    assert (same.outcome, same.first, same.last) == (REPEATED, one.first, one.first)
    assert (conflict.outcome, conflict.first) == (CONFLICT, 0)
    assert len(order.events()) == 1


def test_a_key_is_known_within_the_same_batch(order):
    one, same, conflict = order.append(event(("k", "aa", "x")), event(("k", "aa", "x")), event(("k", "bb", "y")))
    assert (same.outcome, same.first, conflict.outcome) == (REPEATED, one.first, CONFLICT)


def test_of_a_publish_only_what_is_new_is_stored(order):
    one, = order.append(event(("k1", "aa", "x")))
    mixed, = order.append(event(("k0", "aa", "w"), ("k1", "aa", "x"), ("", "", "y"), ("k3", "aa", "z")))
    assert (mixed.outcome, mixed.first, mixed.last) == (STORED, one.last + 1, one.last + 3)
    assert order.events()[-1] == (one.last + 3, "wyz")
    order.append(event(("k3", "aa", "z")))
    assert len(order.events()) == 2


def test_what_is_repeated_says_which_of_its_events_is_the_newest(order):
    old, new = order.append(event(("old", "aa", "x")), event(("new", "aa", "y")))
    both, = order.append(event(("new", "aa", "y"), ("old", "aa", "x")))
    assert (both.outcome, both.first, both.last, both.entry) == (REPEATED, new.first, old.first, new.first)


def test_one_conflict_leaves_the_whole_publish_out(order):
    order.append(event(("k", "aa", "x")))
    before = order.everything()
    conflict, = order.append(event(("new", "aa", "x"), ("k", "bb", "y")))
    assert conflict.outcome == CONFLICT and order.everything() == before


def test_a_brief_key_holds_other_content_for_new(order):
    one, = order.append(event(("k", "aa", "x"), brief=True))
    same, other = order.append(event(("k", "aa", "x"), brief=True), event(("k", "bb", "y"), brief=True))
    assert (same.outcome, same.first) == (REPEATED, one.first)
    assert other.outcome == STORED and other.first > one.first
    assert all(0 < order.redis.ask("TTL", key) <= 60 for key in order.redis.keys() if ":key:" in key)


def test_what_is_stored_once_for_all_machines_is_not_stored_twice(order):
    one, two = order.append(event("left", once="left:me:5"), event("left", once="left:me:5"))
    assert (one.outcome, two.outcome, two.first) == (STORED, REPEATED, one.first)


# ---- inboxes

def test_rows_of_an_inbox_are_stored_once(order):
    one, = order.append(event("r1", inbox="orders:aa", span=(0, 1)))
    behind, two = order.append(event("r1", inbox="orders:aa", span=(0, 1)),
                               event("r2", inbox="orders:aa", span=(1, 2)))
    assert (one.outcome, one.cursor) == (STORED, 1)
    assert (behind.outcome, behind.cursor, behind.first) == (BEHIND, 1, 0)
    assert (two.outcome, two.cursor) == (STORED, 2)
    assert [data for _, data in order.events()] == ["r1", "r2"]


def test_a_cursor_that_redis_forgot_is_raised(order):
    one, = order.append(event("r9", inbox="orders:aa", span=(8, 9)))
    assert (one.outcome, one.cursor) == (STORED, 9)


def test_a_cursor_may_be_beyond_what_a_double_holds(order):
    big = 2**63 - 1
    one, = order.append(event("r", inbox="orders:aa", span=(big - 2, big - 1)))
    behind, two = order.append(event("r", inbox="orders:aa", span=(big - 2, big - 1)),
                               event("r", inbox="orders:aa", span=(big - 1, big)))
    assert (one.cursor, behind.outcome, two.outcome, two.cursor) == (big - 1, BEHIND, STORED, big)
    assert order.redis.ask("HGET", P + "inbox", "orders:aa") == str(big).encode()


def test_a_cursor_moves_by_itself_and_over_a_conflict(order):
    order.append(event(("k", "aa", "x")))
    moved, conflict = order.append(event(inbox="orders:aa", span=(0, 4)),
                                   event(("k", "bb", "y"), inbox="orders:aa", span=(4, 5)))
    assert (moved.outcome, moved.entry, moved.cursor) == (STORED, 0, 4)
    assert (conflict.outcome, conflict.cursor) == (CONFLICT, 5)
    assert len(order.events()) == 1


# ---- orphans

def test_an_orphan_is_put_back_once_whoever_does_it(order):
    one, = order.append(event("a", orphan=50, source="7:1"))
    two, late = order.append(event("a", orphan=50, source="7:1"), event("a", source="7:1"))
    assert (one.outcome, two.outcome, two.first) == (STORED, REPEATED, one.first)
    assert late.first == one.first, "a responder that repeats its POST doubles nothing"
    assert len(order.events()) == 1


def test_an_orphan_of_which_only_its_id_is_known_is_put_back_once(order):
    one, = order.append(event("a", orphan=50))
    two, other = order.append(event("a", orphan=50), event("a", orphan=51))
    assert (two.outcome, two.first, other.outcome) == (REPEATED, one.first, STORED)


def test_an_orphan_that_its_publisher_has_repeated_is_done(order):
    one, = order.append(event("a", source="7:1"))
    done, = order.append(event("a", orphan=50, source="7:1"))
    assert (done.outcome, done.first) == (REPEATED, one.first)


def test_an_orphan_of_an_inbox_is_done_if_the_inbox_has_gone_on(order):
    order.append(event("r5", inbox="orders:aa", span=(4, 5)))
    done, more = order.append(event("r4", orphan=50, inbox="orders:aa", span=(3, 4)),
                              event("r6", orphan=51, inbox="orders:aa", span=(3, 6)))
    assert done.outcome == REPEATED
    assert (more.outcome, more.cursor) == (STORED, 6), "its `from` does not count"


# ---- what Redis has forgotten

def test_another_server_means_a_hole(order, redis):
    begin = order.append(event("a"))[0].last
    redis.kill()
    redis.start()
    one, = order.append(event("b"), r=12345)
    (last, start) = order.holes()[-1]
    assert last == begin and start >= begin + JUMP + 12345 and one.first == start + 1
    assert (start, {"hole": str(begin).encode()}) in order.entries()
    order.append(event("c"))
    assert len(order.holes()) == 2, "once: that of the founding, and this one"


def test_a_row_is_not_stored_in_the_call_that_opens_a_hole(order, redis):
    order.append(event("r1", inbox="orders:aa", span=(0, 1)))
    order.redis.ask("HSET", P + "state", "server", "another")
    assert order.call(event("r4", inbox="orders:aa", span=(3, 4))) == [b"forgot"]
    assert len(order.holes()) == 2 and order.last() == order.holes()[-1][1], "the hole is there"
    assert order.redis.ask("HGET", P + "inbox", "orders:aa") == b"1", "the cursor is where it was"
    assert [data for _, data in order.events()] == ["r1"]


def test_a_row_is_not_stored_by_who_has_not_heard_of_the_newest_hole(order, redis):
    """Another hub opened it: one whose link has outlived what was forgotten asks as if all were there."""
    order.append(event("r1", inbox="orders:aa", span=(0, 1)))
    heard = order.holes()[-1][1]
    order.redis.ask("HSET", P + "state", "server", "another")
    assert order.last() == order.holes()[-1][1] > heard
    before = order.everything()
    assert order.call(event("r4", inbox="orders:aa", span=(3, 4)), heard=heard) == [b"unheard"]
    assert order.everything() == before
    assert order.append(event("r2", inbox="orders:aa", span=(1, 2)))[0].outcome == STORED


def test_a_floor_above_the_order_means_a_hole_that_no_id_lies_in(order):
    begin = order.append(event("a"))[0].last
    order.append(event("b"), floor=begin)
    assert len(order.holes()) == 1
    lost = begin + 1000 * JUMP
    one, = order.append(event("c"), floor=lost)
    last, start = order.holes()[-1]
    assert last == begin + 1 and start >= lost + JUMP and one.first == start + 1


def test_a_floor_by_itself_is_enough(order):
    begin = order.last()
    assert order.last(floor=begin) == begin and len(order.holes()) == 1
    assert order.last(floor=begin + 5) > begin + JUMP


def test_two_servers_with_one_past_never_give_the_same_id(order, tmp_path):
    """A -> B -> A: both begin from the same ids and the same clock, and only r keeps them apart."""
    begin = order.append(event("a"))[0].last
    state = dict(zip(*[iter(order.redis.ask("HGETALL", P + "state"))] * 2))
    servers = set()
    starts = set()
    for n in range(3):
        order.redis.ask("FLUSHALL")
        order.redis.ask("HSET", P + "state", *[word for pair in state.items() for word in pair])
        order.redis.ask("HSET", P + "state", "server", f"other {n}")
        assert order.last() > begin + JUMP
        starts.add(order.holes()[-1][1])
        servers.add(order.redis.ask("HGET", P + "state", "server"))
    assert len(starts) == 3 and len(servers) == 1


@contextlib.contextmanager
def replica(redis, folder):
    other = RedisServer(folder, "other").start()
    try:
        yield other
    finally:
        other.close()
        redis.ask("CONFIG", "SET", "port", 0)


def change_places(master, replica):
    """To replicate, one of them has to listen on an address."""
    port = free_port()
    master.ask("CONFIG", "SET", "port", port)
    replica.ask("REPLICAOF", "127.0.0.1", port)
    deadline = time.monotonic() + 30
    while b"master_link_status:up" not in replica.ask("INFO", "replication"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert Order(replica).call(event("no")) == [b"replica"]
    replica.ask("REPLICAOF", "NO", "ONE")
    master.ask("CONFIG", "SET", "port", 0)


def run_id(redis):
    return re.search(rb"run_id:(\w+)", redis.ask("INFO", "server"))[1]


def test_a_fail_over_and_back_is_two_holes_though_the_run_id_is_the_same(order, redis, tmp_path):
    begin = order.append(event("a"))[0].last
    before = run_id(redis)
    with replica(redis, tmp_path) as other:
        for master, heir in ((redis, other), (other, redis)):
            change_places(master, heir)
            Order(heir).append(event("after"))
    assert run_id(redis) == before
    holes = order.holes()
    assert len(holes) == 3 and holes[1][0] == begin
    ids = [id for id, _ in order.entries()]
    assert ids == sorted(set(ids))


def test_a_fail_over_and_back_is_a_hole_though_nobody_published_meanwhile(order, redis, tmp_path):
    begin = order.append(event("a"))[0].last
    with replica(redis, tmp_path) as other:
        change_places(redis, other)
        change_places(other, redis)
    order.append(event("after"))
    assert len(order.holes()) == 2 and order.holes()[1][0] == begin


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def test_the_stream_may_know_of_higher_ids_than_the_state(order):
    begin = order.last()
    order.redis.ask("XADD", P + "log", f"0-{begin + 7}", "x", "y")
    assert order.last() == begin + 7
    assert order.append(event("a"))[0].first == begin + 8


# ---- all or nothing

def test_what_fails_leaves_nothing_behind(order):
    order.append(event("a"))
    for key in ("log", "hole", "inbox", "state"):
        order.redis.ask("RENAME", P + key, "saved") if order.redis.ask("EXISTS", P + key) else None
        order.redis.ask("SET", P + key, "a stranger's")
        before = order.everything()
        with pytest.raises(Refused, match="WRONGTYPE"):
            order.call(event(("k", "aa", "x"), source="9:9", inbox="orders:aa", span=(0, 1)), event("b"),
                       floor=order_top(order) if key == "hole" else 0)
        assert order.everything() == before, key
        order.redis.ask("DEL", P + key)
        if order.redis.ask("EXISTS", "saved"):
            order.redis.ask("RENAME", "saved", P + key)
    assert order.append(event("b"))[0].outcome == STORED


def order_top(order):
    return int(order.redis.ask("HGET", P + "state", "last")) + 1


def test_a_key_or_a_receipt_of_another_type_leaves_nothing_behind(order):
    order.append(event("a"))
    order.redis.ask("HSET", P + "receipt:9:9", "a", "b")
    before = order.everything()
    with pytest.raises(Refused, match="WRONGTYPE"):
        order.call(event("first"), event("b", source="9:9"))
    assert order.everything() == before


def test_out_of_memory_leaves_nothing_behind(order, redis):
    order.append(event("a"))
    before = order.everything()
    redis.ask("CONFIG", "SET", "maxmemory", "1")
    try:
        with pytest.raises(Refused, match="OOM"):
            order.call(event("x" * 1000, source="1:1", inbox="orders:aa", span=(0, 1)), event("y"))
        assert order.everything() == before
        assert order.last(), "it still says where it stands"
    finally:
        redis.ask("CONFIG", "SET", "maxmemory", "0")
    assert order.append(event("b"))[0].outcome == STORED


def test_a_stranger_who_takes_all_the_room_for_ids_is_told_of(order):
    order.redis.ask("XADD", P + "log", "*", "a", "b")
    assert order.call() == [b"stranger"]
    with pytest.raises(Refused):
        order.call(event("a"))
    assert order.events() == []


def test_ids_end_before_they_are_not_exact_any_more(order):
    order.redis.ask("HSET", P + "state", "last", 2**53 - 2)
    assert order.append(event("a"))[0].first == 2**53 - 1
    before = order.everything()
    assert order.call(event("b")) == [b"full"]
    assert order.everything() == before


# ---- whose it is

def test_one_that_is_not_ours_says_so_in_a_word(order):
    assert order.call(identity="00" * 16) == [b"foreign"]
    assert order.call(identity="")[3] == b"ab" * 16, "who has none learns it"
    order.redis.ask("HSET", P + "state", "version", 2)
    assert order.call() == [b"version", b"2"]
    order.redis.ask("HSET", P + "state", "version", 1, "last", "many")
    assert order.call() == [b"broken"]
    order.redis.ask("FLUSHALL")
    assert order.call(event("a")) == [b"empty"] and order.redis.keys() == set()


# ---- founding

def test_an_order_is_founded_once(order):
    assert order.redis.ask("EVAL", FOUND, 5, *KEYS, P + "founder", P, "me", "begin") == b"taken"
    order.redis.ask("FLUSHALL")
    ask = lambda who, *step: order.redis.ask("EVAL", FOUND, 5, *KEYS, P + "founder", P, who, *step)  # noqa: E731
    assert ask("me", "begin") == b"ok"
    assert ask("you", "begin") == b"other"
    assert ask("me", "entries", 10, 0, "head", 1000, 1, "item", "7:1", 11, 60000,
               11, 10, "head", 1000, 1, "item", "7:1", 11, 60000, 19, 11, "", 12, "", "", "", "", "",
               20, 19, "head", 1001, 1, "item", "", 20, 0) == b"ok"
    assert ask("me", "keys", "news\0k", "aa 10 1000", 60000) == b"ok"
    assert ask("me", "cursors", "orders:aa", 7) == b"ok"
    start = int(ask("me", "end", "ab" * 16, "cd" * 32, 25, 1001, 3))
    assert order.last() == start > 25 + JUMP
    assert [id for id, _ in order.entries()] == [10, 11, 19, 20, start]
    assert order.holes() == [(12, 19), (25, start)]
    again, = order.append(event("a", "b", source="7:1"))
    assert (again.first, again.last, again.entry) == (11, 11, 11), "it is known by its receipt"
    same, behind = order.append(event(("news\0k", "aa", "x")), event("r", inbox="orders:aa", span=(6, 7)))
    assert (same.outcome, same.first, behind.outcome) == (REPEATED, 10, BEHIND)


def test_a_founding_that_was_broken_off_is_begun_anew(order):
    order.redis.ask("FLUSHALL")
    ask = lambda who, *step: order.redis.ask("EVAL", FOUND, 5, *KEYS, P + "founder", P, who, *step)  # noqa: E731
    ask("me", "begin")
    ask("me", "entries", 10, 0, "head", 1000, 1, "item", "", 10, 0)
    order.redis.ask("DEL", P + "founder")
    assert ask("me", "entries", 20, 10, "head", 1000, 1, "item", "", 20, 0) == b"other", "its time was over"
    assert order.call() == [b"empty"]
    assert ask("you", "begin") == b"ok"
    assert order.entries() == []


# ---- trimming

def trim(order, who="me", age=3600000, most=256 << 20):
    return order.redis.ask("EVAL", TRIM, 2, P + "log", P + "trim", who, 20000, age, most)


def test_the_stream_keeps_what_is_young(order):
    order.append(*[event("x") for _ in range(256)])
    order.append(*[event("x") for _ in range(256)])
    assert trim(order) == 0
    assert trim(order, who="you") == -1, "one at a time"
    time.sleep(0.05)
    newest = order.append(event("new"))[0].last
    time.sleep(0.05)
    order.append(event("newest"))
    assert trim(order, age=75) > 0
    assert any(id == newest for id, _ in order.events()) and len(order.events()) < 300
    assert order.append(event("y"))[0].first == newest + 2


def test_the_stream_keeps_no_more_than_it_may(order):
    for _ in range(8):
        order.append(*[event("x" * 1000) for _ in range(256)])
    assert trim(order, most=500000) > 0
    assert order.redis.ask("MEMORY", "USAGE", P + "log") < 1000000
    assert len(order.events()) > 50
