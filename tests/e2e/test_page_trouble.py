# SPDX-License-Identifier: MIT
"""What dies comes back, the page says so, and no event is lost."""

import itertools
import os

import pytest

from page import Page, has
from world import eventually

page_only = pytest.mark.page  # the others run with each instrument, too

# The browsers' own complaints of what the test does to them.
BROKEN = (r"Failed to load resource", r"net::ERR_", r"NetworkError", r"was interrupted",
          r"can.t establish a connection", r"503", r"CORS request did not succeed")


@pytest.fixture
def numbers():
    count = itertools.count()
    return lambda n: [f"number {next(count)}" for _ in range(n)]


def ids_of(web, channel="main"):
    """The ids in the log."""
    answer = web.channel(channel)
    reader = web.listen(channel, since="all")
    reader.wait(lambda: len(reader.ids) >= answer["events"], reader.story)
    reader.leave()
    return reader.ids


def begins(browser, web, numbers):
    """A page in its ordinary state that has seen three events."""
    browser.expects(*BROKEN)
    page = Page(browser, web)
    stream, = page.only("main")
    web.insert(*numbers(3))
    stream.counts(3)
    return page, stream


def survives(web, page, stream, missed):
    """Everything is seen once and in order, and it says what it recovered."""
    page.window.wait(lambda: stream.recovered() == missed, f"{missed} being recovered", 30)
    stream.is_("live")
    page.has_all(ids_of(web))
    assert page.seen()["gaps"] == []


@pytest.mark.in_both_browsers
@pytest.mark.timeout(120)
@page_only
def test_a_killed_responder_is_survived(browser, make_world, numbers):
    web = make_world({"responder": {"retry": "1s"}}, web=True)
    page, stream = begins(browser, web, numbers)
    web.responder.has_settled()
    for killed in (1, 2):
        web.responder.kill_worker()
        web.insert(*numbers(20))
        stream.is_("lost", 5)
        survives(web, page, stream, missed=20 * killed)
        web.responder.has_settled()
    states = stream.states()
    assert states.count("lost") == 2, states
    lost = states.index("lost")
    assert "catching-up" in states[lost:] and states[-1] == "live"
    page.publish("and it still sends")
    page.sees("and it still sends")


@page_only
def test_a_killed_hub_is_survived(chromium, web, numbers):
    page, stream = begins(chromium, web, numbers)
    web.hub.has_settled()
    web.hub.kill_worker()
    web.insert(*numbers(20))
    stream.counts(23, within=20)
    page.has_all(ids_of(web))
    stream.is_("live")
    assert page.seen()["gaps"] == []


def test_all_killed_at_once_is_survived(chromium, make_world, numbers):
    """Hub, responder and web server, as if the machine lost power."""
    web = make_world({"responder": {"retry": "500ms"}}, web=True)
    page, stream = begins(chromium, web, numbers)
    for part in (web.hub, web.responder, web.web):
        part.kill_all()
    web.insert(*numbers(30))
    stream.is_("lost", 5)
    for part in (web.hub, web.responder, web.web):
        part.start()
    survives(web, page, stream, missed=30)


@pytest.mark.in_both_browsers
@pytest.mark.timeout(120)
@page_only
def test_a_browser_that_has_given_up_is_made_to_try_again(browser, make_world, numbers):
    """A web server that answers 503 without a responder, as lighttpd does by itself:
    EventSource would end for good."""
    web = make_world({"responder": {"retry": "200ms"}}, web=True)
    web.change_web(('server.error-handler = "/tidings-later.shtml"', ""))
    page, stream = begins(browser, web, numbers)
    page.window.run("""
        window.made = 0;
        const fetch = window.fetch;
        window.fetch = (...how) => {
            window.made += how[1]?.headers?.Accept === "text/event-stream";
            return fetch(...how);
        };
    """)
    web.responder.kill_all()
    stream.is_("lost", 5)
    assert web.door.ask("GET", "/stream").status == 503
    page.window.wait(lambda: page.window.run("return window.made") > 0, "another request", 20)
    web.insert(*numbers(20))
    web.responder.start()
    survives(web, page, stream, missed=20)


@pytest.mark.timeout(120)
def test_what_is_no_longer_held_is_shown_as_a_gap(chromium, make_world, numbers):
    web = make_world({"hub": {"keep_events": 30}, "responder": {"retry": "1s"}}, web=True)
    page, stream = begins(chromium, web, numbers)
    peer = web.hub_peer()
    peer.follow()
    before = newest(peer)
    web.responder.kill_all()
    stream.is_("lost", 5)
    web.insert(*numbers(200))
    eventually(lambda: not web.rows(), "all being published")
    eventually(lambda: peer.channels(only="main").lines[0].events <= 30 and
               newest(peer) > before, "the oldest being gone")
    web.responder.start()
    page.window.wait(lambda: page.window.count("#events li.gap") == 1, "a gap being shown", 30)
    stream.is_("live")
    page.sees("number 202")
    assert page.window.text("#events li.gap")
    web.insert("after the gap")
    page.sees("after the gap")
    assert page.window.count("#events li.gap") == 1
    assert page.ids()[-1] > page.ids()[0]


def newest(peer):
    return peer.channels(only="main").lines[0].newest


@pytest.mark.timeout(120)
@page_only
def test_another_log_is_shown_as_a_gap_and_read_on(chromium, web, numbers):
    page, stream = begins(chromium, web, numbers)
    web.hub.stop()
    for path in web.folder.glob("log.db*"):
        os.unlink(path)
    web.hub.start()
    page.window.wait(lambda: page.window.count("#events li.gap") == 1, "a gap being shown", 30)
    stream.is_("live")
    web.insert("in the new log")
    page.sees("in the new log")


@page_only
def test_a_stopped_window_catches_up(chromium, web, numbers):
    """A window in the background may be frozen, and goes on where it was."""
    page, stream = begins(chromium, web, numbers)
    page.window.cdp("Page.setWebLifecycleState", state="frozen")
    web.insert(*numbers(50))
    has(web, "main", 53)
    page.window.cdp("Page.setWebLifecycleState", state="active")
    page.has_all(ids_of(web))
