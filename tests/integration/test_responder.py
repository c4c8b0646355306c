# SPDX-License-Identifier: MIT
"""The responder alone; the test is its hub."""

import os
import time

import pytest

import wire
from peers import FakeHub
from wire import Event, Hello, Publish, State, Stored, Welcome
from world import SLOW, Publishing, eventually


@pytest.fixture
def alone(make_world):
    world = make_world(hub=False, responder=False, inbox=False)
    world.fake = FakeHub(world.hub_socket)
    world.closing.callback(world.fake.close)
    return world


@pytest.fixture
def served(alone):
    """The responder follows the fake hub."""
    alone.responder.start()
    alone.peer = alone.fake.greet()
    alone.is_healthy()
    return alone


def send(world, *data, channel=b"main", type=b""):
    for one in data:
        world.fake.newest += 1
        world.peer.send(Event(world.fake.newest, 1, 0, channel, type, one))
    return world.fake.newest


def test_it_says_hello_and_follows(served):
    assert served.peer.hello.version == wire.VERSION and served.peer.hello.source > 0
    assert served.peer.asked.after == 0 and served.peer.asked.window > 0


def test_a_stream_gets_what_the_hub_sends(served):
    reader = served.listen()
    assert reader.is_connected()[0].id == "1000"
    id = send(served, b"one")
    reader.sees("one", id=id)


def test_it_fills_its_window_before_it_serves_old_cursors(alone):
    alone.responder.start()
    peer = alone.peer = alone.fake.greet(start=990)
    reader = alone.listen(last_event_id="995", wait=False)
    for id in range(991, 1001):
        peer.send(Event(id, 1, 0, b"main", b"", str(id).encode()))
    assert reader.is_connected()[0].id == "995"
    reader.sees("996", "997", "998", "999", "1000")
    assert reader.next().type == "live"
    assert not any(isinstance(m, (wire.Judge, wire.Page)) for m in peer.unread)


def test_a_cursor_below_the_window_is_asked_of_the_hub(served):
    reader = served.listen(last_event_id="500", wait=False)
    asked = served.peer.expect(wire.Judge)
    assert (asked.start, asked.value, asked.channels) == (wire.AFTER, 500, [b"main"])
    served.peer.send(wire.Judged(asked.tag, 0, 500, 1000, 0, 0, [0]))
    page = served.peer.expect(wire.Page)
    assert (page.after, page.upto, page.channel) == (500, 1000, b"main")
    old = [Event(id, 1, 0, b"main", b"", str(id).encode()) for id in (600, 700)]
    served.peer.send(wire.Paged(page.tag, 1000, 0, old))
    assert reader.is_connected()[0].id == "500"
    reader.sees("600", "700")
    assert reader.next().type == "live"
    send(served, b"now")
    reader.sees("now")


def test_a_gap_that_the_hub_finds_is_told_before_the_oldest_event(served):
    reader = served.listen(last_event_id="500", wait=False)
    asked = served.peer.expect(wire.Judge)
    served.peer.send(wire.Judged(asked.tag, 1, 899, 1000, 900, 900, [0]))
    assert reader.is_connected()[0].id == "899"
    reset, data = reader.is_told("reset")
    assert reset.id == "899"
    assert data == {"requested": "500", "oldest": "900", "newest": "900"}
    page = served.peer.expect(wire.Page)
    served.peer.send(wire.Paged(page.tag, 1000, 899, [Event(900, 1, 0, b"main", b"", b"900")]))
    reader.sees("900")


def test_equal_requests_share_their_answers(served):
    readers = [served.listen(last_event_id="500", wait=False) for _ in range(20)]
    answered = 0
    while not all("old" in reader.data for reader in readers):
        try:
            asked = served.peer.expect((wire.Judge, wire.Page), within=0.1)
        except TimeoutError:
            continue
        if isinstance(asked, wire.Judge):
            served.peer.send(wire.Judged(asked.tag, 0, 500, 1000, 0, 0, [0]))
        else:
            served.peer.send(wire.Paged(asked.tag, 1000, 0,
                                        [Event(600, 1, 0, b"main", b"", b"old")]))
        answered += 1
    assert answered <= 20


# ---- the hub is away

def test_open_streams_stay_open_while_the_hub_is_away(served):
    reader = served.listen()
    send(served, b"one")
    reader.sees("one")
    served.fake.away()
    served.is_degraded()
    assert reader.state == "OPEN"
    served.fake.open()
    served.peer = served.fake.greet()
    assert served.peer.asked.after == served.fake.newest
    send(served, b"two")
    reader.sees("two")
    assert len(reader.told("connected")) == 1 and reader.ends == 0


