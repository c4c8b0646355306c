# SPDX-License-Identifier: MIT
"""The page where tokens are asked for: it says why it may not, takes one, and keeps it in memory."""

import hashlib
import time

import jwt
import pytest

from page import Page
from test_page_look import violations
from test_page_reasons import BROKEN, badge, says

pytestmark = [pytest.mark.page, pytest.mark.timeout(120)]
SECRET = "a secret of the site, long enough for HS256"
READER, WRITER = "tk_" + "r" * 40, "tk_" + "w" * 40
FORM = "#token form"


def who(token):
    return "token:" + hashlib.sha256(token.encode()).hexdigest()


@pytest.fixture
def site(make_world, tmp_path):
    """Who shows nothing hears nothing, and publishes nothing."""
    key = tmp_path / "site.key"
    key.write_text(SECRET)
    key.chmod(0o600)
    return make_world({"responder": {"listeners": "granted", "private": "secret/{+rest}", "publish_from": "192.0.2.1"},
                       "keys site": {"file": key, "algorithms": "HS256"},
                       "access reader": {"who": who(READER), "subscribe": "main secret/{+rest}", "publish": "main"},
                       "access writer": {"who": who(WRITER), "publish": "main"}}, web=True)


@pytest.fixture
def page(browser, site):
    browser.expects(*BROKEN)
    return Page(browser, site)


def types_token(page, token):
    """Returns what it is told."""
    page.window.run("document.querySelector('#token').open = true; document.querySelector('#token-told').dataset.tone = ''")
    page.window.fill(f"{FORM} [name=token]", token)
    page.window.click(f"{FORM} button:not([type=button])")
    page.window.wait(lambda: page.window.run("return document.querySelector('#token-told').dataset.tone"), "an answer")
    return page.window.text("#token-told")


def is_well(page):
    page.stream("main").is_("live", 20)
    page.window.wait(lambda: badge(page) == "live"
                     and page.window.run("return document.querySelector('#trouble').hidden"), "all being well")


@pytest.mark.in_both_browsers
def test_it_says_why_it_hears_nothing_and_a_token_mends_it(site, page):
    says(page, "401 at /stream", "token or a login", "none was shown")
    assert badge(page) == "refused: 401"
    assert page.window.text('article.stream[data-key="channel:main"] .state') == "refused: 401"
    page.window.click("#trouble button")
    page.window.wait(lambda: page.window.focused().startswith("input[name=token]"), "the field having the focus")
    assert "not good" in types_token(page, "tk_unknown")
    assert "is good" in types_token(page, READER)
    is_well(page)
    page.publish("shown with it")
    page.sees("shown with it")
    assert page.window.run("return document.querySelector('#token [name=token]').value") == ""


def test_a_token_stands_nowhere_but_in_memory(site, page):
    types_token(page, READER)
    is_well(page)
    found = page.window.run("""
        const all = JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state,
            performance.getEntriesByType("resource").map(({ name }) => name)]) + document.documentElement.outerHTML;
        return all.includes(arguments[0]) || all.includes(encodeURIComponent(arguments[0]));""", READER)
    assert not found
    assert "$TIDINGS_TOKEN" in page.window.text("#as-curl")
    page.reload()
    says(page, "401 at /stream")
    assert "$TIDINGS_TOKEN" not in page.window.text("#as-curl")


def test_a_token_that_is_forgotten_is_shown_no_more(site, page):
    types_token(page, READER)
    is_well(page)
    page.window.click(f"{FORM} button[type=button]")
    says(page, "401 at /stream")
    assert badge(page) == "refused: 401"


def test_a_channel_that_is_private_is_named_and_the_others_go_on(page):
    narrow = jwt.encode({"mercure": {"subscribe": ["main", "secret/mine"]}}, SECRET, "HS256")
    types_token(page, narrow)
    is_well(page)
    page.connect("secret/other")
    says(page, "403 at /stream", "secret/other", "private")
    page.connect("secret/mine").is_("live")
    page.stream("main").is_("live")
    assert page.window.text('article.stream[data-key="channel:secret/other"] .state') == "refused: 403"


def test_a_token_that_may_only_publish_publishes(site, page):
    assert "may publish" in types_token(page, WRITER)
    says(page, "401 at /stream")
    page.publish("written")
    page.window.wait(lambda: "Stored" in (page.window.text("#published") or ""), "it being stored")


def test_a_token_that_expires_is_told_as_that(site, page):
    token = jwt.encode({"exp": int(time.time()) + 4, "mercure": {"subscribe": ["main"]}}, SECRET, "HS256")
    types_token(page, token)
    is_well(page)
    says(page, "401", "not good, or not any more", within=20)
    assert badge(page) == "refused: 401"
    types_token(page, READER)
    is_well(page)


def test_where_there_are_no_tickets_it_says_so(make_world, chromium, tmp_path):
    chromium.expects(*BROKEN)
    world = make_world({"responder": {"ticket_age": "0", "publish_from": "192.0.2.1"},
                        "access writer": {"who": who(READER), "subscribe": "*", "publish": "main"}}, web=True)
    page = Page(chromium, world)
    assert "ticket_age" in types_token(page, READER)
    is_well(page)
    page.publish("by the token")
    page.sees("by the token")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_it_can_be_read_at_each_width_and_in_each_language(chromium, site, language, width):
    chromium.expects(*BROKEN)
    page = Page(chromium, site)
    page.window.prefers("light")
    page.language(language)
    page.window.has_width(width, 900)
    says(page, "401")
    page.window.screenshot(f"token-refused-{width}-{language}")
    page.window.click("#trouble button")
    types_token(page, "tk_unknown")
    page.window.screenshot(f"token-bad-{width}-{language}")
    assert not (found := violations(page)), "\n".join(found)
    types_token(page, READER)
    page.stream("main").is_("live", 20)
    page.connect("secret/a").is_("live")
    page.window.run("document.querySelector('#token').scrollIntoView({ block: 'center' })")
    page.window.screenshot(f"token-used-{width}-{language}")
    assert page.window.run("const e = document.documentElement; return e.scrollWidth <= e.clientWidth")
    assert not (found := violations(page)), "\n".join(found)
