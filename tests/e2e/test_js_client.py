# SPDX-License-Identifier: MIT
"""What a page is told by the package in js/, in real browsers."""

import contextlib
import http.client
import itertools
import shutil
import subprocess
import sys
import threading
import time

import pytest

from browser import ChromiumBrowser
from clientpage import ClientPage
from documents import Document
from feedpage import AWAY, PAGES, Numbers, subscribers
from feedpage import world  # noqa: F401, F811, a fixture
from tickets import key_file, token
from world import TOP, eventually

pytestmark = [pytest.mark.page, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def open_page(world, browser):
    browser.expects(*AWAY, "terminated", "aborted")
    return lambda query="": ClientPage(browser.blank(), f"http://127.0.0.1:{world.port}/client.html{query}")


@pytest.fixture
def page(open_page):
    return open_page()


@pytest.mark.in_both_browsers
def test_what_is_published_is_told_whatever_its_type(world, page):
    page.listens("main", "other", time=True)
    id = world.publish("one")
    world.publish("two", event="sensor", channel="other")
    world.publish("{}", event="live")
    page.has("one", "two", "{}")
    events = page.told()["events"]
    assert events[0]["id"] == str(id) and not any(event["replayed"] for event in events)
    assert [(event["type"], event["channel"]) for event in events] == \
        [("message", "main"), ("sensor", "other"), ("live", "main")]


@pytest.mark.in_both_browsers
def test_windows_share_one_connection_and_each_is_told_of_its_own_channels(world, open_page):
    pages = [open_page() for _ in range(4)]
    for n, page in enumerate(pages):
        page.listens("main")
        page.listens(f"own {n}", "both")
    for channel in ("main", "own 0", "own 3", "both"):
        eventually(lambda: subscribers(world, channel) == 1, f"one stream of {channel}")
    assert world.health().json["streams"] == 1
    for n, page in enumerate(pages):
        world.publish(f"for {n}", channel=f"own {n}")
    world.publish("for all", channel="both")
    for n, page in enumerate(pages):
        page.has(f"for {n}", "for all", name=f"own {n}")
        assert page.data("main") == []


def test_a_window_that_begins_in_the_past_disturbs_no_other(world, open_page):
    first = open_page()
    world.publish("before")
    first.listens("main")
    second = open_page()
    second.listens("main", since="all")
    second.listens("other", since="1h")
    world.publish("after")
    world.publish("other", channel="other")
    first.has("after")
    second.has("before", "after")
    second.has("other", name="other")
    assert [event["replayed"] for event in second.told()["events"]] == [True, False]
    assert first.states() == ["connecting", "open"]
    eventually(lambda: world.health().json["streams"] == 1, "one stream")


def test_channels_come_and_go_under_a_burst(world, page):
    page.listens("main")
    with Numbers(world) as numbers, Numbers(world, "other") as others:
        for n in range(5):
            page.listens(f"quiet {n}")
            page.listens("other", name=f"other {n}")
            page.listens("other", name=f"all {n}", since="all")
            page.ends(f"quiet {n}")
            numbers.goes_on(30)
        last, last_other = numbers.stop(), others.stop()
    page.has_all(last)
    for n in range(5):
        page.has_all(last_other, name=f"other {n}")
        page.has_all(last_other, name=f"all {n}")
        assert page.data(f"all {n}")[0] == "0"
    for channel in ("other", "main"):
        eventually(lambda: subscribers(world, channel) == 1, f"one stream of {channel}")
    assert page.states() == ["connecting", "open"]


def test_what_comes_by_a_pattern_is_told(world, page):
    page.opens(patterns=["builds/{name}"], name="builds", since="all")
    page.is_("open", "builds")
    world.publish("begins", channel="builds/7")
    world.publish("elsewhere")
    world.publish("done", channel="builds/8")
    page.has("begins", "done", name="builds")


class Sure(Numbers):
    """Publishes each number under its own id until the answer says that it is stored."""

    def publish_once(self, connection, number):
        try:
            connection.request("POST", f"/realtime/{self.channel}?id={number}", str(number))
            answer = connection.getresponse()
            answer.read()
            return answer.status == 200
        except (OSError, http.client.HTTPException):
            connection.close()
            return False

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.world.port, timeout=10)
        for number in itertools.count():
            while not self.publish_once(connection, number):
                time.sleep(0.02)
            self.published = number + 1
            if self.stopping.is_set():
                return
            time.sleep(self.pause)


def dies(world, pages, times):
    """Its responder is killed, so many times, at some 200 events a second."""
    with Sure(world, pause=0.004) as numbers:
        for _ in range(times):
            world.responder.has_settled().kill_worker()
            numbers.goes_on(100)
        last = numbers.stop()
    for page in pages:
        page.has_all(last)
        assert page.run("return sum('main').first") == 0 and page.told()["lost"] == []


@pytest.mark.in_both_browsers
def test_killed_responders_cost_no_event(world, open_page):
    dies(world, [open_page().listens("main", counts=True) for _ in range(2)], 3)


