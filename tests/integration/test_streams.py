# SPDX-License-Identifier: MIT
"""What a stream says, from its first byte on (design: events as text, resume)."""

import json
import re
import time
from datetime import datetime

import pytest

from fcgi import Exchange, begin, params, stdin, variables
from wire import VOLATILE
from world import SLOW


def raw_stream(world, target, until, headers=None):
    """The bytes of a stream until `until` is among them."""
    exchange = Exchange(world.fcgi_socket)
    exchange.send(begin(), params(variables("GET", target, headers)), stdin())
    exchange.read(lambda self: until in self.answer.body)
    exchange.close()
    return exchange.answer


# ---- the beginning

def test_the_head_of_a_stream_suits_browsers_and_proxies(world):
    answer = raw_stream(world, "/stream", b"connected")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "no-store" in answer.headers["cache-control"]
    assert "no-transform" in answer.headers["cache-control"]
    assert answer.headers["x-accel-buffering"] == "no"


def test_a_stream_begins_with_retry_then_connected(world):
    id = world.publish("before")
    answer = raw_stream(world, "/stream", b"\n\n")
    found = re.fullmatch(rb"(?s)retry: (\d+)\nid: (\d+)\nevent: connected\ndata: (.*?)\n\n.*",
                         answer.body)
    assert found, answer.body
    assert 100 <= int(found[1]) <= 200
    assert int(found[2]) == id
    data = json.loads(found[3])
    assert data["channels"] == ["main"]
    moment = data["timestamp"]
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).timestamp()
    assert abs(moment - time.time()) < 60 or abs(moment / 1000 - time.time()) < 60


ALL = ("/stream", "/realtime/a?channel=b&since=all", "/realtime/a?lastEventId=nonsense", "/stream?envelope=1",
       "/sse/events", "/metrics", "/tasks/stream?interval=5")


@pytest.mark.parametrize("target", ALL)
def test_a_client_that_calls_each_block_an_event_sees_no_empty_one(make_world, target):
    """httpx-sse, r3labs/sse, sseclient, fetch-event-source with JSON.parse."""
    world = make_world({"responder": {"keepalive": "1s"}})
    world.publish("{}", channel="a")
    *blocks, rest = raw_stream(world, target, b":\n").body.split(b"\n\n")
    assert b":\n" in rest  # between events a comment is a line
    for block in blocks:
        assert sum(line.startswith(b"data: ") for line in block.split(b"\n")) == 1, blocks


def test_a_client_that_keeps_retry_only_from_an_event_with_data_knows_it(world):
    """reqwest-eventsource, eventsource-client: back too early, they met a 503 and ended for good."""
    for target in ALL[:-1]:
        first = raw_stream(world, target, b"\n\n").body.split(b"\n\n")[0].split(b"\n")
        assert [line.partition(b":")[0] for line in first] == [b"retry", b"id", b"event", b"data"], first
        assert first[2] == b"event: connected"


def test_retry_is_jittered(make_world):
    world = make_world({"responder": {"retry": "10s"}})
    retries = {world.listen(f"c{n}").parser.retry for n in range(20)}
    assert len(retries) > 5 and all(10_000 <= r <= 20_000 for r in retries)


def test_a_fresh_stream_begins_at_the_newest_event(world):
    for n in range(3):
        id = world.publish(f"old {n}")
    reader = world.listen()
    event, _ = reader.is_connected()
    assert event.id == str(id)
    world.publish("new")
    reader.sees("new")
    assert reader.told("live") == [] and reader.told("reset") == []


def test_a_browser_that_loses_its_connection_before_its_first_event_misses_nothing(world):
    reader = world.listen()
    event, _ = reader.is_connected()
    reader.leave()
    world.publish("meanwhile")
    world.listen(last_event_id=event.id).sees("meanwhile")


def test_a_stream_of_a_new_and_empty_log_can_be_resumed(world):
    event, _ = world.listen().is_connected()
    id = world.publish("the first of all")
    world.listen(last_event_id=event.id).sees("the first of all", id=id)


