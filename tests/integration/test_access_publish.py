# SPDX-License-Identifier: MIT
"""Who may publish on which channels, and what a page of another site can make a browser do."""

import hashlib
import json

import pytest

from refused import is_refused
from visitor import visitor

SECRET = "tk_of-the-build-server"
DIGEST = hashlib.sha256(SECRET.encode()).hexdigest()

CONFIG = {
    "responder": {"origins": "https://app.example *", "private": "builds/{name}"},
    "access ci": {"who": f"token:{DIGEST}", "publish": "builds/{name}", "subscribe": "builds/{name}"},
    "access staff": {"who": "users", "publish": "chat users/%u/{+rest}"},
    "access office": {"who": "address:198.51.100.0/24", "publish": "office"},
}
APP, EVIL = "https://app.example", "https://evil.example"


@pytest.fixture(scope="module")
def site(make_shared_world):
    return make_shared_world(CONFIG)


# ---- logins

def test_a_login_publishes_on_the_channels_of_its_section(site):
    alice = visitor(site, user="alice")
    assert alice.post("chat").status == 200
    assert alice.post("users/alice/status").status == 200
    for channel in ("news", "users/bob/status", "users/alice", "builds/1"):
        is_refused(alice.post(channel), 403, "not_granted", "insufficient_scope")


def test_an_event_for_a_channel_that_is_granted_and_one_that_is_not_is_stored_on_none(site):
    alice = visitor(site, user="alice")
    reader = site.listen("chat")
    is_refused(alice.post("chat", "no", also=["news"]), 403, "not_granted")
    body = json.dumps({"message": "no", "channel": "chat", "also": ["news"]}).encode()
    answer = alice.door.ask("POST", "/api/broadcast", {"Content-Type": "application/json"}, body)
    is_refused(answer, 403, "not_granted")
    assert alice.post("chat", "yes", also=["users/alice/x"]).status == 200
    reader.sees("yes")
    assert reader.data == ["yes"]


def test_a_page_of_another_site_cannot_use_a_login(site):
    for origin, site_of in ((EVIL, "cross-site"), (EVIL, None), ("null", None), ("null", "cross-site")):
        page = visitor(site, user="alice", origin=origin,
                       headers=site_of and {"Sec-Fetch-Site": site_of})
        is_refused(page.post("chat"), 403, "foreign_origin")
    form = visitor(site, user="alice", headers={"Referer": EVIL + "/form"})
    is_refused(form.post("chat"), 403, "foreign_origin")


def test_a_page_of_our_own_and_one_that_is_named_can(site):
    assert visitor(site, user="alice", origin="http://localhost").post("chat").status == 200
    named = visitor(site, user="alice", origin=APP).post("chat")
    assert named.status == 200
    assert named.headers["access-control-allow-origin"] == APP
    assert named.headers["access-control-allow-credentials"] == "true"
    assert "WWW-Authenticate" in named.headers["access-control-expose-headers"]
    assert visitor(site, user="alice", headers={"Referer": APP + "/form"}).post("chat").status == 200


def test_a_foreign_page_under_every_origin_reads_as_nobody(site):
    page = visitor(site, user="alice", token=None, origin=EVIL)
    answer = page.get("/stream?channel=builds/1")
    is_refused(answer, 403, "not_granted")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_preflight_lets_a_page_send_its_token(site):
    answer = visitor(site, origin=APP).door.ask(
        "OPTIONS", "/realtime/chat", {"Access-Control-Request-Method": "POST",
                                      "Access-Control-Request-Headers": "authorization"})
    assert answer.status == 204
    assert "Authorization" in answer.headers["access-control-allow-headers"]


# ---- addresses

def test_an_address_publishes_on_the_channels_of_its_section_but_not_for_a_page(site):
    assert visitor(site, address="198.51.100.7").post("office").status == 200
    is_refused(visitor(site, address="198.51.100.7").post("chat"), 403, "not_granted")
    page = visitor(site, address="198.51.100.7", origin=EVIL)
    assert page.post("office").status in (401, 403)
    lent = visitor(site, address="198.51.100.7", headers={"X-Forwarded-For": "192.0.2.9"})
    assert lent.post("office").status in (401, 403)


def test_who_publishes_from_this_machine_publishes_anywhere_as_ever(site):
    here = visitor(site, address="127.0.0.1")
    assert here.post("whatever").status == 200
    assert visitor(site, address="127.0.0.1", user="alice").post("whatever").status == 200


