# SPDX-License-Identifier: MIT
"""Web servers that start a process for each request: CGI and Apache's mod_fcgid.

One world for each server and its small cases; what is under way in one of them
must not harm the next.
"""

import json
import os
import signal
import time

import pytest

from cgiworld import CgiWorld
from world import INSTRUMENTED, SLOW, eventually

JSON = {"Content-Type": "application/json"}


SERVERS = ["lighttpd-cgi", *(pytest.param(name, marks=pytest.mark.deploy)
                             for name in ("apache-cgi", "apache-fcgid"))]


@pytest.fixture(scope="module", params=SERVERS)
def cgi(request, make_shared_world):
    return make_shared_world(request.param, kind=CgiWorld)


@pytest.fixture
def lighttpd(make_world):
    return make_world(kind=CgiWorld)


# ---- every address

def test_streams_see_what_is_published(cgi):
    main, one, several = cgi.listen(), cgi.listen("one"), cgi.listen("one", "two", envelope=1)
    first, second = cgi.publish("hello", channel="one"), cgi.broadcast(message="x", channel="two")
    one.sees("hello", id=first)
    several.is_connected()
    assert json.loads(several.next().data) == {"channel": "one", "data": "hello"}
    assert several.next().id == second.json["id"]
    third = cgi.publish("to all")
    main.sees("to all", id=third)
    assert main.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    for reader in (main, one, several):
        reader.leave()


def test_sse_events_and_send(cgi):
    reader = cgi.listen(path="/sse/events")
    answer = cgi.post("/sse/send", b'{"message": "plain"}', JSON).json
    assert answer == {"status": "message sent", "id": reader.sees("plain").id, "channel": "sse"}
    reader.leave()


def test_history_and_last_values(cgi):
    ids = [cgi.publish(str(n), channel="kept") for n in range(3)]
    page = cgi.door.ask("GET", "/api/channels/kept/events?limit=2").json
    assert [event["id"] for event in page["events"]] == list(map(str, ids[:2]))
    waited = cgi.door.ask("GET", f"/api/channels/kept/events?after={page['next']}&wait=20s").json
    assert [event["data"] for event in waited["events"]] == ["2"]
    reader = cgi.listen(path="/stream?channel=kept&pattern=kep%7Bt%7D&since=last")
    reader.sees("2", id=ids[2])
    reader.leave()


def test_a_browser_that_comes_back_has_missed_nothing(cgi):
    reader = cgi.listen("away")
    begun = cgi.publish("0", channel="away")
    reader.sees("0")
    reader.leave()
    for n in range(1, 30):
        cgi.publish(str(n), channel="away")
    again = cgi.listen("away", last_event_id=str(begun))
    again.sees(*map(str, range(1, 30)))
    again.is_told("live")
    cgi.publish("new", channel="away")
    again.sees("new")
    since = cgi.listen("away", since="1h")
    since.sees(*map(str, range(30)))
    unknown = cgi.listen("away", last_event_id="1")
    unknown.is_connected()
    for reader in (again, since, unknown):
        reader.leave()


def test_tasks_run_to_their_end_and_go_on_where_they_were(cgi):
    reader = cgi.listen(path="/tasks/stream", interval=0.05, wait=False)
    reader.wait(lambda: reader.told("close"), reader.story)
    ids = [event.id for event in reader.events]
    assert len(ids) == 15
    again = cgi.listen(path="/tasks/stream", wait=False, last_event_id=ids[8])
    again.wait(lambda: again.told("close"), again.story)
    assert [event.id for event in again.events] == ids[9:]
    assert cgi.door.ask("GET", "/tasks/stream", {"Last-Event-ID": ids[-1]}).status == 204


def test_metrics_count_what_short_processes_did(cgi):
    def posts():
        text = cgi.door.ask("GET", "/metrics", {"Accept": "text/plain"}).text
        return int(text.partition('tidings_http_requests_total{class="2xx"} ')[2].split("\n")[0])
    reader = cgi.listen(path="/metrics")
    reader.is_connected()

    def counts():  # the hub hears of a process a moment after it has come
        sample = json.loads(reader.next().data)
        return sample["subscribers"] >= 1 and sample["responders"] >= 1
    eventually(counts, "itself being counted")
    before = posts()
    for n in range(10):
        cgi.publish(str(n), channel="counted")
    eventually(lambda: posts() >= before + 10, "ten POSTs being counted")
    reader.leave()


