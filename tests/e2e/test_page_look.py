# SPDX-License-Identifier: MIT
"""How it looks and is used: languages, widths, themes, keyboard, rules."""

import json
import re

import pytest
from selenium.webdriver.common.keys import Keys

from page import Page
from world import TOP

pytestmark = pytest.mark.page
SECTIONS = ("streams", "compose", "metrics", "tasks")
LANGUAGES = ("en", "pt-BR")
AXE = TOP / "tests" / "node_modules" / "axe-core" / "axe.min.js"

PORTUGUESE = re.compile(r"\b(canal|conectar|publicar|mensagem|eventos|tarefas|fluxos)\b", re.I)


def words(page):
    return page.window.run("return document.body.innerText")


@pytest.mark.in_both_browsers
def test_it_speaks_the_browsers_language(browser, web):
    window = browser.blank()
    browser.speaks(window, "pt-BR,pt,en")
    page = Page(browser, web)
    if browser.name == "chromium":  # there the setting is the window's own
        browser.speaks(page.window, "pt-BR,pt,en")
        page.reload()
    assert page.window.run("return document.documentElement.lang") == "pt-BR"
    assert PORTUGUESE.search(words(page))


@pytest.mark.in_both_browsers
def test_the_switch_changes_every_word_and_is_remembered(browser, web):
    page = Page(browser, web)
    assert page.window.run("return document.documentElement.lang") == "en"
    assert not PORTUGUESE.search(words(page))
    page.connect("main").is_("live")
    web.publish("an event")
    page.sees("an event")
    page.language("pt-BR")
    assert PORTUGUESE.search(words(page))
    english = re.compile(r"\b(connect|disconnect|publish|channel|message|clear|pause|filter|copy|"
                         r"language|settings|streams|tasks|none yet|seconds ago|connecting)\b", re.I)
    for section in SECTIONS:
        page.go(section)
        text = page.window.run("""
            // what stands for itself: what was published, commands, names
            const copy = document.querySelector("main").cloneNode(true);
            for (const e of copy.querySelectorAll("#events li, pre, code, select option, "
                + "[data-connect], h3, .types, output, script, [lang=en]"))
                e.remove();
            return copy.innerText;
        """)
        left = english.findall(text)
        assert not left, f"{section} still says {left}"
    page.reload()
    assert page.window.run("return document.documentElement.lang") == "pt-BR"
    page.language("en")
    assert not PORTUGUESE.search(words(page))


@pytest.mark.in_both_browsers
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_needs_no_sideways_scrolling(browser, web, language):
    page = Page(browser, web)
    page.language(language)
    page.window.has_width(360)
    page.connect("main").is_("live")
    page.connect("a-rather-long-name-of-a-channel-" + "x" * 100).is_("live")
    web.publish("W" * 500)
    web.publish(json.dumps({"title": "W" * 200, "text": "M" * 300, "level": "info"}),
                event="notification")
    page.sees("W" * 500)
    for section in SECTIONS:
        page.go(section)
        if section == "compose":
            page.compose("M" * 300, channel="c" * 100)
        wide = page.window.run("""
            const root = document.documentElement;
            return root.scrollWidth <= root.clientWidth ? [] :
                [...document.querySelectorAll("body *")].filter((e) =>
                    e.getBoundingClientRect().right > root.clientWidth + 1)
                    .map((e) => e.tagName + "#" + e.id + "." + e.className).slice(0, 8);
        """)
        assert wide == [], f"{section} is too wide because of {wide}"


@pytest.mark.in_both_browsers
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_follows_the_systems_theme(browser, web, theme):
    page = Page(browser, web)
    page.window.prefers(theme)
    back = page.window.run("return getComputedStyle(document.body).backgroundColor")
    front = page.window.run("return getComputedStyle(document.body).color")
    dark, light = sorted((back, front), key=brightness)
    assert (back, front) == ((light, dark) if theme == "light" else (dark, light))
    assert brightness(light) - brightness(dark) > 300


def brightness(color):
    return sum(float(part) for part in re.findall(r"[\d.]+", color)[:3])


def violations(page):
    page.window.run(AXE.read_text() + "; window.axe = axe;")
    found = page.window.driver.execute_async_script("""
        const done = arguments[0];
        window.axe.run(document, { resultTypes: ["violations"] })
            .then((result) => done(result.violations.map((v) => `${v.id} (${v.impact}): ${v.help}: `
                + v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join(" | "))),
                (fault) => done([String(fault)]));
    """)
    return found


