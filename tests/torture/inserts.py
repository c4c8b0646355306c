# SPDX-License-Identifier: MIT
"""Eight foreign programs insert rows, the plain sqlite3 command among them, and
some are killed in the middle of a transaction: each committed row is published
once, in the order of the table, and soon; and a hub and an inbox with nothing to do
rest."""

import contextlib
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from zlib import crc32

from crowd import Audience
from inserter import CHANNELS
from verdict import Account, token_of
from world import INSTRUMENTED, eventually
from writers import Writers

TELLING = True
SHORT = {"rows": 1500, "kills": 10, "samples": 60, "p99_ms": 500.0, "rest": 1.0, "idle": 10.0}
FULL = {"rows": 100000, "kills": 300, "samples": 2000, "p99_ms": 5.0, "rest": 20.0, "idle": 0.5}

# The hub removes what it has published; triggers of others do not run in it.
KEEP = """
CREATE TABLE kept(id INTEGER PRIMARY KEY, channel TEXT, data TEXT);
CREATE TRIGGER keep AFTER INSERT ON broadcast
BEGIN INSERT INTO kept VALUES (NEW.id, NEW.channel, NEW.data); END;
"""
# A program of its own: its COMMIT is not to wait for who reads the stream here.
COMMITTER = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
for line in sys.stdin:
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO broadcast(data) VALUES (?)", [line.strip()])
    db.execute("COMMIT")
    print(time.monotonic_ns(), flush=True)
"""


def play(scene, rows, kills, samples, p99_ms, rest, idle):
    insert_by_all(scene, rows, kills)
    world = scene.world()
    measure_delay(scene, world, samples, p99_ms)
    measure_rest(scene, world, rest, idle)


# ---- nothing missed, nothing doubled

def insert_by_all(scene, rows, kills):
    world = scene.world()
    with contextlib.closing(sqlite3.connect(world.inboxes["main"])) as db:
        db.executescript(KEEP)
    account = Account()
    crowd = Audience(world, account)
    for channels in (CHANNELS[:1], CHANNELS[1:], CHANNELS):
        crowd.join(2, *channels)
    began = time.monotonic()
    with Writers(scene, world.inboxes["main"], account, rows, kills) as writers:
        pass
    seconds = time.monotonic() - began
    kept = kept_rows(world)
    for _, data in kept:  # what a killed writer had committed, but not said
        account.acknowledges(data)
    eventually(lambda: not world.rows("SELECT 1 FROM broadcast LIMIT 1"),
               "all rows being published and removed", 30)
    crowd.calms_down()
    scene.faultless(list(whole_or_not_at_all(writers, kept)))
    scene.faultless(crowd.faults())
    scene.faultless([fault for n, one in enumerate(crowd.subscribers)
                     for fault in in_order(kept, one, f"subscriber {n}")])
    scene.must(writers.committed >= rows, f"only {writers.committed} rows")
    scene.note(rows_in_table=len(kept), acknowledged=writers.committed, killed=writers.killed,
               killed_in_a_transaction=writers.amid, rolled_back=writers.rolled_back,
               rows_a_second=round(len(kept) / seconds), missed=0, doubled=0)


def kept_rows(world):
    with contextlib.closing(sqlite3.connect(world.inboxes["main"])) as db:
        return db.execute("SELECT channel, data FROM kept ORDER BY id").fetchall()


def whole_or_not_at_all(writers, kept):
    """Each transaction, against the table."""
    there = Counter(tuple(re.match(r"(\S+)/(\d+)/\d+/\d+", data).groups()) for _, data in kept)
    for (name, number), (count, state) in writers.transactions.items():
        found = there.pop((name, str(number)), 0)
        if found not in {"done": (count,), "back": (0,), "begin": (0, count)}[state]:
            yield f"{name}/{number} ({state}): {found} of {count} rows are in the table"
    for (name, number), found in there.items():
        yield f"{name}/{number}: {found} rows, and nobody began it"


def in_order(kept, one, name):
    """What it saw is the table, in the table's order; the last was the fence."""
    wanted = [crc32(data.encode()) for channel, data in kept if channel in one.channels]
    seen = list(one.seen.sums)[:-len(one.channels)]
    if seen != wanted:
        first = next((n for n, pair in enumerate(zip(seen, wanted)) if pair[0] != pair[1]),
                     min(len(seen), len(wanted)))
        yield (f"{name} saw {len(seen)} rows of {len(wanted)}, and the first that differs is "
               f"{first}: {token_of(kept[first][1]) if first < len(kept) else 'none'}")


# ---- soon

class Committer:
    """Inserts a row a time, in a process of its own, which stays."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMITTER, str(path)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1)

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def begin(self, data):
        self.process.stdin.write(data + "\n")

    def committed(self):
        """When COMMIT had returned."""
        return int(self.process.stdout.readline()) / 1e9


class Stream:
    """A subscriber behind the web server that only waits for bytes."""

    def __init__(self, world):
        self.sock = world.door.dial()
        self.sock.settimeout(20)
        self.sock.sendall(world.door.request("/stream", {"Accept": "text/event-stream"}))
        self.seen = b""
        self.reads(b"event: connected")

    def reads(self, text):
        """When it had the whole event with this text."""
        while text not in self.seen or not self.seen.endswith(b"\n\n"):
            piece = self.sock.recv(65536)
            assert piece, "the stream has ended"
            self.seen = (self.seen + piece.replace(b"\r\n", b"\n"))[-4096:]
        return time.monotonic()


def measure_delay(scene, world, samples, p99_ms):
    stream, delays = Stream(world), []
    with contextlib.closing(stream.sock), Committer(world.inboxes["main"]) as committer:
        for number in range(samples):
            time.sleep(scene.rng.uniform(0.005, 0.03))  # nobody is to be in step with a timer
            data = f"sample/{number}/end"
            committer.begin(data)
            read = stream.reads(data.encode())
            delays.append(1000 * (read - committer.committed()))
    delays.sort()
    p50, p99 = (round(delays[int(share * (samples - 1))], 2) for share in (0.5, 0.99))
    scene.note(commit_to_browser_p50_ms=p50, commit_to_browser_p99_ms=p99,
               commit_to_browser_max_ms=round(delays[-1], 2))
    scene.must(INSTRUMENTED or p99 < p99_ms, f"an event was there {p99} ms after its COMMIT (p99)")


# ---- and at rest

def cpu_seconds(pids):
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9


def measure_rest(scene, world, rest, idle):
    """The hub and an inbox, with a responder and a browser, and nothing to do."""
    world.listen()
    time.sleep(0.5)  # the last rows are being removed
    reader = cpu_seconds([world.reader.pid, *world.reader.workers()])
    pids = [world.hub.pid, *world.hub.workers(), world.reader.pid, *world.reader.workers()]
    began, before = time.monotonic(), cpu_seconds(pids)
    time.sleep(rest)
    share = 100 * (cpu_seconds(pids) - before) / (time.monotonic() - began)
    reader = cpu_seconds([world.reader.pid, *world.reader.workers()]) - reader
    scene.note(hub_and_inbox_idle_cpu_percent=round(share, 3),
               inbox_idle_cpu_percent=round(100 * reader / (time.monotonic() - began), 3))
    scene.must(INSTRUMENTED or share < idle,
               f"the idle hub and its inbox take {share:.2f} % of a core")
