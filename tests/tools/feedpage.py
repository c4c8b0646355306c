# SPDX-License-Identifier: MIT
"""A window with e2e/pages/feed.html, and who publishes meanwhile; with the fixtures
that open one."""

import contextlib
import http.client
import itertools
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from world import eventually

PAGES = Path(__file__).parent.parent / "e2e" / "pages"
# What browsers say in their console of a server that goes away.
AWAY = ("net::ERR", "503", "was interrupted", "can.t establish a connection", "terminated", "aborted")


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

    def shows(self, way, token=None, age="5m", user=None):
        """Its streams show that from now on; see WAYS in feed-page.js."""
        self.run("shows(...arguments)", way, token, age, user)
        return self

    def is_refused(self, status, name="main", within=15):
        """Is told so, and it is final; returns what it is told."""
        self.window.wait(lambda: (why := self.told(name)["troubles"][-1:]) and why[0] and why[0].get("status") == status
                         and why[0]["isFinal"], f"{name} being refused", within)
        return self.told(name)["troubles"][-1]

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
        return self.run("return leading()")

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
