# SPDX-License-Identifier: MIT
"""Writing, and being told: the form, its commands, toasts and notifications."""

import json
import os
import subprocess

import pytest

from world import eventually
from page import Page, same_json, stored

pytestmark = pytest.mark.page

AWKWARD = "it's \"quoted\", costs $HOME `id` \\ 100 %\n\tand a second line 😀 &amp; \\n !! *"
HOSTILE = ["<script>window.hacked = 1; alert(1)</script>",
           "<img src=x onerror=\"window.hacked = 1; alert(1)\">",
           "\"><svg onload=alert(1)><a href=javascript:alert(1)>", "{{7*7}}${7*7}&lt;b&gt;"]


@pytest.mark.parametrize("format, type, message", [
    ("text", "", "plain words"), ("text", "note", AWKWARD), ("json", "", '{"n": [1, null, "é"]}'),
    ("json", "sensor", json.dumps({"text": AWKWARD})), ("text", "", "--data @/etc/passwd"),
    ("text", "", "@/etc/passwd"), ("text", "", "-"), ("text", "", "-n"), ("text", "it's", "';DROP TABLE broadcast;--")])
def test_the_commands_that_it_shows_do_the_same(chromium, web, format, type, message):
    page = Page(chromium, web)
    page.connect("alerts & more").is_("live")
    id = page.publish(message, channel="alerts & more", type=type, format=format)
    page.compose(message, channel="alerts & more", type=type, format=format)
    for command in ("#as-curl", "#as-sql"):
        run(web, page.window.text(command))
    eventually(lambda: len(stored(web, "alerts & more")) >= 3, "the INSERT being published")
    events = stored(web, "alerts & more")
    assert len(events) == 3 and events[0][0] == id
    (_, its_type, its_data), *others = events
    assert its_type == (type or "message")
    assert same_json(its_data, message) if format == "json" else its_data == message
    for _, other_type, other_data in others:
        assert other_type == its_type
        assert same_json(other_data, its_data) if format == "json" else other_data == its_data


def run(web, command):
    """As somebody would who pastes it into a terminal, beside the inbox."""
    done = subprocess.run(["bash", "-c", command], cwd=web.inboxes["main"].parent, text=True,
                          capture_output=True, timeout=20, check=False,
                          env=dict(os.environ, HOME=str(web.folder)))
    assert done.returncode == 0, f"{command}\n{done.stderr}"


def test_what_cannot_be_sent_is_told_beside_the_form(chromium, web):
    page = Page(chromium, web)
    chromium.expects("Failed to load resource")
    page.compose('{"not": json', format="json")
    page.window.click("#publish button:not([type=button])")
    page.window.wait(lambda: page.window.run(
        "const f = document.querySelector('#publish');"
        "return !f.checkValidity() || document.querySelector('#published').textContent !== ''"),
        "a word about it")
    assert web.channel("main")["events"] == 0
    page.compose("x" * 70_000)
    page.window.click("#publish button:not([type=button])")
    page.window.wait(lambda: page.window.text("#published"), "a word about its length")
    assert web.channel("main")["events"] == 0
    page.publish("this goes")
    assert stored(web)[0][2] == "this goes"


def test_a_message_that_fails_stays_in_the_form(chromium, web):
    page = Page(chromium, web)
    chromium.expects("Failed to load resource", "net::ERR")
    web.web.stop()
    page.compose("do not lose me")
    page.window.click("#publish button:not([type=button])")
    page.window.wait(lambda: page.window.text("#published"), "a word about it")
    assert page.window.value("#publish [name=message]") == "do not lose me"


@pytest.mark.in_both_browsers
def test_an_arriving_message_pops_up_and_goes_by_itself(browser, web):
    page = Page(browser, web)
    page.only("main")
    switch(page, "#toasts-on")
    page.window.run("""
        window.widths = [];
        new MutationObserver(() => {
            const bar = document.querySelector("#toasts .toast .progress");
            if (bar !== null)
                requestAnimationFrame(function look() {
                    if (!bar.isConnected)
                        return;
                    window.widths.push(bar.getBoundingClientRect().width);
                    requestAnimationFrame(look);
                });
        }).observe(document.querySelector("#toasts"), { childList: true });
    """)
    web.publish(json.dumps({"level": "warning", "title": "Disk", "text": "nearly full"}),
                event="notification")
    page.window.wait(lambda: "nearly full" in (page.window.text("#toasts .toast") or ""),
                     "a toast")
    assert page.window.text("#toasts .toast").count("nearly full") == 1
    page.window.wait(lambda: page.window.count("#toasts .toast") == 0, "its end", 20)
    widths = page.window.run("return window.widths")
    assert len(widths) > 5 and (max(widths) - min(widths) > 20 or browser.name == "firefox")


def test_toasts_do_not_cover_the_page_in_a_burst(chromium, web):
    page = Page(chromium, web)
    stream, = page.only("main")
    switch(page, "#toasts-on")
    web.publish("\n".join(f"message {n}" for n in range(500)), lines=1)
    stream.counts(500)
    assert 1 <= page.window.count("#toasts .toast") <= 10


