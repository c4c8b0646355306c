# SPDX-License-Identifier: MIT
"""Hub, responder, web server, a foreign sqlite3 writer and a publisher are
killed with SIGKILL again and again, under seven publishers, two of them on several
channels at once, one by the Mercure protocol, and two hundred subscribers, some of
them to patterns, some by that protocol; nothing acknowledged is lost, doubled or
out of order."""

import contextlib
import random
import subprocess
import threading
import time

from crowd import Audience, Publishers, Subscriber
from mercure import mercure
from shredder import Shredder
from updates import UpdatePublisher, UpdateSubscriber
from verdict import Account
from world import eventually, program

TELLING = True
SHORT = {"kills": 4, "subscribers": 40, "serving_ms": 1000}
FULL = {"kills": 1000, "subscribers": 200, "serving_ms": 200}

PUBLISHERS = 4
WIDE = {"prefix": "a", "channel": "builds/1", "also": ("main", "builds/2", "other/x"), "rate": 10.0}
UPDATES = {"prefix": "u", "also": ("builds/4", "other/y"), "rate": 10.0, "kind": UpdatePublisher}
# Channels and patterns of a quarter of the subscribers; the others are on main.
PATTERNS = (((), ("builds/{n}",)), ((), ("*",)), (("main",), ("{a}/{b}", "builds/2{n}")),
            (("builds/3",), ("other/{+rest}",)))
PAUSE = 0.1  # seconds at most between having settled and being killed
REST = 0.5, 1.5  # seconds before each of the others


class Killer(threading.Thread):
    """Kills its victim so many times; `times` has how long each was away."""

    def __init__(self, scene, name, kills, once):
        super().__init__(daemon=True)
        self.name_, self.kills, self.once = name, kills, once
        self.rng = random.Random(scene.rng.random())
        self.times = []
        self.fault = None

    def run(self):
        try:
            for number in range(self.kills):
                self.times.append(self.once(self.rng, number))
        except Exception as fault:
            self.fault = fault

    def percentile(self, share):
        last = len(self.times) - 1
        return round(1000 * sorted(self.times)[min(int(share * len(self.times)), last)], 1)


def of_worker(daemon, serves):
    """The worker; its parent starts another."""
    def once(rng, number):
        index = rng.randrange(len(daemon.workers()) or 1)
        daemon.has_settled(index)
        time.sleep(rng.uniform(0, PAUSE))
        killed = daemon.kill_worker(index)
        began = time.monotonic()
        daemon.has_other_worker(killed, 20)
        eventually(serves, f"{daemon.name} serving", 20)
        return time.monotonic() - began
    return once


def of_web_server(world):
    def once(rng, number):
        time.sleep(rng.uniform(*REST))
        world.web.kill()
        began = time.monotonic()
        world.web.start(20)
        return time.monotonic() - began
    return once


def of_writer(world, account):
    """The sqlite3 program, in the middle of its inserts."""
    def once(rng, number):
        time.sleep(rng.uniform(*REST))
        rows = [f"w/{number}/{n} " + "y" * n for n in range(40)]
        for n, data in enumerate(rows):
            account.tries(frozenset(["main", "builds/3"]) if n % 2 else "main", data)
        sql = ".timeout 5000\n" + "".join(
            f"BEGIN IMMEDIATE; INSERT INTO broadcast(data, also)"
            f" VALUES ('{one}', NULL), ('{other}', '[\"builds/3\"]');"
            f" COMMIT; SELECT '{number}/{n}';\n"
            for n, (one, other) in enumerate(zip(rows[::2], rows[1::2])))
        told = killed_at(["sqlite3", str(world.inboxes["main"])], sql, rng.uniform(0, 0.06))
        for n in range(len(told)):
            account.acknowledges(rows[2 * n])
            account.acknowledges(rows[2 * n + 1])
        return 0
    return once


def of_publisher(world, account):
    """The client, which prints the event's id when it is acknowledged."""
    def once(rng, number):
        time.sleep(rng.uniform(*REST))
        data = f"k/{number} " + "z" * (number % 100)
        account.tries("main", data)
        told = killed_at([program("client/tidings"), "pub", "--url",
                          f"http://127.0.0.1:{world.port}", "main", data], "",
                         rng.uniform(0, 0.04))
        if told:
            account.acknowledges(data, int(told[0]))
        return 0
    return once


def killed_at(command, text, seconds):
    """Whole lines that the program printed before it was killed, or ended."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as process:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(text)
            process.stdin.flush()
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        printed = process.stdout.read()
    return printed.splitlines() if printed.endswith("\n") else printed.splitlines()[:-1]


def play(scene, kills, subscribers, serving_ms):
    world = scene.world(mercure(scene.folder(), {"responder": {"workers": "2"}}))
    account = Account()
    crowd = Audience(world, account)
    crowd.join(subscribers - subscribers // 4)
    for n in range(subscribers // 4):
        channels, patterns = PATTERNS[n % len(PATTERNS)]
        crowd.join(1, *channels, patterns=patterns, kind=UpdateSubscriber if n % 8 < 4 else Subscriber)
    crowd.join(subscribers // 8, kind=UpdateSubscriber)
    killers = [Killer(scene, *row) for row in (
        ("hub", kills, of_worker(world.hub, world.hub_serves)),
        ("responder", kills, of_worker(world.responder, world.responder_serves)),
        ("web_server", kills, of_web_server(world)),
        ("writer", kills, of_writer(world, account)),
        ("publisher", kills, of_publisher(world, account)))]
    with Publishers(world, account, PUBLISHERS) as publishers, \
            Publishers(world, account, 2, **WIDE) as wide, \
            Publishers(world, account, 1, **UPDATES) as updates, \
            Shredder(world) as shredder:
        for killer in killers:
            killer.start()
        watch(scene, killers, publishers, wide, updates)
    world.is_healthy(20)
    crowd.calms_down("builds/1", "other/x")
    scene.faultless(crowd.faults() + shredder.faults())
    hub, serving = killers[0], killers[0].percentile(0.99)
    scene.note(killed=sum(len(k.times) for k in killers), events=len(account.tried),
               acknowledged=len(account.acknowledged), repeats=publishers.repeats + wide.repeats + updates.repeats,
               deliveries=crowd.delivered(), statuses=crowd.statuses(),
               hub_serves_p50_ms=hub.percentile(0.5), hub_serves_p99_ms=serving)
    scene.must(serving < serving_ms, f"the hub served again after {serving} ms (p99)")


def watch(scene, killers, *publishers):
    """Until all have killed; a fault of one is everybody's end."""
    told = time.monotonic()
    while any(killer.is_alive() for killer in killers):
        for killer in killers:
            killer.join(0.2)
            if killer.fault:
                raise killer.fault
        for some in publishers:
            some.check()
        if time.monotonic() > told + 10:
            told = time.monotonic()
            scene.say(", ".join(f"{k.name_} {len(k.times)}" for k in killers)
                      + f" killed; {sum(some.count for some in publishers)} published")
