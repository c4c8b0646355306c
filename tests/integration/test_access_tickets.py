# SPDX-License-Identifier: MIT
"""Tickets and sessions: who gets one, what it lets him read, and how it is shown."""

import base64
import hashlib
import json
import time

import jwt
import pytest

from refused import is_refused
from test_cgi_program import Run
from test_tokens import has_crypto
from tickets import CI, SECRET, SITE, asks, cookie_of, key_file, say, site, ticket_of, token  # noqa: F401, a fixture
from visitor import visitor
from world import eventually


def seconds_of(text):
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone


# ---- tickets

def test_a_ticket_in_the_url_reads_what_its_owner_may(site):
    ticket = ticket_of(visitor(site, user="7"))
    reader = visitor(site).listen(path=f"/stream?channel=users/7&channel=users/7/mail&ticket={ticket}")
    say(site, "users/7", "for 7")
    say(site, "users/7/mail", "mail")
    reader.sees("for 7", "mail")
    assert "no-referrer" in reader.answer.headers["referrer-policy"]
    is_refused(visitor(site).get(f"/stream?channel=users/8&ticket={ticket}"), 403, "not_granted")
    is_refused(visitor(site).get(f"/stream?channel=builds/1&ticket={ticket}"), 403, "not_granted")


@pytest.mark.parametrize("proof", [{"user": "7"}, {"token": CI}, {"token": "jwt"}, {"cookie": "jwt"}])
def test_each_proof_gets_a_ticket(site, proof):
    proof = {name: token(60) if value == "jwt" else value for name, value in proof.items()}
    if "cookie" in proof:
        proof = {"cookie": "mercureAuthorization=" + proof["cookie"], "origin": "https://app.example"}
    channel = "builds/1" if proof.get("token") == CI else "users/7"
    ticket = ticket_of(visitor(site, **proof))
    visitor(site).listen(path=f"/stream?channel={channel}&ticket={ticket}")


def test_a_ticket_says_when_it_ends(site):
    before = time.time()
    answer = asks(visitor(site, user="7"), age="2m").json
    assert before + 118 < seconds_of(answer["expires"]) <= time.time() + 120
    full = asks(visitor(site, user="7")).json
    assert before + 298 < seconds_of(full["expires"]) <= time.time() + 300
    header = jwt.get_unverified_header(answer["ticket"])
    assert header == {"alg": "HS256", "typ": "tidings-ticket"}


def test_a_ticket_is_good_no_longer_than_the_token_that_got_it(site):
    answer = asks(visitor(site, token=token(20))).json
    assert seconds_of(answer["expires"]) <= time.time() + 20
    again = asks(visitor(site), path="/api/ticket?ticket=" + answer["ticket"], age="4m").json
    assert seconds_of(again["expires"]) <= seconds_of(answer["expires"])


def test_a_ticket_reads_only_the_channels_that_were_named(site):
    seven = visitor(site, user="7")
    ticket = ticket_of(seven, channels=["users/7/mail"])
    visitor(site).listen(path=f"/stream?channel=users/7/mail&ticket={ticket}")
    is_refused(visitor(site).get(f"/stream?channel=users/7&ticket={ticket}"), 403, "not_granted")
    is_refused(visitor(site).get(f"/stream?channel=users/7/other&ticket={ticket}"), 403, "not_granted")
    for channels in (["users/8"], ["users/7", "users/8"], ["news"]):
        is_refused(asks(seven, channels=channels), 403, "not_granted")


@pytest.mark.parametrize("wish,code", [
    ({"age": "6m"}, "bad_age"), ({"age": "0s"}, "bad_age"), ({"age": 60}, "bad_age"), ({"age": "soon"}, "bad_age"),
    ({"channels": "users/7"}, "bad_type"), ({"channels": [7]}, "bad_type"), ({"channels": []}, "bad_channel"),
    ({"channels": [""]}, "bad_channel"), ({"channels": ["a\nb"]}, "bad_channel")])
def test_a_wish_that_makes_no_sense_is_a_400(site, wish, code):
    is_refused(asks(visitor(site, user="7"), **wish), 400, code)


