# SPDX-License-Identifier: MIT
"""Each process is stopped with SIGSTOP for a while and goes on: nothing is lost
or doubled, and who listens at one of two responders does not notice that the
other one stands still."""

import contextlib
import os
import random
import signal
import subprocess
import threading
import time

from crowd import Audience, Publishers
from fcgi import FcgiDoor
from kills import Killer
from verdict import Account
from world import INSTRUMENTED, SLOW, program

SHORT = {"stops": 3, "longest": 1.0, "subscribers": 20}
FULL = {"stops": 100, "longest": 5.0, "subscribers": 40}

SHORTEST = 0.1
REST = 0.5  # seconds at most between two stops
RATE = 20   # events a second, whose way to the other responder's subscribers is timed
# What its subscribers may have, against when nobody is stopped.
SLOWER, SLACK_MS = 1.5, 20


def a_while(rng, longest):
    """Short ones more often."""
    return SHORTEST * (longest / SHORTEST) ** rng.random()


@contextlib.contextmanager
def stopped(*pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def of_process(find, longest):
    def once(rng, number):
        time.sleep(rng.uniform(0, REST))
        seconds = a_while(rng, longest)
        with stopped(find()):
            time.sleep(seconds)
        return seconds
    return once


def of_writer(world, account, longest):
    """The sqlite3 program, perhaps in the midst of a transaction."""
    def once(rng, number):
        rows = [f"w/{number}/{n} " + "y" * n for n in range(100)]
        for data in rows:
            account.tries("main", data)
        sql = ".timeout 20000\n" + "".join(
            f"BEGIN IMMEDIATE; INSERT INTO broadcast(data) VALUES ('{one}'), ('{other}'); COMMIT;\n"
            for one, other in zip(rows[::2], rows[1::2]))
        with subprocess.Popen(["sqlite3", "-bail", str(world.inboxes["main"])],
                              stdin=subprocess.PIPE, text=True) as process:
            feeder = threading.Thread(target=process.communicate, args=(sql,))
            feeder.start()
            time.sleep(rng.uniform(0, 0.06))
            seconds = a_while(rng, longest)
            if process.poll() is None:
                with stopped(process.pid):
                    time.sleep(seconds)
            feeder.join(60 * SLOW)
        assert process.returncode == 0, f"sqlite3 ended with {process.returncode}"
        for data in rows:
            account.acknowledges(data)
        return seconds
    return once


def another_responder(world):
    """Beside the web server's; returns its door."""
    path = world.folder / "other.sock"
    first, world.settings["responder"]["socket"] = world.settings["responder"]["socket"], path
    config = world.write_config("other.conf")
    world.settings["responder"]["socket"] = first
    door = FcgiDoor(path)

    def serves():
        with contextlib.suppress(OSError, TimeoutError):
            return door.ask("GET", "/health", within=2).status == 200
    world._daemon("other", [program("tidings.fcgi"), "-c", config], serves).start()
    return door


class Clock(threading.Thread):
    """Publishes through this door, and knows how long each event was on its way."""

    def __init__(self, world, account, door):
        super().__init__(daemon=True)
        self.world, self.account, self.door = world, account, door
        self.over = threading.Event()
        self.ways = []  # (when it was sent, seconds)
        self.fault = None

    def times(self, subscriber):
        take = subscriber._take

        def timed(event):
            take(event)
            words = event.data.split(" ")
            if words[0].startswith("t/"):
                self.ways.append((float(words[1]), time.monotonic() - float(words[1])))
        subscriber._take = timed

    def run(self):
        try:
            number = 0
            while not self.over.wait(1 / RATE):
                data = f"t/{number} {time.monotonic()}"
                number += 1
                self.account.tries("main", data)
                answer = self.world.post("/realtime/main", data.encode(), door=self.door,
                                         within=20 * SLOW)
                assert answer.status == 200, answer
                self.account.acknowledges(data, answer.json["id"])
        except Exception as fault:
            self.fault = fault


def percentile(ways, share):
    ways = sorted(ways)
    return round(1000 * ways[min(int(share * len(ways)), len(ways) - 1)], 1)


def play(scene, stops, longest, subscribers):
    world = scene.world({"responder": {"workers": "2"}})
    other = another_responder(world)
    account = Account()
    crowd = Audience(world, account)
    crowd.join(subscribers)
    crowd.join(subscribers // 2, door=FcgiDoor(world.fcgi_socket))
    listening = crowd.join(subscribers // 2, door=other)
    clock = Clock(world, account, other)
    for one in listening:
        clock.times(one)
    everything(scene, world, account, stops, longest)
    crowd.calms_down()
    one_responder(scene, world, clock, stops, longest)
    crowd.calms_down()
    scene.faultless(crowd.faults())
    scene.must(all(not one.cuts and not one.ends for one in listening),
               "a stream of the other responder ended")
    scene.note(events=len(account.tried), deliveries=crowd.delivered(), statuses=crowd.statuses())


def everything(scene, world, account, stops, longest):
    """All of them, each in its own time, so that several stand still at once."""
    victims = {
        "hub": of_process(world.hub.worker, longest),
        "hub_parent": of_process(lambda: world.hub.pid, longest),
        "responder_0": of_process(world.responder.worker, longest),
        "responder_1": of_process(lambda: world.responder.worker(1), longest),
        "responder_parent": of_process(lambda: world.responder.pid, longest),
        "web_server": of_process(lambda: world.web.pid, longest),
        "writer": of_writer(world, account, longest)}
    killers = [Killer(scene, name, stops, once) for name, once in victims.items()]
    with Publishers(world, account, 4) as publishers:
        for killer in killers:
            killer.start()
        while any(killer.is_alive() for killer in killers):
            for killer in killers:
                killer.join(1)
                if killer.fault:
                    raise killer.fault
            publishers.check()
    world.is_healthy(20)
    seconds = sum(sum(killer.times) for killer in killers)
    scene.say(f"{stops} stops each, {seconds:.0f} s in all; {publishers.count} published")
    scene.note(stops_in_all=sum(len(k.times) for k in killers), seconds_stopped=round(seconds, 1),
               repeats=publishers.repeats)


def one_responder(scene, world, clock, stops, longest):
    """All of the web server's responder; the other one's subscribers are timed."""
    rng = random.Random(scene.rng.random())
    spans = []
    clock.start()
    for _ in range(stops):
        time.sleep(rng.uniform(SHORTEST, 2))
        pids = [world.responder.pid, *world.responder.workers()]
        began = time.monotonic()
        with stopped(*pids):
            time.sleep(a_while(rng, longest))
            spans.append((began, time.monotonic()))
        assert not clock.fault, clock.fault
    time.sleep(1)
    clock.over.set()
    clock.join()
    during = [way for sent, way in clock.ways if any(a <= sent < b for a, b in spans)]
    beside = [way for sent, way in clock.ways if not any(a <= sent < b for a, b in spans)]
    scene.must(during and beside, "nothing was timed")
    figures = {f"{name}_p{round(100 * share)}_ms": percentile(ways, share)
               for name, ways in (("stopped", during), ("running", beside)) for share in (.5, .99)}
    scene.note(timed=len(during), **figures)
    scene.say(f"{figures}")
    limit = SLOWER * figures["running_p99_ms"] + SLACK_MS
    scene.must(INSTRUMENTED or figures["stopped_p99_ms"] <= limit,
               f"the other responder's subscribers had their events after"
               f" {figures['stopped_p99_ms']} ms (p99)")
