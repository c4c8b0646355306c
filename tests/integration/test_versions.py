# SPDX-License-Identifier: MIT
"""Older and newer: logs of another schema, responders and hubs of another protocol."""

import contextlib
import re
import sqlite3
from pathlib import Path

import pytest

import wire
from peers import FakeHub
from wire import Hello, Refused, State, Welcome
from world import eventually

LOGS = Path(__file__).resolve().parent.parent / "logs"
FOR_EVER = {"hub": {"keep_age": 0, "keep_events": 0, "keep_bytes": 0, "key_age": "36500d"}}
ONE = 1795256411667382  # the first event of the stored log


def stored_log(world, name):
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        db.executescript((LOGS / name).read_text())
    world.log_db.chmod(0o600)


def version_of(world):
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


@pytest.mark.parametrize("name", sorted(path.name for path in LOGS.glob("*.sql")))
def test_a_log_that_an_older_hub_wrote_is_served_and_continued(make_world, name):
    world = make_world(FOR_EVER, hub=False, responder=False)
    stored_log(world, name)
    world.hub.start()
    world.responder.start()
    world.is_healthy()
    world.listen("news", since="all").sees("one", id=ONE)
    reader = world.listen("news", "sports/live", "caf\u00e9", since=ONE)
    reader.sees("two", type="note")
    reader.sees("line one\nline two, \u2603", "\U0001f600")
    assert world.publish("one", channel="news", id="first") == ONE, "its keys are known"
    assert world.publish("five", channel="news") > ONE + 3
    reader.sees("five")


def test_a_log_that_a_newer_hub_wrote_is_refused_with_a_sentence_and_left_alone(make_world):
    world = make_world(hub=False, responder=False)
    world.hub.start()
    known = version_of(world)
    world.hub.stop()
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        db.execute(f"PRAGMA user_version = {known + 1}")
    world.expected_faults.append("exited with status 1")
    world.hub.launch()
    world.hub.says(f"log {world.log_db}: was written by a newer Tidings (schema {known + 1}, "
                   f"this one knows {known})")
    world.hub.stop()
    assert version_of(world) == known + 1


# ---- the protocol

@pytest.fixture
def alone(make_world):
    """A responder whose hub the test plays."""
    world = make_world(hub=False, responder=False, inbox=False)
    world.fake = FakeHub(world.hub_socket)
    world.closing.callback(world.fake.close)
    world.responder.launch()
    return world


def newer_refuses(peer):
    peer.send(Refused(b"the hub speaks version 99 of the protocol, you speak 2"))


def newer_welcomes(peer):
    peer.send(Welcome(99, bytes(16), 1000), State(1, b""))


@pytest.mark.parametrize("answer", [newer_refuses, newer_welcomes])
def test_a_responder_that_meets_a_newer_hub_says_so_once_and_serves_no_guesses(alone, answer):
    for _ in range(4):
        peer = alone.fake.accept()
        assert peer.expect(Hello).version == wire.VERSION
        answer(peer)
        assert peer.sees_the_end()
    said = r"uplink: cannot work with this hub: the hub speaks version 99 of the protocol.*"
    assert len(re.findall(said, alone.responder.log())) == 1
    health = alone.health()
    assert health.status == 503 and "version 99" in health.json["reason"]


def test_a_responder_that_was_refused_works_with_the_next_hub_that_welcomes_it(alone):
    peer = alone.fake.accept()
    peer.expect(Hello)
    newer_refuses(peer)
    alone.fake.greet()
    alone.is_healthy()


@pytest.mark.parametrize("version", [wire.VERSION - 1, wire.VERSION + 1])
def test_a_hub_refuses_older_and_newer_responders_with_a_sentence(make_world, version):
    world = make_world(responder=False)
    peer = world.hub_peer(greet=False)
    peer.send(Hello(version, 5, b"a test"))
    assert peer.expect(Refused).sentence.decode() == \
        f"the hub speaks version {wire.VERSION} of the protocol, you speak {version}"
    assert peer.sees_the_end()
    eventually(lambda: f"you speak {version}" in world.hub.log(), "the hub saying so")
