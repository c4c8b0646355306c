# SPDX-License-Identifier: MIT
"""Browsers that people have, Chromium and Firefox, seen alike.

    window = chromium.open(f"http://127.0.0.1:{port}/")
    window.click("#publish button")
    window.wait(lambda: window.text("#published"), "the answer")

A browser runs as long as pytest does; its windows, which share one profile,
end with the test.  Whatever it complains of in its console is a failure of the
test, unless the test said that it expects it.
"""

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains

from firefox import Firefox
from world import TOP, addresses, eventually

WIDTH, HEIGHT = 1280, 900
SCREENSHOTS = TOP / "build" / "screenshots"
PROGRAMS = {"chromium": ("chromium", "chromedriver"), "firefox": ("firefox-esr",)}


class Window:
    """One window or tab; each word goes to it, whichever was in front."""

    def __init__(self, browser, handle):
        self.browser, self.handle = browser, handle

    @property
    def driver(self):
        """Selenium's driver, with this window chosen."""
        self.browser.choose(self.handle)
        return self.browser.driver

    def goto(self, url):
        self.driver.get(url)
        return self

    def run(self, script, *arguments):
        """The body of a function, in the page; returns what it returns."""
        return self.driver.execute_script(script, *arguments)

    def find(self, css, within=10):
        """The element that is shown there, waiting for it."""
        return self.wait(lambda: next((e for e in self.all(css) if e.is_displayed()), None),
                         f"{css} being shown", within)

    def all(self, css):
        return self.driver.find_elements("css selector", css)

    def texts(self, css):
        return self.run("return Array.from(document.querySelectorAll(arguments[0]),"
                        " e => e.textContent.trim())", css)

    def text(self, css):
        """What stands there, or None if there is no such element."""
        return next(iter(self.texts(css)), None)

    def count(self, css):
        return self.run("return document.querySelectorAll(arguments[0]).length", css)

    def value(self, css):
        return self.run("return document.querySelector(arguments[0]).value", css)

    def wait(self, condition, what, within=10):
        fault = None

        def met():
            nonlocal fault
            try:
                return condition()
            except WebDriverException as caught:  # not there yet, or not any more
                fault = caught
        try:
            return eventually(met, f"{self.browser.name}: {what}", within)
        except AssertionError as late:
            raise late from fault

    def click(self, css, within=10):
        """As a hand does: what is hidden or covered cannot be clicked."""
        def clicked():
            element = self.find(css, within)
            # away from the edges, where a header may stand over it
            self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
            element.click()
            return True
        return self.wait(clicked, f"a click on {css}", within)

    def fill(self, css, text):
        """Selects what is in the field and types over it."""
        self.run("const e = arguments[0]; e.focus(); e.select();"
                 "document.execCommand(arguments[1] ? 'insertText' : 'delete', false, arguments[1]);",
                 self.find(css), text)

    def select(self, css, value):
        self.run("const e = arguments[0]; e.value = arguments[1];"
                 "for (const type of ['input', 'change'])"
                 "  e.dispatchEvent(new Event(type, {bubbles: true}));", self.find(css), value)
        assert self.value(css) == value, f"{css} has no {value}"

    def press(self, *keys):
        """Keys, to whatever has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def chord(self, held, key):
        ActionChains(self.driver).key_down(held).send_keys(key).key_up(held).perform()

    def focused(self):
        """The path of ids and names to what has the focus."""
        return self.run("const e = document.activeElement;"
                        "return e.tagName.toLowerCase() + (e.id && '#' + e.id)"
                        " + (e.name ? `[name=${e.name}]` : '')"
                        " + Object.entries(e.dataset).map(([k, v]) => `[data-${k}=${v}]`).join('')")

    def screenshot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / (re.sub(r"[^\w.-]+", "-", name).strip("-") + ".png")
        self.driver.get_screenshot_as_file(str(path))
        return path

    def cdp(self, command, **parameters):
        """Chromium's own protocol."""
        return self.driver.execute_cdp_cmd(command, parameters)

    def has_width(self, width, height=800):
        """Gives the page a phone's width."""
        self.browser.resize(self, width, height)
        self.wait(lambda: self.run("return innerWidth") == width, f"being {width} px wide")

    def prefers(self, theme):
        """light or dark"""
        self.browser.set_theme(self, theme)
        self.wait(lambda: self.run("return matchMedia(`(prefers-color-scheme: ${arguments[0]})`)"
                                   ".matches", theme), f"being {theme}")

    def close(self):
        self.driver.close()
        self.browser.current = None
        self.browser.choose(self.browser.home)


class Browser:
    """One process and profile."""

    def __init__(self):
        self.driver = self.start()
        self.home = self.current = self.driver.current_window_handle
        self.expected = []
        self.complaints = []

    def choose(self, handle):
        if self.current != handle:
            self.driver.switch_to.window(handle)
            self.current = handle

    def blank(self, kind="window"):
        """A window (or tab) of this profile with nothing in it yet."""
        self.choose(self.home)
        self.driver.switch_to.new_window(kind)
        self.current = self.driver.current_window_handle
        return Window(self, self.current)

    def open(self, url, kind="window"):
        return self.blank(kind).goto(url)

    def expects(self, *patterns):
        """These complaints are no failure of this test."""
        self.expected += patterns

    def unexpected(self):
        """What it complained of, but for the expected."""
        self.complaints += self.console()
        return [c for c in self.complaints if not any(re.search(e, c) for e in self.expected)]

    def windows(self):
        return [Window(self, handle) for handle in self.driver.window_handles
                if handle != self.home]

    def finish(self, name, failed):
        """The end of a test: no window stays, and nothing it expected."""
        for number, window in enumerate(self.windows(), 1):
            if failed:
                with contextlib.suppress(WebDriverException):
                    window.screenshot(f"{name}-{number}")
            with contextlib.suppress(WebDriverException):
                window.driver.delete_all_cookies()  # they are every port's
            window.close()
        self.choose(self.home)
        unexpected = self.unexpected()
        self.expected, self.complaints = [], []
        self.restore()
        return unexpected

    def restore(self):
        """Takes back what a test has set for the whole browser."""

    def quit(self):
        with contextlib.suppress(Exception):
            self.driver.quit()


