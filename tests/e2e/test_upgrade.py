# SPDX-License-Identifier: MIT
"""A new program or configuration takes over while it is used: SIGHUP to the parent.

Nobody is refused, nothing is missed or doubled, and the browsers of the old
responder come back one after the other.
"""

import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

from test_kills import Load
from world import BUILD, INSTRUMENTED, SLOW, eventually, is_alive

# What the load generator counts and nobody wants: lost, or with another status than 200.
FAULTS = ("lost", "doubled", "reordered", "foreign", "refused", "failed", "sent_again", "resets",
          "damaged", "away")


def reload(daemon, within=20):
    """SIGHUP; returns when another worker serves and the old one has gone."""
    pid, old = daemon.pid, daemon.worker()
    os.kill(pid, signal.SIGHUP)
    daemon.has_other_worker(old, within)
    eventually(lambda: not is_alive(old), f"worker {old} giving way", 70)
    assert daemon.process.poll() is None and daemon.pid == pid
    return [worker for worker in daemon.workers() if is_alive(worker)]


@pytest.mark.timeout(120)
def test_reloads_of_everything_refuse_nobody_and_lose_nothing(make_world):
    world = make_world(web=True)
    load = Load(world, may_fail=set())
    for turn in range(9):
        reload((world.responder, world.hub, world.reader)[turn % 3])
        load.goes_on()
    load.ends()
    assert load.faults() == []
    assert load.statuses() == {200}
    assert sum(reader.cuts for reader in load.readers) == 0
    assert max(len(reader.statuses) for reader in load.readers) >= 4


def last_block(world, path):
    """What a stream says last when the responder is reloaded."""
    reader = world.listen(path=path, reconnect=True, longest_wait=None)
    world.publish("elsewhere", channel="b")  # it is quiet here
    newest = world.publish("newest", channel="b")
    world.listen("b", last_event_id=str(newest - 1)).sees("newest")  # the responder has it
    reload(world.responder)
    reader.wait(lambda: reader.ends == 1, reader.story)
    return newest, reader


@pytest.mark.parametrize("path", ("/realtime/a", "/stream?channel=a&envelope=1", "/sse/events", "/metrics"))
def test_a_reload_brings_every_client_back_at_once_and_shows_none_an_empty_event(make_world, path):
    """undici, httpx-sse and sseclient keep `retry:` only from an event with data."""
    world = make_world({"responder": {"retry": "10s"}}, web=True)
    newest, reader = last_block(world, path)
    eventually(lambda: len(reader.told("connected")) == 2, "its being back", 4)  # not after 10 s
    *_, parting = reader.told("live")
    assert (parting.data, int(parting.id)) == ("{}", newest)
    assert reader.cuts == 0 and reader.told("reset") == []