def test_head_gets_the_head_only(world):
    answer = world.door.ask("HEAD", "/stream")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


def test_head_gets_the_head_only_where_there_is_nothing(world):
    answer = world.door.ask("HEAD", "/nowhere")
    assert (answer.status, answer.body) == (404, b"")


# ---- events as text

def test_an_event_is_id_type_data_and_a_blank_line(world):
    reader = Exchange(world.fcgi_socket)
    reader.send(begin(), params(variables("GET", "/stream")), stdin())
    reader.read(lambda self: b"connected" in self.answer.body)
    one = world.publish("one\ntwo\r\nthree\rfour")
    two = world.publish("typed", event="note")
    reader.read(lambda self: b"typed\n\n" in self.answer.body)
    body = reader.answer.body.partition(b"\n\n")[2]
    assert body.endswith(
        b"id: %d\ndata: one\ndata: two\ndata: three\ndata: four\n\n"
        b"id: %d\nevent: note\ndata: typed\n\n" % (one, two))
    reader.close()


def test_the_envelope_is_one_line_of_json(world):
    reader = world.listen("a", "b", envelope=1)
    reader.is_connected()
    data = 'two\nlines\r\n"quoted" \\ ä \u2028\t\x01'
    id = world.publish(data, channel="b")
    event = reader.next()
    assert event.id == str(id) and "\n" not in event.data
    assert json.loads(event.data) == {"channel": "b", "data": data}


def test_a_volatile_event_has_no_id_line(world):
    reader = world.listen("metrics")
    peer = world.hub_peer()
    id = world.publish("stored", channel="metrics")
    reader.sees("stored")
    peer.ask_to_store("42 %", channel="metrics", flags=VOLATILE)
    event = reader.sees("42 %")
    assert event.id is None and event.last_id == str(id)


def test_a_stream_that_resumes_over_a_volatile_event_goes_on_with_the_stored_ones(world):
    peer = world.hub_peer()
    one = world.publish("one", channel="m")
    reader = world.listen("m", last_event_id=str(one))
    peer.ask_to_store("volatile", channel="m", flags=VOLATILE)
    reader.sees("volatile")
    reader.leave()
    two = world.publish("two", channel="m")
    world.listen("m", last_event_id=reader.last_id).sees("two", id=two)


def test_silence_is_filled_with_comments(make_world):
    world = make_world({"responder": {"keepalive": "1s"}})
    reader = world.listen()
    reader.wait(lambda: reader.comments >= 2, lambda: "no comment came", 8)
    assert reader.state == "OPEN"


@pytest.mark.parametrize("target", ("/stream?keepalive=3s", *(pytest.param(other, marks=pytest.mark.slow) for other in (
    "/realtime/a?keepalive=3s", "/sse/events?keepalive=3s", "/tasks/stream?interval=60&keepalive=3s"))))
def test_a_client_that_waits_only_five_seconds_to_read_asks_for_comments_in_time(world, target):
    """httpx, LaunchDarkly: with a comment every 15 seconds they ended or reconnected for ever."""
    exchange = Exchange(world.fcgi_socket)
    exchange.send(begin(), params(variables("GET", target)), stdin())
    exchange.read(lambda self: b"data: " in self.answer.body)
    said = exchange.answer.body.count(b":\n")
    for _ in range(2):
        exchange.read(lambda self: self.answer.body.count(b":\n") > said, within=4 * SLOW)
        said += 1
    exchange.close()


def test_a_keepalive_above_the_configured_one_is_taken_down_to_it(make_world):
    world = make_world({"responder": {"keepalive": "1s"}})
    for target in ("/stream?keepalive=60s", "/tasks/stream?interval=60&keepalive=1m"):
        raw_stream(world, target, b":\n")


