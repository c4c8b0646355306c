# SPDX-License-Identifier: MIT
"""What `tidings` says to somebody who does not know it yet."""

import re

import pytest

from client import Client


def says(world, *words, status=2, **how):
    client = Client(world, *words, **how)
    client.ends(status)
    return client.sentence.removeprefix("tidings: ")


def test_flags_before_the_verb_hold_for_it(shared):
    shared.publish("said", channel="flags/first")
    url = f"http://127.0.0.1:{shared.port}"
    for before in (["--url", url], [f"--url={url}", "-q"], ["-qu", url]):
        client = Client(shared, *before, "history", "flags/first", "--format", "%d", url="http://127.0.0.1:9")
        assert client.ends() == ["said"]


def test_a_flag_of_a_verb_before_it_is_told_its_place(shared):
    assert says(shared, "--since", "1h", "tail", "x") == "--since stands behind its verb: tidings tail --since"


@pytest.mark.parametrize("words, meant", [
    (["hisotry"], "did you mean history?"), (["publish"], "did you mean pub?"), (["listen"], "did you mean sub?"),
    (["help", "chanels"], "did you mean channels?"), (["sub", "--cusror", "x"], "did you mean --cursor?"),
    (["--ulr", "x", "check"], "did you mean --url?"), (["token", "make"], "did you mean `tidings token new`?"),
    (["inbox", "ini", "x.db"], "did you mean `tidings inbox init FILE.db`?"), (["check", "brodcast"], "did you mean broadcast?"),
])
def test_a_slip_of_the_hand_is_told_what_is_near(shared, words, meant):
    assert meant in says(shared, *words)


def test_flags_alone_are_told_that_a_verb_is_missing(shared):
    assert "expected a verb" in says(shared, "--quiet")


def test_help_lists_verbs_in_groups_and_each_verb_has_examples(shared):
    text = "\n".join(Client(shared, "--help").ends())
    assert re.findall(r"^(\w[\w ]*):$", text, re.M) == [
        "Publish and listen", "See what is there", "Set up", "Try out", "Examples"]
    for verb in re.findall(r"^  (\w+) {2,}", text, re.M):
        shown = Client(shared, verb, "--help").ends()
        assert any(f"tidings {verb}" in line or "tidings --url" in line
                   for line in shown[shown.index("Examples:"):shown.index("Flags of all verbs:")]), verb
        assert max(map(len, shown)) <= 80, max(shown, key=len)
        assert all(len(line) <= 90 for line in shown), verb


def test_a_server_that_is_away_is_told_with_what_to_do(shared):
    for words in (["status"], ["channels"], ["sub", "x"], ["pub", "x", "y"]):
        assert says(shared, *words, status=4, url="http://127.0.0.1:9").endswith(
            "; is the web server there? (--url, TIDINGS_URL)"), words


def test_an_address_without_tidings_is_told_with_what_to_do(web_below, shared):
    assert "; is Tidings below a path? (--url https://site.example/tidings)" in says(
        shared, "channels", status=6, url=web_below)


@pytest.fixture
def web_below(shared):
    return f"http://127.0.0.1:{shared.port}/nowhere"
