# SPDX-License-Identifier: MIT
"""Metrics as charts, tasks as bars."""

import json
import re

import pytest

from client import Client
from page import Page

pytestmark = pytest.mark.page
METRICS = ("cpu", "memory", "requests", "errors", "network", "subscribers", "latency")
PIXELS = """
return Object.fromEntries([...document.querySelectorAll("canvas[data-metric]")].map((canvas) => {
	const copy = new OffscreenCanvas(canvas.width, canvas.height)
		.getContext("2d", { willReadFrequently: true });
	copy.drawImage(canvas, 0, 0);
	const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
	let sum = 0, drawn = 0;
	for (let at = 0; at < pixels.length; at += 4) {
		sum = (sum * 31 + pixels[at] + pixels[at + 1] * 3 + pixels[at + 3] * 7) % 1e9;
		drawn += pixels[at + 3] > 0;
	}
	return [canvas.dataset.metric, [sum, drawn]];
}));
"""


def shown(page):
    return {name: page.window.text(f'[data-value="{name}"]') for name in METRICS}


@pytest.mark.in_both_browsers
@pytest.mark.timeout(120)
def test_the_charts_move_with_real_figures(browser, web):
    page = Page(browser, web)
    page.go("metrics").window.run("document.getElementById('metrics').scrollIntoView()")
    page.window.wait(lambda: re.search(r"\d", shown(page)["cpu"] or ""), "a first sample", 20)
    values, pixels = shown(page), page.window.run(PIXELS)
    assert set(pixels) == set(METRICS) == set(values)
    for _ in range(100):
        web.publish("load")
    web.door.ask("GET", "/api/nothing")
    page.window.wait(lambda: len([n for n in METRICS if shown(page)[n] != values[n]]) >= 3,
                     "three of the values changing", 20)
    page.window.wait(lambda: all(page.window.run(PIXELS)[n][0] != pixels[n][0] for n in METRICS),
                     "all charts changing", 20)
    assert all(drawn > 100 for _, drawn in page.window.run(PIXELS).values())
    assert re.search(r"\d", shown(page)["subscribers"]) and "NaN" not in str(shown(page))


def test_the_figures_are_those_of_the_stream(chromium, make_world):
    """What a chart says is what channel metrics said."""
    web = make_world(web=True, hub=True)
    reader = web.listen(path="/metrics", wait=False)
    page = Page(chromium, web)
    for _ in range(3):
        web.listen("main")
    page.go("metrics")
    page.window.wait(lambda: any(
        str(json.loads(data)["subscribers"]) == re.sub(r"\D", "", shown(page)["subscribers"] or "-")
        and json.loads(data)["subscribers"] >= 4 for data in reader.data[-2:]),
        "the number of subscribers", 20)


def test_the_last_minutes_are_there_at_once_and_a_kill_leaves_no_hole(chromium, make_world):
    web = make_world({"responder": {"retry": "100ms"}}, web=True)
    chromium.expects("Failed to load resource", "net::ERR")
    reader = web.listen(path="/metrics", reconnect=True)
    reader.wait(lambda: len(reader.data) >= 3, reader.story, 15)
    page = Page(chromium, web)
    page.ready()

    def held(what):
        return int(page.window.run("return document.querySelector('#metrics').dataset[arguments[0]]", what) or 0)
    page.window.wait(lambda: held("samples"), "a sample", 10)
    assert held("samples") >= 3 and re.search(r"\d", shown(page)["memory"])
    web.responder.has_settled()
    web.responder.has_other_worker(web.responder.kill_worker())
    seen = len(reader.data)
    reader.wait(lambda: len(reader.data) >= seen + 2, reader.story, 15)
    page.window.wait(lambda: held("samples") >= seen + 2, "all samples", 15)
    assert held("holes") == 0


def test_a_sample_that_cannot_be_read_is_said_until_one_can(chromium, make_world):
    web = make_world(web=True, hub=True)
    page = Page(chromium, web)
    page.go("metrics")
    said = "return !document.querySelector('#metrics [data-t=metrics-unreadable]').hidden"
    page.window.wait(lambda: re.search(r"\d", shown(page)["cpu"] or ""), "a first sample", 20)
    assert not page.window.run(said)
    web.publish("no sample", channel="metrics")
    page.window.wait(lambda: page.window.run(said), "that it is none", 10)
    page.window.wait(lambda: not page.window.run(said), "the next sample", 20)