@pytest.mark.parametrize("keepalive", ("2s", "61s", "4", "soon", ""))
@pytest.mark.parametrize("path", ("/stream", "/realtime/a", "/sse/events", "/metrics", "/tasks/stream"))
def test_a_keepalive_out_of_range_is_refused_with_the_range(shared, path, keepalive):
    answer = shared.door.ask("GET", f"{path}?keepalive={keepalive}")
    assert (answer.status, answer.json["error"]) == (400, "bad_keepalive")
    assert "3s to 60s" in answer.json["message"]


# What makes an event longest: 65,536 bytes as it is sent, `id:` and blank line included.
LONGEST = {
    "a line": dict(data="x" * 65507),
    "a type": dict(data="x" * 65435, event="t" * 64),
    "letters of two bytes": dict(data="é" * 32753 + "x"),
    "lines": dict(data="\n".join(["x" * 9] * 4094 + ["x" * 3])),
}


@pytest.mark.parametrize("what", LONGEST)
def test_a_client_that_reads_an_event_into_64_kib_is_sent_none_that_is_longer(world, what):
    """r3labs/sse and go-sse (bufio.Scanner) stopped at such an id for good."""
    longest = LONGEST[what]
    told = world.post(f"/realtime/a?event={longest.get('event', 'message')}", (longest["data"] + "x").encode())
    assert (told.status, told.json["error"]) == (413, "event_too_long")
    assert "has 65537 bytes" in told.json["message"] and "allows 65536" in told.json["message"]
    world.publish(channel="a", **longest)
    world.insert(longest["data"], channel="a", event=longest.get("event"))
    if "\n" not in longest["data"]:
        world.publish("first\n" + longest["data"], channel="a", event=longest.get("event"), lines=1)
    world.insert("fence", channel="a")
    world.holds(5 if "\n" not in longest["data"] else 3, channel="a")
    said = raw_stream(world, "/realtime/a?since=all", b"data: fence\n\n").body
    lengths = [len(block) + 2 for block in said.split(b"\n\n")]
    assert max(lengths) == 65536, lengths


def test_an_event_longer_than_max_event_that_is_held_is_sent_as_it_is(make_world):
    world = make_world({"responder": {"max_event": "128K"}})
    id = world.publish("x" * 65536, channel="a")
    world.settings["responder"]["max_event"] = "64K"
    world.restart_hub({})
    world.responder.stop()
    world.write_config("responder.conf")
    world.responder.start()
    world.listen(path="/realtime/a?since=all").sees("x" * 65536, id=id)
    assert world.post("/realtime/a", b"x" * 65536).status == 413


# ---- channels

def test_a_stream_has_exactly_the_channels_it_asked_for(world):
    reader = world.listen("a", "b")
    _, data = reader.is_connected()
    assert sorted(data["channels"]) == ["a", "b"]
    world.publish("not this", channel="main")
    world.publish("one", channel="b")
    world.publish("nor this", channel="c")
    world.publish("two", channel="a")
    reader.sees("one", "two")


def test_a_path_and_further_channels_add_up(world):
    reader = world.listen(path="/realtime/a?channel=b&channel=c")
    _, data = reader.is_connected()
    assert sorted(data["channels"]) == ["a", "b", "c"]
    for channel in "cba":
        world.publish(channel, channel=channel)
    reader.sees("c", "b", "a")


def test_a_channel_named_twice_delivers_once(world):
    reader = world.listen("a", "a", "b", "a")
    world.publish("once", channel="a")
    world.publish("fence", channel="b")
    reader.sees("once", "fence")


def test_the_sse_endpoint_is_the_channel_sse(world):
    reader = world.listen(path="/sse/events")
    answer = world.post("/sse/send", b'{"message": "plain text\\nof two lines"}',
                        {"Content-Type": "application/json"})
    seen = reader.sees("plain text\nof two lines")
    assert answer.json == {"status": "message sent", "id": seen.id, "channel": "sse"}
    world.publish("by its name", channel="sse")
    reader.sees("by its name")


@pytest.mark.parametrize("channel", [
    "späte Züge", "a/b", "a b", "50%", "?&=#+", "x" * 255, "ä" * 127, "😀", "...", "%41", "a\u2028b"])
