# SPDX-License-Identifier: MIT
"""The hub's socket: what is published, again under its key or number, and followed."""

import threading
import time

import pytest

from cost import resident
from wire import ALL, CONFLICT, INVALID, REPEATED, STORED, VOLATILE, Following, Stored
from world import INSTRUMENTED, SLOW


# ---- publishing

def test_a_publish_is_stored_and_gets_the_next_id(hub):
    peer = hub.hub_peer()
    one, two = peer.publish("one"), peer.publish("two")
    assert (one.outcome, one.first, one.last) == (STORED, peer.welcome.newest + 1, one.first)
    assert two.first == one.first + 1


def test_several_events_of_one_publish_get_ids_in_a_row(hub):
    peer = hub.hub_peer()
    answer = peer.publish("a", "b", "c")
    assert answer.last - answer.first == 2
    page = peer_page(hub, "main", start=ALL)
    assert [e.data for e in page.events] == [b"a", b"b", b"c"]


def peer_page(world, *channels, **how):
    """A page as a follower that has been sent everything may ask for it."""
    peer = world.hub_peer()
    following = peer.follow()
    holds = following.start
    while holds < following.newest:
        holds = peer.event().id
    return peer.page(*channels, **how)


def test_bytes_are_stored_as_they_came(hub):
    peer = hub.hub_peer()
    follower = hub.hub_peer()
    follower.follow()
    data = b"\r\n \r:\n\xe2\x80\xa8\xef\xbb\xbf" + bytes(range(1, 32)) + "ä€😀".encode()
    stored = peer.publish(data, channel="späte Züge/1", type="Ärger")
    event = follower.event()
    assert (event.id, event.data) == (stored.first, data)
    assert (event.channel.decode(), event.type.decode()) == ("späte Züge/1", "Ärger")
    assert abs(event.at - time.time() * 1000) < 60000 * SLOW


@pytest.mark.parametrize("what,how", {
    "an empty channel": dict(channel=""),
    "a channel with a control character": dict(channel="a\nb"),
    "a channel that is no UTF-8": dict(channel=b"\xff"),
    "a type with a line end": dict(type="a\rb"),
    "a type of 65 bytes": dict(type="x" * 65),
    "data that is no UTF-8": dict(data=b"\xc0\xaf"),
    "data that is too long": dict(data=b"x" * (64 * 1024 - 28)),
}.items())
def test_the_hub_checks_again_what_a_responder_should_have_checked(hub, what, how):
    how = dict(how)
    peer = hub.hub_peer()
    answer = peer.publish(how.pop("data", b"x"), **how)
    assert answer.outcome == INVALID
    assert len(answer.reason) > 10
    assert peer.publish("and goes on").first == peer.welcome.newest + 1


@pytest.mark.valgrind
def test_what_was_acknowledged_survives_a_kill(hub):
    peer = hub.hub_peer()
    ids = [peer.publish(f"event {n}").first for n in range(20)]
    hub.hub.kill_all()
    hub.hub.start()
    page = peer_page(hub, "main", start=ALL)
    assert [e.id for e in page.events] == ids


