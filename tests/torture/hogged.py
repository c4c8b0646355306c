# SPDX-License-Identifier: MIT
"""A sqlite3 shell holds BEGIN IMMEDIATE on one inbox, another BEGIN EXCLUSIVE
on an application's database: publishing by POST, other inboxes and live
delivery go on as before, the log names both by their pid, and what the shells
then commit is published once."""

import contextlib
import sqlite3
import subprocess
import time

from crowd import Audience
from verdict import Account
from world import INSTRUMENTED, eventually

TELLING = True
SHORT = {"seconds": 3.0, "pause": 0.5, "slower": 5.0, "slack_ms": 200.0}
FULL = {"seconds": 60.0, "pause": 30.0, "slower": 1.2, "slack_ms": 2.0}


class Shell:
    """The sqlite3 program, at which somebody has stopped typing."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            ["sqlite3", "-batch", "-bail", str(path)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1)

    def types(self, *lines):
        """And has an answer when all is done."""
        self.process.stdin.write("\n".join(lines) + "\nSELECT 'done';\n\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer == "done\n", f"sqlite3 answers {answer!r}"

    def leaves(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def make_application(world):
    """With the table, and a rollback journal, as SQLite makes databases."""
    path = world.folder / "app.db"
    sql = world.rows("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
                     " AND name NOT LIKE 'sqlite_%' AND tbl_name = 'broadcast'")
    with contextlib.closing(sqlite3.connect(path)) as db:
        for (statement,) in sql:
            db.execute(statement)
        db.commit()
    world.restart_hub({"inbox app": {"path": path},
                       "inbox free": {"path": world.folder / "free.db", "create": "yes"}})
    world.is_healthy()


class Traffic:
    """POSTs, and now and then a row of the free inbox; and how long each took."""

    def __init__(self, world, account, reader):
        self.world, self.account, self.count = world, account, 0
        self.arrived = {}
        reader.on_event = lambda _, event: self.arrived.setdefault(event.data, time.monotonic())

    def goes_on(self, seconds):
        """{kind: its delays in ms, in order}"""
        posted, read, inserted = [], {}, {}
        end = time.monotonic() + seconds
        while time.monotonic() < end or not inserted:
            data = f"t{self.count} post"
            self.account.tries("main", data)
            read[data] = begun = time.monotonic()
            self.account.acknowledges(data, self.world.publish(data))
            posted.append(1000 * (time.monotonic() - begun))
            if self.count % 5 == 0:
                data = f"r{self.count} row"
                self.account.tries("main", data)
                self.world.insert(data, inbox="free")
                inserted[data] = time.monotonic()
                self.account.acknowledges(data)
            self.count += 1
            time.sleep(0.005)
        return {"post": sorted(posted), "live": self._until_read(read),
                "row": self._until_read(inserted)}

    def _until_read(self, sent):
        eventually(lambda: all(data in self.arrived for data in sent), "all being delivered")
        return sorted(1000 * (self.arrived[data] - at) for data, at in sent.items())


def percentile(sorted_values, share):
    return round(sorted_values[int(share * (len(sorted_values) - 1))], 2)


def play(scene, seconds, pause, slower, slack_ms):
    world = scene.world()
    make_application(world)
    account = Account()
    crowd = Audience(world, account)
    crowd.join(5)
    traffic = Traffic(world, account, world.listen())
    shells = {"main": ("IMMEDIATE", Shell(world.inboxes["main"])),
              "app": ("EXCLUSIVE", Shell(world.inboxes["app"]))}
    before = traffic.goes_on(pause)
    for name, (kind, shell) in shells.items():
        account.tries("main", f"hog/{name} row")
        shell.types(f"BEGIN {kind};", f"INSERT INTO broadcast(data) VALUES ('hog/{name} row');")
    during = traffic.goes_on(seconds)
    for name, (_, shell) in shells.items():
        line = f"inbox {name}: has been locked for 2 s by process {shell.process.pid}"
        scene.must(world.reader.log().count(line) == 1, f"the log does not say once {line!r}")
    scene.must("inbox free: has been locked" not in world.reader.log(), "the wrong inbox is named")
    for name, (_, shell) in shells.items():
        shell.types("COMMIT;")
        account.acknowledges(f"hog/{name} row")
        world.reader.says(f"inbox {name}: is no longer locked")
        shell.leaves()
    after = traffic.goes_on(pause)
    eventually(lambda: all(f"hog/{name} row" in traffic.arrived for name in shells),
               "what the shells committed being delivered")
    crowd.calms_down()
    scene.faultless(crowd.faults())
    compare(scene, before, during, after, slower, slack_ms)


def compare(scene, before, during, after, slower, slack_ms):
    for kind, delays in during.items():
        for share in (0.5, 0.99):
            free = percentile(sorted(before[kind] + after[kind]), share)
            held = percentile(delays, share)
            name = f"{kind}_p{round(100 * share)}_ms"
            scene.note(**{name: free, f"{name}_locked": held})
            scene.must(INSTRUMENTED or held <= slower * free + slack_ms,
                       f"{name}: {held} while locked, {free} otherwise")
    scene.note(posts_while_locked=len(during["post"]))
