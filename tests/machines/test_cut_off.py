# SPDX-License-Identifier: MIT
"""Machines with a network of their own each, whose cables are pulled."""

import contextlib
import os
import shutil
import subprocess

import pytest

from redisserver import RedisServer
from several import Machines, said_away
from world import SLOW, eventually, program

pytestmark = pytest.mark.rare
REDIS = "10.77.21.1"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Cables:
    """A namespace for Redis, with a bridge, and one for each machine."""

    def __init__(self, closing, count):
        self.closing, self.count = closing, count
        self.add("r")
        ip("-n", self.name("r"), "link", "add", "bridge", "type", "bridge")
        ip("-n", self.name("r"), "address", "add", f"{REDIS}/24", "dev", "bridge")
        ip("-n", self.name("r"), "link", "set", "bridge", "up")
        for number in range(count):
            self.add(number)
            ip("-n", self.name(number), "link", "add", "cable", "type", "veth",
               "peer", "name", f"to{number}", "netns", self.name("r"))
            ip("-n", self.name(number), "address", "add", f"10.77.21.{10 + number}/24", "dev", "cable")
            ip("-n", self.name("r"), "link", "set", f"to{number}", "master", "bridge", "up")
            self.plug(number)

    def name(self, which):
        return f"tidings{os.getpid()}-{which}"

    def add(self, which):
        ip("netns", "add", self.name(which))
        self.closing.callback(ip, "netns", "delete", self.name(which))

    def plug(self, number, how="up"):
        ip("-n", self.name(number), "link", "set", "cable", how)

    def pull(self, number):
        self.plug(number, "down")

    def within(self, which):
        return ["ip", "netns", "exec", self.name(which)]


@pytest.fixture
def cables():
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root, and ip")
    with contextlib.ExitStack() as closing:
        try:
            made = Cables(closing, 3)
        except subprocess.CalledProcessError as fault:
            pytest.skip(f"no network namespaces here: {fault.stderr.strip()}")
        yield made


@pytest.fixture
def three(make_world, cables, tmp_path):
    redis = RedisServer(tmp_path, bind=REDIS, port=6379, **{"protected-mode": "no"})
    redis.daemon.command = cables.within("r") + redis.daemon.command
    redis.start()
    try:
        three = make_world(kind=Machines, count=0, each={"redis": f"{REDIS}:6379", "give_up": "2s"},
                           lend=redis, hub=False, inbox=False)
        for number in range(3):
            world = three.add(prepare=lambda world, number=number: enter(world, cables.within(number), number))
            world.hub.command = cables.within(number) + world.hub.command
            world.hub.start()
        three.are_healthy(20)
        yield three
    finally:
        redis.close()


def enter(world, within, number):
    done = subprocess.run([*within, program("tidings-hub"), "--join" if number else "--found", "-c",
                           world.folder / "hub.conf"], capture_output=True, text=True, timeout=30 * SLOW)
    assert done.returncode == 0, done.stderr


def test_a_machine_whose_cable_is_pulled_serves_what_it_has_and_catches_up_when_it_is_back(three, cables):
    readers = three.listen("main", reconnect=True)
    three[0].publish("before")
    for turn in range(2):
        cables.pull(2)
        said_away(three[2])
        assert three[2].post("/realtime/main", b"x", within=20).status == 503
        for n in range(10):
            three[n % 2].publish(f"{turn}/{n}")
        cables.plug(2)
        three.are_healthy(30)
        three[2].publish(f"{turn}/back")
    wanted = ["before"] + [f"{turn}/{n}" for turn in range(2) for n in (*range(10), "back")]
    for reader in readers:
        reader.wait(lambda reader=reader: reader.data == wanted, reader.story, 20)
        assert not reader.told("reset")


def test_a_cable_that_is_pulled_while_a_publish_is_under_way_doubles_nothing(three, cables):
    for turn in range(3):
        number = turn % 3
        cables.pull(number)
        answer = three[number].post(f"/realtime/main?id=k{turn}", b"%d" % turn, within=20)
        cables.plug(number)
        three.are_healthy(30)
        id = three[(number + 1) % 3].publish(f"{turn}", id=f"k{turn}")
        assert answer.status == 503 or answer.json["id"] == str(id)
        three.hold(turn + 1)


def test_all_cables_at_once_are_redis_away_and_all_goes_on(three, cables):
    reader = three[1].listen("main", reconnect=True)
    for number in range(3):
        cables.pull(number)
    three.are_away(20)
    for number in range(3):
        cables.plug(number)
    three.are_healthy(30)
    three[2].publish("after")
    reader.sees("after", within=20)
    eventually(lambda: three[0].channel("main")["events"] == 1, "at all")
