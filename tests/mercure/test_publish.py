# SPDX-License-Identifier: MIT
"""Who publishes at /.well-known/mercure, as the protocol's clients do, and what he is told."""

import hashlib
import json
import time
from urllib.parse import quote

import jwt
import pytest

from mercure import FORM, PATH, SECRET, held, mercure, publisher, token
from refused import is_refused
from visitor import visitor

URL = "https://example.com/books/1"
API_TOKEN = "tk_of-the-build-server"
OWN, NAMED, FOREIGN = "http://localhost", "https://app.example", "https://evil.example"


@pytest.fixture(scope="module")
def site(make_shared_world, tmp_path_factory):
    return make_shared_world(mercure(tmp_path_factory.mktemp("keys"), {
        "responder": {"origins": NAMED, "token_in_url": "yes"},
        "access ci": {"who": "token:" + hashlib.sha256(API_TOKEN.encode()).hexdigest(), "publish": "builds/{name}"},
        "access office": {"who": "address:192.0.2.0/24 users", "publish": "*"},
    }))


def published(answer, id=None):
    """The cursor, if it has no id of its own."""
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    if id is not None:
        assert answer.text == id
        return None
    assert answer.text[0] == "#" and answer.text[1:].isdigit()
    return answer.text[1:]


def next_of(reader):
    event = reader.next()
    while event.type == "connected":
        event = reader.next()
    return event


# ---- the answer, and who hears it

def test_an_update_is_answered_with_its_id_and_heard_by_streams(site, app):
    reader = site.listen(URL)
    id = published(app.publish(URL, data="new"))
    reader.sees("new", id=id)


def test_an_update_is_seen_as_any_event_is_by_envelopes_patterns_and_lists(site, app):
    topic = "https://example.com/rooms/7?a=b&c"
    wrapped = site.listen(path=f"/stream?channel={quote(topic, safe='')}&envelope=1")
    pattern = site.listen(path="/stream?pattern=" + quote("https://example.com/rooms/{+rest}"))
    typed = site.listen(topic)
    id = published(app.publish(topic, data='{"a":1}\n\n  b', type="opened"))
    assert json.loads(next_of(wrapped).data) == {"channel": topic, "data": '{"a":1}\n\n  b'}
    assert next_of(pattern).data == '{"a":1}\n\n  b'
    typed.sees('{"a":1}\n\n  b', type="opened", id=id)
    answer = site.door.ask("GET", "/api/channels/" + quote(topic, safe=""))
    assert (answer.json["channel"], answer.json["events"], answer.json["newest"]) == (topic, 1, id)


def test_what_is_published_otherwise_goes_on_as_it_was(site):
    reader = site.listen("plain")
    answer = site.post("/realtime/plain", b"one")
    assert answer.json["channel"] == "plain"
    answer = site.post("/api/broadcast", b'{"message":"x","channel":"plain","timestamp":1}',
                       {"Content-Type": "application/json"})
    assert answer.status == 200
    reader.sees("one", '{"message":"x","timestamp":1}')


def test_several_topics_are_one_event_and_who_listens_to_two_of_them_sees_it_once(site, app):
    first, second, both = site.listen("t/1"), site.listen("t/2"), site.listen("t/1", "t/2")
    id = published(app.publish("t/1", "t/2", "t/1", data="x"))
    for reader in (first, second, both):
        reader.sees("x", id=id)
    published(app.publish("t/2", data="fence"))
    both.sees("fence")
    assert both.data == ["x", "fence"]


def test_topics_may_be_written_as_php_writes_a_list(site, app):
    readers = [site.listen("list/1"), site.listen("list/2")]
    published(app.send(b"topic%5B0%5D=list%2F1&topic[]=list/2&data=x"))
    for reader in readers:
        reader.sees("x")


def test_a_field_that_is_there_twice_counts_once_and_unknown_ones_are_passed_over(site, app):
    reader = site.listen("twice")
    published(app.publish("twice", data=["first", "second"], id=["a-1", "a-2"], colour="red"), id="a-1")
    reader.sees("first")


