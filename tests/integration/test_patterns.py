# SPDX-License-Identifier: MIT
"""Streams of patterns: what they are given, live, from the log, and when cut."""

import json
import random
from urllib.parse import quote

import pytest

from templates import hears
from world import SLOW, eventually

LETTERS = "abcdefgh"


def listen(world, *channels, patterns=(), query="", **kwargs):
    """A reader of these channels and patterns."""
    query = "&".join([f"channel={quote(c)}" for c in channels] +
                     [f"pattern={quote(p, safe='')}" for p in patterns]) + query
    return world.listen(path=f"/stream?{query}", **kwargs)


def get(world, target, accept="application/json"):
    return world.door.ask("GET", world.base + target, {"Accept": accept})


def told(reader):
    reader.is_connected()
    return json.loads(reader.told("connected")[0].data)


# ---- live

def test_a_pattern_is_given_the_events_of_the_channels_that_it_matches(world):
    reader = listen(world, patterns=["builds/{name}"])
    said = told(reader)
    assert said["channels"] == [] and said["patterns"] == ["builds/{name}"]
    world.publish("one", channel="builds/a")
    world.publish("other", channel="build/a")
    world.publish("deeper", channel="builds/a/b")
    world.publish("main", channel="main")
    world.publish("two", channel="builds/b")
    reader.sees("one", "two")
    assert reader.data == ["one", "two"]


def test_every_channel_is_a_star(world):
    reader = listen(world, patterns=["*"])
    told(reader)
    for name in ("a", "b/c", "ü x"):
        world.publish(name, channel=name)
    reader.sees("a", "b/c", "ü x")


def test_a_pattern_without_a_brace_is_a_channel(world):
    reader = listen(world, patterns=["builds"])
    said = told(reader)
    assert said["channels"] == ["builds"] and "patterns" not in said
    world.publish("one", channel="builds")
    reader.sees("one")


def test_patterns_come_beside_channels_and_each_event_comes_once(world):
    reader = listen(world, "builds/a", "c", patterns=["builds/{x}", "{+y}", "*", "{y}"])
    said = told(reader)
    assert said["channels"] == ["builds/a", "c"]
    assert said["patterns"] == ["*", "builds/{x}", "{+y}", "{y}"]
    for name in ("builds/a", "c", "builds/b"):
        world.publish(name, channel=name)
    reader.sees("builds/a", "c", "builds/b")
    assert len(reader.data) == 3


def test_a_pattern_may_be_beside_the_channel_of_a_path(world):
    reader = world.listen(path="/realtime/a?pattern=b%2F%7Bx%7D")
    said = told(reader)
    assert said["channels"] == ["a"] and said["patterns"] == ["b/{x}"]
    world.publish("one", channel="a")
    world.publish("two", channel="b/c")
    reader.sees("one", "two")


def test_a_channel_named_like_a_pattern_is_another_thing(world):
    channel, pattern = world.listen("b/{x}"), listen(world, patterns=["b/{x}"])
    told(channel), told(pattern)
    world.publish("one", channel="b/c")
    world.publish("two", channel="b/{x}")
    pattern.sees("one", "two")
    channel.sees("two")
    assert channel.data == ["two"]


def test_an_event_on_several_channels_comes_once_to_patterns_too(world):
    readers = [listen(world, patterns=["a{+x}"]), listen(world, "ab", patterns=["{x}"]),
               listen(world, patterns=["b{x}", "c{x}"]), listen(world, "c1", patterns=["b{x}"])]
    for reader in readers:
        told(reader)
    answer = world.post("/realtime/ab?also=b1&also=c1&also=ac", b"one")
    world.post("/realtime/ab?also=b1", b"fence")
    for reader in readers:
        assert reader.sees("one").id == answer.json["id"]
        reader.sees("fence")
        assert reader.data == ["one", "fence"]


def test_patterns_are_not_counted_as_channels(world):
    reader = listen(world, patterns=["a{x}"])
    told(reader)
    world.publish("one", channel="ab")
    reader.sees("one")
    assert world.channel("ab")["subscribers"] == 0
    assert world.channel("a{x}")["subscribers"] == 0


def test_an_envelope_says_which_channel_it_was(world):
    reader = world.listen(path="/stream?pattern=a%7Bx%7D&envelope=1")
    told(reader)
    world.publish("one", channel="ab")
    assert json.loads(reader.next().data) == {"channel": "ab", "data": "one"}


# ---- from before

