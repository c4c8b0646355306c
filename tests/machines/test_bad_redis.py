# SPDX-License-Identifier: MIT
"""A Redis that will not do: a sentence that says why, and nothing is lost or invented."""

import re

import pytest

from redisserver import FakeRedis, RedisServer
from several import Machines, found, said_away
from test_follow import entry
from world import eventually

SOON = {"give_up": "1s"}


@pytest.fixture
def one(make_world):
    """A machine that has been founded; what is done to its Redis is the test's."""
    return make_world(kind=Machines, count=1, each=SOON, inbox=False)


def newcomer(machines, **shared):
    """A machine whose hub starts as things are."""
    world = machines.add({"shared": shared}, prepare=lambda world: None, hub=False)
    world.hub.start()
    return world


def test_without_a_redis_a_hub_starts_and_says_that_there_is_none(one, tmp_path):
    world = newcomer(one, redis=f"unix:{one.folder}/nobody.sock")
    said_away(world, "nobody.sock")
    answer = world.post("/realtime/main", b"x", within=20)
    assert answer.status == 503 and "shared order" in answer.text


def test_a_redis_that_is_a_replica_is_not_taken(one):
    one.redis.ask("REPLICAOF", "127.0.0.1", "1")
    said = said_away(one[0])
    assert "master" in said or "replica" in said, said
    assert one[0].post("/realtime/main", b"x", within=20).status == 503
    one.redis.ask("REPLICAOF", "NO", "ONE")
    one.are_healthy(20)
    one[0].publish("again")


def test_the_first_of_several_that_is_a_master_is_taken(one):
    other = RedisServer(one.folder, "replica").start()
    one.closing.callback(other.close)
    other.ask("REPLICAOF", "127.0.0.1", "1")
    world = one.add({"shared": {"redis": f"unix:{one.folder}/nobody.sock {other.address} {one.redis.address}"}})
    world.is_healthy()
    world.publish("found it")
    one.hold(1)


def test_a_wrong_password_is_said_without_the_password(one):
    file = one.folder / "key"
    file.write_text("wrong-secret\n")
    file.chmod(0o600)
    one.redis.ask("CONFIG", "SET", "requirepass", "right-secret")
    one[0].restart_hub({"shared": {"password_file": file}})
    said = said_away(one[0], "password")
    assert "secret" not in said and "secret" not in one[0].hub.log(), said
    file.write_text("right-secret\n")
    one.are_healthy(20)


def test_another_prefix_is_another_order_which_nobody_has_founded(one):
    world = newcomer(one, prefix="{elsewhere}")
    said_away(world, "--found")
    assert one.redis.keys("{elsewhere}") <= {"{elsewhere}:machine"}


def test_a_log_of_another_identity_is_told_apart_and_nothing_is_mixed(one):
    one[0].publish("ours")
    other = RedisServer(one.folder, "other").start()
    one.closing.callback(other.close)
    stranger = one.add({"shared": {"redis": other.address}}, prepare=found)
    stranger.publish("theirs")
    stranger.hub.stop()
    stranger.settings["shared"]["redis"] = one.redis.address
    stranger.settings["hub"]["socket"] = stranger.hub_socket
    stranger.write_config("hub.conf")
    stranger.hub.launch()
    eventually(lambda: "identity" in stranger.hub.log() or "another log" in stranger.hub.log(), "its sentence")
    one[0].publish("ours still")
    assert one[0].channel("main")["events"] == 2
    stranger.hub.clean_up()


def test_an_eviction_policy_that_may_take_our_keys_is_refused(one):
    one[0].hub.stop()
    one.redis.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    one[0].hub.start()
    said_away(one[0], "maxmemory-policy")
    one.redis.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    one.are_healthy(20)


@pytest.mark.slow  # it is asked for every 10 seconds
def test_a_policy_that_comes_later_is_told(one):
    one[0].publish("before")
    one.redis.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    one[0].hub.says("maxmemory-policy", 90)


def test_without_aof_a_warning_says_what_may_be_lost(make_world):
    one = make_world(kind=Machines, count=1, redis={"appendonly": "no"})
    one[0].publish("works")
    assert "appendonly" in one[0].hub.log() or "AOF" in one[0].hub.log()


def test_a_redis_without_memory_left_is_a_503_and_goes_on_when_there_is_some(one):
    one[0].publish("before")
    one.redis.ask("CONFIG", "SET", "maxmemory", "1mb")
    answer = one[0].post("/realtime/main", b"full", within=20)
    assert answer.status == 503, answer
    one.redis.ask("CONFIG", "SET", "maxmemory", "0")
    one.are_healthy(20)
    one[0].publish("after")
    assert one[0].channel("main")["events"] == 2


def test_a_redis_that_is_too_old_is_named_with_its_version(one):
    old = FakeRedis(one.folder / "old.sock", b"# Server\r\nredis_version:6.0.16\r\nrun_id:" + b"a" * 40
                    + b"\r\nrole:master\r\naof_enabled:1\r\nmaxmemory_policy:noeviction\r\n")
    one.closing.callback(old.close)
    world = newcomer(one, redis=old.address)
    said_away(world, "6.0.16, and 6.2")


