# SPDX-License-Identifier: MIT
"""Each endpoint, as a browser meets it through the web server."""

import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from world import SLOW, TOP, eventually

pytestmark = pytest.mark.behind_apache("--full")


@pytest.mark.behind_apache
def test_a_stream_of_main(web):
    reader = web.listen(path="/stream")
    id = web.publish("hello")
    reader.sees("hello", id=id)
    assert reader.answer.headers["content-type"] == "text/event-stream; charset=utf-8"


@pytest.mark.behind_apache
def test_a_stream_of_one_channel(web):
    reader = web.listen("news")
    assert reader.target == "/realtime/news"
    web.publish("hello", channel="news")
    reader.sees("hello")


@pytest.mark.behind_apache
def test_a_stream_of_several_channels_with_envelope(web):
    reader = web.listen("a", "b", envelope=1)
    web.publish("x", channel="b")
    reader.is_connected()
    assert json.loads(reader.next().data) == {"channel": "b", "data": "x"}


@pytest.mark.behind_apache
def test_a_broadcast(web):
    reader = web.listen()
    answer = web.broadcast(message={"text": "hello"}, event="note")
    assert answer.status == 200
    reader.is_connected()
    event = reader.next()
    assert (event.type, event.id) == ("note", answer.json["id"])
    assert json.loads(event.data)["message"] == {"text": "hello"}


@pytest.mark.behind_apache
def test_history_and_a_wait_for_the_next_event(web):
    ids = [web.publish(str(n), channel="a/b") for n in range(3)]
    page = web.door.ask("GET", "/api/channels/a%2Fb/events?limit=2")
    assert [event["id"] for event in page.json["events"]] == list(map(str, ids[:2]))
    assert page.headers["cache-control"] == "public, max-age=0, s-maxage=60, must-revalidate"
    assert web.door.ask("GET", "/api/channels/a%2Fb/events?limit=2", {"If-None-Match": page.headers["etag"]}).status == 304
    last = web.door.ask("GET", f"/api/channels/a%2Fb/events?after={page.json['next']}").json
    with ThreadPoolExecutor() as pool:
        target = f"/api/channels/a%2Fb/events?after={last['next']}&wait=20s"
        waiting = pool.submit(web.door.ask, "GET", target, within=30)
        web.publish("now", channel="a/b")
        assert [event["data"] for event in waiting.result(30).json["events"]] == ["now"]


@pytest.mark.behind_apache
def test_sse_events_and_send(web):
    reader = web.listen(path="/sse/events")
    answer = web.post("/sse/send", b'{"message": "plain"}', {"Content-Type": "application/json"})
    assert answer.json == {"status": "message sent", "id": reader.sees("plain").id, "channel": "sse"}


@pytest.mark.behind_apache
def test_a_list_of_channels_as_php_writes_it(web):
    """http_build_query(['channel' => ['a', 'b']]), and what forms are told to write."""
    for query in ("channel%5B0%5D=a&channel%5B1%5D=b", "channel[]=a&channel[]=b", "channel[]=a&channel=b"):
        reader = web.listen(path="/stream?" + query)
        assert json.loads(reader.told("connected")[0].data)["channels"] == ["a", "b"]


@pytest.mark.behind_apache
def test_a_channel_that_is_named_twice_and_alike_is_no_contradiction(web):
    assert web.post("/realtime/a?channel=a", b"x").json["channel"] == "a"
    json_ = {"Content-Type": "application/json"}
    assert web.post("/api/broadcast?channel=b", b'{"channel": "b", "message": 1}', json_).json["channel"] == "b"
    assert web.post("/sse/send", b'{"channel": "sse", "message": "x"}', json_).status == 200
    assert web.listen(path="/sse/events?channel=sse").told("connected")


@pytest.mark.behind_apache
def test_keys_of_others_are_passed_over(web):
    """jQuery's _, Datastar's, and a site's own: in a stream's query, a POST's and a JSON object."""
    others = "_=1&datastar=%7B%7D&chapel=x&channel_id=7&mychannel=b"
    assert json.loads(web.listen(path=f"/stream?{others}").told("connected")[0].data)["channels"] == ["main"]
    assert web.post(f"/realtime/a?{others}", b"x").status == 200
    assert web.broadcast(message=1, chapel="x", channel_id=7, datastar={}).json["channel"] == "main"


@pytest.mark.behind_apache
def test_a_comma_is_part_of_a_channels_name(web):
    assert json.loads(web.listen(path="/stream?channel=a,b").told("connected")[0].data)["channels"] == ["a,b"]