@pytest.mark.rare
def test_twenty_kills_cost_no_event_and_no_memory(world, chromium):
    """The heap after the first kills, and after twenty thousand further events and twenty kills."""
    chromium.expects(*AWAY)
    pages = [ClientPage(chromium.blank(), f"http://127.0.0.1:{world.port}/client.html").listens("main", counts=True)
             for _ in range(3)]
    dies(world, pages, 2)

    def heaps():
        for page in pages:
            page.window.cdp("HeapProfiler.collectGarbage")
        return [page.run("return performance.memory.usedJSHeapSize") for page in pages]
    before = heaps()
    with Sure(world, "more", pause=0) as numbers:
        for page in pages:
            page.listens("more", counts=True)
        for _ in range(20):
            world.responder.has_settled().kill_worker()
            numbers.goes_on(1000)
        last = numbers.stop()
    for page in pages:
        page.has_all(last, name="more")
    assert all(now < was + 2_000_000 for was, now in zip(before, heaps())), (before, heaps())


def test_a_server_that_is_away_for_a_while_is_found_again(world, page):
    """lighttpd answers 503, which is the end for EventSource."""
    world.change_web(('server.error-handler = "/tidings-later.shtml"', ""))
    page.listens("main")
    world.responder.stop()
    page.is_("away")
    eventually(lambda: world.door.ask("GET", "/stream").status == 503, "a 503")
    world.insert("one", "two")
    page.window.wait(lambda: page.states().count("away") >= 3, "it being tried again")
    world.responder.start()
    page.is_("open", within=40)
    page.has("one", "two")


def test_a_killed_hub_costs_no_event(world, page):
    page.listens("main")
    world.publish("before")
    world.hub.has_settled().kill_worker()
    world.insert("inserted")
    page.has("before", "inserted")


# ---- windows

def leader_of(pages):
    return next(page for page in pages if page.leads)


def test_a_window_that_leads_and_closes_or_crashes_costs_no_event(world):
    chromium = ChromiumBrowser()
    try:
        pages = [ClientPage(chromium.blank(), f"http://127.0.0.1:{world.port}/client.html").listens("main")
                 for _ in range(4)]
        with Numbers(world) as numbers:
            for ends in (lambda page: page.close(), lambda page: page.window.cdp("Page.crash")):
                numbers.goes_on()
                first = pages.pop(0)  # the first that was there leads, then the next one
                with contextlib.suppress(Exception):
                    ends(first)
                chromium.current = None
            eventually(lambda: subscribers(world, "main") == 1, "one that leads")
            numbers.goes_on()
            last = numbers.stop()
        for page in pages:
            page.has_all(last)
            assert page.states() == ["connecting", "open"]
    finally:
        chromium.quit()


def test_a_frozen_window_misses_nothing(world, chromium):
    pages = [ClientPage(chromium.blank(), f"http://127.0.0.1:{world.port}/client.html").listens("main") for _ in range(3)]
    with Numbers(world) as numbers:
        for page in pages[:2]:  # one that leads, and then the next one
            numbers.goes_on()
            page.window.cdp("Page.setWebLifecycleState", state="frozen")
            numbers.goes_on(200)
            page.window.cdp("Page.setWebLifecycleState", state="active")
        numbers.goes_on()
        last = numbers.stop()
    for page in pages:
        page.has_all(last)
    eventually(lambda: world.health().json["streams"] == 1, "one stream")


def test_windows_that_cannot_share_are_each_for_themselves(world, open_page):
    pages = [open_page("?alone").listens("main") for _ in range(2)]
    eventually(lambda: subscribers(world, "main") == 2, "two streams")
    world.publish("one")
    for page in pages:
        page.has("one")


# ---- who asks

@pytest.fixture
def private(make_world, tmp_path):
    return make_world({"responder": {"private": "users/{+rest}"},
                       "keys site": {"file": key_file(tmp_path), "algorithms": "HS256"}}, web=True, pages=PAGES)


def is_given(world, seconds, channel="users/7"):
    """What /token answers from now on."""
    fresh = world.www / "fresh"
    fresh.write_text(token(seconds, channel))
    fresh.rename(world.www / "token.txt")


@contextlib.contextmanager
def always_fresh(world, seconds):
    """What /token.txt answers is good for almost so long."""
    over = threading.Event()

    def go():
        while not over.wait(0.3):
            is_given(world, seconds)
    is_given(world, seconds)
    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def asking(browser):
    browser.expects(*AWAY, "terminated", "aborted", r"40[13]", "Failed to load resource", "was interrupted")
    return browser


