# SPDX-License-Identifier: MIT
"""A machine in trouble: a full disk, no descriptors left, a stopped process, a
hand in the wrong file.  What was acknowledged stays true through all of it."""

import contextlib
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fcgi import Exchange, begin, params, stdin, variables
from wire import ALL, FULL, STORED, VERSION, Item, Publish, Refused, Stored, Welcome
from world import INSTRUMENTED, SLOW, Publishing, eventually, is_alive


# ---- a full disk

def can_mount():
    return subprocess.run(["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=1m none /mnt"],
                          stderr=subprocess.DEVNULL).returncode == 0


needs_mount = pytest.mark.skipif(not can_mount(),
                                 reason="needs the right to mount a tmpfs of its own")


def a_small_disk(make_world):
    """A world with its log on a disk of 4 MiB; and what to remove for more room."""
    world = make_world(hub=False, responder=False, inbox=False)
    small = world.folder / "small"
    small.mkdir()
    world.settings["hub"]["log"] = small / "log.db"
    world.write_config("hub.conf")
    world.hub.command = ["unshare", "-m", "sh", "-c",
                         f"mount -t tmpfs -o size=4m none {small} && "
                         f"head -c 1000000 /dev/zero > {small}/ballast && exec \"$@\"", "sh",
                         *world.hub.command]
    world.hub.start()
    return world, lambda: os.unlink(f"/proc/{world.hub.worker()}/root{small}/ballast")


@needs_mount
def test_what_was_not_stored_is_no_conflict(make_world):
    world, make_room = a_small_disk(make_world)
    peer = world.hub_peer()
    while peer.publish("x" * 20_000).outcome == STORED:
        pass
    make_room()
    eventually(lambda: peer.publish("x" * 60_000).outcome == STORED, "there being room again")
    peer.send(Publish(1000, 0, 0, b"main", b"", [Item(b"key", (1, 1), b"x" * 60_000)]
                      + [Item(b"", None, b"x" * 60_000)] * 30),
              Publish(1001, 0, 0, b"main", b"", [Item(b"key", (2, 2), b"other content" * 2000)]))
    assert peer.expect(Stored, number=1000).outcome == FULL
    assert peer.expect(Stored, number=1001).outcome == FULL


@needs_mount
def test_a_full_disk_refuses_with_its_own_code_and_loses_nothing_acknowledged(make_world):
    world, make_room = a_small_disk(make_world)
    world.responder.start()
    world.is_healthy()
    reader = world.listen(reconnect=True)
    acknowledged = []
    while True:
        data = f"{len(acknowledged)} " + "x" * 20_000
        answer = world.post("/realtime/main", data.encode())
        if answer.status != 200:
            break
        acknowledged.append(data)
        assert len(acknowledged) < 1000, "the disk is not getting full"
    assert answer.status == 503 and answer.json["error"] == "disk_full", answer
    assert int(answer.headers["retry-after"]) >= 1
    assert world.is_degraded().json["reason"]
    reader.wait(lambda: len(reader.data) >= len(acknowledged), reader.story)
    assert reader.ends == 0, "streams go on while nothing can be stored"
    peer = world.hub_peer()
    assert peer.publish("x" * 60_000).outcome == FULL
    # Somebody makes room: no restart is needed.
    make_room()

    def stored():
        answer = world.post("/realtime/main?id=after", b"after")
        return answer.status == 200
    eventually(stored, "publishing going on when there is room again", 20)
    world.is_healthy()
    since = world.listen(since="all")
    since.wait(lambda: since.data and since.data[-1] == "after", since.story)
    assert [d for d in since.data if d.startswith(tuple("0123456789"))] == acknowledged


# ---- hands in the wrong file

def test_the_log_may_be_a_link_to_another_disk(make_world):
    world = make_world(hub=False, responder=False, inbox=False)
    there = world.folder / "there"
    there.mkdir()
    world.log_db.symlink_to(there / "log.db")
    world.hub.start()
    peer = world.hub_peer()
    cursor = peer.publish("kept").first
    world.hub.kill_all()
    world.hub.start()
    peer = world.hub_peer()
    assert [e.id for e in peer.page("main", start=ALL).events] == [cursor]
    world.expected_faults = ["exited with status 1"]
    for file in there.glob("log.db*"):
        file.unlink()
    world.hub.says("was removed")



