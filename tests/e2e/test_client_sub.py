# SPDX-License-Identifier: MIT
"""`tidings sub`, `history` and `tail`, as a person or a script would run them."""

import os
import shlex
import signal
import subprocess
import time
from datetime import datetime

import pytest

from client import is_listening, waiting_in
from world import eventually, program

pytestmark = pytest.mark.behind_apache("--full")


# ---- sub

@pytest.mark.behind_apache
def test_events_are_printed_as_ndjson(run, shared):
    client = run("sub", "news")
    is_listening(shared, "news")
    event = shared.publish("über\nzwei", channel="news", event="alert")
    client.prints(1)
    assert client.events() == [
        {"id": str(event), "channel": "news", "event": "alert", "data": "über\nzwei"}]


def test_a_format_shows_what_is_wanted(run, shared):
    ident = shared.publish("x", channel="formats", event="kind")
    printed = run("sub", "formats", "--since", "all", "-n", 1,
                  "--format", r"%i\t%t|%c|%d%%").ends()
    assert printed == [f"{ident}\tkind|formats|x%"]


def test_programs_are_told_when_an_event_was_published_if_they_ask(run, shared):
    before = time.time()
    shared.publish("x", channel="times")
    shared.publish('{"a": 1}', channel="times")
    after = time.time()
    parsed = run("history", "times", "--time", "--parse")
    parsed.ends()
    told = parsed.events()
    assert [list(event) for event in told] == [["id", "channel", "event", "at", "data"]] * 2
    assert [event["data"] for event in told] == ["x", {"a": 1}]
    for event in told:
        assert before - 0.01 <= datetime.fromisoformat(event["at"]).timestamp() <= after + 0.01
    assert run("history", "times", "--format", "%a").ends() == [event["at"] for event in told]
    hooked = run("sub", "times", "--since", "all", "-n", 1, "--exec", 'printf "%s\\n" "$TIDINGS_AT"').ends()
    assert hooked == [told[0]["at"]]


def test_types_are_filtered_and_count_ends_it(run, shared):
    for i in range(6):
        shared.publish(str(i), channel="types", event="odd" if i % 2 else "even")
    printed = run("sub", "types", "--since", "all", "--event", "odd", "--count", 3,
                  "--format", "%d").ends()
    assert printed == ["1", "3", "5"]


def test_several_channels_are_one_stream(run, shared):
    client = run("sub", "left", "right", "--format", "%c %d", "-n", 2)
    is_listening(shared, "right")
    shared.publish("1", channel="left")
    shared.publish("2", channel="right")
    assert client.ends() == ["left 1", "right 2"]


def test_a_timeout_has_a_status_of_its_own(run):
    assert run("sub", "quiet", "--timeout", "300ms").ends(9) == []


def test_a_command_gets_each_event(run, shared, tmp_path):
    out = tmp_path / "out"
    ident = shared.publish("to a command", channel="hooks", event="go")
    run("sub", "hooks", "--since", "all", "-n", 1, "--exec",
        f'echo "$TIDINGS_ID $TIDINGS_EVENT $TIDINGS_CHANNEL $(cat)" >> {out}').ends()
    assert out.read_text() == f"{ident} go hooks to a command\n"


def test_a_command_that_fails_gets_the_event_again(run, shared, tmp_path):
    cursor, out = tmp_path / "cursor", tmp_path / "out"
    for text in ("good", "bad", "late"):
        shared.publish(text, channel="fail")
    client = run("sub", "fail", "--since", "all", "--cursor", cursor, "--exec",
                 f"x=$(cat); echo $x >> {out}; test $x != bad")
    client.ends(1)
    assert "ended with status 1" in client.sentence
    run("sub", "fail", "--cursor", cursor, "-n", 2, "--exec", f"cat >> {out}").ends()
    assert out.read_text() == "good\nbad\nbadlate"


def test_a_cursor_file_goes_on_where_it_was(run, shared, tmp_path):
    cursor = tmp_path / "cursor"
    client = run("sub", "resume", "--cursor", cursor, "--format", "%d")
    eventually(cursor.exists, "a cursor before the first event")
    client.process.kill()
    for i in range(5):
        shared.publish(str(i), channel="resume")
    assert run("sub", "resume", "--cursor", cursor, "-n", 2, "--format", "%d").ends() == ["0", "1"]
    assert run("sub", "resume", "--cursor", cursor, "-n", 3, "--format", "%d").ends() == ["2", "3", "4"]


def test_a_cursor_file_that_is_none_is_named(run, tmp_path):
    cursor = tmp_path / "cursor"
    cursor.write_text("yesterday\n")
    assert "does not hold the id" in run("sub", "x", "--cursor", cursor).refuses(8)
    assert "cannot be written" in run("sub", "x", "--cursor", tmp_path / "no" / "c").refuses(8)