@pytest.mark.in_both_browsers
def test_tokens_that_end_are_renewed_without_a_gap(private, asking):
    """The window that leads asks for each; when it is gone, the other one does."""
    with always_fresh(private, 3), Numbers(private, "users/7", pause=0.02) as numbers:
        first, second = (ClientPage(asking.blank(), f"http://127.0.0.1:{private.port}/client.html") for _ in range(2))
        for page in (first, second):
            page.listens("users/7", shows="/token.txt", **{"as": "7"})
        assert private.health().json["streams"] == 1
        first.window.wait(lambda: first.run("return asked") >= 3, "some renewals", 30)
        assert second.run("return asked") == 0
        first.close()
        second.window.wait(lambda: second.run("return asked") >= 2, "the other one asking", 30)
        last = numbers.stop()
    second.has_all(last, name="users/7")
    assert second.states("users/7") == ["connecting", "open"]


def test_what_may_not_be_heard_is_refused_and_takes_no_other_with_it(private, asking):
    is_given(private, 300)
    page = ClientPage(asking.blank(), f"http://127.0.0.1:{private.port}/client.html")
    for channel in ("users/8", "users/7", "main"):
        page.opens(channel, shows="/token.txt", **{"as": "7"})
    page.is_("refused", "users/8")
    assert page.told("users/8")["refused"][0]["code"] == "not_granted"
    page.is_("open", "users/7")
    page.is_("open", "main")
    for channel in ("users/8", "users/7", "main"):
        private.publish(f"on {channel}", channel=channel)
    page.has("on users/7", name="users/7")
    page.has("on main")
    assert page.data("users/8") == []


def test_windows_know_who_is_there(make_world, tmp_path, asking):
    world = make_world({"responder": {"mercure": "yes", "mercure_subscriptions": "yes", "private": "users/{+rest}"},
                        "keys site": {"file": key_file(tmp_path), "algorithms": "HS256"}}, web=True, pages=PAGES)
    pages = [ClientPage(asking.blank(), f"http://127.0.0.1:{world.port}/client.html") for _ in range(3)]

    def here(page):
        told = page.told("room")["presence"]
        return len(told[-1]["members"]) if told else 0
    pages[0].listens("room", presence=True)
    pages[0].window.wait(lambda: here(pages[0]) == 1, "one being there")
    pages[1].listens("room", presence=True, shared=False)
    for page in pages[:2]:
        page.window.wait(lambda: here(page) == 2, "two being there")
    pages[2].listens("room", presence=True)  # by the stream of the first
    pages[2].window.wait(lambda: here(pages[2]) == 2, "the third one knowing who is there")
    pages[1].close()
    for page in (pages[0], pages[2]):
        page.window.wait(lambda: here(page) == 1, "one having left", 20)


# ---- without Tidings

@pytest.mark.in_both_browsers
def test_a_plain_server_is_gone_on_with_by_all_windows(open_page, browser):
    browser.expects("503", "CORS", "Cross-Origin")
    with subprocess.Popen([sys.executable, TOP / "tests" / "tools" / "plainevents.py"], stdout=subprocess.PIPE, text=True) as server:
        try:
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}/events"
            pages = [open_page() for _ in range(2)]
            for page in pages:
                page.opens(name="plain", url=url)
            for page in pages:
                page.window.wait(lambda: (page.run("return sum('plain').last") or 0) > 200, "some rounds", 30)
                assert page.run("return sum('plain').faults") == []
        finally:
            server.kill()


# ---- what the README shows, in Node

README = Document(TOP / "js" / "README.md")


def test_the_examples_of_its_readme_run_in_node(private, tmp_path):
    is_given(private, 300, "users/7/{+rest}")
    shutil.copytree(TOP / "js", tmp_path / "js", ignore=shutil.ignore_patterns("dist", "*.tgz"))
    subprocess.run(["node", "pack.mjs"], cwd=tmp_path / "js", check=True, timeout=20)
    (tmp_path / "node_modules" / "@tidings").mkdir(parents=True)
    (tmp_path / "node_modules" / "@tidings" / "client").symlink_to(tmp_path / "js")
    site = f"http://127.0.0.1:{private.port}"
    programs = []
    for n, block in enumerate(README.fenced("js")):
        (tmp_path / f"{n}.mjs").write_text(block.replace("https://example.org/token", f"{site}/token.txt")
                                           .replace("https://example.org/any/event/stream", f"{site}/stream?channel=news")
                                           .replace("https://example.org", site))
        programs.append(subprocess.Popen(["node", f"{n}.mjs"], cwd=tmp_path, stdout=subprocess.PIPE, text=True))
    try:
        eventually(lambda: private.health().json["streams"] == 4, "all listening", 20)
        id = private.publish("hello", channel="news")
        private.publish("ordered", channel="users/7/orders")
        private.publish("the end", channel="news")
        first, loop, orders, plain = programs
        assert loop.communicate(timeout=20)[0] == "hello\nthe end\n"
        assert first.stdout.readline() == f"news hello {id}\n"
        assert orders.stdout.readline() == "ordered\n"
        said = [plain.stdout.readline() for _ in range(3)]
        assert said[0].startswith("connected ") and said[1:] == ["message hello\n", "message the end\n"]
    finally:
        for program in programs:
            program.kill()
            program.communicate()