def test_an_update_without_data_is_an_event_without_data(site, app):
    reader = site.listen("empty")
    published(app.publish("empty"))
    assert next_of(reader).data == ""
    published(app.send(b"topic=empty&data=&id=&type=&retry="))
    assert next_of(reader).data == ""


def test_a_private_update_reaches_only_whom_it_is_granted(site, app):
    alice = visitor(site, token=token(subscribe=["users/{+rest}"]))
    mallory = visitor(site)
    granted, other = alice.listen("users/1"), mallory.listen("users/1")
    for value in ("on", "", "0", "false"):
        published(app.publish("users/1", data="secret " + value, private=value))
    published(app.send(b"topic=users%2F1&data=secret+bare&private"))
    published(app.publish("users/1", data="public"))
    granted.sees("secret on", "secret ", "secret 0", "secret false", "secret bare", "public")
    other.sees("public")
    assert other.data == ["public"]


# ---- its own id

def test_its_own_id_is_the_answer_and_repeating_it_publishes_nothing(site, app):
    reader = site.listen("own")
    for _ in range(3):
        published(app.publish("own", data="x", id="urn:uuid:1", private="on", type="t", retry="7"), id="urn:uuid:1")
        published(app.publish("own", data="y", id="urn:uuid:1"), id="urn:uuid:1")
    published(app.publish("own", data="fence"))
    reader.sees("y", "fence")
    assert held(site, "own") == 3


@pytest.mark.parametrize("other", [
    {"data": "y"}, {"type": "t"}, {"private": "on"}, {"retry": "5"}], ids=str)
def test_the_same_id_with_other_content_is_another_event(site, app, other):
    channel = f"same/{next(iter(other))}"
    published(app.publish(channel, **{"data": "x", "id": "1"}), id="1")
    published(app.publish(channel, **{"data": "x", "id": "1", **other}), id="1")
    assert held(site, channel) == 2
    published(app.publish(channel, channel + "/2", data="x", id="1"), id="1")
    assert held(site, channel) == 3


def test_an_id_is_apart_from_those_of_other_ways_to_publish(site, app):
    published(app.publish("apart", data="x", id="1"), id="1")
    assert site.post("/realtime/apart?id=1", b"y").status == 200
    assert site.post("/realtime/apart?id=1", b"z").status == 409
    assert site.channel("apart")["events"] == 2


# ---- what is wrong with an update

LONG = "https://example.com/" + "x" * 980


@pytest.mark.parametrize("topic", [LONG, "ä" * 500, "a/../b", "*a", "{id}", "https://[", "a b", "mercury",
                                   "https://example.com/.well-known/mercurey", "urn:x:/.well-known/mercure",
                                   "/a/.well-known/mercure", "https://example.com/?/.well-known/mercure", "."])
def test_a_topic_may_be(site, app, topic):
    reader = site.listen(path="/stream?channel=" + quote(topic, safe=""))
    published(app.publish(topic, data="x"))
    reader.sees("x")


@pytest.mark.parametrize("topic", [
    "", LONG + "x", "ä" * 501, "*", "a\nb", "a\rb", "a\0b", "\x7f", "\x85", "a\u200bb", "\u202e", "\ufeffx", "\u00ad",
    "\U000e0041", b"%ff", b"%c3", b"%ed%a0%80", "/.well-known/mercure", "/.well-known/mercure/subscriptions/a/b",
    "https://example.com/.well-known/mercure", "http://a:80/.well-known/mercure/x", "//a/.well-known/mercure?x#y",
    "/.well-known/x/../mercure", "/./.well-known/./mercure/.", "/.well-known/%6dercure", "/%2ewell-known/mercure",
    "/.well-known/x/%2E%2e/mercure/y", "mercure", "./mercure/x", "../.well-known/mercure", "?a", "#b",
    "https:\\\\a\\.well-known\\mercure", " /.well-known/mercure "], ids=ascii)
def test_a_topic_may_not_be(site, app, topic):
    coded = topic if isinstance(topic, bytes) else quote(topic, safe="").encode()
    for body in (b"topic=" + coded + b"&data=x", b"data=x&topic=fine&topic=" + coded):
        is_refused(app.send(body), 400, "bad_topic")
    assert site.channel("fine")["events"] == 0