class ChromiumBrowser(Browser):
    name = "chromium"

    def start(self):
        self.profile = Path(tempfile.mkdtemp(prefix="tidings-chromium-", dir="/tmp"))
        options = Options()
        options.binary_location = shutil.which("chromium")
        for argument in (
                "--headless=new", f"--user-data-dir={self.profile}", "--lang=en-US",
                f"--window-size={WIDTH},{HEIGHT}", "--no-first-run", "--hide-scrollbars",
                "--disable-dev-shm-usage",  # containers have 64 MB of it
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                # a name that its owner has pointed here
                "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP * ~NOTFOUND, " +
                ", ".join(f"EXCLUDE {address}" for address in ["127.0.0.1", *addresses(4)]),
                *(["--no-sandbox"] if os.getuid() == 0 else [])):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "WARNING"})
        options.set_capability("unhandledPromptBehavior", "ignore")
        return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))

    def console(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def resize(self, window, width, height):
        window.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                   deviceScaleFactor=0, mobile=False)

    def set_theme(self, window, theme):
        window.cdp("Emulation.setEmulatedMedia",
                   features=[{"name": "prefers-color-scheme", "value": theme}])

    def speaks(self, window, languages):
        """navigator.languages from now on, for pages that are yet to load."""
        agent = window.run("return navigator.userAgent")
        window.cdp("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)

    def allows(self, url, *permissions):
        self.driver.execute_cdp_cmd("Browser.grantPermissions",
                                    {"origin": url.rstrip("/"), "permissions": permissions})

    def restore(self):
        self.driver.execute_cdp_cmd("Browser.resetPermissions", {})

    def quit(self):
        super().quit()
        shutil.rmtree(self.profile, ignore_errors=True)


class FirefoxBrowser(Browser):
    name = "firefox"
    seen = 0  # of its log

    def start(self):
        self.changed = set()
        return Firefox(shutil.which("firefox-esr"), WIDTH, HEIGHT)

    def console(self):
        with self.driver.inside():
            errors = self.driver.execute_script(
                "const said = Services.console.getMessageArray().filter(m =>"
                "  m instanceof Ci.nsIScriptError && !m.isFromChromeContext &&"
                "  (!(m.flags & m.warningFlag) || m.category.startsWith('CSP')));"
                "Services.console.reset();"
                "return said.map(m => `${m.category}: ${m.errorMessage} (${m.sourceName})`);")
        log = (self.driver.profile / "firefox.log").read_bytes()
        text, self.seen = log[self.seen:].decode(errors="replace"), len(log)
        # what is not in quotes is Firefox's own
        return errors + re.findall(r"^console\.(?:error|warn|assert): (?!\w+: $).*", text, re.M)

    def resize(self, window, width, height):
        with window.driver.inside():
            self.driver.execute_script(
                "const s = gBrowser.selectedBrowser.style;"
                "s.minWidth = s.maxWidth = arguments[0] + 'px';", width)

    def set_theme(self, window, theme):
        self.sets("layout.css.prefers-color-scheme.content-override",
                  ("dark", "light").index(theme))

    def speaks(self, window, languages):
        self.sets("intl.accept_languages", languages)

    def sets(self, name, value):
        """A preference, until the test ends."""
        kind = {bool: "Bool", int: "Int", str: "Char"}[type(value)]
        with self.driver.inside():
            self.driver.execute_script(f"Services.prefs.set{kind}Pref(...arguments)", name, value)
        self.changed.add(name)

    def restore(self):
        with self.driver.inside():
            self.driver.execute_script(
                "for (const name of arguments[0]) Services.prefs.clearUserPref(name);",
                list(self.changed))
        self.changed.clear()


KINDS = {"chromium": ChromiumBrowser, "firefox": FirefoxBrowser}


@pytest.fixture(scope="session")
def browsers():
    """name -> the one that runs; it is started when first asked for."""
    running = {}
    yield running
    for browser in running.values():
        browser.quit()


def _started(name, browsers):
    missing = [p for p in PROGRAMS[name] if not shutil.which(p)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed")
    if name not in browsers:
        try:
            browsers[name] = KINDS[name]()
        except Exception as fault:
            if os.getuid() == 0:
                raise
            pytest.skip(f"this user cannot start {name}: {fault}")
    return browsers[name]


def _lend(name, browsers, request):
    browser = _started(name, browsers)
    yield browser
    failed = getattr(request.node, "failed", True)
    try:
        unexpected = browser.finish(request.node.name, failed)
    except Exception:  # it hangs or is gone: the next test gets another
        browsers.pop(name).quit()
        raise
    assert not unexpected, "the console says: " + "\n".join(unexpected[:20])


@pytest.fixture
def chromium(make_world, browsers, request):  # worlds end after the windows
    yield from _lend("chromium", browsers, request)


@pytest.fixture
def firefox(make_world, browsers, request):
    yield from _lend("firefox", browsers, request)


@pytest.fixture(params=sorted(KINDS))
def browser(request):
    """Each browser in turn."""
    return request.getfixturevalue(request.param)
