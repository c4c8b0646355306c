# SPDX-License-Identifier: MIT
"""Each k-th lock that the reader of an inbox wants is held by somebody else, when
it is opened, read, cleared and told what is wrong with rows: no lock is taken for
an answer. Each good row is published once and removed, each bad one keeps its
reason."""

import contextlib
import sqlite3
from collections import Counter

from failing import Failing
from scene import NotHere
from world import WRAP, eventually

TELLING = True
SHORT = {"last": 5, "rows": 40}
FULL = {"last": 60, "rows": 300}

MODES = "WAL", "DELETE"


def play(scene, last, rows):
    if WRAP:
        raise NotHere("valgrind has a malloc of its own")
    for mode in MODES:
        play_mode(scene, mode, last, rows)


def play_mode(scene, mode, last, rows):
    path = scene.folder() / "shop.db"
    world = scene.world({"inbox main": {"path": path, "create": "no", "consume_rows": 10}},
                        web=False, hub=False)
    make(path, mode)
    world.hub.start()
    failing = Failing(scene.folder(), world.reader.command[-3])
    failing.under(world.reader)
    world.reader.start()
    eventually(lambda: world.unread() == {}, "the inbox being read")
    listener = world.listen()
    good, bad, refused = [], [], 0
    for k in range(2, last + 1):
        failing.each_lock(k)
        if k % 3 == 0:  # so that it is opened, too
            world.reader.kill_worker()
        for number in range(rows):
            good.append(f"{k}/{number}")
            world.insert(good[-1])
        bad += world.insert(f"{k}/bad", channel="")
        calls, failed = failing.stop()
        refused += calls // k
        listener.wait(lambda: len(listener.data) >= len(good), listener.story, 60)
        eventually(lambda: world.rows("SELECT id FROM broadcast") == [(id,) for id in bad],
                   f"all but the bad rows being removed (k = {k})", 60)
    eventually(lambda: not world.rows("SELECT 1 FROM broadcast WHERE error IS NULL"),
               "each bad row holding its reason")
    scene.must(Counter(listener.data) == Counter(good), "a row was lost or published twice")
    wrong = world.rows("SELECT error FROM broadcast WHERE error NOT LIKE '%channel%'")
    scene.must(not wrong, f"{wrong[:3]}")
    told = world.reader.log().count("not published")
    scene.must(told <= len(bad) * 2, f"{told} rows are called unpublished, {len(bad)} are")
    scene.note(**{f"{mode.lower()}_rows": len(good) + len(bad),
                  f"{mode.lower()}_locks_refused": refused})
    scene.ends(world)


def make(path, mode):
    """The table of an inbox of ours without its checks, so that a row can be bad."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"PRAGMA journal_mode = {mode}")
        db.execute("CREATE TABLE broadcast(id INTEGER PRIMARY KEY AUTOINCREMENT, channel, event,"
                   " data, key, error)")
