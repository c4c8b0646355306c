# SPDX-License-Identifier: MIT
"""Several windows of one browser share its streams; two of them are a chat."""

import pytest

from page import Page
from world import eventually

pytestmark = pytest.mark.page


def subscribers(web, channel):
    return web.channel(channel)["subscribers"]


@pytest.mark.in_both_browsers
def test_two_windows_are_a_chat(browser, web):
    ann, bob = Page(browser, web), Page(browser, web)
    for page in (ann, bob):
        page.connect("talk").is_("live")
    ann.publish("are you there?", channel="talk")
    bob.sees("are you there?", within=2)
    bob.publish("right here 👋", channel="talk")
    ann.sees("right here 👋", within=2)
    for page in (ann, bob):
        assert len(page.events(channel="talk")) == 2


def test_two_browsers_are_a_chat(chromium, firefox, web):
    ann, bob = Page(chromium, web), Page(firefox, web)
    for page in (ann, bob):
        page.connect("talk").is_("live")
    ann.publish("from Chromium", channel="talk")
    bob.sees("from Chromium", within=2)
    bob.publish("from Firefox", channel="talk")
    ann.sees("from Firefox", within=2)


def test_five_at_once_send_and_receive(chromium, web):
    """A browser allows six connections to a host; three hold all streams."""
    pages = [Page(chromium, web, kind) for kind in ("window", "tab", "tab", "window", "tab")]
    for number, page in enumerate(pages):
        page.connect("main").is_("live")
        page.connect("plain").is_("live")
        page.connect(f"own {number}").is_("live")
    ids = [page.publish(f"from {number}") for number, page in enumerate(pages)]
    for number, page in enumerate(pages):
        page.has_all(ids)
        page.publish(f"only for {number}", channel=f"own {number}")
        page.sees(f"only for {number}")
    assert subscribers(web, "main") == 1 and subscribers(web, "sse") == 1
    for number, page in enumerate(pages):
        assert [e["channel"] for e in page.events() if e["data"].startswith("only for")] \
            == [f"own {number}"]


def test_when_the_window_that_leads_closes_another_goes_on_without_a_gap(chromium, web):
    pages = [Page(chromium, web) for _ in range(3)]
    for page in pages:
        page.connect("main").is_("live")
    ids = []
    while len(pages) > 1:
        ids += [web.publish(f"{len(pages)} windows, {n}") for n in range(5)]
        pages.pop(0).window.close()
        ids += [web.publish(f"one less than {len(pages) + 1} windows, {n}") for n in range(5)]
        for page in pages:
            page.has_all(ids)
    eventually(lambda: subscribers(web, "main") == 1, "one subscriber")
    assert pages[0].window.count("#events li.gap") == 0


def test_a_window_that_reloads_or_crashes_takes_nothing_from_the_others(chromium, web):
    first, second = Page(chromium, web), Page(chromium, web)
    for page in (first, second):
        page.connect("main").is_("live")
    first.reload()
    first.connect("main").is_("live")
    ids = [web.publish("after a reload")]
    second.has_all(ids)
    first.sees("after a reload")
    victim = Page(chromium, web)
    victim.connect("main").is_("live")
    victim.publish("before the crash")
    second.sees("before the crash")
    victim.window.goto("about:blank")
    ids.append(web.publish("after it left"))
    second.sees("after it left")
    assert len(second.events()) == 3
