# SPDX-License-Identifier: MIT
"""`tidings sub --pattern`: many channels as one stream, each event once and with its channel."""

import json
import os
import signal

import pytest

from client import Client, Steady
from world import eventually


@pytest.fixture(name="run")
def runner(shared):
    started = []

    def run(*arguments, **how):
        started.append(Client(shared, *arguments, **how))
        return started[-1]
    yield run
    for client in started:
        if client.process.poll() is None:
            client.kill()


def is_there(world, count):
    eventually(lambda: world.health().json["streams"] >= count, f"{count} streams")


def fill(world, *channels):
    """One event on each, which says where it is."""
    return [str(world.publish(name, channel=name)) for name in channels]


# ---- what comes

@pytest.mark.behind_apache
def test_a_pattern_brings_each_event_with_its_channel(make_world):
    world = make_world(web=True)
    client = Client(world, "sub", "--pattern", "builds/{name}", "--count", 2)
    is_there(world, 1)
    ids = fill(world, "other", "builds/1", "builds/1/log", "builds/2")
    client.ends()
    assert client.events() == [
        {"id": ids[n], "channel": name, "event": "message", "data": name} for n, name in ((1, "builds/1"), (3, "builds/2"))]


def test_patterns_stand_beside_channels_and_each_event_comes_once(run, shared):
    fill(shared, "mixed/a", "mixed", "mixed/b", "unmixed")
    lines = run("sub", "mixed", "mixed/a", "-p", "mixed/{x}", "-p", "mixed/{y}", "-p", "mix{+z}",
                "--since", "all", "-n", 3, "--format", "%c %d").ends()
    assert lines == ["mixed/a mixed/a", "mixed mixed", "mixed/b mixed/b"]


def test_a_star_is_every_channel(make_world):
    world = make_world(web=True)
    ids = fill(world, "a", "b/c", "ü x")
    assert Client(world, "history", "--pattern", "*", "--format", "%i").ends() == ids
    assert Client(world, "tail", "--pattern", "*", "-n", 3, "--format", "%c").ends() == ["a", "b/c", "ü x"]


def test_who_forgets_the_flag_is_reminded_of_it(run, shared):
    fill(shared, "forgotten/{x}", "forgotten/1")
    client = run("history", "forgotten/{x}", "--format", "%d")
    assert client.ends() == ["forgotten/{x}"] and "--pattern" in client.sentence
    client = run("history", "forgotten/{x}", "--quiet")
    client.ends()
    assert client.errors == []


def test_a_pattern_without_a_brace_is_a_channel(run, shared):
    fill(shared, "plain-name")
    assert run("history", "--pattern", "plain-name", "--format", "%d").ends() == ["plain-name"]


def test_a_command_is_told_the_channel(run, shared, tmp_path):
    fill(shared, "hooked/1")
    run("sub", "--pattern", "hooked/{n}", "--since", "all", "-n", 1, "--exec",
        f'echo "$TIDINGS_CHANNEL" >> {tmp_path / "out"}').ends()
    assert (tmp_path / "out").read_text() == "hooked/1\n"


def test_patterns_come_from_the_environment_and_a_file(run, shared, tmp_path):
    fill(shared, "from/env", "from-file")
    config = tmp_path / "client.conf"
    config.write_text("[history]\npattern = from-{+x}\n")
    flags = ("--config", config, "--format", "%d")
    assert run("history", *flags).ends() == ["from-file"]
    assert run("history", *flags, env={"TIDINGS_HISTORY_PATTERN": "from/{x}"}).ends() == ["from/env"]


# ---- history

def test_history_of_a_pattern_ends_with_what_is_held(run, shared):
    fill(shared, "held/1", "held/2", "held/1")
    assert run("history", "-p", "held/{n}", "--format", "%d").ends() == ["held/1", "held/2", "held/1"]
    assert run("history", "-p", "held/{n}", "held/2", "-n", 2, "--format", "%d").ends() == ["held/1", "held/2"]


def test_history_of_a_pattern_that_matches_nothing_ends(run):
    assert run("history", "--pattern", "nothing/like/{this}").ends() == []
    assert run("history", "--pattern", "nothing/like/{this}", "--since", "1h").ends() == []


# ---- types

def test_types_may_be_given_one_by_one(run, shared):
    for n, kind in enumerate(("start", "progress", "end", "close")):
        shared.publish(str(n), channel="typed/1", event=kind)
    line = ("history", "--pattern", "typed/{n}", "--format", "%t")
    assert run(*line, "--event", "start", "--event", "end").ends() == ["start", "end"]
    assert run(*line, "--event", "start,close", "-e", "end").ends() == ["start", "end", "close"]
    assert run(*line, env={"TIDINGS_HISTORY_EVENT": "progress"}).ends() == ["progress"]
    assert run("tail", "typed/1", "-e", " ,end,, close", "-n", 2, "--format", "%t").ends() == ["end", "close"]
    assert run(*line, "--event", "no-such-type").ends() == []