def test_a_channel_may_be_called(world, channel):
    reader = world.listen(channel)
    _, data = reader.is_connected()
    assert data["channels"] == [channel]
    world.publish("here", channel=channel)
    reader.sees("here")
    assert world.listen(path="/stream", channel=channel).is_connected()[1]["channels"] == [channel]


def test_a_channel_that_is_a_dot_segment_is_reached_by_its_parameter(world):
    for channel in (".", ".."):
        reader = world.listen(path="/stream", channel=channel)
        assert world.broadcast(message="x", channel=channel).status == 200
        reader.wait(lambda: reader.data, lambda: "nothing came")


def test_a_thousand_channels_make_one_stream(world):
    names = [f"c{n}" for n in range(1000)]
    reader = world.listen(*names)
    for name in names[::100]:
        world.publish(name, channel=name)
    reader.sees(*names[::100])


# ---- resume

SPELLINGS = {
    "the header": lambda id: dict(last_event_id=id),
    "lastEventId": lambda id: dict(lastEventId=id),
    "last_event_id": lambda id: dict(last_event_id_query=id),
    "lastEventID": lambda id: dict(lastEventID=id),
    "the header before the query": lambda id: dict(last_event_id=id, lastEventId="1"),
    "a cursor before since": lambda id: dict(lastEventId=id, since="all"),
    "the header before since": lambda id: dict(last_event_id=id, since="all"),
    "since an id": lambda id: dict(since=id),
}


def listen_from(world, *channels, **how):
    if "last_event_id_query" in how:
        return world.listen(path=f"/stream?channel={channels[0]}"
                                 f"&last_event_id={how['last_event_id_query']}")
    return world.listen(*channels, **how)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_stream_resumes_by(world, spelling):
    ids = [world.publish(str(n), channel="a") for n in range(4)]
    reader = listen_from(world, "a", **SPELLINGS[spelling](str(ids[1])))
    event, _ = reader.is_connected()
    assert event.id == str(ids[1])
    assert reader.next().id == str(ids[2])
    assert reader.next().id == str(ids[3])
    assert reader.next().type == "live"
    world.publish("now", channel="a")
    assert reader.next().data == "now"
    assert len(reader.told("live")) == 1 and not reader.told("reset")


def test_live_comes_once_behind_the_last_old_event(world):
    ids = [world.publish(str(n)) for n in range(100)]
    reader = world.listen(last_event_id=str(ids[0]))
    reader.wait(lambda: reader.told("live"), lambda: reader.story())
    types = [e.type for e in reader.events]
    assert types == ["connected"] + ["message"] * 99 + ["live"]


def test_live_says_how_far_it_has_looked_where_there_was_nothing(world):
    id = world.publish("quiet", channel="quiet")
    last = [world.publish(str(n), channel="busy") for n in range(50)][-1]
    reader = world.listen("quiet", last_event_id=str(id))
    assert json.loads(reader.told("connected")[0].data)["behind"] is True
    reader.wait(lambda: reader.told("live"), lambda: reader.story())
    assert reader.told("live")[0].id == str(last)
    again = world.listen("quiet", last_event_id=str(last))
    assert "behind" not in json.loads(again.told("connected")[0].data)
    world.publish("next", channel="quiet")
    reader.sees("next")
    again.sees("next")


def test_since_all_begins_at_the_oldest(world):
    world.publish("elsewhere", channel="b")
    for n in range(3):
        world.publish(str(n), channel="a")
    reader = world.listen("a", since="all")
    reader.sees("0", "1", "2")
    assert not reader.told("reset")


def test_since_ten_minutes_holds_what_is_younger(world):
    world.publish("a moment ago", channel="a")
    reader = world.listen("a", since="10m")
    reader.sees("a moment ago")
    assert not reader.told("reset")


@pytest.mark.parametrize("since", ["all", "10m"])
def test_since_on_an_empty_channel_is_no_gap(world, since):
    world.publish("x", channel="other")
    reader = world.listen("empty", since=since)
    world.publish("first", channel="empty")
    reader.sees("first")
    assert not reader.told("reset")


