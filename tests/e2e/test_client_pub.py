# SPDX-License-Identifier: MIT
"""`tidings pub`, as a person or a script would run it."""

import signal

import pytest

from client import waiting_in
from world import eventually

pytestmark = pytest.mark.behind_apache("--full")


@pytest.mark.behind_apache
def test_a_message_is_published_and_its_id_printed(run, shared):
    reader = shared.listen("hello")
    printed = run("pub", "hello", "good morning").ends()
    event = reader.sees("good morning")
    assert printed == [event.id]


def test_standard_input_is_published_byte_for_byte(run, shared):
    reader = shared.listen("bytes")
    run("pub", "bytes", input=b"one\ntwo\n").ends()
    reader.sees("one\ntwo\n")
    run("pub", "bytes", "-", input="grüße").ends()
    reader.sees("grüße")


def test_each_line_is_an_event_in_order(run, shared):
    reader = shared.listen("lines")
    lines = [f"line {i}" for i in range(2500)]
    printed = run("pub", "lines", "--lines", input="\n".join(lines)).ends(within=20)
    event = reader.sees(*lines)
    assert printed == [event.id]


def test_lines_leave_as_they_come(run, shared):
    reader = shared.listen("slow-lines")
    client = run("pub", "slow-lines", "--lines")
    for line in ("a", "b", "c"):
        client.feed(line + "\n")
        reader.sees(line)
    client.ends()


def test_lines_with_an_id_are_the_same_however_a_pipe_cuts_them(run, shared):
    text = b"".join(b"%06d %s\n" % (i, b"y" * 200) for i in range(3000))
    for chunk in (len(text), 50_000):
        client = run("pub", "cuts", "--lines", "--id", "cuts-1")
        for at in range(0, len(text), chunk):
            client.feed(text[at:at + chunk])
        client.ends()
    assert shared.door.ask("GET", "/api/channels/cuts").json["events"] == 3000


def test_ctrl_c_while_a_message_is_typed_publishes_nothing(run, shared):
    client = run("pub", "half-typed")
    client.feed("I resi")
    eventually(lambda: waiting_in(client.process.stdin) == 0, "pub waiting for more")
    client.process.send_signal(signal.SIGINT)
    client.process.wait(10)
    client.ends(-signal.SIGINT)
    assert run("history", "half-typed").ends() == []


def test_lines_that_are_interrupted_say_how_many_are_published(run, shared):
    client = run("pub", "cut-lines", "--lines")
    reader = shared.listen("cut-lines")
    client.feed("one\ntwo\n")
    reader.sees("one", "two")
    client.feed("thr")
    eventually(lambda: waiting_in(client.process.stdin) == 0, "pub waiting for more")
    client.process.send_signal(signal.SIGTERM)
    client.process.wait(10)
    client.ends(-signal.SIGTERM)
    assert "2 lines are published" in client.sentence
    assert len(client.lines) == 1


def test_a_channel_that_no_path_can_name_is_refused(run):
    for name in (".", ".."):
        assert "cannot name it" in run("pub", name, "x").refuses(2)


def test_lines_with_an_id_are_published_once_however_often_they_are_sent(run, shared):
    text = "\n".join(str(i) for i in range(1500))
    first = run("pub", "job", "--lines", "--id", "job-1", input=text).ends()
    again = run("pub", "job", "--lines", "--id", "job-1", input=text).ends()
    assert first == again
    assert shared.door.ask("GET", "/api/channels/job").json["events"] == 1500


def test_an_id_with_other_content_is_a_conflict(run):
    run("pub", "keys", "one", "--id", "k").ends()
    client = run("pub", "keys", "two", "--id", "k")
    client.ends(6)
    assert "this key was used for other content" in client.sentence


def test_json_that_is_none_is_not_published(run, shared):
    for bad in ("{", "{} x", "", "nul", "'a'"):
        assert "not JSON" in run("pub", "json", bad, "--json").refuses(2)
    for good in ('{"a": [1, null]}', "null", "12", '"x"', "true"):
        run("pub", "json", good, "--json").ends()


def test_json_with_a_bom_is_published_without_it(run, shared):
    """JSON.parse of a browser takes none."""
    reader = shared.listen("bom")
    run("pub", "bom", "-", "--json", input='\ufeff{"a": "\ufeff"}').ends()
    reader.sees('{"a": "\ufeff"}')
    run("pub", "bom", "\ufeffplain").ends()
    reader.sees("\ufeffplain")


@pytest.mark.parametrize("half", ['"\\ud83d"', '["x", {"a": "\\ude00\\ud83d"}]', '\ufeff{"\\udfff": 1}'])
def test_json_with_half_a_surrogate_pair_is_not_published_and_the_cause_is_named(run, half):
    sentence = run("pub", "json", half, "--json").refuses(2)
    at = half.encode().index(b"\\u") + 1
    assert "half a surrogate pair" in sentence and f"byte {at}: " in sentence
