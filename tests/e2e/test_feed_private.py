# SPDX-License-Identifier: MIT
"""What is private, heard by www/feed.js and by EventSource alone, in real browsers."""

import hashlib
import time

import jwt
import pytest

from feedpage import AWAY, PAGES, Numbers, Page, leader_of
from feedpage import open_page, page  # noqa: F401, F811, fixtures
from world import eventually

pytestmark = [pytest.mark.page, pytest.mark.slow, pytest.mark.timeout(180)]
SECRET = "a secret of the site, long enough for HS256"
SEVEN, EIGHT = "tk_" + "7" * 40, "tk_" + "8" * 40
REFUSED = (r"40[13]", "Failed to load resource", "EventSource", "connection to", "was interrupted")


def who(token):
    return "token:" + hashlib.sha256(token.encode()).hexdigest()


@pytest.fixture
def world(make_world, browser, tmp_path):
    browser.expects(*AWAY, *REFUSED)
    key = tmp_path / "site.key"
    key.write_text(SECRET)
    key.chmod(0o600)
    return make_world({"responder": {"private": "users/{+rest}"},
                       "keys site": {"file": key, "algorithms": "HS256"},
                       "access seven": {"who": who(SEVEN), "subscribe": "users/7 users/7/{+rest}"},
                       "access eight": {"who": who(EIGHT), "subscribe": "users/8 users/8/{+rest}"}},
                      web=True, pages=PAGES)


CLEAN = """(async () => {
    await fetch("/api/session", { method: "DELETE" });
    document.cookie = "mercureAuthorization=; path=/; max-age=0";
})"""


@pytest.fixture(autouse=True)
def no_cookies(page):
    """All tests of a browser are on one host, which its cookies are for."""
    page.ask(CLEAN)
    yield
    page.window.driver.get(page.address)
    page.ask(CLEAN)


def signed(seconds, *channels):
    return jwt.encode({"exp": int(time.time()) + seconds, "mercure": {"subscribe": list(channels or ("users/7",))}},
                      SECRET, "HS256")


def told_nothing_of(page, channel):
    return all(event["channel"] != channel for name in page.run("return Object.keys(told)")
               for event in page.told(name)["events"])


# ---- what is shown

@pytest.mark.parametrize("way", ["token", "timed", "session"])
def test_what_is_shown_brings_what_is_private(world, page, way):
    page.shows(way, SEVEN, user="7")
    page.listens("users/7")
    page.listens("main")
    page.listens(kind="pattern", pattern="*")
    for channel in ("users/8", "users/7", "main"):
        world.publish(f"on {channel}", channel=channel)
    page.has("on users/7", name="users/7")
    page.has("on main")
    page.has("on users/7", "on main", name="pattern")
    assert page.run("return asked") == 2, "once for channels, once for patterns"


def test_a_cookie_brings_what_is_private(world, page):
    page.run("document.cookie = arguments[0]", f"mercureAuthorization={signed(60)}; path=/; SameSite=Strict")
    page.listens("users/7")
    world.publish("for 7", channel="users/7")
    page.has("for 7", name="users/7")


def test_a_token_is_kept_in_memory_only(world, page):
    token = signed(300)
    page.shows("token", token, user="7")
    page.listens("users/7")
    kept = page.ask("(async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href,"
                    " (await indexedDB.databases()).length, (await caches.keys()).length, (await navigator.locks.query()),"
                    " performance.getEntriesByType('resource').map(({ name }) => name), addresses]))")
    assert token not in kept and token.split(".")[2] not in kept


# ---- renewal

