# SPDX-License-Identifier: MIT
"""Subscribers at full speed, which are cut and come back (reconnects.c), and
publishers of numbered lines that keep up with them.

    returning = Returning(scene, world, plan, reconnects)
    with Lines(scene, world, account, rate) as lines:
        returning.until_calm(lambda count: lines.check())
    report, sat = returning.ends(lines.fences)
"""

import json
import random
import subprocess
import threading
import time
from collections import namedtuple
from pathlib import Path

from templates import hears
from verdict import CALM, Seen
from world import SLOW

HERE = Path(__file__).resolve().parent
SOURCES = "reconnects.c", "lives.c", "books.c", "framing.c"

# One subscriber: chair, "web" or "fcgi", Last-Event-ID to begin with (or 0),
# target; those of a chair follow each other.
Life = namedtuple("Life", "chair door last_id target channels patterns", defaults=[()])


def channel_name(number):
    return f"c{number}"


class Line(threading.Thread):
    """Publishes batches of lines on channels that are its alone."""

    def __init__(self, world, account, seed, channels, rate, longest, batch):
        super().__init__(daemon=True)
        self.world, self.account, self.channels = world, account, channels
        self.rate, self.longest, self.batch = rate, longest, batch
        self.rng = random.Random(seed)
        self.next = dict.fromkeys(channels, 1)
        self.count = 0
        self.stop = threading.Event()
        self.fault = None

    def run(self):
        began, before = time.monotonic(), self.count
        try:
            while not self.stop.is_set():
                self.publish(self.rng.choice(self.channels), self.rng.randint(1, self.batch))
                if self.rate:
                    due = began + (self.count - before) / self.rate
                    self.stop.wait(max(0, due - time.monotonic()))
        except Exception as fault:
            self.fault = fault

    def publish(self, channel, count):
        """So many lines in one request; returns the id of the last one."""
        first = self.next[channel]
        self.next[channel] += count
        lines = [f"{channel}/{number} ".ljust(self.rng.randint(10, self.longest), "x")
                 for number in range(first, first + count)]
        for data in lines if self.account else ():
            self.account.tries(channel, data)
        answer = self.world.post(f"/realtime/{channel}?lines=1", "\n".join(lines).encode(),
                                 within=30 * SLOW)
        assert answer.status == 200, f"POST of {count} lines: {answer}"
        self.count += count
        for data in lines[:-1] if self.account else ():
            self.account.acknowledges(data)
        if self.account:
            self.account.acknowledges(lines[-1], answer.json["id"])
        return int(answer.json["id"])


class Wide(Line):
    """Publishes batches of lines, each on three of the others' channels; they
    have no number there."""

    def publish(self, _, count):
        on = self.rng.sample(self.channels, 3)
        lines = [f"wide/{self.count + n} ".ljust(self.rng.randint(14, self.longest), "x")
                 for n in range(count)]
        for data in lines if self.account else ():
            self.account.tries(frozenset(on), data)
        answer = self.world.post(f"/realtime/{on[0]}?lines=1&also={on[1]}&also={on[2]}",
                                 "\n".join(lines).encode(), within=30 * SLOW)
        assert answer.status == 200, f"POST of {count} lines on three channels: {answer}"
        self.count += count
        for data in lines[:-1] if self.account else ():
            self.account.acknowledges(data)
        if self.account:
            self.account.acknowledges(lines[-1], answer.json["id"])
        return int(answer.json["id"])