@pytest.mark.parametrize("body", [b"", b"data=x", b"Topic=a&data=x", b"&&=&topic"], ids=str)
def test_an_update_needs_a_topic(app, body):
    is_refused(app.send(body), 400, "bad_topic")


def test_an_update_has_at_most_a_hundred_topics_and_a_megabyte_on_all(site, app):
    names = [f"many/{n}" for n in range(101)]
    published(app.publish(*names[:100], *names[:50], data="x"))
    is_refused(app.publish(*names, data="x"), 413, "too_many_channels")
    is_refused(app.publish(*[LONG[:-1] + str(n) for n in range(9)], data="x"), 413, "too_many_channels")
    is_refused(app.publish(*names[:40], data="x" * 30_000), 413, "too_much")
    assert site.channel("many/100")["events"] == 0


@pytest.mark.parametrize("fields, code", [
    ({"id": "#1"}, "bad_id"), ({"id": "earliest"}, "bad_id"), ({"id": "a\nid: b"}, "bad_id"), ({"id": "a\0"}, "bad_id"),
    ({"id": "a\u200d"}, "bad_id"), ({"id": " a"}, "bad_id"), ({"id": "a "}, "bad_id"), ({"id": "i" * 201}, "bad_id"), ({"id": b"\xff"}, "bad_id"),
    ({"type": "mercure"}, "bad_event"), ({"type": "a\rb"}, "bad_event"), ({"type": "\u061c"}, "bad_event"),
    ({"type": "t" * 65}, "bad_event"), ({"retry": "x"}, "bad_retry"), ({"retry": "-1"}, "bad_retry"),
    ({"retry": "1.5"}, "bad_retry"), ({"retry": " 1"}, "bad_retry"), ({"retry": "4294967296"}, "bad_retry"),
    ({"retry": "9" * 30}, "bad_retry"), ({"data": b"\xff"}, "not_utf8")], ids=lambda value: ascii(value)[:30])
def test_a_field_may_not_be(site, app, fields, code):
    is_refused(app.publish("field", **{"data": "x", **fields}), 400, code)
    assert site.channel("field")["events"] == 0


def test_fields_may_be_as_long_as_is_said(site, app):
    for fields in ({"id": "i" * 200}, {"type": "t" * 64}, {"retry": "4294967295"}, {"retry": "0"}, {"id": "a#"},
                   {"type": "message"}, {"id": 'id-["https://example.net/foo/ab12"]'}):
        published(app.publish("fits", **fields, data="x"), id=fields.get("id"))


@pytest.mark.parametrize("body", [b"topic=a&data=%", b"topic=a&data=%2", b"topic=a&id=%zz", b"topic=%&data=x"], ids=str)
def test_half_a_percent_is_told(app, body):
    is_refused(app.send(body), 400, "bad_form")


@pytest.mark.parametrize("type", ["application/json", "text/plain", "multipart/form-data; boundary=x", "",
                                  "application/x-www-form-urlencodedx"])
def test_a_body_of_another_type_is_told(app, type):
    is_refused(app.send(b"topic=a&data=x", {"Content-Type": type}), 415, "not_a_form")


def test_the_type_of_the_body_may_name_its_characters(app):
    for type in (FORM + "; charset=utf-8", FORM.upper(), FORM + ";charset=UTF-8"):
        published(app.send(b"topic=typed&data=x", {"Content-Type": type}))


def test_what_is_too_long_is_told(site, app):
    is_refused(app.publish("long", data="x" * (2 << 20)), 413, "body_too_long")
    most = 65536 - len("id: #1795232262243520\n\ndata: \n")
    published(app.publish("long", data="x" * most))
    is_refused(app.publish("long", data="x" * (most + 1)), 413, "event_too_long")
    is_refused(app.publish("long", data="x" * most, id="i" * 18), 413, "event_too_long")
    is_refused(app.publish("long", data="x" * most, retry="1"), 413, "event_too_long")
    assert site.channel("long")["events"] == 1


# ---- who may

