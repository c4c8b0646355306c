# SPDX-License-Identifier: MIT
"""What a hub is told of the order that it shares, whatever becomes of Redis."""

import re
import struct
import time

import pytest

from daemon import eventually
from redisserver import RedisLine, RedisServer, needs_redis
from sharer import Sharer

pytestmark = pytest.mark.skipif(bool(needs_redis), reason=needs_redis)

LOG, STATE = "{tidings}:log", "{tidings}:state"


@pytest.fixture
def redis(tmp_path):
    server = RedisServer(tmp_path).start()
    yield server
    server.close()


@pytest.fixture
def sharers():
    """Makes hubs' parts that end with the test."""
    made = []

    def make(*arguments, **how):
        made.append(Sharer(*arguments, **how))
        return made[-1]
    yield make
    for sharer in made:
        sharer.close()


@pytest.fixture
def one(redis, sharers):
    """One that has founded an empty order, and follows."""
    sharer = sharers(redis.address, 1).follow(100)
    sharer.wait("state", where="empty")
    sharer.say("found", 0, 100)
    assert sharer.wait("founded").fault == ""
    sharer.is_here()
    sharer.begin = sharer.of("hole")[-1].start
    return sharer


def entry(data, channel="news", origin="77" * 16, rows=1):
    """What a hub writes: head and items."""
    head = (b"\x01\x00\x00" + bytes.fromhex(origin) + struct.pack("<QQQI", 0, 0, 0, rows)
            + struct.pack("<H", len(channel)) + channel.encode() + b"\x00\x00\x00\x00\x00\x00")
    return "h", head, "a", 1000, "n", rows, "i", b"\x00\x00" + struct.pack("<I", len(data)) + data


# ---- in order

def test_each_is_told_everything_in_one_order(redis, one, sharers):
    two = sharers(redis.address, 2).follow()
    two.is_here()
    numbers = [(sharer, sharer.append(data=f"{name} {n}", source=f"{name}", number=n))
               for n in range(50) for name, sharer in ((1, one), (2, two))]
    answers = [sharer.answer(number).first for sharer, number in numbers]
    last = max(answers)
    for sharer in (one, two):
        sharer.finds("entry", id=last)
    told = [[(e.id, e.data) for e in sharer.of("entry")] for sharer in (one, two)]
    assert told[0] == told[1] and len(told[0]) == 100
    assert [id for id, _ in told[0]] == list(range(one.begin + 1, one.begin + 101))
    assert {e.origin for e in one.of("entry")} == {one.origin, two.origin}


def test_one_that_comes_later_is_told_what_was(redis, one, sharers):
    for n in range(600):
        last = one.append(data=f"{n}")
    one.answer(last)
    two = sharers(redis.address, 2).follow(one.begin + 10, holes=[(100, one.begin)])
    two.finds("entry", id=one.begin + 600)
    assert [e.data for e in two.of("entry")] == [[f"{n}"] for n in range(10, 600)]
    assert not two.of("missed") and not two.of("hole"), "the first hole is below"


def test_questions_are_answered_after_what_was_said_before(redis, one):
    one.append("data=row", inbox=f"other:{'00' * 16}:4:5")
    one.say("look")
    assert one.finds("looked", number=1).last == one.begin + 1
    one.say("cursor", 9, "other")
    assert one.finds("cursor", whose=9).cursor == 5
    one.say("cursor", 10, "orders")
    assert one.finds("cursor", whose=10).cursor == 77, "that of the founding"


def test_what_is_told_again_is_what_was_not_committed(redis, one):
    for n in range(5):
        last = one.append(data=f"{n}")
    one.answer(last)
    one.say("pause")
    one.append(data="meanwhile")
    one.follow(one.begin + 2, holes=[(100, one.begin)])
    one.finds("entry", data=["meanwhile"])
    again = [e.id for e in one.of("entry")]
    assert again[-4:] == [one.begin + 3, one.begin + 4, one.begin + 5, one.begin + 6]


