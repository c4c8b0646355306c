# SPDX-License-Identifier: MIT
"""An event on several channels: who is given it, under which id, and when once more."""

import json
import random

import pytest

from templates import hears
from world import SLOW, eventually

LETTERS = "abcdefgh"


def also(world, data, *channels, **query):
    """POST on the first channel and also the others; the answer's id."""
    extra = "".join(f"&{name}={value}" for name, value in query.items())
    target = f"/realtime/{channels[0]}?" + "&".join(f"also={c}" for c in channels[1:]) + extra
    answer = world.post(target, data.encode())
    assert answer.status == 200, answer
    return answer.json["id"]


def body(**members):
    return json.dumps(members).encode()


def post_json(world, **members):
    return world.post("/api/broadcast", body(**members), {"Content-Type": "application/json"})


# ---- once, to everybody, under one id

def test_who_listens_to_several_of_its_channels_sees_it_once(world):
    readers = [world.listen(*names) for names in ("a", "b", "c", "ab", "bc", "abc", "xc")]
    id = also(world, "one", "a", "b", "c")
    for name in "abcx":
        world.publish("fence", channel=name)
    for reader in readers:
        assert reader.sees("one").id == id
        assert reader.sees("fence").id > id
        assert reader.data.count("one") == 1
    elsewhere = world.listen("x", since="all")
    elsewhere.sees("fence")


def test_who_goes_on_from_its_id_sees_none_of_it_again(world):
    id = also(world, "one", "a", "b", "c")
    after = also(world, "two", "c", "a")
    for names in ("a", "b", "c", "ab", "bc", "ca", "abc"):
        reader = world.listen(*names, last_event_id=id)
        world.publish("fence", channel=names[0])
        if set(names) & set("ca"):
            assert reader.sees("two").id == after
        reader.sees("fence")
        reader.leave()


def test_an_envelope_names_the_other_channels_live_and_from_the_log(world):
    path = "/stream?channel=b&channel=c&envelope=1"
    live = world.listen(path=path)
    live.is_connected()
    also(world, "one", "a", "b", "c")
    world.publish("alone", channel="c")
    for reader in (live, world.listen(path=path + "&since=all")):
        reader.wait(lambda reader=reader: len(reader.ids) == 2, reader.story)
        told = [json.loads(event.data) for event in reader.events if event.type == "message"]
        assert told == [{"channel": "b", "data": "one", "also": ["a", "c"]}, {"channel": "c", "data": "alone"}]


def test_one_who_comes_from_before_is_given_it_once_from_the_log(make_world):
    world = make_world({"responder": {"window": "1M"}}, inbox=False)
    before = world.publish("before", channel="b")
    id = also(world, "one", "a", "b", "c")
    for _ in range(16):
        world.post("/realtime/elsewhere?lines=1", b"x" * 100 + b"\n" + (b"x" * 100 + b"\n") * 999)
    for names in ("a", "b", "c", "ab", "bc", "ca", "abc"):
        reader = world.listen(*names, last_event_id=str(before))
        assert reader.sees("one").id == id
        reader.wait(lambda: reader.told("live"), reader.story)
        assert reader.data == ["one"] and not reader.told("reset")
        reader.leave()


def test_a_channel_that_is_named_twice_counts_once(world):
    reader = world.listen("a", "b")
    also(world, "one", "a", "b", "a", "b")
    world.publish("fence", channel="b")
    reader.sees("one", "fence")
    assert world.channel("a")["events"] == world.channel("b")["events"] - 1 == 1


def test_lines_are_each_on_all_channels(world):
    both, last = world.listen("a", "b"), world.listen("b")
    answer = world.post("/realtime/a?lines=1&also=b", b"one\ntwo\nthree\n")
    assert answer.status == 200 and answer.json["count"] == 3
    for reader in (both, last):
        first = reader.sees("one")
        assert first.id == answer.json["first"]
        assert reader.sees("two", "three").id == answer.json["id"]


@pytest.mark.parametrize("key", ["also[]", "also%5B%5D", "also[0]"])
def test_a_publisher_in_php_writes_its_list_of_channels_and_all_hear(world, key):
    assert world.post(f"/realtime/a?{key}=b", b"one").status == 200
    assert world.channel("b")["events"] == 1


def test_what_goes_on_the_first_channel_that_one_listens_to_is_gone_for_him(make_world):
    """Also while another one, kept longer, still has it: he is told of a gap."""
    world = make_world({"channel a": {"keep_events": "3"}, "responder": {"window": "1M"}}, inbox=False)
    ids = [also(world, f"e{n}", "a", "b") for n in range(10)]
    world.holds(3, "a")
    for _ in range(16):
        world.publish((b"x" * 100 + b"\n") * 1000, channel="elsewhere", lines=1)
    both = world.listen("a", "b", last_event_id=str(ids[0]))
    both.wait(lambda: both.told("live"), both.story)
    assert both.data == ["e7", "e8", "e9"] and len(both.told("reset")) == 1
    assert json.loads(both.told("reset")[0].data)["oldest"] == world.channel("b")["oldest"]
    longer = world.listen("b", last_event_id=str(ids[0]))
    longer.wait(lambda: longer.told("live"), longer.story)
    assert longer.data == [f"e{n}" for n in range(1, 10)] and not longer.told("reset")


