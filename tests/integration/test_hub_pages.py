# SPDX-License-Identifier: MIT
"""The hub's socket: older events, in pages, and what is said of a cursor."""

import time

import pytest

import wire
from wire import ALL, SINCE, UNKNOWN, Event
from world import SLOW


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
