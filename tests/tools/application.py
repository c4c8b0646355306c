# SPDX-License-Identifier: MIT
"""An application with a database of its own, which tells of events in it.

    with Application(path, "reading", 100) as application:
        application.works()      # all its transactions; then .failures, .committed
        ...                      # its connections stay open

"reading" is `BEGIN; SELECT; (20 ms); INSERT; COMMIT`, "single" an INSERT by
itself. It is a process of its own, as its locks are; besides the connection that
works it keeps some open that read once, and hold a statement for the next time.
"""

import json
import sqlite3
import subprocess
import sys
import time

TABLE = """
PRAGMA journal_mode = {mode};
CREATE TABLE stock(item TEXT, pieces INTEGER);
INSERT INTO stock VALUES ('cup', 1000);
"""
COUNT = "SELECT pieces FROM stock WHERE item = 'cup'"
INSERT = "INSERT INTO broadcast(data) VALUES (?)"
IDLE = 3


class Application:
    def __init__(self, path, kind, count, name="a", timeout=5.0, think=0.02):
        self.name, self.committed, self.failures, self.waits = name, [], [], []
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(path), kind, str(count), name, str(timeout),
             str(think)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def begins(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def ends(self):
        said = json.loads(self.process.stdout.readline())
        self.committed, self.failures, self.waits = said
        return self

    def works(self):
        self.begins()
        return self.ends()


def make(path, mode, table_from):
    """A database in this journal mode, with the table of another."""
    with sqlite3.connect(table_from) as other:
        schema = [sql for (sql,) in other.execute(
            "SELECT sql FROM sqlite_schema WHERE tbl_name = 'broadcast' AND sql IS NOT NULL"
            " ORDER BY type = 'trigger'")]
    other.close()
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(TABLE.format(mode=mode))
    for sql in schema:
        db.execute(sql)
    db.close()


# ---- the process

def reading(db, data, think):
    db.execute("BEGIN")
    db.execute(COUNT).fetchall()
    time.sleep(think)
    db.execute(INSERT, [data])
    db.execute("COMMIT")


def single(db, data, think):
    time.sleep(think)
    db.execute(INSERT, [data])


def main(path, kind, count, name, timeout, think):
    def connect():
        return sqlite3.connect(path, isolation_level=None, timeout=float(timeout))
    db, idle = connect(), [connect() for _ in range(IDLE)]
    for other in idle:
        other.execute(COUNT).fetchall()
    committed, failures, waits = [], [], []
    sys.stdin.readline()
    for number in range(int(count)):
        data = f"{name}/{number}"
        began = time.monotonic()
        try:
            {"reading": reading, "single": single}[kind](db, data, float(think))
            committed.append(data)
        except sqlite3.OperationalError as error:
            failures.append(f"{data}: {error} ({error.sqlite_errorname})")
            if db.in_transaction:
                db.execute("ROLLBACK")
        waits.append(round((time.monotonic() - began - float(think)) * 1000, 3))
    print(json.dumps([committed, failures, waits]), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