@pytest.mark.parametrize("target", ["/api/broadcast", "/sse/send"])
@pytest.mark.parametrize("key", ["also", "also[]"])
def test_further_channels_where_none_can_be_are_refused_and_not_passed_over(world, target, key):
    answer = world.post(f"{target}?{key}=b", body(message="x"), {"Content-Type": "application/json"})
    assert answer.status == 400 and answer.json["error"] == "bad_channel"


def test_further_channels_of_sse_send_are_refused_and_any_other_also_is_passed_over(world):
    for also, status in ((["b"], 400), ("b", 200), ([], 200), (["sse"], 200)):
        answer = world.post("/sse/send", body(message="x", also=also), {"Content-Type": "application/json"})
        assert answer.status == status, (also, answer)


# ---- in an object

def test_also_in_a_broadcast_names_further_channels_and_is_no_data(world):
    reader = world.listen("b")
    answer = post_json(world, message="one", channel="a", also=["b", "c"])
    assert answer.status == 200
    reader.is_connected()
    event = reader.next()
    data = json.loads(event.data)
    data.pop("timestamp")
    assert data == {"message": "one"} and event.id == answer.json["id"]


@pytest.mark.parametrize("value", ["b", 1, None, {"b": 1}, ["b", 1], [["b"]], True])
def test_any_other_also_is_the_sites_own_field(world, value):
    reader = world.listen("main")
    assert post_json(world, message="one", also=value).status == 200
    reader.is_connected()
    assert json.loads(reader.next().data)["also"] == value
    assert world.channel("b")["events"] == 0


def test_names_in_a_broadcast_may_be_escaped(world):
    reader = world.listen('a"\\/é\U0001f600')
    answer = world.post("/api/broadcast",
                        b'{"message": 1, "also" : [ "a\\"\\\\\\/\\u00e9\\ud83d\\ude00" , "]" ] }',
                        {"Content-Type": "application/json"})
    assert answer.status == 200
    reader.is_connected()
    assert reader.next().id == answer.json["id"]
    assert world.channel("]")["events"] == 1


# ---- idempotency

def test_the_same_id_is_published_once_on_all_channels(world):
    ids = {also(world, "one", "a", "b", id="k") for _ in range(3)}
    assert len(ids) == 1
    assert world.channel("b")["events"] == 1
    reader = world.listen("b", since="all")
    assert reader.sees("one").id == ids.pop()


@pytest.mark.parametrize("channels", ["a", "ac", "abc", "acb"])
def test_the_same_id_on_other_channels_is_a_conflict(world, channels):
    also(world, "one", "a", "b", id="k")
    target = f"/realtime/a?id=k" + "".join(f"&also={c}" for c in channels[1:])
    assert world.post(target, b"one").status == 409


# ---- bad input

@pytest.mark.parametrize("query,status,error", [
    ("also=", 400, "bad_channel"),
    ("also", 400, "bad_channel"),
    ("also=%zz", 400, "bad_query"),
    ("also=%00", 400, "bad_channel"),
    ("also=%ff", 400, "bad_channel"),
    ("also=" + "x" * 1001, 400, "bad_channel"),
    ("&".join(f"also=c{n}" for n in range(100)), 413, "too_many_channels"),
    ("&".join(f"also=c{n:0>200}" for n in range(42)), 413, "too_many_channels"),
])
def test_bad_further_channels_are_refused(world, query, status, error):
    answer = world.post(f"/realtime/a?{query}", b"x")
    assert answer.status == status and answer.json["error"] == error
    assert world.channel("a")["events"] == 0


@pytest.mark.parametrize("members,status", [
    ({"also": [""]}, 400), ({"also": ["a\n"]}, 400),
    ({"also": [f"c{n}" for n in range(100)]}, 413)])
def test_bad_further_channels_of_a_broadcast_are_refused(world, members, status):
    assert post_json(world, message=1, **members).status == status
    assert world.channel("main")["events"] == 0


def test_half_a_surrogate_pair_is_no_channel(world):
    answer = world.post("/api/broadcast", b'{"message": 1, "also": ["\\ud800"]}',
                        {"Content-Type": "application/json"})
    assert answer.status == 400


def test_a_hundred_channels_are_taken(world):
    reader = world.listen(*[f"c{n}" for n in range(0, 99, 2)], "c98")
    id = also(world, "one", "a", *[f"c{n}" for n in range(99)])
    assert reader.sees("one").id == id
    world.publish("fence", channel="c98")
    reader.sees("fence")


def test_much_data_on_many_channels_is_refused_and_as_much_as_may_be_is_taken(world):
    few = "&".join(f"also=c{n}" for n in range(15))
    many = "&".join(f"also=c{n}" for n in range(31))
    assert world.post(f"/realtime/a?{few}", b"x" * 65_000).status == 200
    answer = world.post(f"/realtime/a?{many}", b"x" * 65_000)
    assert answer.status == 413 and answer.json["error"] == "too_much"


