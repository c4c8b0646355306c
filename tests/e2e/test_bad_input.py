# SPDX-License-Identifier: MIT
"""Every kind of bad input, through the web server, and the answer it gets.

All cases of this module share one world: whatever one of them does must not
harm the next, and the stream that is open all the while sees nothing of it.
"""

import json
import socket

import pytest

from web import HttpAnswer
from world import TOP

pytestmark = pytest.mark.behind_apache("--full")

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def bystander(shared):
    """A browser that listens to what the bad requests aim at."""
    reader = shared.listen("bystander", "main", "a", "sse")
    yield reader
    shared.publish("fence", channel="bystander")
    reader.sees("fence")
    assert reader.ends == 0


@pytest.fixture
def door(shared, bystander):
    return shared.door


def is_refused(answer, status, retry_after=False):
    assert answer.status == status, answer
    assert answer.headers["content-type"].startswith("application/json"), answer
    fault = answer.json
    assert isinstance(fault["error"], str) and fault["error"].replace("_", "").isalnum()
    assert isinstance(fault["message"], str) and len(fault["message"]) > 5
    if retry_after:
        assert int(answer.headers["retry-after"]) >= 1


# ---- streams

@pytest.mark.behind_apache
@pytest.mark.parametrize("target", [
    "/stream?channel=",
    "/stream?channel",
    "/stream?channel=%0a",
    "/stream?channel=a%00b",
    "/stream?channel=%ff",
    "/stream?channel=%c0%af",
    "/stream?channel=%ed%a0%80",
    "/stream?channel=%7f",
    "/stream?channel=%",
    "/stream?channel=%4",
    "/stream?channel=%zz",
    "/stream?channel=" + "x" * 1001,
    "/stream?" + "&".join(f"channel={n}" for n in range(1001)),
    "/stream?since=yesterday",
    "/realtime/%00",
    "/realtime/a%0d%0ab",
    "/realtime/%ff",
    "/realtime/" + "x" * 1001,
    "/realtime/%zz",
], ids=lambda target: target[:40])
def test_a_stream_of_a_bad_channel_is_a_400(shared, door, target):
    answer = door.ask("GET", target)
    if shared.web_server.name != "lighttpd" and target in ("/realtime/%00", "/realtime/%zz"):
        assert answer.status in (400, 404)  # the web server says so itself
    elif shared.web_server.name == "apache" and len(target) > 16_000:
        assert answer.status == 414
    else:
        is_refused(answer, 400)


@pytest.mark.behind_apache
@pytest.mark.parametrize("cursor", ["abc", "99999999999999999999", "-1", "9007199254740990", "1" * 500])
def test_a_bad_cursor_is_a_200_and_a_reset(shared, cursor):
    reader = shared.listen("cursors", last_event_id=cursor)
    assert reader.answer.status == 200
    reader.is_connected()
    _, data = reader.is_told("reset")
    assert cursor.startswith(data["requested"])


@pytest.mark.behind_apache
@pytest.mark.parametrize("target,key", [
    ("/stream?chanel=a", "chanel"), ("/stream?channels=a", "channels"), ("/stream?Channel=a", "Channel"),
    ("/stream?chanell%5B%5D=a", "chanell[]"), ("/stream?channel%5Bx%5D=a", "channel[x]"),
    ("/stream?channel=b&channle=a", "channle"), ("/realtime/b?chanel=a", "chanel"),
    ("/sse/events?chanel=a", "chanel"), ("/metrics?chanel=a", "chanel"),
    ("/stream?c%00hannel=a", r"c\x00hannel"), ("/stream?chan%1bnel=a", r"chan\x1bnel")])
def test_a_misspelt_channel_is_not_taken_for_channel_main(shared, door, target, key):
    answer = door.ask("GET", target, {"Accept": "text/event-stream"})
    is_refused(answer, 400)
    assert answer.json == {"error": "bad_channel", "message": f'"{key}" means nothing here; is "channel" meant?'}


