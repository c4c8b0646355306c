# SPDX-License-Identifier: MIT
"""The demonstration: events of four kinds, each at its beat, the same for everybody."""

import contextlib
import json
import sqlite3
from datetime import datetime
from itertools import pairwise

import pytest
from world import SLOW

BEATS = {"message": 2, "sensor": 4, "heartbeat": 5, "notification": 8}
SPECIAL = {"announcement", "alert", "error"}
FIELDS = {
    "message": {"message": str, "sequence": int, "timestamp": str},
    "sensor": {"sensor_id": str, "temperature": float, "humidity": float, "unit": str,
               "timestamp": str},
    "heartbeat": {"uptime": int, "sequence": int, "timestamp": str},
    "notification": {"level": str, "title": str, "text": str, "timestamp": str},
}


@pytest.fixture(scope="module")
def demo(make_shared_world):
    """A hub with the demonstration, its second browser having heard it for 17 s."""
    world = make_shared_world(config={"hub": {"demo": "yes"}})
    world.readers = [world.listen("main", since="all"), world.listen("main", since="all")]
    for reader in world.readers:
        reader.wait(lambda: len(reader.told("notification")) >= 2 and reader.told("error"),
                    reader.story, 20 * SLOW)
    return world


def heard(demo, kind):
    """The events of one kind; a special one stands for a message."""
    kinds = SPECIAL | {kind} if kind == "message" else {kind}
    return [json.loads(e.data) for e in demo.readers[0].events
            if e.type in kinds]


@pytest.mark.slow
@pytest.mark.parametrize("kind", BEATS)
def test_each_kind_comes_at_its_beat_without_drift(demo, kind):
    times = [datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00")).timestamp()
             for event in heard(demo, kind)]
    assert len(times) >= 2
    for earlier, later in pairwise(times):
        assert later - earlier == pytest.approx(BEATS[kind], abs=0.3 * SLOW)
    assert times[-1] - times[0] == pytest.approx((len(times) - 1) * BEATS[kind], abs=0.3 * SLOW)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FIELDS)
def test_its_data_is_json_of_these_fields(demo, kind):
    for event in heard(demo, kind):
        assert {name: type(value) for name, value in event.items()} == FIELDS[kind]


@pytest.mark.slow
def test_now_and_then_an_event_is_special_even_an_error(demo):
    special = [e for e in demo.readers[0].events if e.type in SPECIAL]
    assert [e.type for e in special][:2] == ["announcement", "error"]
    assert [json.loads(e.data)["sequence"] for e in special][:2] == [3, 8]
    assert [e["sequence"] for e in heard(demo, "message")][:8] == list(range(1, 9))


@pytest.mark.slow
def test_everybody_sees_the_same_events_with_the_same_ids(demo):
    one, other = (reader.events[1:40] for reader in demo.readers)
    count = min(len(one), len(other))
    assert count > 15
    assert [(e.type, e.id, e.data) for e in one[:count] if e.type != "live"] == \
        [(e.type, e.id, e.data) for e in other[:count] if e.type != "live"]
    assert all(e.id for e in one if e.type != "live")


@pytest.mark.slow
def test_it_is_off_unless_asked_for(demo, make_world):
    """... which a hub that had it on would show within two seconds."""
    world = make_world()
    reader = world.listen("main")
    before = len(heard(demo, "message"))
    demo.readers[0].wait(lambda: len(heard(demo, "message")) >= before + 2,
                         demo.readers[0].story)
    assert reader.data == []
    assert world.channel("main")["events"] == 0


def test_what_cannot_be_written_is_left_out_and_it_goes_on_afterwards(make_world):
    world = make_world(config={"hub": {"demo": "yes"}})
    reader = world.listen("main")
    reader.wait(lambda: reader.data, reader.story, 5 * SLOW)
    with contextlib.closing(sqlite3.connect(world.log_db, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        world.is_degraded()
        count = len(reader.data)
        samples = world.listen("metrics")
        samples.wait(lambda: len(samples.data) >= 2, samples.story, 8 * SLOW)
        assert len(reader.data) == count
        db.execute("ROLLBACK")
    reader.wait(lambda: len(reader.data) >= count + 2, reader.story, 8 * SLOW)
    sequence = [e["sequence"] for e in map(json.loads, reader.data)
                if "message" in e]
    assert sequence == sorted(set(sequence))