def test_a_log_locked_by_another_program_refuses_with_the_reason_until_it_is_free(world):
    reader = world.listen()
    world.publish("before")
    with contextlib.closing(sqlite3.connect(world.log_db, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        answer = world.post("/realtime/main?id=k", b"meanwhile")
        assert answer.status == 503 and answer.json["error"] != "disk_full", answer
        assert int(answer.headers["retry-after"]) >= 1
        assert "lock" in world.is_degraded().json["reason"]
        db.execute("ROLLBACK")
    eventually(lambda: world.post("/realtime/main?id=k", b"meanwhile").status == 200,
               "publishing going on when the log is free")
    world.is_healthy()
    reader.sees("before", "meanwhile")


def test_a_log_removed_under_the_running_hub_takes_nothing_acknowledged_with_it(world):
    reader = world.listen(reconnect=True)
    first = world.publish("before")
    reader.sees("before")
    world.expected_faults = ["exited with status 1"]  # and comes back with a new log
    for file in world.folder.glob("log.db*"):
        file.unlink()

    def stored():
        answer = world.post("/realtime/main?id=k", b"after the removal")
        return answer.status == 200 and int(answer.json["id"])
    cursor = eventually(stored, "publishing going on after the removal", 20)
    assert cursor > first
    world.hub.kill_all()
    world.hub.start()
    world.is_healthy()
    late = world.listen(since="all")
    late.sees("after the removal", id=cursor)
    reader.wait(lambda: "after the removal" in reader.data, reader.story)
    assert reader.data == ["before", "after the removal"]


def test_a_log_that_is_cut_short_under_the_running_hub_is_not_written_on(world):
    for n in range(50):
        world.publish("x" * 1000)
    world.hub.stop()
    world.hub.start()
    world.expected_faults = ["exited with status 1"]
    os.truncate(world.log_db, world.log_db.stat().st_size // 2)
    world.hub.says("was cut short while in use")


@pytest.mark.parametrize("how", ["removed", "emptied"])
def test_a_log_that_is_gone_is_not_made_anew_in_silence(world, how):
    first = world.publish("acknowledged")
    world.hub.kill_all()
    if how == "removed":
        world.log_db.unlink()
    else:
        os.truncate(world.log_db, 0)
    world.hub.start()
    world.is_healthy()
    world.hub.says(f"was removed or emptied, and is made anew: its write-ahead log is now "
                   f"{world.log_db}-wal.orphan")
    assert world.publish("after") > first


def test_a_damaged_log_is_not_served(world):
    for n in range(200):
        world.publish("x" * 1000)
    world.hub.stop()
    with open(world.log_db, "r+b") as file:
        for page in range(5, 40):
            file.seek(page * 4096)
            file.write(os.urandom(4096))
    world.hub.launch()
    world.expected_faults = ["hub 0"]
    eventually(lambda: "log.db" in world.hub.log().split("open, newest")[-1].partition("\n")[2]
               or "malformed" in world.hub.log() or "damaged" in world.hub.log(),
               "the hub saying that its log is damaged")


@pytest.mark.parametrize("table", ["event", "channel", "key", "receipt", "inbox",
                                   "inbox_error", "hole", "meta"])
def test_a_log_with_one_damaged_table_is_not_served(world, table):
    world.insert("a row", key="k")
    world.publish("an event", id="k2")
    world.hub.stop()
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        pages = db.execute("SELECT rootpage FROM sqlite_schema WHERE tbl_name = ?",
                           [table]).fetchall()
        assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    with open(world.log_db, "r+b") as file:
        for (page,) in pages:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)
    world.hub.launch()
    world.expected_faults = ["hub 0"]
    world.hub.says("malformed")


def test_a_log_without_the_channel_of_an_event_says_so(world):
    first = world.publish("an event")
    lost = world.publish("another")
    world.responder.stop()
    world.hub.stop()
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        db.execute("DELETE FROM channel")
        db.commit()
    world.hub.start()
    world.responder.start()
    world.hub.says(f"damaged: event {lost} is not what was stored, or gone")
    reader = world.listen(since=first)
    reader.is_connected()
    reader.is_told("reset")
    world.publish("new")
    reader.sees("new")


def test_an_event_that_only_the_index_has_is_not_passed_over(world):
    lost, _ = world.publish("lost"), world.publish("kept")
    world.hub.stop()
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        index = db.execute("SELECT * FROM sqlite_schema WHERE name = 'event_of_channel'").fetchone()
        db.execute("PRAGMA writable_schema = 1")
        db.execute("DELETE FROM sqlite_schema WHERE name = 'event_of_channel'")
        db.commit()
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        db.execute("DELETE FROM event WHERE id = ?", [lost])
        db.execute("PRAGMA writable_schema = 1")
        db.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", index)
        db.commit()
    world.hub.start()
    page = world.hub_peer().page("main", value=lost - 1)
    assert page.gap and [event.data for event in page.events] == [b"kept"]
    world.hub.says(f"damaged: event {lost} is not what was stored, or gone")


# ---- who may speak to whom

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


def tries_to_speak(path, uid):
    """What another user hears on the hub's socket."""
    script = ("import socket, struct, sys\n"
              "s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1])\n"
              "try: s.sendall(struct.pack('<IBHQB', 12, 1, int(sys.argv[2]), 5, 0))\n"
              "except OSError: pass  # refused before it was heard\n"
              "print(s.recv(1000)[4:5])\n")
    return subprocess.run([sys.executable, "-c", script, str(path), str(VERSION)], user=uid, group=uid,
                          extra_groups=[], capture_output=True, text=True, cwd="/")


@needs_root
@pytest.mark.parametrize("users,heard", [("", Refused), ("65534", Welcome), ("daemon nobody", Welcome)])
def test_the_hub_speaks_to_those_who_are_named(make_world, users, heard):
    world = make_world({"hub": {"socket_mode": "0666", "users": users or None}}, responder=False)
    os.chmod(world.folder, 0o755)
    said = tries_to_speak(world.hub_socket, 65534)
    assert said.stdout.strip() == str(bytes([heard.frame_type])), said
    assert world.hub_peer().publish("x").first


def test_sockets_are_closed_to_others(world):
    for path in (world.hub_socket, world.fcgi_socket):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660, path


# ---- no descriptors left

def test_a_responder_without_descriptors_serves_those_it_has_and_recovers(make_world):
    world = make_world(hub=False, responder=False)
    world.hub.start()
    world.responder.command = ["prlimit", "--nofile=64:64", *world.responder.command]
    world.responder.start()
    world.is_healthy()
    first = world.listen()
    exchanges = []
    for _ in range(150):
        exchange = Exchange(world.fcgi_socket)
        exchange.send(begin(), params(variables("GET", "/stream")), stdin())
        exchanges.append(exchange)
    world_alive = world.responder.worker()
    peer = world.hub_peer()
    peer.publish("one")
    first.sees("one")
    for exchange in exchanges:
        exchange.close()
    eventually(lambda: world.health().status == 200, "health being answered again", 15)
    world.publish("two")
    first.sees("two")
    assert world.responder.worker() == world_alive and first.ends == 0


def test_a_hub_without_descriptors_serves_those_it_has_and_recovers(make_world):
    world = make_world(hub=False, responder=False)
    world.hub.command = ["prlimit", "--nofile=40:40", *world.hub.command]
    world.hub.start()
    peer = world.hub_peer()
    crowd = []
    for _ in range(100):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(world.hub_socket))
        crowd.append(sock)
    peer.publish("one")
    for sock in crowd:
        sock.close()
    eventually(world.hub_serves, "the hub greeting again", 15)
    assert peer.publish("two").first


@pytest.mark.skipif(INSTRUMENTED, reason="instruments have a memory of their own")
def test_connections_that_never_ask_cost_next_to_nothing(world):
    def memory():
        return int(Path(f"/proc/{world.responder.worker()}/statm").read_text().split()[1])
    had = memory()
    peers = []
    for _ in range(800):
        peers.append(Exchange(world.fcgi_socket))
        peers[-1].send(begin())
    assert world.health().status == 200, "those before were taken"
    grown = (memory() - had) * os.sysconf("SC_PAGE_SIZE") / len(peers)
    assert grown < 2048 * SLOW, f"{grown:.0f} bytes for each connection"
    for peer in peers:
        peer.close()


# ---- stopped for a while

@pytest.mark.parametrize("name", ["hub", "responder"])
def test_the_service_goes_on_when_nobody_reads_its_log_lines_any_more(world, name):
    daemon = getattr(world, name)
    daemon.stop()
    read, write = os.pipe()
    daemon.process = subprocess.Popen(daemon.command, stdin=subprocess.DEVNULL, stdout=write,
                                      stderr=write, start_new_session=True)
    os.close(write)
    eventually(daemon.ready, f"{name} serving")
    os.close(read)
    killed = daemon.has_settled().kill_worker()
    daemon.has_other_worker(than=killed)
    world.is_healthy()
    reader = world.listen()
    world.publish("unheard")
    reader.sees("unheard")


def test_a_hub_that_stands_still_delays_and_loses_nothing(world):
    reader = world.listen()
    world.publish("before")
    pid = world.hub.freeze()
    publishing = [Publishing(world, str(n)) for n in range(5)]
    late = world.listen()
    assert late.is_connected()[0].id
    begun = time.monotonic()
    eventually(lambda: time.monotonic() - begun > 0.5, "half a second of standing still")
    assert not any(p.cursor for p in publishing)
    world.hub.thaw(pid)
    cursors = sorted(p.is_acknowledged() for p in publishing)
    for listener in (reader, late):
        listener.wait(lambda: len(listener.ids) >= 5 and listener.ids[-5:] == cursors, listener.story)
        assert not listener.told("reset") and listener.ends == 0


def test_a_responder_that_stands_still_delays_and_loses_nothing(world):
    reader = world.listen()
    world.publish("before")
    pid = world.responder.freeze()
    peer = world.hub_peer()
    ids = [peer.publish(f"{n} " + "x" * 1000).first for n in range(2000)]
    publishing = Publishing(world, "last")
    world.responder.thaw(pid)
    cursor = publishing.is_acknowledged()
    reader.wait(lambda: reader.ids and reader.ids[-1] == cursor, reader.story, 20)
    assert reader.ids[1:] == [*ids, cursor] and not reader.told("reset")


# ---- large things

def test_events_may_be_a_mebibyte_where_that_is_configured(make_world):
    world = make_world({"responder": {"max_event": "1M", "max_body": "2M", "window": "1M"}})
    reader, other = world.listen("a"), world.listen("a", "b")
    data = "".join(f"line {n} äöü\n" for n in range(70_000))[:650_000]
    ids = [world.publish(data, channel="a") for _ in range(4)]
    for listener in (reader, other):
        listener.wait(lambda: len(listener.ids) == 4, listener.story, 20)
        assert listener.data == [data] * 4 and listener.ids == ids
    late = world.listen("a", last_event_id=str(ids[0]))
    late.wait(lambda: len(late.ids) == 3, late.story, 20)
    assert late.data == [data] * 3


def test_a_batch_of_ten_thousand_lines_is_one_publish(make_world):
    world = make_world()
    reader = world.listen("a")
    lines = [f"line {n}" for n in range(10_000)]
    cursor = world.publish("\n".join(lines), channel="a", lines=1)
    reader.wait(lambda: len(reader.ids) == len(lines), reader.story, 20)
    assert reader.data == lines and reader.ids == list(range(cursor - 9999, cursor + 1))


def test_a_restart_in_the_middle_of_everything_is_clean(world):
    readers = [world.listen(reconnect=True) for _ in range(20)]
    for turn in range(3):
        world.publish(f"{turn} before")
        assert world.responder.stop() == 0
        assert world.hub.stop() == 0
        world.hub.start()
        world.responder.start()
        world.is_healthy()
        world.publish(f"{turn} after")
    wanted = [f"{t} {w}" for t in range(3) for w in ("before", "after")]
    for reader in readers:
        reader.wait(lambda: len(reader.data) >= 6, reader.story)
        assert reader.data == wanted and not reader.told("reset")
        assert set(reader.statuses) == {200}


def test_a_stop_is_clean_whatever_else_was_said_to_the_parent(world):
    """A worker's word that it is ready, or another SIGHUP, may wait unread when
    the last worker ends; it must not become the parent's death."""
    for daemon in (world.responder, world.hub):
        daemon.has_settled()
        worker = daemon.freeze()
        eventually(lambda: status(worker, "State").startswith("T"), "the worker being stopped")
        daemon.process.terminate()
        eventually(lambda: int(status(worker, "ShdPnd"), 16), "the worker being told to end")
        os.kill(daemon.pid, signal.SIGSTOP)
        for number in (signal.SIGRTMIN, signal.SIGHUP, signal.SIGTERM):
            os.kill(daemon.pid, number)
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: not is_alive(worker), "the worker having ended")
        os.kill(daemon.pid, signal.SIGCONT)
        assert daemon.stop() == 0


def status(pid, name):
    with open(f"/proc/{pid}/status") as lines:
        return next(line.split(":")[1].strip() for line in lines if line.startswith(name))