def test_long_entries_come_a_few_at_a_time(redis, one, sharers):
    for n in range(1, 41):
        redis.ask("XADD", LOG, f"0-{one.begin + n}", *entry(b"x" * (512 << 10)))
    redis.ask("CONFIG", "SET", "slowlog-log-slower-than", 0)
    redis.ask("CONFIG", "SET", "slowlog-max-len", 1000)
    two = sharers(redis.address, 2).follow(one.begin, holes=[(100, one.begin)])
    two.finds("entry", id=one.begin + 40)
    asked = [command[3] for command in redis.ask("SLOWLOG", "GET", 1000)]
    counts = [int(words[2]) for words in asked if words[0] in (b"XREAD", "XREAD")]
    assert min(counts) < 16, "4 MiB are enough for one answer"


# ---- Redis forgets, or is another one

def test_a_restart_is_one_hole_and_loses_nothing(redis, one, sharers):
    two = sharers(redis.address, 2).follow(100)
    two.is_here()
    one.answer(one.append(data="before"))
    redis.kill()
    one.wait("state", where="away")
    waiting = one.append(data="meanwhile", source="7", number=1)
    redis.start()
    assert one.answer(waiting).outcome == "stored"
    for sharer in (one, two):
        sharer.finds("entry", data=["meanwhile"])
        assert [hole.last for hole in sharer.of("hole")][-1] == one.begin + 1
        assert not sharer.of("missed")
    assert [e.data for e in two.of("entry")] == [["before"], ["meanwhile"]]


def test_a_tail_that_is_forgotten_is_told_as_a_hole_below_it(redis, one):
    one.answer(one.append(data="kept"))
    saved = redis.ask("DUMP", LOG), redis.ask("DUMP", STATE)
    one.answer(one.append(data="lost"))
    one.finds("entry", data=["lost"])
    redis.ask("RESTORE", LOG, 0, saved[0], "REPLACE")
    redis.ask("RESTORE", STATE, 0, saved[1], "REPLACE")
    hole = one.wait("hole")
    assert hole.last == one.begin + 1 and hole.start > one.begin + 10**9
    new = one.answer(one.append(data="new"))
    assert new.first == hole.start + 1
    one.finds("entry", data=["new"])


def test_rows_come_after_what_was_forgotten_even_if_the_link_lives(redis, one):
    inbox = f"other:{'00' * 16}"
    one.answer(one.append(data="r1", inbox=f"{inbox}:0:1"))
    redis.ask("HSET", STATE, "server", "another")
    answers = [one.append(data="x"), one.append(data="r2", inbox=f"{inbox}:1:2")]
    one.wait("hole")
    stored, row = (one.answer(number) for number in answers)
    assert stored.outcome == "stored", "it was not written, and so it waits"
    assert row.outcome == "failed" or row.first > one.of("hole")[-1].start


def test_a_row_under_way_when_the_order_forgot_those_before_it_does_not_come_before_them(redis, one, sharers, tmp_path):
    """The hole is met by the one connection, and the other is lost before it has answered."""
    line, inbox = RedisLine(tmp_path / "line.sock", redis.socket), f"other:{'00' * 16}"
    two = sharers(line.address, 2).follow(one.begin, holes=[(100, one.begin)])
    two.is_here()
    two.answer(two.append(data="r1", inbox=f"{inbox}:0:1"))
    kept = {key: redis.ask("DUMP", key) for key in (LOG, STATE, "{tidings}:inbox")}
    lost = two.answer(two.append(data="r2", inbox=f"{inbox}:1:2")).first
    line.hold(b"$2\r\nok")
    under_way = two.append(data="r3", inbox=f"{inbox}:2:3")
    one.finds("entry", data=["r3"])
    for key, value in kept.items():
        redis.ask("RESTORE", key, 0, value, "REPLACE")
    for key, name in ("hole", "last"), ("log", "hole"):  # as the script does for another machine
        redis.ask("XADD", "{tidings}:" + key, f"0-{lost + 10**10}", name, lost - 1)
    redis.ask("HSET", STATE, "last", lost + 10**10)
    two.wait("hole")
    line.cut()
    line.let_go()
    assert two.answer(under_way).outcome == "failed"
    again = two.append(data="r2", inbox=f"{inbox}:1:2", orphan=lost)
    if (told := two.answer(again)).outcome == "failed":  # in the same turn as the row
        told = two.answer(two.append(data="r2", inbox=f"{inbox}:1:2", orphan=lost))
    assert told.outcome == "stored", told
    line.close()


