# SPDX-License-Identifier: MIT
"""Who may do what, and how much, asked of responder and hub without a web server.

What a browser can bring about, and what only shows behind a web server, is in
tests/e2e/test_security_web.py.
"""

import contextlib
import itertools
import json
import os
import re
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time

import pytest

from fcgi import PARAMS, Exchange, begin, pair, params, record, stdin, variables
from wire import Channels, Hub, encode
from world import INSTRUMENTED, SLOW, eventually, program

JSON = {"Content-Type": "application/json"}
EVENTS = {"Accept": "text/event-stream"}
NO_STREAM = {"Accept": "application/json"}

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


@pytest.fixture(scope="module")
def plain(make_shared_world):
    """For the many small cases: as it is configured by default."""
    return make_shared_world()


def held(world, *channels):
    return sum(world.channel(name)["events"] for name in channels)


def is_refused(answer, status, code, retry_after=False):
    assert (answer.status, answer.json["error"]) == (status, code), answer
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("retry-after" in answer.headers) == retry_after, answer.headers
    assert not retry_after or int(answer.headers["retry-after"]) >= 1


def is_told_to_come_back(answer):
    assert answer.status == 200 and answer.ended, answer
    assert re.fullmatch(rb"retry: \d+\n", answer.body), answer


def streams_are(world, count):
    eventually(lambda: world.health().json["streams"] == count, f"{count} streams being open")


def names(count, of):
    return "&".join(f"channel={of}-{n}" for n in range(count))


# ---- how much: streams and channels

def test_streams_above_the_limit_are_told_to_come_back(make_world):
    world = make_world({"responder": {"streams": 3, "streams_per_address": 2}})
    for _ in range(2):
        world.listen()
    is_told_to_come_back(world.door.ask("GET", "/stream", EVENTS))
    is_refused(world.door.ask("GET", "/stream", NO_STREAM), 429, "too_many_from_address", True)
    other = Exchange(world.fcgi_socket)
    other.send(world.door.request("/stream", address="192.0.2.1"))
    other.read(lambda self: b"connected" in self.answer.body)
    is_told_to_come_back(world.door.ask("GET", "/tasks/stream", EVENTS, address="192.0.2.2"))
    is_refused(world.door.ask("GET", "/stream", NO_STREAM, address="192.0.2.2"), 503, "too_many_streams", True)
    other.close()


def test_channels_above_the_limit_are_told_to_come_back_and_nobody_else_notices(make_world):
    world = make_world({"responder": {"channels": 12, "channels_per_address": 10}})
    first = world.listen(path="/stream?" + names(9, "a"))
    is_told_to_come_back(world.door.ask("GET", "/stream?" + names(2, "b"), EVENTS))
    is_refused(world.door.ask("GET", "/stream?" + names(2, "b"), NO_STREAM), 429, "too_many_from_address", True)
    is_refused(world.door.ask("GET", "/stream?" + names(4, "b"), NO_STREAM, address="192.0.2.1"), 503,
               "too_many_streams", True)
    # a name that is given twice is one channel, and one that has left counts no more
    second = world.listen(path="/stream?channel=a-1&channel=a-1")
    second.leave()
    streams_are(world, 1)
    third = world.listen("main")
    first.leave()
    streams_are(world, 1)
    world.listen(path="/stream?" + names(9, "c"))
    world.publish("x")
    third.sees("x")


def test_a_refused_stream_costs_nobody_a_place(make_world):
    world = make_world({"responder": {"channels": 5, "streams_per_address": 3}})
    world.listen()
    for _ in range(50):
        is_told_to_come_back(world.door.ask("GET", "/stream?" + names(5, "x"), EVENTS))
    for target in ("/stream?channel=", "/stream?since=never", "/stream?channel=%zz"):
        assert world.door.ask("GET", target).status == 400
        assert world.door.ask("HEAD", "/stream").status == 200
    world.listen(path="/stream?" + names(4, "y"))


def test_addresses_of_one_ipv6_network_are_one_visitor(make_world):
    world = make_world({"responder": {"streams_per_address": 1, "publish_rate": 2, "publish_from": "2001:db8::/32"}})
    stream = Exchange(world.fcgi_socket)
    stream.send(world.door.request("/stream", address="2001:db8:1:1::1"))
    stream.read(lambda self: b"connected" in self.answer.body)
    for host in ("2", "ffff:1", "1:2:3:4"):
        address = "2001:db8:1:1::" + host if host.count(":") < 3 else "2001:db8:1:1:" + host
        is_told_to_come_back(world.door.ask("GET", "/stream", EVENTS, address=address))
    posts = [world.post("/realtime/a", b"x", address=f"2001:db8:1:1::{n:x}").status for n in range(1, 20)]
    assert posts[:2] == [200, 200] and posts.count(429) >= 10
    assert world.post("/realtime/a", b"x", address="2001:db8:1:2::1").status == 200
    stream.close()


