# SPDX-License-Identifier: MIT
"""Whoever may INSERT can harm nobody: not the log, not other inboxes, not those who
publish and listen.  Played by another user in a folder with the packages' mode;
what he may not do there, root does for him."""

import contextlib
import os
import re
import sqlite3
import stat
import struct
import subprocess
import sys
import time

import pytest

from cost import spent
from world import SLOW, World, eventually

STRANGER, GROUP = 65534, 4242
IS_ROOT = os.geteuid() == 0
WHO = {"user": STRANGER, "group": STRANGER, "extra_groups": [GROUP]} if IS_ROOT else {}
needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root")


def stranger(code, *words):
    """Runs Python as somebody who may only INSERT."""
    done = subprocess.run([sys.executable, "-I", "-c", "import os, sqlite3, sys, time\n" + code,
                           *map(str, words)], cwd="/", capture_output=True, text=True,
                          timeout=60 * SLOW, **WHO)
    assert done.returncode == 0, done.stderr


class Town(World):
    """A world with an inbox that strangers write, another one, and a listener."""

    def __init__(self, more=None):
        super().__init__({"inbox main": {"consume": "no", "start": "all", **(more or {})}}, hub=False,
                         responder=False)
        os.chmod(self.folder, 0o711)
        self.path = self.inboxes["main"]
        if IS_ROOT:
            os.chown(self.path.parent, -1, GROUP)
        os.chmod(self.path.parent, 0o3770)
        (self.folder / "other").mkdir()
        self.settings["inbox other"] = {"path": self.folder / "other" / "inbox.db", "create": "yes"}
        self.write_config("hub.conf")
        self.hub.start()
        self.reader.start()
        self.responder.start()
        self.is_healthy()
        self.pid = self.hub.worker()
        self.count = 0
        self.listener = self.listen()
        self.goes_on()

    def beside(self, end):
        return self.path.with_name(self.path.name + end)

    def word(self):
        self.count += 1
        return f"word {self.count}"

    def heard(self, *words):
        self.listener.wait(lambda: {*words} <= {event.data for event in self.listener.events},
                           lambda: f"{words} did not come; {self.listener.story()[-2000:]}")

    def others_notice_nothing(self):
        begun = time.monotonic()
        word = self.word()
        self.publish(word)
        assert time.monotonic() - begun < 1 * SLOW
        row = self.word()
        self.insert(row, inbox="other")
        self.heard(word, row)
        assert self.hub.worker() == self.pid, "the hub has died"
        with contextlib.closing(sqlite3.connect(f"file:{self.log_db}?mode=ro", uri=True)) as log:
            assert log.execute("PRAGMA quick_check").fetchone() == ("ok",)

    def says(self, sentence, within=10):
        """In the log, once, and to whoever asks the hub."""
        eventually(lambda: re.search(sentence, self.unread().get("main", "")),
                   f"the hub saying {sentence!r}", within)
        self.reader.says(f"inbox main ({self.path})")
        assert re.search(sentence, self.reader.log()), sentence

    def goes_on(self):
        eventually(lambda: "main" not in self.unread(), "main being read", 25)
        word = self.word()
        stranger("db = sqlite3.connect(sys.argv[1], timeout=10)\n"
                 "db.execute('INSERT INTO broadcast(data) VALUES (?)', sys.argv[2:])\n"
                 "db.commit()", self.path, word)
        self.heard(word)

    @contextlib.contextmanager
    def closed(self):
        """While nobody has the inbox open."""
        self.reader.stop()
        self.reader.log_path.write_text("")
        yield
        self.reader.start()

    def remove(self, path):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)

    def made_anew(self):
        """Its owner puts another file in its place."""
        with self.closed():
            for end in ("", "-journal", "-wal", "-shm"):
                self.remove(self.beside(end))
        self.goes_on()


@pytest.fixture(scope="module")
def town(make_shared_world):
    return make_shared_world(kind=Town)


@pytest.fixture
def own_town(make_world):
    """For what needs its own."""
    return make_world(kind=Town)


# ---- what lies beside it

