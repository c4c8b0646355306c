# SPDX-License-Identifier: MIT
"""What a page is told by www/feed.js, in real browsers."""

import json
import time

import pytest

from feedpage import Numbers, leader_of, send, subscribers
from feedpage import chromium_page, open_page, page, world  # noqa: F401, F811, fixtures
from world import eventually

pytestmark = [pytest.mark.page, pytest.mark.slow, pytest.mark.timeout(180)]


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


def test_a_type_of_ones_own_is_told_in_each_window(world, open_page):
    pages = [open_page().listens("main") for _ in range(2)]
    world.publish("one", event="own")
    for page in pages:
        page.has("one")
        assert page.told()["events"][0]["type"] == "own"


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