def test_a_body_that_is_no_json_is_a_400(site):
    for body in (b"x", b"[]", b'{"age":"1m","age":"2m"}'):
        is_refused(visitor(site, user="7").door.ask("POST", "/api/ticket", {}, body), 400, "bad_json")


def test_who_shows_nothing_or_may_read_nothing_gets_no_ticket(site):
    is_refused(asks(visitor(site)), 401, "no_token")
    is_refused(asks(visitor(site, token="x.y.z")), 401, "bad_token")
    is_refused(asks(visitor(site, user="7", origin="https://evil.example")), 403, "foreign_origin")
    is_refused(asks(visitor(site, cookie="mercureAuthorization=" + token(60))), 403, "foreign_origin")
    is_refused(asks(visitor(site, token=jwt.encode({"mercure": {"publish": ["news"]}}, SECRET, "HS256"))),
               403, "not_granted")


def test_a_ticket_publishes_nothing(site):
    ticket = ticket_of(visitor(site, token=CI))
    answer = visitor(site).door.ask("POST", f"/realtime/builds%2F1?ticket={ticket}", {}, b"x")
    is_refused(answer, 403, "not_granted")


def test_a_ticket_is_no_bearer_and_a_token_no_ticket(site):
    ticket = ticket_of(visitor(site, user="7"))
    is_refused(visitor(site, token=ticket).get("/stream?channel=users/7"), 401, "bad_token")
    is_refused(visitor(site).get("/stream?channel=users/7&ticket=" + token(60)), 401, "bad_token")
    is_refused(visitor(site).get("/stream?channel=users/7&ticket="), 400, "bad_authorization")


@pytest.mark.parametrize("change", [lambda t: t[:-3] + "AAA", lambda t: t[:-1], lambda t: t + "A", lambda t: "a" + t,
                                    lambda t: t.replace(".", "..", 1), lambda t: "x",
                                    lambda t: t.rsplit(".", 1)[0] + "."])
def test_a_ticket_that_was_changed_is_refused(site, change):
    ticket = ticket_of(visitor(site, user="7"))
    is_refused(visitor(site).get("/stream?channel=users/7&ticket=" + change(ticket)), 401, "bad_token")


def test_a_ticket_that_is_signed_with_anything_else_is_refused(site):
    claims = {"exp": int(time.time()) + 60, "names": ["users/7"], "patterns": []}
    for key in (SECRET, "\0" * 32):
        forged = jwt.encode(claims, key, "HS256", headers={"typ": "tidings-ticket"})
        is_refused(visitor(site).get("/stream?channel=users/7&ticket=" + forged), 401, "bad_token")
    none = jwt.encode(claims, None, "none", headers={"typ": "tidings-ticket"})
    is_refused(visitor(site).get("/stream?channel=users/7&ticket=" + none), 401, "bad_token")


def test_a_name_that_looks_like_a_pattern_stays_a_name_in_a_ticket(make_world):
    world = make_world({**SITE, "access own": {"who": "users", "subscribe": "*"}})
    ticket = ticket_of(visitor(world, user="7"), channels=["users/{+rest}"])
    is_refused(visitor(world).get(f"/stream?channel=users/8&ticket={ticket}"), 403, "not_granted")
    wide = ticket_of(visitor(world, user="7"))
    visitor(world).listen(path=f"/stream?channel=users/8&ticket={wide}")


def test_a_ticket_of_another_log_is_refused_and_one_of_this_outlives_every_restart(make_world):
    first, other = make_world(SITE), make_world(SITE)
    ticket = ticket_of(visitor(first, user="7"))
    is_refused(visitor(other).get(f"/stream?channel=users/7&ticket={ticket}"), 401, "bad_token")
    first.hub.stop()
    first.hub.start()
    first.responder.stop()
    first.responder.start()
    first.is_healthy()
    visitor(first).listen(path=f"/stream?channel=users/7&ticket={ticket}")


def test_a_ticket_is_good_at_each_worker(make_world):
    world = make_world({**SITE, "responder": {**SITE["responder"], "workers": "2"}})
    # a worker that has not met the hub yet knows none
    eventually(lambda: world.responder.log().count("connected to the hub") == 2, "both workers being there")
    ticket = ticket_of(visitor(world, user="7"))
    for _ in range(8):
        visitor(world).listen(path=f"/stream?channel=users/7&ticket={ticket}")


