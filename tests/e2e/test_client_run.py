# SPDX-License-Identifier: MIT
"""`tidings run`: a command as it is, and its progress on a channel."""

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import sys
import termios
import time

import pytest

from client import Client, commands
from terminal import Terminal
from world import SLOW, eventually, program

pytestmark = pytest.mark.behind_apache("--full")


@pytest.fixture
def run(shared):
    with commands(shared, "run") as run:
        yield run


def told(reader):
    """(type, object) of each event up to `close`."""
    seen = []
    while not seen or seen[-1][0] != "close":
        event = reader.next()
        if event.type not in ("connected", "live"):
            seen.append((event.type, json.loads(event.data)))
    return seen


@pytest.mark.behind_apache
def test_each_line_is_progress_between_start_and_close(run, shared):
    reader = shared.listen("build")
    client = run("build", "--", "sh", "-c", "echo one; echo two; exit 3")
    assert client.ends(3) == ["one", "two"]
    seen = told(reader)
    assert [kind for kind, _ in seen] == ["start", "progress", "progress", "end", "close"]
    assert [data["message"] for _, data in seen[1:3]] == ["one", "two"]
    assert seen[0][1]["message"] == "sh -c echo one; echo two; exit 3"
    assert seen[3][1]["status"] == 3
    assert all(data["task"] == "sh" for _, data in seen)


def test_output_and_error_stay_apart_and_unchanged(run, shared):
    reader = shared.listen("apart")
    client = run("apart", "sh", "-c", r"printf 'a\000\377b\n'; echo oops >&2; printf end")
    client.ends()
    assert client.errors == ["oops"]
    seen = {data["message"]: data.get("output") for kind, data in told(reader) if kind == "progress"}
    assert seen == {"a\ufffdb": None, "oops": "stderr", "end": None}


def test_percents_are_recognised(run, shared):
    reader = shared.listen("percent")
    run("percent", "--task", "copy", "sh", "-c",
        "echo 'copied 12.5 %'; echo '[3/4] cc x.c'; echo 'no figure'; echo '300%'").ends()
    seen = [data for kind, data in told(reader) if kind == "progress"]
    assert [data.get("percent") for data in seen] == [12.5, 75, None, None]
    assert seen[0]["task"] == "copy"


def test_a_progress_bar_is_followed(run, shared):
    reader = shared.listen("bar")
    run("bar", "sh", "-c", r"for i in 1 2 3; do printf '\r%s0%%' $i; sleep 0.2; done; echo").ends()
    seen = [data["percent"] for kind, data in told(reader) if kind == "progress"]
    assert seen == [10, 20, 30]


def test_a_signal_reaches_the_command_and_its_end_is_ours(run, shared):
    reader = shared.listen("signals")
    client = run("signals", "sh", "-c", "trap 'echo got it; exit 7' TERM; echo ready; "
                 "while :; do sleep 0.05; done")
    client.prints(1)
    client.process.send_signal(signal.SIGTERM)
    assert client.ends(7) == ["ready", "got it"]
    assert told(reader)[-2][1]["status"] == 7


def test_a_command_that_is_killed_ends_us_so(run):
    run("killed", "sh", "-c", "kill -KILL $$").ends(-signal.SIGKILL)


def test_standard_input_is_the_commands(run):
    assert run("input", "cat", input="to cat\n").ends() == ["to cat"]


def test_a_command_that_is_not_there_has_the_shells_status(run):
    client = run("missing", "no-such-command-anywhere")
    client.ends(127)
    assert "no-such-command-anywhere" in client.sentence


def test_what_a_command_leaves_running_keeps_nobody(run, tmp_path):
    pid = tmp_path / "pid"
    for noise in ("while :; do echo x; sleep 0.02; done", "yes"):
        client = run("left", "--linger", "0ms", "--", "sh", "-c",
                     f"({noise}) & echo $! >{pid}; exit 3")
        try:
            assert client.process.wait(5 * SLOW) == 3
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid.read_text()), signal.SIGKILL)


def test_a_parent_that_ignores_sigchld_is_no_matter(run):
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        client = run("no-sigchld", "sh", "-c", "exit 3")
    finally:
        signal.signal(signal.SIGCHLD, before)
    client.ends(3)


def test_a_very_long_command_line_is_told_in_part(run, shared):
    reader = shared.listen("long-words")
    client = run("long-words", "true", "x" * 100_000)
    client.ends()
    assert client.errors == []
    assert len(told(reader)[0][1]["message"]) == 4096


def test_a_signal_reaches_the_command_while_nobody_reads_its_output(run):
    read, write = os.pipe()
    client = run("unread", "--linger", "0ms", "--", "sh", "-c",
                 "trap 'exit 7' TERM; yes & wait; exit 1", stdout=write)
    os.close(write)
    eventually(lambda: int.from_bytes(fcntl.ioctl(read, termios.FIONREAD, b"...."), sys.byteorder)
               > 60_000, "a full pipe")
    client.process.send_signal(signal.SIGTERM)
    eventually(lambda: not _children(client.process.pid), "the command's end")
    os.close(read)
    client.ends(7)