def test_the_cursor_is_where_the_log_is(cgi):
    id = cgi.publish("before", channel="cursors")
    assert int(cgi.door.ask("GET", "/api/cursor").json["id"]) >= id


def test_channels_and_health(cgi):
    reader = cgi.listen("a")
    cgi.publish("x", channel="a")
    assert cgi.channel("a")["subscribers"] == 1
    assert "a" in [line["channel"] for line in cgi.door.ask("GET", "/api/channels").json["channels"]]
    assert cgi.health().json["status"] == "ok"
    head = cgi.door.ask("HEAD", "/health")
    assert head.status == 200 and head.body == b""
    assert cgi.door.ask("OPTIONS", "/api/broadcast").status == 204
    reader.leave()


@pytest.mark.parametrize("method,target,headers,body,status", [
    ("GET", "/realtime/a/b", {}, None, 404),
    ("PUT", "/stream", {}, b"x", 405),
    ("GET", "/stream?channel=%0a", {}, None, 400),
    ("GET", "/realtime/%ff", {}, None, 400),
    ("POST", "/api/broadcast", JSON, b"{", 400),
    ("POST", "/api/broadcast", {"Content-Type": "text/plain"}, b"{}", 415),
    ("POST", "/realtime/a", {}, b"\xff", 400),
    ("POST", "/realtime/a", {}, b"x" * 70_000, 413),
    ("POST", "/realtime/a", {}, b"x" * 2_000_000, 413),
    ("POST", "/realtime/a", {"Origin": "http://elsewhere.example"}, b"x", 403),
    ("POST", "/realtime/a", {"X-Forwarded-For": "192.0.2.7"}, b"x", 403),
    ("POST", "/realtime/a", {"Forwarded": "for=192.0.2.7"}, b"x", 403),
    ("POST", "/realtime/a?channel=b", {}, b"x", 400),
    ("GET", "/stream?chanel=b", {}, None, 400),
], ids=lambda value: str(value)[:20])
def test_bad_input_has_our_own_answer(cgi, method, target, headers, body, status):
    answer = cgi.door.ask(method, target, headers, body)
    assert answer.status == status and answer.json["error"], answer


KNOWS_ITS_PROXY = {
    "lighttpd-cgi": '''
server.modules += ( "mod_extforward" )
extforward.forwarder = ( "127.0.0.1" => "trust" )
extforward.headers = ( "X-Forwarded-For" )
''',
    "apache-cgi": '''
LoadModule remoteip_module @MODULES@/mod_remoteip.so
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
''',
}


@pytest.mark.parametrize("server", KNOWS_ITS_PROXY)
def test_behind_a_proxy_that_the_web_server_knows_the_true_address_publishes(make_world, server):
    world = make_world(server, {"responder": {"publish_from": "203.0.113.7"}}, KNOWS_ITS_PROXY[server], kind=CgiWorld)
    for said, status in (("203.0.113.7", 200), ("203.0.113.7, 198.51.100.9", 403), ("198.51.100.9", 403)):
        assert world.post("/realtime/a", b"x", {"X-Forwarded-For": said}).status == status, said


@pytest.mark.parametrize("query", ["-V", "-h", "-c+/etc/passwd", "--socket+/tmp/x"])
def test_a_query_is_no_command_line(cgi, query):
    """Web servers make arguments of one without "=" (RFC 3875 section 4.4)."""
    assert cgi.door.ask("GET", "/health?" + query).json["status"] == "ok"


def test_a_browser_that_left_is_noticed_within_two_comments(cgi):
    """Under lighttpd at once; Apache notices when it cannot send."""
    reader = cgi.listen("left")
    assert cgi.channel("left")["subscribers"] == 1
    begun = time.monotonic()
    reader.leave()
    eventually(lambda: cgi.channel("left")["subscribers"] == 0, "it being noticed", 10)
    assert time.monotonic() - begun < (1 if cgi.server == "lighttpd-cgi" else 6) * SLOW


def test_the_hub_may_be_killed_under_a_stream(cgi):
    reader = cgi.listen("kept")
    cgi.hub.kill_all()
    assert cgi.is_degraded().json["reason"]
    cgi.hub.start()
    eventually(lambda: cgi.health().status == 200, "/health being ok")
    cgi.publish("after", channel="kept")
    reader.sees("after")
    assert reader.ends == 0
    reader.leave()


@pytest.mark.slow  # the hub may take five seconds to come back
def test_without_a_hub_a_post_is_a_503(lighttpd):
    lighttpd.hub.kill_all()
    assert lighttpd.post("/realtime/a", b"x").status == 503
    lighttpd.hub.start()
    lighttpd.publish("x")


