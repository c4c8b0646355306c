# SPDX-License-Identifier: MIT
"""Several machines in a temporary folder: a Redis, and worlds that share its order.

    three = make_world(kind=Machines)                   a fixture of tests/machines: `three`
    one, two, other = three.worlds
    id = one.publish("hello")
    three.all_see("hello", id=id)                       browsers on channel main, one a machine
    three.redis.kill()
"""

import contextlib
import itertools
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from daemon import SLOW, eventually, program
from redisserver import RedisServer
from world import World


class Machines:
    def __init__(self, count=3, config=None, redis=None, each=None, lend=None, **how):
        """redis: settings of Redis, or lend: one that runs; each: what else [shared]
        has; how: as a World's."""
        self.folder = Path(tempfile.mkdtemp(prefix="tidings-", dir="/tmp"))
        self.closing = contextlib.ExitStack()
        self.closing.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.redis = lend or RedisServer(self.folder, **(redis or {}))
        if not lend:
            self.closing.callback(self.redis.close)
        self.worlds, self.last_words = [], ""
        self.config, self.each, self.how = config or {}, each or {}, how
        try:
            if not lend:
                self.redis.start()
            for _ in range(count):
                self.add()
        except BaseException:
            self.close()
            print(self.last_words)
            raise

    def add(self, config=None, prepare=None, **how):
        """One machine more; the first founds the order, the others join it."""
        name = str(len(self.worlds) + 1)
        settings = {section: dict(keys) for section, keys in {**self.config, **(config or {})}.items()}
        settings["shared"] = {"redis": self.redis.address, "machine": name, **self.each,
                              **settings.get("shared", {})}
        prepare = prepare or (join if self.worlds else found)
        self.worlds.append(World(settings, prepare=prepare, **{**self.how, **how}))
        return self.worlds[-1]

    def __getitem__(self, index):
        return self.worlds[index]

    # ---- the vocabulary
    def listen(self, *channels, **how):
        """A browser at each machine."""
        return [world.listen(*channels, **how) for world in self.worlds]

    def roams(self, *channels, **how):
        """A browser that meets another machine at each connection."""
        return self.worlds[0].listen(*channels, door=Roaming(self.worlds), reconnect=True, **how)

    def are_healthy(self, within=15):
        for world in self.worlds:
            world.is_healthy(within)

    def are_away(self, within=15):
        """Each says at /health that the order is not to be had; the first one's sentence."""
        return [said_away(world, within) for world in self.worlds][0]

    def hold(self, count, channel="main"):
        """Waits until each holds so many events of the channel."""
        for world in self.worlds:
            eventually(lambda world=world: world.channel(channel)["events"] == count,
                       f"{count} events of {channel} at machine {self.worlds.index(world) + 1}")

    # ---- the end
    def close(self):
        faults = []
        for number, world in enumerate(self.worlds, 1):
            faults += [f"machine {number}: {fault}" for fault in world.close()]
            self.last_words += f"==== machine {number}\n{world.last_words}"
        self.last_words += f"==== Redis\n{self.redis.daemon.log()[-3000:]}"
        self.closing.close()
        return faults


def found(world):
    _hub(world, "--found")


def join(world):
    _hub(world, "--join")


def _hub(world, option):
    done = subprocess.run([program("tidings-hub"), option, "-c", world.folder / "hub.conf"],
                          capture_output=True, text=True, timeout=30 * SLOW)
    assert done.returncode == 0, f"tidings-hub {option}: {done.stdout}{done.stderr}"


def said_away(world, within=15):
    """What /health says while the order is away."""
    def away():
        health = world.health()
        return health.status == 503 and "shared order" in health.text and health.text
    return eventually(away, "/health saying that the shared order is away", within)


class Roaming:
    """The next world's door at each connection."""

    def __init__(self, worlds):
        self.doors = itertools.cycle([world.door for world in worlds])
        self.door = worlds[0].door

    def dial(self, receive_buffer=None):
        self.door = next(self.doors)
        return self.door.dial(receive_buffer)

    def request(self, *words, **more):
        return self.door.request(*words, **more)

    def answer(self):
        return self.door.answer()


def cut(reader):
    """Its connection ends, as when a train goes into a tunnel; it comes back by itself."""
    def shut():
        if reader.sock is not None:
            with contextlib.suppress(OSError):
                reader.sock.shutdown(socket.SHUT_RDWR)
    reader.crowd.call(shut)
