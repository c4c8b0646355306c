# SPDX-License-Identifier: MIT
"""What a page is told by www/feed.js, in real browsers."""

import contextlib
import http.client
import itertools
import json
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from browser import ChromiumBrowser
from world import eventually

pytestmark = [pytest.mark.page, pytest.mark.slow, pytest.mark.timeout(180)]
PAGES = Path(__file__).parent / "pages"
# What browsers say in their console of a server that goes away.
AWAY = ("net::ERR", "503", "was interrupted", "can.t establish a connection")


class Page:
    """A window with feed.html: it opens feeds, and remembers what they tell."""

    def __init__(self, window, address):
        self.window, self.run, self.address = window, window.run, address
        self.load()

    def load(self):
        self.window.goto(self.address)
        self.window.wait(lambda: self.run("return Boolean(window.feeds)"), "the page being there")

    def ask(self, function, *arguments):
        """What the promise of that function comes to."""
        return self.window.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            f"{function}(...Array.from(arguments).slice(0, -1)).then(done)", *arguments)

    def opens(self, channel=None, name=None, **source):
        source = {"kind": "channel", "channel": channel, **source} if channel else source
        name = name or channel or source["kind"]
        self.run("listen(...arguments)", name, source)
        return name

    def listens(self, channel=None, **source):
        """Opens a feed, and waits until it is live."""
        self.is_("live", self.opens(channel, **source))
        return self

    def ends(self, name):
        self.run("opened[arguments[0]].close()", name)

    def told(self, name="main"):
        return self.run("return told[arguments[0]]", name)

    def states(self, name="main"):
        return self.told(name)["states"]

    def data(self, name="main"):
        return [event["data"] for event in self.told(name)["events"]]

    def is_(self, state, name="main", within=15):
        self.window.wait(lambda: self.states(name)[-1] == state, f"{name} being {state}", within)

    def has(self, *data, name="main", within=15):
        """Has these events, in this order, and no others."""
        with contextlib.suppress(AssertionError):
            self.window.wait(lambda: self.data(name) == list(data), "them", within)
        assert self.data(name) == list(data), self.told(name)

    def has_all(self, last, name="main"):
        """Has each of some numbers up to the last, once and in order."""
        self.window.wait(lambda: self.run("return sum(arguments[0]).last", name) == last,
                         f"number {last} arriving")
        assert self.run("return sum(arguments[0]).faults", name) == []

    @property
    def leads(self):
        return self.run("return feeds.leading")

    def close(self):
        self.window.close()


