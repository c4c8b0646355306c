# SPDX-License-Identifier: MIT
"""Presence over several machines: each says the same of who is there, whatever happens to one."""

import contextlib
import json
import time

import pytest

from attendance import sees, watch, who
from daemon import eventually
from mercure import PATH, mercure
from mercure_reader import reader
from redisserver import RedisServer, needs_redis
from several import Machines
from test_hubs import Machine, both, machines  # noqa: F401, fixtures
from wire import Joined, Left, Presence, Presents

pytestmark = pytest.mark.skipif(bool(needs_redis), reason=needs_redis)

LIST = PATH + "/subscriptions"
ALL = LIST + "{/topic}{/subscriber}"
ON = {"responder": {"mercure_subscriptions": "yes"}}


@pytest.fixture
def worlds(make_world):
    return make_world(kind=Machines, config=ON)


# ---- what a browser sees

def test_who_is_at_one_machine_is_seen_at_all_and_listed_alike(worlds):
    streams = [watch(world, "room") for world in worlds.worlds]
    everybody = [{id: entry["since"] for id, entry in sees(stream, 3, 15).items()} for stream in streams]
    assert everybody[0] == everybody[1] == everybody[2]
    lists = [eventually(lambda world=world: len(who(world, "room")["subscribers"]) == 3 and who(world, "room"),
                        "all are listed") for world in worlds.worlds]
    assert lists[0] == lists[1] == lists[2], "the same ids, dates and cursor"
    streams[1].leave()
    for stream in streams[0], streams[2]:
        assert len(sees(stream, 2)) == 2
    another = watch(worlds[1], "room")
    for stream in streams[0], streams[2], another:
        sees(stream, 3)


def test_mercure_s_subscriptions_are_the_same_at_each_machine(make_world, tmp_path):
    worlds = make_world(kind=Machines, count=2, config=mercure(tmp_path, ON)).worlds
    admins = [reader(world, subscribe=[ALL]) for world in worlds]
    watchers = [admin.listen(LIST + "/books/{subscriber}") for admin in admins]
    one = reader(worlds[0], subscribe=["x"], payload={"name": "ann"}).listen("books")
    other = reader(worlds[1]).listen("books")
    for watcher in watchers:
        watcher.wait(lambda watcher=watcher: len(watcher.data) == 2, watcher.story, 15)
    assert watchers[0].data == watchers[1].data and watchers[0].ids == watchers[1].ids
    lists = [admin.door.ask("GET", LIST + "/books", {}).json for admin in admins]
    assert lists[0] == lists[1] and len(lists[0]["subscriptions"]) == 2
    assert {"name": "ann"} in [entry.get("payload") for entry in lists[0]["subscriptions"]]
    one.leave()
    other.leave()
    for watcher in watchers:
        watcher.wait(lambda watcher=watcher: len(watcher.data) == 4, watcher.story, 15)
    assert watchers[0].data == watchers[1].data
    assert [json.loads(text)["active"] for text in watchers[0].data] == [True, True, False, False]


def test_a_hub_that_is_killed_takes_nobody_along(worlds):
    streams = [watch(world, "room", reconnect=True, longest_wait=0.1) for world in worlds.worlds]
    before = [sees(stream, 3, 15) for stream in streams][0]
    worlds[1].hub.has_settled().kill_worker()
    worlds[1].is_healthy(20)
    another = watch(worlds[1], "room")
    for stream in *streams, another:
        assert before.keys() < sees(stream, 4, 20).keys()
    assert not any(stream.told("leave") for stream in streams)


def test_while_redis_is_away_no_stream_ends_and_who_came_is_told_of_later(worlds):
    first = watch(worlds[0], "room")
    sees(first, 1)
    worlds.redis.kill()
    second = watch(worlds[1], "room")
    second.wait(lambda: second.told("present"), second.story)
    time.sleep(1)
    worlds.redis.start()
    for stream in first, second:
        sees(stream, 2, 20)
    assert len(first.answers) == len(second.answers) == 1
    second.leave()
    sees(first, 1)


# ---- what hubs say to each other

def subscriber(number):
    return b"subscriber%06d" % number


def joins(peer, number, *topics):
    peer.send(Joined(subscriber(number), "192.0.2.1", "ann", b'{"a":1}', [t.encode() for t in topics or ("room",)]))


