# SPDX-License-Identifier: MIT
"""A log that the disk or somebody changed, as browsers see it: what is gone is told,
what is left is served."""

import pytest

from brokenlog import the_log_of
from world import eventually


def three(world):
    """Events around those of another channel."""
    first = world.publish("first")
    world.publish("elsewhere", channel="other")
    second, third = world.publish("second"), world.publish("third")
    world.publish("elsewhere too", channel="other")
    return first, second, third


CHANGES = {
    "data": "data = CAST('sekond' AS BLOB)",
    "type": "type = 'other'",
    "time": "at = at + 1",
    "channel": "channel = (SELECT number FROM channel WHERE name = CAST('other' AS BLOB))",
    "sum": "sum = sum + 1",
    "no sum": "sum = NULL",
    "chain": "back = back + 1",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_event_is_not_served_and_its_subscribers_are_told(world, change):
    first, second, _ = three(world)
    with the_log_of(world) as db:
        db.execute(f"UPDATE event SET {CHANGES[change]} WHERE id = ?", [second])
    reader = world.listen(since=first)
    reader.is_connected()
    _, told = reader.is_told("reset")
    reader.sees("third")
    assert told["requested"] == str(first)
    world.hub.says(f"damaged: event {second} is not what was stored, or gone")
    whole = world.listen(since="all")
    whole.sees("first", "third")
    other = world.listen("other", since="all")
    other.sees("elsewhere", "elsewhere too")
    world.publish("fourth")
    reader.sees("fourth")
    whole.sees("fourth")
    told = world.hub.log().count(f"event {second} is not what")
    assert told == 1 or change == "channel" and told == 2


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_missing_event_is_told(world, which):
    events = three(world)
    with the_log_of(world) as db:
        db.execute("DELETE FROM event WHERE id = ?", [events[which]])
    reader = world.listen(since=events[0] - (which == 0))
    reader.is_connected()
    reader.is_told("reset")
    reader.sees(*[("second", "third"), ("third",), ("second",)][which])
    world.hub.says(f"damaged: event {events[which]} is not what was stored, or gone")
    world.publish("fourth")
    reader.sees("fourth")
    other = world.listen("other", since="all")
    other.sees("elsewhere", "elsewhere too")
    assert not other.told("reset")


@pytest.mark.parametrize("which", [1, 2])
def test_an_event_that_the_index_has_lost_is_not_passed_over(world, which):
    events = three(world)
    with the_log_of(world) as db:
        index = db.execute("SELECT * FROM sqlite_schema WHERE name = 'event_of_channel'").fetchone()
        db.execute("DROP INDEX event_of_channel")
        # One that leaves it out, under the name and text of the whole one.
        db.execute(f"CREATE INDEX event_of_channel ON event(channel) WHERE id <> {events[which]}")
        db.execute("PRAGMA writable_schema = 1")
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'event_of_channel'", [index[4]])
    page = world.hub_peer().page("main", value=events[0] - 1)
    assert page.gap or [event.id for event in page.events] == list(events)


ROWS = {
    "newest": "newest = newest - 1",
    "mark": "pruned_through = newest",
    "count": "events = 1000",
    "name": "name = CAST('another' AS BLOB)",
    "no name": "name = CAST('a' || char(10) AS BLOB)",
    "number": "number = number + 100",
}


@pytest.mark.parametrize("change", ROWS)
def test_a_changed_row_of_a_channel_is_told_to_its_subscribers_and_harms_no_other(world, change):
    first, second, third = three(world)
    with the_log_of(world) as db:
        db.execute(f"UPDATE channel SET {ROWS[change]} WHERE name = CAST('main' AS BLOB)")
    world.hub.says("damaged: ")
    reader = world.listen(since=first)
    reader.is_connected()
    reader.is_told("reset")
    if change in ("newest", "mark", "count"):
        reader.sees("second", "third")
    other = world.listen("other", since="all")
    other.sees("elsewhere", "elsewhere too")
    fourth = world.publish("fourth")
    reader.sees("fourth")
    with the_log_of(world):
        pass
    later = world.listen(since=fourth - 1)
    later.sees("fourth", id=fourth)
    assert not later.told("reset"), "the row is whole again"


def test_pruned_events_are_not_missed(make_world):
    world = make_world({"hub": {"keep_events": 5}})
    for n in range(20):
        world.publish(f"event {n}", channel="ab"[n % 2])
    eventually(lambda: world.channel("a")["events"] + world.channel("b")["events"] == 5,
               "retention having pruned")
    world.hub.stop()
    world.hub.start()
    world.is_healthy()
    for name in "ab":
        world.publish("one more", channel=name)
        reader = world.listen(name, since="all")
        reader.wait(lambda: reader.data and reader.data[-1] == "one more", reader.story)
    assert "damaged" not in world.hub.log()


def test_a_reader_of_a_long_channel_is_told_once_of_a_lost_event(world):
    ids = [world.publish(f"{n} " + "x" * 60000) for n in range(120)]
    with the_log_of(world) as db:
        db.execute("UPDATE event SET data = x'00' WHERE id = ?", [ids[110]])
    last = world.publish("last")
    reader = world.listen(since=ids[0])
    reader.wait(lambda: reader.ids[-1:] == [last], reader.story)
    assert reader.ids == ids[1:110] + ids[111:] + [last]
    assert len(reader.told("reset")) == 1
    world.publish("after")
    reader.wait(lambda: reader.data[-1] == "after", reader.story)
    assert len(reader.told("reset")) == 1
