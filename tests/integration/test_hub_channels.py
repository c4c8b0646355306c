# SPDX-License-Identifier: MIT
"""The hub's socket: the list of channels, and who listens to them."""

import pytest

import wire
from cost import resident
from world import INSTRUMENTED, eventually


def test_channels_are_listed_with_what_is_held(hub, history):
    answer = history.channels()
    assert answer.more == 0
    assert sorted((c.channel, c.events, c.oldest, c.newest) for c in answer.lines) == [
        (b"a", 5, history.ids[0], history.ids[8]), (b"b", 5, history.ids[1], history.ids[9])]


def listed(peer, limit=10, meanwhile=lambda seen: None):
    """All names, page by page."""
    seen, after, more = [], b"", 1
    while more:
        answer = peer.channels(after=after, limit=limit)
        assert len(answer.lines) <= limit and (answer.lines or not answer.more)
        seen += [line.channel for line in answer.lines]
        after, more = (seen or [b""])[-1], answer.more
        meanwhile(seen)
    return seen


def test_a_long_list_of_channels_comes_in_parts(hub):
    peer = hub.hub_peer()
    names = sorted(f"c{n}".encode() for n in range(25))
    for name in names:
        peer.publish("x", channel=name)
    assert sorted(listed(peer)) == names


def test_a_list_read_in_parts_misses_nothing_that_stays_and_repeats_nothing(hub):
    peer, other = hub.hub_peer(), hub.hub_peer()
    stay = [b"stays %d" % n for n in range(100)]
    fickle = [b"fickle %d" % n for n in range(100)]
    peer.send(wire.Subscribed([(name, 1) for name in stay]))
    peer.ping()
    gone = [0]

    def change(seen):
        """Whoever was named last is gone; and ten times as many come."""
        for name in fickle[gone[0]:gone[0] + 10]:
            other.send(wire.Subscribed([(name, 1)]))
        if seen[-1] in fickle:
            other.send(wire.Subscribed([(seen[-1], 0)]))
        other.send(wire.Subscribed([(b"more %d %d" % (gone[0], n), 1) for n in range(100)]))
        other.ping()
        gone[0] += 10

    seen = listed(peer, 20, change)
    assert len(set(seen)) == len(seen)
    assert set(stay) <= set(seen)


def test_the_order_of_the_list_outlives_the_hub(hub):
    peer = hub.hub_peer()
    for n in range(30):
        peer.publish("x", channel=f"c{n}")
    before = listed(peer)
    hub.hub.stop()
    hub.hub.start()
    assert listed(hub.hub_peer()) == before


def test_a_channel_that_nobody_knows_has_a_line_of_zeros(hub):
    line, = hub.hub_peer().channels(only="nowhere").lines
    assert line == wire.Line(b"nowhere", 0, 0, 0, 0, 0)


def subscribers(peer, channel):
    line, = peer.channels(only=channel).lines
    return line.subscribers


@pytest.mark.valgrind
def test_subscribers_of_all_responders_are_counted(hub):
    peer = hub.hub_peer()
    peer.publish("x", channel="a")
    for count in (3, 4):
        other = hub.hub_peer()
        other.send(wire.Subscribed([(b"a", count), (b"b", 1)]))
        other.ping()
    assert (subscribers(peer, "a"), subscribers(peer, "b")) == (7, 2)
    other.send(wire.Subscribed([(b"a", 1), (b"b", 0)]))
    other.ping()
    assert (subscribers(peer, "a"), subscribers(peer, "b")) == (4, 1)


def test_who_goes_takes_its_counts_along(hub):
    peer, other = hub.hub_peer(), hub.hub_peer()
    peer.publish("x", channel="stored")
    peer.send(wire.Subscribed([(b"stored", 1)]))
    other.send(wire.Subscribed([(b"stored", 5)] + [(b"%d" % n, 1) for n in range(10000)]))
    other.ping()
    assert subscribers(peer, "stored") == 6
    assert len(listed(peer, 1000)) == 10001
    other.close()
    eventually(lambda: listed(peer, 1000) == [b"stored"], "the others being gone")
    assert subscribers(peer, "stored") == 1


def test_a_channel_is_listed_while_it_holds_events_or_is_listened_to(make_world):
    world = make_world({"channel state": {"keep_events": 1, "keep_age": "1s"}})
    peer = world.hub_peer()
    peer.publish("x", channel="state")
    peer.send(wire.Subscribed([(b"heard", 1)]))
    assert sorted(listed(peer)) == [b"heard", b"state"]
    peer.send(wire.Subscribed([(b"heard", 0), (b"state", 2)]))
    eventually(lambda: peer.channels(only="state").lines[0].events == 0, "its event going")
    assert listed(peer) == [b"state"]
    peer.send(wire.Subscribed([(b"state", 0)]))
    assert peer.channels().lines == []


@pytest.mark.skipif(INSTRUMENTED, reason="instruments have a memory of their own")
def test_questions_for_many_channels_cost_little(hub):
    peer = hub.hub_peer()
    before = resident(hub.hub.worker())
    peer.send(*[wire.Channels(n, b"", 1, b"channel %d" % n) for n in range(3000)])
    peer.ping()
    assert resident(hub.hub.worker()) - before < 20 << 20
    for n in range(3000):
        peer.expect(wire.Channeled)