@pytest.mark.parametrize("target,code,key,word", [
    ("/stream?patern=*", "bad_pattern", "patern", "pattern"),
    ("/stream?Pattern=*", "bad_pattern", "Pattern", "pattern"),
    ("/stream?p%61tterns%5B%5D=*", "bad_pattern", "patterns[]", "pattern"),
    ("/realtime/a?events=x", "bad_event", "events", "event"), ("/stream?Event=x", "bad_event", "Event", "event"),
    ("/stream?sinc=10m", "bad_since", "sinc", "since"), ("/stream?Since=all", "bad_since", "Since", "since"),
    ("/stream?lastEventIds=5", "bad_query", "lastEventIds", "lastEventId"),
    ("/stream?keep-alive=4s", "bad_keepalive", "keep-alive", "keepalive"),
    ("/stream?envelop=1", "bad_query", "envelop", "envelope"),
    ("/stream?authorised=1", "bad_query", "authorised", "authorized"),
    ("/stream?tickets=x", "bad_query", "tickets", "ticket")])
def test_a_misspelt_parameter_of_a_stream_is_named(door, target, code, key, word):
    answer = door.ask("GET", target, {"Accept": "text/event-stream"})
    is_refused(answer, 400)
    assert answer.json == {"error": code, "message": f'"{key}" means nothing here; is "{word}" meant?'}


@pytest.mark.parametrize("query,code,word", [
    ("Also=b", "bad_channel", "also"), ("alsos%5B%5D=b", "bad_channel", "also"), ("events=x", "bad_event", "event"),
    ("event%5B%5D=x", "bad_event", "event"), ("ID=7", "bad_id", "id"), ("line=1", "bad_query", "lines")])
def test_a_misspelt_parameter_of_a_publish_is_named(door, query, code, word):
    answer = door.ask("POST", f"/realtime/a?{query}", {"Content-Type": "text/plain"}, b"x")
    is_refused(answer, 400)
    assert answer.json["error"] == code and f'is "{word}" meant?' in answer.json["message"]


def test_a_misspelt_further_channel_is_not_passed_over_in_a_broadcast(door):
    answer = door.ask("POST", "/api/broadcast?Also=b", JSON, b'{"message": 1}')
    is_refused(answer, 400)
    assert answer.json["error"] == "bad_channel" and "?also=" in answer.json["message"]


@pytest.mark.parametrize("target", ["/sse/events?channel=a", "/metrics?channel=metrics&channel=a"])
def test_a_channel_that_a_stream_cannot_have_is_not_passed_over(door, target):
    answer = door.ask("GET", target, {"Accept": "text/event-stream"})
    is_refused(answer, 400)
    assert answer.json["error"] == "bad_channel" and "takes no other" in answer.json["message"]


@pytest.mark.behind_apache
@pytest.mark.parametrize("target,body", [
    ("/api/broadcast", b'{"chanel": "user-7", "message": 1}'), ("/api/broadcast", b'{"Channel": "a", "message": 1}'),
    ("/api/broadcast", b'{"channel": "a", "channels": ["b"], "message": 1}'),
    ("/api/broadcast", b'{"channel[]": "a", "message": 1}'), ("/api/broadcast?channel=user-7", b'{"message": 1}'),
    ("/api/broadcast?chanel=user-7", b'{"message": 1}'), ("/api/broadcast?channel=b", b'{"channel": "a", "message": 1}'),
    ("/realtime/a?channel=b", b"x"), ("/realtime/a?channel%5B%5D=a&channel%5B%5D=b", b"x"),
    ("/realtime/a?chanel=b", b"x"), ("/sse/send", b'{"channel": "user-7", "message": "x"}'),
    ("/sse/send", b'{"chanel": "user-7", "message": "x"}'), ("/sse/send?channel=user-7", b'{"message": "x"}')])
def test_what_is_meant_for_another_channel_is_not_published_on_a_public_one(door, target, body):
    """The stream of the fixture listens there."""
    answer = door.ask("POST", target, JSON, body)
    is_refused(answer, 400)
    assert answer.json["error"] == "bad_channel" and "channel" in answer.json["message"]


