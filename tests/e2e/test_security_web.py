# SPDX-License-Identifier: MIT
"""What foreign pages and rude clients can bring about through the web server.

Everything else that may be tried is in tests/integration/test_security.py.
"""

import contextlib
import http.server
import re
import threading

import pytest

from fcgi import FcgiDoor
from world import TOP, eventually

EVIL = "evil.example"  # Chromium takes it for a name of this machine

# ---- a foreign page in a real browser

# Each does what a page can do without asking, and says how it went.
DEEDS = """
const [site, done] = [arguments[0], []];
const quietly = it => Promise.resolve(it).then(value => String(value), fault => fault.name);
const frame = name => {
	const it = Object.assign(document.createElement('iframe'), {name});
	document.body.append(it);
	return it;
};
const form = (type, name, value) => {
	frame(type);
	const it = document.createElement('form');
	Object.assign(it, {method: 'POST', enctype: type, target: type, action: `${site}/realtime/form`});
	it.append(Object.assign(document.createElement('input'), {type: 'hidden', name, value}));
	document.body.append(it);
	it.submit();
};
const json = JSON.stringify({message: 'forged', channel: 'json'});
const type = 'application/json';
const send = (path, options) => fetch(site + path, {method: 'POST', ...options}).then(a => `${a.type} ${a.status}`);
const sandboxed = () => {
	const it = frame('sandboxed');
	it.sandbox = 'allow-scripts allow-forms';
	it.srcdoc = `<form method=POST enctype=text/plain action="${site}/realtime/sandbox"><input name=x></form>`
		+ '<script>document.forms[0].submit()</' + 'script>';
};
const listen = path => new Promise(resolve => {
	const source = new EventSource(site + path);
	source.addEventListener('connected', () => { source.close(); resolve('heard'); });
	source.onerror = () => { source.close(); resolve('deaf'); };
});
const script = path => new Promise(resolve => {
	const it = Object.assign(document.createElement('script'), {src: site + path});
	it.onload = () => resolve('ran');
	it.onerror = () => resolve('blocked');
	document.head.append(it);
});
const deeds = {
	'form, plain text': form('text/plain', '{"message":"forged","x":"', '"}'),
	'form, encoded': form('application/x-www-form-urlencoded', 'a', 'b'),
	'form, with files': form('multipart/form-data', 'a', 'b'),
	'sandboxed form': sandboxed(),
	'fetch, no-cors': send('/realtime/fetch', {mode: 'no-cors', body: 'forged'}),
	'fetch, no-cors, JSON': send('/api/broadcast', {mode: 'no-cors', body: json, headers: {'Content-Type': type}}),
	'fetch, simple': send('/realtime/fetch', {body: 'forged'}),
	'fetch, JSON': send('/api/broadcast', {body: json, headers: {'Content-Type': type}}),
	'fetch, with cookies': send('/realtime/fetch', {body: 'forged', credentials: 'include'}),
	'fetch, pretending': send('/realtime/fetch', {body: 'forged', headers: {Sec_Fetch_Site: 'same-origin'}}),
	'beacon': navigator.sendBeacon(`${site}/realtime/beacon`, 'forged'),
	'beacon, JSON': navigator.sendBeacon(`${site}/api/broadcast`, new Blob([json], {type})),
	'stream': listen('/stream'),
	'channels': fetch(site + '/api/channels').then(a => a.text()),
	'metrics': fetch(site + '/metrics', {headers: {Accept: 'text/plain'}}).then(a => a.text()),
	'script': script('/api/channels'),
};
const told = await Promise.all(Object.entries(deeds).map(async ([name, it]) => [name, await quietly(it)]));
return Object.fromEntries(told);
"""
CHANNELS = ("form", "sandbox", "fetch", "json", "main", "beacon")


@pytest.fixture
def elsewhere():
    """A foreign site; its address."""
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = b"<!doctype html><link rel=icon href=data:,><title>Elsewhere</title><body>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield f"http://{EVIL}:{server.server_port}/"
        server.shutdown()
        thread.join()