def leaves(peer, number):
    peer.send(Left(subscriber(number)))


def listed(peer, topic="room"):
    """Who is there, by number."""
    peer.send(Presence(3, topic.encode(), b"", 0, 100))
    return {int(entry.subscriber[-6:]): entry for entry in peer.expect(Presents, tag=3).entries}


def sees_only(peers, *numbers, topic="room", within=10):
    for peer in peers:
        eventually(lambda peer=peer: sorted(listed(peer, topic)) == sorted(numbers), f"only {numbers}", within)
    one, *others = [listed(peer, topic) for peer in peers]
    assert all(other == one for other in others), "each says the same"
    return one


def test_who_joins_at_two_machines_is_listed_with_one_id_and_date(machines, both):  # noqa: F811
    a, b = both
    joins(a, 1, "room", "other")
    joins(b, 2)
    entry = sees_only(both, 1, 2)[1]
    assert entry.user == b"ann" and entry.payload == b'{"a":1}' and entry.since > 1.6e12
    sees_only(both, 1, topic="other")
    leaves(a, 1)
    sees_only(both, 2)
    eventually(machines.same, "the same log")
    assert b"192.0.2.1" not in machines.redis.ask("XRANGE", "{tidings}:log", "-", "+")[0][1][1], \
        "whose address it is stays at his machine"


def test_joins_and_leaves_that_redis_forgets_are_told_again(machines, both):  # noqa: F811
    a, b = both
    for number in 1, 2:
        joins(a, number)
    joins(b, 3)
    sees_only(both, 1, 2, 3)

    def meanwhile():
        leaves(a, 1)
        joins(b, 4)
        joins(b, 5)
        sees_only(both, 2, 3, 4, 5)
        leaves(b, 5)
        sees_only(both, 2, 3, 4)
    machines.forget(meanwhile)
    sees_only(both, 2, 3, 4, within=20)
    time.sleep(1)
    sees_only(both, 2, 3, 4, within=20)
    assert machines.all[0].ask("SELECT count(*) FROM orphan") == [(0,)]
    eventually(machines.same, "the same log", 20)


def test_who_is_there_is_known_to_a_machine_that_comes_too_late_for_his_event(machines, both, tmp_path):  # noqa: F811
    a, _ = both
    joins(a, 1)
    joins(a, 2)
    sees_only(both, 1, 2)
    leaves(a, 2)
    sees_only(both, 1)
    machines.redis.ask("XTRIM", "{tidings}:log", "MAXLEN", "0")
    with contextlib.closing(Machine(tmp_path, 3, machines.redis)) as third:
        assert third.enter("--join").returncode == 0
        third.hub.start()
        with contextlib.closing(third.peer()) as peer:
            sees_only([*both, peer], 1, within=15)


def test_who_was_there_before_the_order_was_founded_is_seen_at_all(tmp_path):
    with contextlib.closing(RedisServer(tmp_path).start()) as redis, contextlib.ExitStack() as stack:
        one, other = (stack.enter_context(contextlib.closing(Machine(tmp_path, n, redis))) for n in (1, 2))
        shared = one.conf.read_text()
        one.conf.write_text(shared[:shared.index("[shared]")])
        one.hub.start()
        with contextlib.closing(one.peer()) as peer:
            joins(peer, 1)
            joins(peer, 2)
            sees_only([peer], 1, 2)
        one.hub.stop()
        one.conf.write_text(shared)
        assert one.enter("--found").returncode == 0 and other.enter("--join").returncode == 0
        one.hub.start()
        other.hub.start()
        with contextlib.closing(one.peer()) as peer, contextlib.closing(other.peer()) as elsewhere:
            joins(peer, 1)
            sees_only([peer, elsewhere], 1, within=15)