def test_what_is_no_redis_at_all_is_survived(one):
    for number, nonsense in enumerate((b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$-7\r\n", b"*99999999\r\n", b":\r\n")):
        stranger = FakeRedis(one.folder / f"s{number}.sock", b"", nonsense)
        one.closing.callback(stranger.close)
        world = newcomer(one, redis=stranger.address)
        said_away(world)
        assert not world.faults()


@pytest.mark.parametrize("fields", [("x", "y"), ("v", "1"), ("k", ""), ("c", "main", "d", "x" * 3_000_000)])
def test_what_a_stranger_writes_into_the_stream_is_told_as_lost_and_all_goes_on(one, fields):
    reader = one[0].listen("main", reconnect=True)
    last = one[0].publish("before")
    one.redis.ask("XADD", "{tidings}:log", f"0-{last + 1}", *fields)
    eventually(lambda: str(last + 1) in one[0].hub.log(), "a line about it", 15)
    id = one[0].publish("after", within=30)
    assert id > last + 1
    reader.wait(lambda: reader.data[-1:] == ["after"], reader.story, 20)
    assert reader.data == ["before", "after"] and not one[0].faults()


def test_a_script_that_fails_in_its_middle_is_a_503_and_all_goes_on_when_it_no_longer_does(one):
    """What Redis had written by then stays: it is published, and nobody was told so."""
    one[0].publish("before")
    one.redis.ask("ACL", "SETUSER", "default", "-set")
    answer = one[0].post("/realtime/main?id=half", b"half", within=20)
    assert answer.status == 503 and "ACL forbids" in answer.text, answer.text
    one.redis.ask("ACL", "SETUSER", "default", "+@all")
    one.are_healthy(20)
    one[0].publish("half", id="half")
    id = one[0].publish("half", id="half")
    assert one[0].channel("main")["newest"] == str(id) and not one[0].faults()


def test_a_key_of_another_kind_crashes_nobody_and_what_waited_for_it_is_published_without_it(make_world):
    one = make_world(kind=Machines, count=1, each=SOON)
    one[0].publish("before")
    one.redis.ask("SET", "{tidings}:inbox", "nonsense")
    one[0].insert("row")
    # one that goes with a row fails with it, and is sent again
    eventually(lambda: one[0].post("/realtime/main?id=between", b"between").status == 200, "a publish", 20)
    assert one[0].channel("main")["events"] == 2
    one.redis.ask("DEL", "{tidings}:inbox")
    one.hold(3)
    assert not one[0].faults()


# ---- several that a stranger wrote

BROKEN = ("v", "1")                                     # the part in the order refuses it: it has no head,
NOT_UTF8 = entry(b"\xff\xfe", channel="main")           # is no text,
TOO_LONG = entry(b"x" * ((1 << 20) + 1), channel="main")  # or one over all limits
NOBODY = entry(b"x", channel="/.well-known/mercure/subscriptions")      # the log does: it says not who is there,
NOTHING = entry(b"x", channel="/.well-known/tidings/erasures")          # or not what was deleted
GOOD = entry(b"between", channel="main")


def write_at_once(redis, first, *rows):
    """Into the order from that id on, so that all come in one answer; its state knows of them."""
    words = [word for fields in rows for word in (len(fields), *fields)]
    redis.ask("EVAL", """local at, id = 2, tonumber(ARGV[1])
        while at <= #ARGV do
            local n = tonumber(ARGV[at])
            redis.call('XADD', KEYS[1], string.format('0-%d', id), unpack(ARGV, at + 1, at + n))
            at, id = at + n + 1, id + 1
        end
        redis.call('HSET', KEYS[2], 'last', string.format('%d', id - 1))""",
              2, "{tidings}:log", "{tidings}:state", first, *words)


def named_as_unfit(world):
    """The ids of which its log says that they are no events."""
    return [int(id) for id in re.findall(r"shared order: id (\d+) is no event of ours", world.hub.log())]


def saw(reader, *data):
    """All of these and nothing else, and that there is a gap."""
    reader.wait(lambda: reader.data[-1:] == [data[-1]], reader.story, 20)
    assert reader.data == [*data] and reader.told("reset"), reader.story()
    return reader.ids


@pytest.mark.parametrize("rows, lines", [
    ((BROKEN, NOT_UTF8), 1), ((TOO_LONG, BROKEN), 1), ((NOBODY, NOTHING), 1), ((NOT_UTF8, NOBODY), 2),
    ((NOBODY, TOO_LONG), 2)], ids=["fields", "limits", "log", "order, log", "log, order"])
def test_two_after_one_another_are_told_in_one_line_and_as_a_gap_at_each_machine(two, rows, lines):
    """In one for each part of a hub that refuses them."""
    readers = two.listen("main", reconnect=True)
    last = two[0].publish("before")
    write_at_once(two.redis, last + 1, *rows)
    id = two[1].publish("after", within=30)
    for world, reader in zip(two.worlds, readers):
        assert saw(reader, "before", "after") == [last, id] and id == last + 3
        named = named_as_unfit(world)
        assert len(named) == lines and set(named) <= {last + 1, last + 2}, named
        assert not world.faults()


@pytest.mark.parametrize("unfit", [NOT_UTF8, NOBODY], ids=["order", "log"])
def test_a_good_one_between_two_is_seen_in_its_place_at_each_machine_and_by_who_joins_later(two, unfit):
    readers = two.listen("main", reconnect=True)
    last = two[0].publish("before")
    write_at_once(two.redis, last + 1, unfit, GOOD, unfit)
    id = two[1].publish("after", within=30)
    for reader in readers:
        assert saw(reader, "before", "between", "after") == [last, last + 2, id]
    two.add().is_healthy()
    for world in two.worlds:
        again = world.listen("main", last_event_id=str(last))
        assert saw(again, "between", "after") == [last + 2, id]
        assert named_as_unfit(world) == [last + 1, last + 3]
        assert not world.faults()
