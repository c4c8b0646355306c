# SPDX-License-Identifier: MIT
"""One who publishes on a channel of his own and deletes again, most of it, one by one
or all at once: what was deleted is nowhere, what was not is there, and nothing is missed."""

import contextlib
import random
import sqlite3
import threading

CHANNEL = "shreds"
HEARD = 200, 404  # a DELETE that was answered so is done, by this request or one before


class Shredder:
    def __init__(self, world):
        self.world, self.rng = world, random.Random(CHANNEL)
        self.count = 0
        self.kept, self.gone, self.doubtful = [], set(), set()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(30)

    def _work(self):
        while not self.over.wait(0.002):
            self._one()

    def _asks(self, method, target, body=None):
        """Until it is answered; None if it is over first."""
        while not self.over.is_set():
            with contextlib.suppress(OSError, AssertionError):
                answer = self.world.door.ask(method, target, None, body)
                if answer.status in HEARD:
                    return answer
            self.over.wait(0.02)
        return None

    def _one(self):
        data = f"shred {self.count}"
        self.count += 1
        self.doubtful.add(data)
        answer = self._asks("POST", f"/realtime/{CHANNEL}?id={self.count}", data.encode())
        if answer is None:
            return
        if self.count % 40 == 0:
            self._all()
        elif self.rng.random() < 0.7:
            if self._asks("DELETE", f"/api/channels/{CHANNEL}/events/{answer.json['id']}"):
                self._is_gone([data])
        else:
            self.doubtful.discard(data)
            self.kept.append(data)

    def _all(self):
        before, self.kept = [*self.kept, *self.doubtful], []
        self.doubtful |= set(before)
        if self._asks("DELETE", f"/api/channels/{CHANNEL}"):
            self._is_gone(before)

    def _is_gone(self, those):
        self.doubtful -= set(those)
        self.gone |= set(those)

    def faults(self):
        """Once it is over, and the hub serves."""
        reader = self.world.listen(CHANNEL, since="all")
        self.world.publish("fence", channel=CHANNEL)
        reader.wait(lambda: "fence" in reader.data, reader.story)
        given = [data for data in reader.data if data not in self.doubtful and data != "fence"]
        told = []
        if given != self.kept:
            told.append(f"{CHANNEL}: kept {self.kept[-9:]}, given {given[-9:]}")
        if reader.told("reset"):
            told.append(f"{CHANNEL}: a reset where nothing is missed")
        with contextlib.closing(sqlite3.connect(f"file:{self.world.log_db}?mode=ro", uri=True, timeout=10)) as db:
            held = {data for data, in db.execute(
                "SELECT CAST(data AS TEXT) FROM event JOIN channel ON number = channel"
                " WHERE name = CAST(? AS BLOB) AND id > erased", [CHANNEL])}
        if held & self.gone:
            told.append(f"{CHANNEL}: deleted, and still there: {sorted(held & self.gone)[:9]}")
        return told
