# SPDX-License-Identifier: MIT
"""A sound log, whatever is done with it, is never called damaged."""

import contextlib
import random
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from brokenlog import a_hub, holds, the_log_of_the_hub
from wire import ALL, FAILED, FULL, STORED
from world import INSTRUMENTED, eventually

FULL_DISK = Path(__file__).resolve().parent.parent / "torture/full.c"
NAMES = [f"c{n}" for n in range(9)]
DEEDS = ["publishes"] * 12 + ["reads"] * 8 + ["follows", "restarts", "is_killed", "is_full"]
SECONDS = 5


class Life:
    """A hub with limits of all kinds, and what happens to it."""

    def __init__(self, make_world, folder, seed):
        self.rng, self.ids = random.Random(seed), []
        shim, self.full = folder / "full.so", folder / "full"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, FULL_DISK, "-ldl"], check=True)
        self.world = a_hub(make_world, hub={"keep_events": 60}, **{
            "channel c0": {"keep_events": 3}, "channel c1": {"keep_events": 12}})
        self.world.expected_faults = ["hub 0"]
        self.world.hub.stop()
        self.world.hub.environment.update(LD_PRELOAD=str(shim), TIDINGS_FULL=str(self.full))
        self.world.hub.start()
        self.peer = self.world.hub_peer()

    def publishes(self):
        rng = self.rng
        got = self.peer.publish(*["x" * rng.choice([1, 50, 3000])] * rng.randrange(1, 12),
                                channel=rng.choice(NAMES))
        assert got.outcome == STORED
        self.ids += range(got.first, got.last + 1)

    def is_full(self):
        rng = self.rng
        self.full.touch()
        for _ in range(3):
            got = self.peer.publish(*["x" * 5000] * 4,
                                    channel=rng.choice(NAMES + [f"n{rng.randrange(1000)}"]))
            assert got.outcome in (FULL, FAILED), got
        self.full.unlink()
        eventually(lambda: self.peer.publish("room", channel=rng.choice(NAMES)).outcome == STORED,
                   "there being room again")

    def restarts(self):
        self.world.restart_hub({
            "channel c1": {"keep_events": self.rng.choice([2, 12, 40])},
            f"channel c{self.rng.randrange(2, 9)}": {"keep_events": 30}})
        self.peer = self.world.hub_peer()

    def is_killed(self):
        self.world.hub.kill_all()
        self.world.hub.start()
        self.peer = self.world.hub_peer()

    def follows(self):
        peer = self.world.hub_peer()
        peer.follow(self.rng.choice(self.ids[-40:] or [0]), self.rng.choice([1, 1000, 1 << 20]))
        peer.ping()

    def reads(self):
        """All pages from somewhere, against what the log has."""
        if not self.ids:
            return
        names, cursor = self.rng.sample(NAMES, self.rng.randrange(1, 5)), self.rng.choice(self.ids[-80:])
        before = self.held()
        past = self.peer.page(*names, value=cursor, bytes=self.rng.choice([1, 100, 20000]))
        seen = [event.id for event in past.events]
        if self.held() == before:
            held, pruned = before
            wanted = cursor < max(pruned.get(name, 0) for name in names)
            assert bool(past.gap) == wanted, (names, cursor, pruned)
            assert seen == [id for id, name in held if name in names and id > cursor][:len(seen)]

    def held(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.world.log_db}?mode=ro", uri=True)) as db:
            return (db.execute("SELECT event.id, CAST(name AS TEXT) FROM event JOIN channel"
                               " ON number = channel ORDER BY event.id").fetchall(),
                    dict(db.execute("SELECT CAST(name AS TEXT), pruned_through FROM channel")))

    def is_sound(self):
        assert "damaged" not in self.world.hub.log() and "are gone" not in self.world.hub.log()


@pytest.mark.skipif(INSTRUMENTED, reason="an instrument and a preloaded library do not mix")
@pytest.mark.parametrize("seed", [1, 2])
def test_a_sound_log_is_never_called_damaged(make_world, tmp_path, seed):
    life, end = Life(make_world, tmp_path, seed), time.monotonic() + SECONDS
    while time.monotonic() < end:
        getattr(life, life.rng.choice(DEEDS))()
        life.is_sound()


# What each version of the log brought, taken out again.
BROUGHT = {
    7: ["DROP TABLE due", "DROP TABLE erasing", "ALTER TABLE channel DROP COLUMN erased"],
    6: ["DROP TABLE orphan", "DROP INDEX gone_by_mark", "ALTER TABLE gone DROP COLUMN rest",
        "CREATE INDEX gone_by_mark ON gone(mark)"],
    5: ["DROP TABLE shown", "DROP TABLE present",
        "DELETE FROM meta WHERE name = 'private'"],
    4: ["ALTER TABLE event DROP COLUMN traits", "DROP TABLE label",
        "DELETE FROM meta WHERE name = 'tickets'"],
    3: ["DROP TABLE gone", "DELETE FROM meta WHERE name IN ('date', 'secret')"],
    2: ["ALTER TABLE event DROP COLUMN sum", "ALTER TABLE event DROP COLUMN back",
        "ALTER TABLE channel DROP COLUMN sum", "DELETE FROM meta WHERE name = 'unsummed'"],
}


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6])
def test_a_log_that_an_older_hub_wrote_is_sound(make_world, version):
    world = a_hub(make_world, hub={"keep_events": 30}, **{"channel c0": {"keep_events": 3}})
    peer = world.hub_peer()
    for n in range(60):
        last = peer.publish(f"e{n}", channel=f"c{n % 4}").first
    with the_log_of_the_hub(world) as db:
        for newer in range(max(BROUGHT), version, -1):
            for statement in BROUGHT[newer]:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {version}")
    for _ in range(3):
        held, began = holds(world, last)
        assert held and began < held[0]
        peer = world.hub_peer()
        for name in ("c0", "c1", "c2", "c3"):
            peer.page(name, start=ALL)
        for n in range(7):
            last = peer.publish(f"f{n}", channel=f"c{n % 5}").first
        world.hub.kill_all()
        world.hub.start()
    assert "damaged" not in world.hub.log() and "are gone" not in world.hub.log()