@pytest.mark.rare
@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.skipif(INSTRUMENTED, reason="instrumented programs cannot keep that rate")
@pytest.mark.timeout(600)
def test_a_hundred_rolling_restarts_of_responders_and_twenty_of_the_hub(make_world):
    """Under 1,000 clients and 200 events/s, of which the load generator keeps account."""
    streams, rate, seconds, turns = 1000, 200, 90, 120
    world = make_world(web=True)
    subprocess.run(["make", "-s", "-C", BUILD, "tests/bench/load"], check=True)
    load = subprocess.Popen(
        [BUILD / "tests/bench/load", f"--port={world.port}", "--listen=/realtime/main",
         "--publish=/realtime/main?id={key}", f"--streams={streams}", "--publishers=4",
         f"--rate={rate}", f"--seconds={seconds}", "--reconnect=1"],
        text=True, stdout=subprocess.PIPE)
    world.closing.callback(load.kill)
    eventually(lambda: world.channel("main")["events"] > rate, "the load being on", 60)
    began = time.monotonic()
    for turn in range(turns):
        eventually(lambda: time.monotonic() > began + turn * (seconds - 10) / turns, "its time", 60)
        reload(world.hub if turn % 6 == 5 else world.responder, 60)
    assert load.poll() is None, "the last reload came after the last event"
    seen = {name: float(value) for name, value in
            (line.split("=", 1) for line in load.communicate(timeout=120)[0].splitlines())}
    print({name: seen[name] for name in ("published", "events_per_s", "deliveries", "cut",
                                         "latency.p50_ms", "latency.p99_ms", "latency.max_ms")})
    assert {name: seen[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0)
    assert seen["published"] == seen["acknowledged"] == rate * seconds
    assert seen["deliveries"] == seen["published"] * streams
    assert seen["cut"] >= 100 * streams * 0.9, "each stream was ended by nearly each reload"


def test_rows_inserted_during_reloads_are_published_once_each(make_world):
    world, rows = make_world(web=True), []
    reader = world.listen(reconnect=True)
    for turn in range(9):
        for _ in range(3):
            rows.append(f"row {len(rows)}")
            world.insert(rows[-1])
        reload((world.responder, world.hub, world.reader)[turn % 3])
    eventually(lambda: rows[-1] in reader.data, "the last row", 20)
    assert [data for data in reader.data if data.startswith("row")] == rows


def test_the_returns_are_spread_and_nobody_is_away_for_long(make_world):
    """500 streams: 2,500 a second end, and each is back at once, whatever `retry` is."""
    world = make_world({"responder": {"retry": "5s"}}, web=True)
    crowd = [world.listen(reconnect=True, wait=False) for _ in range(500)]
    for reader in crowd:
        reader.wait(lambda reader=reader: reader.told("connected"), reader.story, 30 * SLOW)
    began = time.monotonic()
    reload(world.responder)
    ended = time.monotonic() - began
    for reader in crowd:
        reader.wait(lambda reader=reader: len(reader.told("connected")) == 2, reader.story, 4 * SLOW)
    assert ended >= 0.15  # ten pieces of 50, 20 ms apart
    assert all(5000 <= reader.parser.retry <= 10000 for reader in crowd)
    assert sum(reader.cuts for reader in crowd) == 0


def test_a_configuration_that_will_not_do_changes_nothing(web):
    path = web.folder / "responder.conf"
    text, workers = path.read_text(), web.responder.workers()
    path.write_text(text.replace("[responder]\n", "[responder]\nnonsense = 1\n"))
    os.kill(web.responder.pid, signal.SIGHUP)
    web.responder.says("the new program or its configuration failed its test; nothing has changed")
    assert "responder.conf:" in web.responder.log() and "nonsense" in web.responder.log()
    assert web.responder.workers() == workers
    assert web.health().status == 200
    path.write_text(text)
    assert reload(web.responder) != workers


def test_a_reload_takes_up_a_changed_configuration(web):
    path = web.folder / "responder.conf"
    path.write_text(path.read_text().replace("[responder]\n", "[responder]\nworkers = 3\nmax_event = 1K\n"))
    reload(web.responder)
    eventually(lambda: len(web.responder.workers()) == 3, "three workers")
    assert web.post("/realtime/main", b"x" * 1025).status == 413


def test_a_hub_whose_socket_was_renamed_removes_its_own_and_nothing_else(make_world):
    """After a reload it still listens where it did."""
    world = make_world(responder=False)
    other = world.folder / "other"
    other.write_text("somebody's")
    world.settings["hub"]["socket"] = other
    world.write_config("hub.conf")
    reload(world.hub)
    assert world.hub_serves()
    world.hub.says(f"still listens on {world.hub_socket}; {other} is used after a restart")
    assert world.hub.stop() == 0
    assert other.read_text() == "somebody's" and not world.hub_socket.exists()


def test_a_reload_executes_the_program_that_is_there_now(make_world, tmp_path):
    """What an upgrade of a package does: another file under the same name."""
    world = make_world(web=True)
    world.responder.stop()
    copy = tmp_path / "tidings.fcgi"
    shutil.copy2(world.responder.command[0], copy)
    world.responder.command[0] = str(copy)
    world.responder.start()
    world.is_healthy()
    before = os.readlink(f"/proc/{world.responder.worker()}/exe")
    new = tmp_path / "new"
    shutil.copy2(copy, new)
    new.rename(copy)
    assert os.readlink(f"/proc/{world.responder.worker()}/exe") == before + " (deleted)"
    worker, = reload(world.responder)
    assert os.readlink(f"/proc/{worker}/exe") == str(copy)
    assert os.readlink(f"/proc/{world.responder.pid}/exe") == str(copy)


@pytest.mark.parametrize("daemon", ["responder", "hub", "reader"])
def test_a_program_that_was_written_to_a_full_disk_changes_nothing(make_world, tmp_path, daemon):
    """Its file is empty."""
    world = make_world()
    daemon = getattr(world, daemon)
    daemon.stop()
    copy = tmp_path / "program"
    shutil.copy2(daemon.command[0], copy)
    daemon.command[0] = str(copy)
    daemon.start()
    world.is_healthy()
    workers = daemon.workers()
    copy.unlink()
    copy.touch(0o755)
    os.kill(daemon.pid, signal.SIGHUP)
    daemon.says("the new program or its configuration failed its test; nothing has changed")
    assert daemon.workers() == workers
    assert world.health().status == 200


def test_a_worker_that_does_not_start_leaves_the_old_one_serving(web):
    """The new one waits for a hub that is away: after five seconds it counts as ready."""
    web.hub.stop()
    reader = web.listen(wait=False, reconnect=True)
    old = web.responder.worker()
    os.kill(web.responder.pid, signal.SIGHUP)
    web.responder.has_other_worker(old)
    web.hub.start()
    eventually(lambda: not is_alive(old), "the old one giving way", 20)
    web.publish("after")
    reader.sees("after", within=20)


def test_new_workers_that_die_at_once_leave_the_old_one_serving(web):
    """Nor has the hub been there for any of them to become ready."""
    reader, old = web.listen(reconnect=True), web.responder.worker()
    web.hub.stop()
    os.kill(web.responder.pid, signal.SIGHUP)
    web.responder.says("executes the program on the disk")
    for _ in range(4):
        for new in web.responder.has_other_worker(old):
            os.kill(new, signal.SIGKILL)
            eventually(lambda new=new: not is_alive(new), f"worker {new} ending")
    assert is_alive(old) and reader.state == "OPEN" and reader.ends == 0
    web.hub.start()
    eventually(lambda: not is_alive(old), "the old one giving way", 20)
    web.publish("after")
    reader.sees("after", within=20)
    assert set(reader.statuses) == {200}


def test_several_reloads_at_once_are_all_heeded(web):
    old = web.responder.worker()
    for _ in range(20):
        os.kill(web.responder.pid, signal.SIGHUP)
    web.responder.has_other_worker(old)
    eventually(lambda: len(web.responder.workers()) == 1 and not is_alive(old), "one worker", 20)
    assert web.health().status == 200


def test_a_stop_in_the_middle_of_a_reload_is_a_stop(web):
    for _ in range(3):
        os.kill(web.responder.pid, signal.SIGHUP)
    os.kill(web.hub.pid, signal.SIGHUP)
    assert web.hub.stop() == 0
    assert web.responder.stop() == 0


def keep_its_socket(world):
    """From now on a service manager's: it opens the socket, and starts the responder with it."""
    responder = world.responder
    responder.stop()
    world.fcgi_socket.unlink()
    listener = socket.socket(socket.AF_UNIX)
    world.closing.callback(listener.close)
    listener.bind(str(world.fcgi_socket))
    world.fcgi_socket.chmod(0o777)
    listener.listen(4096)

    def launch():
        with open(responder.log_path, "ab") as log:
            responder.process = subprocess.Popen(
                ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@" 3<&0 </dev/null',
                 *responder.command], stdin=listener, stdout=log, stderr=log,
                env=responder.environment, start_new_session=True)
    responder.launch = launch
    responder.start()
    world.is_healthy()


@pytest.mark.deploy
@pytest.mark.timeout(120)
def test_a_killed_parent_whose_socket_a_service_manager_holds_costs_nobody_anything(make_world):
    """Its workers answer what they have, and the rest waits at the socket for the next parent."""
    world = make_world(web=True)
    keep_its_socket(world)
    load = Load(world, may_fail=set())
    for _ in range(4):
        world.responder.has_settled().kill()
        world.responder.start()
        load.goes_on()
    reload(world.responder)  # the socket is handed on, whoever opened it
    load.goes_on()
    load.ends()
    assert load.faults() == []
    assert load.statuses() == {200}
    assert sum(publisher.refused for publisher in load.publishers) == 0
