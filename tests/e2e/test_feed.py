"""What a page is told by www/feed.js, in a real browser."""

import contextlib
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from world import eventually

pytestmark = pytest.mark.slow
PAGES = Path(__file__).parent / "pages"


def chromium():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


class Window:
    """A window of the browser with the page feed.html."""

    def __init__(self, driver, handle, address):
        self.driver, self.handle = driver, handle
        self.run(f"location.href = {address!r}")
        eventually(lambda: self.run("return Boolean(window.feeds)"), "the page being there")

    def run(self, script, *arguments):
        self.driver.switch_to.window(self.handle)
        return self.driver.execute_script(script, *arguments)

    def ask(self, script, *arguments):
        """The value of a promise."""
        self.driver.switch_to.window(self.handle)
        return self.driver.execute_async_script(
            f"const done = arguments[arguments.length - 1]; ({script})(...arguments).then(done)",
            *arguments)

    def listen(self, channel=None, name=None, wait=True, **source):
        source = {"kind": "channel", "channel": channel, **source} if channel else source
        name = name or channel or source["kind"]
        self.run("listen(...arguments)", name, source)
        if wait:
            self.has_state(name, "live")
        return name

    def told(self, name="main"):
        return self.run("return told[arguments[0]]", name)

    def states(self, name="main"):
        return self.told(name)["states"]

    def data(self, name="main"):
        return self.run("return told[arguments[0]].events.map((e) => e.data)", name)

    def has_state(self, name, state, within=15):
        eventually(lambda: self.states(name)[-1] == state, f"{name} being {state}", within)

    def has(self, name, *data, within=15):
        """Has just these events, in this order."""
        with contextlib.suppress(AssertionError):
            eventually(lambda: self.data(name) == list(data), "", within)
        assert self.data(name) == list(data), self.told(name)

    def close(self):
        self.driver.switch_to.window(self.handle)
        self.driver.close()


class Browser:
    def __init__(self, driver, world):
        self.driver = driver
        self.address = f"http://127.0.0.1:{world.port}/feed.html"
        self.used = False

    def window(self):
        if self.used:
            self.driver.switch_to.window(self.driver.window_handles[0])
            self.driver.switch_to.new_window("window")
        self.used = True
        return Window(self.driver, self.driver.current_window_handle, self.address)


@pytest.fixture
def world(make_world):
    return make_world(web=True, pages=PAGES)


@pytest.fixture
def browser(world):
    driver = chromium()
    try:
        yield Browser(driver, world)
    finally:
        driver.quit()


def test_what_is_published_is_told(world, browser):
    window = browser.window()
    window.listen("main")
    id = world.publish("one")
    world.publish("two", event="sensor")
    window.has("main", "one", "two")
    told = window.told()
    assert told["states"] == ["connecting", "live"] and not told["gaps"]
    assert told["events"][0]["id"] == str(id)
    assert [e["type"] for e in told["events"]] == ["message", "sensor"]
    assert {e["channel"] for e in told["events"]} == {"main"}
    assert not any(e["replayed"] for e in told["events"])


@pytest.mark.parametrize("type", ["error", "open", "connected", "live", "reset", "close"])
def test_a_type_that_means_something_elsewhere_is_an_event_like_others(world, browser, type):
    window = browser.window()
    window.listen("main")
    world.publish("one", event=type)
    world.publish("two")
    window.has("main", "one", "two")
    assert window.told()["events"][0]["type"] == type
    assert window.states() == ["connecting", "live"]


def test_since_brings_what_was_before(world, browser):
    for n in range(5):
        world.publish(str(n))
    window = browser.window()
    window.listen("main", since="all")
    world.publish("now")
    window.has("main", "0", "1", "2", "3", "4", "now")
    assert [e["replayed"] for e in window.told()["events"]] == [True] * 5 + [False]
    assert window.states() == ["connecting", "catching up", "live"]


def test_a_channel_added_begins_now_and_disturbs_no_other(world, browser):
    world.publish("old main")
    world.publish("old other", channel="other")
    window = browser.window()
    window.listen("main")
    world.publish("main 1")
    world.publish("other 1", channel="other")
    window.has("main", "main 1")
    window.listen("other")
    world.publish("other 2", channel="other")
    world.publish("main 2")
    window.has("other", "other 2")
    window.has("main", "main 1", "main 2")
    assert window.states() == ["connecting", "live"]


def test_a_channel_added_with_since_disturbs_no_other(world, browser):
    world.publish("old main")
    for n in range(3):
        world.publish(f"old {n}", channel="other")
    window = browser.window()
    window.listen("main")
    world.publish("main 1")
    window.listen("other", since="10m")
    world.publish("new", channel="other")
    world.publish("main 2")
    window.has("other", "old 0", "old 1", "old 2", "new")
    window.has("main", "main 1", "main 2")
    assert window.states() == ["connecting", "live"]


def test_a_responder_that_is_killed_costs_no_event(world, browser):
    window = browser.window()
    window.listen("main")
    world.publish("before")
    window.has("main", "before")
    world.responder.has_settled().kill_worker()
    world.is_healthy()
    for n in range(3):
        world.publish(str(n))
    window.has("main", "before", "0", "1", "2")
    window.has_state("main", "live")
    assert window.states() == ["connecting", "live", "lost", "catching up", "live"]


def test_the_plain_stream_is_told_too(world, browser):
    window = browser.window()
    window.listen(kind="plain")
    world.post("/sse/send", b'{"message": "hello"}', {"Content-Type": "application/json"})
    window.has("plain", "hello")
