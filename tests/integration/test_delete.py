# SPDX-License-Identifier: MIT
"""What was published is deleted again: one event, or all that a channel has."""

import contextlib
import sqlite3
from urllib.parse import quote

from world import eventually

SMALL = {"responder": {"window": "1M"}}


def delete(world, channel, id=None, headers=None):
    target = world.base + "/api/channels/" + quote(channel, safe="")
    target += "" if id is None else f"/events/{id}"
    return world.door.ask("DELETE", target, headers)


def deletes(world, channel, id=None):
    answer = delete(world, channel, id)
    assert answer.status == 200, answer
    assert answer.json["status"] == "deleted" and answer.json["channel"] == channel
    assert id is None or answer.json["id"] == str(id)
    return answer


def push_out(world):
    """More than the window holds, elsewhere."""
    for _ in range(16):
        world.publish((b"x" * 100 + b"\n") * 1000, channel="elsewhere", lines=1)


def test_an_event_that_was_deleted_is_given_to_nobody_who_comes_later(world):
    ids = [world.publish(text) for text in ("one", "two", "three")]
    live = world.listen(since="all")
    live.sees("one", "two", "three")
    deletes(world, "main", ids[1])
    late, back = world.listen(since="all"), world.listen(last_event_id=str(ids[0]))
    world.publish("four")
    for reader, data in ((late, ["one", "three", "four"]), (back, ["three", "four"])):
        reader.sees(*data)
        assert not reader.told("reset"), reader.story()
    live.sees("four")
    assert not live.told("reset")
    assert world.channel("main")["events"] == 3


def test_nor_from_the_log_however_long_he_was_away(make_world):
    world = make_world(SMALL, inbox=False)
    ids = [world.publish(text) for text in ("one", "two", "three", "four")]
    push_out(world)
    assert world.listen(since="all").sees("one", "two", "three", "four")
    for id in (ids[0], ids[2]):
        deletes(world, "main", id)
    for start in ({"since": "all"}, {"last_event_id": str(ids[0])}, {"last_event_id": str(ids[0] - 1)}):
        reader = world.listen(**start)
        reader.sees("two", "four")
        assert reader.data == ["two", "four"] and not reader.told("reset"), reader.story()
        reader.leave()
    pattern = world.listen(path="/stream?pattern=ma%7Bx%7D&since=all")
    pattern.sees("two", "four")
    assert pattern.data == ["two", "four"] and not pattern.told("reset")


def test_one_whose_cursor_is_the_deleted_event_goes_on_behind_it(world):
    id = world.publish("one")
    deletes(world, "main", id)
    reader = world.listen(last_event_id=str(id))
    world.publish("two")
    reader.sees("two")
    assert reader.data == ["two"] and not reader.told("reset")


def test_what_is_gone_already_or_never_was_is_a_404(world):
    id = world.publish("one")
    world.publish("other", channel="other")
    deletes(world, "main", id)
    for channel, what in (("main", id), ("other", id), ("main", id + 1), ("nobody", id), ("main", 2**53 - 1)):
        answer = delete(world, channel, what)
        assert answer.status == 404 and answer.json["error"] == "nothing_there", answer
    for bad in ("0", "x", "-1", "1.5", "9" * 30, str(2**53)):
        assert delete(world, "main", bad).status == 400


def test_a_deleted_event_stays_deleted_when_all_start_again(world):
    ids = [world.publish(text) for text in ("one", "two", "three")]
    deletes(world, "main", ids[2])
    deletes(world, "main", ids[0])
    world.hub.kill()
    world.responder.kill()
    world.hub.start()
    world.responder.start()
    world.is_healthy()
    reader = world.listen(since="all")
    reader.sees("two")
    world.publish("four")
    reader.sees("four")
    assert reader.data == ["two", "four"] and not reader.told("reset")
    assert world.channel("main")["events"] == 2
    assert "lost" not in world.hub.log() and "damaged" not in world.hub.log()


def test_a_publish_on_several_channels_goes_from_all_of_them(world):
    before = world.publish("before", channel="b")
    answer = world.post("/realtime/a?also=b&also=c", b"one")
    deletes(world, "b", answer.json["id"])
    for name in "abc":
        world.publish("fence", channel=name)
        reader = world.listen(name, last_event_id=str(before))
        reader.sees("fence")
        assert reader.data == ["fence"] and not reader.told("reset")
    assert [world.channel(name)["events"] for name in "abc"] == [1, 2, 1]
    first = int(answer.json["id"]) - 1
    assert delete(world, "b", first).status == 404


def test_the_same_id_published_again_is_no_new_event(world):
    id = world.publish("one", id="order-1")
    deletes(world, "main", id)
    assert world.publish("one", id="order-1") == id
    assert world.channel("main")["events"] == 0


def test_who_lists_channels_is_not_told_of_what_tells_of_deletes(world):
    deletes(world, "main", world.publish("one"))
    names = [line["channel"] for line in world.door.ask("GET", "/api/channels").json["channels"]]
    assert "main" not in names and not any("tidings" in name for name in names)
    hidden = "/.well-known/tidings/erasures"
    assert world.channel(hidden)["events"] == 0
    assert world.post("/realtime/" + quote(hidden, safe=""), b"x").status == 400
    assert delete(world, hidden).status == 400
    every = world.listen(hidden, path="/stream?pattern=%7B%2Bany%7D&since=all&channel=" + quote(hidden, safe=""))
    world.publish("fence")
    every.sees("fence")
    assert every.data == ["fence"]


# ---- a whole channel

def rows_left(world):
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        return db.execute("SELECT count(*) FROM event WHERE length(data) = 100").fetchone()[0]


def test_a_channel_that_was_deleted_is_empty_at_once_and_no_gap(make_world):
    world = make_world(SMALL, inbox=False)
    first = world.publish("first", channel="a")
    world.publish((b"x" * 100 + b"\n") * 3000, channel="a", lines=1)
    answer = deletes(world, "a")
    assert world.channel("a")["events"] == 0
    live = world.listen("b", "a")
    live.is_connected()
    world.publish("new", channel="a")
    for start in ({"since": "all"}, {"last_event_id": str(first)}, {"last_event_id": answer.json["id"]}):
        reader = world.listen("a", **start)
        reader.sees("new")
        assert reader.data == ["new"] and not reader.told("reset"), reader.story()
        reader.leave()
    live.sees("new")
    assert world.channel("a")["events"] == 1
    eventually(lambda: rows_left(world) == 0, "the rows being gone")
    world.hub.kill()
    world.hub.start()
    world.is_healthy()
    reader = world.listen("a", since="all")
    reader.sees("new")
    assert reader.data == ["new"] and not reader.told("reset")
    assert delete(world, "nobody").status == 404
    deletes(world, "a")
    assert delete(world, "a").status == 404