# ---- API tokens

def test_an_api_token_publishes_and_listens_on_its_channels(site):
    ci = visitor(site, token=SECRET)
    reader = ci.listen("builds/1")
    assert ci.post("builds/1", "done").status == 200
    reader.sees("done")
    is_refused(ci.post("chat"), 403, "not_granted", "insufficient_scope")
    assert visitor(site, token=SECRET, origin=EVIL).post("builds/1").status == 200


@pytest.mark.parametrize("token", ["tk_another", "tk_", "eyJhbGciOiJub25lIn0.e30.", "x", SECRET[:-1],
                                   SECRET + "x", SECRET.upper()])
def test_a_token_that_is_not_good_is_an_error_and_never_nobody(site, token):
    for address in ("192.0.2.1", "127.0.0.1"):
        wrong = visitor(site, token=token, address=address)
        is_refused(wrong.post("news"), 401, "bad_token", 'error="invalid_token"')
        is_refused(wrong.get("/stream"), 401, "bad_token", 'error="invalid_token"')
        is_refused(wrong.get("/api/channels"), 401, "bad_token", 'error="invalid_token"')
    assert visitor(site, token=token, user="alice").post("chat").status == 401


@pytest.mark.parametrize("header,status,code", [
    ("Bearer", 400, "bad_authorization"), ("Bearer ", 400, "bad_authorization"),
    ("Bearer a, Bearer b", 400, "bad_authorization"), ("Bearer " + "x" * 8193, 400, "bad_authorization"),
    ("Basic YTpi", 401, "no_token"), ("Digest x", 401, "no_token")])
def test_a_header_that_shows_no_token_is_refused(site, header, status, code):
    one = visitor(site, headers={"Authorization": header}, address="127.0.0.1")
    is_refused(one.post("chat"), status, code, "Bearer")
    is_refused(one.get("/stream"), status, code, "Bearer")


def test_a_password_that_the_web_server_has_looked_at_is_passed_over(site):
    alice = visitor(site, user="alice", headers={"Authorization": "Basic YTpi"})
    assert alice.post("chat").status == 200


def test_who_shows_nothing_is_asked_for_a_token(site):
    is_refused(visitor(site).post("chat"), 401, "no_token", 'realm="tidings"')


def test_a_token_in_the_url_counts_only_where_that_is_configured(make_world, site):
    target = f"/stream?channel=builds/1&authorization={SECRET}"
    is_refused(visitor(site).get(target), 403, "not_granted")
    world = make_world({**CONFIG, "responder": {"private": "builds/{name}", "token_in_url": "yes"}})
    reader = visitor(world).listen(path=target)
    world.publish("x", channel="builds/1")
    reader.sees("x")


def test_a_cookie_needs_a_page_that_says_whose_it_is(site):
    cookie = "other=1; mercureAuthorization=" + SECRET
    is_refused(visitor(site, cookie=cookie).post("builds/1"), 403, "foreign_origin")
    is_refused(visitor(site, cookie=cookie, origin=EVIL).post("builds/1"), 403, "foreign_origin")
    assert visitor(site, cookie=cookie, origin=APP).post("builds/1").status == 200
    visitor(site, cookie=cookie).listen("builds/1")
    is_refused(visitor(site, cookie=cookie, origin=EVIL).get("/stream?channel=builds/1"), 403, "not_granted")


# ---- nothing configured

def test_without_sections_nobody_looks_at_what_a_site_sends_for_itself(world):
    one = visitor(world, headers={"Authorization": "Bearer x, Bearer y"}, cookie="mercureAuthorization=x",
                  user="alice", address="127.0.0.1")
    assert one.post("news").status == 200
    one.listen("news")
    stranger = visitor(world, headers={"Authorization": "Bearer x"})
    is_refused(stranger.post("news"), 403, "not_allowed")
    assert "www-authenticate" not in stranger.post("news").headers


def test_who_guesses_tokens_keeps_nobody_else_from_publishing(make_world):
    world = make_world({**CONFIG, "responder": {"publish_rate_total": "10"}})
    for host in range(30):
        guess = visitor(world, token="tk_a-guess", address=f"203.0.113.{host}")
        is_refused(guess.get("/stream"), 401, "bad_token")
    assert visitor(world, token=SECRET).post("builds/1").status == 200
