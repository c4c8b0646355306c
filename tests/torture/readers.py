# SPDX-License-Identifier: MIT
"""Those that read an inbox, and the hub, are killed, or the disk is full, in
the midst of batches in which some rows are bad; at last the reader is stopped
for good.  Each good row is published once, in order, and is gone; each bad one
stays and says why."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import time

from world import SLOW, WRAP, eventually

SHORT = {"rounds": 8}
FULL = {"rounds": 300}

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = 4000    # of a round: several batches, in one transaction
BAD = 200      # one row of so many
STUCK = 5 + 8  # seconds after which rows are read again although nobody woke the reader


class Reading:
    def __init__(self, scene):
        self.scene, self.rng = scene, scene.rng
        self.full = scene.folder() / "full"
        self.good, self.bad = [], []
        self.world = scene.world(web=False, hub=False, responder=False)
        if not WRAP:
            self.preload()
        self.world.hub.start()
        self.world.reader.start()

    def preload(self):
        shim = self.full.parent / "full.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, f"{HERE}/full.c", "-ldl"],
                       check=True)
        self.world.hub.environment.update(LD_PRELOAD=str(shim), TIDINGS_FULL=str(self.full))
        self.world.hub.environment["ASAN_OPTIONS"] += ":verify_asan_link_order=0"

    def insert(self, round_, count):
        """One transaction; a row with an empty channel cannot be published."""
        rows = [("" if n % BAD == BAD // 2 else "main", f"r/{round_}/{n}") for n in range(count)]
        with self.world.open_inbox(timeout=30 * SLOW) as db:
            db.execute("PRAGMA ignore_check_constraints = 1")
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO broadcast(channel, data) VALUES (?, ?)", rows)
            db.execute("COMMIT")
        for channel, data in rows:
            (self.good if channel else self.bad).append(data)

    # ---- what happens meanwhile
    def kill_hub(self):
        killed = self.world.hub.kill_worker()
        self.world.hub.has_other_worker(killed)

    def kill_reader(self):
        killed = self.world.reader.kill_worker()
        self.world.reader.has_other_worker(killed)

    def fill_disk(self):
        for _ in range(3):
            self.full.touch()
            time.sleep(self.rng.uniform(0.02, 0.1))
            self.full.unlink()
            eventually(self.is_writable, "the log being written again")
            time.sleep(self.rng.uniform(0, 0.01))

    def kill_reader_on_a_full_disk(self):
        """While its rows wait in the hub, long enough to be said again."""
        self.full.touch()
        time.sleep(self.rng.uniform(0.4, 0.7))
        killed = self.world.reader.kill_worker()
        self.full.unlink()
        self.world.reader.has_other_worker(killed)
        eventually(self.is_writable, "the log being written again")

    def is_writable(self):
        said = self.world.hub.log()
        return said.count("cannot be written") == said.count("can be written again")

    # ---- what has become of the rows
    def published(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.world.log_db}?mode=ro", uri=True,
                                                timeout=20 * SLOW)) as db:
            return [data for (data,) in db.execute(
                "SELECT CAST(data AS TEXT) FROM event JOIN channel ON number = channel"
                " WHERE CAST(name AS TEXT) = 'main' ORDER BY event.id")]

    def left(self):
        return self.world.rows("SELECT data, error FROM broadcast ORDER BY id")

    def all_are_published(self, within):
        eventually(lambda: len(self.published()) >= len(self.good), "all rows being published", within)
        published = self.published()
        self.scene.must(published == self.good,
                        f"{len(published)} events of {len(self.good)} rows, "
                        f"{len(set(published))} of them different")

    def the_bad_ones_say_why(self):
        def settled():
            return [data for data, error in self.left() if error] == self.bad
        with contextlib.suppress(AssertionError):
            eventually(lambda: settled() and len(self.left()) == len(self.bad), "", 20)
        left = self.left()
        self.scene.must(settled() and len(left) == len(self.bad),
                        f"of {len(self.bad)} bad rows {len(left)} are left: {left[:5]}")

    def is_replaced(self):
        """Nobody wakes it."""
        pid = self.world.reader.worker()
        os.kill(pid, signal.SIGSTOP)
        try:
            self.insert("stuck", 10)
            self.all_are_published(STUCK)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def play(scene, rounds):
    reading = Reading(scene)
    things = [reading.kill_hub, reading.kill_reader]
    if not WRAP:
        things += [reading.fill_disk, reading.kill_reader_on_a_full_disk]
    for number in range(rounds):
        reading.insert(number, ROWS)
        time.sleep(reading.rng.uniform(0, 0.08))
        things[number % len(things)]()
        if reading.rng.random() < 0.5:
            reading.all_are_published(30)
    reading.all_are_published(30)
    reading.the_bad_ones_say_why()
    reading.is_replaced()
    scene.note(rows=len(reading.good), bad=len(reading.bad))
