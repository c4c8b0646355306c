# SPDX-License-Identifier: MIT
"""Programs that nobody here wrote: curl, node's EventSource, requests."""

import contextlib
import json
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
import requests

from world import SLOW, eventually

pytestmark = pytest.mark.behind_apache("--full")

TESTS = Path(__file__).resolve().parent.parent


def curl(world, *arguments, **how):
    *options, path = arguments
    result = subprocess.run(["curl", "-sS", "--max-time", "15", *options,
                             f"http://127.0.0.1:{world.port}{path}"],
                            capture_output=True, timeout=20 * SLOW, **how)
    assert result.returncode == 0, result.stderr
    return result.stdout.decode()


# ---- curl

@pytest.mark.behind_apache
def test_curl_publishes(web):
    reader = web.listen("news")
    answer = json.loads(curl(web, "-d", "hello from curl", "/realtime/news"))
    event = reader.sees("hello from curl")
    assert answer == {"status": "ok", "id": event.id, "channel": "news"}


@pytest.mark.behind_apache
def test_curl_broadcasts_json(web):
    reader = web.listen()
    curl(web, "-H", "Content-Type: application/json", "-d", '{"message": "ünïcode"}', "/api/broadcast")
    reader.is_connected()
    assert json.loads(reader.next().data)["message"] == "ünïcode"


@pytest.mark.behind_apache
def test_curl_publishes_a_file_line_by_line(web, tmp_path):
    file = tmp_path / "lines"
    file.write_text("one\ntwo\nthree\n")
    reader = web.listen("news")
    curl(web, "--data-binary", f"@{file}", "/realtime/news?lines=1")
    reader.sees("one", "two", "three")


@pytest.mark.behind_apache
def test_curl_listens(web):
    web.publish("old", channel="news")
    process = subprocess.Popen(
        ["curl", "-sSN", "--max-time", "20", f"http://127.0.0.1:{web.port}/realtime/news?since=all"],
        stdout=subprocess.PIPE)
    with contextlib.closing(process.stdout):
        lines = iter(process.stdout.readline, b"")
        assert next(lines).startswith(b"retry: ")
        assert any(line == b"data: old\n" for line in lines)
        web.publish("new", channel="news")
        assert any(line == b"data: new\n" for line in lines)
        process.kill()
        process.wait()


@pytest.mark.behind_apache
def test_curl_sees_an_error_in_words(web):
    assert "message" in json.loads(curl(web, "-d", "x", "/realtime/news?id=%0a"))


# ---- node-eventsource

class Node:
    """tools/listen.mjs and the lines that it says."""

    def __init__(self, world, target, count, *types):
        self.said = []
        self.process = subprocess.Popen(
            [shutil.which("node"), "tools/listen.mjs", f"http://127.0.0.1:{world.port}{target}",
             str(count), *types], cwd=TESTS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        world.closing.callback(self.close)

    def _read(self):
        for line in self.process.stdout:
            self.said.append(json.loads(line) if line.startswith(b"{") else {"said": line})

    def hears(self, type, count=1, within=20):
        eventually(lambda: len(self.of(type)) >= count,
                   f"node hearing {count} {type}; so far {self.said[-5:]}", within)
        return self.of(type)

    def of(self, type):
        return [event for event in list(self.said) if event.get("type") == type]

    def ends(self):
        self.thread.join(20 * SLOW)
        assert not self.thread.is_alive(), f"still listening: {self.said[-5:]}"
        return self.process.wait(5)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.thread.join(5)
        self.process.stdout.close()


needs_node = pytest.mark.skipif(not (TESTS / "node_modules" / "eventsource").is_dir(),
                                reason="npm ci has not been run in tests/")


@pytest.mark.behind_apache
@needs_node
def test_a_standard_eventsource_hears_what_is_published(web):
    node = Node(web, "/stream?channel=a&channel=b", 4, "note")
    connected, = node.hears("connected")
    assert json.loads(connected["data"])["channels"] == ["a", "b"]
    ids = [web.publish("one", channel="a"), web.publish("two\nlines", channel="b"),
           web.publish(" späte 😀 \u2028", channel="a", event="note"), web.publish("", channel="b")]
    assert node.ends() == 0
    heard = [(e["type"], e["data"], e["id"]) for e in node.said if e.get("type") in ("message", "note")]
    assert heard == [("message", "one", str(ids[0])), ("message", "two\nlines", str(ids[1])),
                     ("note", " späte 😀 \u2028", str(ids[2])), ("message", "", str(ids[3]))]


@needs_node
def test_a_standard_eventsource_misses_nothing_when_a_responder_is_killed(web):
    node = Node(web, "/stream", 30)
    node.hears("connected")
    wanted = [str(n) for n in range(30)]
    for n, data in enumerate(wanted):
        if n in (10, 20):
            node.hears("message", n)
            web.responder.kill_worker()
        publish_until_stored(web, data, f"k{n}")
    assert node.ends() == 0
    assert [e["data"] for e in node.of("message")] == wanted
    assert not node.of("reset")
    assert len([e for e in node.said if e.get("open")]) == 3


def publish_until_stored(world, data, id):
    def stored():
        with contextlib.suppress(OSError):
            return world.post(f"/realtime/main?id={id}", data.encode()).status == 200
    eventually(stored, "the publish being stored")


@needs_node
def test_a_standard_eventsource_comes_back_when_everything_is_restarted(web):
    node = Node(web, "/stream", 3)
    node.hears("connected")
    web.publish("one")
    node.hears("message")
    for daemon in (web.web, web.responder, web.hub):
        daemon.kill_all()
    web.hub.start()
    web.responder.start()
    web.is_healthy()
    web.web.start()
    web.publish("two")
    web.publish("three")
    assert node.ends() == 0
    assert [e["data"] for e in node.of("message")] == ["one", "two", "three"]
    assert not node.of("reset")


# ---- requests

def test_requests_streams_and_posts(web):
    base = f"http://127.0.0.1:{web.port}"
    with requests.get(base + "/realtime/a?since=all", stream=True, timeout=10) as stream:
        assert stream.status_code == 200
        assert requests.post(base + "/realtime/a", data="über".encode(), timeout=10).ok
        assert any(line.decode() == "data: über" for line in stream.iter_lines())


@needs_node
def test_a_standard_eventsource_stops_by_itself_after_the_tasks(web):
    node = Node(web, "/tasks/stream?interval=0.05", 100, "start", "progress", "end", "close")
    node.hears("close")
    assert node.ends() == 0
    assert len({e["id"] for e in node.said if "id" in e}) == 15
    assert [e["state"] for e in node.said if e.get("error")][-1] == 2