@pytest.mark.parametrize("since", ["all", "1h"])
def test_what_the_window_holds_a_new_pattern_is_given(world, since):
    for n in range(20):
        world.publish(f"{n}", channel=f"{'ab'[n % 2]}/{n}")
    reader = world.listen(path=f"/stream?pattern=a%2F%7Bx%7D&since={since}")
    reader.wait(lambda: reader.told("live"), reader.story)
    assert reader.data == [f"{n}" for n in range(0, 20, 2)] and not reader.told("reset")


def fill(world, channel="elsewhere", times=16):
    for _ in range(times):
        world.post(f"/realtime/{quote(channel, safe='')}?lines=1", (b"x" * 100 + b"\n") * 1000)


def test_what_the_window_has_lost_comes_from_the_log(make_world):
    world = make_world({"responder": {"window": "1M"}}, inbox=False)
    before = world.publish("before", channel="b/0")
    wanted = []
    for n in range(200):
        world.publish(f"{n}", channel=f"{'abc'[n % 3]}/{n % 7}")
        wanted += [f"{n}"] if n % 3 != 2 else []
    fill(world)
    world.publish("last", channel="b/1")
    reader = listen(world, "a/1", patterns=["a/{x}", "b/{x}", "{+x}/1"], last_event_id=str(before))
    reader.wait(lambda: reader.told("live"), reader.story, within=60 * SLOW)
    wanted = [f"{n}" for n in range(200) if n % 3 != 2 or n % 7 == 1] + ["last"]
    assert reader.data == wanted and not reader.told("reset")


def test_what_was_deleted_is_told_to_a_pattern_and_of_others_nothing(make_world):
    world = make_world({"responder": {"window": "1M"}, "channel lost/a": {"keep_events": 2}}, inbox=False)
    before = world.publish("before", channel="lost/a")
    for n in range(5):
        world.publish(f"{n}", channel="lost/a")
        world.publish(f"{n}", channel="kept/a")
    world.holds(2, "lost/a")
    fill(world)
    lost = listen(world, patterns=["lost/{x}"], last_event_id=str(before))
    lost.wait(lambda: lost.told("reset"), lost.story, within=30 * SLOW)
    kept = listen(world, patterns=["kept/{x}"], last_event_id=str(before))
    kept.wait(lambda: kept.told("live"), kept.story, within=30 * SLOW)
    assert kept.data == [f"{n}" for n in range(5)] and not kept.told("reset")


# ---- some types of event only

def publish_mixed(world, *channels):
    """An event of each type on each of them."""
    for channel in channels:
        for event in (None, "alert", "done"):
            world.publish(f"{channel} {event}", channel=channel, event=event)


def sees_only(reader, *expected, within=10):
    reader.wait(lambda: len(reader.data) >= len(expected), reader.story, within * SLOW)
    assert reader.data == list(expected)


def test_a_stream_may_ask_for_some_types_of_event_only(world):
    reader = world.listen("a", "b", path="/stream", event=["done", "alert"])
    said = told(reader)
    assert said["channels"] == ["a", "b"] and said["events"] == ["alert", "done"]
    publish_mixed(world, "a", "c", "b")
    world.publish("fence", channel="a", event="done")
    sees_only(reader, "a alert", "a done", "b alert", "b done", "fence")


def test_an_event_without_a_type_is_asked_for_as_message(world):
    readers = [world.listen(path="/realtime/a?event=message"), world.listen("a", event="message"),
               listen(world, patterns=["a{x}"], query="&event=message"),
               world.listen(path="/realtime/a?event[]=message&event[]=nothing")]
    for reader in readers:
        told(reader)
    publish_mixed(world, "a")
    world.publish("fence", channel="a", event="message")
    for reader in readers:
        sees_only(reader, "a None", "fence")


def test_patterns_with_types_are_given_those_of_all_their_channels(world):
    reader = listen(world, patterns=["a/{x}"], query="&event=alert")
    assert told(reader)["events"] == ["alert"]
    publish_mixed(world, "a/1", "b/1", "a/2")
    world.publish("fence", channel="a/3", event="alert")
    sees_only(reader, "a/1 alert", "a/2 alert", "fence")


def test_an_event_on_several_channels_comes_once_to_those_who_want_its_type(world):
    reader = listen(world, "b", patterns=["{x}"], query="&event=alert")
    told(reader)
    answer = world.post("/realtime/a?also=b&also=c&event=alert", b"one")
    world.post("/realtime/a?also=b&event=other", b"two")
    world.publish("fence", channel="c", event="alert")
    sees_only(reader, "one", "fence")
    assert reader.ids[0] == int(answer.json["id"])


def test_who_listens_to_some_types_is_counted_on_the_channel(world):
    one, all = world.listen("a", event="alert"), world.listen("a")
    told(one), told(all)
    assert world.channel("a")["subscribers"] == 2
    one.leave()
    eventually(lambda: world.channel("a")["subscribers"] == 1, "one subscriber less")


