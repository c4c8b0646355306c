# SPDX-License-Identifier: MIT
"""Applications keep their data in a database that is an inbox, with published
rows removed again and again: none of their transactions fails for that, each row
is published once, none is called unpublished, and the table grows smaller while
their connections stay open."""

from collections import Counter

import application
from application import Application
from world import eventually

SHORT = {"transactions": 150, "singles": 300, "runs": 1}
FULL = {"transactions": 1000, "singles": 1000, "runs": 3}

EVERY = 100  # rows, after which published ones are removed


def play(scene, transactions, singles, runs):
    for run in range(runs):
        for kind, mode, count, think in (("reading", "WAL", transactions, 0.02),
                                         ("single", "DELETE", singles, 0.0),
                                         ("single", "WAL", singles, 0.0)):
            play_one(scene, f"{kind}_{mode}_{run}".lower(), kind, mode, count, think)


def play_one(scene, name, kind, mode, count, think):
    path, alone = scene.folder() / "shop.db", scene.folder() / "alone.db"
    world = scene.world({"inbox main": {"consume_rows": EVERY},
                         "inbox shop": {"path": path, "consume_rows": EVERY}}, web=False)
    application.make(alone, mode, world.inboxes["main"])
    application.make(path, mode, world.inboxes["main"])
    eventually(lambda: world.unread() == {}, "the application's database being read")
    reader = world.listen()
    with Application(alone, kind, count, think=think) as beside, \
            Application(path, kind, count, think=think) as shop:
        beside.works()  # the same without anybody who reads it
        shop.works()
        reader.wait(lambda: len(reader.data) >= len(shop.committed), reader.story, 30)
        left = held(world)
        eventually(lambda: held(world) < EVERY, "published rows being removed")
    scene.faultless([*(f"by us: {fault}" for fault in shop.failures),
                     *(f"alone: {fault}" for fault in beside.failures)])
    scene.must(Counter(reader.data) == Counter(shop.committed),
               f"{len(reader.data)} events of {len(shop.committed)} rows")
    unpublished = world.rows("SELECT id, error FROM broadcast WHERE error IS NOT NULL", "shop")
    scene.must(not unpublished, f"called unpublished: {unpublished[:5]}")
    scene.must("not published" not in world.reader.log(), "the log calls rows unpublished")
    scene.must(left < count, "no row was removed while the application worked")
    scene.note(**{name: {
        "committed": len(shop.committed), "failed": len(shop.failures),
        "failed_alone": len(beside.failures), "rows_left_at_its_end": left,
        "wait_ms": spread(shop.waits), "wait_alone_ms": spread(beside.waits)}})
    scene.ends(world)


def held(world):
    return world.rows("SELECT count(*) FROM broadcast", "shop")[0][0]


def spread(waits):
    waits = sorted(waits)
    return {"p50": waits[len(waits) // 2], "p99": waits[int(len(waits) * 0.99)], "max": waits[-1]}