@pytest.mark.in_both_browsers
@pytest.mark.parametrize("way", ["timed", "session"])
def test_what_ends_is_renewed_and_no_event_is_lost_or_told_twice(world, page, way):
    """Events every 20 ms; what says that it ends in 2 s is renewed before, what says no end when the stream does."""
    page.shows(way, SEVEN, "2s", user="7").listens("users/7")
    page.listens(kind="pattern", pattern="users/{+rest}")
    with Numbers(world, "users/7", pause=0.02) as numbers:
        page.window.wait(lambda: page.run("return asked") >= 4, "some renewals", 40)
        numbers.goes_on(20)
        last = numbers.stop()
    for name in ("users/7", "pattern"):
        page.has_all(last, name=name)
        assert page.run("return sum(arguments[0]).first", name) == 0
        assert not page.told(name)["gaps"]
        assert [why for why in page.told(name)["troubles"] if why] == []
        assert page.states(name) == ["connecting", "live"]


@pytest.mark.in_both_browsers
def test_windows_renew_what_they_share_once_and_go_on_when_the_one_that_leads_is_gone(world, open_page):
    pages = [open_page().shows("timed", SEVEN, user="7") for _ in range(2)]
    for page in pages:
        page.listens("users/7")
    assert world.health().json["streams"] == 1
    with Numbers(world, "users/7", pause=0.02) as numbers:
        leader = leader_of(pages)
        leader.window.wait(lambda: leader.run("return asked") >= 3, "some renewals", 40)
        follower = next(page for page in pages if page is not leader)
        assert follower.run("return asked") == 0
        leader.close()
        follower.window.wait(lambda: follower.run("return asked") >= 3, "the other one renewing", 40)
        last = numbers.stop()
    follower.has_all(last, name="users/7")
    assert follower.run("return sum('users/7').first") == 0


def test_two_users_in_one_browser_hear_each_his_own(world, open_page):
    seven, eight = open_page().shows("token", SEVEN, user="7"), open_page().shows("token", EIGHT, user="8")
    nobody = open_page()
    for page in (seven, eight, nobody):
        page.listens(kind="pattern", pattern="*")
    for channel in ("users/7", "users/8", "main"):
        world.publish(channel, channel=channel)
    seven.has("users/7", "main", name="pattern")
    eight.has("users/8", "main", name="pattern")
    nobody.has("main", name="pattern")


@pytest.mark.in_both_browsers
def test_a_cookie_that_is_renewed_in_time_costs_no_event(world, page):
    """EventSource alone comes back by itself, with the cookie that there is then."""
    cookie = "document.cookie = `mercureAuthorization=${arguments[0]}; path=/; SameSite=Strict`"
    page.run(cookie, signed(3))
    page.run("""
        window.numbers = [];
        window.expired = 0;
        window.source = new EventSource("/stream?channel=users/7&authorized=1");
        source.onmessage = ({ data }) => numbers.push(Number(data));
        source.addEventListener("expired", () => window.expired++);
    """)
    page.window.wait(lambda: page.run("return source.readyState") == 1, "it being open")
    with Numbers(world, "users/7", pause=0.02) as numbers:
        numbers.goes_on(20)
        page.run(cookie, signed(60))
        page.window.wait(lambda: page.run("return window.expired"), "the first token's end")
        page.window.wait(lambda: page.run("return source.readyState") == 1, "it being open again")
        numbers.goes_on(20)
        last = numbers.stop()
    page.window.wait(lambda: page.run("return numbers.at(-1)") == last, "all of them")
    assert page.run("return numbers") == list(range(last + 1))


# ---- refusals

def asks_no_more(page, seconds=4):
    """What is refused is not asked for again and again."""
    made, end = page.run("return made"), time.monotonic() + seconds
    eventually(lambda: time.monotonic() > end, "some seconds passing", seconds + 5)
    assert page.run("return made") == made


def test_who_may_not_is_told_why_and_asks_no_more(world, page):
    page.opens("users/7")
    why = page.is_refused(403, "users/7")
    assert (why["code"], why["path"]) == ("not_granted", "/stream") and "channel" in why["said"]
    asks_no_more(page)
    page.shows("token", SEVEN)
    page.is_("live", "users/7")
    assert page.told("users/7")["troubles"][-1] is None