def test_fresh_streams_and_cursors_in_the_window_are_served_while_the_hub_is_away(served):
    ids = [send(served, str(n).encode()) for n in range(5)]
    served.listen().is_connected()
    eventually(lambda: served.listen().is_connected()[0].id == str(ids[-1]), "the window filling")
    served.fake.away()
    served.is_degraded()
    assert served.listen().is_connected()[0].id == str(ids[-1])
    reader = served.listen(last_event_id=str(ids[1]))
    reader.sees("2", "3", "4")


def test_a_cursor_below_the_window_is_asked_to_come_back_while_the_hub_is_away(served):
    served.fake.away()
    served.is_degraded()
    reader = served.listen(last_event_id="500", wait=False)
    reader.has_ended()
    assert reader.answer.status == 200 and reader.answer.ended
    assert reader.events == [] and reader.parser.retry is not None


def test_whoever_asks_for_health_while_the_hub_is_away_is_told_when_to_ask_again(served):
    served.fake.away()
    assert int(served.is_degraded().headers["retry-after"]) >= 1


def test_a_post_while_the_hub_is_away_is_a_503_after_five_seconds(served):
    served.fake.away()
    begun = time.monotonic()
    answer = served.post("/realtime/main", b"x")
    assert answer.status == 503 and answer.json["error"] and answer.json["message"]
    assert int(answer.headers["retry-after"]) >= 1
    assert 4 < time.monotonic() - begun < 7 * SLOW


def test_a_post_is_sent_again_under_its_number_to_the_hub_that_comes_back(served):
    source = served.peer.hello.source
    publishing = Publishing(served, "x")
    first = served.peer.expect(Publish)
    served.fake.away()
    served.fake.open()
    served.peer = served.fake.greet()
    again = served.peer.expect(Publish)
    assert again == first
    assert served.peer.hello.source == source
    served.peer.send(Stored(again.number, wire.STORED, 1001, 1001, b""))
    assert publishing.is_acknowledged() == 1001


def test_numbers_rise_and_answers_are_told_to_be_forgotten(served):
    for n in range(3):
        publishing = Publishing(served, str(n))
        publish = served.peer.expect(Publish)
        assert (publish.number, publish.answered) == (n + 1, n)
        served.peer.send(Stored(publish.number, wire.STORED, 1001 + n, 1001 + n, b""))
        publishing.is_acknowledged()


@pytest.mark.parametrize("outcome,status,code", [
    (wire.CONFLICT, 409, None), (wire.INVALID, 400, None),
    (wire.FULL, 503, "disk_full"), (wire.FAILED, 503, None)])
def test_what_the_hub_says_becomes_a_status(served, outcome, status, code):
    from threading import Thread
    answers = []
    thread = Thread(target=lambda: answers.append(served.post("/realtime/main", b"x")))
    thread.start()
    publish = served.peer.expect(Publish)
    served.peer.send(Stored(publish.number, outcome, 0, 0, b"so it is"))
    thread.join(10)
    assert answers[0].status == status
    assert answers[0].json["error"] == (code or answers[0].json["error"])
    assert answers[0].json["message"]


def test_a_hub_that_cannot_write_degrades_health_with_its_reason(served):
    served.peer.send(State(0, b"the disk is full"))
    answer = served.is_degraded()
    assert answer.json["status"] == "degraded" and "the disk is full" in answer.json["reason"]
    served.peer.send(State(1, b""))
    served.is_healthy()


def test_another_log_resets_open_streams(served):
    reader = served.listen(reconnect=True)
    send(served, b"one")
    reader.sees("one")
    served.fake.away()
    served.fake.identity, served.fake.newest = os.urandom(16), 5000
    served.fake.open()
    served.peer = served.fake.greet()
    asked = served.peer.expect(wire.Judge)
    assert (asked.start, asked.value) == (wire.AFTER, 1001)
    served.peer.send(wire.Judged(asked.tag, 1, 5000, 5000, 0, 0, []))
    reader.wait(lambda: reader.told("reset"), reader.story)
    send(served, b"of the new log")
    reader.wait(lambda: "of the new log" in reader.data, reader.story)
    assert len(reader.told("reset")) == 1 and set(reader.statuses) == {200}
    assert reader.ids == [1001, 5001]


@pytest.mark.slow
def test_a_hub_that_says_nothing_is_left(served):
    """A PING without an answer: after ten seconds the connection is closed."""
    begun = time.monotonic()
    try:
        while served.peer.sock.recv(4096):  # not answering the PINGs
            assert time.monotonic() - begun < 20 * SLOW
    except ConnectionResetError:
        pass
    assert time.monotonic() - begun > 5
    served.fake.greet()
    served.is_healthy()