def does_its_deeds(chromium, world, at):
    chromium.expects(".")  # it complains of nearly each of them
    window = chromium.open(at)
    return window.run(f"return (async (...arguments) => {{{DEEDS}}})(...arguments)",
                      f"http://127.0.0.1:{world.port}")


# What needs no preflight arrives: three forms and the sandboxed one, two without CORS, two simple ones, one beacon.
ARRIVE = 9


def refused(world):
    metrics = FcgiDoor(world.fcgi_socket).ask("GET", "/metrics", {"Accept": "text/plain"}).text
    return int(re.search(r'^tidings_http_requests_total\{class="4xx"\} (\d+)', metrics, re.M)[1])


def published(world):
    door = FcgiDoor(world.fcgi_socket)
    return {name: door.ask("GET", f"/api/channels/{name}").json["events"] for name in CHANNELS}


@pytest.mark.page
def test_a_foreign_page_publishes_and_reads_nothing(chromium, web, elsewhere):
    told = does_its_deeds(chromium, web, elsewhere)
    eventually(lambda: refused(web) >= ARRIVE, f"{ARRIVE} POSTs being refused")
    assert published(web) == dict.fromkeys(CHANNELS, 0), told
    assert told["stream"] == "deaf" and told["script"] == "blocked"
    assert {told[name] for name in told if name.startswith("fetch") and "no-cors" not in name} == {"TypeError"}
    assert told["channels"] == told["metrics"] == "TypeError"


@pytest.mark.page
def test_the_same_page_would_if_all_sites_and_all_addresses_were_allowed(chromium, make_world, elsewhere):
    """So the test above sees what it says.  JSON that does not say so is a 415; a header that was not granted, or
    JSON with cookies, ends with its preflight."""
    world = make_world({"responder": {"origins": "*", "publish_from": "0.0.0.0/0"}}, web=True)
    told = does_its_deeds(chromium, world, elsewhere)
    expected = {"form": 3, "sandbox": 1, "fetch": 3, "json": 1, "main": 0, "beacon": 1}
    eventually(lambda: published(world) == expected, f"{expected} being published")
    assert told["stream"] == "heard" and '"channels"' in told["channels"]
    assert told["script"] == "blocked"


@pytest.mark.page
def test_where_all_sites_are_allowed_a_foreign_page_reads_and_still_publishes_nothing(chromium, make_world, elsewhere):
    """Its visitor's address may publish; the page is not the visitor."""
    world = make_world({"responder": {"origins": "*"}}, web=True)
    told = does_its_deeds(chromium, world, elsewhere)
    eventually(lambda: refused(world) >= ARRIVE, f"{ARRIVE} POSTs being refused")
    assert published(world) == dict.fromkeys(CHANNELS, 0), told
    assert told["stream"] == "heard" and '"channels"' in told["channels"]


WITH_CREDENTIALS = """
const site = arguments[0];
const listen = path => new Promise(resolve => {
	const source = new EventSource(site + path, {withCredentials: true});
	source.addEventListener('connected', () => { source.close(); resolve('heard'); });
	source.onerror = () => { source.close(); resolve('deaf'); };
});
const ask = (path, options) => fetch(site + path, {credentials: 'include', ...options})
	.then(answer => answer.status, fault => fault.name);
const json = {method: 'POST', body: '{"message": 1}', headers: {'Content-Type': 'application/json'}};
return [await listen('/stream'), await listen('/realtime/a?lastEventId=1'), await ask('/api/channels'),
	await ask('/api/nothing'), await ask('/api/broadcast', json), await ask('/realtime/a', {method: 'POST', body: 'x'})];
"""


@pytest.mark.page
@pytest.mark.parametrize("origins,expected", [
    ("{page}", ["heard", "heard", 200, 404, 200, 200]),
    ("* {page}", ["heard", "heard", 200, 404, 200, 200]),
    ("https://app.example", ["deaf", "deaf"] + ["TypeError"] * 4),
    ("*", ["deaf", "deaf"] + ["TypeError"] * 4)], ids=["named", "named-beside-the-star", "not-named", "star"])
