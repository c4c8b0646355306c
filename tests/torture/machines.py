# SPDX-License-Identifier: MIT
"""Three machines share an order in a Redis with a replica: everything is killed, held
and cut off, and fail-overs forget what was acknowledged; nothing is lost or doubled,
all logs agree, and a browser that meets another machine each time misses nothing; in the
end each machine says who is there, and the same."""

import contextlib
import itertools
import sqlite3
import threading
import time

from attended import SEES, agree, published
from crowd import Publisher, Together
from oneorder import faults, story_of
from redisserver import RedisLine, RedisServer, needs_redis
from scene import NotHere
from several import Machines, Roaming, cut
from verdict import CALM, Account, truth_of
from world import SLOW, eventually, free_port, insert

TELLING = True
SHORT = {"deeds": 9, "forgets": 1, "browsers": 24}
FULL = {"deeds": 600, "forgets": 100, "browsers": 120}

PUBLISHERS = 4
CONFIG = {"responder": {"workers": "2", "mercure_subscriptions": "yes"}}
SEEN = 4  # each so manieth browser is seen, and sees who is there
HELD = 0.1, 3.0  # seconds
REST = 0.2, 0.6  # between deeds


class Anywhere(Publisher):
    """Each try is another machine's, as behind a load balancer."""

    def __init__(self, worlds, *words, **how):
        super().__init__(worlds[0], *words, **how)
        self.worlds = itertools.cycle(worlds)

    def ask(self, data, within):
        self.world = next(self.worlds)
        return super().ask(data, within)


class Inserter(threading.Thread):
    """Rows into the inbox of one machine."""

    def __init__(self, world, account):
        super().__init__(daemon=True)
        self.world, self.account = world, account
        self.stop = threading.Event()
        self.count, self.fault = 0, None

    def run(self):
        try:
            while not self.stop.wait(0.1):
                data = f"row/{self.count} " + "y" * (self.count % 90)
                self.account.tries("main", data)
                with self.world.open_inbox(timeout=60) as db:
                    insert(db, data)
                self.account.acknowledges(data)
                self.count += 1
        except (sqlite3.Error, AssertionError) as fault:
            self.fault = fault


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

    def replicate(self):
        """The other one has all, and goes on getting it."""
        other = self.servers[1 - self.master]
        other.ask("REPLICAOF", "127.0.0.1", self.ways[self.master].address.rpartition(":")[2])
        eventually(lambda: b"master_link_status:up" in other.ask("INFO", "replication"), "the replica", 20)

    def fails_over(self, lag):
        """The replica is promoted while it lags: what came in that time is forgotten."""
        self.ways[self.master].block()
        time.sleep(lag)
        old = self.redis
        old.kill()
        self.ways[self.master].cut()
        self.ways[self.master].unblock()
        self.master = 1 - self.master
        self.redis.ask("REPLICAOF", "NO", "ONE")
        old.start()
        self.replicate()


class Deeds:
    """What is done to three machines, in an order that the seed says."""

    def __init__(self, rng, machines, order):
        self.rng = rng
        self.machines, self.order = machines, order
        self.all = [self.kill_hub, self.kill_responder, self.kill_web, self.kill_reader, self.kill_redis,
                    self.hold_redis, self.cut_line, self.hold_line, self.stop_hub]

    def world(self):
        return self.rng.choice(self.machines.worlds)

    def held(self):
        return self.rng.uniform(*HELD)

    def kill_hub(self):
        self.world().hub.kill_worker()

    def kill_responder(self):
        self.world().responder.kill_worker()

    def kill_reader(self):
        with contextlib.suppress(AssertionError):
            self.world().reader.kill_worker()

    def kill_web(self):
        web = self.world().web
        web.kill()
        web.start(20)

    def kill_redis(self):
        self.order.redis.kill()
        time.sleep(self.rng.uniform(0, 1))
        self.order.redis.start()

    def hold_redis(self):
        self.order.redis.freeze()
        time.sleep(self.held())
        self.order.redis.thaw()

    def stop_hub(self):
        hub = self.world().hub
        pid = hub.freeze()
        time.sleep(self.held())
        with contextlib.suppress(ProcessLookupError):
            hub.thaw(pid)

    def cut_line(self):
        for line in self.rng.choice(self.order.lines):
            line.cut()

    def hold_line(self):
        lines = self.rng.choice(self.order.lines)
        for line in lines:
            line.block()
        time.sleep(self.held())
        for line in lines:
            line.unblock()