def test_who_has_not_heard_of_a_hole_stores_no_row_before_he_has(redis, one, sharers, tmp_path):
    """Another hub met it first, and both links of this one live on."""
    line, inbox = RedisLine(tmp_path / "line.sock", redis.socket), f"other:{'00' * 16}"
    two = sharers(line.address, 2).follow(one.begin, holes=[(100, one.begin)])
    two.is_here()
    two.answer(two.append(data="r1", inbox=f"{inbox}:0:1"))
    line.hold(b"$4\r\nhole")
    redis.ask("HSET", STATE, "server", "another")
    hole = one.wait("hole")
    answers = [two.append(data="x"), two.append(data="r2", inbox=f"{inbox}:1:2")]
    calls = lambda: sum(int(n) for n in re.findall(rb"cmdstat_evalsha:calls=(\d+)", redis.ask("INFO", "commandstats")))  # noqa: E731
    before = calls()
    eventually(lambda: calls() >= before + 3, "it has asked", 10)
    line.let_go()
    stored, row = (two.answer(number) for number in answers)
    assert stored.outcome == "stored" and stored.first > hole.start
    assert row.outcome == "failed", row
    line.close()


def test_a_hole_is_told_before_anything_may_be_proposed(redis, one, sharers):
    """A row of an inbox would be published over those before it that are in the hole."""
    common = one.answer(one.append(data="common")).first
    redis.ask("HSET", STATE, "server", "another")
    hole = one.wait("hole")
    one.answer(one.append(data="after"))
    two = sharers(redis.address, 2).follow(common, one.origin, [(100, one.begin)])
    two.is_here()
    assert [told.start for told in two.of("hole")] == [hole.start]


def test_one_that_was_beyond_a_hole_goes_back_to_it(redis, one, sharers):
    """It followed another server, and its newest id is above where this one goes on."""
    one.answer(one.append(data="common"))
    common = one.begin + 1
    redis.ask("HSET", STATE, "server", "another")
    hole = one.wait("hole")
    one.answer(one.append(data="here"))
    ahead = hole.start + 10**12
    two = sharers(redis.address, 2).follow(ahead, holes=[(100, one.begin), (common, ahead - 5)])
    told = two.wait("hole")
    assert (told.last, told.start) == (hole.last, hole.start), "the one that it did not know comes first"
    assert two.finds("entry").data == ["here"]
    last = two.wait("hole")
    assert last.last == hole.start + 1 and last.start > ahead, "and its own floor has made another"


def test_what_was_trimmed_meanwhile_is_told_as_missed(redis, one, sharers):
    for n in range(10):
        last = one.append(data=f"{n}")
    one.answer(last)
    redis.ask("XTRIM", LOG, "MAXLEN", 3)
    two = sharers(redis.address, 2).follow()
    assert two.finds("entry").data == ["7"]
    assert [(m.since, m.upto, m.broken) for m in two.of("missed")] == [
        (0, 100, ""), (one.begin, one.begin + 7, "")]
    assert [hole.start for hole in two.of("hole")] == [one.begin], "it is remembered outside of the stream"


def test_an_entry_that_somebody_deleted_is_told_as_missed(redis, one, sharers):
    for n in range(3):
        last = one.append(data=f"{n}")
    one.answer(last)
    redis.ask("XDEL", LOG, f"0-{one.begin + 2}")
    two = sharers(redis.address, 2).follow(one.begin, holes=[(100, one.begin)])
    two.finds("entry", data=["2"])
    missed = two.of("missed")
    assert [(m.since, m.upto) for m in missed] == [(one.begin + 1, one.begin + 2)]


