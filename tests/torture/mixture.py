# SPDX-License-Identifier: MIT
"""All ways to publish, and all that can be published, as a seed will have it.

The first word of an event's data is its token (verdict.py); a token with an @
in it says the event's type: "p1/7@news" is of the type news.
"""

import contextlib
import itertools
import json
import random
import re
import sqlite3
import threading
import time
from urllib.parse import quote, urlencode

from crowd import Together
from world import SLOW

CHANNELS = ["main", "a", "b", "c", "ünï/cöde"]
TYPES = ["news", "météo", "x"]
PIECES = ["x" * 40, "Ünïcödé ", "€", "😀", " ", "\n", "\r\n", "\r", "\n\n", ":", "data: y",
          "id: 7\n", '"', "\\", "\t", "\x7f", "\u2028", "{}"]
LONGEST = 1 << 16  # bytes of an event as it is sent
HEAD = 100         # of these, for id, type and blank line


def type_of(token):
    return token.partition("@")[2] or "message"


def filling(rng):
    """Some text, mostly short, at times as long as an event may be."""
    size = rng.choices([rng.randrange(120), rng.randrange(3000), rng.randrange(40_000),
                        LONGEST], [60, 25, 12, 3])[0]
    pieces, length = [], 0
    while length < size:
        piece = rng.choice(PIECES) if rng.random() < 0.8 else "y" * rng.randrange(2000)
        length += len(piece.encode())
        pieces.append(piece)
    return "".join(pieces)


def sent(text):
    """How many bytes it has as it is sent, at most."""
    return HEAD + sum(len("data: \n") + len(line.encode()) for line in re.split("\r\n|\r|\n", text))


def fitted(text):
    while (excess := sent(text) - LONGEST) > 0:
        text = text.encode()[:-excess].decode(errors="ignore")
    return text


