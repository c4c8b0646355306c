# SPDX-License-Identifier: MIT
"""A page of twenty lines, as a Symfony application has it: it shows what is published."""

import json
from pathlib import Path

import pytest

from mercure import mercure, publisher, token
from world import eventually

PAGES = Path(__file__).resolve().parent / "pages"
BOOK, USERS = "https://example.com/books/1", "https://example.com/users/"

pytestmark = [pytest.mark.page, pytest.mark.in_both_browsers]


@pytest.fixture
def site(make_world, tmp_path):
    return make_world(mercure(tmp_path, {"responder": {"retry": "100ms"}}), web=True, pages=PAGES)


def show(browser, site, user=None):
    window = browser.open(f"http://127.0.0.1:{site.port}/book.html")
    shown = token(subscribe=[USERS + user]) if user else ""
    window.run("document.cookie = 'mercureAuthorization=' + arguments[0] + "
               "'; path=/.well-known/mercure; SameSite=strict' + (arguments[0] ? '' : '; max-age=0')", shown)
    window.goto(f"http://127.0.0.1:{site.port}/book.html")
    return window


def wait_for(site, count):
    eventually(lambda: site.channel(BOOK)["subscribers"] == count, f"{count} pages listening", 20)


def test_a_page_shows_what_is_published_and_what_is_for_its_user(browser, site):
    browser.expects("interrupted", "EventSource", "ERR_")  # a responder is killed
    app = publisher(site, publish=["*"])
    alice = show(browser, site, "alice")
    wait_for(site, 1)
    site.responder.kill_worker()  # before its first update
    assert app.publish(BOOK, data=json.dumps({"status": "sold"})).status == 200
    alice.wait(lambda: alice.text("#status") == "sold", "the book being sold", 20)
    for user in ("bob", "alice"):
        app.publish(USERS + user, data=json.dumps({"message": f"for {user}"}), private="on")
    alice.wait(lambda: alice.texts("#messages li") == ["for alice"], "her message")
    app.publish(BOOK, USERS + "alice", data=json.dumps({"status": "back", "message": "both"}), private="on")
    alice.wait(lambda: alice.text("#status") == "back", "the book being back")
    assert alice.texts("#messages li") == ["for alice", "both"]


def test_whoever_is_not_logged_in_sees_what_is_public(browser, site):
    app = publisher(site, publish=["*"])
    page = show(browser, site)
    wait_for(site, 1)
    app.publish(USERS + "alice", data=json.dumps({"message": "for alice"}), private="on")
    app.publish(BOOK, data=json.dumps({"status": "sold"}))
    page.wait(lambda: page.text("#status") == "sold", "the book being sold")
    assert page.texts("#messages li") == []