def test_a_thousand_channels_in_28_kib_of_url_are_served(shared):
    """Under Apache as many as fit into 16,000 bytes."""
    count, most = (570, 16_000) if shared.web_server.name == "apache" else (1000, 28 << 10)
    names = [f"channel-{n:04}-" + "x" * 6 for n in range(count)]
    reader = shared.listen(*names)
    assert most * 0.9 < len(reader.target) <= most
    shared.publish("here", channel=names[-1])
    reader.sees("here")


@pytest.mark.behind_apache
@pytest.mark.parametrize("target", ["/stream", "/realtime/a", "/sse/events", "/metrics", "/stream?channel=a"])
def test_head_on_a_stream_gets_headers_only(door, target):
    answer = door.ask("HEAD", target)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


# ---- paths and methods

@pytest.mark.behind_apache
@pytest.mark.parametrize("method,target,allowed", [
    ("POST", "/stream", "GET"), ("DELETE", "/stream", "GET"), ("PUT", "/realtime/a", "POST"),
    ("GET", "/api/broadcast", "POST"), ("GET", "/sse/send", "POST"), ("POST", "/sse/events", "GET"),
    ("POST", "/health", "GET"), ("DELETE", "/api/channels", "GET"), ("PUT", "/api/channels/a", "GET"),
    ("PATCH", "/api/broadcast", "POST")])
def test_a_method_that_is_not_meant_is_a_405_that_names_those_that_are(door, method, target, allowed):
    answer = door.ask(method, target, body=b"" if method in ("POST", "PUT", "PATCH") else None)
    is_refused(answer, 405)
    assert allowed in [m.strip() for m in answer.headers["allow"].split(",")]


@pytest.mark.behind_apache
@pytest.mark.parametrize("target", ["/realtime/a/b", "/api/nothing", "/api/", "/sse/nothing",
                                    "/realtime/a/"])
def test_a_path_that_leads_nowhere_is_a_404(door, target):
    is_refused(door.ask("GET", target), 404)


@pytest.mark.behind_apache
def test_a_channel_without_a_name_is_a_400(door):
    is_refused(door.ask("GET", "/realtime/"), 400)
    is_refused(door.ask("POST", "/realtime/", body=b"x"), 400)


@pytest.mark.behind_apache
@pytest.mark.parametrize("target", [
    "/%00", "/realtime/..", "/realtime/%2e%2e", "/realtime/%2e", "/realtime/../stream/..",
    "/realtime/a/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/../../etc/passwd",
    "/realtime/%c0%ae%c0%ae", "/api/channels/%2e%2e", "//etc/passwd", "/realtime//..//"])
def test_a_path_that_wants_out_gets_nothing(door, target):
    """Dots that lead no further than to / may get the page."""
    answer = door.ask("GET", target)
    page = (TOP / "www" / "index.html").read_bytes()
    assert answer.status in (400, 404) or (answer.status, answer.body) == (200, page), answer


@pytest.mark.behind_apache
@pytest.mark.parametrize("target", ["/realtime/..", "/realtime/%2e%2e", "/realtime/%2e", "/", "/index.html", "/app.js", "/x"])
def test_a_publisher_at_an_address_that_is_none_is_never_given_a_200(door, target):
    """Web servers resolve dots, and some answer a POST with a file."""
    assert 400 <= door.ask("POST", target, {}, b"x").status <= 501


@pytest.mark.behind_apache
def test_headers_of_more_than_the_limit_are_a_431(shared, door):
    answer = door.ask("GET", "/health", {"X-Filler": "x" * 40_000})
    assert answer.status == (431 if shared.web_server.name == "lighttpd" else 400)


@pytest.mark.behind_apache
def test_a_hundred_parameters_that_mean_nothing_mean_nothing(door):
    query = "&".join(f"p{n}={n}" for n in range(150))
    assert door.ask("GET", "/health?" + query).status == 200
    assert door.ask("POST", "/realtime/other?" + query, body=b"x").status == 200


# ---- the body of a POST

@pytest.mark.behind_apache
@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded",
                                  "multipart/form-data", "application/jsonx", "application/json5"])