def test_a_cursor_file_that_a_power_cut_has_emptied_is_not_taken_for_a_new_one(run, tmp_path):
    (tmp_path / "cursor").write_bytes(b"")
    assert "the file is empty" in run("sub", "x", "--cursor", tmp_path / "cursor").refuses(8)


def test_a_full_disk_under_the_cursor_ends_it(run, shared, tmp_path):
    client = run("sub", "full", "--cursor", "/dev/full", "-n", 1)
    client.ends(8)
    assert "/dev/full" in client.sentence


def test_a_gap_is_status_3_unless_it_is_allowed(run, shared):
    for i in range(3):
        shared.publish(str(i), channel="gaps")
    client = run("sub", "gaps", "--since", "5")
    client.ends(3)
    assert "gap" in client.sentence
    client = run("sub", "gaps", "--since", "5", "--allow-gap", "-n", 3, "--format", "%d")
    assert client.ends() == ["0", "1", "2"]


def test_ctrl_c_ends_it_as_a_signal_does(run, shared):
    client = run("sub", "ctrl-c")
    is_listening(shared, "ctrl-c")
    client.process.send_signal(signal.SIGINT)
    client.ends(-signal.SIGINT)
    assert client.errors == []


def test_a_signal_or_the_time_ends_it_between_two_commands(run, shared, tmp_path):
    shared.publish("\n".join("abcdefghij"), channel="slow-hook", lines=1)
    out = tmp_path / "out"
    line = ("sub", "slow-hook", "--since", "all", "--exec", f"cat >> {out}; sleep 1")
    run(*line, "--timeout", "300ms").ends(9, within=4)
    assert out.read_text() == "a"
    client = run(*line)
    eventually(lambda: out.read_text() == "aa", "the first command of the second run")
    client.process.send_signal(signal.SIGTERM)
    client.ends(-signal.SIGTERM, within=4)
    assert out.read_text() == "aa"


def test_a_reader_that_goes_ends_it_without_a_word(run, shared):
    shared.publish("x", channel="nobody")
    read, write = os.pipe()
    os.close(read)
    client = run("history", "nobody", stdout=write)
    os.close(write)
    client.ends(-signal.SIGPIPE)
    assert client.errors == []


def test_a_reader_that_is_slow_is_waited_for_on_a_pipe_that_does_not_block(run, shared):
    shared.publish("z" * 60_000, channel="not-blocking")
    shared.publish("y" * 60_000, channel="not-blocking")
    read, write = os.pipe()
    os.set_blocking(write, False)
    client = run("history", "not-blocking", "--format", "%d", stdout=write)
    os.close(write)
    eventually(lambda: waiting_in(read) > 60_000, "a full pipe")
    with os.fdopen(read, "rb") as pipe:
        assert len(pipe.read()) == 120_002
    client.ends()


def test_standard_output_that_is_closed_is_no_place_for_an_event(run, shared, tmp_path):
    cursor, out = tmp_path / "cursor", tmp_path / "status"
    shared.publish("x", channel="closed")
    environment = f"TIDINGS_URL=http://127.0.0.1:{shared.port}"
    command = f"{environment} {shlex.quote(program('client/tidings'))} sub closed --since all --cursor {cursor} -n 1"
    subprocess.run(["sh", "-c", f"{command} >&- 2>/dev/null; echo $? > {out}"], check=True, timeout=20)
    assert out.read_text() == "8\n"
    assert run("sub", "closed", "--cursor", cursor, "-n", 1, "--format", "%d").ends() == ["x"]


def test_help_and_checks_that_nobody_can_read_are_no_success(run):
    with open("/dev/full", "wb") as full:
        for line in (("--help",), ("pub", "--help"), ("check", "--auto")):
            run(*line, stdout=full).ends(8, within=30)


def test_a_beginning_of_two_flags_is_neither(run):
    assert "unknown flag --c" in run("sub", "x", "--c", "5").refuses(2)
    assert "unknown flag -z" in run("sub", "-zq", "x").refuses(2)


def test_standard_output_that_is_full_moves_no_cursor(run, shared, tmp_path):
    cursor = tmp_path / "cursor"
    shared.publish("x", channel="devfull")
    with open("/dev/full", "wb") as full:
        client = run("sub", "devfull", "--since", "all", "--cursor", cursor, stdout=full)
        client.ends(8)
    assert "standard output" in client.sentence
    assert run("sub", "devfull", "--cursor", cursor, "-n", 1, "--format", "%d").ends() == ["x"]


# ---- history, tail

@pytest.mark.behind_apache
def test_history_prints_what_is_held_and_ends(run, shared):
    for i in range(4):
        shared.publish(str(i), channel="past")
    assert run("history", "past", "--format", "%d").ends() == ["0", "1", "2", "3"]
    assert run("history", "nothing-ever").ends() == []


def test_tail_prints_history_and_what_comes(run, shared):
    shared.publish("old", channel="tailed")
    client = run("tail", "tailed", "--format", "%d")
    client.prints(1)
    shared.publish("new", channel="tailed")
    assert client.prints(2) == ["old", "new"]
