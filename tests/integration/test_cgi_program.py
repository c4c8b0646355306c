# SPDX-License-Identifier: MIT
"""The program as a CGI program, without a web server in between."""

import os
import signal
import subprocess

import pytest

from fcgi import variables
from peers import Proxy
from wire import Event
from world import SLOW, eventually, program


class Run:
    """One request: a process with its environment and three pipes."""

    def __init__(self, world, method, target, headers=None, body=None, stdin=None, arguments=(), **more):
        environment = {"TIDINGS_CONF": str(world.folder / "responder.conf"),
                       **variables(method, target, headers, body, **more)}
        self.process = subprocess.Popen(
            [program("tidings.fcgi"), *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.PIPE if stdin is None else stdin)
        if stdin is None:
            if body is not None:
                self.process.stdin.write(body)
                self.process.stdin.flush()

    def ends(self, within=10):
        """Its standard input stays open: it must not wait for the end of it."""
        out = self.process.stdout.read()
        status = self.process.wait(within * SLOW)
        self.errors = self.process.stderr.read().decode()
        return status, out

    def says(self, text):
        seen = b""
        while text not in seen:
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            assert piece, seen
            seen += piece
        return seen

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
        self.process.wait()


@pytest.fixture
def hub(make_world):
    return make_world(responder=False)


@pytest.fixture
def run(hub):
    runs = []

    def start(*arguments, **how):
        runs.append(Run(hub, *arguments, **how))
        return runs[-1]
    yield start
    for each in runs:
        each.close()


def test_a_post_is_published_and_the_process_ends(run):
    status, out = run("POST", "/realtime/a", body=b"hello").ends()
    assert status == 0 and out.startswith(b"Status: 200 OK\r\n") and b'"channel":"a"' in out


def test_nothing_is_said_to_the_log_unless_something_is_wrong(run):
    asked = run("GET", "/health")
    assert asked.ends()[0] == 0 and asked.errors == ""


def test_a_body_from_a_file_and_an_answer_to_a_file(hub, run):
    (hub.folder / "body").write_bytes(b"from a file")
    with open(hub.folder / "body", "rb") as body:
        status, out = run("POST", "/realtime/a", stdin=body, CONTENT_LENGTH="11").ends()
    assert status == 0 and b"200 OK" in out


def test_the_body_ends_where_content_length_says(hub, run):
    assert run("POST", "/realtime/a", body=b"hello and more", CONTENT_LENGTH="5").ends()[0] == 0
    status, out = run("GET", "/api/channels/a").ends()
    assert b'"bytes":69' in out, out  # 5, and 64 for the event


def test_a_body_that_is_cut_short_is_not_published(run):
    with open(os.devnull, "rb") as nothing:
        status, out = run("POST", "/realtime/a", stdin=nothing, CONTENT_LENGTH="5").ends()
    assert out.startswith(b"Status: 400 ") and b"bad_length" in out


def test_without_a_length_there_is_no_body(run):
    status, out = run("POST", "/realtime/a").ends()
    assert out.startswith(b"Status: 411 ")


def test_a_body_far_too_long_is_refused_before_its_end(run):
    asked = run("POST", "/realtime/a", CONTENT_LENGTH=str(1 << 40))
    with pytest.raises(BrokenPipeError):
        while True:
            asked.process.stdin.write(b"x" * 65536)
    assert asked.ends()[1].startswith(b"Status: 413 ")
    asked.process.stdin = None


def test_what_looks_like_options_is_not_looked_at(run):
    for words in (["-V"], ["-c", "/nowhere"], ["--socket", "/tmp/x"], ["nonsense"]):
        status, out = run("GET", "/health", arguments=words).ends()
        assert status == 0 and b'"status":"ok"' in out


def test_a_stream_ends_when_nobody_reads_it(run):
    asked = run("GET", "/realtime/a")
    asked.says(b"connected")
    asked.process.stdout.close()
    assert asked.process.wait(5 * SLOW) == 0


def test_a_stream_ends_properly_at_sigterm(run):
    asked = run("GET", "/realtime/a")
    asked.says(b"connected")
    asked.process.send_signal(signal.SIGTERM)
    assert asked.ends()[0] == 0


def test_it_follows_the_hub_without_being_sent_what_was(make_world):
    world = make_world(proxy=True, responder=False)
    peer = world.hub_peer()
    for n in range(20):
        peer.publish(f"old {n}", channel="a")
    asked, posted = Run(world, "GET", "/realtime/a"), None
    try:
        asked.says(b"connected")
        posted = Run(world, "POST", "/realtime/a", body=b"hello")
        assert posted.ends()[0] == 0
        asked.says(b"data: hello\n")
        # to the stream, and perhaps to the POST before it ended
        assert 1 <= world.proxy.passed[Proxy.TO_RESPONDER].count(Event) <= 2
    finally:
        for each in (asked, posted):
            each.close()


def test_closed_standard_descriptors_are_not_taken_for_others(hub):
    environment = {"TIDINGS_CONF": str(hub.folder / "responder.conf"), **variables("GET", "/health")}
    done = subprocess.run(["sh", "-c", "exec \"$0\" <&- 2>&-", program("tidings.fcgi")], env=environment,
                          stdout=subprocess.PIPE, timeout=20 * SLOW)
    assert done.returncode == 0 and b'"status":"ok"' in done.stdout
    done = subprocess.run(["sh", "-c", "exec \"$0\" <&- >&- 2>&-", program("tidings.fcgi")], env=environment,
                          timeout=20 * SLOW)
    assert done.returncode == 0


def test_without_a_hub_it_says_so_after_a_second(make_world, run):
    world = make_world(hub=False, responder=False)
    asked = Run(world, "GET", "/health")
    status, out = asked.ends()
    asked.close()
    assert status == 0 and out.startswith(b"Status: 503 ")


def test_a_bad_configuration_is_told_and_there_is_no_answer(hub):
    (hub.folder / "responder.conf").write_text("[nonsense]\n")
    asked = Run(hub, "GET", "/health")
    status, out = asked.ends()
    asked.close()
    assert status == 1 and out == b"" and "responder.conf:1" in asked.errors


def test_processes_come_and_go_and_the_hub_keeps_none(hub, run):
    for n in range(20):
        assert run("POST", "/realtime/a", body=b"x").ends()[0] == 0
    pid = hub.hub.worker()
    eventually(lambda: sum("socket" in os.readlink(f"/proc/{pid}/fd/{fd}")
                           for fd in os.listdir(f"/proc/{pid}/fd")) <= 2, "the hub having no connection")
