# SPDX-License-Identifier: MIT
"""The hub alone, spoken to as a responder speaks to it."""

import re
import shutil
import threading
import time
from pathlib import Path

import pytest

import wire
from wire import (ALL, AFTER, CONFLICT, INVALID, REPEATED, SINCE, STORED, UNKNOWN, VOLATILE,
                  Event, Following, Hello, Refused, State, Stored)
from world import INSTRUMENTED, SLOW, eventually


@pytest.fixture
def hub(make_world):
    return make_world(responder=False, inbox=False)


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) << 10


# ---- greeting

def test_the_greeting_names_version_log_and_newest(hub):
    peer = hub.hub_peer()
    assert peer.welcome.version == wire.VERSION
    assert len(peer.welcome.identity) == 16 and any(peer.welcome.identity)
    assert peer.welcome.newest > 0
    assert peer.expect(State) == State(1, b"")
    assert hub.hub_peer().welcome.identity == peer.welcome.identity


def test_another_version_is_refused_with_a_sentence_that_names_both(hub):
    peer = hub.hub_peer(greet=False)
    peer.send(Hello(99, 5, b"a test"))
    sentence = peer.expect(Refused).sentence.decode()
    assert "99" in sentence and str(wire.VERSION) in sentence
    assert peer.sees_the_end()


def test_who_is_refused_again_and_again_is_logged_once_until_something_changes(hub):
    def is_refused():
        peer = hub.hub_peer(greet=False)
        peer.send(Hello(99, 5, b"a test"))
        peer.expect(Refused)
        assert peer.sees_the_end()

    def lines():
        return hub.hub.log().count("you speak 99")
    for _ in range(5):
        is_refused()
    eventually(lambda: lines() == 1, "one line")
    hub.hub_peer()
    is_refused()
    eventually(lambda: lines() == 2, "two lines")