# ---- rows of an inbox

def insert(world, data, names, channel="a"):
    with world.open_inbox() as db:
        db.execute("INSERT INTO broadcast(channel, data, also) VALUES (?, ?, ?)",
                   [channel, data, names])


def test_a_row_may_name_further_channels(world):
    both, last = world.listen("a", "b"), world.listen("b")
    insert(world, "one", '["b", "c"]')
    insert(world, "two", None)
    insert(world, "three", "[]", channel="b")
    event = both.sees("one")
    assert last.sees("one").id == event.id
    both.sees("two", "three")
    last.sees("three")


@pytest.mark.parametrize("value", ["b", '{"a": 1}', '["b", 1]', '[""]', '["a"', "", 7,
                                   json.dumps([f"c{n}" for n in range(100)])])
def test_a_row_with_bad_further_channels_stays_and_says_why(world, value):
    reader = world.listen("a")
    insert(world, "bad", value)
    insert(world, "good", '["b"]')
    reader.sees("good")
    error = eventually(lambda: world.rows("SELECT error FROM broadcast WHERE data = 'bad'")[0][0],
                       "the reason in the row")
    assert "channel" in error or "also" in error


def test_an_inbox_without_the_column_goes_on_and_may_be_given_it(world):
    reader = world.listen("a", "b")
    with world.open_inbox() as db:
        db.execute("ALTER TABLE broadcast DROP COLUMN also")
    world.insert("one", channel="a")
    reader.sees("one")
    with world.open_inbox() as db:
        db.execute("ALTER TABLE broadcast ADD COLUMN also TEXT")
    insert(world, "two", '["b"]')
    reader.sees("two")
    assert world.channel("b")["events"] == 1


# ---- many, cut anywhere, against a model

PATTERNS = "*", "{x}", "a{x}", "{x}b", "{+x}c"  # each letter's channel is named by it alone


def model(publishes, names, patterns):
    """What somebody who listens to these sees: each publish once, in order."""
    return [(data, id) for data, id, channels in publishes if hears(names, patterns, channels)]


def wishes(rng, patterns):
    """Channels, and for every other one patterns as well."""
    return ("".join(rng.sample(LETTERS, rng.randint(1, 5))),
            rng.sample(PATTERNS, rng.randint(1, 3)) if patterns else [])


def listen(world, names, patterns, **how):
    return world.listen(*names, path="/stream" if patterns else None, pattern=patterns, **how)


def play(make_world, seed, count):
    world = make_world({"responder": {"window": "1M"}}, inbox=False)
    rng = random.Random(seed)
    readers = [(wanted, listen(world, *wanted, reconnect=True))
               for wanted in (wishes(rng, n % 2) for n in range(24))]
    publishes = []
    while len(publishes) < count:
        channels = rng.sample(LETTERS, rng.randint(1, 5))
        lines = [f"{len(publishes) + n}" + "x" * rng.randint(0, 120)
                 for n in range(rng.randint(1, 60))]
        target = f"/realtime/{channels[0]}?lines=1" + "".join(f"&also={c}" for c in channels[1:])
        answer = world.post(target, "\n".join(lines).encode())
        assert answer.status == 200, answer
        first = int(answer.json["first"])
        publishes += [(line, first + n * len(channels), channels) for n, line in enumerate(lines)]
        if rng.random() < 0.1:
            _, reader = rng.choice(readers)
            rng.choice([reader.pause, reader.resume])()
        if rng.random() < 0.02:
            world.responder.kill_worker()
    for name in LETTERS:
        publishes.append(("fence", world.publish("fence", channel=name), [name]))
    for (names, patterns), reader in readers:
        reader.resume()
        wanted = model(publishes, names, patterns)
        fences = sum(data == "fence" for data, _ in wanted)
        reader.wait(lambda: reader.data.count("fence") == fences, reader.story, within=60 * SLOW)
        assert list(zip(reader.data, reader.ids)) == wanted
        assert not reader.told("reset")
        cut = rng.choice(wanted)[1]
        again = listen(world, names, patterns, last_event_id=str(cut))
        again.wait(lambda: not again.told("connected")[0].data.count("behind") or
                   again.told("live"), again.story, within=60 * SLOW)
        again.wait(lambda: not wanted or again.ids and again.ids[-1] == wanted[-1][1] or
                   cut == wanted[-1][1], again.story, within=60 * SLOW)
        assert list(zip(again.data, again.ids)) == [pair for pair in wanted if pair[1] > cut]
        again.leave()


@pytest.mark.parametrize("seed", [1, 2])
def test_everybody_sees_each_publish_once_and_in_order(make_world, seed):
    play(make_world, seed, 3000)


@pytest.mark.rare
@pytest.mark.timeout(1200)
def test_everybody_sees_each_of_a_hundred_thousand_publishes_once_and_in_order(make_world):
    play(make_world, 3, 100_000)