def program_of(rng, deeds, count, forgets):
    """So many by turns, which a short one has each of, and fail-overs in between."""
    program = list(itertools.islice(itertools.cycle(rng.sample(deeds, len(deeds))), count))
    for _ in range(forgets):
        program.insert(rng.randrange(1, len(program) + 1), None)
    return program


def play(scene, deeds, forgets, browsers):
    if needs_redis:
        raise NotHere(needs_redis)
    order = Order(scene.closing, scene.folder())
    machines = Machines(count=0, web=True, config=CONFIG, each={"give_up": "2s"}, redis=None, lend=order.redis)
    scene.worlds.append(machines)
    for number in range(3):
        machines.add({"shared": {"redis": order.lines_of(number)}})
    machines.are_healthy()
    account = Account()
    crowd = machines[0].crowd
    readers = []
    for n in range(browsers):
        door = Roaming(machines.worlds[n % 3:] + machines.worlds[:n % 3])
        readers.append(crowd.listen(door, "/stream?channel=main" + (SEES if n % SEEN == 0 else ""),
                                    reconnect=True, stubborn=True, longest_wait=0.1))
    crowd.wait(lambda: all(reader.told("connected") for reader in readers), lambda: "not all are connected", 20 * SLOW)
    doer = Deeds(scene.rng, machines, order)
    writers = [Anywhere(machines.worlds, account, f"p{n}") for n in range(PUBLISHERS)]
    writers.append(Inserter(machines[1], account))
    with Together(writers) as together:
        for number, deed in enumerate(program_of(scene.rng, doer.all, deeds, forgets)):
            deed() if deed else order.fails_over(scene.rng.uniform(0.05, 0.5))
            for reader in scene.rng.sample(readers, 3):
                cut(reader)
            time.sleep(scene.rng.uniform(*REST))
            together.check()
            scene.say(f"{number + 1}: {deed.__name__ if deed else 'fail-over'}; {together.count} published")
        machines.are_healthy(30)
    calms_down(scene, machines, account, readers)
    agree(machines.worlds, readers[::SEEN])
    logs = [published(truth_of(world.log_db)) for world in machines.worlds]
    stories = [story_of(reader) for reader in readers]
    scene.faultless(faults(account, logs, stories, forgets > 0))
    moved = sum(id is not None and id not in logs[0] for id in account.acknowledged.values())
    scene.note(deeds=deeds, forgets=forgets, events=len(account.tried), acknowledged=len(account.acknowledged),
               put_back=moved, resets=sum(items.count(None) for _, items in stories),
               deliveries=sum(len(items) for _, items in stories), connections=sum(len(r.answers) for r in readers))


def calms_down(scene, machines, account, readers):
    """A last event, which all logs and browsers have in time."""
    for world in machines.worlds:
        data = f"fence/{machines.worlds.index(world)}"
        account.tries("main", data)
        fence = world.publish(data, within=30 * SLOW)
        account.acknowledges(data, fence)
    began = time.monotonic()
    eventually(lambda: all(fence in truth_of(world.log_db) for world in machines.worlds), "all logs agreeing", 20)
    machines[0].crowd.wait(lambda: all(reader.ids and reader.ids[-1] == fence for reader in readers),
                           lambda: "a browser has not the newest", (CALM + 15) * SLOW)
    scene.note(calm_s=round(time.monotonic() - began, 2))
