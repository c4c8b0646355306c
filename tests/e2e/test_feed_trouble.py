# SPDX-License-Identifier: MIT
"""What www/feed.js tells a page of a server that goes away, in real browsers."""

import pytest

from feedpage import AWAY, PAGES, Page, send
from feedpage import open_page, page, world  # noqa: F401, F811, fixtures
from world import eventually

pytestmark = [pytest.mark.page, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def slow_world(make_world):
    """Browsers come back after some seconds, so that there is a meanwhile."""
    return make_world({"responder": {"retry": "1500ms"}}, web=True, pages=PAGES)


@pytest.mark.in_both_browsers
def test_a_killed_responder_costs_no_event(slow_world, browser):
    world = slow_world
    browser.expects(*AWAY)
    pages = [Page(browser.blank(), f"http://127.0.0.1:{world.port}/feed.html") for _ in range(2)]
    for page in pages:
        page.listens("main")
        page.listens("other")
    world.publish("before")
    for page in pages:
        page.has("before")
    world.responder.has_settled().kill_worker()
    for page in pages:
        page.is_("lost")
    world.is_healthy()
    for n in range(3):
        world.publish(str(n))
    for page in pages:
        page.is_("live")
        page.is_("live", "other")
        page.has("before", "0", "1", "2")
        assert page.states() == ["connecting", "live", "lost", "catching up", "live"]
        assert page.states() == page.states("other")
        assert page.told()["recovered"] == [3] and page.told("other")["recovered"] == [0]
        assert [e["replayed"] for e in page.told()["events"]] == [False, True, True, True]


def test_a_responder_that_is_away_for_long_is_found_again(world, page):
    """The browser gives up at a 503, which lighttpd answers unless it is told otherwise."""
    world.change_web(('server.error-handler = "/tidings-later.shtml"', ""))
    page.listens("main")
    page.listens(kind="plain")
    world.responder.stop()
    page.is_("lost")
    eventually(lambda: world.door.ask("GET", "/stream").status == 503, "a 503")
    world.insert("one", "two")
    page.window.wait(lambda: page.run("return made") >= 6, "two being tried again, twice", 40)
    world.responder.start()
    page.is_("live", within=40)
    page.is_("live", "plain", within=40)
    page.has("one", "two")
    assert page.states() == ["connecting", "live", "lost", "catching up", "live"]
    assert page.told()["recovered"] == [2]
    send(world, "hello")
    page.has("hello", name="plain")


def test_a_killed_hub_costs_no_event(world, page):
    page.listens("main")
    world.publish("before")
    world.hub.has_settled().kill_worker()
    world.insert("inserted")
    page.has("before", "inserted")
    world.is_healthy()
    world.publish("after")
    page.has("before", "inserted", "after")
    assert page.states() == ["connecting", "live"] and not page.told()["gaps"]


def test_a_machine_that_has_its_network_again_comes_back_at_once(make_world, chromium):
    """However long the browser would wait."""
    world = make_world({"responder": {"retry": "60s"}}, web=True, pages=PAGES)
    chromium.expects(*AWAY)
    page = Page(chromium.blank(), f"http://127.0.0.1:{world.port}/feed.html").listens("main")
    conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.window.cdp("Network.enable")
    page.window.cdp("Network.emulateNetworkConditions", offline=True, **conditions)
    world.responder.has_settled().kill_worker()
    page.is_("lost")
    world.is_healthy()
    world.publish("meanwhile")
    page.window.cdp("Network.emulateNetworkConditions", offline=False, **conditions)
    page.is_("live", within=20)
    page.has("meanwhile")
    assert page.told()["recovered"] == [1]


def test_a_gap_is_told(make_world, browser):
    world = make_world({"hub": {"keep_events": 5}}, web=True, pages=PAGES)
    browser.expects(*AWAY)
    page = Page(browser.blank(), f"http://127.0.0.1:{world.port}/feed.html").listens("main")
    first = world.publish("before")
    page.has("before")
    world.responder.stop()
    page.is_("lost")
    world.insert(*map(str, range(40)))
    eventually(lambda: not world.rows(), "them being stored")
    peer = world.hub_peer()
    eventually(lambda: peer.channels(only="main").lines[0].events == 5, "few being held")
    peer.close()
    world.responder.start()
    page.is_("live", within=40)
    page.has("before", *map(str, range(35, 40)))
    gap, = page.told()["gaps"]
    assert gap["requested"] == str(first)
    assert gap["oldest"] == page.told()["events"][1]["id"]
    assert gap["newest"] == page.told()["events"][-1]["id"]


def test_a_gap_in_a_channel_added_is_none_in_others(make_world, browser):
    world = make_world({"channel other": {"keep_events": 5}}, web=True, pages=PAGES)
    page = Page(browser.blank(), f"http://127.0.0.1:{world.port}/feed.html").listens("main")
    world.publish("main 1")
    page.has("main 1")
    for n in range(40):
        world.publish(str(n), channel="other")
    world.holds(5, "other")
    page.listens("other")
    world.publish("other", channel="other")
    world.publish("main 2")
    page.has("main 1", "main 2")
    page.has("other", name="other")
    assert not page.told()["gaps"] and not page.told("other")["gaps"]
    assert page.states() == ["connecting", "live"]
