# SPDX-License-Identifier: MIT
"""Millions of events and a million reconnects, or as many as so many minutes
hold: memory and descriptors of hub, responders and web server stay what they
were, and so does the size of the log's -wal."""

import threading
import time
from pathlib import Path

from listener import target_of
from returning import Life, Lines, Returning, channel_name
from world import INSTRUMENTED, eventually

SHORT = {"reconnects": 30000, "events": 300000, "subscribers": 200, "rate": 8000,
         "minutes": 1, "slope_kib": 20480}
FULL = {"reconnects": 1000000, "events": 8600000, "subscribers": 400, "rate": 9000,
        "minutes": 60, "slope_kib": 64}

CHANNELS = 20
WAL_MOST = 8 << 20
# Until windows and caches are full and the log has its size.
WARM = 1 / 3
SAMPLES = 20  # of which a slope can be told
SPARE = 2     # descriptors more than before, when all have left


class Process:
    """One that is watched: (seconds, KiB) and descriptors, second by second."""

    def __init__(self, name, pid):
        self.name, self.proc = name, Path(f"/proc/{pid}")
        self.memory, self.descriptors = [], []
        self.at_rest = self.count()

    def pss(self):
        text = (self.proc / "smaps_rollup").read_text()
        return int(text.partition("\nPss:")[2].split()[0])

    def count(self):
        return len(list((self.proc / "fd").iterdir()))

    def sample(self, seconds):
        self.memory.append((seconds, self.pss()))
        self.descriptors.append(self.count())

    def slope(self):
        """KiB a minute, by least squares, after the beginning."""
        return 60 * slope_of(self.memory[int(WARM * len(self.memory)):])


def slope_of(points):
    count = len(points)
    if count < SAMPLES:
        return 0.0
    middle = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    return (sum((x - middle[0]) * (y - middle[1]) for x, y in points)
            / sum((x - middle[0]) ** 2 for x, _ in points))


class Watch(threading.Thread):
    """Looks at all of them once a second."""

    def __init__(self, world):
        super().__init__(daemon=True)
        daemons = (("hub", world.hub), ("responder", world.responder))
        self.all = [Process(f"{name}_{n}", pid) for name, daemon in daemons
                    for n, pid in enumerate([daemon.pid, *daemon.workers()])]
        self.all.append(Process("web_server", world.web.pid))
        self.wal = [Path(f"{world.log_db}-wal")]
        self.wal += [Path(f"{path}-wal") for path in world.inboxes.values()]
        self.wal_most = 0
        self.over = threading.Event()
        self.fault = None

    def run(self):
        began = time.monotonic()
        try:
            while not self.over.wait(1):
                for process in self.all:
                    process.sample(time.monotonic() - began)
                self.wal_most = max([self.wal_most] + [
                    path.stat().st_size for path in self.wal if path.exists()])
        except Exception as fault:  # one of them has died
            self.fault = fault

    def figures(self):
        return {process.name: {
            "slope_kib_per_min": round(process.slope(), 1),
            "kib": [process.memory[0][1], process.memory[-1][1]],
            "descriptors": [process.at_rest, max(process.descriptors), process.count()]}
            for process in self.all}


def play(scene, reconnects, events, subscribers, rate, minutes, slope_kib):
    world = scene.world({"hub": {"keep_events": "500000", "keep_bytes": "128M"},
                         "responder": {"workers": "2"}})
    world.is_healthy()
    watch = Watch(world)
    watch.start()
    lines = Lines(scene, world, None, rate, CHANNELS)
    plan = [life(scene.rng, chair) for chair in range(subscribers)]
    returning = Returning(scene, world, plan, reconnects, books=False)
    until = time.monotonic() + 60 * minutes
    with lines:
        returning.until_calm(lambda count: go_on(lines, watch, returning, until))
        while lines.count < events and time.monotonic() < until:
            go_on(lines, watch, returning)
            time.sleep(0.2)
    report, sat = returning.ends(lines.fences)
    all_have_left(world, watch.all)
    watch.over.set()
    watch.join()
    judge(scene, watch, slope_kib, sat)
    scene.note(events=lines.count, deliveries=sum(one.count for one in sat.values()),
               resets=sum(one.seen.resets for one in sat.values()), **report)


def go_on(lines, watch, returning, until=None):
    lines.check()
    if watch.fault:
        raise watch.fault
    if until and time.monotonic() > until:
        returning.enough()


def life(rng, chair):
    count = rng.choices([1, 5], [7, 1])[0]
    channels = [channel_name(n) for n in sorted(rng.sample(range(CHANNELS), count))]
    return Life(chair, "web" if chair % 2 else "fcgi", 0, target_of(channels), channels)


def all_have_left(world, processes):
    """The subscribers' process is gone; the servers notice it."""
    eventually(lambda: world.health().json["streams"] == 0, "no stream being open", 30)
    for process in processes:
        eventually(lambda: process.count() <= process.at_rest + SPARE,
                   f"{process.name} having the {process.at_rest} descriptors of before", 60)


def judge(scene, watch, slope_kib, sat):
    scene.note(wal_most=watch.wal_most, processes=watch.figures())
    scene.say(f"{watch.figures()}")
    for name, one in sat.items():
        scene.must(not (one.disorder or one.breaks or one.seen.late),
                   f"{name}: {one.disorder} ids not rising, {one.breaks} gaps without a reset,"
                   f" {one.seen.resets} resets, late: {one.seen.late}")
    scene.must(watch.wal_most <= WAL_MOST, f"-wal had {watch.wal_most} bytes")
    for process in watch.all:
        scene.must(INSTRUMENTED or process.slope() < slope_kib,
                   f"{process.name} grew by {process.slope():.0f} KiB a minute")