class Numbers:
    """Somebody who publishes 0, 1, 2 … some hundred a second, until told to stop."""

    def __init__(self, world, channel="main", pause=0.003):
        self.world, self.channel, self.pause = world, channel, pause
        self.stopping = threading.Event()
        self.published = 0
        self.fault = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Returns the last number."""
        self.stopping.set()
        self.thread.join()
        assert self.fault is None, self.fault
        return self.published - 1

    def goes_on(self, count=100):
        at = self.published
        eventually(lambda: self.published > at + count or self.fault, f"{count} more numbers")

    def run(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.world.port, timeout=10)
            for number in itertools.count():
                if self.stopping.is_set():
                    return
                connection.request("POST", f"/realtime/{quote(self.channel, safe='')}", str(number))
                answer = connection.getresponse()
                said = answer.read()
                assert answer.status == 200, said
                self.published = number + 1
                time.sleep(self.pause)
        except Exception as fault:
            self.fault = fault


@pytest.fixture
def world(make_world):
    return make_world(web=True, pages=PAGES)


@pytest.fixture
def open_page(world, browser):
    """Opens a window; in Chromium and in Firefox."""
    browser.expects(*AWAY)
    return lambda query="": Page(browser.blank(), f"http://127.0.0.1:{world.port}/feed.html{query}")


@pytest.fixture
def page(open_page):
    return open_page()


@pytest.fixture
def chromium_page(world, chromium):
    return Page(chromium.blank(), f"http://127.0.0.1:{world.port}/feed.html")


def subscribers(world, channel):
    return world.channel(channel)["subscribers"]


def leader_of(pages):
    return eventually(lambda: [p for p in pages if p.leads], "one window leading")[0]


def send(world, text):
    world.post("/sse/send", b'{"message": "%s"}' % text.encode(),
               {"Content-Type": "application/json"})


# ---- one window

@pytest.mark.in_both_browsers
def test_what_is_published_is_told(world, page):
    page.listens("main")
    id = world.publish("one")
    world.publish("two", event="sensor")
    page.has("one", "two")
    told = page.told()
    assert told["states"] == ["connecting", "live"] and not told["gaps"]
    assert told["events"][0]["id"] == str(id)
    assert [e["type"] for e in told["events"]] == ["message", "sensor"]
    assert {e["channel"] for e in told["events"]} == {"main"}
    assert abs(told["events"][0]["at"] / 1000 - time.time()) < 60
    assert not any(e["replayed"] for e in told["events"])


def test_types_that_mean_something_elsewhere_are_events_like_others(world, page):
    types = ["error", "open", "connected", "live", "reset", "close", "start", "end"]
    page.listens("main")
    for type in types:
        world.publish(type, event=type)
    page.has(*types)
    assert [event["type"] for event in page.told()["events"]] == types
    assert page.states() == ["connecting", "live"] and not page.told()["gaps"]


def test_a_type_of_ones_own_comes_once_it_is_named(world, open_page):
    first, second = open_page(), open_page()
    for page in (first, second):
        page.listens("main")
    follower = next(page for page in (first, second) if not page.leads)
    world.publish("unheard", event="own")
    world.publish("and after it")
    for page in (first, second):
        page.has("and after it")
    follower.run("feeds.addTypes(['own'])")
    leader_of([first, second]).window.wait(
        lambda: world.publish("heard", event="own") and "heard" in first.data(), "own events")
    assert "unheard" not in first.data()
    eventually(lambda: second.data() == first.data(), "both being told the same")


def test_since_brings_what_was_before(world, page):
    for n in range(5):
        world.publish(str(n))
    page.listens("main", since="all")
    world.publish("now")
    page.has("0", "1", "2", "3", "4", "now")
    assert [e["replayed"] for e in page.told()["events"]] == [True] * 5 + [False]
    assert page.states() == ["connecting", "catching up", "live"]
    assert page.told()["recovered"] == []


def test_a_channel_added_begins_now_and_disturbs_no_other(world, page):
    world.publish("old main")
    world.publish("old other", channel="other")
    page.listens("main")
    world.publish("main 1")
    world.publish("other 1", channel="other")
    page.has("main 1")
    page.listens("other")
    world.publish("other 2", channel="other")
    world.publish("main 2")
    page.has("other 2", name="other")
    page.has("main 1", "main 2")
    assert page.states() == ["connecting", "live"]


def test_a_channel_added_with_since_disturbs_no_other(world, page):
    world.publish("old main")
    for n in range(3):
        world.publish(f"old {n}", channel="other")
    page.listens("main")
    world.publish("main 1")
    page.listens("other", since="10m")
    world.publish("new", channel="other")
    world.publish("main 2")
    page.has("old 0", "old 1", "old 2", "new", name="other")
    page.has("main 1", "main 2")
    assert page.states() == ["connecting", "live"]


def test_channels_come_and_go_under_a_burst(world, page):
    page.listens("main")
    with Numbers(world) as numbers, Numbers(world, "other") as others:
        for n in range(5):
            page.listens(f"quiet {n}")
            page.listens("other", name=f"other {n}")
            page.listens("other", name=f"all {n}", since="all")
            page.ends(f"quiet {n}")
            numbers.goes_on(50)
        last, last_other = numbers.stop(), others.stop()
    page.has_all(last)
    for n in range(5):
        page.has_all(last_other, name=f"other {n}")
        page.has_all(last_other, name=f"all {n}")
        assert page.data(f"all {n}")[0] == "0"
    eventually(lambda: subscribers(world, "quiet 0") == 0, "nobody listening to it any more")
    for channel in ("other", "main"):
        eventually(lambda: subscribers(world, channel) == 1, f"one stream of {channel}")
    assert page.states() == ["connecting", "live"]


@pytest.mark.parametrize("source", [
    {"kind": "channel", "channel": ""}, {"kind": "channel", "channel": "a\nb"},
    {"kind": "channel", "channel": "\u0085"}, {"kind": "channel", "channel": "é" * 128},
    {"kind": "channel", "channel": "\ud800"}, {"kind": "channel", "channel": "a", "since": "1y"},
    {"kind": "tasks", "interval": 0}, {"kind": "tasks", "interval": "x"}, {"kind": "toString"}])
def test_what_the_server_would_refuse_disturbs_nobody(world, chromium_page, source):
    chromium_page.listens("main")
    fault = chromium_page.run("try { feeds.open(JSON.parse(arguments[0]), {}); }"
                              "catch (fault) { return fault.name; }", json.dumps(source))
    assert fault == "TypeError"
    world.publish("one")
    chromium_page.has("one")


def test_a_channel_may_have_any_other_name(world, page):
    names = ["a/b", "?&#=+%", "..", "Grüße 你好 👋", "é" * 127, "__proto__", "a b"]
    for name in names:
        page.listens(name)
    for name in names:
        world.broadcast(channel=name, message="for you")
    for name in names:
        page.window.wait(lambda: len(page.data(name)) == 1, f"an event on {name}")
        assert page.told(name)["events"][0]["channel"] == name


def test_what_was_closed_is_not_listened_to(world, page):
    page.listens("main")
    page.listens("other")
    page.ends("other")
    assert page.states("other")[-1] == "ended"
    eventually(lambda: subscribers(world, "other") == 0, "nobody listening to other")
    world.publish("on main")
    page.has("on main")
    page.run("feeds.close()")
    eventually(lambda: subscribers(world, "main") == 0, "nobody listening to main")
    assert page.states() == ["connecting", "live", "ended"]


def test_the_plain_stream_is_told_too(world, page):
    page.listens(kind="plain")
    send(world, "hello")
    page.has("hello", name="plain")


def test_metrics_need_no_id(world, page):
    """An event without an id is passed on as it comes."""
    page.listens("main")
    page.listens("metrics")
    world.publish("with an id", channel="metrics")
    page.has("with an id", name="metrics")


# ---- a server that goes away

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


# ---- tasks

def types(page, name="tasks"):
    return [event["type"] for event in page.told(name)["events"]]


@pytest.mark.in_both_browsers
def test_tasks_run_to_their_close_and_end(page):
    page.listens(kind="tasks", interval=0.05)
    page.is_("ended", "tasks")
    steps = types(page)
    assert steps[0] == "start" and steps[-1] == "close"
    assert steps.count("start") == steps.count("end") == 2 and "progress" in steps
    ids = [event["id"] for event in page.told("tasks")["events"]]
    assert len(set(ids)) == len(ids) and {e["channel"] for e in page.told("tasks")["events"]} == {"tasks"}
    assert page.states("tasks") == ["connecting", "live", "ended"]
    page.opens(kind="tasks", interval=0.05, name="again")
    page.is_("ended", "again")
    assert types(page, "again") == steps
    assert page.told("again")["events"][0]["id"] != ids[0]


def test_a_window_that_comes_later_sees_the_whole_run(open_page):
    first, second = open_page(), open_page()
    first.listens(kind="tasks", interval=0.2)
    first.window.wait(lambda: "progress" in types(first), "some progress")
    second.opens(kind="tasks")
    for page in (first, second):
        page.is_("ended", "tasks")
    assert first.data("tasks") == second.data("tasks") and types(second)[0] == "start"


def test_tasks_go_on_under_another_leader_and_another_responder(world, open_page):
    pages = [open_page() for _ in range(3)]
    for page in pages:
        page.listens(kind="tasks", interval=0.3)
    leader = leader_of(pages)
    rest = [page for page in pages if page is not leader]
    leader.window.wait(lambda: "progress" in types(leader), "some progress")
    leader.close()
    rest[0].window.wait(lambda: "end" in types(rest[0]), "the end of the first")
    world.responder.has_settled().kill_worker()
    for page in rest:
        page.is_("ended", "tasks", within=30)
    assert types(rest[0]) == types(rest[1])
    steps = [int(event["id"].rpartition("-")[2]) for event in rest[0].told("tasks")["events"]]
    assert steps == list(range(steps[0], steps[0] + len(steps)))
    assert types(rest[0]).count("start") == types(rest[0]).count("end") == 2


# ---- several windows

@pytest.mark.in_both_browsers
def test_five_windows_share_three_connections_and_all_still_publish(world, open_page):
    pages = [open_page() for _ in range(5)]
    for n, page in enumerate(pages):
        page.listens("main")
        page.listens(f"own {n}")
        page.listens(kind="plain")
    for channel in ("main", "own 0", "own 4", "sse"):
        eventually(lambda: subscribers(world, channel) == 1, f"one stream of {channel}")
    assert len([page for page in pages if page.leads]) == 1
    for page in pages:
        page.window.wait(lambda: page.run("return feeds.windows") == 5, "five windows being known")
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