def test_a_stream_that_somebody_emptied_is_told_as_missed(redis, one, sharers):
    one.answer(one.append(data="gone"))
    redis.ask("XTRIM", LOG, "MAXLEN", 0)
    two = sharers(redis.address, 2).follow(one.begin, holes=[(100, one.begin)])
    missed = two.finds("missed")
    assert (missed.since, missed.upto) == (one.begin, one.begin + 1)


def test_another_event_under_the_id_of_ones_newest_stops_it(redis, one, sharers):
    newest = one.answer(one.append(data="mine")).first
    two = sharers(redis.address, 2).follow(newest, "99" * 16, [(100, one.begin)])
    assert "no history in common" in two.wait("state", where="stopped").sentence
    three = sharers(redis.address, 3).follow(newest, one.origin, [(100, one.begin)])
    three.is_here()


def test_an_emptied_redis_says_so_until_it_is_founded_again(redis, one, sharers):
    two = sharers(redis.address, 2).follow(one.begin, holes=[(100, one.begin)])
    two.is_here()
    redis.ask("FLUSHALL")
    for sharer in (one, two):
        assert "--found" in sharer.wait("state", where="empty").sentence
    failed = one.append(data="x")
    one.say("found", 3, one.begin + 7)
    assert one.wait("founded").fault == ""
    one.is_here()
    two.is_here()
    assert one.answer(failed).outcome in ("stored", "failed")
    assert two.of("hole")[-1].start > one.begin + 10**9


# ---- a stranger's hands

def test_entries_of_a_stranger_are_told_as_lost_and_the_next_is_whole(redis, one):
    id = one.begin
    bad = [("a", "b"), ("h", "x", "a", 1, "n", 1, "i", "y"), entry(b"\xff\xfe"), entry(b"x", channel="a\nb"),
           entry(b"x", rows=7), entry(b"x")[:-1] + (b"\x00\x00\xff\xff\xff\xff",), ("hole", 2**60), ("hole", "x")]
    for fields in bad:
        id += 1
        redis.ask("XADD", LOG, f"0-{id}", *fields)
        missed = one.finds("missed", upto=id)
        assert missed.broken != "", fields
    redis.ask("XADD", LOG, f"0-{id + 1}", *entry(b"good"))
    assert one.finds("entry").data == ["good"]
    for _ in range(2):      # the first may meet the stranger's ids
        answer = one.answer(one.append(data="mine"))
    assert answer.outcome == "stored" or one.answer(one.append(data="mine")).outcome == "stored"


def test_many_entries_of_a_stranger_are_told_at_once(redis, one):
    redis.ask("EVAL", """for i = 1, 200 do
        redis.call('XADD', KEYS[1], string.format('0-%d', ARGV[1] + i), 'x', 'y')
    end""", 1, LOG, one.begin)
    redis.ask("XADD", LOG, f"0-{one.begin + 201}", *entry(b"good"))
    assert one.finds("entry").data == ["good"]
    missed = one.of("missed")
    assert missed[-1].upto == one.begin + 200 and len(missed) < 20


def test_a_time_that_never_comes_is_told_as_lost(redis, one):
    words = list(entry(b"bad"))
    words[3] = 2**62
    redis.ask("XADD", LOG, f"0-{one.begin + 1}", *words)
    assert one.finds("missed", upto=one.begin + 1).broken != ""
    redis.ask("XADD", LOG, f"0-{one.begin + 2}", *entry(b"good"))
    assert one.finds("entry").at < 2**60


@pytest.mark.parametrize("id", ["*", "0-9007199254740000"])
def test_an_id_that_leaves_no_room_is_named_and_never_told(redis, one, sharers, id):
    redis.ask("XADD", LOG, id, "a", "b")
    assert "another program" in one.wait("state", where="away").sentence
    two = sharers(redis.address, 2).follow(one.begin, holes=[(100, one.begin)])
    assert "another program" in two.wait("state", where="away").sentence
    assert not one.of("missed") and not two.of("missed")


# ---- Redis is away, slow, or will not do

def test_a_dial_is_tried_again_for_ever(redis, one):
    redis.kill()
    one.wait("state", where="away")
    time.sleep(2.5)
    redis.start()
    one.is_here()


