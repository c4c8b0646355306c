"""README's curl commands, run exactly as they stand there.

They name port 8000; so does this test, and is skipped by name where that is
taken.
"""

import json
import re
import signal
import socket
import subprocess
import threading

import pytest

import world as worlds
from sse import Parser
from world import SLOW, TOP, eventually

PORT = 8000


def commands():
    """What stands in README.md's shell blocks and after its `$`."""
    text = (TOP / "README.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"^    \$ (.*)$", text, re.MULTILINE)
    return [line for line in lines if line.startswith("curl ")]


def is_taken():
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", PORT)) == 0


@pytest.fixture(scope="module", name="tutorial")
def tutorial_world(make_shared_world):
    if is_taken():
        pytest.skip(f"port {PORT}, which README's commands name, is taken here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worlds, "free_port", lambda: PORT)
        made = make_shared_world({"hub": {"demo": "yes"}}, web=True)
    made.publish("disk almost full", channel="alerts")
    made.publish("hello", channel="sse")
    return made


class Curl:
    """A stream that curl -N prints, read as it comes."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            ["sh", "-c", "exec " + command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.parser, self.events = Parser(), []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while piece := self.process.stdout.read1(65536):
            self.events += self.parser.feed(piece)

    def ends(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(5 * SLOW)
        self.reader.join(5)
        self.process.stdout.close()


def test_the_readme_has_what_a_tutorial_shows():
    shown = " ".join(commands())
    for path in ("/stream", "/metrics", "/health", "/realtime/", "/api/broadcast", "/sse/events",
                 "/sse/send", "/tasks/stream", "Last-Event-ID"):
        assert path in shown, path


def answers(command):
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=20 * SLOW, check=True)
    if "text/plain" in command:
        assert b"# TYPE tidings_" in done.stdout, done.stdout[:200]
    else:
        assert json.loads(done.stdout)["status"] in ("ok", "message sent"), done.stdout


def streams(world, command):
    curl = Curl(command)
    try:
        eventually(lambda: curl.events, "its first event", within=10)
        assert "/tasks" in command or curl.events[0].type == "connected", curl.events[0]
        if "/realtime/alerts" in command and "since" not in command:
            world.publish("now", channel="alerts")
        eventually(lambda: [e for e in curl.events if e.type not in ("connected", "live")],
                   "an event that was published", within=15)
    finally:
        curl.ends()


def test_every_command_does_what_it_says(tutorial):
    """One test, because there is one port 8000."""
    failures = []
    for command in commands():
        try:
            if re.search(r"^curl -\w*N", command):
                streams(tutorial, command)
            else:
                answers(command)
        except (AssertionError, ValueError, subprocess.SubprocessError) as fault:
            failures.append(f"{command}\n    {fault}")
    assert not failures, "\n".join(failures)