def test_a_quiet_channel_resumes_from_an_id_of_another(world):
    world.publish("quiet", channel="quiet")
    for n in range(20):
        id = world.publish("noise", channel="noisy")
    reader = world.listen("quiet", last_event_id=str(id))
    assert reader.is_connected()[0].id == str(id)
    world.publish("news", channel="quiet")
    reader.sees("news")
    assert not reader.told("reset")


@pytest.mark.parametrize("cursor", [
    "abc", "12abc", "-1", "1.5", "0x10", " ", "99999999999999999999", "9" * 100,
    "9007199254740990", "1e3", "ä", "12 34", "<script>"])
def test_a_cursor_that_nobody_gave_out_is_answered_with_a_reset(world, cursor):
    ids = [world.publish(str(n)) for n in range(3)]
    reader = world.listen(last_event_id=cursor)
    connected, _ = reader.is_connected()
    reset, data = reader.is_told("reset")
    assert reader.answer.status == 200
    assert cursor.startswith(data["requested"]) and len(data["requested"]) >= min(len(cursor), 64)
    assert (data["oldest"], data["newest"]) == (str(ids[0]), str(ids[2]))
    assert reset.id == connected.id and int(reset.id) < ids[0]
    reader.sees("0", "1", "2")
    assert len(reader.told("reset")) == 1


def test_the_cursor_of_a_reset_is_good_for_the_next_resume(world):
    world.publish("x")
    reader = world.listen(last_event_id="abc")
    reader.is_connected()
    reset, _ = reader.is_told("reset")
    again = world.listen(last_event_id=reset.id)
    again.sees("x")
    assert not again.told("reset")


def test_an_empty_last_event_id_is_a_fresh_stream(world):
    id = world.publish("old")
    reader = world.listen(headers={"Last-Event-ID": ""})
    assert reader.is_connected()[0].id == str(id)
    assert not reader.told("reset")


# ---- the end

def test_a_draining_responder_ends_streams_properly(world):
    readers = [world.listen(), world.listen("a", "b")]
    assert world.responder.stop() == 0
    for reader in readers:
        reader.has_ended()
        assert reader.answer.ended and reader.cuts == 0
        assert reader.answer.end == (0, 0)


def test_a_browser_that_left_is_no_subscriber_any_more(world):
    world.publish("x", channel="a")
    readers = [world.listen("a") for _ in range(3)]
    assert world.channel("a")["subscribers"] == 3
    readers[0].leave()
    begun = time.monotonic()
    while world.channel("a")["subscribers"] != 2:
        assert time.monotonic() - begun < 2 * SLOW
    readers[1].leave()
    readers[2].leave()
    while world.channel("a")["subscribers"] != 0:
        assert time.monotonic() - begun < 4 * SLOW


# ---- limits

def asks_for_a_stream(world, target="/stream", **more):
    exchange = Exchange(world.fcgi_socket)
    exchange.send(begin(), params(variables("GET", target, **more)), stdin())
    return exchange


def is_told_to_come_back(answer):
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert re.match(rb"retry: \d+\n", answer.body) and b"data" not in answer.body
    assert answer.ended
    return True


def test_too_many_streams_of_one_address_are_asked_to_come_back(make_world):
    world = make_world({"responder": {"streams_per_address": 2}})
    first, second = world.listen(), world.listen()
    assert is_told_to_come_back(world.door.ask("GET", "/stream"))
    other = asks_for_a_stream(world, address="10.9.8.7")
    other.read(lambda self: b"connected" in self.answer.body)
    other.close()
    first.leave()
    world.listen(reconnect=True)
    world.publish("x")
    second.sees("x")


def test_too_many_streams_in_all_are_asked_to_come_back(make_world):
    world = make_world({"responder": {"streams": 2}})
    readers = [world.listen(), world.listen()]
    assert is_told_to_come_back(world.door.ask("GET", "/stream", address="10.9.8.7"))
    world.publish("x")
    for reader in readers:
        reader.sees("x")
