# SPDX-License-Identifier: MIT
"""Whoever dies when: each good row is published once, each refused one keeps its reason."""

import contextlib
import os
import random
import sqlite3
import time

import pytest

from peers import Proxy
from wire import At, Inbox, Rows, Taken, Told
from world import World, eventually

SEED = int(os.environ.get("TIDINGS_SEED", "1"))


class Between(World):
    """A world in which the reader reaches the hub by way of a proxy."""

    def __init__(self):
        super().__init__()
        self.between = Proxy(self.folder / "between.sock", self.hub_socket)
        self.closing.callback(self.between.close)
        self.reader.stop()
        self.settings["hub"]["socket"] = self.folder / "between.sock"
        self.reader.command[-1] = self.write_config("inbox.conf")
        self.reader.start()
        self.listener = self.listen(reconnect=True)
        self.wanted = []
        self.refused = 0

    def put(self, *words):
        """A row for each; one that begins with "bad" cannot be published."""
        with self.open_inbox() as db:
            db.execute("PRAGMA ignore_check_constraints = ON")
            db.execute("BEGIN IMMEDIATE")
            for word in words:
                db.execute("INSERT INTO broadcast(channel, data) VALUES (?, ?)",
                           ["" if word.startswith("bad") else "main", word])
            db.execute("COMMIT")
        self.wanted += [word for word in words if not word.startswith("bad")]
        self.refused += sum(word.startswith("bad") for word in words)

    def all_is_well(self, within=30):
        self.listener.wait(lambda: len(self.listener.data) >= len(self.wanted), self.listener.story, within)

        def left():
            with contextlib.suppress(sqlite3.OperationalError):
                return self.rows("SELECT substr(data, 1, 3), error IS NULL, count(*) FROM broadcast"
                                 " GROUP BY 1, 2")
        eventually(lambda: left() == [("bad", 0, self.refused)] * (self.refused > 0),
                   f"of all rows {self.refused} being left, with their reasons ({left()})", within)
        assert self.listener.data == self.wanted


def kill_reader(world):
    world.reader.kill_worker()


def kill_supervisor(world):
    world.reader.kill()
    world.reader.launch()


def kill_hub(world):
    world.hub.kill_all()
    world.hub.launch()


KILLS = {"reader": kill_reader, "supervisor": kill_supervisor, "hub": kill_hub}
STEPS = {
    "the rows have not come": (Proxy.TO_HUB, Rows, 1),
    "they are the log's, and the reader does not know": (Proxy.TO_RESPONDER, Taken, 1),
    "the reason is in its row, and the hub does not know": (Proxy.TO_HUB, Told, 1),
    "the hub has forgotten it, and the reader does not know": (Proxy.TO_RESPONDER, Taken, 2),
    "the reader asks how far it is": (Proxy.TO_HUB, Inbox, 0),
    "the hub has said how far": (Proxy.TO_RESPONDER, At, 0),
}


@pytest.fixture(scope="module")
def between(make_shared_world):
    return make_shared_world(kind=Between)


@pytest.mark.parametrize("end", ["cut", "late"])
@pytest.mark.parametrize("step", [  # a question without an answer is waited for for 10 s
    pytest.param(step, marks=pytest.mark.slow) if count == 0 else step for step, (_, _, count) in STEPS.items()])
@pytest.mark.parametrize("victim", KILLS)
def test_a_death_at_this_step_doubles_and_loses_no_row(between, victim, step, end):
    """What was on its way is lost, or comes late."""
    world, (direction, kind, count) = between, STEPS[step]
    proxy = world.between
    if count == 0:
        proxy.hold(direction, kind)
        world.reader.kill_worker()
    elif count == 1:
        proxy.hold(direction, kind)
    else:  # that of ROWS goes on, that of TOLD does not
        proxy.hold(Proxy.TO_HUB, Told)
    world.put("one", "bad", "two")
    if count == 2:
        proxy.wait_until_held(Proxy.TO_HUB)
        proxy.hold(direction, kind)
        proxy.release(Proxy.TO_HUB)
    proxy.wait_until_held(direction)
    KILLS[victim](world)
    time.sleep(0.02)
    if end == "cut":
        proxy.cut()
    else:
        proxy.release(direction)
    world.put("three", "bad")
    world.all_is_well()


def test_many_deaths_at_any_time_double_and_lose_no_row(make_world):
    world = make_world(kind=Between)
    chance = random.Random(SEED)
    for n in range(60):
        world.put(*(chance.choice(("bad", "good", "good")) + f" {n}/{i}"
                    for i in range(chance.randrange(1, 40))))
        time.sleep(chance.random() * 0.03)
        victim = chance.choice((world.hub, world.reader, None))
        if victim is None:
            with contextlib.suppress(IndexError, ProcessLookupError):
                os.kill(world.reader.workers()[0], 9)
        else:
            victim.kill_all()
            victim.launch()
    world.all_is_well(60)