@pytest.mark.in_both_browsers
@pytest.mark.timeout(120)
def test_tasks_run_until_they_are_done(browser, web):
    page = Page(browser, web)
    page.go("tasks")
    start_tasks(page, 0.2)
    page.window.wait(lambda: percent(page, "function1") not in (None, 100),
                     "the first task making progress", 20)
    assert page.window.text('[data-task="function1"] .step')
    page.window.wait(lambda: percent(page, "function1") == 100, "the first being done", 20)
    page.window.wait(lambda: percent(page, "function2") == 100, "the second being done", 20)
    stream = page.stream("tasks").is_("ended", 20)
    page.sees("", type="close")
    types = list(stream.look()["types"])
    assert {"start", "progress", "end", "close"} <= set(types)
    assert re.search(r"\d", page.window.text('[data-task="function1"] .elapsed'))
    elapsed = page.window.text('[data-task="function2"] .elapsed')
    rows = [r for r in page.seen()["rows"] if r["channel"] == "tasks"] or page.seen()["rows"]
    kinds = [r["type"] for r in rows if r["type"] in ("start", "end", "close")]
    assert kinds == ["start", "end", "start", "end", "close"]
    assert page.window.text('[data-task="function2"] .elapsed') == elapsed  # it stands still


def start_tasks(page, interval):
    """Begins the two tasks at this interval."""
    page.window.run("""
        const field = document.querySelector("#tasks [name=interval]");
        if (field !== null) {
            field.value = arguments[0];
            field.dispatchEvent(new Event("input", { bubbles: true }));
            field.dispatchEvent(new Event("change", { bubbles: true }));
        }
    """, str(interval))
    page.window.click('#tasks [data-connect="tasks"], #tasks form:has([name=interval]) button')


def percent(page, task):
    value = page.window.run("return document.querySelector(arguments[0])?.value ?? null",
                            f'[data-task="{task}"] progress')
    most = page.window.run("return document.querySelector(arguments[0])?.max ?? null",
                           f'[data-task="{task}"] progress')
    return None if value is None or most is None else round(100 * value / most)


@pytest.mark.timeout(120)
def test_tasks_go_on_where_they_were_when_the_responder_dies(chromium, make_world):
    web = make_world({"responder": {"retry": "300ms"}}, web=True)
    chromium.expects("Failed to load resource", "net::ERR")
    page = Page(chromium, web)
    web.responder.has_settled()
    page.go("tasks")
    start_tasks(page, 0.2)
    page.window.wait(lambda: (percent(page, "function1") or 0) > 20, "progress", 20)
    web.responder.kill_worker()
    page.stream("tasks").is_("ended", 30)
    page.sees("", type="close")
    rows = [json.loads(r["data"]) | {"type": r["type"]} for r in page.seen()["rows"]
            if r["type"] in ("start", "progress", "end", "close")]
    assert [r["type"] for r in rows if r["type"] != "progress"] == \
        ["start", "end", "start", "end", "close"]
    for task in ("function1", "function2"):
        percents = [r["percent"] for r in rows if r["type"] == "progress" and r["task"] == task]
        assert percents == sorted(set(percents)) and len(percents) > 2


def test_tasks_that_have_ended_can_be_connected_to_again(chromium, web):
    page = Page(chromium, web)
    page.go("tasks")
    start_tasks(page, 0.2)
    page.stream("tasks").is_("ended", 30)
    page.opens("#add").window.click('#streams [data-connect="tasks"]')
    page.stream("tasks").is_("live", 10)
    page.window.wait(lambda: percent(page, "function1") not in (None, 100),
                     "the first task beginning anew", 20)


