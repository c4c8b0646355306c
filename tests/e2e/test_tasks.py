# SPDX-License-Identifier: MIT
"""The demonstration tasks: progress for one connection, that survives its cuts."""

import json
import re
import time

import pytest

from world import SLOW, eventually

pytestmark = pytest.mark.behind_apache("--full")

TYPES = (["start"] + ["progress"] * 5 + ["end"]) * 2 + ["close"]


def runs(world, interval=0.05, **how):
    return world.listen(path="/tasks/stream", interval=interval, wait=False, **how)


def has_closed(reader, within=20):
    reader.wait(lambda: reader.told("close"), lambda: f"no close; {reader.story()}", within)
    return [(event.type, event.id, json.loads(event.data)) for event in reader.events]


def test_two_tasks_run_to_close(shared):
    seen = has_closed(runs(shared, reconnect=False))
    assert [kind for kind, _, _ in seen] == TYPES
    assert [data.get("task") for _, _, data in seen] == ["function1"] * 7 + ["function2"] * 7 + [None]
    assert [data["percent"] for kind, _, data in seen if kind == "progress"] == [20, 40, 60, 80, 100] * 2
    ids = [re.fullmatch(r"(\d+)-50-(\d+)", ident).groups() for _, ident, _ in seen]
    assert len({start for start, _ in ids}) == 1
    assert [int(step) for _, step in ids] == list(range(15))
    assert all(data["message"] and data["timestamp"] for _, _, data in seen)


def test_steps_come_at_the_interval(shared):
    """None before its time, which the ids tell, and none long after it."""
    came = []
    reader = runs(shared, interval=0.3)
    reader.on_event = lambda *_: came.append(time.time())
    seen = has_closed(reader)
    start = int(seen[0][1].partition("-")[0]) / 1000
    ticks = [0, 1, 2, 3, 4, 5, 5, 5, 6, 7, 8, 9, 10, 10, 10]
    late = [at - (start + tick * 0.3) for at, tick in zip(came, ticks)]
    assert all(-0.002 < seconds < 0.25 * SLOW + 0.25 for seconds in late), late


def test_five_seconds_unless_told(shared):
    reader = shared.listen(path="/tasks/stream", wait=False)
    reader.wait(lambda: reader.told("start"), lambda: "no start")
    assert "-5000-" in reader.events[0].id
    assert len(reader.events) == 1
    reader.leave()


@pytest.mark.behind_apache
def test_the_last_id_goes_on_where_it_was(shared):
    ids = [ident for _, ident, _ in has_closed(runs(shared))]
    again = runs(shared, last_event_id=ids[8])
    assert [ident for _, ident, _ in has_closed(again)] == ids[9:]
    asked = shared.listen(path="/tasks/stream", wait=False, lastEventId=ids[12])
    assert [ident for _, ident, _ in has_closed(asked)] == ids[13:]


@pytest.mark.behind_apache
def test_after_close_the_answer_is_204(shared):
    last = has_closed(runs(shared))[-1][1]
    answer = shared.door.ask("GET", "/tasks/stream", {"Last-Event-ID": last})
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize("ident", ["", "nonsense", "1795239584977557", "99999999999999-50-3"])
def test_an_id_that_is_not_ours_starts_afresh(shared, ident):
    assert [kind for kind, _, _ in has_closed(runs(shared, last_event_id=ident))] == TYPES


@pytest.mark.parametrize("interval", ["0.01", "61", "soon", "", "-1"])
def test_a_bad_interval_is_a_400(shared, interval):
    answer = shared.door.ask("GET", f"/tasks/stream?interval={interval}")
    assert (answer.status, answer.json["error"]) == (400, "bad_interval")


def test_a_killed_responder_costs_no_step(make_world):
    world = make_world({"responder": {"workers": "2"}}, web=True)
    readers = [runs(world, interval=0.2, reconnect=True) for _ in range(20)]
    for reader in readers:
        reader.wait(lambda reader=reader: len(reader.events) >= 4, lambda: "no fourth event")
    for index in (0, 1):
        world.responder.kill_worker(index)
    for reader in readers:
        seen = has_closed(reader)
        assert [kind for kind, _, _ in seen] == TYPES
        assert len({ident for _, ident, _ in seen}) == 15
        assert reader.cuts + reader.ends >= 1
    reader.has_ended()
    assert reader.statuses[-1] == 204


@pytest.mark.behind_apache
def test_sigterm_ends_it_properly(make_world):
    world = make_world(web=True)
    reader = runs(world, interval=60)
    reader.wait(lambda: reader.told("start"), lambda: "no start")
    world.responder.stop()
    reader.has_ended()
    assert (reader.ends, reader.cuts) == (1, 0)


def test_a_browser_that_leaves_is_noticed(make_world):
    web = make_world({"responder": {"keepalive": "1s"}}, web=True)
    reader = runs(web, interval=60)
    reader.wait(lambda: reader.told("start"), lambda: "no start")
    assert web.health().json["streams"] == 1
    reader.leave()
    eventually(lambda: web.health().json["streams"] == 0, "nobody being there")


def test_a_silent_task_is_kept_alive(make_world):
    world = make_world({"responder": {"keepalive": "1s"}}, web=True)
    reader = runs(world, interval=60)
    reader.wait(lambda: reader.comments >= 2, lambda: "no comments")
    assert len(reader.events) == 1


def test_many_at_once_disturb_nobody(web):
    listener = web.listen("beside")
    readers = [runs(web, interval=0.1) for _ in range(300)]
    for number in range(20):
        web.publish(str(number), channel="beside")
        listener.sees(str(number))
    for reader in readers:
        assert len(has_closed(reader)) == 15


def test_a_stream_beyond_the_limit_comes_later(make_world):
    world = make_world({"responder": {"streams_per_address": "1"}}, web=True)
    first = runs(world, interval=60)
    first.wait(lambda: first.told("start"), lambda: "no start")
    answer = world.door.ask("GET", "/tasks/stream", {"Accept": "text/event-stream"})
    assert answer.status == 200 and answer.body.startswith(b"retry:")


def test_head_tells_what_a_get_would_be(shared):
    answer = shared.door.ask("HEAD", "/tasks/stream")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
