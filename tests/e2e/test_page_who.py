# SPDX-License-Identifier: MIT
"""The page says who is there, to whoever opens that box."""

import pytest

from page import Page

pytestmark = pytest.mark.page
ON = {"responder": {"mercure_subscriptions": "yes"}}


def opened(browser, web):
    page = Page(browser, web)
    page.window.run("document.querySelector('#who').open = true")
    return page


def says(page, *parts):
    page.window.wait(lambda: all(part in page.window.run(
        "return document.querySelector('#who').innerText") for part in parts), f"the page saying {parts}")


@pytest.mark.in_both_browsers
def test_it_shows_who_is_on_its_channels_and_who_leaves(browser, make_world):
    web = make_world(ON, web=True)
    page = opened(browser, web)
    says(page, "main 1: somebody")
    other = web.listen("main", presence=1)
    says(page, "main 2: somebody, somebody")
    page.connect("news")
    says(page, "main 2", "news 1")
    other.leave()
    says(page, "main 1", "news 1")


def test_it_leaves_the_events_their_room(chromium, make_world):
    page = opened(chromium, make_world(ON, web=True))
    says(page, "main 1")
    wide, connections, who = page.window.run("return ['.feed', '.connections', '#who'].map("
                                             "css => document.querySelector(css).getBoundingClientRect().toJSON())")
    assert wide["width"] > 1.5 * connections["width"] and wide["left"] >= who["right"]


def test_where_nobody_says_so_it_says_that(chromium, make_world):
    web = make_world(web=True)
    chromium.expects(r"Failed to load resource", r"EventSource", r"400")
    says(opened(chromium, web), "mercure_subscriptions")