def test_where_there_are_no_tickets_none_is_made_or_looked_at(make_world):
    world = make_world({**SITE, "responder": {**SITE["responder"], "ticket_age": "0"}})
    is_refused(asks(visitor(world, user="7")), 404, "not_found")
    is_refused(asks(visitor(world, user="7"), path="/api/session"), 404, "not_found")
    is_refused(visitor(world).get("/stream?channel=users/7&ticket=x"), 403, "not_granted")
    visitor(world).listen(path="/stream?channel=news&ticket=x")


def test_a_ticket_of_too_many_channels_is_refused(make_world, tmp_path):
    world = make_world({**SITE, "keys site": {"file": key_file(tmp_path), "algorithms": "HS256"}})
    who = visitor(world, token=token(60, *(f"a-channel-of-a-long-name/{i}" for i in range(190))))
    assert asks(who).status == 200
    is_refused(asks(who, path="/api/session"), 400, "ticket_too_long")
    assert asks(who, path="/api/session", channels=["a-channel-of-a-long-name/3"]).status == 204


def test_libcrypto_is_loaded_with_the_first_ticket(make_world):
    world = make_world({"responder": SITE["responder"], "access own": SITE["access own"]})
    assert not any(has_crypto(pid) for pid in (world.responder.pid, *world.responder.workers()))
    ticket_of(visitor(world, user="7"))
    assert any(has_crypto(pid) for pid in (world.responder.pid, *world.responder.workers()))


def test_a_ticket_is_good_in_a_process_for_one_request_too(site):
    how = {"REMOTE_USER": "7", "address": "192.0.2.1"}
    made = Run(site, "POST", "/api/ticket", body=b"", **how)
    try:
        status, out = made.ends()
        assert status == 0 and out.startswith(b"Status: 200"), out
    finally:
        made.close()
    ticket = json.loads(out.split(b"\r\n\r\n")[1])["ticket"]
    visitor(site).listen(path=f"/stream?channel=users/7&ticket={ticket}")
    one = Run(site, "GET", f"/stream?channel=users/7&ticket={ticket}", address="192.0.2.1")
    try:
        one.says(b"event: connected")
    finally:
        one.close()


def claims_of(ticket):
    return jwt.decode(ticket, options={"verify_signature": False})


def test_a_ticket_says_whose_it_is(site):
    claims = {"sub": "ann", "mercure": {"subscribe": ["users/7"], "payload": {"name": "Ann", "of": [1, None]}}}
    by_token = ticket_of(visitor(site, token=jwt.encode(claims, SECRET, "HS256")))
    handed_on = asks(visitor(site), path="/api/ticket?ticket=" + by_token).json["ticket"]
    for ticket in (by_token, handed_on):
        said = claims_of(ticket)
        assert (said["sub"], said["payload"]) == ("ann", {"name": "Ann", "of": [1, None]})
    assert claims_of(ticket_of(visitor(site, user="7")))["sub"] == "7"
    anybody = claims_of(ticket_of(visitor(site, token=CI)))
    assert not {"sub", "payload", "key"} & set(anybody)


def test_a_login_with_a_very_long_name_gets_a_ticket_that_reads_what_there_is(make_world):
    world = make_world({**SITE, "access more": {"who": "users", "subscribe": "news"}})
    who = visitor(world, user="é" * 300)
    ticket = ticket_of(who)
    visitor(world).listen(path="/stream?channel=news&authorized=1&ticket=" + ticket)


def test_a_ticket_tells_nothing_of_the_secret_that_signed_its_token(site):
    said = claims_of(ticket_of(visitor(site, token=token())))["key"]
    for digest in (hashlib.sha256(SECRET.encode()), hashlib.sha512(SECRET.encode())):
        assert said[:8] not in base64.urlsafe_b64encode(digest.digest()).decode()


@pytest.mark.parametrize("uri", ["/stream?channel=users/8&ticket={}", "/api/channels?authorization={}", "/nowhere?ticket={}",
                                 "/api/channels?ticket={}", "/tasks/stream?ticket={}&interval=x"])