@pytest.mark.parametrize("odd", [
    {"level": {"toString": 1}, "text": "odd level"},
    {"title": None, "text": "odd title"},
    {"level": "constructor", "text": {"odd": "text"}},
])
def test_a_notification_of_another_shape_pops_up_all_the_same(chromium, web, odd):
    page = Page(chromium, web)
    page.connect("main").is_("live")
    switch(page, "#toasts-on")
    web.publish(json.dumps(odd), event="notification")
    page.window.wait(lambda: "odd" in (page.window.text("#toasts .toast") or ""), "a toast")
    assert "null" not in page.window.text("#toasts .toast")


def test_toasts_can_be_switched_off(chromium, web):
    page = Page(chromium, web)
    page.only("main")
    switch(page, "#toasts-on", off=True)
    web.publish("quietly")
    page.sees("quietly")
    web.publish("still quietly", event="notification")
    page.sees("still quietly")
    assert page.window.count("#toasts .toast") == 0


def test_a_system_notification_is_made_if_it_is_allowed(chromium, web):
    page = Page(chromium, web)
    chromium.allows(page.url, "notifications")
    page.window.run("""
        window.notified = [];
        window.Notification = class extends Notification {
            constructor(title, options) {
                super(title, options);
                window.notified.push(`${title} ${options?.body ?? ""}`);
            }
        };
    """)
    page.only("main")
    web.publish("before it is on")
    page.sees("before it is on")
    switch(page, "#system-on")
    web.publish("to the desktop")
    page.window.wait(lambda: page.window.run("return window.notified"), "a notification")
    said = page.window.run("return window.notified")
    assert len(said) == 1 and "to the desktop" in said[0]


def test_a_burst_without_toasts_leaves_nothing_in_the_corner(chromium, web):
    page = Page(chromium, web)
    chromium.allows(page.url, "notifications")
    stream, = page.only("main")
    switch(page, "#system-on")
    switch(page, "#toasts-on", off=True)
    page.window.run("""
        window.corner = 0;
        new MutationObserver(() => window.corner++).observe(
            document.querySelector("#toasts"), { childList: true, subtree: true });
        window.later = false;
    """)
    web.publish("\n".join(f"message {n}" for n in range(50)), lines=1)
    stream.counts(50)
    page.window.run("setTimeout(() => window.later = true, 400)")
    page.window.wait(lambda: page.window.run("return window.later"), "what would show it")
    assert page.window.run("return window.corner") == 0


def test_without_permission_the_switch_says_so(chromium, web):
    page = Page(chromium, web)
    page.window.cdp("Browser.setPermission", permission={"name": "notifications"},
                    setting="denied", origin=page.url.rstrip("/"))
    page.only("main")
    if page.opens("#more-events").window.find("#system-on").is_enabled():
        page.window.click("#system-on")
    page.window.wait(lambda: not is_on(page, "#system-on"), "the switch being off again")


def is_on(page, css):
    return page.window.run(
        "const e = document.querySelector(arguments[0]);"
        "return e.checked ?? (e.getAttribute('aria-pressed') ?? e.getAttribute('aria-checked'))"
        " === 'true'", css)


def switch(page, css, off=False):
    if is_on(page, css) == off:
        page.window.run("document.querySelector(arguments[0]).click()", css)
    page.window.wait(lambda: is_on(page, css) != off, f"{css} being {'off' if off else 'on'}")


@pytest.mark.in_both_browsers
def test_no_content_ever_becomes_html(browser, web):
    """As message, in JSON, as type, as channel, as a task and its message."""
    page = Page(browser, web)
    page.connect("main").is_("live")
    switch(page, "#toasts-on")
    elements = "script, img, svg a, a[href^='javascript']"
    ours = page.window.count(elements)
    for text in HOSTILE:
        page.connect("*" if "{" in text else text).is_("live")  # with a brace it is no channel here
        publish_everywhere(web, text)
        page.publish(text, channel=text, type=text)
        page.sees(text, channel=text, type=text)
        page.sees(text, channel="main", type="message")
    page.window.wait(lambda: len(page.events(type="close")) == len(HOSTILE), "all being seen")
    assert page.window.run("return window.hacked") is None
    assert page.window.count(elements) == ours
    assert page.window.run("return document.title").startswith("Tidings")


def publish_everywhere(web, text):
    web.publish(text)
    web.publish(text, channel=text)
    web.publish(json.dumps({"level": text, "title": text, "text": text}), event="notification")
    web.publish(json.dumps({"message": text, "timestamp": text}))
    web.publish(json.dumps({"sensor_id": text, "temperature": text, "unit": text}),
                event="sensor")
    for type in ("start", "progress", "end", "close"):
        web.publish(json.dumps({"task": text, "percent": text, "step": text, "steps": text,
                                "message": text, "timestamp": text}), event=type)
    web.publish(json.dumps({"cpu_percent": text, "timestamp": text, "subscribers": [text]}),
                channel="metrics")
