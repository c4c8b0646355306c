# SPDX-License-Identifier: MIT
"""Several windows share what www/feed.js listens to, in real browsers."""

import contextlib

import pytest

from browser import ChromiumBrowser
from feedpage import Numbers, Page, leader_of, subscribers
from feedpage import open_page, world  # noqa: F401, F811, fixtures
from world import eventually

pytestmark = [pytest.mark.page, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.in_both_browsers
def test_five_windows_share_two_connections_and_all_still_publish(world, open_page):
    pages = [open_page() for _ in range(5)]
    for n, page in enumerate(pages):
        page.listens("main")
        page.listens(f"own {n}")
        page.listens(kind="plain")
    for channel in ("main", "own 0", "own 4", "sse"):
        eventually(lambda: subscribers(world, channel) == 1, f"one stream of {channel}")
    assert len([page for page in pages if page.leads]) == 1 and world.health().json["streams"] == 2
    said = [f"from {n}" for n in range(5)]
    for page, text in zip(pages, said):
        assert page.ask("post", "main", text) == 200
    for n, page in enumerate(pages):
        page.has(*said)
        world.publish("for you", channel=f"own {n}")
        page.has("for you", name=f"own {n}")


def test_a_leader_that_closes_costs_no_event(world, open_page):
    pages = [open_page().listens("main") for _ in range(3)]
    with Numbers(world) as numbers:
        for _ in range(10):
            leader = leader_of(pages)
            pages.remove(leader)
            leader.close()
            leader_of(pages)
            numbers.goes_on()
            pages.append(open_page().listens("main"))
        last = numbers.stop()
    for page in pages:
        page.has_all(last)
        assert page.states() == ["connecting", "live"]


def test_a_leader_that_crashes_costs_no_event(world):
    """Its renderer is killed; the windows have one each."""
    chromium = ChromiumBrowser()
    try:
        pages = [Page(chromium.blank(), f"http://127.0.0.1:{world.port}/feed.html").listens("main")
                 for _ in range(4)]
        with Numbers(world) as numbers:
            while len(pages) > 1:
                leader = leader_of(pages)
                pages.remove(leader)
                with contextlib.suppress(Exception):
                    leader.window.cdp("Page.crash")
                chromium.current = None
                leader_of(pages)
                numbers.goes_on()
            last = numbers.stop()
        for page in pages:
            page.has_all(last)
            assert page.states() == ["connecting", "live"]
    finally:
        chromium.quit()


def test_a_frozen_leader_gives_way_and_misses_nothing(world, chromium):
    pages = [Page(chromium.blank(), f"http://127.0.0.1:{world.port}/feed.html").listens("main")
             for _ in range(3)]
    leader = leader_of(pages)
    others = [page for page in pages if page is not leader]
    with Numbers(world) as numbers:
        numbers.goes_on()
        leader.window.cdp("Page.setWebLifecycleState", state="frozen")
        leader_of(others)
        numbers.goes_on(300)
        leader.window.cdp("Page.setWebLifecycleState", state="active")
        numbers.goes_on()
        last = numbers.stop()
    for page in pages:
        page.has_all(last)
    assert not leader.leads and leader.told()["recovered"][0] > 100


def test_a_window_that_hangs_while_the_lead_changes_misses_nothing(world, open_page):
    """Longer than the new leader waits for anybody."""
    pages = [open_page().listens("main") for _ in range(3)]
    leader, heir, other = pages
    assert leader.leads
    with Numbers(world) as numbers:
        numbers.goes_on()
        other.run("hang(3000)")
        numbers.goes_on()
        leader.close()
        leader_of([heir])
        numbers.goes_on()
        last = numbers.stop()
    for page in (heir, other):
        page.has_all(last)
        assert page.states() == ["connecting", "live"]


def test_a_leader_that_comes_back_from_another_page_misses_nothing(world, chromium):
    """Out of the browser's cache, with all that it had; Firefox loads it anew."""
    pages = [Page(chromium.blank(), f"http://127.0.0.1:{world.port}/feed.html").listens("main")
             for _ in range(2)]
    leader = leader_of(pages)
    other, = [page for page in pages if page is not leader]
    with Numbers(world) as numbers:
        numbers.goes_on()
        leader.window.goto(f"http://127.0.0.1:{world.port}/elsewhere.html")
        leader_of([other])
        numbers.goes_on()
        leader.run("history.back()")
        leader.window.wait(lambda: leader.run("return Boolean(window.told?.main)"), "it being back")
        numbers.goes_on()
        last = numbers.stop()
    for page in pages:
        page.has_all(last)
    assert not leader.leads and leader.run("return sum('main').first") == 0


@pytest.mark.in_both_browsers
def test_a_window_that_joins_begins_now(world, open_page):
    first = open_page().listens("main")
    world.publish("before")
    first.has("before")
    second = open_page().listens("main")
    world.publish("after")
    first.has("before", "after")
    second.has("after")


def test_a_window_that_joins_may_begin_in_the_past(world, open_page):
    world.publish("long before")
    first = open_page().listens("main")
    world.publish("before")
    first.has("before")
    second = open_page().listens("main", since="all")
    world.publish("after")
    first.has("before", "after")
    second.has("long before", "before", "after")


def test_windows_that_cannot_share_are_each_for_themselves(world, open_page):
    pages = [open_page("?alone").listens("main") for _ in range(2)]
    eventually(lambda: subscribers(world, "main") == 2, "two streams")
    assert all(page.leads for page in pages)
    with Numbers(world) as numbers:
        numbers.goes_on()
        pages.pop().close()
        numbers.goes_on()
        last = numbers.stop()
    pages[0].has_all(last)
