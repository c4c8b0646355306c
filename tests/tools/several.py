# SPDX-License-Identifier: MIT
"""Several machines in a temporary folder: a Redis, and worlds that share its order.

    three = make_world(kind=Machines)                   a fixture of tests/machines: `three`
    one, two, other = three.worlds
    id = one.publish("hello")
    three.all_see("hello", id=id)                       browsers on channel main, one a machine
    three.redis.kill()

    order = Order(closing, folder)                      a Redis and its replica
    order.fails_over(lag=0.2)
"""

import contextlib
import itertools
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from daemon import SLOW, eventually, program
from redisserver import RedisLine, RedisServer
from world import World, free_port


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
        return [said_away(world, within=within) for world in self.worlds][0]

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


class Order:
    """A Redis and its replica, which change places; a line from each hub to each."""

    def __init__(self, closing, folder):
        self.closing, self.folder = closing, folder
        settings = {"bind": "127.0.0.1", "repl-diskless-sync-delay": 0}
        self.servers = [RedisServer(folder, name, port=free_port(), **settings).start() for name in ("a", "b")]
        # Redis tells itself by where it stands in the file: each is a replica's way to the other.
        self.ways = [RedisLine(free_port(), server.settings["port"]) for server in self.servers]
        self.master, self.lines = 0, []
        for one in (*self.servers, *self.ways):
            closing.callback(one.close)
        self.replicate()

    @property
    def redis(self):
        return self.servers[self.master]

    def lines_of(self, number):
        """What [shared] of a machine has."""
        lines = [RedisLine(self.folder / f"line-{number}-{n}.sock", server.socket)
                 for n, server in enumerate(self.servers)]
        for line in lines:
            self.closing.callback(line.close)
        self.lines.append(lines)
        return " ".join(line.address for line in lines)

    def replica_s_way(self):
        return self.ways[self.master].address.rpartition(":")[2]

    def replicate(self):
        """The other one has all, and goes on getting it."""
        other = self.servers[1 - self.master]
        other.ask("REPLICAOF", "127.0.0.1", self.replica_s_way())
        eventually(lambda: b"master_link_status:up" in other.ask("INFO", "replication"), "the replica", 20)

    @contextlib.contextmanager
    def lagging(self):
        """The replica hears nothing of its master meanwhile, and then no more of this one."""
        way = self.ways[self.master]
        way.block()
        yield
        way.cut()
        way.unblock()

    def promote(self, also=False):
        """also: the old one stays master, too."""
        heir = self.servers[1 - self.master]
        eventually(heir.serves, "the replica having read what it was sent", 20)
        heir.ask("REPLICAOF", "NO", "ONE")
        if not also:
            self.master = 1 - self.master

    def fails_over(self, lag):
        """The replica is promoted while it lags: what came in that time is forgotten."""
        old = self.redis
        with self.lagging():
            time.sleep(lag)
            old.kill()
        self.promote()
        old.start(replicaof=f"127.0.0.1 {self.replica_s_way()}")
        old.settings["replicaof"] = None
        self.replicate()

    def changes_places(self, lag):
        """Likewise, and the old one lives on: its run_id is the same when it is master again."""
        with self.lagging():
            time.sleep(lag)
            self.promote()
        self.replicate()

    def has_two_masters(self, number, times, stays):
        """That machine's way to one is shut, and it finds the other, which is promoted; if
        that does not stay, what was given to it is forgotten."""
        line = self.lines[number][self.master]
        line.refusals = 10**9
        with self.lagging():
            self.promote(also=True)
            line.cut()
            time.sleep(times)
        self.master = 1 - self.master if stays else self.master
        self.replicate()
        line.refusals = 0


def found(world):
    _hub(world, "--found")


def join(world):
    _hub(world, "--join")


def _hub(world, option):
    done = subprocess.run([program("tidings-hub"), option, "-c", world.folder / "hub.conf"],
                          capture_output=True, text=True, timeout=30 * SLOW)
    assert done.returncode == 0, f"tidings-hub {option}: {done.stdout}{done.stderr}"


def said_away(world, why="", within=15):
    """What /health says while the order is away: when it has this word of why."""
    def away():
        health = world.health()
        return health.status == 503 and "shared order is away" in health.text and why in health.text and health.text
    return eventually(away, f"/health saying that the shared order is away: {why}", within)


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
