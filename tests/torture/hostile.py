# SPDX-License-Identifier: MIT
"""Those who may write an inbox do their worst to it, case after case: no browser
is sent a malformed byte, the hub does not end, and good rows are published:
those of all other inboxes at once, those of this one too, where SQLite takes
them, unless a log line says why the inbox is none any more."""

import codecs
import contextlib
import os
import re
import sqlite3
import time
from collections import Counter

from deeds import BREAKING, REUSING, TABLE, choose
from listener import CONTROL, Listener, target_of
from world import SLOW, eventually

TELLING = True
SHORT = {"cases": 160, "inboxes": 16}
FULL = {"cases": 10000, "inboxes": 32}

# A line of a stream as design has it; all else is malformed.
LINE = re.compile(r"(retry: \d+|id: \d+|event: [^\0-\x1f\x7f]{1,64}|data: [^\r\n]*|:[^\r\n]*|)\n")
CHANNELS = ("hostile", "main", "good", "x", "\ufeffbom", "\u2028\u2029", "\U0010ffff", ": comment",
            "retry: 1", " x", "reset", "ok", "7", "-1", "0.5", "9223372036854775807")
HARMLESS_LINES = ("open,", "its published rows cannot be deleted")


class Strict(Listener):
    """A browser that reads to the byte; `fault` is what it could not read."""

    fault = None
    newest = 0

    def _open(self):
        self.decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self.rest = ""
        self.texts = Counter()
        super()._open()

    def _read(self, body):
        try:
            self._check(self.rest + self.decoder.decode(body))
        except ValueError as fault:
            self.fault = self.fault or f"not UTF-8: {fault}"
        for event in self.parser.feed(body):
            self.texts[event.data] += 1
            if event.type == "connected":
                self.events.append(event)
            elif event.type not in CONTROL:
                self._rises(event)

    def _check(self, text):
        *lines, self.rest = text.split("\n")
        for line in lines:
            if not LINE.fullmatch(line + "\n"):
                self.fault = self.fault or f"a malformed line: {line[:200]!r}"

    def _rises(self, event):
        id = int(event.id) if event.id else 0
        if id <= self.newest or event.type == "reset" and event.data.startswith('{"requested"'):
            self.fault = self.fault or f"{event} after {self.newest}"
        self.newest = id


class Inbox:
    """One that is ruined and mended, and what has been said about it."""

    def __init__(self, world, name, path):
        self.world, self.name, self.path = world, name, path
        self.renewed()

    def renewed(self):
        self.history = []     # names of deeds since it was new
        self.broken = False   # one of them was of BREAKING
        self.complaint = None
        self.wanted = None

    def connect(self, timeout=5.0):
        return contextlib.closing(
            sqlite3.connect(self.path, isolation_level=None, timeout=timeout))

    def suffer(self, rng):
        """Some deeds, of which each may fail, in one connection."""
        with contextlib.suppress(sqlite3.Error, UnicodeError), self.connect(timeout=0.2) as db:
            db.text_factory = bytes
            if rng.random() < 0.5:
                db.execute("BEGIN")
            for _ in range(rng.randrange(1, 4)):
                deed = choose(rng)
                self.history.append(deed.__name__)
                self.broken |= deed in BREAKING
                with contextlib.suppress(sqlite3.Error, UnicodeError):
                    deed(db, rng)
            if db.in_transaction:
                db.execute(rng.choice(("COMMIT", "COMMIT", "COMMIT", "ROLLBACK")))

    def is_attacked_from_beside(self, rng):
        """What lies beside it becomes another thing; no FIFO, which keeps us waiting, too."""
        end, kind = rng.choice(("", "-journal", "-wal", "-shm")), rng.choice(("cut", "garbage", "folder"))
        path = self.path.with_name(self.path.name + end)
        self.history.append(f"{kind} {end}")
        self.broken = True
        with contextlib.suppress(OSError):
            if kind == "cut":
                os.truncate(path, rng.randrange(0, 5000))
            elif kind == "garbage" and end:
                path.write_bytes(b"\xd9" + rng.randbytes(rng.randrange(1, 70000)))
            elif kind == "folder" and end:
                path.mkdir()

    def insert(self, data):
        """A good row; `wanted` is it, if it is in the table."""
        self.wanted, refused = None, True
        with contextlib.suppress(sqlite3.Error, sqlite3.Warning, UnicodeError), self.connect() as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO broadcast(channel, data) VALUES ('good', ?)", [data])
            rows = db.execute("SELECT id FROM broadcast WHERE data = ? AND channel = 'good'",
                              [data]).fetchall()
            db.execute("COMMIT")
            refused = not rows
            self.wanted = data if rows else None
        return refused

    def row_says(self):
        """What is wrong with the good row: its id, in a table that is another one;
        or "gone", if it was taken for the one that had this id before."""
        with contextlib.suppress(sqlite3.Error, UnicodeError), self.connect() as db:
            rows = db.execute("SELECT error FROM broadcast WHERE data = ?", [self.wanted]).fetchall()
            if not rows and REUSING & set(self.history):
                return "gone"
            return rows and rows[0][0] and "not above those published" in rows[0][0]

    def state(self):
        """For whoever has to find out why."""
        said = {}
        for sql in ("SELECT type, name, rootpage, sql FROM sqlite_schema", "PRAGMA quick_check",
                    "SELECT * FROM sqlite_sequence", "PRAGMA journal_mode",
                    "SELECT id, substr(data, 1, 30), error FROM broadcast ORDER BY id LIMIT 9"):
            try:
                with self.connect() as db:
                    db.text_factory = bytes
                    said[sql] = db.execute(sql).fetchall()
            except (sqlite3.Error, UnicodeError) as fault:
                said[sql] = fault
        return said

    def mend(self, rng, number):
        """A new database in its place, of one kind or another, in one step."""
        new = self.path.with_name(f"new{number}")
        sql = self.world.rows("SELECT sql FROM sqlite_schema WHERE tbl_name = 'broadcast'"
                              " AND name NOT LIKE 'sqlite_%' AND sql IS NOT NULL")
        with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as db:
            db.execute(rng.choice(("PRAGMA encoding = 'UTF-16le'", "PRAGMA encoding = 'UTF-16be'",
                                   "PRAGMA page_size = 512", "PRAGMA page_size = 65536",
                                   "PRAGMA auto_vacuum = 2", "PRAGMA journal_mode = WAL",
                                   "PRAGMA journal_mode = PERSIST"))).fetchall()
            for (statement,) in sql if rng.random() < 0.7 else [(f"CREATE TABLE broadcast{TABLE}",)]:
                db.execute(statement)
        os.replace(new, self.path)
        for end in ("-wal", "-shm", "-journal"):
            beside = self.path.with_name(self.path.name + end)
            beside.rmdir() if beside.is_dir() else beside.unlink(missing_ok=True)
        self.renewed()


