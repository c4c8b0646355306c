# SPDX-License-Identifier: MIT
"""Who may do what, asked of responder and hub without a web server.

What a browser can bring about, and what only shows behind a web server, is in
tests/e2e/test_security_web.py; how much, which files, and text that would be
something else, in the files beside this one.
"""

import contextlib

import pytest

from fcgi import PARAMS, Exchange, begin, pair, params, record, stdin, variables
from refused import is_refused

JSON = {"Content-Type": "application/json"}


def held(world, *channels):
    return sum(world.channel(name)["events"] for name in channels)


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