@pytest.mark.timeout(120)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_breaks_no_rule_of_accessibility(chromium, make_world, theme, language):
    web = make_world({"responder": {"mercure_subscriptions": "yes"}}, web=True)
    page = Page(chromium, web)
    page.window.prefers(theme)
    page.language(language)
    page.connect("main").is_("live")
    page.connect("metrics").is_("live")
    for type in ("sensor", "heartbeat", "notification", "error", "note", None):
        web.publish(json.dumps({"level": "error", "title": "A title", "text": "Words"}), event=type)
    for level in ("info", "success", "warning", "error"):
        web.publish(json.dumps({"level": level, "title": level, "text": "Words"}),
                    event="notification")
    web.publish(json.dumps({"task": "copying", "percent": 30, "message": "step"}),
                event="progress")
    page.sees("copying")
    page.window.run("for (const e of document.querySelectorAll('details')) e.open = true;")
    found = violations(page)
    assert not found, "\n".join(found)


@pytest.mark.in_both_browsers
def test_all_is_done_by_keyboard(browser, web):
    """From the top of the page downwards, as Tab goes."""
    page = Page(browser, web)
    page.window.run("document.activeElement.blur()")
    tab_to(page, "#add > summary")
    page.window.press(Keys.ENTER)
    page.window.wait(lambda: page.window.focused().startswith("input[name=channel]"), "the field having the focus")
    page.window.press("by keyboard", Keys.ENTER)
    page.stream("by keyboard").is_("live")
    tab_to(page, "#publish [name=message]")
    page.window.press("typed, not clicked")
    tab_to(page, "#publish [name=type]")
    page.window.press("note")
    tab_to(page, "#publish button:not([type=button])")
    page.window.press(Keys.ENTER)
    page.sees("typed, not clicked", type="note")
    assert page.window.run("return document.querySelectorAll('[tabindex]:not([tabindex=\"0\"])"
                           ":not([tabindex=\"-1\"])').length") == 0


def tab_to(page, css, most=80):
    """Presses Tab until it has the focus, and sees that one can see it."""
    for _ in range(most):
        page.window.press(Keys.TAB)
        focused = page.window.focused()
        page.window.wait(lambda: page.window.run("""
            const e = document.activeElement, style = getComputedStyle(e);
            // after the last element come the browser's own
            return !document.hasFocus() || e === document.body || e.checkVisibility() &&
                (style.outlineStyle !== "none" || style.boxShadow !== "none");
        """), f"the focus being visible on {focused}", 2)
        if page.window.run("return document.hasFocus() && document.activeElement"
                           ".matches(arguments[0])", css):
            return
    raise AssertionError(f"{css} is not reached by {most} times Tab")


def test_the_policy_is_strict(web):
    headers = web.door.ask("GET", "/").headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "*" not in policy
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_nothing_is_asked_of_other_machines(chromium, web):
    page = Page(chromium, web)
    page.connect("metrics").is_("live")
    for section in SECTIONS:
        page.go(section)
    asked = page.window.run("return performance.getEntriesByType('resource').map(e => e.name)")
    assert asked and all(name.startswith(page.url) for name in asked)


def test_it_is_there_at_once(chromium, web):
    """The first paint needs no stream, and nothing jumps afterwards."""
    page = Page(chromium, web)
    page.connect("main").is_("live")
    first, shift = page.window.run("""
        const paint = performance.getEntriesByName("first-contentful-paint")[0];
        const shifts = [];
        new PerformanceObserver((list) => shifts.push(...list.getEntries()))
            .observe({ type: "layout-shift", buffered: true });
        return [paint?.startTime ?? null, shifts.reduce((sum, e) => sum + e.value, 0)];
    """)
    assert first is not None and first < 2000
    shift = page.window.driver.execute_async_script("""
        const done = arguments[0];
        let sum = 0;
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries())
                if (!entry.hadRecentInput)
                    sum += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => done(sum), 300);
    """)
    assert shift < 0.1


FORM_ENDS = "return [document.querySelector('#publish').getBoundingClientRect().bottom, innerHeight]"


@pytest.mark.parametrize("width, height", [(768, 1024), (1280, 900), (1920, 1080)])
def test_the_form_is_in_sight_in_each_language(chromium, web, width, height):
    page = Page(chromium, web)
    page.connect("main").is_("live")
    page.window.has_width(width, height)
    for language in LANGUAGES:
        page.language(language)
        end, seen = page.window.run(FORM_ENDS)
        assert end <= seen, (language, end, seen)


def test_few_events_stand_at_the_head_and_many_end_at_the_foot(chromium, web):
    page = Page(chromium, web)
    page.connect("main").is_("live")
    place = """
        const [list, rows] = [document.querySelector("#events"), document.querySelectorAll("#events li")];
        const [box, newest, oldest] = [list, rows[0], rows[rows.length - 1]].map((e) => e.getBoundingClientRect());
        return [Math.abs(oldest.top - box.top) < 2, Math.abs(newest.bottom - box.bottom) < 2];
    """
    web.publish("the first")
    web.publish("the second")
    page.sees("the second")
    assert page.window.run(place) == [True, False]
    web.publish("\n".join(f"number {n}" for n in range(100)), lines=1)
    page.sees("number 99")
    page.window.wait(lambda: page.window.run(place) == [False, True], "the newest at the foot")
