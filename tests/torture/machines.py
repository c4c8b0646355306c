# SPDX-License-Identifier: MIT
"""Three machines share an order in a Redis with a replica: everything is killed, held
and cut off, fail-overs forget what was acknowledged, there and back, and two servers are
master at once; nothing is lost or doubled, all logs agree, and a browser that meets
another machine each time misses nothing; in the
end each machine says who is there, and the same."""

import contextlib
import itertools
import sqlite3
import threading
import time

from attended import SEES, agree, published
from clock import Clock
from crowd import Publisher, Together
from oneorder import faults, story_of
from redisserver import needs_redis
from scene import NotHere
from several import Machines, Order, Roaming, cut, found, join, said_away
from verdict import CALM, Account, truth_of
from world import SLOW, eventually, insert

TELLING = True
SHORT = {"deeds": 9, "forgets": 2, "rare": 0, "browsers": 24}
FULL = {"deeds": 2700, "forgets": 100, "rare": 0, "browsers": 120}  # with rare ones no two masters

PUBLISHERS = 3  # and one whose events have no ids of their own
CONFIG = {"responder": {"workers": "2", "mercure_subscriptions": "yes"}}
SEEN = 4  # each so manieth browser is seen, and sees who is there
HELD = 0.1, 3.0  # seconds
REST = 0.2, 0.6  # between deeds
HOUR = 3600
HOLES = "SELECT last, start FROM hole"


class Anywhere(Publisher):
    """Each try is another machine's, as behind a load balancer."""

    def __init__(self, worlds, *words, **how):
        super().__init__(worlds[0], *words, **how)
        self.worlds = itertools.cycle(worlds)

    def ask(self, data, within):
        self.world = next(self.worlds)
        return super().ask(data, within)


class Nameless(Anywhere):
    """What it publishes cannot be repeated: only the machines' receipts keep it from
    being there twice."""

    def publish(self, data):
        self.account.tries(self.on, data)
        with contextlib.suppress(OSError):
            answer = self.ask(data, within=20 * SLOW)
            if answer.status == 200:
                self.account.acknowledges(data, self.id_in(answer))

    def ask(self, data, within):
        self.world = next(self.worlds)
        return self.world.post("/realtime/main", data.encode(), within=within)


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


class Deeds:
    """What is done to three machines, in an order that the seed says."""

    def __init__(self, rng, machines, order):
        self.rng = rng
        self.machines, self.order = machines, order
        self.all = [self.kill_hub, self.kill_responder, self.kill_web, self.kill_reader, self.kill_redis,
                    self.hold_redis, self.cut_line, self.hold_line, self.stop_hub]
        self.forgets = [self.fail_over, self.there_and_back, self.two_masters]
        self.rare = [self.turn_clock, self.lose_log, self.empty_redis]
        self.clocks = []
        self.strayed = False  # somebody may have followed a master which did not stay
        self.doubled = False  # there were two

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


    # ---- what the order forgets

    def lag(self):
        return self.rng.uniform(0.05, 0.5)

    def fail_over(self):
        self.order.fails_over(self.lag())

    def there_and_back(self):
        self.order.changes_places(self.lag())
        time.sleep(self.rng.uniform(0, 1))
        self.order.changes_places(self.lag())

    def two_masters(self):
        number, stays = self.rng.randrange(3), self.rng.random() < 0.5
        self.order.has_two_masters(number, self.held(), stays)
        self.doubled = True
        self.strayed |= not stays  # that one; others too, if their way was cut by chance

    def holes(self):
        """What of the others' each may lack: it is below what a strayed one had got to."""
        return [ask(world, HOLES) if self.strayed else [] for world in self.machines.worlds]

    def forgotten(self):
        """None if browsers may be told of something else as well."""
        return None if self.doubled or self.clocks else ask(self.machines[0], HOLES)

    # ---- rare ones

    def turn_clock(self):
        for clock in self.clocks:
            clock.jump(self.rng.choice([-HOUR, 0, HOUR]) - clock.offset)

    def nothing_waits(self):
        """What one machine alone has would be lost with its disk."""
        self.machines.are_healthy(30)
        for world in self.machines.worlds:
            eventually(lambda world=world: ask(world, "SELECT count(*) FROM orphan WHERE stays = 0") == [(0,)], "nothing to put back", 30)

    def lose_log(self):
        self.nothing_waits()
        world = self.world()
        world.hub.stop()
        for end in ("", "-wal", "-shm"):
            world.log_db.with_name("log.db" + end).unlink(missing_ok=True)
        join(world)
        world.hub.start()

    def empty_redis(self):
        self.nothing_waits()
        self.order.redis.ask("FLUSHALL")
        for world in self.machines.worlds:
            said_away(world, "--found", 30)
        world = max(self.machines.worlds, key=lambda world: ask(world, "SELECT max(id) FROM event"))
        world.hub.stop()
        found(world)
        world.hub.start()


