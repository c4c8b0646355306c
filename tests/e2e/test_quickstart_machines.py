# SPDX-License-Identifier: MIT
"""conf/quickstart --machines: one command serves three machines that share one order."""

import contextlib
import os
import signal
import socket
import sqlite3

import pytest

from redisserver import needs_redis
from test_quickstart import pytestmark as those_of_quickstart
from test_quickstart import quickstart_says
from web import WebDoor
from world import eventually, free_ports

pytestmark = [*those_of_quickstart, pytest.mark.skipif(bool(needs_redis), reason=needs_redis)]


def doors(run):
    return [WebDoor(run.port + n) for n in range(3)]


def hears(crowd, door):
    reader = crowd.listen(door, "/stream", reconnect=True, longest_wait=0.1)
    reader.wait(lambda: reader.told("connected"), reader.story, 20)
    return reader


def test_three_machines_are_one_and_end_without_a_trace(quickstart, crowd):
    run = quickstart("--no-demo", "--machines", "3", port=free_ports(3)).serves()
    folder = run.folder
    assert [door.ask("GET", "/health").status for door in doors(run)] == [200, 200, 200]
    readers = [hears(crowd, door) for door in doors(run)]
    for n, door in enumerate(doors(run)):
        assert door.ask("POST", "/realtime/main", body=f"from {n}".encode()).status == 200
    with contextlib.closing(sqlite3.connect(folder / "2" / "inbox" / "inbox.db", timeout=5)) as db:
        db.execute("INSERT INTO broadcast(data) VALUES ('by INSERT')")
        db.commit()
    for reader in readers:
        reader.wait(lambda reader=reader: len(reader.data) == 4, reader.story, 20)
        assert reader.data == ["from 0", "from 1", "from 2", "by INSERT"] and reader.ids == readers[0].ids
    for number in "123":
        assert f"{number}  http://127.0.0.1:{run.port + int(number) - 1}" in run.said()
    assert run.interrupt() == 130
    run.has_left_nothing()
    assert not folder.exists()


@pytest.mark.parametrize("part", ["redis-server", "2/tidings.conf"])
def test_whatever_of_three_machines_is_killed_is_back_and_nothing_is_lost(quickstart, crowd, part):
    run = quickstart("--no-demo", "--machines", "3", port=free_ports(3)).serves()
    reader = hears(crowd, doors(run)[2])
    assert doors(run)[1].ask("POST", "/realtime/main", body=b"before").status == 200
    reader.sees("before", within=15)
    for pid in run.pids(part):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    eventually(lambda: run.pids(part), f"{part} running again")
    for door in doors(run):
        eventually(lambda door=door: healthy(door), "all being well again", 20)
    assert doors(run)[1].ask("POST", "/realtime/main", body=b"after").status == 200
    reader.sees("after", within=15)
    assert not reader.told("reset")


def healthy(door):
    with contextlib.suppress(OSError):
        return door.ask("GET", "/health").status == 200
    return False


def test_a_folder_keeps_the_order_of_its_machines_over_two_runs(quickstart, tmp_path):
    folder, ports = tmp_path / "data", free_ports(3)
    run = quickstart("--no-demo", "--machines", "3", "--dir", folder, port=ports).serves()
    first = int(doors(run)[0].ask("POST", "/realtime/a", body=b"kept").json["id"])
    run.interrupt(signal.SIGTERM)
    run.has_left_nothing()
    again = quickstart("--no-demo", "--machines", "3", "--dir", folder, port=ports).serves()
    second = int(doors(again)[1].ask("POST", "/realtime/a", body=b"next").json["id"])
    assert second > first
    eventually(lambda: doors(again)[2].ask("GET", "/api/channels/a").json["events"] == 2, "both events", 15)
    assert {path.name for path in folder.iterdir()} >= {"1", "2", "3", "redis"}
    assert (folder / "redis" / "redis.conf").exists()


def test_any_of_the_ports_that_is_taken_is_told_before_anything_starts(quickstart):
    with socket.socket() as taken:
        port = free_ports(3)
        taken.bind(("127.0.0.1", port + 2))
        taken.listen()
        run = quickstart("--no-demo", "--machines", "3", port=port)
        assert run.process.wait(30) == 1
        assert run.said() == f"quickstart: port {port + 2} is in use; --port takes another\n"


@pytest.mark.parametrize("number", ["0", "1", "10", "three", "-2"])
def test_a_number_of_machines_that_cannot_be_is_one_sentence(number):
    assert quickstart_says("--machines", number) == "quickstart: --machines takes a number from 2 to 9\n"


def test_its_redis_is_not_for_a_configuration_of_ones_own_to_say(tmp_path):
    mine = tmp_path / "mine.conf"
    mine.write_text("[shared]\nredis = 127.0.0.1:6379\n")
    assert quickstart_says("--machines", "2", "--config", mine, port=free_ports(2)) == (
        f"quickstart: --config: {mine} has redis, which quickstart gives itself\n")


def test_what_else_of_the_order_a_configuration_of_ones_own_says_holds(quickstart, tmp_path):
    mine, folder = tmp_path / "mine.conf", tmp_path / "q"
    mine.write_text("; mine\n[shared]\nkeep_age = 30m\ngive_up = soon\n")
    assert quickstart_says("--machines", "2", "--config", mine, port=free_ports(2)).startswith(
        f"quickstart: --config: {mine}:4: give_up: ")
    mine.write_text("; mine\n[shared]\nkeep_age = 30m\n")
    run = quickstart("--no-demo", "--machines", "2", "--config", mine, "--dir", folder, port=free_ports(2)).serves()
    text = (folder / "2" / "tidings.conf").read_text()
    assert "keep_age = 30m" in text and f"redis = unix:{folder}/redis/redis.sock" in text
    assert run.interrupt() == 130
