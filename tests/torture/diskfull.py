# SPDX-License-Identifier: MIT
"""The disk of the log is full again and again; streams and replays go on, every
POST is refused at once and says why, and when there is room again publishing
goes on by itself; nothing acknowledged is lost, nothing refused is stored twice."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from crowd import Audience, Publishers
from scene import NotHere
from verdict import Account
from wire import VOLATILE
from world import SLOW, eventually

TELLING = True
SHORT = {"cycles": 4, "refused_ms": 1000, "recovery_ms": 2000}
FULL = {"cycles": 100, "refused_ms": 100, "recovery_ms": 1000}

DISK = "16m"
LEFT = 400_000      # bytes left at most when the disk fills
PUBLISHERS = 2
REFUSALS = 5        # POSTs timed while the disk is full
KILLED = 0.2        # share of the cycles in which the hub is killed as well
ENDED = 0.1         # ... in which it is ended when there is room again
KEPT = {"keep_age": "0", "keep_events": "0", "keep_bytes": "0"}


def namespace():
    """The words that give a program mounts of its own."""
    for words in (["unshare", "-m"], ["unshare", "-rm"]):
        if subprocess.run([*words, "mount", "-t", "tmpfs", "none", "/mnt"],
                          capture_output=True).returncode == 0:
            return words
    raise NotHere("needs the right to mount a tmpfs of its own")


class SmallDisk:
    """A tmpfs that only the hub sees; others reach it through /proc."""

    def __init__(self, scene):
        self.words, self.mounted = namespace(), scene.folder()
        self.log = self.mounted / "log.db"

    def move_log_of(self, world):
        world.hub.stop()
        mount = f"mount -t tmpfs -o size={DISK} none {self.mounted} && exec \"$@\""
        world.hub.command = [*self.words, "sh", "-c", mount, "sh", *world.hub.command]
        world.hub.start()
        self.root = Path(f"/proc/{world.hub.pid}/root{self.mounted}")
        world.is_healthy()

    def fill(self, left):
        """Takes what is free, but for so many bytes."""
        def filled():
            with open(self.root / "filler", "wb") as filler:
                free = os.statvfs(self.root)
                size = max(1, free.f_bavail * free.f_frsize - left)
                with contextlib.suppress(OSError):  # the hub was faster
                    os.posix_fallocate(filler.fileno(), 0, size)
                    return True
        eventually(filled, "the disk being filled")

    def make_room(self):
        (self.root / "filler").unlink()

    def copy(self, folder):
        """Of the log, taken while nobody writes: SQLite would resolve the path
        through /proc to the folder beneath the mount."""
        for name in ("log.db", "log.db-wal"):
            shutil.copy(self.root / name, folder / name)
        return folder / "log.db"


class Prober:
    """Publishes one event after the other, and times what it is told."""

    def __init__(self, scene, world, account):
        self.scene, self.world, self.account = scene, world, account
        self.count = 0
        self.refused = []   # ms
        self.data = None    # what was refused last

    def post(self):
        """A new event, or the one that was refused; whether it was stored."""
        if self.data is None:
            self.data = f"probe/{self.count} " + "d" * self.scene.rng.randrange(2_000)
            self.count += 1
            self.account.tries("main", self.data)
        began = time.monotonic()
        answer = self.world.post(f"/realtime/main?id=probe-{self.count}", self.data.encode())
        took = 1000 * (time.monotonic() - began)
        if answer.status == 200:
            self.account.acknowledges(self.data, answer.json["id"])
            self.data = None
            return True
        self.refused.append(took)
        self.scene.must(answer.status == 503 and answer.json["error"] == "disk_full"
                        and int(answer.headers["retry-after"]) >= 1,
                        f"a full disk was answered {answer} {answer.headers}")
        return False

    def until_refused(self):
        for _ in range(1000):
            if not self.post():
                return
        raise AssertionError("the disk does not get full")


class Cycles:
    def __init__(self, scene, world, disk, account):
        self.scene, self.world, self.disk, self.account = scene, world, disk, account
        self.crowd = Audience(world, account)
        self.crowd.join(20)
        self.live = [world.listen("live") for _ in range(3)]
        self.prober = Prober(scene, world, account)
        self.recoveries = []  # ms
        self.ends = 0

    def cycle(self, number):
        rng = self.scene.rng
        self.disk.fill(rng.randrange(LEFT))
        self.prober.until_refused()
        if rng.random() < KILLED:
            self.kill()
        self.insert(number)
        for _ in range(REFUSALS):
            if self.prober.post():  # what another had freed
                self.prober.until_refused()
        self.live_goes_on(number)
        self.replay_goes_on()
        self.disk.make_room()
        began = time.monotonic()
        eventually(self.prober.post, "publishing going on when there is room again", 20)
        self.recoveries.append(1000 * (time.monotonic() - began))
        if rng.random() < ENDED:  # then the write-ahead log is small again
            self.end(signal.SIGTERM)

    def end(self, number):
        self.ends += 1
        self.world.hub.has_settled()
        ended = self.world.hub.kill_worker(number=number)
        self.world.hub.has_other_worker(ended, 20)
        eventually(self.world.hub_serves, "the hub serving again", 20)

    def kill(self):
        """The new worker finds the full disk when it starts."""
        self.end(signal.SIGKILL)
        eventually(lambda: self.world.health().json.get("reason", "").startswith("no room"),
                   "the reason being told again", 20)

    def insert(self, number):
        """The inbox is on another disk: it takes rows, published later."""
        rows = [f"row/{number}/{n} " + "r" * n for n in range(5)]
        for data in rows:
            self.account.tries("main", data)
        self.world.insert(*rows)
        for data in rows:
            self.account.acknowledges(data)

    def live_goes_on(self, number):
        peer = self.world.hub_peer()
        peer.publish(f"cycle {number}", channel="live", flags=VOLATILE)
        peer.close()
        for one in self.live:
            one.sees(f"cycle {number}")

    def replay_goes_on(self):
        """From an event of any age: below the window the hub is asked."""
        known = sorted(id for id in self.account.acknowledged.values() if id)
        newest = known[-1]
        one, = self.crowd.join(1, last_event_id=str(self.scene.rng.choice(known[:-1])))
        self.world.crowd.wait(lambda: one.newest >= newest,
                              lambda: f"replay got as far as {one.newest} of {newest}", 10 * SLOW)


def play(scene, cycles, refused_ms, recovery_ms):
    disk = SmallDisk(scene)
    world = scene.world({"hub": {"log": disk.log, **KEPT}, "responder": {"window": "1M"}})
    disk.move_log_of(world)
    world.expected_faults = ["exited with status 0"]
    account = Account()
    played = Cycles(scene, world, disk, account)
    with Publishers(world, account, PUBLISHERS, rate=10.0) as publishers:
        for number in range(cycles):
            played.cycle(number)
            publishers.check()
            if number % 10 == 9:
                scene.say(f"{number + 1} cycles")
    played.crowd.calms_down()
    world.log_db = disk.copy(scene.folder())
    scene.faultless(played.crowd.faults())
    scene.must(not any(one.ends for one in played.live), "a full disk ended a stream")
    refused, recoveries = sorted(played.prober.refused), sorted(played.recoveries)
    scene.note(events=len(account.tried), acknowledged=len(account.acknowledged),
               refused=len(refused) + publishers.repeats, hub_ends=played.ends,
               refused_p50_ms=round(refused[len(refused) // 2], 1),
               refused_max_ms=round(refused[-1], 1),
               recovery_p50_ms=round(recoveries[len(recoveries) // 2]),
               recovery_max_ms=round(recoveries[-1]))
    scene.must(refused[-1] < refused_ms * SLOW, f"a refusal took {refused[-1]:.0f} ms")
    scene.must(recoveries[-1] < recovery_ms * SLOW, f"recovery took {recoveries[-1]:.0f} ms")