def test_who_shows_nothing_is_asked_for_a_token_also_from_this_machine(site):
    for address in ("127.0.0.1", "::1", "192.0.2.1"):
        is_refused(publisher(site, address=address).publish("news", data="x"), 401, "no_token",
                   'Bearer realm="tidings"')


def test_an_address_and_a_login_are_no_proof_here(site):
    alice = visitor(site, user="alice")
    assert alice.post("news").status == 200
    answer = alice.door.ask("POST", PATH, {"Content-Type": FORM}, b"topic=news&data=x")
    is_refused(answer, 401, "no_token")
    basic = alice.door.ask("POST", PATH, {"Content-Type": FORM, "Authorization": "Basic YTpi"}, b"topic=news&data=x")
    is_refused(basic, 401, "no_token")


@pytest.mark.parametrize("bad", [
    "x", "a.b.c", token(["*"], secret="another key, which the hub does not know"),
    token(["*"], claims={"exp": 1}), token(["*"], claims={"nbf": 1 << 40}), token(["*"], algorithm="HS512"),
    token(["*"])[:-2], token(["*"]) + "A", token("*"), token([1]),
    "eyJhbGciOiJub25lIn0.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiKiJdfX0."])
def test_a_bad_token_is_told(site, bad):
    is_refused(publisher(site, bearer=bad).publish("news", data="x"), 401, "bad_token", 'error="invalid_token"')


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer a b, Bearer c", "Bearer " + "x" * 9000])
def test_a_header_that_makes_no_sense_is_told(site, header):
    asked = publisher(site, Authorization=header)
    assert asked.publish("news", data="x").status == 400


@pytest.mark.parametrize("rights", [{}, {"publish": []}, {"subscribe": ["*"]}], ids=str)
def test_a_token_that_grants_no_publishing_is_told(site, rights):
    for topic in ("news", "*"):
        answer = publisher(site, bearer=token(**rights)).publish(topic, data="x")
        is_refused(answer, 403, "not_granted", 'error="insufficient_scope"')


@pytest.mark.parametrize("granted, topics, allowed", [
    (["*"], ["anything", URL], True), (["a"], ["a"], True), (["a", "b/{x}"], ["a", "b/1"], True),
    (["https://example.com/{+x}"], [URL], True), (["b/{x}"], ["b/1/2"], False), (["a"], ["b"], False),
    (["a"], ["a", "b"], False), (["{unclosed"], ["x"], False), (["a"], ["A"], False)], ids=str)
def test_all_topics_of_an_update_must_be_granted(site, granted, topics, allowed):
    answer = publisher(site, publish=granted).publish(*topics, data="x")
    if allowed:
        published(answer)
    else:
        is_refused(answer, 403, "not_granted", 'error="insufficient_scope"')


def test_an_update_on_a_topic_that_is_granted_and_one_that_is_not_is_stored_on_none(site):
    publisher(site, publish=["both/1"]).publish("both/1", "both/2", data="x")
    assert site.channel("both/1")["events"] == site.channel("both/2")["events"] == 0


def test_a_token_may_name_its_claim_in_full_and_stand_in_the_url(site):
    claims = {"https://mercure.rocks/": {"publish": ["*"]}}
    full = jwt.encode(claims, SECRET, algorithm="HS256")
    published(publisher(site, bearer=full).publish("news", data="x"))
    published(publisher(site).publish("news", data="x", path=f"{PATH}?authorization={full}"))


def test_an_api_token_publishes_what_its_section_grants(site):
    ci = publisher(site, bearer=API_TOKEN)
    published(ci.publish("builds/1", data="done"))
    is_refused(ci.publish("news", data="x"), 403, "not_granted")


