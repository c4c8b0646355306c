# SPDX-License-Identifier: MIT
"""One who publishes on a channel of his own and deletes again, most of it, one by one
or all at once: what was deleted is nowhere, what was not is there, and nothing is missed."""

import contextlib
import random
import sqlite3
import threading

CHANNEL = "shreds"
HEARD = 200, 404  # a DELETE that was answered so is done, by this request or one before
FENCE = "shred fence"


class Shredder:
    def __init__(self, world):
        self.world, self.rng = world, random.Random(CHANNEL)
        self.count = 0
        self.kept, self.gone, self.doubtful, self.ids = [], set(), set(), {}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        self.first = self.world.publish(FENCE, channel=CHANNEL)
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
        self.doubtful.discard(data)
        self.kept.append(data)
        self.ids[data] = answer.json["id"]
        if self.count % 40 == 0:
            self._all()
        elif self.rng.random() < 0.7:
            self._delete(self.rng.choice(self.kept[-9:]))

    def _delete(self, data):
        self.kept.remove(data)
        self.doubtful.add(data)
        if self._asks("DELETE", f"/api/channels/{CHANNEL}/events/{self.ids[data]}"):
            self._is_gone([data])

    def _all(self):
        before, self.kept = [*self.kept, *self.doubtful], []
        self.doubtful |= set(before)
        if self._asks("DELETE", f"/api/channels/{CHANNEL}"):
            self._is_gone(before)

    def _is_gone(self, those):
        self.doubtful -= set(those)
        self.gone |= set(those)

    def faults(self):
        """Once it is over, and the hub serves: as a responder reads it that knows nothing."""
        self.world.responder.kill_worker()
        self.world.is_healthy(20)
        reader = self.world.listen(CHANNEL, last_event_id=str(self.first))
        self.world.publish(FENCE, channel=CHANNEL)
        reader.wait(lambda: FENCE in reader.data, reader.story)
        given = [data for data in reader.data if data not in self.doubtful and data != FENCE]
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
