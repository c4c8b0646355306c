# SPDX-License-Identifier: MIT
"""A log that was damaged before the hub started, case after case: each event is
served as it was, under its id and on its channel, or whoever asks for it is
told that something is gone."""

import contextlib
import os
import shutil
import sqlite3

from peers import Closed
from wire import ALL
from world import SLOW, Daemon, eventually

CHANNELS = ("a", "b", "c")
PAGE = 4096


def make_history(scene, world):
    """Events on three channels, some of them only in the write-ahead log."""
    peer = world.hub_peer()
    history = {}
    for n in range(600):
        data = f"{n} " + "d" * scene.rng.randrange(400)
        channel = CHANNELS[n % 3]
        history[peer.publish(data, channel=channel, key=f"k{n}").first] = (channel, data.encode())
        if n == 450:  # the rest stays in the write-ahead log
            world.hub.stop()
            world.hub.start()
            peer = world.hub_peer()
    return history


def flip_bits(rng, data):
    for _ in range(rng.randrange(1, 20)):
        at = rng.randrange(len(data))
        data[at] ^= 1 << rng.randrange(8)


def overwrite(rng, data):
    at = rng.randrange(len(data))
    data[at:at + rng.randrange(1, PAGE)] = rng.randbytes(rng.randrange(1, PAGE))


def zero_a_page(rng, data):
    at = rng.randrange(len(data) // PAGE) * PAGE
    data[at:at + PAGE] = bytes(PAGE)


def fill_a_page(rng, data):
    at = rng.randrange(len(data) // PAGE) * PAGE
    data[at:at + PAGE] = rng.choice((b"\xff" * PAGE, rng.randbytes(PAGE)))


def swap_pages(rng, data):
    one, other = (rng.randrange(len(data) // PAGE) * PAGE for _ in range(2))
    data[one:one + PAGE], data[other:other + PAGE] = (
        data[other:other + PAGE], data[one:one + PAGE])


def cut(rng, data):
    del data[rng.randrange(len(data)):]


def header(rng, data):
    for _ in range(3):
        data[rng.randrange(100)] = rng.randrange(256)


DAMAGES = (flip_bits, flip_bits, overwrite, zero_a_page, fill_a_page, swap_pages, cut, header)


def without_rows(rng, folder):
    """Some events are gone, and nothing that SQLite could find fault with."""
    with contextlib.closing(sqlite3.connect(folder / "log.db", isolation_level=None)) as db:
        ids = [id for (id,) in db.execute("SELECT id FROM event")]
        for id in rng.sample(ids, rng.randrange(1, 4)):
            db.execute("DELETE FROM event WHERE id = ?", [id])
    return "log.db without_rows"


def spoil(rng, folder):
    """One of the two files, or both."""
    if rng.random() < 0.1:
        return without_rows(rng, folder)
    names = rng.choice((["log.db"], ["log.db"], ["log.db-wal"], ["log.db", "log.db-wal"]))
    words = []
    for name in names:
        data = bytearray((folder / name).read_bytes())
        size, deed = len(data), rng.choice(DAMAGES)
        if name.endswith("-wal"):  # zeros follow what is written
            used = len(data.rstrip(b"\0")) + 1
            data = data[:used]
        deed(rng, data)
        if deed is not cut and name.endswith("-wal"):
            data += bytes(size - len(data))
        (folder / name).write_bytes(data)
        words.append(f"{name} {deed.__name__}")
    return ", ".join(words)


class Case:
    """One start on a damaged copy, and what came of it."""

    def __init__(self, scene, world, pristine, history):
        self.scene, self.world, self.history = scene, world, history
        for name in ("log.db", "log.db-wal", "log.db-shm"):
            (world.folder / name).unlink(missing_ok=True)
        for name in ("log.db", "log.db-wal"):
            shutil.copy(pristine / name, world.folder / name)
        (world.folder / "log.db.lock").write_text(f"{max(history):016}\n")
        self.words = spoil(scene.rng, world.folder)
        self.hub = Daemon("damaged", world.hub.command, world.folder, world.hub_serves)
        world.hub.log_path.touch()

    def play(self):
        """"refused", "stopped" while it served, or "served..."."""
        if self.hub.log_path.exists():
            os.truncate(self.hub.log_path, 0)
        self.hub.launch()
        try:
            self.serves_or_ends()
            if self.ends() and not self.world.hub_serves():
                return self.said("refused")
            return self.read()
        except (Closed, ConnectionError, TimeoutError, FileNotFoundError):
            eventually(self.ends, f"{self.words}: the hub saying why it stopped", 20)
            return self.said("stopped")
        finally:
            self.hub.clean_up()

    def serves_or_ends(self):
        try:
            eventually(lambda: self.ends() or self.world.hub_serves(), "", 10)
        except AssertionError:
            self.scene.must(False, f"{self.words}: neither serves nor ends: {self.hub.log()[-900:]}")

    def ends(self):
        return ", exited with status" in self.hub.log()

    def said(self, outcome):
        """With one clear sentence."""
        lines = [line for line in self.hub.log().splitlines() if ": supervisor: " not in line]
        self.scene.must(any(f"log {self.world.log_db}" in line for line in lines[-2:]),
                        f"{self.words}: it ends and says {lines[-3:]}")
        return outcome

    def read(self):
        """Everything that it has, as a responder would; then something new."""
        peer = self.world.hub_peer(within=10 * SLOW)
        lost = dict(self.history)
        for channel in CHANNELS:
            for event in peer.page(channel, start=ALL).events:
                wanted = self.history.get(event.id)
                self.scene.must(wanted == (channel, event.data), f"{self.words}: {event.id} on"
                                f" {channel} is served, and was {str(wanted)[:60]}")
                lost.pop(event.id)
        new = peer.publish("new", channel="a").first
        self.scene.must(new > max(self.history), f"{self.words}: the id {new} is used again")
        return self.without(peer, sorted(lost)) if lost else "served"

    def without(self, peer, lost):
        """The end of a write-ahead log can be lost without a trace in the log: then
        the file beside it tells, and who has seen the end is told.  All else that
        is lost is told to everybody."""
        newest, outcome = sorted(self.history), "served_without_some"
        cut = "were acknowledged: the events between are gone" in self.hub.log()
        while cut and lost and lost[-1] == newest[-1]:
            id = newest.pop()
            lost.pop()
            outcome = "served_without_the_newest"
            self.scene.must(peer.page(self.history[id][0], value=id).gap, f"{self.words}: who has"
                            f" seen {id} is not told that it is gone")
        untold = [id for id in lost if not peer.page(self.history[id][0], value=id - 1).gap]
        self.scene.must(not untold, f"{self.words}: {len(untold)} events are gone in silence,"
                        f" {untold[:1]} to {untold[-1:]}: {self.hub.log()[-500:]}")
        return outcome


def damage_logs(scene, count):
    world = scene.world(web=False, responder=False, inbox=False)
    history = make_history(scene, world)
    world.hub.kill_all()
    pristine = scene.folder()
    for name in ("log.db", "log.db-wal"):
        shutil.copy(world.folder / name, pristine / name)
    outcomes = {}
    for number in range(count):
        case = Case(scene, world, pristine, history)
        outcome = case.play()
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        if number % 100 == 99:
            scene.say(f"damage {number}: {outcomes}")
    scene.note(damaged_starts=count, **outcomes)