def colliding_names():
    """16,384 names that are one and the same to FNV-1a of 32 bits."""
    pairs = [
        ("vrvtsw", "psqbeq"), ("ytjfjx", "hluphz"), ("hhrhjm", "iydfvk"), ("dxmcpa", "jcedih"),
        ("uhlenk", "fdnrkl"), ("lqvdwm", "xmfxoq"), ("cxraxt", "ypcrfd"), ("uhglhm", "ycaili"),
        ("jzhuyw", "gwzmyc"), ("egphkm", "gadaox"), ("jitdfa", "kledfx"), ("kwovfr", "asdzid"),
        ("jphcnk", "wjcaps"), ("qyzfoe", "stqlyk")]
    return ["".join(choice) for choice in itertools.product(*pairs)]


def test_channels_chosen_to_share_a_bucket_keep_nobody_waiting(world):
    """With a hash that has no key they cost thirty times as much as others, and twice as many four times that."""
    worker = world.responder.worker()

    def takes(every):
        before = spent(worker)
        for at in range(0, len(every), 256):
            world.listen(path="/stream?" + "&".join("channel=" + name for name in every[at:at + 256]))
        return spent(worker) - before

    chosen = colliding_names()
    innocent = takes([name[::-1] for name in chosen])
    assert takes(chosen) < 4 * innocent + 0.3 * SLOW


@pytest.mark.skipif(INSTRUMENTED, reason="instruments need memory of their own")
def test_what_visitors_may_take_of_memory_is_bounded(make_world):
    """200 streams want 1,000 channels each; those that get them take what the manual says."""
    world = make_world({"responder": {"channels": 50000}})
    worker = world.responder.worker()
    before = resident(worker)
    streams = []
    for i in range(200):
        stream = Exchange(world.fcgi_socket)
        stream.send(world.door.request("/stream?" + names(1000, f"{i:03}")))
        stream.read(lambda self: b"event: connected" in self.answer.body or self.answer.ended)
        streams.append(stream)
    assert sum(not stream.answer.ended for stream in streams) == 50
    assert resident(worker) - before < 50000 * 300
    for stream in streams:
        stream.close()


@pytest.mark.skipif(INSTRUMENTED, reason="instruments need time and memory of their own")
@pytest.mark.parametrize("streams", [200, pytest.param(950, marks=pytest.mark.rare)])
def test_a_thousand_questions_a_second_for_the_channels_disturb_nobody(make_world, streams):
    """A thousand channels a stream; the questions are put as a responder would put them."""
    world = make_world()
    open_streams = []
    for i in range(streams):
        stream = Exchange(world.fcgi_socket)
        stream.send(world.door.request("/stream?" + names(1000, f"n{i:04}")))
        stream.read(lambda self: b"event: connected" in self.answer.body)
        open_streams.append(stream)
    told = world.hub_peer().channels
    eventually(lambda: told(only=f"n{streams - 1:04}-999").lines[0].subscribers,
               "the last name being told", 20 * SLOW)
    reader = world.listen("quiet")
    reader.is_connected()

    def worst(count):
        """Of some events, from the POST to the stream: the longest time, and the usual."""
        took = []
        for n in range(count):
            begun = time.monotonic()
            world.publish(f"{count} {n}", channel="quiet")
            reader.sees(f"{count} {n}")
            took.append(time.monotonic() - begun)
            time.sleep(0.02)
        return max(took), sorted(took)[count // 2]

    before = worst(30)
    with Questions(world.hub_peer()) as questions:
        used, asked = spent(world.hub.worker()), questions.answered
        during = worst(100)
        used, asked = spent(world.hub.worker()) - used, questions.answered - asked
    assert asked > 500
    assert used / asked < 0.0005 * SLOW, (used, asked)
    assert during[0] < before[0] + 0.25 * SLOW and during[1] < before[1] + 0.01 * SLOW, (before, during)
    for stream in open_streams:
        stream.close()


class Questions:
    """For a hundred channels each, a thousand a second, from ever another place on."""

    def __init__(self, peer):
        self.peer, self.answered, self.ended = peer, 0, False

    def __enter__(self):
        self.thread = threading.Thread(target=self.ask)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()

    def ask(self):
        begun, asked = time.monotonic(), 0
        while not self.ended:
            due = int((time.monotonic() - begun) * 1000)
            self.peer.send_raw(b"".join(encode(Channels(n, b"%d" % n, 100, b""))
                                        for n in range(asked, due)))
            for _ in range(asked, due):
                self.peer.next()
                self.answered += 1
            asked = due
            time.sleep(0.005)


def spent(pid):
    """Seconds of processor."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid):
    with open(f"/proc/{pid}/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) << 10


# ---- how much: publishes

def test_posts_above_the_rate_are_refused_and_told_when_to_come_back(make_world):
    world = make_world({"responder": {"publish_rate": 3, "publish_rate_total": 5}})
    begun = time.monotonic()
    answers = [world.post("/realtime/a", b"x") for _ in range(20)]
    allowed = [answer for answer in answers if answer.status == 200]
    assert 3 <= len(allowed) <= 4 + 3 * (time.monotonic() - begun)
    is_refused(next(answer for answer in answers if answer.status == 429), 429, "too_many_posts", True)
    others = [world.post("/realtime/a", b"x", address=f"127.0.0.{n}") for n in range(2, 40)]
    assert 1 <= sum(answer.status == 200 for answer in others) <= 5 + 5 * (time.monotonic() - begun)
    refused = next(answer for answer in others if answer.status == 429)
    is_refused(refused, 429, "too_many_posts", True)
    assert "publish_rate_total" in refused.json["message"]
    # what was refused was not published, and nobody needs to wait longer than a second
    assert world.channel("a")["events"] == sum(a.status == 200 for a in answers + others)
    eventually(lambda: world.post("/realtime/a", b"x").status == 200, "a further POST", 1.5)


def test_the_rate_is_the_same_for_each_way_to_publish(make_world):
    world = make_world({"responder": {"publish_rate_total": 3}})
    message = b'{"message": "x"}'
    ways = [("/realtime/a", b"x", {}), ("/api/broadcast", message, JSON), ("/sse/send", message, JSON),
            ("/realtime/a?lines=1", b"x\ny", {})]
    statuses = [world.post(target, body, headers).status for _ in range(5) for target, body, headers in ways]
    assert statuses[:3] == [200] * 3 and statuses.count(429) >= 10


def test_each_worker_counts_for_itself(make_world):
    """As tidings.conf(5) says: limits are each process's own."""
    world = make_world({"responder": {"workers": 2, "publish_rate": 2, "streams_per_address": 1}})
    world.responder.has_settled(0).has_settled(1)
    allowed = []
    for sleeps in (0, 1):
        pid = world.responder.freeze(sleeps)
        begun = time.monotonic()
        count = [world.post("/realtime/a", b"x").status for _ in range(12)].count(200)
        allowed.append((count, 2 + 2 * (time.monotonic() - begun)))
        world.responder.thaw(pid)
    assert all(2 <= count <= most + 1 for count, most in allowed), allowed


# ---- whose address

FORWARDED = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Client-IP", "True-Client-IP", "CF-Connecting-IP",
             "Remote-Addr", "X-Remote-Addr", "X-Client-IP", "Via"]