def test_what_a_task_says_is_cut_where_nobody_would_read_on(chromium, web):
    page = Page(chromium, web)
    page.go("tasks")
    page.window.fill("#tasks form [name=channel]", "backup")
    page.window.click("#tasks form:has([name=channel]) button:not([type=button])")
    page.window.wait(lambda: web.channel("backup")["subscribers"] == 1, "a subscriber")
    web.publish(json.dumps({"task": "n" * 9000, "message": "m" * 9000}),
                channel="backup", event="progress")
    page.window.wait(lambda: "mmm" in page.window.text("#tasks"), "the message", 10)
    assert len(page.window.text("#tasks")) < 4000


def test_a_real_programs_task_is_shown_alike(chromium, web):
    page = Page(chromium, web)
    page.go("tasks")
    page.window.fill("#tasks form [name=channel]", "backup of /home")
    page.window.click("#tasks form:has([name=channel]) button:not([type=button])")
    page.window.wait(lambda: web.channel("backup of /home")["subscribers"] == 1, "a subscriber")

    def tell(type, **data):
        web.publish(json.dumps(data), channel="backup of /home", event=type)
    tell("start", timestamp="2026-11-21T00:00:00Z")
    tell("progress", percent=40, message="copying photos")
    name = "backup of /home"
    page.window.wait(lambda: percent(page, name) == 40, "40 percent", 10)
    assert "copying photos" in page.window.text(f'[data-task="{name}"]')
    tell("progress", message="no idea how much is left")
    page.window.wait(lambda: "no idea" in page.window.text(f'[data-task="{name}"]'), "the step")
    tell("end")
    page.window.wait(lambda: percent(page, name) == 100, "its end")


@pytest.mark.parametrize("language, failed", [("en", "failed with status"), ("pt-BR", "falhou com status")])
def test_a_job_that_ends_with_status_3_is_no_full_green_bar(chromium, web, language, failed):
    """`tidings run`, as it is, and a program of one's own whose message says more."""
    page = Page(chromium, web)
    page.language(language)
    page.go("tasks")
    watch(page, web, "jobs")
    for task, script, status, reached in (
            ("half", "echo 50%; exit 3", 3, 50), ("unknown", "echo at work; exit 3", 3, 0),
            ("killed", "echo 20%; kill -9 $$", 137, 20), ("fine", "echo 20%", 0, 100)):
        run_job(web, task, script, status if status < 128 else 128 - status)
        shown = f'[data-task="{task}"]'
        page.window.wait(lambda: state(page, task) == ("failed" if status else "done"), "its end", 10)
        assert percent(page, task) == reached
        said = page.window.text(f"{shown} .step")
        assert (f"{failed} {status}" in said) == (status != 0), said
    assert "signal 9" in page.window.text('[data-task="killed"] .step')
    assert page.window.text('[data-task="unknown"] .percent') == ""
    colour = "return getComputedStyle(document.querySelector(arguments[0])).color"
    assert page.window.run(colour, '[data-task="half"] .step') != \
        page.window.run(colour, '[data-task="fine"] .step')
    bar = "return getComputedStyle(document.querySelector(arguments[0])).accentColor"
    assert page.window.run(bar, '[data-task="half"] progress') != \
        page.window.run(bar, '[data-task="fine"] progress')


def test_a_job_that_is_run_again_is_no_failure_any_more(chromium, web):
    page = Page(chromium, web)
    page.go("tasks")
    watch(page, web, "jobs")
    run_job(web, "again", "exit 3", 3)
    page.window.wait(lambda: state(page, "again") == "failed", "its failure")
    run_job(web, "again", "exit 0")
    page.window.wait(lambda: state(page, "again") == "done", "its success")
    assert "3" not in page.window.text('[data-task="again"] .step')


def watch(page, web, channel):
    page.window.fill("#tasks form [name=channel]", channel)
    page.window.click("#tasks form:has([name=channel]) button:not([type=button])")
    page.window.wait(lambda: web.channel(channel)["subscribers"] == 1, "a subscriber")


def state(page, task):
    return page.window.run("return document.querySelector(arguments[0])?.dataset.state",
                           f'[data-task="{task}"]')


def run_job(web, task, script, status=0):
    Client(web, "run", "--linger", "20s", "--task", task, "jobs", "--", "sh", "-c", script).ends(status)