@pytest.mark.parametrize("name", ["lastEventId", "last_event_id", "lastEventID", "lasteventid", "Last-Event-ID",
                                  "last-event-id", "LAST_EVENT_ID"])
def test_a_last_id_in_the_query_is_heeded_however_it_is_spelt(web, name):
    first = web.publish("seen", channel="a")
    web.publish("missed", channel="a")
    reader = web.listen(path=f"/realtime/a?{name}={first}")
    reader.is_connected()
    assert reader.next().data == "missed"


def test_json_from_a_program_that_writes_a_bom_is_published(web):
    for target, channel in (("/api/broadcast", "main"), ("/sse/send", "sse")):
        reader = web.listen(channel)
        answer = web.post(target, b'\xef\xbb\xbf{"message": "x"}', {"Content-Type": "application/json"})
        assert answer.status == 200, answer
        reader.is_connected()
        assert "\ufeff" not in reader.next().data


@pytest.mark.behind_apache
def test_health(web):
    answer = web.door.ask("GET", "/health")
    assert answer.status == 200 and answer.json["status"] == "ok"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.behind_apache
def test_metrics_as_a_stream_and_as_text(web):
    reader = web.listen(path="/metrics")
    sample = json.loads(reader.next().data) if reader.is_connected() else None
    assert sample["subscribers"] == 1 and sample["responders"] == 1
    answer = web.door.ask("GET", "/metrics", {"Accept": "text/plain"})
    assert answer.status == 200 and b"\ntidings_subscribers 1\n" in answer.body
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    head = web.door.ask("HEAD", "/metrics", {"Accept": "text/plain"})
    assert head.status == 200 and head.headers["vary"] == "Accept"
    assert head.body == b""
    if web.web_server.name != "apache":  # which leaves it out
        assert int(head.headers["content-length"]) > 1000


def test_channels(web):
    web.publish("x", channel="a")
    web.listen("a")
    lines = {line["channel"]: line for line in web.door.ask("GET", "/api/channels").json["channels"]}
    assert lines["a"]["subscribers"] == 1 and lines["a"]["events"] == 1
    assert web.channel("a")["newest"] == lines["a"]["newest"]


@pytest.mark.behind_apache
def test_options(web):
    for target in ("/stream", "/realtime/a", "/api/broadcast", "/sse/send", "/health", "/metrics", "/api/channels"):
        answer = web.door.ask("OPTIONS", target, {"Origin": f"http://127.0.0.1:{web.port}",
                                                  "Access-Control-Request-Method": "POST"})
        assert answer.status in (200, 204), answer


@pytest.mark.behind_apache
def test_the_page_is_served_by_the_web_server(web):
    answer = web.door.ask("GET", "/")
    assert answer.status == 200 and answer.body == (TOP / "www" / "index.html").read_bytes()
    assert "default-src" in answer.headers["content-security-policy"]


@pytest.mark.behind_apache
@pytest.mark.parametrize("target,channel", [
    ("/realtime/a%2Fb", "a/b"), ("/realtime/a%252Fb", "a%2Fb"), ("/realtime/a+b", "a+b"),
    ("/realtime/sp%C3%A4t", "spät"), ("/realtime/a%3Fb%26c%23d", "a?b&c#d"),
    ("/realtime/%F0%9F%98%80", "😀"), ("/realtime/a%20b", "a b"), ("/realtime/...", "..."),
    ("/stream?channel=..", ".."), ("/stream?channel=a%2Bb+c", "a+b c"), ("/realtime/a;b=c", "a;b=c"),
    ("/realtime/a:b@c", "a:b@c"), ("/realtime/A%2fB", "A/B")])
def test_a_channel_s_name_is_decoded_once(shared, target, channel):
    reader = shared.listen(path=target)
    assert reader.is_connected()[1]["channels"] == [channel]
    assert shared.broadcast(message="here", channel=channel).status == 200
    reader.wait(lambda: reader.data, reader.story)


@pytest.mark.behind_apache
def test_a_publisher_s_connection_is_kept(web):
    with web.door.dial() as sock:
        request = web.door.request("/realtime/a", method="POST", body=b"x")
        ids = [int(web.door.talk(sock, request, "POST").json["id"]) for _ in range(50)]
    assert ids == list(range(ids[0], ids[0] + 50))


@pytest.mark.behind_apache
def test_an_event_arrives_within_milliseconds(web):
    reader = web.listen()
    web.publish("the first")
    reader.sees("the first")
    delays = []
    for n in range(50):
        begun = time.monotonic()
        web.publish(str(n))
        reader.sees(str(n))
        delays.append(time.monotonic() - begun)
    assert sorted(delays)[25] < 0.05 * SLOW