@pytest.mark.parametrize("header", FORWARDED)
def test_only_the_web_server_says_whose_request_it_is(plain, header):
    value = "for=127.0.0.1" if header == "Forwarded" else "127.0.0.1"
    is_refused(plain.post("/realtime/a", b"x", {header: value}, address="192.0.2.1"), 403, "not_allowed")


PROXIES = {"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7", "X-Real-IP": "192.0.2.7", "Via": "1.1 cache"}


@pytest.mark.parametrize("header", PROXIES)
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_proxy_on_this_machine_does_not_make_everybody_a_publisher(plain, header, address):
    """It has this machine's address, whomever it serves."""
    for target, body in (("/realtime/a", b"x"), ("/api/broadcast", b'{"message":1}'), ("/sse/send", b'{"message":"x"}')):
        answer = plain.post(target, body, {header: PROXIES[header], **JSON}, address=address)
        is_refused(answer, 403, "through_proxy")
        assert all(word in answer.json["message"] for word in ("mod_extforward", "mod_remoteip", "set_real_ip_from"))


def test_a_proxy_on_another_machine_may_publish_for_those_who_may_and_for_nobody_else(make_world):
    """As in containers, where publish_from has the networks that proxies are in."""
    world = make_world({"responder": {"publish_from": "172.16.0.0/12 127.0.0.0/8"}})
    for said, status in (("198.51.100.7", 403), ("172.18.0.9, 198.51.100.7", 403), ("172.18.0.9", 200), ("unknown", 403)):
        answer = world.post("/realtime/a", b"x", {"X-Forwarded-For": said}, address="172.18.0.2")
        assert answer.status == status, said
        assert status == 200 or answer.json["error"] == "through_proxy"
    # the web server knows it, and left its header where it was
    known = {"X-Forwarded-For": "172.18.0.9", "X-Real-IP": "172.18.0.9", "Via": "1.1 cache"}
    assert world.post("/realtime/a", b"x", known, address="172.18.0.9").status == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
@pytest.mark.parametrize("by_proxy_first", [True, False])
def test_a_visitor_s_own_line_beside_that_of_a_proxy_gives_him_no_right(make_world, header, by_proxy_first):
    """X_Forwarded_For is HTTP_X_FORWARDED_FOR too: lighttpd passes both, and the last one counted."""
    world = make_world({"responder": {"publish_from": "172.16.0.0/12"}})
    prefix = "for=" if header == "Forwarded" else ""
    said = [prefix + "198.51.100.7", prefix + "172.18.0.9"]
    name = "HTTP_" + header.upper().replace("-", "_")
    cgi = b"".join(pair(*item) for item in variables("POST", "/realtime/a", {}, b"x", address="172.18.0.2").items())
    cgi += b"".join(pair(name, value) for value in (said if by_proxy_first else said[::-1]))
    exchange = Exchange(world.fcgi_socket)
    exchange.send(begin(), record(PARAMS, cgi), record(PARAMS), stdin(b"x"))
    is_refused(exchange.read(), 403, "through_proxy")
    exchange.close()