def test_silence_is_away_and_a_publish_fails_in_time(redis, sharers, tmp_path):
    line = RedisLine(tmp_path / "line.sock", redis.socket)
    one = sharers(line.address, 1, give_up=1500).follow(100)
    one.wait("state", where="empty")
    one.say("found", 0, 100)
    one.is_here()
    line.block()
    begun = time.monotonic()
    number = one.append(data="x", source="7", number=1)
    away = one.wait("state", where="away")
    assert "does not answer" in away.sentence
    answer = one.answer(number)
    assert answer.outcome == "failed" and "shared order" in answer.reason
    assert time.monotonic() - begun < 6
    line.unblock()
    one.is_here()
    assert one.answer(one.append(data="x", source="7", number=1)).outcome == "stored"
    one.finds("entry")
    assert len(one.of("entry")) == 1, "its receipt tells that it was stored, or not"
    line.close()


def test_nothing_to_do_is_not_silence_though_give_up_is_short(redis, sharers):
    one = sharers(redis.address, 1, give_up=1000).follow(100)
    one.wait("state", where="empty")
    one.say("found", 0, 100)
    one.is_here()
    time.sleep(5)
    one.answer(one.append(data="x"))
    assert not [state for state in one.of("state") if state.where == "away"]


@pytest.mark.parametrize("lost", ["answer", "question"])
def test_an_answer_that_was_lost_doubles_nothing_and_the_order_stays(redis, sharers, tmp_path, lost):
    line = RedisLine(tmp_path / "line.sock", redis.socket)
    one = sharers(line.address, 1).follow(100)
    one.wait("state", where="empty")
    one.say("found", 0, 100)
    one.is_here()
    if lost == "answer":
        line.delay = 0.2
    else:
        line.block()
    numbers = [one.append(data=f"{n}", source="7", number=n) for n in range(10)]
    time.sleep(0.1)     # they are under way, and the others wait
    numbers += [one.append(data=f"{n}", source="7", number=n) for n in range(10, 20)]
    line.cut()
    line.delay = 0
    line.unblock()
    assert {one.answer(number).outcome for number in numbers} == {"stored"}
    one.finds("entry", data=["19"])
    assert [e.data for e in one.of("entry")] == [[f"{n}"] for n in range(20)]
    line.close()


def test_out_of_memory_is_a_publish_refused_with_a_sentence(redis, one):
    redis.ask("CONFIG", "SET", "maxmemory", 1)
    answer = one.answer(one.append(data="x"))
    assert answer.outcome == "failed" and "memory" in answer.reason
    redis.ask("CONFIG", "SET", "maxmemory", 0)
    assert one.answer(one.append(data="x")).outcome == "stored"
    assert not [state for state in one.of("state") if state.where == "away"]


def test_the_first_address_that_is_a_master_is_taken(redis, one, sharers, tmp_path):
    other = RedisServer(tmp_path, "other").start()
    other.ask("REPLICAOF", "127.0.0.1", "1")
    try:
        two = sharers(f"unix:{tmp_path}/nobody {other.address} {redis.address}", 2).follow(one.begin, holes=[(100, one.begin)])
        assert two.is_here().server == redis.address
        three = sharers(other.address, 3).follow(one.begin, holes=[(100, one.begin)])
        assert "replica" in three.wait("state", where="away").sentence
    finally:
        other.close()


def test_a_password_is_asked_for_and_read_anew(redis, sharers, tmp_path):
    redis.settings["requirepass"] = "right"
    redis.kill()
    redis.start()
    secret = tmp_path / "password"
    secret.write_text("wrong\n")
    secret.chmod(0o600)
    without = sharers(redis.address, 1).follow()
    assert "asks for a password" in without.wait("state", where="away").sentence
    one = sharers(redis.address, 2, password=secret).follow()
    assert "password is wrong" in one.wait("state", where="away").sentence
    secret.write_text("right\n")
    one.wait("state", where="empty")
    secret.chmod(0o644)
    two = sharers(redis.address, 3, password=secret).follow()
    assert "others may read it" in two.wait("state", where="away").sentence