# ---- a process for each stream

@pytest.mark.parametrize("server", SERVERS[:2])
def test_twenty_browsers_have_twenty_processes_and_see_the_same(make_world, server):
    world = make_world(server, kind=CgiWorld)
    readers = [world.listen("a") for _ in range(20)]
    world.processes_are(20)
    ids = [world.publish(str(n), channel="a") for n in range(50)]
    for reader in readers:
        reader.wait(lambda reader=reader: len(reader.ids) == 50, reader.story)
        assert reader.ids == ids
    assert world.channel("a")["subscribers"] == 20
    for reader in readers:
        reader.leave()
    world.processes_are(0)


def test_a_browser_that_stops_reading_costs_little_memory_and_catches_up(lighttpd):
    slow = lighttpd.listen(receive_buffer=4096)
    first = lighttpd.publish("the first")
    slow.sees("the first")
    slow.pause()
    pid = lighttpd.process()
    before = _resident(pid)
    ids = [first] + [lighttpd.publish(f"{n} " + "x" * 60_000) for n in range(200)]
    if not INSTRUMENTED:  # they keep what was freed
        assert _resident(pid) - before < 2_000_000
    slow.resume()
    slow.wait(lambda: len(slow.ids) == len(ids), slow.story, 20)
    assert slow.ids == ids and not slow.told("reset") and slow.ends == 0


def test_sigterm_ends_a_stream_properly(lighttpd):
    reader = lighttpd.listen()
    pid = lighttpd.process()
    os.kill(pid, signal.SIGTERM)
    reader.has_ended()
    assert reader.ends == 1 and reader.cuts == 0
    lighttpd.processes_are(0)


def test_when_the_web_server_is_killed_the_processes_end(lighttpd):
    readers = [lighttpd.listen() for _ in range(5)]
    lighttpd.processes_are(5)
    lighttpd.web.kill()
    lighttpd.processes_are(0)
    for reader in readers:
        reader.has_ended()


def test_a_program_that_is_named_by_its_url_serves_what_follows(make_world):
    """As in a folder cgi-bin, where nothing else can be set up."""
    world = make_world(kind=CgiWorld, more='cgi.assign += ( ".fcgi" => "" )')
    (world.www_copy / "cgi-bin").mkdir()
    os.link(world.binary, world.www_copy / "cgi-bin" / "tidings.fcgi")
    reader = world.listen(path="/cgi-bin/tidings.fcgi/realtime/a%2Fb")
    answer = world.post("/cgi-bin/tidings.fcgi/realtime/a%2Fb?event=note", b"x")
    reader.is_connected()
    reader.sees("x", type="note", id=answer.json["id"])
    assert world.door.ask("GET", "/cgi-bin/tidings.fcgi").status == 404


def test_a_program_that_is_named_by_its_url_needs_no_base(make_world):
    world = make_world(config={"responder": {"base": "/live"}}, kind=CgiWorld,
                       more='cgi.assign += ( ".fcgi" => "" )\nalias.url += ( "/live" => "@PROGRAM@" )')
    (world.www_copy / "cgi-bin").mkdir()
    os.link(world.binary, world.www_copy / "cgi-bin" / "tidings.fcgi")
    world.base = "/cgi-bin/tidings.fcgi"
    reader = world.listen("a/b")
    world.publish("x", channel="a/b")
    reader.sees("x")
    assert world.door.ask("GET", "/health").json["error"] == "outside_base"
    world.base = "/live"
    beside = world.listen("a/b")
    world.publish("y", channel="a/b")
    reader.sees("y")
    beside.sees("y")


def test_a_responder_that_lighttpd_starts_takes_the_socket_that_it_is_given(make_world):
    """FastCGI with `bin-path`: it stays, and is started again if it dies."""
    world = make_world(kind=CgiWorld, more="""
        fastcgi.server = ( "/health" => (( "bin-path" => "@PROGRAM@", "socket" => "@RUN@/own.sock",
            "max-procs" => 1, "check-local" => "disable",
            "bin-environment" => ( "TIDINGS_CONF" => "@CONF@" ) )) )""")
    first = world.process()
    reader = world.listen("a")
    world.publish("x", channel="a")
    reader.sees("x")
    reader.leave()
    world.processes_are(1)
    assert world.health().status == 200 and world.processes() == [first]
    os.kill(first, signal.SIGKILL)
    eventually(lambda: world.health().status == 200, "it being there again")
    assert world.processes() != [first]


def _resident(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