def test_where_everybody_may_publish_a_proxy_is_no_hindrance(make_world):
    world = make_world({"responder": {"publish_from": "0.0.0.0/0"}})
    for header, value in PROXIES.items():
        assert world.post("/realtime/a", b"x", {header: value}).status == 200


@pytest.mark.parametrize("address", [None, "", "localhost", "127.0.0.1 ", "127.1", "0x7f.1", "2130706433",
                                     "127.0.0.1,192.0.2.1", "::ffff:192.0.2.1", "127.0.0.1%lo", "unix:"])
def test_an_address_that_is_none_may_not_publish(plain, address):
    is_refused(plain.post("/realtime/a", b"x", address=address), 403, "not_allowed")


# ---- other sites

FOREIGN = [
    ("a form", {"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}),
    ("a form with files", {"Origin": "https://evil.example", "Content-Type": "multipart/form-data; boundary=x"}),
    ("a form of plain text", {"Origin": "https://evil.example", "Content-Type": "text/plain"}),
    ("fetch with no-cors", {"Origin": "https://evil.example", "Sec-Fetch-Mode": "no-cors",
                            "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain;charset=UTF-8"}),
    ("sendBeacon with JSON", {"Origin": "https://evil.example", **JSON}),
    ("a sandboxed frame", {"Origin": "null", "Sec-Fetch-Site": "cross-site", **JSON}),
    ("a file, or a data: page", {"Origin": "null", **JSON}),
    ("a redirect through another site", {"Origin": "null", "Sec-Fetch-Site": "cross-site"}),
    ("a browser that says the site only", {"Sec-Fetch-Site": "cross-site", **JSON}),
    ("a neighbour of the same domain", {"Sec-Fetch-Site": "same-site", **JSON}),
    ("a neighbour with its Origin", {"Origin": "http://www.localhost", "Sec-Fetch-Site": "same-site", **JSON}),
    ("another port", {"Origin": "http://localhost:8001", "Sec-Fetch-Site": "same-site", **JSON}),
    ("another scheme", {"Origin": "https://localhost", "Sec-Fetch-Site": "cross-site", **JSON}),
    ("our name as theirs begins", {"Origin": "http://localhost.evil.example", **JSON}),
    ("our name as theirs ends", {"Origin": "http://evil-localhost", **JSON}),
    ("our name in front of an @", {"Origin": "http://localhost@evil.example", **JSON}),
    ("two origins", {"Origin": "http://localhost http://evil.example", **JSON}),
    ("two headers, joined", {"Origin": "http://localhost, http://evil.example", **JSON}),
    ("a port that is none", {"Origin": "http://localhost:", **JSON}),
    ("a space", {"Origin": " ", **JSON}),
    ("a star", {"Origin": "*", **JSON}),
    ("a browser's extension", {"Origin": "moz-extension://0", **JSON}),
]


@pytest.mark.parametrize("headers", [case[1] for case in FOREIGN], ids=[case[0] for case in FOREIGN])
def test_a_foreign_page_publishes_nothing_in_a_visitors_name(plain, headers):
    before = held(plain, "a", "main", "sse")
    for target, body in (("/realtime/a", b"x"), ("/realtime/a?lines=1", b"x\ny"), ("/api/broadcast", b'{"message":1}'),
                         ("/sse/send", b'{"message":"x"}')):
        answer = plain.post(target, body, headers)
        is_refused(answer, 403, "foreign_origin")
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert held(plain, "a", "main", "sse") == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post", "POST ", "", "CONNECT"])
def test_nothing_but_a_post_publishes(plain, method):
    """Neither does what claims to be one."""
    before = held(plain, "main", "sse")
    override = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST", "X-Method-Override": "POST"}
    for target in ("/api/broadcast?_method=POST&message=1", "/sse/send"):
        answer = plain.door.ask(method, target, {**override, **JSON}, b'{"message":"x"}')
        assert answer.status == (204 if method == "OPTIONS" else 405), answer
        assert answer.headers["allow"] == "POST, OPTIONS"
    assert held(plain, "main", "sse") == before


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example",
                                    "https://APP.example.evil.example", "https://app.example:8443",
                                    "http://app.example", "https://app.example/", "https://app.example\\@x"])