def test_types_come_from_the_window_and_from_the_log_too(make_world):
    world = make_world({"responder": {"window": "1M"}}, inbox=False)
    before = world.publish("before", channel="a")
    for n in range(100):
        world.publish(f"{n}", channel="a", event=("alert", None)[n % 2])
    recent = world.listen("a", event="alert", since="all")
    recent.wait(lambda: recent.told("live"), recent.story)
    wanted = [f"{n}" for n in range(0, 100, 2)]
    assert recent.data == wanted
    fill(world, "a")
    fill(world)
    readers = [world.listen("a", event="alert", last_event_id=str(before)),
               listen(world, patterns=["{x}"], query="&event=alert", last_event_id=str(before))]
    for reader in readers:
        reader.wait(lambda: reader.told("live"), reader.story, within=60 * SLOW)
        assert reader.data == wanted and not reader.told("reset")


def test_a_type_that_is_quiet_is_not_overtaken_by_others(make_world):
    world = make_world({"responder": {"window": "1M"}}, inbox=False)
    reader = world.listen("a", event="alert")
    told(reader)
    reader.pause()
    fill(world, "a")
    world.publish("one", channel="a", event="alert")
    reader.resume()
    sees_only(reader, "one")


@pytest.mark.parametrize("query", [
    "event=", "event", "event=%zz", "event=%00", "event=%ff", "event=" + "x" * 65,
    "&".join(f"event=t{n}" for n in range(101))], ids=range(7))
def test_a_bad_type_is_refused(world, query):
    for path in ("/stream?channel=a", "/realtime/a?", "/stream?pattern=*", "/sse/events?"):
        answer = get(world, f"{path}&{query}")
        assert answer.status == 400 and answer.json["error"] == "bad_event", answer


def test_as_many_types_as_may_be_are_taken(world):
    names = sorted(f"t{n}".ljust(64, "x") for n in range(100))
    reader = world.listen("a", event=names)
    assert told(reader)["events"] == names
    world.publish("one", channel="a", event=names[50])
    sees_only(reader, "one")


# ---- kept by pattern

def test_each_channel_that_a_pattern_matches_is_kept_by_itself(make_world):
    world = make_world({"channel builds/{name}": {"keep_events": 3}, "channel builds/main": {"keep_events": 5},
                        "channel {a}/x": {"keep_events": 1}, "channel *": {"keep_events": 7}}, inbox=False)
    for channel in ("builds/a", "builds/b", "builds/main", "builds/x", "other/x", "elsewhere"):
        for n in range(10):
            world.publish(f"{n}", channel=channel)
    for channel, count in {"builds/a": 3, "builds/b": 3, "builds/main": 5, "builds/x": 3,
                           "other/x": 1, "elsewhere": 7}.items():
        world.holds(count, channel)


def test_channels_that_a_pattern_matches_grow_old(make_world):
    world = make_world({"channel brief/{name}": {"keep_age": "1500ms"}}, inbox=False)
    for n in range(300):
        world.publish("x", channel=f"brief/{n}")
    world.publish("x", channel="kept")
    eventually(lambda: not any(world.channel(f"brief/{n}")["events"] for n in (0, 150, 299)),
               "all of them being gone", 20)
    assert world.channel("kept")["events"] == 1
    world.publish("young", channel="brief/7")
    assert world.channel("brief/7")["events"] == 1


# ---- bad input, and limits

@pytest.mark.parametrize("query", [
    "pattern=", "pattern", "pattern=%zz", "pattern=%00", "pattern=%ff", "pattern=%7B", "pattern=%7Ba",
    "pattern=%7B!x%7D", "pattern=" + "x" * 1001, "pattern=%7Ba%7D" + "x" * 998,
    "&".join(f"pattern=a%7Bx%7D{n}" for n in range(101))], ids=range(11))
def test_a_bad_pattern_is_refused(world, query):
    for path in ("/stream", "/realtime/a"):
        answer = get(world, f"{path}?{query}")
        assert answer.status == 400 and answer.json["error"] == "bad_pattern", answer


@pytest.mark.parametrize("query,count", [
    ("pattern=%7Ba%7D" + "x" * 997, 1),
    ("&".join(f"pattern=a%7Bx%7D{n}" for n in range(100)), 100)], ids=["length", "number"])
def test_as_much_as_may_be_is_taken(world, query, count):
    reader = world.listen(path=f"/stream?{query}")
    assert len(told(reader)["patterns"]) == count