@pytest.mark.slow
def test_a_machine_that_is_silent_for_ten_seconds_takes_along_who_was_there(machines, both):  # noqa: F811
    """And who is still there when it is back is told of again."""
    a, b = both
    joins(a, 1)
    joins(b, 2)
    sees_only(both, 1, 2)
    machines.all[0].line.block()
    sees_only([b], 2, within=25)
    eventually(lambda: sorted(listed(a)) == [1, 2], "who is here is here")
    machines.all[0].line.unblock()
    sees_only(both, 1, 2, within=20)
    machines.all[0].hub.kill_all()
    eventually(lambda: machines.all[1].ask("SELECT count(*) FROM present") == [(1,)], "they have left", 25)
    sees_only([b], 2)
    assert told_of(machines.all[1])[1] == [True, False, True, False], "each time once"


# ---- who comes and goes all the time

def told_of(machine):
    """By number, whether he had come or gone, each time that its log tells of him."""
    told = {}
    for data, in machine.ask("SELECT CAST(data AS TEXT) FROM event ORDER BY id"):
        event = json.loads(data)
        number = int(bytes.fromhex(event["subscriber"].rpartition(":")[2].replace("-", ""))[-6:])
        told.setdefault(number, []).append(event["active"])
    return told


def is_told_in_turn(told):
    """Nobody comes twice without having gone, nor the other way round."""
    return all(turns == [turn % 2 == 0 for turn in range(len(turns))] for turns in told.values())


def agree(machines):
    """What all their logs tell, when it is the same."""
    first, *others = [machine.events() for machine in machines]
    return all(other == first for other in others) and told_of(machines[0])


def flaps(peer, number, times):
    """So quickly that nobody need be told each time; he is there in the end."""
    for _ in range(times):
        joins(peer, number)
        leaves(peer, number)
    joins(peer, number)


def comes_and_goes(peer, number, times, others=()):
    """Each time is told; he has gone in the end."""
    for _ in range(times):
        joins(peer, number)
        eventually(lambda: sorted(listed(peer)) == sorted([number, *others]), "he is there")
        leaves(peer, number)
        eventually(lambda: sorted(listed(peer)) == sorted(others), "he is not there")


def is_cut_off(line):
    line.refusals = 10**9
    line.cut()


def test_who_comes_and_goes_while_a_machine_is_cut_off_is_told_in_turn_and_listed_alike(machines, both, tmp_path):  # noqa: F811
    a, b = both
    with contextlib.closing(Machine(tmp_path, 3, machines.redis)) as third:
        assert third.enter("--join").returncode == 0
        third.hub.start()
        with contextlib.closing(third.peer()) as c:
            joins(a, 1)
            sees_only([a, b, c], 1)
            is_cut_off(machines.all[0].line)
            eventually(machines.all[0].why, "it is away")
            comes_and_goes(b, 2, 10, others=[1])
            for peer, number in ((a, 3), (b, 4), (c, 5)):
                flaps(peer, number, 100)
            leaves(a, 1)
            sees_only([b, c], 1, 4, 5)
            machines.all[0].line.refusals = 0
            sees_only([a, b, c], 3, 4, 5, within=20)
            told = eventually(lambda: agree([*machines.all, third]), "the same log", 20)
    assert is_told_in_turn(told), told
    assert len(told[2]) == 20 and told[1] == [True, False], told
    assert {number for number, turns in told.items() if turns[-1]} == {3, 4, 5}, told


@pytest.mark.slow
@pytest.mark.rare
def test_who_comes_and_goes_while_his_machine_is_silent_for_ten_seconds_is_told_in_turn(machines, both):  # noqa: F811
    """It is back at the moment when the other has told that he has left."""
    a, b = both
    for number in 1, 3:
        joins(a, number)
    joins(b, 2)
    sees_only(both, 1, 2, 3)
    machines.all[0].line.block()
    eventually(machines.all[0].why, "it is away", 20)
    flaps(a, 1, 50)
    leaves(a, 3)
    flaps(a, 4, 50)
    comes_and_goes(b, 5, 10, others=[1, 2, 3])
    eventually(lambda: told_of(machines.all[1])[1] == [True, False], "the other tells of it", 25)
    machines.all[0].line.unblock()
    flaps(a, 1, 50)
    flaps(b, 2, 50)
    sees_only(both, 1, 2, 4, within=20)
    told = eventually(lambda: agree(machines.all), "the same log", 20)
    assert is_told_in_turn(told) and told[3] == [True, False], told
    assert told[1][:3] == [True, False, True] and {n for n, turns in told.items() if turns[-1]} == {1, 2, 4}, told