MALFORMED = {
    "a frame of length 0": b"\0\0\0\0",
    "a frame of 4 GiB": b"\xff\xff\xff\xff\x01",
    "one byte above the longest frame": (wire.FRAME_MAX + 1).to_bytes(4, "little") + b"\x03",
    "an unknown type": b"\x01\0\0\0\x2a",
    "a type that only the hub sends": wire.encode(State(1, b"")),
    "a PUBLISH cut short": b"\x05\0\0\0\x03\1\2\3\4",
    "a PING with bytes left over": b"\x0a\0\0\0\x07" + bytes(9),
    "a second HELLO": wire.encode(Hello(1, 7, b"x")),
    "a PUBLISH of no event": wire.encode(wire.Publish(1, 0, 0, b"main", b"", [])),
    "a PUBLISH that promises 4 billion events":
        b"\x1c\0\0\0\x03" + bytes(17) + b"\x04main\0" + b"\xff\xff\xff\xff",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_peer_that_breaks_the_protocol_is_closed_and_nobody_else(hub, name):
    neighbour, peer = hub.hub_peer(), hub.hub_peer()
    peer.send_raw(MALFORMED[name])
    assert peer.sees_the_end()
    assert neighbour.publish("still here").outcome == STORED


def test_a_peer_that_does_not_say_hello_first_is_closed(hub):
    peer = hub.hub_peer(greet=False)
    peer.send(wire.Ping(1))
    assert peer.sees_the_end()


def test_a_ping_is_answered(hub):
    peer = hub.hub_peer()
    assert peer.ping().tag == peer.tag


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


# ---- pages

@pytest.fixture
def history(hub):
    """Ten events, by turns on a and b; a peer that holds all of them."""
    peer = hub.hub_peer()
    peer.follow()
    peer.ids = [peer.publish(str(n), channel="ab"[n % 2]).first for n in range(10)]
    for _ in peer.ids:
        peer.event()
    return peer


@pytest.mark.valgrind
def test_a_page_holds_the_events_after_a_cursor_on_its_channels(history):
    page = history.page("a", value=history.ids[3])
    assert [e.id for e in page.events] == history.ids[4::2]
    assert (page.gap, page.used) == (0, history.ids[3])
    assert page.through == history.ids[9]


@pytest.mark.valgrind
def test_a_page_of_two_channels_is_in_the_order_of_the_log(history):
    page = history.page("a", "b", value=history.ids[0])
    assert [e.id for e in page.events] == history.ids[1:]


@pytest.mark.valgrind
def test_a_page_ends_at_upto(history):
    page = history.page("a", "b", value=history.ids[0], upto=history.ids[5])
    assert [e.id for e in page.events] == history.ids[1:6]
    assert page.through == history.ids[5]


@pytest.mark.valgrind
def test_a_page_stops_after_its_bytes_with_at_least_one_event(history):
    page = history.one_page("b", after=history.ids[0], bytes=1)
    assert [e.id for e in page.events] == history.ids[1:2]
    assert page.through == history.ids[1]


@pytest.mark.valgrind
def test_pages_joined_are_the_whole(history):
    page = history.page("a", "b", value=history.ids[0] - 1, bytes=2)
    assert [e.id for e in page.events] == history.ids


@pytest.mark.valgrind
def test_a_page_where_nothing_matches_says_how_far_it_looked(history):
    page = history.page("empty", value=history.ids[0])
    assert (page.events, page.gap, page.through) == ([], 0, history.ids[9])
    assert (page.oldest, page.newest) == (0, 0)


def test_all_begins_at_the_oldest_and_never_gaps(history):
    page = history.page("a", "b", start=ALL)
    assert page.gap == 0 and [e.id for e in page.events] == history.ids


def test_since_begins_at_a_time(hub, history):
    hour = 3600_000
    now = int(time.time() * 1000)
    page = history.page("a", "b", start=SINCE, value=now - hour)
    assert page.gap == 0 and [e.id for e in page.events] == history.ids
    assert history.page("a", "b", start=SINCE, value=now + hour).events == []


def test_a_cursor_that_is_no_number_is_a_gap(history):
    page = history.page("a", start=UNKNOWN)
    assert page.gap == 1 and [e.id for e in page.events] == history.ids[::2]
    assert page.used < history.ids[0]
    assert (page.oldest, page.newest) == (history.ids[0], history.ids[8])


def test_a_verdict_names_the_channels_that_have_something(history):
    verdict = history.judge("0", "a", "b", "c", value=history.ids[8])
    assert (verdict.gap, verdict.busy) == (0, [2])
    assert verdict.used == history.ids[8] and verdict.limit == history.ids[9]
    assert history.judge("a", "b", value=history.ids[9]).busy == []


def test_a_cursor_above_the_newest_is_a_gap(history):
    page = history.page("b", value=history.ids[9] + 1)
    assert page.gap == 1 and [e.id for e in page.events] == history.ids[1::2]


def test_the_cursor_used_at_a_gap_finds_no_second_one(history):
    used = history.page("b", value=history.ids[9] + 1).used
    again = history.page("b", value=used)
    assert (again.gap, again.used) == (0, used)
    assert [e.id for e in again.events] == history.ids[1::2]


def test_a_cursor_of_zero_is_old_and_valid(history):
    page = history.page("a", value=0)
    assert (page.gap, page.used) == (0, 0) and len(page.events) == 5


@pytest.mark.valgrind
def test_a_thousand_channels_make_one_page(hub):
    peer = hub.hub_peer()
    peer.follow()
    names = [f"channel {n:04}" for n in range(1000)]
    ids = []
    for name in names[::50] * 3:
        ids.append(peer.publish("x", channel=name).first)
        peer.publish("y", channel="elsewhere")
    for _ in range(2 * len(ids)):
        peer.event()
    page = peer.page(*names, start=ALL)
    assert [e.id for e in page.events] == ids


@pytest.mark.valgrind
def test_a_page_never_shows_more_than_this_follower_was_sent(hub):
    reader = hub.hub_peer()
    reader.publish("seen")
    following = reader.follow()
    # Far more than a socket takes: the follower has not been sent the last.
    publisher = hub.hub_peer()
    last = 0
    for _ in range(60):
        last = publisher.publish("x" * 60_000, "x" * 60_000).last
    publisher.publish("the end", channel="end")
    reader.tag += 1
    reader.send(wire.Page(reader.tag, following.start, last + 1, 1 << 20, b"end"))
    sent = 0
    while not any(isinstance(m, wire.Paged) for m in reader.unread):
        reader._read(time.monotonic() + 20 * SLOW)
    for message in list(reader.unread):
        if isinstance(message, Event):
            sent = message.id
        if isinstance(message, wire.Paged):
            assert message.through <= max(sent, following.start)
            break


# ---- channels

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
    asker = hub.hub_peer()
    asker.publish("x", channel="a")
    for count in (3, 4):
        other = hub.hub_peer()
        other.send(wire.Subscribed([(b"a", count), (b"b", 1)]))
        other.ping()
    assert (subscribers(asker, "a"), subscribers(asker, "b")) == (7, 2)
    other.send(wire.Subscribed([(b"a", 1), (b"b", 0)]))
    other.ping()
    assert (subscribers(asker, "a"), subscribers(asker, "b")) == (4, 1)


def test_who_goes_takes_its_counts_along(hub):
    asker, other = hub.hub_peer(), hub.hub_peer()
    asker.publish("x", channel="stored")
    asker.send(wire.Subscribed([(b"stored", 1)]))
    other.send(wire.Subscribed([(b"stored", 5)] + [(b"%d" % n, 1) for n in range(10000)]))
    other.ping()
    assert subscribers(asker, "stored") == 6
    assert len(listed(asker, 1000)) == 10001
    other.close()
    eventually(lambda: listed(asker, 1000) == [b"stored"], "the others being gone")
    assert subscribers(asker, "stored") == 1


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


# ---- ids are never used twice

def test_a_restart_goes_on_above_the_last_id_in_the_same_log(hub):
    peer = hub.hub_peer()
    last = peer.publish("x").last
    hub.hub.stop()
    hub.hub.start()
    again = hub.hub_peer()
    assert again.welcome.identity == peer.welcome.identity
    assert again.publish("y").first > last


def test_the_gap_between_two_hubs_lives_is_not_lost_history(hub):
    peer = hub.hub_peer()
    last = peer.publish("x").last
    hub.hub.stop()
    hub.hub.start()
    new = hub.hub_peer()
    new.follow(after=last)
    id = new.publish("y").first
    new.event()
    page = new.page("main", value=last)
    assert page.gap == 0 and [e.id for e in page.events] == [id]


def test_a_cursor_between_two_hubs_lives_is_lost_history(hub):
    peer = hub.hub_peer()
    last = peer.publish("x").last
    hub.hub.stop()
    hub.hub.start()
    new = hub.hub_peer()
    new.follow()
    id = new.publish("y").first
    new.expect(Event, id=id)
    page = new.page("main", value=last + 1)
    assert page.gap == 1 and page.used >= last and [e.id for e in page.events] == [id]


def test_ids_rise_above_those_of_a_deleted_log(hub):
    peer = hub.hub_peer()
    last = peer.publish("x").last
    hub.hub.stop()
    for file in hub.folder.glob("log.db*"):
        file.unlink()
    hub.hub.start()
    new = hub.hub_peer()
    assert new.welcome.identity != peer.welcome.identity
    assert new.publish("y").first > last


@pytest.mark.valgrind
def test_ids_rise_above_those_that_a_restored_copy_does_not_know(hub):
    hub.hub_peer().publish("kept")
    hub.hub.stop()
    copy = hub.folder / "copy"
    copy.mkdir()
    for file in hub.folder.glob("log.db*"):
        shutil.copy(file, copy)
    hub.hub.start()
    lost = hub.hub_peer().publish("lost").first
    hub.hub.stop()
    for file in hub.folder.glob("log.db*"):
        file.unlink()
    for file in copy.iterdir():
        shutil.copy(file, hub.folder)
    hub.hub.start()
    peer = hub.hub_peer()
    peer.follow()
    id = peer.publish("new").first
    assert id > lost
    peer.expect(Event, id=id)
    assert peer.page("main", value=lost).gap == 1


# ---- life and death

def test_a_killed_worker_is_replaced_within_200_ms_and_refuses_nobody(hub):
    before = hub.hub.has_settled().worker()
    peer = hub.hub_peer()
    begun = time.monotonic()
    hub.hub.kill_worker()
    assert peer.sees_the_end()
    assert hub.hub_peer().publish("here again").outcome == STORED
    assert time.monotonic() - begun < 0.2 * SLOW
    assert hub.hub.workers() != [before]


@pytest.mark.valgrind
def test_sigterm_ends_the_hub_cleanly(hub):
    peer = hub.hub_peer()
    peer.publish("x")
    assert hub.hub.stop() == 0
    assert not Path(str(hub.log_db) + "-wal").exists()


def test_a_second_hub_on_the_same_log_is_refused_with_a_sentence(hub, make_world):
    other = make_world({"hub": {"log": hub.log_db}}, hub=False, responder=False, inbox=False)
    other.hub.launch()
    other.hub.says(str(hub.log_db), 20)
    with pytest.raises((OSError, wire.Closed)):
        other.hub_peer(within=0.5)
    other.expected_faults = ["exited with status 1", "was killed: Terminated"]
    assert hub.hub_peer().publish("x").outcome == STORED


@pytest.mark.valgrind
def test_an_unknown_key_in_the_configuration_ends_the_start_with_file_and_line(make_world):
    world = make_world({"hub": {"colour": "red"}}, hub=False, responder=False)
    for daemon in (world.hub, world.responder):
        status, said = daemon.start_to_fail()
        assert status != 0 and "colour" in said and ".conf:" in said


def test_the_log_belongs_to_the_service_alone(hub):
    hub.hub_peer().publish("x")
    for file in hub.folder.glob("log.db*"):
        assert file.stat().st_mode & 0o077 == 0, file


def test_the_write_ahead_log_stays_within_8_mib(hub):
    peer = hub.hub_peer()
    for _ in range(100):
        assert peer.publish(*["x" * 400] * 500).outcome == STORED
    assert Path(f"{hub.log_db}-wal").stat().st_size <= 8 << 20