def test_no_more_patterns_than_selectors_are_taken(make_world):
    world = make_world({"responder": {"selectors": 2}}, inbox=False)
    readers = [listen(world, patterns=["a{x}", "b{x}"]), listen(world, "c", patterns=["a{x}"])]
    for reader in readers:
        told(reader)
    answer = get(world, "/stream?pattern=c%7Bx%7D")
    assert answer.status == 503 and answer.json["error"] == "too_many_streams"
    answer = get(world, "/stream?pattern=c%7Bx%7D", "text/event-stream")
    assert answer.status == 200 and b"retry:" in answer.body
    for reader in readers:
        reader.leave()
    again = listen(world, patterns=["c{x}"], reconnect=True)
    world.publish("one", channel="cd")
    again.wait(lambda: again.told("connected"), again.story)


def test_a_thousand_patterns_of_a_worker_are_taken_and_no_more(world):
    """As it is unless one says otherwise: ten streams of a hundred."""
    for n in range(10):
        told(listen(world, patterns=[f"p{n}/{m}/{{x}}" for m in range(100)]))
    assert get(world, "/stream?pattern=one%7Bx%7D").status == 503
    more = listen(world, patterns=["p5/50/{x}"])  # it is one of them
    told(more)
    world.publish("one", channel="p5/50/a")
    more.sees("one")


def test_channels_of_which_some_types_are_wanted_count_as_channels(make_world):
    world = make_world({"responder": {"selectors": 1}}, inbox=False)
    for n in range(5):
        told(world.listen(f"c{n}", event="alert"))
    told(listen(world, patterns=["a{x}"], query="&event=alert"))
    assert get(world, "/stream?pattern=a%7Bx%7D").status == 503


def test_with_no_selectors_there_are_no_patterns(make_world):
    world = make_world({"responder": {"selectors": 0}}, inbox=False)
    answer = get(world, "/stream?pattern=*")
    assert answer.status == 503
    told(world.listen("a"))


# ---- many, cut anywhere, against a model

def model(publishes, channels, patterns):
    """What somebody sees who listens to these: each publish once, in order."""
    return [(data, id) for data, id, on in publishes if hears(channels, patterns, on)]


def interests(rng, names):
    patterns = ["*", "{x}/{y}"] + [f"{letter}/{{x}}" for letter in LETTERS] + [f"{{x}}/{n}" for n in range(4)]
    return (sorted(rng.sample(names, rng.randint(0, 3))),
            rng.sample(patterns, rng.randint(1, 4)))


def play(make_world, seed, count):
    world = make_world({"responder": {"window": "1M"}}, inbox=False)
    rng = random.Random(seed)
    names = [f"{letter}/{n}" for letter in LETTERS for n in range(4)]
    readers = [(wants, listen(world, *wants[0], patterns=wants[1], reconnect=True))
               for wants in (interests(rng, names) for _ in range(24))]
    for _, reader in readers:
        reader.is_connected()
    publishes = []
    while len(publishes) < count:
        channels = rng.sample(names, rng.choice([1, 1, 1, 2, 3, 5]))
        lines = [f"{len(publishes) + n}" + "x" * rng.randint(0, 120)
                 for n in range(rng.randint(1, 60))]
        target = f"/realtime/{quote(channels[0], safe='')}?lines=1" + "".join(f"&also={c}" for c in channels[1:])
        answer = world.post(target, "\n".join(lines).encode())
        assert answer.status == 200, answer
        first = int(answer.json["first"])
        publishes += [(line, first + n * len(channels), channels) for n, line in enumerate(lines)]
        if rng.random() < 0.1:
            _, reader = rng.choice(readers)
            rng.choice([reader.pause, reader.resume])()
        if rng.random() < 0.02:
            world.responder.kill_worker()
    publishes.append(("fence", int(world.post(
        f"/realtime/{quote(names[0], safe='')}?" + "&".join(f"also={c}" for c in names[1:]), b"fence").json["id"]), names))
    for wants, reader in readers:
        reader.resume()
        wanted = model(publishes, *wants)
        reader.wait(lambda: "fence" in reader.data, reader.story, within=60 * SLOW)
        assert list(zip(reader.data, reader.ids)) == wanted, wants
        assert not reader.told("reset")
        cut = rng.choice(wanted)[1]
        again = listen(world, *wants[0], patterns=wants[1], last_event_id=str(cut))
        again.wait(lambda: cut == wanted[-1][1] or "fence" in again.data, again.story, within=60 * SLOW)
        assert list(zip(again.data, again.ids)) == [pair for pair in wanted if pair[1] > cut], wants
        again.leave()


@pytest.mark.parametrize("seed", [1, 2])
def test_everybody_sees_each_publish_once_and_in_order(make_world, seed):
    play(make_world, seed, 3000)
