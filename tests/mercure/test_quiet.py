# SPDX-License-Identifier: MIT
"""What is for one user is work for one stream, however many others have their own.

    TIDINGS_STREAMS=8500 TIDINGS_SLOW=6 python3 -m pytest -s tests/mercure/test_quiet.py

says what it is with so many streams, as docs/mercure.md has it.
"""

import os
import shutil
import signal
import subprocess

import pytest

from mercure import mercure, publisher
from mercure_reader import reader
from world import SLOW, eventually

STREAMS = int(os.environ.get("TIDINGS_STREAMS", 200))
UPDATES = 20


class Calls:
    """System calls of all that the processes do meanwhile, by name."""

    def __init__(self, path, *pids):
        self.path = path
        each = [word for pid in pids for word in ("-p", str(pid))]
        self.strace = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", path, *each],
                                       stderr=subprocess.PIPE, text=True)
        for _ in pids:
            line = self.strace.stderr.readline()
            if "attached" not in line:
                self.strace.wait(10)
                pytest.skip(f"strace: {line}")

    def counted(self):
        self.strace.send_signal(signal.SIGINT)
        self.strace.wait(10 * SLOW)
        rows = [line.split() for line in self.path.read_text().splitlines()]
        return {row[1]: int(row[0]) for row in rows if len(row) == 2 and row[0].isdigit() and row[1] != "total"}


def calls_of_updates(world, folder, first):
    """Of updates that only the first one hears."""
    app, had = publisher(world, publish=["*"]), len(first.data)
    calls = Calls(folder / "calls", world.hub.worker(), world.responder.worker())
    for number in range(UPDATES):
        assert app.publish("users/0", data=str(number), private="on").status == 200
        first.wait(lambda: len(first.data) == had + number + 1, first.story)
    return calls.counted()


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_an_update_for_one_user_costs_nobody_else_a_system_call(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {
        "responder": {"keepalive": "1h", "private": "users/{id}"}}))
    readers = [reader(world, subscribe=[f"users/{n}"]).listen(f"users/{n}", wait=False) for n in range(2)]
    readers[0].wait(lambda: all(one.state == "OPEN" for one in readers), readers[0].story)
    few = calls_of_updates(world, tmp_path, readers[0])
    readers += [reader(world, subscribe=[f"users/{n}"]).listen(f"users/{n}", wait=False) for n in range(2, STREAMS)]
    eventually(lambda: all(one.state == "OPEN" for one in readers), "all are there", 30)
    world.responder.has_settled()
    many = calls_of_updates(world, tmp_path, readers[0])
    print(f"{UPDATES} updates, system calls of hub and responder: beside 1 stream {sum(few.values())}, "
          f"beside {STREAMS - 1} {sum(many.values())}: {many}")
    assert sum(many.values()) < sum(few.values()) * 1.3 + 40, (few, many)
    assert not any(one.events for one in readers[1:])
