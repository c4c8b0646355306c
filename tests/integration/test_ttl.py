# SPDX-License-Identifier: MIT
"""An event that is good until a time only: from then on nobody is given it, and nobody misses it."""

import pytest

from world import eventually

SMALL = {"responder": {"window": "1M"}}


def post(world, data, ttl, channel="main", **query):
    extra = "".join(f"&{name}={value}" for name, value in query.items())
    answer = world.post(f"/realtime/{channel}?ttl={ttl}{extra}", data.encode())
    assert answer.status == 200, answer
    return int(answer.json["id"])


def push_out(world):
    for _ in range(16):
        world.publish((b"x" * 100 + b"\n") * 1000, channel="elsewhere", lines=1)


def test_an_event_is_given_until_its_time_is_over_and_is_no_gap_then(world):
    before = world.publish("before")
    live = world.listen()
    live.is_connected()
    id = post(world, "short", "1s")
    post(world, "long", "1h")
    assert live.sees("short", id=id)
    live.sees("long")
    eventually(lambda: world.channel("main")["events"] == 2, "one being gone")
    for start in ({"since": "all"}, {"last_event_id": str(before)}, {"last_event_id": str(id)}):
        reader = world.listen(**start)
        reader.sees(*(["long"] if start.get("last_event_id") else ["before", "long"]))
        assert not reader.told("reset")
        reader.leave()


def test_nor_is_one_given_from_the_log(make_world):
    world = make_world(SMALL, inbox=False)
    before = world.publish("before")
    post(world, "short", "1s")
    world.publish("after")
    push_out(world)
    eventually(lambda: world.channel("main")["events"] == 2, "one being gone")
    reader = world.listen(last_event_id=str(before))
    reader.sees("after")
    assert not reader.told("reset")
    world.hub.kill()
    world.hub.start()
    world.is_healthy()
    again = world.listen(last_event_id=str(before))
    again.sees("after")
    assert not again.told("reset")


def test_when_the_newest_event_of_all_has_gone_a_start_finds_nothing_missing(world):
    world.publish("before")
    id = post(world, "short", "1s")
    eventually(lambda: world.channel("main")["events"] == 1, "it being gone")
    world.hub.kill()
    world.responder.kill()
    world.hub.start()
    world.responder.start()
    world.is_healthy()
    reader = world.listen(last_event_id=str(id))
    world.publish("after")
    reader.sees("after")
    assert not reader.told("reset")
    assert "ends" not in world.hub.log() and "damaged" not in world.hub.log()


def test_what_has_a_key_is_the_same_however_long_it_is_good(world):
    assert post(world, "one", "1h", id="k") == post(world, "one", "2h", id="k") == world.publish("one", id="k")


@pytest.mark.parametrize("bad", ["", "0s", "30", "-1s", "1.5s", "30ms", "366d", "1s1s", "%zz"])
def test_a_ttl_that_is_none_is_refused(world, bad):
    answer = world.post(f"/realtime/main?ttl={bad}", b"x")
    assert answer.status == 400 and answer.json["error"] == "bad_ttl", answer


def test_each_way_to_post_takes_one(world):
    for target, body in (("/api/broadcast?ttl=1s", b'{"message": 1, "channel": "main"}'),
                         ("/sse/send?ttl=1s", b'{"message": "x"}')):
        assert world.post(target, body, {"Content-Type": "application/json"}).status == 200
    world.post("/realtime/a?ttl=1s&also=b&lines=1", b"1\n2\n")
    eventually(lambda: all(world.channel(name)["events"] == 0 for name in ("main", "sse", "a", "b")),
               "all being gone")


@pytest.mark.parametrize("when", ["unixepoch() + 2", "datetime('now', '+2 seconds')",
                                  "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+1 second')"])
def test_a_row_says_until_when_it_is_good(world, when):
    reader = world.listen()
    reader.is_connected()
    with world.open_inbox() as db:
        db.execute(f"INSERT INTO broadcast(data, expires_at) VALUES('short', {when})")
    reader.sees("short")
    eventually(lambda: world.channel("main")["events"] == 0, "it being gone")


def test_a_row_whose_time_is_over_is_published_to_nobody(world):
    reader = world.listen()
    reader.is_connected()
    with world.open_inbox() as db:
        db.execute("INSERT INTO broadcast(data, expires_at) VALUES('old', '2001-01-01')")
        db.execute("INSERT INTO broadcast(data) VALUES('new')")
    reader.sees("new")
    assert reader.data == ["new"]


def test_a_table_without_that_column_is_read_as_ever_and_may_get_it(world):
    with world.open_inbox() as db:
        db.execute("ALTER TABLE broadcast RENAME COLUMN expires_at TO something")
        db.execute("INSERT INTO broadcast(data, something) VALUES('one', 5)")
        eventually(lambda: world.channel("main")["events"] == 1, "it being published")
        db.execute("ALTER TABLE broadcast ADD COLUMN expires_at ANY")
        db.execute("INSERT INTO broadcast(data, expires_at) VALUES('two', 'soon')")
        db.execute("INSERT INTO broadcast(data, expires_at) VALUES('three', x'00')")
        eventually(lambda: [row[0] for row in db.execute(
            "SELECT error FROM broadcast WHERE data IN ('two', 'three')")] == [
                "expires_at is no time: seconds since 1970, or a date such as 2026-12-24 18:00:00 in UTC"] * 2,
                   "the reasons being there")
