# SPDX-License-Identifier: MIT
"""Private updates at /.well-known/mercure: who hears them, and what a token is worth."""

import time

import jwt
import pytest

from mercure import SECRET, mercure, publisher, token
from mercure_reader import reader
from refused import is_refused

PAGE = "https://app.example"


@pytest.fixture(scope="module")
def site(make_shared_world, tmp_path_factory):
    return make_shared_world(mercure(tmp_path_factory.mktemp("keys"),
                                     {"responder": {"origins": PAGE, "private": "secrets/{n}"}}))


def tell(app, *topics):
    """A private update for each, and a public one that ends it."""
    for topic in topics:
        assert app.publish(topic, data=f"private {topic}", private="on").status == 200
    app.publish(topics[0], data="end")


# ---- who hears

def test_an_anonymous_reader_hears_what_is_public(site, app):
    stream = reader(site).listen("users/1", "users/{n}", "*")
    tell(app, "users/1")
    stream.sees("end")
    again = reader(site).listen("users/1", last_event_id="earliest")
    again.sees("end")


@pytest.mark.parametrize("rights", [["users/2"], ["users/{n}"], ["*"], ["other", "users/{+x}"]])
def test_a_private_update_reaches_who_may_read_its_topic(site, app, rights):
    alice = reader(site, subscribe=rights)
    stream = alice.listen("users/2")
    tell(app, "users/2")
    stream.sees("private users/2", "end")


@pytest.mark.parametrize("rights", [[], ["users/33"], ["users/"], ["{n}"], ["users/3/{n}"]])
def test_it_reaches_nobody_else(site, app, rights):
    stream = reader(site, subscribe=rights).listen("users/3", "*")
    tell(app, "users/3")
    stream.sees("end")


def test_one_topic_of_an_update_that_he_may_read_is_enough(site, app):
    """What he listens to and what he may read are two questions."""
    bob = reader(site, subscribe=["groups/1"])
    stream = bob.listen("users/4")
    app.publish("users/4", "groups/1", data="for the group", private="")
    app.publish("users/4", data="for 4", private="on")
    app.publish("users/4", data="end")
    stream.sees("for the group", "end")


def test_an_update_for_several_is_heard_once_by_who_may_read_all(site, app):
    stream = reader(site, subscribe=["*"]).listen("a1", "a2", "a{n}")
    answer = app.publish("a1", "a2", "a3", data="once", private="on")
    app.publish("a1", data="end")
    stream.sees("once", id=answer.text)
    stream.sees("end")


def test_a_token_for_a_template_as_a_text_hears_the_topic_of_that_spelling(site, app):
    stream = reader(site, subscribe=["https://example.com/users/{id}"]).listen("https://example.com/users/{id}")
    tell(app, "https://example.com/users/{id}")
    stream.sees("private https://example.com/users/{id}", "end")


def test_the_past_is_judged_by_who_asks_now(site, app):
    first = app.publish("past", data="0").text
    tell(app, "past")
    reader(site).listen("past", last_event_id=first).sees("end")
    reader(site, subscribe=["past"]).listen("past", last_event_id=first).sees("private past", "end")


def test_a_private_channel_of_the_site_is_no_error_and_says_nothing(site, app):
    stream = reader(site).listen("secrets/1", "open")
    app.publish("secrets/1", data="hidden")
    app.publish("open", data="end")
    stream.sees("end")
    may = reader(site, subscribe=["secrets/{n}"]).listen("secrets/1")
    app.publish("secrets/1", data="shown")
    may.sees("shown")


def test_the_id_of_a_private_update_is_no_id_for_who_may_not_read_it(site, app):
    id = app.publish("idle", data="x", private="on", id="urn:private:1").text
    for rights in (None, ["another"]):
        assert reader(site, subscribe=rights).listen("idle", last_event_id=id).begins_at == "earliest"
    assert reader(site, subscribe=["idle"]).listen("idle", last_event_id=id).begins_at == id


# ---- how a token is shown

def test_the_cookie_counts(site, app):
    stream = reader(site, subscribe=["c1"], cookie=True).listen("c1")
    page = reader(site, subscribe=["c1"], cookie=True, origin=PAGE).listen("c1")
    tell(app, "c1")
    for one in (stream, page):
        one.sees("private c1", "end")
    assert page.answer.headers["access-control-allow-origin"] == PAGE
    assert page.answer.headers["access-control-allow-credentials"] == "true"
    exposed = page.answer.headers["access-control-expose-headers"]
    assert {"Last-Event-ID", "Mercure-Last-Event-ID", "Link"} <= set(exposed.split(", "))