def test_history_of_a_type_ends_though_the_newest_event_is_of_another(run, shared):
    for kind in ("wanted", "other"):
        shared.publish("x", channel="filtered", event=kind)
    assert run("history", "filtered", "--event", "wanted", "--format", "%t").ends() == ["wanted"]
    assert run("history", "filtered", "--event", "neither").ends() == []


# ---- going on

@pytest.mark.behind_apache
def test_a_cursor_goes_on_over_all_channels_of_a_pattern(run, shared, tmp_path):
    line = ("sub", "--pattern", "resumed/{n}", "--cursor", tmp_path / "cursor", "--format", "%d")
    client = run(*line)
    eventually((tmp_path / "cursor").exists, "a cursor before the first event")
    client.kill()
    fill(shared, "resumed/1", "resumed/2", "other", "resumed/new", "resumed/1")
    assert run(*line, "-n", 2).ends() == ["resumed/1", "resumed/2"]
    assert run(*line, "-n", 2).ends() == ["resumed/new", "resumed/1"]


def test_a_gap_is_status_3(run, shared):
    fill(shared, "gappy/1")
    client = run("sub", "--pattern", "gappy/{n}", "--since", "5")
    client.ends(3)
    assert "gap" in client.sentence
    assert run("sub", "--pattern", "gappy/{n}", "--since", "5", "--allow-gap", "-n", 1, "--format", "%d").ends() \
        == ["gappy/1"]


@pytest.mark.timeout(120)
def test_killed_responders_and_hubs_cost_no_event(make_world, tmp_path):
    world = make_world({"responder": {"workers": "2"}}, web=True)
    client = Client(world, "sub", "--pattern", "kills/{n}", "--cursor", tmp_path / "cursor")
    is_there(world, 1)
    writers = [Steady(world, f"kills/{n}", 60) for n in range(3)]
    for writer in writers:
        writer.start()
    for death in range(4):
        client.prints(len(client.lines) + 100, within=30)
        world.responder.kill_worker(0)
        world.responder.kill_worker(1)
        if death == 2:
            world.hub.kill_worker()
    counts = [writer.stop() for writer in writers]
    client.prints(sum(counts), within=30)
    client.process.send_signal(signal.SIGTERM)
    client.ends(-signal.SIGTERM)
    events = [json.loads(line) for line in client.lines]
    for n, count in enumerate(counts):
        assert [event["data"] for event in events if event["channel"] == f"kills/{n}"] == [str(i) for i in range(count)]
    ids = [int(event["id"]) for event in events]
    assert ids == sorted(set(ids))


# ---- what goes wrong

@pytest.mark.parametrize("arguments, word", [
    (("sub",), "CHANNEL... or --pattern"),
    (("history",), "CHANNEL... or --pattern"),
    (("sub", "--pattern"), "needs a value"),
    (("sub", "--pattern", ""), "is not a pattern"),
    (("sub", "--pattern", "a\nb"), "more than one line"),
    (("sub", "bad\nname", "--pattern", "a/{b}"), "control"),
    (("sub", "x", "--event", ""), "names no type"),
    (("sub", "x", "--event", ", ,"), "names no type"),
])
def test_bad_usage_is_one_sentence_and_status_2(run, arguments, word):
    client = run(*arguments)
    client.ends(2)
    assert word in client.sentence


@pytest.mark.parametrize("pattern, word", [
    ("{", "RFC 6570"), ("builds/{}", "RFC 6570"), ("a{b", "RFC 6570"), ("x{a}" + "y" * 1000, "1,000 bytes"),
    ("tab\t{a}", "control"), (os.fsdecode(b"\xff{a}"), "UTF-8")])
def test_what_is_no_pattern_is_refused_in_the_servers_words(run, pattern, word):
    for verb in ("sub", "tail", "history"):
        client = run(verb, "--pattern", pattern)
        client.ends(6)
        assert word in client.sentence


def test_a_type_that_is_none_is_refused_in_the_servers_words(run):
    client = run("sub", "x", "--event", "t" * 65)
    client.ends(6)
    assert "64 bytes" in client.sentence


def test_too_many_patterns_are_refused(run):
    client = run("sub", *(word for n in range(101) for word in ("--pattern", f"a{n}/{{x}}")))
    client.ends(6)
    assert "100 patterns" in client.sentence


def test_a_server_that_takes_no_patterns_says_so(make_world):
    world = make_world({"responder": {"selectors": "0"}}, web=True)
    client = Client(world, "sub", "--pattern", "a/{b}")
    client.says("no further stream can be served for now (streams, channels, selectors)")
    client.kill()