def ask(world, sql):
    with contextlib.closing(sqlite3.connect(f"file:{world.log_db}?mode=ro", uri=True, timeout=10)) as db:
        return db.execute(sql).fetchall()


def program_of(rng, doer, deeds, forgets, rare):
    """So many by turns, which a short one has each of, and the others in between."""
    def some(kinds, count):
        return list(itertools.islice(itertools.cycle(rng.sample(kinds, len(kinds))), count))
    program = some(doer.all, deeds)
    for deed in some(doer.forgets, forgets) + some(doer.rare, rare):
        program.insert(rng.randrange(1, len(program) + 1), deed)
    return program


def play(scene, deeds, forgets, rare, browsers):
    if needs_redis:
        raise NotHere(needs_redis)
    order = Order(scene.closing, scene.folder())
    machines = Machines(count=0, web=True, config=CONFIG, each={"give_up": "2s", "keep_age": "1d"},
                        redis=None, lend=order.redis)
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
    if rare:
        doer.clocks = [clock_of(scene, world) for world in machines.worlds]
        doer.forgets.remove(doer.two_masters)  # what one of them lacks may then be all that is left
    writers = [Anywhere(machines.worlds, account, f"p{n}") for n in range(PUBLISHERS)]
    writers += [Nameless(machines.worlds, account, "n"), Inserter(machines[1], account)]
    with Together(writers) as together:
        for number, deed in enumerate(program_of(scene.rng, doer, deeds, forgets, rare)):
            deed()
            for reader in scene.rng.sample(readers, 3):
                cut(reader)
            time.sleep(scene.rng.uniform(*REST))
            together.check()
            scene.say(f"{number + 1}: {deed.__name__}; {together.count} published")
        machines.are_healthy(30)
    doer.nothing_waits()
    calms_down(scene, machines, account, readers)
    agree(machines.worlds, readers[::SEEN])
    logs = [published(truth_of(world.log_db)) for world in machines.worlds]
    stories = [story_of(reader) for reader in readers]
    scene.faultless(faults(account, logs, stories, forgets + rare > 0, doer.holes(), doer.forgotten(),
                           doer.doubled))
    ids = set().union(*logs)
    moved = sum(id is not None and id not in ids for id in account.acknowledged.values())
    scene.note(events=len(account.tried), acknowledged=len(account.acknowledged),
               put_back=moved, resets=sum(items.count(None) for _, items in stories),
               deliveries=sum(len(items) for _, items in stories), connections=sum(len(r.answers) for r in readers))


def clock_of(scene, world):
    clock = Clock(scene.folder())
    clock.governs(world)
    return clock


def taken(world, data):
    answer = world.post(f"/realtime/main?id={data}", data.encode(), within=20 * SLOW)
    return answer.status == 200 and int(answer.json["id"])


def calms_down(scene, machines, account, readers):
    """A last event, which all logs and browsers have in time."""
    for world in machines.worlds:
        data = f"fence/{machines.worlds.index(world)}"
        account.tries("main", data)
        fence = eventually(lambda data=data, world=world: taken(world, data), "a last publish", 30)
        account.acknowledges(data, fence)
    began = time.monotonic()
    eventually(lambda: all(fence in truth_of(world.log_db) for world in machines.worlds), "all logs agreeing", 20)
    machines[0].crowd.wait(lambda: all(reader.ids and reader.ids[-1] == fence for reader in readers),
                           lambda: "a browser has not the newest", (CALM + 15) * SLOW)
    scene.note(calm_s=round(time.monotonic() - began, 2))