def test_an_access_token_of_oauth_publishes(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {"keys mercure": {
        "form": "oauth", "issuer": "https://login.example", "audience": "https://example.com" + PATH}}))
    detail = {"type": "https://mercure.rocks/authorization-detail", "actions": ["publish"],
              "topics": [{"match": "news"}]}
    claims = {"iss": "https://login.example", "aud": ["https://example.com" + PATH],
              "exp": int(time.time()) + 600, "authorization_details": [detail]}
    good = jwt.encode(claims, SECRET, algorithm="HS256", headers={"typ": "at+jwt"})
    published(publisher(world, bearer=good).publish("news", data="x"))
    is_refused(publisher(world, bearer=good).publish("other", data="x"), 403, "not_granted")
    for wrong in ({"aud": "x"}, {"iss": "x"}, {"exp": 1}):
        bad = jwt.encode({**claims, **wrong}, SECRET, algorithm="HS256", headers={"typ": "at+jwt"})
        is_refused(publisher(world, bearer=bad).publish("news", data="x"), 401, "bad_token")


def test_without_keys_nobody_publishes_here(make_world):
    world = make_world({"responder": {"mercure": "yes"}})
    is_refused(publisher(world, publish=["*"]).publish("news", data="x"), 401, "no_token")


# ---- pages

@pytest.mark.parametrize("headers, allowed", [
    ({"Origin": OWN}, True), ({"Origin": NAMED}, True), ({"Referer": OWN + "/page?x"}, True),
    ({"Referer": NAMED + "/page"}, True), ({"Sec-Fetch-Site": "same-origin"}, True),
    ({}, False), ({"Origin": FOREIGN}, False), ({"Origin": "null"}, False), ({"Referer": FOREIGN + "/"}, False),
    ({"Origin": FOREIGN, "Referer": OWN + "/"}, False), ({"Origin": NAMED + ".evil.example"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False)], ids=str)
def test_a_cookie_publishes_only_for_pages_that_are_ours_or_named(site, headers, allowed):
    page = publisher(site, cookie=token(["*"]), **headers)
    answer = page.publish("news", data="x")
    if allowed:
        published(answer)
    else:
        is_refused(answer, 403, "foreign_origin")


def test_a_token_in_the_header_needs_no_page_and_beats_the_cookie(site):
    published(publisher(site, bearer=token(["*"]), Origin=FOREIGN).publish("news", data="x"))
    published(publisher(site, bearer=token(["*"]), cookie="bad").publish("news", data="x"))
    is_refused(publisher(site, bearer="bad", cookie=token(["*"]), Origin=OWN).publish("news", data="x"),
               401, "bad_token")


def test_a_page_that_is_named_may_read_the_answer_and_is_told_what_it_may_send(site, app):
    answer = app.publish("news", data="x", headers={"Origin": NAMED})
    assert answer.headers["access-control-allow-origin"] == NAMED
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "access-control-allow-origin" not in app.publish("news", data="x", headers={"Origin": FOREIGN}).headers
    asked = {"Origin": NAMED, "Access-Control-Request-Method": "POST",
             "Access-Control-Request-Headers": "authorization, cache-control, last-event-id"}
    answer = site.door.ask("OPTIONS", PATH, asked)
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, POST, OPTIONS"
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "last-event-id", "cache-control"))


# ---- where it is

def test_there_is_nothing_where_it_is_not_switched_on(make_world):
    world = make_world()
    for method in ("GET", "POST", "OPTIONS", "PUT"):
        assert world.door.ask(method, PATH).status == 404


def test_a_method_that_is_not_known_is_told_which_are(site):
    for method in ("PUT", "DELETE", "PATCH", "QUERY"):
        answer = site.door.ask(method, PATH)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")


def test_it_is_below_the_base_and_at_the_root(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {"responder": {"base": "/app"}}))
    app = publisher(world, publish=["*"])
    for path in (PATH, "/app" + PATH):
        published(app.publish("news", data="x", path=path))
    assert app.publish("news", data="x", path="/other" + PATH).status == 404


# ---- what befalls the hub

def test_an_update_is_answered_only_once_it_is_stored(make_world, tmp_path):
    world = make_world(mercure(tmp_path))
    app = publisher(world, publish=["*"])
    reader = world.listen("news", reconnect=True)
    ids = []
    for n in range(6):
        if n % 2:
            world.hub.kill_worker()
        answer = app.publish("news", data=str(n), id=f"n{n}")
        assert answer.status == 200, answer
        ids.append(answer.text)
    reader.sees(*map(str, range(6)))
    assert ids == [f"n{n}" for n in range(6)]