def test_an_origin_is_never_repeated_to_whom_it_does_not_belong(make_shared_world, origin, listed):
    asked = [("GET", "/health", None), ("GET", "/api/channels", None), ("GET", "/nothing", None),
             ("PUT", "/stream", None), ("OPTIONS", "/api/broadcast", None), ("POST", "/realtime/a", b"x"),
             ("GET", "/stream?channel=", None), ("HEAD", "/stream", None)]
    for method, target, body in asked:
        answer = listed.door.ask(method, target, {"Origin": origin, "Access-Control-Request-Method": "POST",
                                                  "Access-Control-Request-Headers": "content-type"}, body)
        assert not [name for name in answer.headers if name.startswith("access-control")], (method, target)
        assert origin not in str(answer.headers)
        assert answer.headers["vary"] == "Origin"


@pytest.fixture(scope="module")
def listed(make_shared_world):
    return make_shared_world({"responder": {"origins": "https://app.example"}})


ANSWERS = [("GET", "/stream", None, 200), ("HEAD", "/stream", None, 200), ("GET", "/metrics", None, 200),
           ("GET", "/tasks/stream", None, 200), ("GET", "/stream?channel=", None, 400), ("GET", "/api/channels", None, 200),
           ("OPTIONS", "/stream", None, 204), ("OPTIONS", "/api/broadcast", None, 204), ("POST", "/realtime/a", b"x", 200),
           ("POST", "/realtime/a?id=", b"x", 400), ("PUT", "/stream", None, 405), ("GET", "/nothing", None, 404),
           ("POST", "/api/broadcast", b"{}", 415)]


def heads(world, origin):
    """What browsers are told by each kind of answer."""
    for method, target, body, status in ANSWERS:
        with contextlib.closing(Exchange(world.fcgi_socket)) as exchange:
            exchange.send(begin(), params(variables(method, target, {"Origin": origin}, body)),
                          record(5, body) if body else b"", record(5))
            answer = exchange.read(lambda self: b"connected" in self.answer.body or b"event: start" in self.answer.body)
        assert answer.status == status, (method, target, answer)
        yield answer.headers


def test_a_named_origin_is_allowed_with_cookies_by_each_answer(listed):
    """Clients such as htmx ask so (withCredentials); a browser gives them nothing without."""
    for headers in heads(listed, "https://app.example"):
        assert headers["access-control-allow-origin"] == "https://app.example"
        assert headers["access-control-allow-credentials"] == "true"
        assert "Origin" in headers["vary"]
        assert "access-control-allow-private-network" not in headers


def test_whoever_is_not_named_is_never_allowed_with_cookies(make_world):
    """So their pages read what anybody may, not what a visitor's cookies would show."""
    world = make_world({"responder": {"origins": "*", "publish_from": "0.0.0.0/0"}})
    for headers in heads(world, "https://app.example"):
        assert headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in headers


def test_an_origin_may_be_named_beside_the_star(make_world):
    world = make_world({"responder": {"origins": "* https://app.example"}})
    answers = {origin: world.door.ask("GET", "/health", {"Origin": origin}).headers
               for origin in ("https://app.example", "https://other.example")}
    assert answers["https://app.example"]["access-control-allow-credentials"] == "true"
    assert answers["https://other.example"]["access-control-allow-origin"] == "*"
    assert all(headers["vary"] == "Origin" for headers in answers.values())


def test_cookies_give_nobody_a_right_to_publish(listed):
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        is_refused(listed.post("/realtime/a", b"x", {**headers, "Cookie": "session=1", "Authorization": "Basic eDp5"}),
                   403, "foreign_origin")
    is_refused(listed.post("/realtime/a", b"x", {"Origin": "https://app.example", "Cookie": "session=1"},
                           address="192.0.2.1"), 403, "not_allowed")


# ---- another name for our address (DNS rebinding)

@pytest.fixture(scope="module")
def named(make_shared_world):
    return make_shared_world({"responder": {"hosts": "app.example localhost 127.0.0.1 [::1]"}})


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "app.example.evil.example", "localhost.evil",
                                  "127.0.0.1.evil.example", "evil.example#localhost", "localhost@evil.example",
                                  "127.0.0.1, evil.example", "", None, "[::2]", "169.254.169.254"])