def special(town, kind, path):
    """Whatever is no file of the inbox, at `path`; what it would be a pity for."""
    precious = town.folder / "passwd"
    if kind == "fifo":
        stranger("os.mkfifo(sys.argv[1]); os.chmod(sys.argv[1], 0o666)", path)
    elif kind == "folder":
        stranger("os.mkdir(sys.argv[1])", path)
    elif kind == "link to the log":
        precious = town.log_db
        stranger("os.symlink(sys.argv[2], sys.argv[1])", path, precious)
    elif kind == "link to another inbox":
        precious = town.inboxes["other"]
        stranger("os.symlink(sys.argv[2], sys.argv[1])", path, precious)
    elif kind == "link":
        precious.write_bytes(b"root:x:0:0\n" * 99)
        stranger("os.symlink(sys.argv[2], sys.argv[1])", path, precious)
    elif kind == "hard link":
        precious.write_bytes(b"root:x:0:0\n" * 99)
        os.link(precious, path)
    elif kind == "device":
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    return precious


KINDS = ("fifo", "folder", "link", "link to the log", "link to another inbox", "hard link",
         "device")


@pytest.mark.parametrize("end", ["-journal", "-wal", "-shm"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_of_the_inbox_is_named_and_left_alone(town, kind, end):
    if kind == "device" and not IS_ROOT:
        pytest.skip("needs root")
    with town.closed():
        path = town.beside(end)
        precious = special(town, kind, path)
        before = precious.read_bytes() if kind.endswith("link") and precious.exists() else b""
    town.says(rf"inbox\.db{end} (is not a regular file|has other names)")
    town.others_notice_nothing()
    assert os.path.lexists(path)
    if before:
        assert precious.read_bytes() == before
    assert town.reader.log().count("inbox main (") == 1, town.reader.log()
    town.remove(path)
    town.goes_on()


def journal(path, super_journal=b"", valid=True):
    """A hot journal of the database, by hand: its first page as it is."""
    page_size, pages = 4096, os.path.getsize(path) // 4096
    nonce = 12345
    with open(path, "rb") as file:
        page = file.read(page_size)
    magic = bytes.fromhex("d9d505f920a163d7")
    head = magic + struct.pack(">IIIII", 1, nonce, pages, 512, page_size)
    check = (nonce + sum(page[i] for i in range(page_size - 200, 0, -200))) & 0xffffffff
    text = head.ljust(512, b"\0") + struct.pack(">I", 1) + page + struct.pack(">I", check)
    if super_journal:
        text += struct.pack(">I", 0x40000000 // page_size + 1) + super_journal
        text += struct.pack(">II", len(super_journal), sum(super_journal)) + magic
    return text if valid else b"\1" + text[1:]


@pytest.mark.parametrize("valid", [True, False], ids=["a valid one", "a broken one"])
def test_a_journal_made_by_hand_does_not_delete_the_log(town, valid):
    """It names log.db as the super-journal of a transaction over several databases."""
    with town.closed():
        path = town.beside("-journal")
        stranger("open(sys.argv[1], 'wb').write(bytes.fromhex(sys.argv[2]))", path,
                 journal(town.path, os.fsencode(town.log_db), valid).hex())
    town.says(r"inbox\.db-journal was left by a transaction over several databases")
    town.others_notice_nothing()
    assert town.log_db.exists() and path.exists()
    path.unlink()
    town.goes_on()


def test_a_journal_that_an_application_left_is_rolled_back(town):
    with town.closed():
        path = town.beside("-journal")
        path.write_bytes(journal(town.path))
    town.goes_on()
    assert not path.exists()


@pytest.mark.parametrize("end", ["-journal", "-wal", "-shm"])
@pytest.mark.parametrize("text", ["", "gigantic", "garbage"])
def test_a_strange_file_beside_an_inbox_stops_nobody(town, end, text):
    with town.closed():
        stranger("with open(sys.argv[1], 'wb') as file:\n"
                 "  os.chmod(sys.argv[1], 0o666)\n"
                 "  if sys.argv[2] == 'garbage': file.write(os.urandom(70000))\n"
                 "  if sys.argv[2] == 'gigantic': file.truncate(100 << 30)", town.beside(end), text)
    town.others_notice_nothing()
    town.goes_on()
    with town.closed():
        town.beside(end).unlink(missing_ok=True)


@pytest.mark.parametrize("times", [1, 30])
def test_an_index_that_is_cut_short_while_it_is_open_ends_nobody(town, times):
    reader = town.reader.worker()
    stranger("for n in range(int(sys.argv[2])):\n"
             "  os.truncate(sys.argv[1], 0)\n"
             "  time.sleep(0.05)", town.beside("-shm"), times)
    town.others_notice_nothing()
    town.goes_on()
    assert town.reader.worker() == reader
    town.made_anew()


@pytest.mark.parametrize("end", ["", "-wal", "-shm"])
@pytest.mark.parametrize("how", ["cut", "exchanged", "gone", "gigantic"])
def test_what_is_changed_while_it_is_open_harms_nobody(town, end, how):
    path = town.beside(end)
    if how == "cut":
        stranger("os.truncate(sys.argv[1], int(sys.argv[2]))", path, 100)
    elif how == "gigantic":
        stranger("os.truncate(sys.argv[1], 100 << 30)", path)
    elif how == "gone":
        path.unlink()
    else:
        new = town.folder / "new"
        new.write_bytes(os.urandom(9000))
        os.chmod(new, 0o666)
        os.replace(new, path)
    for _ in range(3):
        town.others_notice_nothing()
    town.made_anew()


# ---- the database itself

def database(path, *statements, journal_mode="delete", legal=True):
    """Puts another database there, which `statements` make."""
    path.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"PRAGMA journal_mode = {journal_mode}")
        db.execute("PRAGMA synchronous = OFF")
        if not legal:
            db.execute("PRAGMA writable_schema = ON")
        db.execute("BEGIN")
        for statement in statements:
            db.execute(statement)
        db.execute("COMMIT")
    os.chmod(path, 0o666)


TABLE = ("CREATE TABLE broadcast(id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT, event TEXT,"
         " data{data}, key TEXT, error TEXT{more})")


def byte(path, at, value):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(bytes([value]))


@pytest.mark.parametrize("kind", ["fifo", "folder", "link to the log", "link to another inbox",
                                  "device", "of tomorrow", "of tomorrow's schema", "a view"])
def test_a_database_that_is_none_is_named(town, kind):
    if kind == "device" and not IS_ROOT:
        pytest.skip("needs root")
    expected = (r"is not a regular file|is a directory, not a file|is the log itself|"
                r"link of another user|another inbox")
    with town.closed():
        town.remove(town.path)
        if kind.startswith("of tomorrow"):
            database(town.path, TABLE.format(data="", more=""))
            byte(town.path, 47 if "schema" in kind else 19, 5)
            expected = r"unsupported file format|not a database|file format is newer"
        elif kind == "a view":
            database(town.path, "CREATE VIEW broadcast AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
                     " SELECT i + 1 FROM n) SELECT i AS id, 'main' AS channel, '' AS event, '' AS"
                     " data, '' AS key, '' AS error FROM n")
            expected = "broadcast is not an ordinary table"
        else:
            special(town, kind, town.path)
    town.says(expected)
    town.others_notice_nothing()
    town.made_anew()


def test_a_database_of_100_gb_is_read_like_any_other(town):
    stranger("os.truncate(sys.argv[1], 100 << 30)", town.path)
    town.others_notice_nothing()
    with town.closed():
        pass
    town.goes_on()
    town.made_anew()


# ---- time

def views(count, sql):
    """CREATE VIEW for each of them, past SQLite's own, which takes as long as there are views."""
    return (f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {count})"
            " INSERT INTO sqlite_schema SELECT 'view', 'v' || i, 'v' || i, 0,"
            f" 'CREATE VIEW v' || i || ' AS {sql}' FROM n")


def worked_out(path, expression, rows):
    """A database in which `data` is this, for each row at each look."""
    sql = TABLE.format(data="", more="").replace(" data,", "")
    database(path, sql, *["INSERT INTO broadcast(channel) VALUES ('main')"] * rows,
             "UPDATE sqlite_schema SET sql = '" + sql[:-1].replace("'", "''")
             + f", data AS ({expression.replace(chr(39), chr(39) * 2)}))' WHERE name = 'broadcast'",
             journal_mode="wal", legal=False)


@pytest.mark.slow
def test_a_schema_that_changes_all_the_time_takes_no_core(town):
    """Twenty thousand views, and its version raised ten times a second."""
    with town.closed():
        town.path.unlink()
        database(town.path, TABLE.format(data="", more=""),
                 views(20000, "SELECT * FROM broadcast"), journal_mode="wal", legal=False)
    raising = subprocess.Popen(
        [sys.executable, "-I", "-c", "import sqlite3, sys, time\n"
         "db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=9)\n"
         "for n in range(10 ** 6):\n"
         "  db.execute(f'PRAGMA schema_version = {n + 10}')\n"
         "  time.sleep(0.1)", str(town.path)], **WHO)
    try:
        reader = town.reader.worker()
        begun, before = time.monotonic(), spent(reader)
        while time.monotonic() < begun + 5:
            town.others_notice_nothing()
            time.sleep(0.2)
        assert spent(reader) - before < 2.5 * max(1, SLOW / 3)
    finally:
        raising.kill()
        raising.wait()
    town.made_anew()


def test_a_row_that_takes_too_long_is_said_and_the_next_file_is_read(town):
    """A column that is worked out anew at each look, for many rows."""
    with town.closed():
        worked_out(town.path, "length(replace(hex(zeroblob(1000000)), '0', id % 10))", 1500)
    town.says("a statement takes longer than 2 s", 20)
    town.others_notice_nothing()
    town.made_anew()


def test_a_schema_without_end_is_read_no_longer_than_its_time(town):
    """A million tables: SQLite reads them all before it reads a row."""
    with town.closed():
        database(town.path, TABLE.format(data="", more=""),
                 views(600000, "SELECT 1"), legal=False)
    town.says("a statement takes longer than 2 s|out of memory", 20)
    town.others_notice_nothing()
    town.made_anew()


@pytest.mark.slow
def test_a_function_without_end_is_ended_from_outside(own_town):
    """One call of instr() that takes minutes: SQLite itself never comes to look."""
    town = own_town
    with town.closed():
        worked_out(town.path, "instr(hex(zeroblob(2000000)), hex(zeroblob(1000000)) || 'x')", 1)
    for _ in range(6):
        town.others_notice_nothing()
        time.sleep(0.9)
    town.reader.says("is stuck: nothing has come of it for 5 s", 15)
    town.others_notice_nothing()
    assert town.reader.log().count("is stuck") == 1
    town.made_anew()


# ---- memory, and rows that cannot be marked


def test_a_refused_row_that_cannot_hold_its_reason_is_not_removed_and_stops_no_other(make_world):
    """One is too long to be written anew; of others their own table forbids it."""
    town = make_world(kind=Town, more={"consume": "yes"})
    with town.closed():
        database(town.path, TABLE.format(data="", more=", CHECK (error IS NULL OR data <> 'mine')"),
                 journal_mode="wal")
    with town.open_inbox() as db:
        db.execute("INSERT INTO broadcast(channel, data) VALUES ('main', zeroblob(70000000))")
        db.execute("INSERT INTO broadcast(channel, data, key) VALUES ('', 'mine', '')")
        db.execute("INSERT INTO broadcast(channel, data, key) VALUES ('', 'another', '')")
        db.execute("INSERT INTO broadcast(channel, data) VALUES ('main', 'good')")
    town.heard("good")

    def rows():
        return town.rows("SELECT length(data), data = 'mine', error IS NULL FROM broadcast")
    wanted = [(70000000, 0, 1), (4, 1, 1), (7, 0, 0)]
    eventually(lambda: rows() == wanted, "the good row being removed, and a reason")
    for _ in range(2):
        town.goes_on()
        eventually(lambda: rows() == wanted, "the good row being removed")
        town.reader.kill_worker()
    town.others_notice_nothing()
    lines = town.reader.log()
    assert [lines.count(f"row {n} not published") for n in (1, 2, 3, 4)] == [1, 1, 1, 0], lines
    with town.open_inbox() as db:
        db.execute("DELETE FROM broadcast WHERE id = 1")
        db.execute("UPDATE broadcast SET data = 'theirs' WHERE id = 2")
    town.reader.has_settled().kill_worker()
    eventually(lambda: rows() == [(6, 0, 0), (7, 0, 0)], "the reason being written after all")


def test_rows_that_can_never_be_marked_stop_the_inbox_with_one_line(make_world):
    town = make_world(kind=Town, more={"consume": "yes"})
    with town.closed():
        database(town.path, TABLE.format(data="", more=", CHECK (error IS NULL)"), journal_mode="wal")
    with town.open_inbox() as db:
        db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30000)"
                   " INSERT INTO broadcast(channel, data) SELECT '', i FROM n")
    town.reader.says("waits: too many rows can neither be published nor hold the reason")
    for _ in range(2):
        town.others_notice_nothing()
        assert town.rows("SELECT count(*) FROM broadcast") == [(30000,)]
        town.reader.has_settled().kill_worker()
    lines = town.reader.log()
    assert lines.count("not published") < 70 and lines.count("waits:") <= 3, lines
    town.made_anew()
