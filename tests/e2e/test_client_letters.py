# SPDX-License-Identifier: MIT
"""Letters of one to four bytes, in channel, type and data, through every verb of the command.

Short enough for each Debian: what a library of another version does to letters shows here.
"""

import json
import re

import pytest


LETTERS = {1: "z", 2: "é", 3: "€", 4: "🙂"}
EACH = pytest.mark.parametrize("letter", LETTERS.values(), ids=[f"{n}-byte" for n in LETTERS])
ALL = "".join(LETTERS.values())


class Place:
    """A channel, a type and data that have the letter in them."""

    def __init__(self, verb, letter):
        self.channel, self.type = f"{verb}-{letter}-room", f"type-{letter}"
        self.data = json.dumps({f"name {letter}": [f"{letter} text", {letter: letter}]},
                               ensure_ascii=False)

    def publishes(self, run):
        return run("pub", self.channel, self.data, "--event", self.type, "--json").ends()[0]

    def event(self, id):
        return {"id": id, "channel": self.channel, "event": self.type, "data": self.data}


@EACH
def test_what_is_published_as_JSON_is_read_as_it_was_by_sub_tail_and_history(run, letter, tmp_path):
    place = Place("read", letter)
    id = place.publishes(run)
    cursor = tmp_path / "cursor"
    for verb in (["sub", "--since", "all", "--count", "1", "--cursor", cursor],
                 ["tail", "--count", "1"], ["history"]):
        client = run(*verb, place.channel)
        client.ends()
        assert client.events() == [place.event(id)]
    assert cursor.read_text() == id + "\n"


@EACH
def test_a_reader_who_is_there_sees_it_come(run, shared, letter):
    place = Place("live", letter)
    reader = run("sub", place.channel, "--since", "all", "--event", place.type,
                 "--format", r"%c\t%t\t%d", "--count", "2")
    for _ in range(2):
        place.publishes(run)
    assert reader.ends() == [f"{place.channel}\t{place.type}\t{place.data}"] * 2
    assert shared.door.ask("GET", "/health").status == 200


@EACH
def test_a_command_gets_it_in_its_environment_and_on_its_input(run, letter):
    place = Place("exec", letter)
    place.publishes(run)
    said = run("sub", place.channel, "--since", "all", "--count", "1", "--exec",
               'echo "$TIDINGS_CHANNEL $TIDINGS_EVENT $(cat)"').ends()
    assert said == [f"{place.channel} {place.type} {place.data}"]


@EACH
def test_each_line_of_the_input_is_an_event(run, letter):
    place = Place("lines", letter)
    lines = [letter, f"a{letter}", letter * 40]
    run("pub", place.channel, "--lines", "--event", place.type, input="\n".join(lines)).ends()
    assert run("history", place.channel, "--format", "%t %d").ends() == [
        f"{place.type} {line}" for line in lines]


@EACH
def test_the_channel_is_listed(run, letter):
    place = Place("listed", letter)
    id = place.publishes(run)
    listed = run("channels", "--json")
    listed.ends()
    assert [(at["events"], at["newest"]) for at in listed.events()
            if at["channel"] == place.channel] == [(1, id)]
    table = run("channels").ends()
    assert [line.split()[-1] for line in table if line.startswith(place.channel)] == [id]


@EACH
def test_a_command_that_is_run_is_published_as_it_speaks(run, letter):
    channel = f"run-{letter}-room"
    said = run("run", channel, "--task", f"task {letter}", "--linger", "10s", "--",
               "printf", f"half {letter}\n").ends()
    assert said == [f"half {letter}"]
    history = run("history", channel)
    history.ends()
    told = [(at["event"], json.loads(at["data"])) for at in history.events()]
    assert [kind for kind, _ in told] == ["start", "progress", "end", "close"]
    assert {data["task"] for _, data in told} == {f"task {letter}"}
    assert told[1][1]["message"] == f"half {letter}"


def test_the_menu_publishes_and_shows_and_lists_them(run):
    channel, data = f"menu-{ALL}", f'"{ALL}"'
    said = "\n".join(run("menu", input=f"4\n{channel}\n{data}\n8\nq\n").ends())
    assert re.search(r"message: \d+\n", said), said
    assert re.search(rf"^{channel} .* 1 +\d+$", said, re.MULTILINE), said
    assert "it ended with status" not in said
    history = run("history", channel)
    history.ends()
    assert [at["data"] for at in history.events()] == [data]


def test_all_of_them_together_are_one_event(run):
    place = Place("all", ALL)
    id = place.publishes(run)
    history = run("history", place.channel)
    history.ends()
    assert history.events() == [place.event(id)]


def test_status_and_check_do_not_mind_them(run):
    Place("minded", ALL).publishes(run)
    assert run("status").ends()[0].split() == ["status", "ok"]
    assert all(line.startswith("ok") for line in run("check", "--auto", "broadcast", "resume").ends())


@pytest.mark.parametrize("text", ['{"é":1,"é":2}', '{"é":NaN}', "{'é':1}", '["é" "é"]'])
def test_what_is_no_JSON_is_not_published_as_JSON_with_letters_or_without(run, text):
    for message in (text, text.replace("é", "e")):
        client = run("pub", "no-json", message, "--json")
        client.ends(2)
        assert "the message is not JSON: byte " in client.sentence