def test_the_wait_for_the_last_event_can_be_cut_short(run):
    client = run("impatient", "--linger", "60s", "--", "echo", "done", url="http://127.0.0.1:9")
    client.says("not published")
    client.prints(1)
    eventually(lambda: not _children(client.process.pid), "the command's end")
    client.process.send_signal(signal.SIGINT)
    client.ends(-signal.SIGINT, within=5)


def test_ctrl_c_between_a_command_s_end_and_that_of_its_output_is_heeded(run):
    client = run("impatient", "--linger", "60s", "--", "sh", "-c", "sleep 1 & echo done",
                 url="http://127.0.0.1:9")
    client.prints(1)
    eventually(lambda: not _children(client.process.pid), "the command's end")
    client.process.send_signal(signal.SIGINT)
    client.ends(-signal.SIGINT, within=5)


def _children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return children.read().split()


RESIZED = """
import os, signal, time
def tell(*_): print("columns", os.get_terminal_size(1).columns, flush=True)
signal.signal(signal.SIGWINCH, tell)
print("ready", flush=True)
while True: time.sleep(1)
"""


def test_a_terminal_s_new_size_is_there_when_the_command_looks(shared):
    terminal = Terminal([program("client/tidings"), "run", "resized", "--", "/usr/bin/python3", "-c",
                         RESIZED], {**os.environ, "TIDINGS_URL": f"http://127.0.0.1:{shared.port}"})
    try:
        terminal.shows("ready")
        terminal.resizes(30, 101)
        terminal.shows("columns 101")
    finally:
        terminal.presses("\x03")
        terminal.close()


def test_no_command_is_a_usage_error(run):
    client = run("nothing", "--")
    client.ends(2)
    assert "expected a command" in client.sentence


def test_a_server_that_is_away_keeps_nobody_waiting(run, shared):
    began = time.monotonic()
    client = run("away", "sh", "-c", "for i in $(seq 5000); do echo $i; done",
                 url="http://127.0.0.1:9")
    assert len(client.ends()) == 5000
    assert time.monotonic() - began < 8
    assert "not published" in client.errors[0]


def test_a_hub_that_is_away_meanwhile_gets_all_of_it_later(make_world):
    world = make_world(web=True)
    reader = world.listen("later")
    client = Client(world, "run", "later", "--linger", "20s", "--", "sh", "-c",
                    "echo one; read x; echo two")
    reader.wait(lambda: len(reader.data) == 2, lambda: "no first line")
    world.hub.stop()
    client.feed("\n")
    client.says("not published", within=20)
    world.hub.start()
    client.ends(within=30)
    assert [data.get("message") for kind, data in told(reader) if kind == "progress"] == ["one", "two"]


def test_a_terminal_stays_a_terminal(shared):
    """A program that draws only for people draws, through us, too."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TIDINGS_URL"] = f"http://127.0.0.1:{shared.port}"
        os.execv(program("client/tidings"), ["tidings", "run", "tty", "--", "sh", "-c",
                 "test -t 0 && test -t 1 && test -t 2 && stty size </dev/stdout && echo tty"])
    import fcntl, struct, termios
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    out = b""
    deadline = time.monotonic() + 10
    while b"tty" not in out and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                out += os.read(terminal, 4096)
            except OSError:
                break
    assert b"tty" in out
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)


def fragments(reader):
    seen = []
    while not seen or seen[-1][0] != "close":
        event = reader.next()
        if event.type not in ("connected", "live"):
            seen.append((event.type, event.data))
    return seen


def test_a_page_can_be_given_html_instead_of_json(run, shared, tmp_path):
    reader = shared.listen("fragments")
    row = '<p class="{event}" style="{width}">{task} <progress value="{percent}"></progress> {message} {status}</p>'
    (tmp_path / "row.html").write_text(row)
    for template in (row, f"@{tmp_path / 'row.html'}"):
        client = run("fragments", "--html", template, "--task", "a <b>", "--", "sh", "-c", "echo '25% & \"more\"'; echo x")
        client.ends()
        seen = fragments(reader)
        assert [kind for kind, _ in seen] == ["start", "progress", "progress", "end", "close"]
        assert [data.split(" <progress")[0] for _, data in seen[1:2]] == ['<p class="progress" style="{width}">a &lt;b&gt;']
        assert seen[1][1].endswith('value="25"></progress> 25% &amp; &quot;more&quot; </p>')
        assert seen[2][1].endswith('value="25"></progress> x </p>')
        assert seen[3][1].endswith('value="100"></progress> ended with status 0 0</p>')
        assert seen[4][1] == seen[3][1].replace('"end"', '"close"')


@pytest.mark.parametrize("template, status, word", [
    ("{mesage}", 2, "did you mean {message}?"), ("", 2, "from 1 to"), ("@/no/such/file", 8, "/no/such/file")])
def test_a_template_that_cannot_be_used_runs_nothing(run, template, status, word):
    client = run("none", "--html", template, "--", "echo", "it ran")
    assert word in client.refuses(status) and client.lines == []