def test_htmx_and_others_that_ask_with_cookies_connect_across_origins_where_theirs_is_named(
        browser, make_world, elsewhere, origins, expected):
    browser.expects(".")
    page = elsewhere.replace(EVIL, "127.0.0.1").rstrip("/")
    world = make_world({"responder": {"origins": origins.format(page=page)}}, web=True)
    window = browser.open(page + "/")
    assert window.run(f"return (async (...arguments) => {{{WITH_CREDENTIALS}}})(...arguments)",
                      f"http://127.0.0.1:{world.port}") == expected


REBOUND = """
const post = await fetch('/realtime/form', {method: 'POST', body: 'forged'});
const list = await fetch('/api/channels');
const heard = await new Promise(resolve => {
	const source = new EventSource('/stream');
	source.addEventListener('connected', () => { source.close(); resolve('heard'); });
	source.onerror = () => { source.close(); resolve('deaf'); };
});
return [post.status, list.status, heard];
"""


@pytest.mark.page
@pytest.mark.parametrize("hosts,expected", [(None, [403, 200, "heard"]), ("127.0.0.1 localhost", [421, 421, "deaf"])])
def test_a_page_whose_name_was_pointed_here_publishes_nothing_and_gets_nowhere_where_the_hosts_are_named(
        chromium, make_world, hosts, expected):
    world = make_world({"responder": {"hosts": hosts}}, web=True, pages=TOP / "tests" / "e2e" / "pages")
    chromium.expects(".")
    window = chromium.open(f"http://{EVIL}:{world.port}/elsewhere.html")
    assert window.run(f"return (async () => {{{REBOUND}}})()") == expected
    assert published(world)["form"] == 0


# ---- what the web server lets through

def test_an_address_is_what_the_web_server_saw(make_world):
    """No header makes another of it, however it is spelt."""
    world = make_world({"responder": {"publish_from": "10.9.9.9"}}, web=True)
    for header in ("X-Forwarded-For", "X_Forwarded_For", "Forwarded", "X-Real-IP", "Remote-Addr", "Remote_Addr",
                   "HTTP_REMOTE_ADDR", "REMOTE_ADDR", "Client-IP", "X-Client-IP"):
        value = "for=10.9.9.9" if header == "Forwarded" else "10.9.9.9"
        answer = world.door.ask("POST", "/realtime/a", {header: value}, b"x")
        assert answer.status == 403 and answer.json["error"] == "not_allowed", header


@pytest.mark.behind_apache
def test_what_a_proxy_on_this_machine_passes_on_is_not_published(make_world):
    """Though it comes from 127.0.0.1, as all that this machine sends itself does."""
    world = make_world(web=True)
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        answer = world.door.ask("POST", "/realtime/a", {header: "for=192.0.2.7"}, b"x")
        assert answer.status == 403 and answer.json["error"] == "through_proxy", header
    assert world.post("/realtime/a", b"x").status == 200


SMUGGLED = [
    b"POST /realtime/s HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /realtime/s HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
    b"POST /realtime/s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    b"POST /realtime/s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    b"POST /realtime/s HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\nx",
    b"POST /realtime/s HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 1\r\n\r\nx",
    b"POST /realtime/s HTTP/1.1\r\nHost: x y\r\nContent-Length: 1\r\n\r\nx",
    b"POST /realtime/s HTTP/1.1\r\nHost: x\r\nX: a\rX-Forged: b\r\nContent-Length: 1\r\n\r\nx",
    b"POST /realtime/s HTTP/1.1\r\nHost: x\r\nX: a\0b\r\nContent-Length: 1\r\n\r\nx",
    b"POST /realtime/s\r\nX: y HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
]


@pytest.mark.parametrize("request_", SMUGGLED, ids=range(len(SMUGGLED)))
def test_a_request_that_could_be_read_in_two_ways_is_refused(shared, request_):
    """And nothing after it is taken for a second request."""
    second = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with shared.door.dial() as sock:
        sock.settimeout(10)
        sock.sendall(request_ + second)
        raw = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := sock.recv(65536):
                raw += piece
    statuses = [int(code) for code in re.findall(rb"HTTP/1\.\d (\d{3})", raw)]
    assert statuses in ([400], [501]), raw[:500]
    assert shared.channel("s")["events"] == 0