class Mixed(threading.Thread):
    """A publisher who uses each way in turn, at `rate` a second."""

    PATIENCE = 40  # seconds until an event that nobody takes is a violation

    def __init__(self, world, account, name, seed, rate):
        super().__init__(daemon=True)
        self.world, self.account, self.name_, self.rate = world, account, name, rate
        self.rng = random.Random(seed)
        self.stop = threading.Event()
        self.number = 0
        self.fault = None
        self.ways = [(self.post, 8), (self.repeated, 4), (self.batch, 2), (self.object, 2),
                     (self.rows, 3), (self.long_batch, 1)]

    def run(self):
        try:
            while not self.stop.wait(1 / self.rate):
                ways, weights = zip(*self.ways)
                self.rng.choices(ways, weights)[0](self.rng.choice(CHANNELS))
        except Exception as fault:
            self.fault = fault

    # ---- what
    def token(self, typed=False):
        self.number += 1
        type = "@" + self.rng.choice(TYPES) if typed else ""
        return f"{self.name_}/{self.number}{type}"

    def event(self, channel, one_line=False, size=None):
        typed = not one_line and self.rng.random() < 0.2
        text = filling(self.rng) if size is None else "z" * size
        if one_line:
            text = text.replace("\r\n", " ").replace("\n", " ")[:8000].rstrip("\r")
        data = fitted(f"{self.token(typed)} {text}")
        self.account.tries(channel, data)
        return data

    # ---- how
    def ask(self, target, body, **headers):
        """The answer, or None if there was none."""
        try:
            answer = self.world.post(target, body, headers, within=20 * SLOW)
        except OSError:
            return None
        if answer.status is not None and answer.status != 200 and answer.status < 500:
            raise AssertionError(f"POST {target}: {answer}")
        if answer.status == 200 and not answer.json.get("id"):
            raise AssertionError(f"I1 POST {target}: 200 without an id: {answer.json}")
        return answer if answer.status == 200 else None

    def insist(self, *request, **headers):
        """Until it is acknowledged: it has an id of its own, so that it may."""
        deadline = time.monotonic() + self.PATIENCE * SLOW
        while time.monotonic() < deadline:
            answer = self.ask(*request, **headers)
            if answer is not None:
                return answer.json
            time.sleep(0.01)
        raise AssertionError(f"POST {request[0]} was not acknowledged for {self.PATIENCE} s")

    def target(self, channel, data="", **query):
        type = type_of(data.partition(" ")[0])
        if type != "message":
            query["event"] = type
        return "/realtime/" + quote(channel, safe="") + ("?" + urlencode(query) if query else "")

    def post(self, channel):
        data = self.event(channel)
        answer = self.ask(self.target(channel, data), data.encode())
        if answer:
            self.account.acknowledges(data, answer.json["id"])

    def repeated(self, channel):
        data = self.event(channel)
        for _ in range(self.rng.choice([1, 1, 2])):
            answer = self.insist(self.target(channel, data, id=f"{self.name_}-{self.number}"),
                                 data.encode())
            self.account.acknowledges(data, answer["id"])

    def object(self, channel):
        token = self.token()
        message = fitted(f"{token} {filling(self.rng)}")[:6000]
        said = {"message": message, "timestamp": "2026-01-01T00:00:00Z"}
        data = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        self.account.tries(channel, data)
        body = json.dumps({**said, "channel": channel, "id": token}, ensure_ascii=False)
        answer = self.insist("/api/broadcast", body.encode(), **{"Content-Type": "application/json"})
        self.account.acknowledges(data, answer["id"])

    def batch(self, channel, size=None):
        lines = [self.event(channel, one_line=True, size=size)
                 for _ in range(self.rng.randrange(1, 30))]
        body = "\n".join(lines) + self.rng.choice(["", "\n", "\r\n"])
        target = self.target(channel, lines=1, id=f"{self.name_}-{self.number}")
        for _ in range(self.rng.choice([1, 1, 2])):
            answer = self.insist(target, body.encode())
            first, last = int(answer["first"]), int(answer["id"])
            if answer["count"] != len(lines) or last - first + 1 != len(lines):
                raise AssertionError(f"a batch of {len(lines)} is {answer}")
            for n, line in enumerate(lines):
                self.account.acknowledges(line, first + n)

    def long_batch(self, channel):
        self.batch(channel, size=self.rng.randrange(5000))

    def rows(self, channel):
        """One transaction in the inbox; some are rolled back, some rows come
        twice with one key, some cannot be published at all."""
        insert = "INSERT INTO broadcast(channel, event, data, key) VALUES (?, ?, ?, ?)"
        given_up = self.rng.random() < 0.1
        kept = []
        with contextlib.closing(sqlite3.connect(self.world.inboxes["main"], timeout=20 * SLOW,
                                                isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            for _ in range(self.rng.randrange(1, 25)):
                if given_up:
                    data = "given/up"
                else:
                    kept.append(data := self.event(channel).replace("\0", ""))
                token = data.partition(" ")[0]
                type = None if type_of(token) == "message" else type_of(token)
                key = token if self.rng.random() < 0.3 else None
                for _ in range(2 if key else 1):
                    db.execute(insert, (channel, type, data, key))
                if self.rng.random() < 0.05:
                    db.execute(insert, (channel, None, b"\xff not UTF-8", None))
            db.execute("ROLLBACK" if given_up else "COMMIT")
        for data in kept:
            self.account.acknowledges(data)


class Drip(threading.Thread):
    """Rows one by one while the block lasts, each its own transaction."""

    def __init__(self, world, account, name, channel, pause=0.0005):
        super().__init__(daemon=True)
        self.world, self.account, self.name_ = world, account, name
        self.channel, self.pause = channel, pause
        self.enough = threading.Event()
        self.fault = None

    def run(self):
        try:
            with self.world.open_inbox(timeout=20 * SLOW) as db:
                for number in itertools.count():
                    self.insert(db, f"{self.name_}/{number} drop")
                    if self.enough.wait(self.pause):
                        return
        except Exception as fault:
            self.fault = fault

    def insert(self, db, data):
        self.account.tries(self.channel, data)
        db.execute("INSERT INTO broadcast(channel, data) VALUES (?, ?)", (self.channel, data))
        self.account.acknowledges(data)

    def __enter__(self):
        self.start()

    def __exit__(self, kind, value, trace):
        self.enough.set()
        self.join(30 * SLOW)
        if kind is None and self.fault:
            raise self.fault


class Mixture(Together):
    def __init__(self, scene, world, account, count, rate):
        super().__init__([Mixed(world, account, f"p{n}", scene.rng.random(), rate)
                          for n in range(count)])
