#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A foreign program that inserts rows, and may be killed at any moment.

    inserter.py INBOX NAME SEED TRANSACTIONS

Writes to standard output, unbuffered, what it is about to do and has done:
`begin T ROWS`, then `done T` once COMMIT has returned, or `back T`.  The rows
of transaction T are those of rows_of(NAME, T, ROWS).
"""

import os
import random
import sqlite3
import sys
import time
from zlib import crc32

CHANNELS = ("main", "other")


def rows_of(name, transaction, count):
    """[(channel, data)]; the same for everybody who asks."""
    return [(CHANNELS[transaction % 7 == 0], f"{token} " + "x" * (crc32(token.encode()) % 200))
            for token in (f"{name}/{transaction}/{count}/{n}" for n in range(count))]


def size(rng):
    return 1 if rng.random() < 0.5 else rng.randrange(2, 40)


def note(*words):
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def transact(db, rng, name, number):
    count = size(rng)
    rows = rows_of(name, number, count)
    note("begin", number, count)
    if count == 1 and rng.random() < 0.5:
        db.execute("INSERT INTO broadcast(channel, data) VALUES (?, ?)", rows[0])
        return note("done", number)
    db.execute(rng.choice(("BEGIN", "BEGIN IMMEDIATE")))
    for row in rows:
        db.execute("INSERT INTO broadcast(channel, data) VALUES (?, ?)", row)
        if rng.random() < 0.05:
            time.sleep(rng.uniform(0, 0.003))
    if rng.random() < 0.1:
        db.execute("ROLLBACK")
        return note("back", number)
    db.execute("COMMIT")
    return note("done", number)


def main():
    path, name, seed, transactions = sys.argv[1:]
    rng = random.Random(seed)
    db = sqlite3.connect(path, isolation_level=None, timeout=60)
    for number in range(int(transactions)):
        transact(db, rng, name, number)


if __name__ == "__main__":
    main()
