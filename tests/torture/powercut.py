# SPDX-License-Identifier: MIT
"""The power goes at any step of the hub's way to the disk, in start-up, at work,
at the end and after a crash, and takes what was not synced, all of it or some;
nothing acknowledged is lost, no id stands for two events, the log opens."""

import contextlib
import math
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
from collections import Counter

from crowd import Audience, Publishers
from forgetful import NOTHING, OF_ALL, OF_WAL, ForgetfulDisk
from scene import NotHere
from shredder import Shredder
from verdict import Account, faults, truth_of
from world import SLOW, WRAP, eventually, is_alive

TELLING = True
SHORT = {"cuts": 6, "subscribers": 10, "proofs": 2}
FULL = {"cuts": 1000, "subscribers": 40, "proofs": 20}

A_WORLD = 50        # cuts, then the books are checked and another one begins
AT_WORK = 5000      # steps until the cut, at most
IN_PASSING = 300    # the same where it is to come in start-up or at the end
PATIENCE = 3        # seconds for a cut that no step brings
SURVIVE = 0, 0, 0.1, 0.5, 0.9  # of what was not synced


class Writer:
    """The sqlite3 program inserting pairs of rows.  If it asks for enough, what
    it says it committed is acknowledged; else, what a cut has left of it."""

    # (journal mode, synchronous, whether COMMIT outlives a power cut)
    KINDS = (("wal", "FULL", True), ("wal", "NORMAL", False),
             ("delete", "EXTRA", True), ("delete", "FULL", False))

    def __init__(self, world, disk, account, kind):
        self.inbox, self.account = world.inboxes["main"], account
        self.journal, self.synchronous, self.strict = kind
        self.environment = dict(os.environ, **disk.environment())
        self.count = 0
        self.process = self.thread = None

    def start(self):
        self.over = threading.Event()
        self.pairs = []
        self.process = subprocess.Popen(
            ["sqlite3", "-bail", str(self.inbox)], env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.thread = threading.Thread(target=self._write, daemon=True)
        self.thread.start()

    def _write(self):
        with contextlib.suppress(BrokenPipeError):
            print(f".timeout 5000\nPRAGMA synchronous = {self.synchronous};",
                  file=self.process.stdin)
            while not self.over.wait(0.005):
                pair = [f"w/{self.count}/{n} " + "y" * (self.count % 50) for n in (0, 1)]
                for data in pair:
                    self.account.tries("main", data)
                self.pairs.append(pair)
                self.count += 1
                print("BEGIN IMMEDIATE; INSERT INTO broadcast(data) VALUES "
                      f"('{pair[0]}'), ('{pair[1]}'); COMMIT; SELECT 'done';",
                      file=self.process.stdin, flush=True)

    def stop(self, number=signal.SIGKILL):
        """With SIGTERM no cut comes any more."""
        if self.process is None:
            return
        self.over.set()
        self.process.send_signal(number)
        self.thread.join()
        told = self.process.stdout.read().count("\n")
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.process = None
        if self.strict or number == signal.SIGTERM:
            self._acknowledge(data for pair in self.pairs[:told] for data in pair)

    def _acknowledge(self, rows):
        for data in rows:
            self.account.acknowledges(data)

    def finds(self, folder):
        """Looks at a copy of what is there after a cut: that must be published."""
        for path in self.inbox.parent.glob(self.inbox.name + "*"):
            shutil.copy(path, folder)
        with contextlib.closing(sqlite3.connect(folder / self.inbox.name)) as db, \
                contextlib.suppress(sqlite3.OperationalError):  # no table yet
            self._acknowledge(data for data, in db.execute("SELECT data FROM broadcast"))
        for path in folder.glob(self.inbox.name + "*"):
            path.unlink()


class Place:
    """A world whose power goes and comes back."""

    survive, within = SURVIVE, 20

    def __init__(self, scene, subscribers, swallow=NOTHING):
        self.rng = scene.rng
        self.world = scene.world(web=False, hub=False, responder=False)
        self.disk = ForgetfulDisk(self.world, scene.folder(), swallow)
        self.disk.under(self.world.hub)
        self.disk.under_reader(self.world.reader)
        self.account, self.copies = Account(), scene.folder()
        self.writer = Writer(self.world, self.disk, self.account, self.rng.choice(Writer.KINDS))
        self._make_inbox()
        self.world.hub.start()
        self.world.reader.start()
        self.world.responder.start()
        self.world.is_healthy()
        self.crowd = Audience(self.world, self.account)
        self.crowd.join(subscribers)
        self.kinds = Counter()
        self.steps = 0
        self.publishers = Publishers(self.world, self.account, 4, rate=0, longest=700)
        self.shredder = Shredder(self.world)

    def _make_inbox(self):
        """As an application's own database, whose journal mode the hub keeps."""
        with contextlib.closing(sqlite3.connect(self.world.inboxes["main"])) as db:
            db.execute(f"PRAGMA journal_mode = {self.writer.journal}")
            db.execute("CREATE TABLE own(x)")

    def play(self, cuts, kinds):
        with self.publishers, self.shredder:
            self.writer.start()
            for _ in range(cuts):
                kind = self.rng.choice(kinds)
                self.kinds[kind.__name__] += 1
                kind(self)
                self.publishers.check()
            self.serves()
        self.writer.stop(signal.SIGTERM)

    def serves(self):
        count = self.publishers.count
        eventually(lambda: self.publishers.count > count, "the hub serving again",
                   self.within)

    def few(self, most):
        """Seldom many."""
        return round(math.exp(self.rng.uniform(0, math.log(most))))

    # ---- the cut
    def is_cut(self):
        with contextlib.suppress(AssertionError):
            eventually(self.disk.is_cut, "a cut", PATIENCE / SLOW)
        self.disk.cut()
        self.steps += self.disk.steps
        kill_at_once(self.world.hub, self.world.reader, self.world.responder)
        self.writer.stop()

    def comes_back(self, steps=None):
        """Perhaps not for longer than so many steps."""
        self.disk.comes_back(self.rng, self.rng.choice(self.survive))
        self.writer.finds(self.copies)
        if steps:
            self.disk.arm(steps)
        self.world.hub.launch()
        self.world.reader.launch()
        self.world.responder.launch()
        self.writer.start()

    # ---- the books
    def settles(self):
        """What was inserted is on its way; whether it arrives says the checker."""
        with contextlib.suppress(AssertionError):
            eventually(self._all_arrived, "all inserted rows", PATIENCE)

    def faults(self):
        self.crowd.calms_down(within=30)
        seen = {f"subscriber {n}": one.seen for n, one in enumerate(self.crowd.subscribers)}
        return faults(self.account, seen, truth_of(self.world.log_db)) + self.shredder.faults()

    def _all_arrived(self):
        here = {token for _, token, _ in truth_of(self.world.log_db).values()}
        return here >= self.account.acknowledged.keys()


def kill_at_once(*daemons):
    """First stopped, so that no parent starts another worker."""
    pids = []
    for daemon in daemons:
        os.killpg(daemon.pid, signal.SIGSTOP)
    for daemon in daemons:
        pids += daemon.workers()
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.process.wait()
        daemon.process = None
    for pid in pids:
        eventually(lambda: not is_alive(pid), f"worker {pid} ending")


# ---- when it goes

def at_work(place):
    place.serves()
    place.disk.arm(place.few(AT_WORK))
    place.is_cut()
    place.comes_back()


def in_start_up(place):
    """Twice, that is: what the first one left is being mended."""
    place.serves()
    place.disk.cut()
    place.is_cut()
    place.comes_back(place.few(IN_PASSING))
    place.is_cut()
    place.comes_back()


def at_the_end(place):
    place.serves()
    place.disk.arm(place.few(IN_PASSING))
    place.world.hub.process.terminate()
    place.is_cut()
    place.comes_back()


def after_a_crash(place):
    """What the killed hub had written, the next one may have served already."""
    place.serves()
    place.world.hub.kill_worker()
    place.disk.arm(place.few(IN_PASSING))
    place.is_cut()
    place.comes_back()


KINDS = at_work, at_work, in_start_up, at_the_end, after_a_crash


def proves_itself(scene, subscribers, cuts, swallow, name):
    """A disk that lies about its syncs loses events, and the checker says so."""
    place = Place(scene, subscribers, swallow)
    place.survive, place.within = [0], PATIENCE
    place.world.expected_faults = ["exited with status 1"]  # on what is left
    for publisher in place.publishers.all:
        publisher.PATIENCE = 2 * PATIENCE
    try:
        place.play(cuts, [at_work])
        told = place.faults()
    except AssertionError as fault:
        told = [str(fault)]
    scene.must(told, f"with {name} nothing was lost in {cuts} cuts: this disk forgets nothing")
    scene.say(f"{name}: {len(told)} faults, as is right; {told[0]}")
    scene.note(**{name.replace(" ", "_"): len(told)})


def play(scene, cuts, subscribers, proofs):
    if WRAP:
        raise NotHere("an instrument and a preloaded disk do not mix")
    figures = Counter()
    while figures["cuts"] < cuts:
        place = Place(scene, subscribers)
        count = min(A_WORLD, cuts - figures["cuts"])
        place.play(count, KINDS)
        place.settles()
        scene.faultless(place.faults())
        figures.update(cuts=count, steps=place.steps, events=len(place.account.tried),
                       acknowledged=len(place.account.acknowledged),
                       deliveries=place.crowd.delivered(), **place.kinds)
        scene.say(f"{figures['cuts']} cuts, {figures['acknowledged']} acknowledged; inbox: "
                  f"{place.writer.journal}, {place.writer.synchronous}")
    scene.note(**{name: count for name, count in figures.items() if name != "cuts"})
    proves_itself(scene, subscribers, proofs, OF_WAL, "wal unsynced")
    proves_itself(scene, subscribers, proofs, OF_ALL, "nothing synced")