@pytest.mark.behind_apache
def test_a_browser_that_left_is_noticed_at_once(web):
    """Without an event or a comment being sent to it."""
    if web.web_server.name == "apache":
        pytest.skip("Apache notices it within two keep-alives: see test_apache.py")
    web.publish("x", channel="a")
    reader = web.listen("a")
    assert web.channel("a")["subscribers"] == 1
    reader.leave()
    begun = time.monotonic()
    eventually(lambda: web.channel("a")["subscribers"] == 0, "the browser being noticed to be gone", 5)
    assert time.monotonic() - begun < 1.5 * SLOW


def test_a_hundred_browsers_that_leave_and_come_are_counted_right(make_world):
    web = make_world({"responder": {"keepalive": "1s"}}, web=True)
    for _ in range(3):
        readers = [web.listen("a") for _ in range(33)]
        web.publish("x", channel="a")
        for reader in readers:
            reader.sees("x")
        assert web.channel("a")["subscribers"] == 33
        for reader in readers:
            reader.leave()
        eventually(lambda: web.channel("a")["subscribers"] == 0, "all being gone", 5)


@pytest.mark.behind_apache
@pytest.mark.timeout(120)
def test_a_browser_that_stops_reading_keeps_nobody_waiting_and_catches_up_complete(make_world):
    world = make_world({"responder": {"window": "1M"}}, web=True)
    slow = world.listen(receive_buffer=4096)
    quick = world.listen()
    ids = [world.publish("the first")]
    slow.sees("the first")
    slow.pause()
    begun = time.monotonic()
    for n in range(400):
        ids.append(world.publish(f"{n} " + "x" * 50_000))
    quick.wait(lambda: len(quick.ids) == len(ids), quick.story, 20)
    assert time.monotonic() - begun < 30 * SLOW
    assert len(slow.ids) == 1
    slow.resume()
    slow.wait(lambda: len(slow.ids) >= len(ids), slow.story, 40)
    assert slow.ids == quick.ids == ids and not slow.told("reset") and slow.ends == 0
    world.publish("live again")
    slow.wait(lambda: slow.data[-1] == "live again", slow.story)


@pytest.mark.behind_apache
def test_two_workers_share_the_streams(make_world):
    world = make_world({"responder": {"workers": 2}}, web=True)
    readers = [world.listen("a") for _ in range(40)]
    for n in range(10):
        world.publish(str(n), channel="a")
    for reader in readers:
        reader.sees(*[str(n) for n in range(10)])
    assert world.channel("a")["subscribers"] == 40


@pytest.mark.behind_apache
def test_the_hub_away_leaves_streams_open_and_health_says_so(web):
    reader = web.listen()
    web.hub.kill_all()
    answer = web.is_degraded()
    assert answer.json["status"] == "degraded" and answer.json["reason"]
    assert reader.state == "OPEN" and reader.ends == 0
    web.hub.start()
    web.is_healthy()
    web.publish("back")
    reader.sees("back")
    assert reader.ends == 0


def test_a_killed_responder_worker_is_replaced_before_anybody_notices_a_refusal(web):
    readers = [web.listen(reconnect=True) for _ in range(10)]
    for turn in range(3):
        before = web.responder.has_settled().kill_worker()
        begun = time.monotonic()
        assert web.door.ask("GET", "/health").status in (200, 503)  # 503: no hub yet
        web.responder.has_other_worker(before)
        assert time.monotonic() - begun < 0.2 * SLOW
        web.is_healthy()
        web.publish(f"turn {turn}")
    for reader in readers:
        reader.wait(lambda: len(reader.data) == 3, reader.story)
        assert reader.data == ["turn 0", "turn 1", "turn 2"]
        assert set(reader.statuses) == {200} and not reader.told("reset")


@pytest.mark.behind_apache
def test_sigterm_ends_streams_properly_through_the_web_server(web):
    readers = [web.listen() for _ in range(5)]
    assert web.responder.stop() == 0
    for reader in readers:
        reader.has_ended()
        assert reader.cuts == 0


def test_the_documented_reader_that_waits_prints_each_event_once(web):
    (program,) = re.findall(r"```python\n(.*?)```", (TOP / "docs" / "http-api.md").read_text().split("## History")[1], re.S)
    web.publish("before")
    reader = subprocess.Popen([sys.executable, "-c", program.replace(":8000", f":{web.port}")], stdout=subprocess.PIPE, text=True)
    try:
        seen = [reader.stdout.readline().split()[1]]
        for data in ("one", "two", "three"):
            web.publish(data)
            seen.append(reader.stdout.readline().split()[1])
        assert seen == ["before", "one", "two", "three"]
    finally:
        reader.kill()
        reader.wait()
