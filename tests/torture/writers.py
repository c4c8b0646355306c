# SPDX-License-Identifier: MIT
"""Foreign programs that write an inbox, and what they say they committed.

    with Writers(scene, path, account, rows=1000, kills=5) as writers: ...

Half of them are inserter.py, half are Debian's sqlite3 program; each that ends
or is killed is followed by another, until so many rows are said to be in.
"""

import contextlib
import random
import subprocess
import sys
import threading
from pathlib import Path

from inserter import rows_of, size

INSERTER = Path(__file__).with_name("inserter.py")
TRANSACTIONS = 200  # of one process


def by_python(path, name, rng):
    return [sys.executable, str(INSERTER), str(path), name, str(rng.random()),
            str(TRANSACTIONS)], ""


def by_shell(path, name, rng):
    """-bail: else a transaction would be committed without the row that failed."""
    script = [".timeout 60000"]
    for number in range(TRANSACTIONS):
        rows = rows_of(name, number, size(rng))
        values = [f"('{channel}', '{data}')" for channel, data in rows]
        script.append(f"SELECT 'begin {number} {len(rows)}';")
        insert = "INSERT INTO broadcast(channel, data) VALUES"
        if len(rows) == 1:
            script.append(f"{insert} {values[0]};\nSELECT 'done {number}';")
        elif rng.random() < 0.1:
            script.append(f"BEGIN; {insert} {', '.join(values)}; ROLLBACK;\n"
                          f"SELECT 'back {number}';")
        elif rng.random() < 0.5:
            script.append(f"BEGIN; {insert} {', '.join(values)}; COMMIT;\n"
                          f"SELECT 'done {number}';")
        else:
            script.append("BEGIN IMMEDIATE;\n" + "\n".join(f"{insert} {v};" for v in values)
                          + f"\nCOMMIT;\nSELECT 'done {number}';")
    return ["sqlite3", "-batch", "-bail", str(path)], "\n".join(script) + "\n"


class Writers:
    """`killed` and `amid`: how many, and of those how many in a transaction."""

    def __init__(self, scene, path, account, rows, kills, count=8):
        self.path, self.account, self.rows, self.folder = path, account, rows, scene.folder()
        self.lock = threading.Lock()
        self.kills_left, self.committed, self.killed, self.amid = kills, 0, 0, 0
        self.rolled_back = 0
        self.transactions = {}  # (name, number) -> (count, "begin", "done" or "back")
        self.faults = []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._follow, daemon=True, args=(
            n, (by_python, by_shell)[n % 2], random.Random(scene.rng.random())))
            for n in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.stop.set()
        for thread in self.threads:
            thread.join()
        if self.faults and kind is None:
            raise self.faults[0]

    def _follow(self, slot, how, rng):
        life = 0
        try:
            while not self._enough():
                self._live(f"w{slot}.{life}", how, rng)
                life += 1
        except Exception as fault:
            self.faults.append(fault)
            self.stop.set()

    def _enough(self):
        with self.lock:
            done = self.committed >= self.rows and self.kills_left <= 0
            return done or self.stop.is_set()

    def _live(self, name, how, rng):
        """One process, from its start to its end, whichever it is."""
        command, text = how(self.path, name, rng)
        log = self.folder / name
        script = self.folder / f"{name}.sql"
        script.write_text(text)
        with open(log, "wb") as out, open(script, "rb") as into, subprocess.Popen(
                command, stdin=into, stdout=out, stderr=subprocess.PIPE) as process:
            killed = self._wait(process, rng)
            complaint = process.stderr.read().decode()
        self._account(name, log.read_text(), killed)
        if complaint:
            raise AssertionError(f"{name}: {complaint[:400]}")

    def _wait(self, process, rng):
        """Until it ends, or is to be killed; true if it was."""
        with self.lock:
            dies = self.kills_left > 0
            self.kills_left -= dies
        if dies:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(rng.uniform(0.02, 0.4))
            dies = process.poll() is None
            process.kill()
            if not dies:
                with self.lock:
                    self.kills_left += 1
        while process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
            if self._enough():
                process.terminate()
        return dies

    def _account(self, name, log, killed):
        states = {}
        for line in log.splitlines(keepends=True):
            words = line.split()
            if line.endswith("\n") and words[0] == "begin":
                states[int(words[1])] = [int(words[2]), "begin"]
            elif line.endswith("\n"):
                states[int(words[1])][1] = words[0]
        for number, (count, state) in states.items():
            rows = rows_of(name, number, count)
            for channel, data in rows:
                self.account.tries(channel, data)
                if state == "done":
                    self.account.acknowledges(data)
        with self.lock:
            self.transactions.update({(name, n): tuple(s) for n, s in states.items()})
            self.committed += sum(c for c, state in states.values() if state == "done")
            self.rolled_back += sum(state == "back" for _, state in states.values())
            self.killed += killed
            self.amid += killed and any(s == "begin" for _, s in states.values())