def test_many_publishers_at_once_are_all_answered(hub):
    answers = []

    def publish(number):
        peer = hub.hub_peer()
        sent = [peer.ask_to_store(f"{number}/{n}") for n in range(100)]
        answers.extend(peer.expect(Stored, number=n) for n in sent)
    threads = [threading.Thread(target=publish, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30 * SLOW)
    ids = sorted(a.first for a in answers if a.outcome == STORED)
    assert len(ids) == 800 and ids == list(range(ids[0], ids[0] + 800))


# ---- idempotency

@pytest.mark.valgrind
def test_the_same_key_and_content_is_published_once(hub):
    peer = hub.hub_peer()
    one = peer.publish("x", key="k")
    assert peer.publish("x", key="k")[1:4] == (REPEATED, one.first, one.first)
    assert hub.hub_peer().publish("x", key="k").outcome == REPEATED
    assert peer.publish("y").first == one.first + 1


@pytest.mark.valgrind
def test_the_same_key_with_other_content_is_a_conflict(hub):
    peer = hub.hub_peer()
    peer.publish("x", key="k", digest=(1, 2))
    answer = peer.publish("y", key="k", digest=(1, 3))
    assert answer.outcome == CONFLICT
    assert len(peer_page(hub, "main", start=ALL).events) == 1


@pytest.mark.valgrind
def test_a_key_belongs_to_its_channel(hub):
    peer = hub.hub_peer()
    peer.publish("x", key="k", channel="a")
    assert peer.publish("x", key="k", channel="b").outcome == STORED


@pytest.mark.valgrind
def test_a_key_outlives_a_restart(hub):
    first = hub.hub_peer().publish("x", key="k").first
    hub.hub.stop()
    hub.hub.start()
    answer = hub.hub_peer().publish("x", key="k")
    assert (answer.outcome, answer.first) == (REPEATED, first)


@pytest.mark.valgrind
def test_a_batch_with_keys_is_repeated_as_a_whole(hub):
    peer = hub.hub_peer()
    keys = ["id/1", "id/2", "id/3"]
    one = peer.publish("a", "b", "c", keys=keys)
    two = peer.publish("a", "b", "c", keys=keys)
    assert two[1:4] == (REPEATED, one.first, one.last)
    assert len(peer_page(hub, "main", start=ALL).events) == 3


@pytest.mark.valgrind
def test_a_conflict_within_a_batch_stores_nothing_of_it(hub):
    peer = hub.hub_peer()
    peer.publish("b", key="id/2", digest=(1, 1))
    answer = peer.publish("a", "other", keys=["id/1", "id/2"], digest=(9, 9))
    assert answer.outcome == CONFLICT
    assert len(peer_page(hub, "main", start=ALL).events) == 1


def test_a_publish_sent_again_under_its_number_is_stored_once(hub):
    peer = hub.hub_peer(source=77)
    one = peer.publish("x", number=5)
    again = hub.hub_peer(source=77)
    two = again.publish("x", number=5)
    assert (two.outcome in (STORED, REPEATED), two.first) == (True, one.first)
    assert len(peer_page(hub, "main", start=ALL).events) == 1


def test_a_publish_sent_again_to_the_next_hub_is_stored_once(hub):
    peer = hub.hub_peer(source=77)
    one = peer.publish("x", "y", number=5)
    hub.hub.kill_all()
    hub.hub.start()
    two = hub.hub_peer(source=77).publish("x", "y", number=5)
    assert (two.first, two.last) == (one.first, one.last)
    assert len(peer_page(hub, "main", start=ALL).events) == 2


def test_the_same_number_of_another_source_is_another_publish(hub):
    one = hub.hub_peer(source=77).publish("x", number=5)
    two = hub.hub_peer(source=78).publish("x", number=5)
    assert (two.outcome, two.first) == (STORED, one.first + 1)


# ---- following

@pytest.mark.valgrind
def test_a_follower_gets_what_is_published_in_order(hub):
    publisher, follower = hub.hub_peer(), hub.hub_peer()
    follower.follow()
    ids = [publisher.publish(str(n)).first for n in range(50)]
    assert [follower.event()[::5] for _ in ids] == [(i, str(n).encode()) for n, i in enumerate(ids)]


@pytest.mark.valgrind
def test_a_follower_is_told_as_soon_as_it_is_committed_not_before(hub):
    publisher, follower = hub.hub_peer(), hub.hub_peer()
    follower.follow()
    number = publisher.ask_to_store("x")
    event = follower.event()
    assert publisher.expect(Stored, number=number).first == event.id


@pytest.mark.valgrind
def test_a_follower_goes_on_from_the_event_it_holds(hub):
    publisher = hub.hub_peer()
    ids = [publisher.publish(str(n)).first for n in range(10)]
    follower = hub.hub_peer()
    assert follower.follow(after=ids[3]) == Following(ids[3], ids[9])
    assert [follower.event().id for _ in range(6)] == ids[4:]


@pytest.mark.valgrind
def test_a_follower_that_holds_nothing_begins_with_its_window(hub):
    publisher = hub.hub_peer()
    ids = [publisher.publish("x" * 1000).first for _ in range(100)]
    follower = hub.hub_peer()
    following = follower.follow(window=10_000)
    assert following.newest == ids[-1]
    assert ids[-1] - 13 <= following.start <= ids[-1] - 5
    assert follower.event().id == following.start + 1


@pytest.mark.valgrind
def test_a_follower_that_holds_what_the_log_never_had_begins_anew(hub):
    publisher = hub.hub_peer()
    newest = publisher.publish("x").first
    follower = hub.hub_peer()
    following = follower.follow(after=newest + 1000)
    assert following.start != newest + 1000 and following.start <= newest


@pytest.mark.valgrind
def test_a_volatile_event_has_no_id_and_is_not_stored(hub):
    publisher, follower = hub.hub_peer(), hub.hub_peer()
    follower.follow()
    publisher.ask_to_store("42 %", channel="metrics", flags=VOLATILE)
    stored = publisher.publish("after it")
    event = follower.event()
    assert (event.id, event.channel, event.data) == (0, b"metrics", b"42 %")
    assert follower.event().id == stored.first == publisher.welcome.newest + 1
    assert peer_page(hub, "metrics", start=ALL).events == []


@pytest.mark.timeout(120)
def test_a_responder_that_stops_reading_costs_the_hub_no_memory_and_misses_nothing(hub):
    publisher = hub.hub_peer()
    data = ["x" * 60_000] * 5

    def publish(events):
        for _ in range(events // 5):
            publisher.publish(*data)
    publish(600)  # until the hub is as large as publishing itself makes it
    before = resident(hub.hub.worker())
    stalled = hub.hub_peer()
    stalled.follow(window=0)
    publish(900)
    grown = resident(hub.hub.worker()) - before
    assert grown < 4 << 20 or INSTRUMENTED, f"{grown >> 20} MiB for 51 MiB that nobody read"
    ids = [stalled.event().id for _ in range(900)]
    assert ids == list(range(ids[0], ids[0] + 900))