def test_one_channel_that_is_refused_takes_no_other_with_it(world, page):
    page.shows("token", SEVEN, user="7")
    for channel in ("main", "users/8", "users/7", "users/9"):
        page.opens(channel)
    for channel in ("main", "users/7"):
        page.is_("live", channel)
    for channel in ("users/8", "users/9"):
        assert page.is_refused(403, channel)["code"] == "not_granted"
        assert "live" not in page.states(channel)
    asks_no_more(page)
    page.opens("users/8/mail")
    page.is_refused(403, "users/8/mail")
    page.listens("other")
    for channel in ("users/8", "users/7", "main", "other"):
        world.publish("hello", channel=channel)
    for channel in ("main", "users/7", "other"):
        page.has("hello", name=channel)
    assert page.states() == ["connecting", "live"] and told_nothing_of(page, "users/8")
    page.shows("token", EIGHT, user="8")
    page.is_refused(403, "users/7")
    page.is_("live", "users/8")
    world.publish("for 8", channel="users/8")
    page.has("for 8", name="users/8")
    world.publish("again")
    page.has("hello", "again")


def test_a_cookie_that_has_expired_is_a_refusal_and_not_less_than_before(world, page):
    """The browser drops it, and what is public alone would come for ever."""
    page.run("document.cookie = arguments[0]", f"mercureAuthorization={signed(4)}; path=/; max-age=2; SameSite=Strict")
    page.shows("cookie").listens("main")
    page.listens(kind="pattern", pattern="*")
    for name in ("main", "pattern"):
        assert page.is_refused(401, name, 30)["code"] == "no_token"
        assert page.states(name)[-1] == "lost"
    asks_no_more(page)
    page.run("document.cookie = arguments[0]", f"mercureAuthorization={signed(60)}; path=/; SameSite=Strict")
    world.publish("meanwhile")
    page.run("document.dispatchEvent(new Event('visibilitychange'))")
    page.is_("live")
    page.has("meanwhile")


@pytest.mark.parametrize("token", ["x.y.z", "tk_unknown"])
def test_a_bad_token_is_told_with_the_servers_sentence(world, page, token):
    page.opens("main")
    page.is_("live")
    page.shows("token", token)
    why = page.is_refused(401)
    assert (why["code"], why["path"]) == ("bad_token", "/stream") and "not good" in why["said"]
    asked = page.run("return asked")
    asks_no_more(page)
    assert page.run("return asked") == asked
    page.shows(None)
    page.is_("live")


def test_what_expires_and_cannot_be_renewed_is_refused(world, page):
    page.shows("token", signed(4)).listens("users/7")
    page.is_refused(401, "users/7", 20)
    asks_no_more(page)
    page.run("window.token = arguments[0]", signed(60))
    page.run("document.dispatchEvent(new Event('visibilitychange'))")
    page.is_("live", "users/7")
    world.publish("hello", channel="users/7")
    page.has("hello", name="users/7")


def test_an_authorize_that_fails_is_told_and_asked_again(world, page):
    page.shows("nothing")
    page.opens("main")
    page.window.wait(lambda: page.told()["troubles"] and page.told()["troubles"][-1]["kind"] == "authorize", "it being told")
    assert page.told()["troubles"][-1]["said"] == "nobody is logged in"
    page.window.wait(lambda: page.run("return asked") >= 3, "it being asked again", 20)


def test_a_hub_that_is_not_there_yet_refuses_nobody(make_world, world, page):
    """Nobody can tell a ticket's worth then: it is tried until the hub has come."""
    page.shows("token", SEVEN, user="7").listens("users/7")
    world.hub.stop()
    world.responder.stop()
    page.is_("lost", "users/7")
    world.responder.start()
    world.hub.start()
    page.is_("live", "users/7", 40)
    world.publish("after", channel="users/7")
    page.has("after", name="users/7")