def test_of_a_password_file_only_the_first_line_is_the_password(redis, sharers, tmp_path):
    redis.settings["requirepass"] = "right"
    redis.kill()
    redis.start()
    secret = tmp_path / "password"
    secret.write_text("right\r\n# of the shared order\n")
    secret.chmod(0o600)
    sharers(redis.address, 1, password=secret).follow().wait("state", where="empty")


def test_a_user_who_may_do_only_what_is_needed_is_enough(redis, sharers, tmp_path):
    """As docs/several-machines.md has it."""
    redis.ask("ACL", "SETUSER", "default", "reset", "on", ">right", "~{tidings}:*", "resetchannels",
              "-@all", "+@read", "+@write", "+@connection", "+@scripting", "+@stream", "+role", "+info", "+time",
              "-@dangerous", "+role", "+info")
    secret = tmp_path / "password"
    secret.write_text("right\n")
    secret.chmod(0o600)
    one = sharers(redis.address, 1, password=secret).follow(100)
    one.wait("state", where="empty")
    one.say("found", 3, 100)
    assert one.wait("founded").fault == ""
    one.is_here()
    assert one.answer(one.append(data="x", source="7", number=1)).outcome == "stored"
    one.wait("state", machines=1)


def test_a_policy_that_may_take_our_keys_is_refused(redis, one, sharers):
    redis.ask("CONFIG", "SET", "maxmemory-policy", "volatile-lru")
    two = sharers(redis.address, 2).follow(one.begin, holes=[(100, one.begin)])
    assert "volatile-lru" in two.wait("state", where="away").sentence
    assert one.answer(one.append(data="x")).outcome == "stored", "who is here already goes on"
    redis.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    two.is_here()


def test_an_order_of_another_log_is_refused(redis, one, sharers):
    two = sharers(redis.address, 2, identity="00" * 15 + "01").follow()
    assert "another log" in two.wait("state", where="away").sentence


def test_a_script_that_redis_has_forgotten_is_sent_again(redis, one):
    for _ in range(3):
        redis.ask("SCRIPT", "FLUSH")
        assert one.answer(one.append(data="x", source="7", number=_ + 1)).outcome == "stored"
    assert not [state for state in one.of("state") if state.where == "away"]


# ---- who is there

@pytest.mark.slow
def test_machines_hear_of_each_other_and_that_one_has_left(redis, one, sharers):
    two = sharers(redis.address, 2).follow(one.begin, holes=[(100, one.begin)])
    one.wait("state", machines=2)
    two.close()
    assert one.wait("left", within=20).origin == two.origin
    one.wait("state", machines=1)


@pytest.mark.slow
def test_what_is_empty_is_founded_by_the_machine_whose_log_is_the_newest(redis, sharers, monkeypatch):
    monkeypatch.setenv("FOUND_AUTO", "yes")
    one, two = sharers(redis.address, 1).follow(100), sharers(redis.address, 2).follow(200)
    two.wait("may_found", within=20)
    two.say("found", 3, 200)
    assert two.wait("founded").fault == ""
    for sharer in (one, two):
        sharer.is_here()
    assert not one.of("may_found")


@pytest.mark.slow
def test_machines_tell_each_other_how_many_listen(redis, one, sharers):
    two = sharers(redis.address, 2).follow(one.begin, holes=[(100, one.begin)])
    one.say("count", "news", 3)
    one.say("count", "sports", 1)
    two.finds("counted", name="news", number=3, origin=one.origin)
    two.finds("counted", name="sports", number=1)
    one.say("count", "news", 5)
    one.say("count", "sports", 0)
    two.finds("counted", name="news", number=5)
    two.finds("counted", name="sports", number=0)
    redis.kill()
    one.wait("state", where="away")
    redis.start()
    two.wait("state", machines=2)
    assert len(two.of("counted")) == 4, "what has not changed is not told again"
    assert 0 < redis.ask("PTTL", "{tidings}:count:" + one.origin) <= 10000
    one.close()
    assert two.wait("left", within=20).origin == one.origin