OUT = ["/javascript/../../etc/passwd", "/javascript/%2e%2e/%2e%2e/etc/passwd", "/javascript/..%2f..%2fetc/passwd",
       "/javascript/....//....//etc/passwd", "/words/../../responder.conf", "/words/%2e%2e%2f%2e%2e%2fresponder.conf",
       "/..%5cresponder.conf", "/%2e%2e%5c%2e%2e%5cresponder.conf", "/stream/../responder.conf", "/.git/config",
       "/index.html/../../log.db", "/~root/.profile", "/%252e%252e/responder.conf", "/..;/responder.conf",
       "/%c0%ae%c0%ae/responder.conf", "/feed.js%00.html", "/index.html%00", "//responder.conf", "/words/", "/javascript/"]


@pytest.mark.parametrize("target", OUT)
def test_a_path_leads_to_no_file_that_is_not_the_pages(shared, target):
    """The folder beside www/ holds the log and the configuration."""
    answer = shared.door.ask("GET", target)
    assert answer.status in (400, 403, 404), answer
    for secret in (b"root:", b"[responder]", b"SQLite format", b"Index of", b"[core]"):
        assert secret not in answer.body


# ---- what is told with an answer

def test_the_page_and_all_its_parts_are_told_to_run_nothing_else(web):
    www = TOP / "www"
    parts = [str(path.relative_to(www)) for path in www.rglob("*") if path.suffix in (".html", ".css", ".js", ".svg")]
    assert len(parts) > 10
    for target in ("/", *("/" + part for part in sorted(parts))):
        headers = web.door.ask("GET", target).headers
        policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
        assert policy == {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'",
                          "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'",
                          "frame-ancestors": "'none'"}, target
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer", target


def test_what_is_told_by_tidings_is_taken_for_what_it_is(web):
    """No answer is a page, whatever a browser might guess; none is kept by anybody."""
    named = "<script>alert(1)</script>"
    web.publish("<script>alert(1)</script>", channel=named)
    asked = [("GET", "/health", None), ("GET", "/api/channels", None), ("GET", "/realtime/", None),
             ("GET", "/api/nothing", None), ("PUT", "/stream", None), ("POST", "/realtime/a", b"<b>"),
             ("POST", "/api/broadcast", b"<script>"), ("GET", "/stream?channel=" + "%00", None),
             ("GET", "/api/channels/%3Cscript%3Ealert(1)%3C%2Fscript%3E", None)]
    for method, target, body in asked:
        answer = web.door.ask(method, target, body=body)
        assert answer.headers["content-type"] == "application/json", (target, answer)
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers or not re.search(r"tidings|PHP", answer.headers["server"])
    stream = web.listen(named).answer.headers
    assert stream["content-type"] == "text/event-stream; charset=utf-8" and stream["x-content-type-options"] == "nosniff"
    assert "no-store" in stream["cache-control"]


# ---- limits, as a browser's visitor meets them

def test_limits_hold_behind_the_web_server(make_world):
    world = make_world({"responder": {"streams_per_address": 2, "channels_per_address": 20, "publish_rate": 2}}, web=True)
    first = world.listen(*(f"c{n}" for n in range(19)))
    later = world.door.ask("GET", "/stream?channel=a&channel=b", {"Accept": "text/event-stream"})
    assert later.status == 200 and later.ended and re.fullmatch(rb"retry: \d+\n", later.body)
    refused = world.door.ask("GET", "/stream?channel=a&channel=b", {"Accept": "application/json"})
    assert refused.status == 429 and int(refused.headers["retry-after"]) >= 1
    posts = [world.post("/realtime/c1", b"x") for _ in range(12)]
    assert {post.status for post in posts} == {200, 429}
    assert all(int(post.headers["retry-after"]) >= 1 for post in posts if post.status == 429)
    first.sees("x")