MALFORMED = {
    "a frame of length 0": b"\0\0\0\0",
    "a frame of 4 GiB": b"\xff\xff\xff\xff\x44",
    "an unknown type": b"\x01\0\0\0\xc8",
    "an EVENT cut short": b"\x03\0\0\0\x44\1\2",
    "a HELLO, which is for hubs": wire.encode(Hello(1, 5, b"x")),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_hub_that_breaks_the_protocol_is_left_and_found_again(served, name):
    reader = served.listen()
    served.peer.send_raw(MALFORMED[name])
    assert served.peer.sees_the_end()
    served.peer = served.fake.greet()
    send(served, b"still here")
    reader.sees("still here")


def test_a_hub_that_answers_what_nobody_asked_harms_nothing(served):
    reader = served.listen()
    served.peer.send(Stored(99, wire.STORED, 1, 1, b""),
                     wire.Judged(77, 0, 1, 1, 0, 0, []), wire.Paged(78, 1, 0, []),
                     wire.Channeled(55, 0, []))
    send(served, b"still here")
    reader.sees("still here")


def told(peer, *last):
    """All that the responder says of subscribers, up to and with the last of these."""
    counts = {}
    while any(counts.get(name) != number for name, number in last):
        counts |= dict(peer.expect(wire.Subscribed).counts)
    return counts


def test_the_hub_is_told_who_listens_as_it_changes(served):
    readers = [served.listen(channel) for channel in ("a", "a", "b")]
    assert told(served.peer, (b"a", 2), (b"b", 1)) == {b"a": 2, b"b": 1}
    readers[0].leave()
    assert told(served.peer, (b"a", 1)) == {b"a": 1}
    readers[2].leave()
    assert told(served.peer, (b"b", 0)) == {b"b": 0}


def test_the_hub_that_comes_back_is_told_all_who_listen(served):
    gone, here = served.listen("gone"), served.listen("here", "both")
    told(served.peer, (b"gone", 1), (b"here", 1), (b"both", 1))
    served.fake.away()
    gone.leave()
    eventually(lambda: served.health().json["streams"] == 1, "the one stream that is left")
    served.fake.open()
    served.peer = served.fake.greet()
    late = served.listen("late", wait=False)
    assert told(served.peer, (b"late", 1)) == {b"here": 1, b"both": 1, b"late": 1}
    here.leave(), late.leave()


def test_a_volatile_event_reaches_streams_without_an_id(served):
    reader = served.listen("m")
    served.peer.send(Event(0, 1, 0, b"m", b"", b"42 %"))
    assert reader.sees("42 %").id is None


def test_a_burst_is_joined_into_few_records(served):
    reader = served.listen()
    reader.is_connected()
    served.peer.send(*[Event(1001 + n, 1, 0, b"main", b"", b"%d" % n) for n in range(1000)])
    reader.wait(lambda: len(reader.data) == 1000, reader.story)
    stdout = [length for type, length in reader.answer.records if type == 6]
    assert len(stdout) < 100 and max(stdout) <= 32 << 10


def test_an_event_of_more_than_a_record_spans_records(served):
    reader = served.listen()
    send(served, b"x" * 65536)
    reader.sees("x" * 65536)
    assert max(length for type, length in reader.answer.records if type == 6) <= 32 << 10


def test_it_starts_without_a_hub_and_finds_it_later(alone):
    alone.fake.away()
    alone.responder.start()
    assert alone.health().status == 503
    early = alone.listen(wait=False, reconnect=True)
    alone.fake.open()
    alone.peer = alone.fake.greet()
    alone.is_healthy()
    early.wait(lambda: early.told("connected"), early.story)
    assert set(early.statuses) == {200}
    send(alone, b"here")
    early.sees("here")


def test_a_hub_that_refuses_it_again_and_again_is_logged_once(alone):
    alone.responder.start()
    for sentence in (b"one", b"one", b"one", b"two"):
        peer = alone.fake.accept()
        peer.expect(Hello)
        peer.send(wire.Refused(b"refused for reason " + sentence))
        assert peer.sees_the_end()
    alone.responder.says("for reason two")
    assert alone.responder.log().count("for reason one") == 1
    assert "away" not in alone.responder.log()


def test_a_hub_of_another_version_is_not_followed(alone):
    alone.responder.start()
    peer = alone.fake.accept()
    peer.expect(Hello)
    peer.send(Welcome(99, bytes(16), 1))
    assert peer.sees_the_end()
    peer = alone.fake.accept()
    peer.expect(Hello)
    peer.send(wire.Refused(b"this hub speaks version 99, not 1"))
    peer.close()
    alone.responder.says("99")
    alone.peer = alone.fake.greet()
    alone.is_healthy()
