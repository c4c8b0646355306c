# SPDX-License-Identifier: MIT
"""The files of the log and of an inbox are deleted, replaced, emptied, cut short,
overwritten and made immutable under a running hub, and a log is damaged before
a start: either one clear sentence ends it, or it goes on and says what is gone;
no id is used twice, and nothing that a check can see is passed over."""

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

from crowd import Audience, Publishers
from damage import damage_logs
from verdict import Account, truth_of
from world import eventually

SHORT = {"rounds": 1, "deeds": 4, "damages": 25}
FULL = {"rounds": 3, "deeds": 100, "damages": 300}

# What the log says when something of it, or of an inbox, is gone or unreadable.
SAID = re.compile(r"^tidings-hub\[\d+\]: (log|inbox main) .*\b(removed|replaced|malformed|damaged|"
                  r"not an SQLite database|not a Tidings log|older copy|I/O error|cut short|"
                  r"cannot write|readonly|unable to open|not permitted|Not permitted|are gone)", re.M)


# ---- the deeds; each is done to one file while all is under way

def deleted(path, before, rng):
    path.unlink()


def replaced_by_its_past(path, before, rng):
    new = path.with_name("new")
    shutil.copy(before, new)
    os.replace(new, path)


def replaced_by_garbage(path, before, rng):
    new = path.with_name("new")
    new.write_bytes(rng.randbytes(rng.randrange(1, 30000)))
    os.replace(new, path)


def emptied(path, before, rng):
    os.truncate(path, 0)


def cut_short(path, before, rng):
    os.truncate(path, rng.randrange(1, path.stat().st_size))


def overwritten(path, before, rng):
    with open(path, "r+b") as file:
        for _ in range(5):
            file.seek(rng.randrange(path.stat().st_size))
            file.write(rng.randbytes(rng.randrange(1, 5000)))


def made_immutable(path, before, rng):
    subprocess.run(["chattr", "+i", str(path)], check=True, capture_output=True)


DEEDS = (deleted, replaced_by_its_past, replaced_by_garbage, emptied, cut_short, overwritten,
         made_immutable)
# SQLite passes over what it cannot read at the end of a write-ahead log, for all
# who use the file: rows of an inbox that nobody had read by then are gone, and
# nothing is left that could tell.
UNTOLD = (cut_short, overwritten)
FILES = ("log.db", "log.db-wal", "inbox/inbox.db", "inbox/inbox.db-wal")


def free(folder):
    with contextlib.suppress(FileNotFoundError):
        subprocess.run(["chattr", "-R", "-i", str(folder)], capture_output=True)


def may_make_immutable(scene):
    folder = scene.folder()
    (folder / "file").write_bytes(b"x")
    try:
        made_immutable(folder / "file", None, scene.rng)
        return True
    except (OSError, subprocess.CalledProcessError):
        return False
    finally:
        free(folder)


# ---- meanwhile

class Inserter(threading.Thread):
    """A row now and then, again if it is refused; and who was told of it."""

    def __init__(self, world, account):
        super().__init__(daemon=True)
        self.world, self.account, self.count = world, account, 0
        self.stop = threading.Event()

    def run(self):
        while not self.stop.wait(0.02):
            data = f"row/{self.count} r"
            self.account.tries("main", data)
            with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(
                    f"file:{self.world.inboxes['main']}?mode=rw", uri=True,
                    isolation_level=None, timeout=0.5)) as db:
                db.execute("INSERT INTO broadcast(data) VALUES (?)", [data])
                self.account.acknowledges(data)
            self.count += 1


def keep_past(world):
    """Copies of all files as they are now, in a folder of their own."""
    past = world.folder / "past"
    past.mkdir()
    for name in FILES:
        shutil.copy(world.folder / name, past / name.replace("/", "-"))
    return past


def has_many(account, more):
    wanted = len(account.acknowledged) + more
    eventually(lambda: len(account.acknowledged) >= wanted, "events being acknowledged", 20)


def stands(world):
    """True when it serves; False when it has said twice why it does not."""
    def known():
        with contextlib.suppress(OSError):
            if world.health().status == 200 and world.hub_serves():
                return "serves"
        ends = world.hub.log().count(", exited with status")
        return "refuses" if ends >= 3 else None
    return eventually(known, "the hub serving, or saying why not", 30) == "serves"


