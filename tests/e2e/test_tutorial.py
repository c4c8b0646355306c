# SPDX-License-Identifier: MIT
"""The commands that README and docs show without their output, run as they stand.

They name port 8000; a .curlrc leads them to where the test's server is.
"""

import json
import os
import re
import sqlite3
import subprocess
import threading

import pytest

from documents import GUIDES, README, Document
from sse import Exact
from world import SLOW, TOP, eventually, program


COMMANDS = list(dict.fromkeys(command for path in GUIDES for command in Document(path).commands()))


@pytest.fixture(name="tutorial")
def tutorial_world(make_world):
    world = make_world({"hub": {"demo": "yes"}, "responder": {"mercure_subscriptions": "yes"}}, web=True)
    (world.folder / ".curlrc").write_text(
        f'connect-to = "127.0.0.1:8000:127.0.0.1:{world.port}"\nsilent\n')
    client = os.path.dirname(program("client/tidings"))
    world.environment = dict(os.environ, HOME=str(world.folder),
                             PATH=f"{client}:{os.environ['PATH']}",
                             TIDINGS_URL=f"http://127.0.0.1:{world.port}")
    world.environment.pop("CURL_HOME", None)
    with sqlite3.connect(world.folder / "shop.db") as shop:
        shop.execute("CREATE TABLE orders(id INTEGER PRIMARY KEY, item TEXT)")
    shop.close()
    world.publish("hello", channel="sse")
    world.publish("hello")
    world.publish("disk full", channel="alerts")
    world.publish("now", channel="builds/17", event="passed")
    (world.folder / "FILE").touch(0o600)
    (world.folder / "FILE").write_bytes(bytes(range(1, 65)))  # a key that signs
    return world


class Curl:
    """A stream that curl -N prints, read as it comes."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(["sh", "-c", "exec " + command], env=environment,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.parser, self.events = Exact(), []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while piece := self.process.stdout.read1(65536):
            self.events += self.parser.feed(piece)

    def ends(self):
        self.process.terminate()
        self.process.wait(5 * SLOW)
        self.reader.join(5)
        self.process.stdout.close()


def test_the_quickstart_has_what_a_tutorial_shows():
    shown = " ".join(Document(TOP / "docs" / "quickstart.md").commands())
    for path in ("/stream", "/metrics", "/health", "/realtime/", "/api/broadcast", "/sse/events",
                 "/sse/send", "/tasks/stream", "Last-Event-ID"):
        assert path in shown, path


def test_the_readme_publishes_and_listens():
    shown = " ".join(Document(README).commands())
    assert "tidings pub " in shown and "curl -N" in shown


def answers(world, command):
    done = subprocess.run(["sh", "-c", command], env=world.environment, capture_output=True,
                          cwd=world.folder, timeout=20 * SLOW, check=True)
    if not command.startswith("curl "):
        assert done.stdout, done.stderr
    elif "text/plain" in command:
        assert b"# TYPE tidings_" in done.stdout, done.stdout[:200]
    else:
        assert json.loads(done.stdout)["status"] in ("ok", "message sent"), done.stdout


def streams(world, command):
    curl = Curl(command, world.environment)
    try:
        eventually(lambda: curl.events, "its first event", within=10)
        assert "/tasks" in command or curl.events[0].type == "connected", curl.events[0]
        if "/realtime/alerts" in command:
            world.publish("now", channel="alerts")
        eventually(lambda: [e for e in curl.events if e.type not in ("connected", "live")],
                   "an event that was published", within=15)
    finally:
        curl.ends()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_what_it_says(tutorial, command):
    # as the packages install it; below that prefix test_beside_a_site.py does the same
    command = command.replace("http://localhost/tidings", f"http://127.0.0.1:{tutorial.port}")
    if re.search(r"^curl -\w*N", command):
        streams(tutorial, command)
    else:
        answers(tutorial, command)