def test_json_that_does_not_say_so_is_a_415(door, kind):
    for target in ("/api/broadcast", "/sse/send"):
        answer = door.ask("POST", target, {"Content-Type": kind}, b'{"message": "x"}')
        is_refused(answer, 415)


@pytest.mark.behind_apache
def test_a_body_above_the_limit_is_a_413(door):
    is_refused(door.ask("POST", "/realtime/a", body=b"x" * ((1 << 20) + 1)), 413)
    is_refused(door.ask("POST", "/api/broadcast", JSON, b" " * ((1 << 20) + 1)), 413)


@pytest.mark.behind_apache
def test_an_event_above_the_limit_is_a_413(door):
    is_refused(door.ask("POST", "/realtime/a", body=b"x" * (65507 + 1)), 413)
    is_refused(door.ask("POST", "/api/broadcast", JSON,
                        b'{"message":"' + b"x" * 65536 + b'"}'), 413)


@pytest.mark.behind_apache
def test_a_line_above_the_limit_is_a_413_and_no_line_is_published(shared, door):
    body = b"one\n" + b"x" * 65508 + b"\nthree"
    is_refused(door.ask("POST", "/realtime/lines?lines=1", body=body), 413)
    assert shared.channel("lines")["events"] == 0


@pytest.mark.behind_apache
def test_a_body_far_above_the_limit_ends_with_the_web_server(door):
    with door.dial() as sock:
        sock.sendall(b"POST /realtime/a HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\n")
        answer = HttpAnswer("POST")
        sock.settimeout(10)
        while not answer.ended and (piece := sock.recv(65536)):
            answer.feed(piece)
        assert answer.status == 413