def mend(world):
    """What a person does: the log goes out of the way, or is to be written again."""
    free(world.folder)
    if not stands_again(world):
        aside = world.folder / "aside"
        aside.mkdir()
        for path in world.folder.glob("log.db*"):
            if not path.name.endswith(".lock"):
                path.rename(aside / path.name)
    world.is_healthy(30)


def stands_again(world):
    with contextlib.suppress(AssertionError):
        world.is_healthy(3)
        return True
    return False


def vandalise(scene, name, deed):
    world = scene.world({"responder": {"window": "1M"}})
    scene.closing.callback(free, world.folder)
    world.expected_faults = ["exited with status 1"]
    account = Account()
    crowd = Audience(world, account)
    inserter = Inserter(world, account)
    inserter.start()
    crowd.join(3)
    with Publishers(world, account, 2, rate=100.0):
        has_many(account, 40)
        past = keep_past(world)
        has_many(account, 40)
        deed(world.folder / name, past / name.replace("/", "-"), scene.rng)
        time.sleep(0.7)  # polls, a tick
        if scene.rng.random() < 0.5:
            for pid in world.hub.workers():  # none, if it refuses already
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        served = stands(world)
        if not served or deed is made_immutable:
            mend(world)
        has_many(account, 20)
        inserter.stop.set()
        inserter.join()
    crowd.calms_down(within=10)
    with contextlib.suppress(AssertionError):  # rows of an inbox that is tried again
        eventually(lambda: is_told(world) or not gone(world, account), "all having come", 5)
    scene.faultless([f"{name} {deed.__name__}: {fault}; the hub: {world.hub.log()[-1500:]}"
                     for fault in faults(world, account, crowd, name, deed)])
    for fault in world.close():
        scene.must(False, f"{name} {deed.__name__}: {fault}")
    scene.worlds.remove(world)
    return served


# ---- the verdict

def is_told(world):
    return SAID.search(world.hub.log())


def gone(world, account):
    there = {row[1] for row in truth_of(world.log_db).values()}
    return [token for token in account.acknowledged if token not in there]


def faults(world, account, crowd, name, deed):
    truth = truth_of(world.log_db)
    lost = gone(world, account)
    of_inbox = name.startswith("inbox")
    if lost and not is_told(world) and not (of_inbox and deed in UNTOLD):
        yield f"I1 {len(lost)} acknowledged are gone in silence: {lost[:5]}"
    if of_inbox and [t for t in lost if not t.startswith("row/")]:
        yield f"I1 {len(lost)} are gone with an inbox: {lost[:5]}"
    sums = {sum for _, sum in account.tried.values()}
    known = {id: sum for id, (_, _, sum) in truth.items()}
    for token, id in account.acknowledged.items():
        if id is not None and known.setdefault(id, account.tried[token][1]) != account.tried[token][1]:
            yield f"I5 {id} is {token}, and another event"
    for n, one in enumerate(crowd.subscribers):
        yield from of_subscriber(f"subscriber {n}", one.seen, account, known, sums)


def of_subscriber(name, seen, account, known, sums):
    last = seen.start
    for id, sum in zip(seen.ids, seen.sums):
        if id <= last:
            yield f"I3 {id} came after {last} ({name})"
        last = id
        if sum not in sums:
            yield f"I4 {id} is nothing that was published ({name})"
        if known.setdefault(id, sum) != sum:
            yield f"I5 {id} stood for two events ({name})"
    missed = [id for id in account.acknowledged.values()
              if id is not None and id > seen.start and id not in set(seen.ids)]
    if missed and not seen.resets:
        yield f"I3 {len(missed)} acknowledged were missed, and no reset: {missed[:5]} ({name})"
    if seen.late is not None:
        yield f"I6 not at the newest id after {seen.late:.1f} s of calm ({name})"


# ---- all of it

def play(scene, rounds, deeds, damages):
    immutable = may_make_immutable(scene)
    pairs = [(name, deed) for name in FILES for deed in DEEDS
             if immutable or deed is not made_immutable] * rounds
    scene.rng.shuffle(pairs)
    refused = 0
    for number, (name, deed) in enumerate(pairs[:deeds]):
        scene.say(f"{number}: {name} {deed.__name__}")
        refused += not vandalise(scene, name, deed)
    scene.note(deeds_done=len(pairs[:deeds]), refused_after_a_deed=refused,
               immutable="tried" if immutable else "chattr +i is not possible here")
    damage_logs(scene, damages)