def test_a_page_tells_no_other_site_an_address_that_lets_one_read(site, uri):
    answer = visitor(site).get(uri.format(ticket_of(visitor(site, user="7"))))
    assert answer.status != 200 or b"channels" in answer.body, answer
    assert answer.headers["referrer-policy"] == "no-referrer"


# ---- sessions

def test_a_session_is_a_cookie_that_reads(site):
    answer = asks(visitor(site, user="7"), path="/api/session", age="1m")
    assert answer.status == 204, answer
    cookie, attributes = cookie_of(answer)
    assert cookie.startswith("tidings_session=")
    age = attributes - {"HttpOnly", "SameSite=Strict", "Path=/"}
    assert len(attributes) == 4 and age <= {"Max-Age=60", "Max-Age=59"}
    reader = visitor(site, cookie="a=b; " + cookie).listen("users/7")
    say(site, "users/7", "for 7")
    reader.sees("for 7")
    is_refused(visitor(site, cookie=cookie).get("/stream?channel=users/8"), 403, "not_granted")


def test_a_session_over_https_is_for_https_only(site):
    answer = asks(visitor(site, user="7", REQUEST_SCHEME="https"), path="/api/session")
    assert "Secure" in cookie_of(answer)[1]


def test_a_foreign_page_makes_no_use_of_a_session(site):
    cookie, _ = cookie_of(asks(visitor(site, user="7"), path="/api/session"))
    foreign = visitor(site, cookie=cookie, origin="https://evil.example")
    is_refused(foreign.get("/stream?channel=users/7"), 403, "not_granted")
    is_refused(asks(foreign), 403, "foreign_origin")
    visitor(site, cookie=cookie, origin="https://app.example").listen("users/7")


def test_a_session_publishes_nothing(site):
    cookie, _ = cookie_of(asks(visitor(site, token=CI), path="/api/session"))
    is_refused(visitor(site, cookie=cookie, origin="https://app.example").post("builds/1"), 403, "not_granted")


def test_a_session_that_is_bad_is_taken_away(site):
    for value in ("x.y.z", token(60)):
        answer = visitor(site, cookie="tidings_session=" + value).get("/stream?channel=news")
        is_refused(answer, 401, "bad_token")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        cookie, attributes = cookie_of(answer)
        assert cookie == "tidings_session=" and {"Max-Age=0", "Path=/"} <= attributes


def test_who_ends_a_session_needs_to_show_nothing(site):
    answer = visitor(site, cookie="tidings_session=x").door.ask("DELETE", "/api/session")
    assert answer.status == 204 and cookie_of(answer)[0] == "tidings_session="
    assert "Max-Age=0" in cookie_of(answer)[1]
    wrong = visitor(site).door.ask("GET", "/api/session")
    assert wrong.status == 405 and wrong.headers["allow"] == "POST, DELETE, OPTIONS"
    assert visitor(site).door.ask("DELETE", "/api/ticket").status == 405


# ---- before the hub has come

def test_before_the_hub_has_come_who_shows_a_ticket_comes_back_later(make_world):
    world = make_world(SITE, hub=False)
    for how in ({"path": "/stream?channel=users/7&ticket=x"}, {"path": "/tasks/stream?ticket=x"}):
        early = visitor(world).listen(wait=False, **how)
        early.has_ended()
        assert early.answer.status == 200 and early.data == []
    early = visitor(world, cookie="tidings_session=x").listen("users/7", wait=False)
    early.has_ended()
    assert early.answer.status == 200
    for path in ("/api/ticket", "/api/session"):
        answer = asks(visitor(world, user="7"), path=path)
        is_refused(answer, 503, "hub_away", retry_after=True)
        assert answer.headers["retry-after"] == "1"
    plain = visitor(world).door.ask("GET", "/stream?channel=users/7&ticket=x", {"Accept": "application/json"})
    is_refused(plain, 503, "hub_away", retry_after=True)
    is_refused(visitor(world).door.ask("POST", "/realtime/news?ticket=x", {}, b"x"), 503, "hub_away", retry_after=True)