@pytest.mark.behind_apache
def test_a_post_without_a_length_is_a_411(door):
    answer = door.ask("POST", "/realtime/a", raw=b"POST /realtime/a HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.status in (400, 411)


@pytest.mark.behind_apache
@pytest.mark.parametrize("length", ["-1", "abc", "1, 2", "0x10"])
def test_a_length_that_is_no_number_is_a_400(door, length):
    answer = door.ask("POST", "/realtime/a", {"Content-Length": length}, b"x")
    assert answer.status == 400


@pytest.mark.behind_apache
def test_a_body_shorter_than_its_length_publishes_nothing(shared, door):
    with door.dial() as sock:
        sock.sendall(b"POST /realtime/short HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(10)
        sock.recv(65536)
    assert shared.channel("short")["events"] == 0


@pytest.mark.behind_apache
def test_a_chunked_body_is_a_body(shared, door):
    reader = shared.listen("chunked")
    answer = door.ask("POST", "/realtime/chunked", raw=b"POST /realtime/chunked HTTP/1.1\r\nHost: x\r\n"
                      b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")
    assert answer.status == 200
    reader.sees("abcdef")


# ---- JSON

BAD_JSON = {
    "nothing": b"",
    "spaces": b"   ",
    "half": b'{"message": ',
    "a word": b"hello",
    "single quotes": b"{'message': 'x'}",
    "NaN": b'{"message": NaN}',
    "Infinity": b'{"message": -Infinity}',
    "a comment": b'{"message": 1 /* x */}',
    "a trailing comma": b'{"message": 1,}',
    "trailing bytes": b'{"message": 1} x',
    "two objects": b'{"message": 1}{"message": 2}',
    "NUL behind it": b'{"message": 1}\0',
    "NUL in a string": b'{"message": "a\0b"}',
    "an escaped NUL in the channel": b'{"message": 1, "channel": "a\\u0000b"}',
    "a raw line end in a string": b'{"message": "a\nb"}',
    "invalid UTF-8": b'{"message": "\xff"}',
    "overlong UTF-8": b'{"message": "\xc0\xaf"}',
    "a UTF-8 surrogate": b'{"message": "\xed\xa0\x80"}',
    "a lone surrogate in the channel": b'{"message": 1, "channel": "\\ud800"}',
    "a bad escape": b'{"message": "\\x41"}',
    "a short escape": b'{"message": "\\u12"}',
    "a leading zero": b'{"message": 01}',
    "a lone minus": b'{"message": -}',
    "a number without digits": b'{"message": 1.}',
    "plus": b'{"message": +1}',
    "hexadecimal": b'{"message": 0x10}',
    "capital TRUE": b'{"message": TRUE}',
    "a duplicate key": b'{"message": 1, "message": 2}',
    "a duplicate key in disguise": b'{"message": 1, "m\\u0065ssage": 2}',
    "a duplicate key further in": b'{"message": {"a": 1, "a": 2}}',
    "33 levels": b'{"message": ' + b"[" * 32 + b"]" * 32 + b"}",
    "a thousand levels": b'{"message": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "100,000 levels, not closed": b"[" * 100_000,
    "two BOMs": b'\xef\xbb\xbf\xef\xbb\xbf{"message": 1}',
    "a BOM within": b'{\xef\xbb\xbf"message": 1}',
    "UTF-16": '{"message": 1}'.encode("utf-16"),
    "an array": b'[{"message": 1}]',
    "a string": b'"message"',
    "null": b"null",
    "no message": b'{"channel": "a"}',
    "a channel that is a number": b'{"message": 1, "channel": 5}',
    "a channel that is null": b'{"message": 1, "channel": null}',
    "an empty channel": b'{"message": 1, "channel": ""}',
    "a channel with a line end": b'{"message": 1, "channel": "a\\nb"}',
    "a channel of 256 bytes": b'{"message": 1, "channel": "' + b"x" * 256 + b'"}',
    "an event that is a number": b'{"message": 1, "event": 5}',
    "an event with CR": b'{"message": 1, "event": "a\\rb"}',
    "an event with LF": b'{"message": 1, "event": "a\\nb"}',
    "an event with NUL": b'{"message": 1, "event": "a\\u0000b"}',
    "an event of 65 bytes": b'{"message": 1, "event": "' + b"x" * 65 + b'"}',
    "an id that is a list": b'{"message": 1, "id": []}',
    "an id of 201 bytes": b'{"message": 1, "id": "' + b"x" * 201 + b'"}',
    "an id with a line end": b'{"message": 1, "id": "a\\nb"}',
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_bad_json_is_a_400(door, name):
    is_refused(door.ask("POST", "/api/broadcast", JSON, BAD_JSON[name]), 400)


@pytest.mark.parametrize("body", [b'{"message": 5}', b'{"message": null}', b'{"text": "x"}', b"[]",
                                  b'{"message": ["x"]}'])
def test_sse_send_wants_a_text(door, body):
    is_refused(door.ask("POST", "/sse/send", JSON, body), 400)


@pytest.mark.parametrize("target", ["/api/broadcast", "/sse/send"])
@pytest.mark.parametrize("body", [b'{"message": "\\ud83d"}', b'{"message": "x", "more": ["\\ude00 y"]}',
                                  b'{"message": "x", "\\ud83d": 1}', b'\xef\xbb\xbf{"message": "\\ud83d\\n"}'])
def test_half_a_surrogate_pair_is_refused_alike_everywhere_and_named(door, target, body):
    answer = door.ask("POST", target, JSON, body)
    is_refused(answer, 400)
    assert answer.json["error"] == "bad_text" and "half a surrogate pair" in answer.json["message"]
    at = int(answer.json["message"].rpartition("at byte ")[2].rstrip(")"))
    assert body[at:at + 3] == b"\\ud"


@pytest.mark.parametrize("body,cause", [('{"message": 1}'.encode("utf-16"), "UTF-16"),
                                        (b'\xef\xbb\xbf\xef\xbb\xbf{"message": 1}', "byte order mark")])
def test_what_is_wrong_before_the_first_brace_is_named(door, body, cause):
    assert cause in door.ask("POST", "/api/broadcast", JSON, body).json["message"]


@pytest.mark.parametrize("body,at", [(b'{"message": nope}', 12), (b'{"message": 1} x', 15)])
def test_bad_json_says_where(door, body, at):
    message = door.ask("POST", "/api/broadcast", JSON, body).json["message"]
    assert any(str(n) in message for n in range(at - 1, at + 3)), message


@pytest.mark.behind_apache
@pytest.mark.parametrize("message", [b"[" * 30 + b"]" * 30, b' \t\r\n"\\ud83d\\ude00" \n', b"1e400",
                                     b"123456789012345678901234567890", b'"\\u0000"'])
def test_json_that_only_looks_bad_is_published(door, message):
    body = b'{"channel": "fine", "message": ' + message + b"}"
    assert door.ask("POST", "/api/broadcast", JSON, body).status == 200


# ---- events, ids

@pytest.mark.behind_apache
@pytest.mark.parametrize("query", ["event=a%0ab", "event=a%0db", "event=a%00b", "event=" + "x" * 65,
                                   "event=%ff", "event=%zz", "id=a%0ab", "id=" + "x" * 201, "id=%ff"])
def test_a_bad_event_type_or_id_is_a_400(door, query):
    is_refused(door.ask("POST", "/realtime/a?" + query, body=b"x"), 400)


@pytest.mark.behind_apache
def test_the_types_error_and_open_are_allowed(shared):
    reader = shared.listen("types")
    for type in ("error", "open"):
        shared.publish("x", channel="types", event=type)
        reader.sees("x", type=type)


@pytest.mark.behind_apache
@pytest.mark.parametrize("body", [b"\xff", b"abc\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"a\xe2\x80"])
def test_data_that_is_no_utf8_is_a_400(door, body):
    is_refused(door.ask("POST", "/realtime/a", body=body), 400)
    is_refused(door.ask("POST", "/realtime/a?lines=1", body=b"fine\n" + body), 400)


@pytest.mark.behind_apache
def test_the_same_id_with_the_same_content_is_the_same_cursor_with_other_content_a_409(door):
    one = door.ask("POST", "/realtime/ids?id=k", body=b"x")
    two = door.ask("POST", "/realtime/ids?id=k", body=b"x")
    assert one.status == two.status == 200 and one.json["id"] == two.json["id"]
    is_refused(door.ask("POST", "/realtime/ids?id=k", body=b"y"), 409)


# ---- other sites

@pytest.mark.behind_apache
def test_a_post_from_another_site_is_a_403(door):
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"},
                    {"Sec-Fetch-Site": "cross-site"}):
        answer = door.ask("POST", "/realtime/a", headers, b"x")
        is_refused(answer, 403)
        assert not [h for h in answer.headers if h.startswith("access-control")]


@pytest.mark.behind_apache
def test_a_preflight_from_another_site_gets_no_cors_headers(door):
    answer = door.ask("OPTIONS", "/api/broadcast", {
        "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})
    assert not [h for h in answer.headers if h.startswith("access-control")]


@pytest.mark.behind_apache
def test_a_page_of_the_same_site_may_post(shared, door):
    headers = {"Origin": f"http://127.0.0.1:{shared.port}", "Sec-Fetch-Site": "same-origin"}
    assert door.ask("POST", "/realtime/same", headers, b"x").status == 200


# ---- for now

def test_what_cannot_be_served_for_now_is_no_error_for_a_browser(make_world):
    world = make_world({"responder": {"streams": 1, "publish_rate": 2}}, web=True)
    world.listen()
    answer = world.door.ask("GET", "/stream", {"Accept": "text/event-stream"})
    assert answer.status == 200 and answer.ended and answer.body.startswith(b"retry: ")
    is_refused(world.door.ask("GET", "/stream", {"Accept": "application/json"}), 503, True)
    answers = [world.post("/realtime/a", b"x") for _ in range(20)]
    assert {a.status for a in answers} == {200, 429}
    is_refused([a for a in answers if a.status == 429][0], 429, True)


def test_without_a_hub_a_post_is_a_503(make_world):
    world = make_world(web=True)
    reader = world.listen()
    world.hub.kill_all()
    world.is_degraded()
    is_refused(world.post("/realtime/a", b"x"), 503, True)
    assert reader.state == "OPEN"
    assert json.loads(world.health().body)["status"] == "degraded"
