# SPDX-License-Identifier: MIT
"""The hub alone, spoken to as a responder speaks to it."""

import shutil
import time
from pathlib import Path

import pytest

import wire
from peers import Closed
from wire import STORED, Event, Hello, Refused, State
from world import SLOW, eventually


# ---- greeting

def test_the_greeting_names_version_log_and_newest(hub):
    peer = hub.hub_peer()
    assert peer.welcome.version == wire.VERSION
    assert len(peer.welcome.identity) == 16 and any(peer.welcome.identity)
    assert peer.welcome.newest > 0
    assert peer.expect(State) == State(1, b"")
    assert hub.hub_peer().welcome.identity == peer.welcome.identity


def test_another_version_is_refused_with_a_sentence_that_names_both(hub):
    peer = hub.hub_peer(greet=False)
    peer.send(Hello(99, 5, b"a test"))
    sentence = peer.expect(Refused).sentence.decode()
    assert "99" in sentence and str(wire.VERSION) in sentence
    assert peer.sees_the_end()


def test_who_is_refused_again_and_again_is_logged_once_until_something_changes(hub):
    def is_refused():
        peer = hub.hub_peer(greet=False)
        peer.send(Hello(99, 5, b"a test"))
        peer.expect(Refused)
        assert peer.sees_the_end()

    def lines():
        return hub.hub.log().count("you speak 99")
    for _ in range(5):
        is_refused()
    eventually(lambda: lines() == 1, "one line")
    hub.hub_peer()
    is_refused()
    eventually(lambda: lines() == 2, "two lines")


MALFORMED = {
    "a frame of length 0": b"\0\0\0\0",
    "a frame of 4 GiB": b"\xff\xff\xff\xff\x01",
    "one byte above the longest frame": (wire.FRAME_MAX + 1).to_bytes(4, "little") + b"\x03",
    "an unknown type": b"\x01\0\0\0\x2a",
    "a type that only the hub sends": wire.encode(State(1, b"")),
    "a PUBLISH cut short": b"\x05\0\0\0\x03\1\2\3\4",
    "a PING with bytes left over": b"\x0a\0\0\0\x07" + bytes(9),
    "a second HELLO": wire.encode(Hello(1, 7, b"x")),
    "a PUBLISH of no event": wire.encode(wire.Publish(1, 0, 0, b"main", b"", [])),
    "a PUBLISH that promises 4 billion events":
        b"\x1c\0\0\0\x03" + bytes(17) + b"\x04main\0" + b"\xff\xff\xff\xff",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_peer_that_breaks_the_protocol_is_closed_and_nobody_else(hub, name):
    neighbour, peer = hub.hub_peer(), hub.hub_peer()
    peer.send_raw(MALFORMED[name])
    assert peer.sees_the_end()
    assert neighbour.publish("still here").outcome == STORED


def test_a_peer_that_does_not_say_hello_first_is_closed(hub):
    peer = hub.hub_peer(greet=False)
    peer.send(wire.Ping(1))
    assert peer.sees_the_end()


def test_a_ping_is_answered(hub):
    peer = hub.hub_peer()
    assert peer.ping().tag == peer.tag


# ---- ids are never used twice

def test_a_restart_goes_on_above_the_last_id_in_the_same_log(hub):
    peer = hub.hub_peer()
    last = peer.publish("x").last
    hub.hub.stop()
    hub.hub.start()
    again = hub.hub_peer()
    assert again.welcome.identity == peer.welcome.identity
    assert again.publish("y").first > last


def test_the_gap_between_two_hubs_lives_is_not_lost_history(hub):
    peer = hub.hub_peer()
    last = peer.publish("x").last
    hub.hub.stop()
    hub.hub.start()
    new = hub.hub_peer()
    new.follow(after=last)
    id = new.publish("y").first
    new.event()
    page = new.page("main", value=last)
    assert page.gap == 0 and [e.id for e in page.events] == [id]


def test_a_cursor_between_two_hubs_lives_is_lost_history(hub):
    peer = hub.hub_peer()
    last = peer.publish("x").last
    hub.hub.stop()
    hub.hub.start()
    new = hub.hub_peer()
    new.follow()
    id = new.publish("y").first
    new.expect(Event, id=id)
    page = new.page("main", value=last + 1)
    assert page.gap == 1 and page.used >= last and [e.id for e in page.events] == [id]


def test_ids_rise_above_those_of_a_deleted_log(hub):
    peer = hub.hub_peer()
    last = peer.publish("x").last
    hub.hub.stop()
    for file in hub.folder.glob("log.db*"):
        file.unlink()
    hub.hub.start()
    new = hub.hub_peer()
    assert new.welcome.identity != peer.welcome.identity
    assert new.publish("y").first > last


@pytest.mark.valgrind
def test_ids_rise_above_those_that_a_restored_copy_does_not_know(hub):
    hub.hub_peer().publish("kept")
    hub.hub.stop()
    copy = hub.folder / "copy"
    copy.mkdir()
    for file in hub.folder.glob("log.db*"):
        shutil.copy(file, copy)
    hub.hub.start()
    lost = hub.hub_peer().publish("lost").first
    hub.hub.stop()
    for file in hub.folder.glob("log.db*"):
        file.unlink()
    for file in copy.iterdir():
        shutil.copy(file, hub.folder)
    hub.hub.start()
    peer = hub.hub_peer()
    peer.follow()
    id = peer.publish("new").first
    assert id > lost
    peer.expect(Event, id=id)
    assert peer.page("main", value=lost).gap == 1


# ---- life and death

def test_a_killed_worker_is_replaced_within_200_ms_and_refuses_nobody(hub):
    before = hub.hub.has_settled().worker()
    peer = hub.hub_peer()
    begun = time.monotonic()
    hub.hub.kill_worker()
    assert peer.sees_the_end()
    assert hub.hub_peer().publish("here again").outcome == STORED
    assert time.monotonic() - begun < 0.2 * SLOW
    assert hub.hub.workers() != [before]


@pytest.mark.valgrind
def test_sigterm_ends_the_hub_cleanly(hub):
    peer = hub.hub_peer()
    peer.publish("x")
    assert hub.hub.stop() == 0
    assert not Path(str(hub.log_db) + "-wal").exists()


def test_a_second_hub_on_the_same_log_is_refused_with_a_sentence(hub, make_world):
    other = make_world({"hub": {"log": hub.log_db}}, hub=False, responder=False, inbox=False)
    other.hub.launch()
    other.hub.says(str(hub.log_db), 20)
    with pytest.raises((OSError, Closed)):
        other.hub_peer(within=0.5)
    other.expected_faults = ["exited with status 1", "was killed: Terminated"]
    assert hub.hub_peer().publish("x").outcome == STORED


@pytest.mark.valgrind
def test_an_unknown_key_in_the_configuration_ends_the_start_with_file_and_line(make_world):
    world = make_world({"hub": {"colour": "red"}}, hub=False, responder=False)
    for daemon in (world.hub, world.responder):
        status, said = daemon.start_to_fail()
        assert status != 0 and "colour" in said and ".conf:" in said


def test_the_log_belongs_to_the_service_alone(hub):
    hub.hub_peer().publish("x")
    for file in hub.folder.glob("log.db*"):
        assert file.stat().st_mode & 0o077 == 0, file


def test_the_write_ahead_log_stays_within_8_mib(hub):
    peer = hub.hub_peer()
    for _ in range(100):
        assert peer.publish(*["x" * 400] * 500).outcome == STORED
    assert Path(f"{hub.log_db}-wal").stat().st_size <= 8 << 20