def test_a_foreign_pages_cookie_counts_for_nothing(site, app):
    stream = reader(site, subscribe=["c2"], cookie=True, origin="https://evil.example").listen("c2")
    tell(app, "c2")
    stream.sees("end")
    assert "access-control-allow-origin" not in stream.answer.headers


def test_the_header_beats_the_cookie(site, app):
    both = reader(site, bearer=token(subscribe=["c3"]), cookie=token(subscribe=["other"]))
    stream = both.listen("c3")
    tell(app, "c3")
    stream.sees("private c3", "end")


def test_a_token_in_the_url_counts_where_that_is_allowed(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {"responder": {"token_in_url": "yes"}}))
    stream = reader(world).listen("u", authorization=token(subscribe=["u"]))
    tell(publisher(world, publish=["*"]), "u")
    stream.sees("private u", "end")
    assert stream.answer.headers["referrer-policy"] == "no-referrer"
    is_refused(reader(world).ask("u", authorization="x.y.z"), 401, "bad_token", "invalid_token")


def test_a_token_in_the_url_is_passed_over_where_it_is_not(site, app):
    stream = reader(site).listen("v", authorization=token(subscribe=["v"]))
    tell(app, "v")
    stream.sees("end")


BAD = {"no token": "x.y.z", "another key": token(subscribe=["t"], secret="another secret of 32 bytes or so."),
       "ended": token(subscribe=["t"], claims={"exp": int(time.time()) - 1}), "no list": token(subscribe="t"),
       "too many topics": token(subscribe=["a"] * 1001)}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_token_is_a_401_and_no_anonymous_stream(site, bad):
    is_refused(reader(site, bearer=bad).ask("t"), 401, "bad_token", "invalid_token")
    is_refused(reader(site, cookie=bad).ask("t"), 401, "bad_token", "invalid_token")


@pytest.mark.parametrize("shown,status,code", [
    ("Bearer", 400, "bad_authorization"), ("Bearer a, Bearer b", 400, "bad_authorization"),
    ("Basic dTpw", 401, "no_token"), (token(subscribe=["t"]), 401, "no_token")])
def test_a_header_that_shows_no_token_is_refused(site, shown, status, code):
    is_refused(reader(site, Authorization=shown).ask("t"), status, code)


def test_who_means_to_have_a_grant_is_not_left_anonymous(site, app):
    is_refused(reader(site).ask("t", authorized=1), 401, "no_token", "Bearer")
    stream = reader(site, subscribe=["w"]).listen("w", authorized=1)
    tell(app, "w")
    stream.sees("private w", "end")


def test_where_listeners_are_granted_nobody_is_anonymous(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {"responder": {"listeners": "granted"}}))
    is_refused(reader(world).ask("t"), 401, "no_token", "Bearer")
    assert reader(world).ask("t", method="HEAD").status == 401
    stream = reader(world, subscribe=[]).listen("t")
    publisher(world, publish=["*"]).publish("t", data="public")
    stream.sees("public")


# ---- how long it is worth anything

def test_a_stream_ends_with_its_token_and_without_a_word(site, app):
    stream = reader(site, subscribe=["e"], claims={"exp": int(time.time()) + 3}).listen("e")
    tell(app, "e")
    stream.sees("private e", "end")
    stream.wait(lambda: stream.state == "CLOSED", lambda: "has not ended", within=8)
    assert stream.answer.ended and len(stream.events) == 2


def test_a_token_that_has_ended_opens_no_stream_again(site):
    shown = token(subscribe=["e"], claims={"exp": int(time.time()) + 2})
    stream = reader(site, bearer=shown).listen("e", reconnect=True)
    stream.wait(lambda: stream.state == "CLOSED", lambda: f"goes on; {stream.story()}", within=10)
    assert stream.statuses[-1] == 401


def test_the_namespaced_claim_counts_as_well(site, app):
    shown = jwt.encode({"https://mercure.rocks/": {"subscribe": ["ns"]}, "mercure": {"subscribe": []}},
                       SECRET, "HS256")
    stream = reader(site, bearer=shown).listen("ns")
    tell(app, "ns")
    stream.sees("private ns", "end")


# ---- pages of other origins

def test_a_preflight_of_a_named_origin_lets_scripts_show_what_they_must(site):
    answer = site.door.ask("OPTIONS", "/.well-known/mercure", {
        "Origin": PAGE, "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,last-event-id,cache-control"})
    assert answer.status == 204 and answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-credentials"] == "true"
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "last-event-id", "cache-control"))
    foreign = site.door.ask("OPTIONS", "/.well-known/mercure", {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers
