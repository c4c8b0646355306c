# SPDX-License-Identifier: MIT
"""The power goes once, at a moment that is known to be a bad one."""

import contextlib
import os
import random
import sqlite3
import subprocess

import pytest

from forgetful import ForgetfulDisk
from powercut import kill_at_once

pytestmark = pytest.mark.slow


class Application:
    """A program with a database of its own, which is an inbox too."""

    def __init__(self, world, disk, journal, synchronous):
        self.inbox = world.inboxes["main"]
        with contextlib.closing(sqlite3.connect(self.inbox)) as db:
            db.execute(f"PRAGMA journal_mode = {journal}")
            db.execute("CREATE TABLE own(x)")
        self.environment = dict(os.environ, **disk.environment())
        self.synchronous = synchronous

    def inserts(self, data):
        subprocess.run(["sqlite3", "-bail", str(self.inbox)], check=True, env=self.environment,
                       input=f".timeout 5000\nPRAGMA synchronous = {self.synchronous};\n"
                             f"INSERT INTO broadcast(data) VALUES ('{data}');\n", text=True)


# An application may be content with less than the disk's word; also the removal
# of a journal is on the disk only after its folder was synced, which SQLite
# leaves out unless it is asked for EXTRA.
@pytest.mark.parametrize("journal,synchronous", [("delete", "FULL"), ("wal", "NORMAL")])
def test_a_row_inserted_after_a_power_cut_is_published_whatever_the_cut_took_back(
        make_world, tmp_path, journal, synchronous):
    world = make_world(hub=False, responder=False)
    disk = ForgetfulDisk(world, tmp_path)
    disk.under(world.hub)
    disk.under_reader(world.reader)
    application = Application(world, disk, journal, synchronous)
    world.hub.start()
    world.reader.start()
    world.responder.start()
    world.is_healthy()
    reader = world.listen(reconnect=True, stubborn=True)
    application.inserts("before")
    reader.sees("before")
    disk.cut()
    kill_at_once(world.hub)
    kill_at_once(world.reader)
    disk.comes_back(random.Random(1))
    world.hub.start()
    world.reader.start()
    world.is_healthy()
    application.inserts("after")
    reader.sees("after")
