# SPDX-License-Identifier: MIT
"""Joins and leaves at a rate, through a hub's socket: is each stored, once, and what does it cost?

    tests/bench/presence.py BUILD [CHANGES_A_SECOND [SECONDS]]

A responder says who comes and goes, a follower is told of it, and a publisher stores events
of users meanwhile; at the end each has come once and left once, and all events are held.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from peers import Hub  # noqa: E402
from wire import Event, Joined, Left, Presence, Presents, Stored, encode  # noqa: E402

CHANNEL = b"/.well-known/mercure/subscriptions"
THERE = 1000  # at a time
BATCH = 100


class Told:
    """Follows the hub in a process of its own, and counts what is told of each subscriber."""

    def __init__(self, path):
        self.counts = multiprocessing.Array("q", 3)
        self.process = multiprocessing.Process(target=self._follow, args=(path,), daemon=True)
        self.process.start()

    changes = property(lambda self: self.counts[0])
    others = property(lambda self: self.counts[1])
    faults = property(lambda self: self.counts[2])

    def _follow(self, path):
        hub, there, counts = Hub(path), set(), self.counts.get_obj()
        hub.follow()
        while True:
            message = hub.next(within=600)
            if not isinstance(message, Event):
                continue
            if message.channel != CHANNEL:
                counts[1] += 1
                continue
            here, who = message.traits[14] & 1, message.traits[15:31]  # behind EXPIRES: 11 bytes, and 3
            counts[2] += here == (who in there)
            (there.add if here else there.discard)(who)
            counts[0] += 1


def cpu_of(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait(condition, within=60):
    until = time.monotonic() + within
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)


def run(hub_socket, pid, rate, seconds):
    told = Told(hub_socket)
    says, users = Hub(hub_socket), Hub(hub_socket)
    began, cpu, number, published = time.monotonic(), cpu_of(pid), 0, 0
    while number < rate * seconds // 2:
        frames = []
        for n in range(number, number + BATCH):
            frames.append(encode(Joined(n.to_bytes(16, "big"), b"", b"user", b"", [b"room"])))
            if n >= THERE:
                frames.append(encode(Left((n - THERE).to_bytes(16, "big"))))
        number += BATCH
        says.send_raw(b"".join(frames))
        users.ask_to_store(f"event {published}", channel="users")
        published += 1
        ahead = number * 2 / rate - (time.monotonic() - began)
        if ahead > 0:
            time.sleep(ahead)
    for n in range(number - THERE, number):
        says.send(Left(n.to_bytes(16, "big")))
    wait(lambda: told.changes >= 2 * number)
    took, cost = time.monotonic() - began, cpu_of(pid) - cpu
    answers = [users.expect(Stored).outcome for _ in range(published)]
    assert not any(answers), "an event of a user was not stored"
    says.send(Presence(1, b"", b"", 0, 10))
    assert says.expect(Presents).entries == [], "somebody is still there"
    held = users.channels(only="users").lines[0].events
    print(f"{2 * number} changes in {took:.1f} s: {2 * number / took:,.0f} a second; told {told.changes}, "
          f"twice {told.faults}; hub {cost / (2 * number) * 1e6:.1f} us a change; "
          f"users' events published {published}, told {told.others}, held {held}")
    return told.changes == 2 * number and not told.faults and held == published == told.others


def main(build, rate=10000, seconds=10):
    with tempfile.TemporaryDirectory(prefix="tidings-", dir="/tmp") as folder:
        socket, config = Path(folder) / "hub.sock", Path(folder) / "hub.conf"
        config.write_text(f"[hub]\nsocket = {socket}\nlog = {folder}/log.db\npresence_rate = 0\n")
        hub = subprocess.Popen([Path(build) / "hub" / "tidings-hub", "-c", config])
        wait(socket.exists, 10)
        time.sleep(0.5)
        children = Path(f"/proc/{hub.pid}/task/{hub.pid}/children").read_text().split()
        try:
            good = run(socket, int(children[0]), int(rate), int(seconds))
        finally:
            hub.terminate()
            hub.wait()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
