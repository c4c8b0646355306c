# SPDX-License-Identifier: MIT
"""The log is deleted, or put back from an older copy, again and again, under
subscribers of whom some are away meanwhile: no id stands for two events ever,
and who has seen what the log no longer knows is told so."""

import shutil

from verdict import CALM, Account
from wanderer import Wanderers
from world import SLOW

TELLING = True
SHORT = {"times": 4}
FULL = {"times": 100}

READERS = 12


class Restoring:
    def __init__(self, scene):
        self.scene, self.rng = scene, scene.rng
        self.world = scene.world(web=False)
        self.copy = scene.folder()
        self.account = Account()
        self.crowd = Wanderers(self.world, self.account)
        self.given = {}  # id -> data, in whichever history
        self.expected = [0] * READERS  # resets

    def publish(self, count):
        ids = []
        for _ in range(count):
            data = f"e/{len(self.given)}"
            id = self.world.publish(data)
            self.scene.must(id > max(self.given, default=0),
                            f"I5 the id {id} of {data} is not above all before")
            self.given[id] = data
            ids.append(id)
        return ids

    def all_have(self, id):
        crowd = self.crowd.subscribers
        self.world.crowd.wait(
            lambda: all(one.newest >= id for one in crowd if one.state != "CLOSED"),
            lambda: f"I6 not all have {id}", CALM * SLOW)

    def files(self, folder):
        return list(folder.glob("log.db*"))

    def keep_copy(self):
        self.world.hub.stop()
        for file in self.files(self.copy):
            file.unlink()
        for file in self.files(self.world.folder):
            shutil.copy(file, self.copy)
        self.world.hub.start()
        self.world.is_healthy()

    def put_back(self, copy):
        self.world.hub.stop()
        for file in self.files(self.world.folder):
            file.unlink()
        for file in self.files(self.copy) if copy else []:
            shutil.copy(file, self.world.folder)
        self.world.hub.start()
        self.world.is_healthy()

    def once(self):
        self.all_have(self.publish(5)[-1])
        self.keep_copy()
        lost = self.publish(self.rng.randrange(1, 6))
        self.all_have(lost[-1])
        away = [one for one in self.crowd.subscribers if self.rng.random() < 0.5]
        for one in away:
            self.world.crowd.call(one.go)
        self.put_back(copy=self.rng.random() < 0.8)
        new = self.publish(3)
        for one in away:
            self.world.crowd.call(one.return_)
        self.all_have(new[-1])
        self.expected = [count + 1 for count in self.expected]

    def faults(self):
        """Each has seen every event once, and a reset between the histories."""
        for n, one in enumerate(self.crowd.subscribers):
            seen = [item[0] for item in one.history if item is not None]
            if seen != sorted(self.given):
                yield f"I3 subscriber {n} saw {len(seen)} events, not just the {len(self.given)}"
            if one.seen.resets != self.expected[n]:
                yield (f"I3 subscriber {n} was told of {one.seen.resets} gaps, "
                       f"not of {self.expected[n]}")


def play(scene, times):
    restoring = Restoring(scene)
    restoring.crowd.join(READERS, "main")
    restoring.crowd.are_connected()
    for _ in range(times):
        restoring.once()
    scene.faultless(list(restoring.faults()))
    scene.note(events=len(restoring.given), resets=sum(restoring.expected))