class Lines:
    """Some such threads, and with `wide` one that publishes on several channels
    at once, at that rate; `account` is None where the books would be too large."""

    def __init__(self, scene, world, account, rate, channels=20, threads=8, longest=150, batch=80,
                 wide=0):
        names = [channel_name(c) for c in range(channels)]
        self.wide = [Wide(world, account, scene.rng.random(), names, wide, longest, batch)] \
            if wide else []
        self.all = [Line(world, account, scene.rng.random(),
                         [channel_name(c) for c in range(n, channels, threads)],
                         rate / threads, longest, batch) for n in range(threads)]

    def fill(self, count, batch=2000):
        """History; returns an id of each batch."""
        ids = []
        some = self.all + self.wide
        while len(ids) * batch < count:
            one = some[len(ids) % len(some)]
            ids.append(one.publish(one.rng.choice(one.channels), batch))
        return ids

    def __enter__(self):
        for one in self.all + self.wide:
            one.start()
        return self

    def __exit__(self, kind, value, trace):
        for one in self.all + self.wide:
            one.stop.set()
        for one in self.all + self.wide:
            one.join(60 * SLOW)
        if kind is None:
            self.check()

    def check(self):
        for one in self.all + self.wide:
            if one.fault:
                raise one.fault

    def fences(self):
        """A last event for each channel: {channel: id}."""
        return {channel: one.publish(channel, 1) for one in self.all for channel in one.channels}

    @property
    def count(self):
        return sum(one.count for one in self.all + self.wide)


class Returning:
    def __init__(self, scene, world, plan, reconnects, books=True):
        self.scene, self.plan = scene, plan
        folder = scene.folder()
        subprocess.run(["cc", "-O2", "-g", "-std=gnu11", "-o", folder / "reconnects",
                        *[HERE / name for name in SOURCES]], check=True)
        self.books = folder / "books" if books else None
        self.process = subprocess.Popen(
            [folder / "reconnects", str(scene.rng.getrandbits(63)), str(reconnects),
             str(world.port), str(world.fcgi_socket), str(self.books or "-")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        scene.closing.callback(self._end)
        self.process.stdin.write("".join(
            f"{life.chair} {life.door} {life.last_id} {life.target}\n" for life in plan) + ".\n")
        self.process.stdin.flush()

    def _end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def _line(self):
        line = self.process.stdout.readline()
        self.scene.must(line, "the subscribers have ended early")
        return line.strip()

    def until_calm(self, check, patience=7200):
        """Calls check(reconnects so far) once a second."""
        watchdog = threading.Timer(patience, self.process.kill)
        watchdog.start()
        told = time.monotonic()
        try:
            while (line := self._line()) != "calm":
                check(int(line))
                if time.monotonic() > told + 10:
                    told = time.monotonic()
                    self.scene.say(f"{line} reconnects")
        finally:
            watchdog.cancel()

    def enough(self):
        """Before there were so many reconnects."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def all_there(self):
        """Nobody publishes, and nobody is cut any more."""
        watchdog = threading.Timer(200 * SLOW, self.process.kill)
        watchdog.start()
        line = self._line()
        watchdog.cancel()
        self.scene.must(line == "all there", line)

    def ends(self, fences):
        """Waits until all have their fences; returns (figures, {name: Sat})."""
        self.all_there()
        fences = fences()
        heard = {life.chair: (life.channels, life.patterns) for life in self.plan}
        wanted = [max(fences[c] for c in fences if hears(*heard[chair], [c]))
                  for chair in sorted(heard)]
        self.process.stdin.write(" ".join(map(str, [*wanted, int(CALM * SLOW * 1000)])) + "\n")
        self.process.stdin.flush()
        report = json.loads(self._line())
        lives = report.pop("lives")
        places = "unanswered", "replaying", "handed_over", "live"
        report["cuts"] = dict(zip(places, report["cuts"]))
        self.process.wait(30)
        return report, self._read(lives)

    def _read(self, lives):
        """{name: (Life, Seen, disorder, breaks)} of those that sat down."""
        found = {}
        books = open(self.books, "rb") if self.books else None
        for number, (life, row) in enumerate(zip(self.plan, lives)):
            start, count, resets, disorder, breaks, late = row
            one = Seen(life.channels, start, life.patterns)
            if books:
                one.ids.fromfile(books, count)
                one.sums.fromfile(books, count)
            one.resets, one.late = resets, None if late < 0 else late / 1000
            if start:
                found[f"{number} {life.door} {life.last_id} {life.target}"] = \
                    Sat(life, one, count, disorder, breaks)
        if books:
            books.close()
        return found


Sat = namedtuple("Sat", "life seen count disorder breaks")