def test_a_page_whose_name_points_here_hears_and_publishes_nothing(named, host):
    origin = {} if host is None else {"Origin": f"http://{host}"}
    rebound = {**origin, "Sec-Fetch-Site": "same-origin"}
    for method, target, body in (("POST", "/realtime/a", b"x"), ("GET", "/stream", None), ("GET", "/metrics", None),
                                 ("GET", "/api/channels", None), ("GET", "/health", None), ("OPTIONS", "/stream", None),
                                 ("GET", "/nothing", None)):
        answer = named.door.ask(method, target, rebound, body, HTTP_HOST=host)
        is_refused(answer, 421, "wrong_host")
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("origins", [None, "*"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil", "127.0.0.1.evil.example"])
def test_a_page_whose_name_points_here_publishes_nothing_though_no_hosts_are_named(make_shared_world, host, origins):
    world = make_shared_world({"responder": {"origins": origins}})
    for rebound in ({"Origin": f"http://{host}"}, {"Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"},
                    {"Origin": "null", "Sec-Fetch-Site": "same-origin"}):
        answer = world.door.ask("POST", "/realtime/a", rebound, b"x", HTTP_HOST=host)
        is_refused(answer, 403, "foreign_origin")
        assert "origins" in answer.json["message"]
    assert world.door.ask("GET", "/health", {"Origin": f"http://{host}"}, HTTP_HOST=host).status == 200


def test_a_page_under_development_publishes_where_all_sites_are_allowed(make_world):
    world = make_world({"responder": {"origins": "*"}})
    for origin in ("http://localhost:5173", "http://app.localhost", "http://127.0.0.1:3000", "http://[::1]:3000"):
        assert world.post("/realtime/a", b"x", {"Origin": origin, "Sec-Fetch-Site": "cross-site"}).status == 200, origin


@pytest.mark.parametrize("host", ["app.example", "APP.example:8000", "app.example.", "localhost:8000", "127.0.0.1:8000",
                                  "[::1]:8000", "[::1]"])
def test_a_page_of_a_site_that_is_named_hears_and_publishes(named, host):
    headers = {"Origin": f"http://{host}"}
    assert named.door.ask("POST", "/realtime/a", headers, b"x", HTTP_HOST=host).status == 200
    assert named.door.ask("GET", "/health", headers, HTTP_HOST=host).status == 200


def test_a_host_that_is_none_ends_the_start_with_file_and_line(make_world):
    for bad in ("http://app.example", "app.example:80", "*", "::1"):
        world = make_world({"responder": {"hosts": bad}}, hub=False, responder=False)
        status, said = world.responder.start_to_fail()
        assert status != 0 and f'hosts: "{bad}" is neither' in said and ".conf:" in said


# ---- injection

SPLITS = ["a%0d%0aSet-Cookie:x=1", "a%0aSet-Cookie:x=1", "a%0d%0a%0d%0a<script>", "%e5%98%8a%e5%98%8dSet-Cookie:x=1",
          "a%c2%85Set-Cookie:x=1", "a%e2%80%a8Set-Cookie:x=1", "a%00%0d%0aX:y", "%0d%0adata: forged%0d%0a%0d%0a"]


@pytest.mark.parametrize("name", SPLITS)
def test_a_channels_name_splits_neither_head_nor_event(plain, name):
    """Control characters are refused; what only looks like one stays within its JSON."""
    for target in (f"/realtime/{name}", f"/stream?channel={name}", f"/stream?since={name}&lastEventId={name}",
                   f"/api/channels/{name}", f"/api/channels?after={name}", f"/{name}"):
        exchange = Exchange(plain.fcgi_socket)
        exchange.send(plain.door.request(target))
        answer = exchange.read(lambda self: b"event: connected" in self.answer.body and self.answer.body.endswith(b"\n\n"))
        assert answer.status in (200, 400, 404), (target, answer)
        assert "set-cookie" not in answer.headers and "x" not in answer.headers
        assert not re.search(rb"^(Set-Cookie|X|data: forged)", answer.body, re.M)
        if "%0" in name and "since" not in target and target[1] != name[0]:
            assert answer.status in (400, 404), (target, answer)
        exchange.close()


@pytest.mark.parametrize("where", ["event", "id"])
def test_a_type_and_an_id_split_no_event(plain, where):
    reader = plain.listen("split")
    reader.is_connected()
    for breaks in ("%0a", "%0d", "%0d%0a", "%00", "%c2%85", "%1b", "%7f"):
        answer = plain.post(f"/realtime/split?{where}=x{breaks}data:+forged{breaks}{breaks}", b"real")
        is_refused(answer, 400, f"bad_{where}")
    answer = plain.post(f"/realtime/split?{where}=x%e2%80%a8data:+forged%e2%80%a8", b"only looks like a line's end")
    assert answer.status == 200
    reader.sees("only looks like a line's end", type="message" if where == "id" else "x\u2028data: forged\u2028")


@pytest.mark.parametrize("variable", ["HTTP_ORIGIN", "HTTP_HOST", "HTTP_LAST_EVENT_ID", "HTTP_ACCEPT", "CONTENT_TYPE",
                                      "REQUEST_METHOD", "REQUEST_URI", "REQUEST_SCHEME", "HTTP_SEC_FETCH_SITE"])
def test_what_a_request_says_adds_no_line_to_the_answers_head(plain, variable):
    """A web server lets no line end through; this asks as one that does."""
    for value in ("x\r\nSet-Cookie: a=1\r\n\r\n<b>", "http://localhost\r\nSet-Cookie: a=1", "x\nSet-Cookie: a=1"):
        for method, target in (("GET", "/health"), ("OPTIONS", "/api/broadcast")):
            exchange = Exchange(plain.fcgi_socket)
            exchange.send(begin(), params({**variables(method, target), variable: value}), record(5))
            answer = exchange.read()
            assert "set-cookie" not in answer.headers and b"\r\n\r\n<b>" not in exchange.raw
            exchange.close()


def test_nothing_that_a_visitor_says_writes_a_line_into_the_log(make_world):
    world = make_world({"log": {"level": "debug"}})
    forged = "\n\r\x1b[2J\x00\x7ftidings-hub[1]: hub: all is well"
    quoted = "%0a%0d%1b[2J%00%7ftidings-hub[1]:%20hub:%20all%20is%20well"
    for method, target in (("GET", "/realtime/" + quoted), ("POST", "/realtime/" + quoted), ("GET", "/" + quoted),
                           ("GET", "/stream?channel=" + quoted), ("POST", "/realtime/a?id=" + quoted)):
        world.door.ask(method, target, {"Origin": forged.replace("\0", "")}, b"x")
    for bytes in (b"\1\1\0\1\0\10\0\0", forged.encode(), begin() + record(4, forged.encode()) + record(4)):
        with contextlib.closing(Exchange(world.fcgi_socket)) as exchange, contextlib.suppress(OSError, TimeoutError):
            exchange.send(bytes)
            exchange.read(within=0.2)
    world.insert("x", channel="main", event="e", key="k")
    with world.open_inbox() as db:
        db.execute("PRAGMA ignore_check_constraints = 1")
        db.execute("INSERT INTO broadcast(channel, data) VALUES (?, 'x')", [forged])
    eventually(lambda: world.rows("SELECT count(*) FROM broadcast WHERE error IS NOT NULL")[0][0], "the row being refused")
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as peer:
        peer.connect(str(world.hub_socket))
        peer.sendall(forged.encode())
        peer.recv(1)
    for daemon in (world.hub, world.responder):
        for line in daemon.log_path.read_bytes().split(b"\n")[:-1]:
            assert re.match(rb"tidings[-.]\w+\[\d\d+\]: ", line), line
            assert all(32 <= byte < 127 for byte in line), line


# ---- what is told to everybody

def test_what_everybody_may_ask_names_no_file_user_or_visitor(world):
    world.listen("open")
    stream = Exchange(world.fcgi_socket)
    stream.send(world.door.request("/stream", address="198.51.100.77"))
    stream.read(lambda self: b"connected" in self.answer.body)
    world.publish("the content of an event", channel="open", id="a-publishers-own-id")
    told = [world.door.ask("GET", "/metrics", {"Accept": "text/plain"}), world.health(),
            world.door.ask("GET", "/api/channels"), world.door.ask("GET", "/api/channels/open")]
    for answer in told:
        assert answer.status == 200 and answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        for secret in (str(world.folder), "/tmp", "198.51.100.77", "127.0.0.1", "a-publishers-own-id",
                       "the content", str(world.hub.pid), "root"):
            assert secret.encode() not in answer.body, (secret, answer)
    world.hub.kill_all()
    assert str(world.folder).encode() not in world.is_degraded().body
    stream.close()


# ---- the hub's socket

def stranger(path, script, uid=65534):
    return subprocess.run([sys.executable, "-c", "import socket, sys, time\npath = sys.argv[1]\n" + script, str(path)],
                          user=uid, group=uid, extra_groups=[], capture_output=True, text=True, cwd="/",
                          timeout=20 * SLOW)


@pytest.fixture
def open_socket(make_world):
    """The hub's socket as CGI programs need it: anybody may knock."""
    world = make_world({"hub": {"socket_mode": "0666"}})
    os.chmod(world.folder, 0o755)
    return world


@needs_root
def test_a_user_who_is_not_named_takes_no_place_at_the_hub(open_socket):
    """The hub has 1,024 of them; he asks 1,100 times and reads and closes nothing."""
    world = open_socket
    said = stranger(world.hub_socket, """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (2000, 2000))
held = []
for n in range(1100):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    s.connect(path)
    held.append(s)
print('held', flush=True)
answers = [s.recv(100)[4:5] for s in held]
assert set(answers) == {answers[0]} and len(answers[0]) == 1, set(answers)
assert all(s.recv(100) == b'' for s in held)
print('refused')
""")
    assert said.stdout.split() == ["held", "refused"], said
    with contextlib.closing(Hub(world.hub_socket)) as peer:
        assert peer.publish("and here is one who may").first
    world.publish("through the responder, which was there all the time")
    assert "this user may not speak to the hub" in world.hub.log()


@needs_root
def test_a_user_who_is_not_named_reaches_no_socket_and_no_file_as_configured_by_default(world):
    os.chmod(world.folder, 0o755)
    world.publish("secret")
    world.insert("secret")
    for path in (world.hub_socket, world.fcgi_socket):
        said = stranger(path, "try: socket.socket(socket.AF_UNIX).connect(path)\nexcept PermissionError: print('no')")
        assert said.stdout == "no\n", said
    for path in (*world.folder.glob("log.db*"), *(world.folder / "inbox").iterdir()):
        said = stranger(path, "try: open(path, 'rb')\nexcept PermissionError: print('no')")
        assert said.stdout == "no\n", (path, said)


# ---- links

def becomes(world, name, do):
    """Ends the hub, changes what is in its folders, starts it again."""
    world.hub.stop()
    for path in (world.folder / "inbox").iterdir():
        path.rmdir() if path.is_dir() else path.unlink()
    world.hub.log_path.write_text("")
    do(world.folder / "inbox" / name)
    world.hub.start()


@pytest.mark.parametrize("kind", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_an_inbox_that_is_a_link_to_the_log_is_none(world, kind):
    world.publish("before")
    becomes(world, "inbox.db", lambda path: kind(world.log_db, path))
    world.reader.says("inbox.db): is the log itself")
    world.publish("after")
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        tables = {name for name, in db.execute("SELECT name FROM sqlite_master")}
    assert "event" in tables and not tables & {"broadcast", "tidings_identity"}


@needs_root
def test_an_inbox_that_another_user_has_linked_elsewhere_is_none(world):
    other = world.folder / "other.db"
    with contextlib.closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE secret(a)")

    def link(path):
        os.symlink(other, path)
        os.chown(path, 65534, 65534, follow_symlinks=False)
    becomes(world, "inbox.db", link)
    world.reader.says("inbox.db): is a link of another user")
    with contextlib.closing(sqlite3.connect(other)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("secret",)]
    (world.folder / "inbox" / "inbox.db").unlink()
    reader = world.listen()
    eventually(lambda: (world.folder / "inbox" / "inbox.db").exists(), "the inbox being made")
    eventually(lambda: world.rows("SELECT name FROM sqlite_master WHERE name = 'broadcast'"), "its table")
    world.insert("a real one is read")
    reader.sees("a real one is read")


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_what_lies_beside_an_inbox_is_not_followed_and_stops_nobody(world, kind):
    victim = world.folder / "victim"
    victim.write_bytes(b"precious")
    reader = world.listen(reconnect=True)
    for ending in ("-wal", "-shm", "-journal"):
        becomes(world, "inbox.db" + ending, lambda path: {
            "link": lambda: os.symlink(victim, path), "fifo": lambda: os.mkfifo(path),
            "folder": lambda: os.mkdir(path)}[kind]())
        world.publish("others are not kept waiting")
        reader.sees("others are not kept waiting")
        assert victim.read_bytes() == b"precious"


def test_a_link_in_the_place_of_a_socket_is_not_followed(make_world):
    world = make_world(hub=False, responder=False)
    victim = world.folder / "victim"
    victim.write_bytes(b"precious")
    for daemon, path in ((world.hub, world.hub_socket), (world.responder, world.fcgi_socket)):
        os.symlink(victim, path)
        status, said = daemon.start_to_fail()
        assert status != 0 and "there is a file that is no socket" in said
        assert victim.read_bytes() == b"precious" and stat.S_IMODE(victim.stat().st_mode) == 0o644


# ---- names that are SQL

EVIL_NAMES = ["a'; DROP TABLE keep; --", 'a"; DROP TABLE keep; --', "a]; DROP TABLE keep; --", "a`b", "a''b", 'a""b',
              "x' || (SELECT group_concat(v) FROM keep) || '", "\\'; DROP TABLE keep; --", "%s%n", "ümläut'"]


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_a_table_whose_name_is_sql_is_only_a_name(plain, name):
    path = plain.folder / "evil.db"
    path.unlink(missing_ok=True)
    quoted = '"' + name.replace('"', '""') + '"'
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("CREATE TABLE keep(v)")
        db.execute("INSERT INTO keep VALUES ('kept')")
        db.execute(f"CREATE TABLE {quoted}(id INTEGER PRIMARY KEY, {quoted} TEXT)")

    def init(*words):
        return subprocess.run([program("client/tidings"), "inbox", "init", str(path), *words],
                              capture_output=True, timeout=20 * SLOW)
    assert init("--on", name).returncode == 0
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"INSERT INTO {quoted}({quoted}) VALUES (?)", [name])
        [(on, data)] = db.execute("SELECT channel, data FROM broadcast")
        assert (on, json.loads(data)["table"], json.loads(data)["new"][name]) == (name, name, name)
    assert init("--on", name, "--channel", name + "'); DROP TABLE keep; --").returncode == 0
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"DELETE FROM {quoted}")
        assert db.execute("SELECT channel FROM broadcast").fetchall()[-1] == (name + "'); DROP TABLE keep; --",)
        assert db.execute("SELECT v FROM keep").fetchall() == [("kept",)]
    assert init("--off", name).returncode == 0
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'tidings%' "
                          "AND tbl_name = ?", [name]).fetchone() == (0,)


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_a_channel_whose_name_is_sql_is_only_a_name(plain, name):
    answer = plain.broadcast(message="x", channel=name, id=name, event=name[:20])
    assert answer.status == 200 and plain.channel(name)["events"] == 1
    assert plain.broadcast(message="x", channel=name, id=name, event=name[:20]).json["id"] == answer.json["id"]
    assert plain.publish("the log is there")
