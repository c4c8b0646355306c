# SPDX-License-Identifier: MIT
"""The page listens to patterns: each event once, with its channel, whatever brings it."""

import json

import pytest

from page import Page

pytestmark = pytest.mark.page


def shown(page):
    return [(event["channel"], event["data"]) for event in page.events() if event["shown"]]


def hear(browser, web, pattern, title, *channels):
    """A page that listens to the pattern, and its stream, once the last of these is shown."""
    page = Page(browser, web)
    stream = page.connect(pattern).is_("live")
    assert page.window.text(f"{stream.css} h3") == title
    for channel in channels:
        web.publish(f"on {channel}", channel=channel)
    page.sees(f"on {channels[-1]}")
    return page, stream


@pytest.mark.in_both_browsers
def test_a_pattern_shows_the_channel_of_each_event(browser, web):
    page, stream = hear(browser, web, "builds/{name}", "builds/{name}", "builds/17", "news", "builds/18")
    stream.counts(2)
    assert shown(page) == [("builds/17", "on builds/17"), ("builds/18", "on builds/18")]
    assert page.window.texts("#events .line .channel") == ["builds/18", "builds/17"]


def test_a_button_listens_to_all_channels(chromium, web):
    page, stream = hear(chromium, web, "*", "* all channels", "a", "b c", "main")
    stream.counts(3)
    stream.disconnect()
    page.window.wait(lambda: page.keys() == ["channel:main"], "the main stream alone")


def test_what_several_streams_bring_is_shown_once_and_counted_by_each(chromium, web):
    page = Page(chromium, web)
    page.opens("#more-events").window.click("#toasts-on")
    streams = [page.connect(name).is_("live") for name in ("main", "*", "{name}")]
    web.publish("for three")
    web.publish("for one", channel="not a template's")
    web.publish("last")
    page.sees("last")
    streams[1].counts(3)
    streams[2].counts(2)
    streams[0].counts(2)
    assert sorted(data for _, data in shown(page)) == ["for one", "for three", "last"]
    page.window.wait(lambda: page.window.count(".toast") == 3, "a toast for each")


@pytest.mark.parametrize("tag, word", [("en", "no pattern"), ("pt-BR", "não é um padrão")])
def test_what_is_no_pattern_is_refused_with_a_word(chromium, web, tag, word):
    page = Page(chromium, web)
    page.language(tag)
    page.opens("#add")
    field = "#connect [name=channel]"
    for text in ("builds/{", "{a-b}", "builds/{}", "{a}" + "x" * 1000):
        page.window.fill(field, text)
        page.window.click("#connect button:not([type=button])")
        said = page.window.wait(lambda: page.window.run(
            "return document.querySelector(arguments[0]).validationMessage", field), "a word")
        assert word in said and page.keys() == ["channel:main"]
    page.window.fill(field, "builds/{name}")
    page.window.click("#connect button:not([type=button])")
    page.stream("builds/{name}").is_("live")


def test_a_server_that_takes_no_patterns_holds_up_no_channel(chromium, make_world):
    web = make_world({"responder": {"selectors": "0"}}, web=True)
    chromium.expects("net::ERR", "503")
    page = Page(chromium, web)
    stream = page.connect("builds/{name}")
    page.connect("news").is_("live")
    page.window.wait(lambda: "(streams, channels, selectors)" in page.window.text("#trouble"), "the reason", 40)
    assert stream.look()["state"] == "lost"
    web.publish("all the same", channel="news")
    page.sees("all the same")


def test_tasks_of_a_pattern_are_told_apart_by_their_channels(chromium, web):
    page = Page(chromium, web)
    page.go("tasks")
    page.window.fill("#tasks [name=channel]", "builds/{name}")
    page.window.click("#tasks form:has([name=channel]) button")
    page.stream("builds/{name}").is_("live")
    for n, percent in ((17, 40), (18, 70)):
        for kind in ("start", "progress"):
            web.publish(json.dumps({"task": "make", "message": kind, "percent": percent}), event=kind,
                        channel=f"builds/{n}")
    web.publish("{}", event="close", channel="builds/17")
    page.window.wait(lambda: page.window.count('#tasks article[data-task="make"][data-state="stopped"]') == 1,
                     "the first being stopped")
    heads = page.window.texts('#tasks article[data-task="make"] h3')
    assert heads == ["make builds/17", "make builds/18"]
    states = page.window.run("return [...document.querySelectorAll('#tasks [data-task=make]')].map((e) => e.dataset.state)")
    assert states == ["stopped", "running"]
    assert page.window.count('#tasks article[data-task="builds/{name}"]') == 0