class ReaderLog:
    """What is new in the readers' log, and which inbox each line is about; what the
    hub says of those that are not read, as lines are counted."""

    def __init__(self, world):
        self.world, self.daemon, self.at = world, world.reader, 0

    def read(self, inboxes):
        with open(self.daemon.log_path, errors="replace") as file:
            file.seek(self.at)
            text = file.read()
            self.at = file.tell()
        for name, sentence in re.findall(r"inbox (\w+) \(\S+\): (.*)", text):
            if name in inboxes and not sentence.startswith(HARMLESS_LINES):
                inboxes[name].complaint = sentence
            elif name in inboxes and sentence.startswith("open,"):
                inboxes[name].complaint = None
        with contextlib.suppress(OSError):
            for name, sentence in self.world.unread().items():
                if name in inboxes:
                    inboxes[name].complaint = sentence


def make_world(scene, count):
    world = scene.world({f"inbox h{n}": {"path": "", "create": "yes"} for n in range(0)})
    folder = world.folder / "hostile"
    folder.mkdir()
    world.restart_hub({f"inbox h{n}": {"path": folder / f"h{n}.db", "create": "yes"}
                       for n in range(count)})
    world.is_healthy()
    eventually(lambda: world.reader.log().count("): open, after row 0") >= count, "the inboxes")
    return world, {f"h{n}": Inbox(world, f"h{n}", folder / f"h{n}.db") for n in range(count)}


def play(scene, cases, inboxes):
    world, all = make_world(scene, inboxes)
    reader = Strict(world.crowd, world.door, target_of(CHANNELS))
    world.crowd.listeners.append(reader)
    world.crowd.call(reader._open)
    reader.wait(lambda: reader.told("connected"), reader.story)
    log, counts, worst = ReaderLog(world), Counter(), 0.0
    for number in range(0, cases, inboxes):
        for n, inbox in enumerate(all.values()):
            inbox.suffer(scene.rng)
            if scene.rng.random() < 0.05:
                inbox.is_attacked_from_beside(scene.rng)
            counts["refused"] += inbox.insert(f"g/{number + n}")
        worst = max(worst, others_flow(world, reader, number))
        for inbox in all.values():
            counts[judge(scene, reader, log, all, inbox)] += 1
        scene.must(reader.fault is None, f"{reader.fault} (case {number} and before)")
        for inbox in all.values():
            if inbox.complaint or inbox.wanted is None or len(inbox.history) > 40:
                inbox.mend(scene.rng, number)
                counts["mended"] += 1
        if number % (25 * inboxes) == 0:
            scene.say(f"case {number}: {dict(counts)}")
            world.hub.has_settled().kill_worker()
            world.is_healthy()
            eventually(world.inboxes_are_looked_at, "the readers")
    scene.must(reader.state == "OPEN" and not reader.cuts, reader.story())
    scene.note(cases_done=-(-cases // inboxes) * inboxes, published=counts["published"],
               explained=counts["explained"], said_in_row=counts["said_in_row"],
               taken_for_another=counts["taken_for_another"], not_taken_by_sqlite=counts["refused"],
               mended=counts["mended"],
               hostile_events=sum(reader.texts.values()), malformed=0,
               others_waited_ms=round(1000 * worst))


def others_flow(world, reader, number):
    """Seconds until an untouched inbox's row and a POST have arrived."""
    begun = time.monotonic()
    world.insert(f"w/{number}", channel="main")
    world.publish(f"p/{number}")
    reader.wait(lambda: reader.texts[f"w/{number}"] and reader.texts[f"p/{number}"], reader.story,
                10 * SLOW)
    return time.monotonic() - begun


def judge(scene, reader, log, all, inbox):
    """Waits for the good row, or the line that says why it does not come."""
    begun = time.monotonic()

    def over():
        log.read(all)
        if reader.texts[inbox.wanted]:
            return "published"
        if inbox.broken and inbox.complaint:
            return "explained"
        says = inbox.broken and inbox.row_says()
        if says == "gone":  # or published, and on its way
            return time.monotonic() > begun + 2 * SLOW and "taken_for_another"
        return says and "said_in_row"
    if inbox.wanted is None:
        return "nothing"
    try:
        return eventually(over, "the good row", 10)
    except AssertionError:
        scene.must(False, f"{inbox.name}: {inbox.wanted} is in the table and neither published nor"
                          f" explained ({inbox.complaint}); it suffered {inbox.history};"
                          f" {inbox.state()}")
