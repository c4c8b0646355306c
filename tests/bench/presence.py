# SPDX-License-Identifier: MIT
"""Joins and leaves at a rate, through a hub's socket: is each stored, once, and what does it cost?

    tests/bench/presence.py BUILD [CHANGES_A_SECOND [SECONDS [HELD]]]

A responder says who comes and goes, a follower is told of it, and a publisher stores events
of users meanwhile; at the end each has come once and left once, and all events are found again.
HELD is how many joins and leaves are kept, of the 100,000 otherwise: so few of them go round as
often in minutes as they do in an hour.  What else the log may hold is then little more than what
is published, so that a single join that took an event's place would show.
"""

import multiprocessing
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from peers import Hub  # noqa: E402
from wire import Event, Following, Joined, Left, Metered, Metrics, Presence, Presents, Stored, encode  # noqa: E402

CHANNEL = b"/.well-known/mercure/subscriptions"
THERE = 1000  # at a time
BATCH = 100
HELD = 100000
SPARE = 300  # events of users that the log may hold beyond those that are published


class Told:
    """Follows the hub in a process of its own, and counts what is told of each subscriber."""

    def __init__(self, path):
        self.counts = multiprocessing.Array("q", 4)
        self.process = multiprocessing.Process(target=self._follow, args=(path,), daemon=True)
        self.process.start()

    changes = property(lambda self: self.counts[0])
    others = property(lambda self: self.counts[1])
    faults = property(lambda self: self.counts[2])
    skips = property(lambda self: self.counts[3])  # it was too slow: of the follower, not the hub

    def _follow(self, path):
        hub, there, counts = Hub(path), set(), self.counts.get_obj()
        hub.follow()
        while True:
            message = hub.next(within=600)
            if isinstance(message, Following):  # what is pruned by now is not told any more
                counts[3] += 1
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


def found_again(log, published):
    """How many of the users' events are in the log, each as it was, and once."""
    with sqlite3.connect(f"file:{log}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT data FROM event JOIN channel ON channel = number"
                          " WHERE name = CAST('users' AS BLOB) ORDER BY id").fetchall()
    data = [bytes(row[0]) if isinstance(row[0], bytes) else row[0].encode() for row in rows]
    assert len(set(data)) == len(data), "an event of a user is there twice"
    return len(set(data) & {f"event {n}".encode() for n in range(published)})


def figures_of(hub_socket):
    """What the hub tells Prometheus of presence."""
    peer = Hub(hub_socket)
    peer.send(Metrics(1, 0))
    text = peer.expect(Metered).text.decode()
    lines = (line.rpartition(" ") for line in text.splitlines() if line.startswith("tidings_presence_"))
    return {name.removeprefix("tidings_presence_"): float(value) for name, _, value in lines}


def play(hub_socket, told, rate, seconds, held):
    """Returns (subscribers, events of users): each has come and gone, each is acknowledged."""
    says, users = Hub(hub_socket), Hub(hub_socket)
    began, number, published = time.monotonic(), 0, 0
    while number < rate * seconds // 2:
        frames = []
        for n in range(number, number + BATCH):
            frames.append(encode(Joined(n.to_bytes(16, "big"), b"", b"user", b"", [b"room"])))
            if n >= THERE:
                frames.append(encode(Left((n - THERE).to_bytes(16, "big"))))
        number += BATCH
        says.send_raw(b"".join(frames))
        users.ask_to_store(f"event {published}", channel="users")
        assert not users.expect(Stored).outcome, "an event of a user was not stored"
        published += 1
        ahead = number * 2 / rate - (time.monotonic() - began)
        if ahead > 0:
            time.sleep(ahead)
        while number * 2 - told.changes > THERE + held // 2:  # the follower is to see all of them
            time.sleep(0.001)
    for n in range(number - THERE, number):
        says.send(Left(n.to_bytes(16, "big")))
    return number, published


def run(hub_socket, log, pid, rate, seconds, held):
    told = Told(hub_socket)
    began, cpu = time.monotonic(), cpu_of(pid)
    number, published = play(hub_socket, told, rate, seconds, held)
    wait(lambda: told.changes >= 2 * number)
    told.process.terminate()
    took, cost = time.monotonic() - began, cpu_of(pid) - cpu
    peer = Hub(hub_socket)
    peer.send(Presence(1, b"", b"", 0, 10))
    left = len(peer.expect(Presents).entries)
    found, figures = found_again(log, published), figures_of(hub_socket)
    stored = figures['changes_total{kind="join"}'] + figures['changes_total{kind="leave"}']
    print(f"{2 * number:,} joins and leaves in {took:.1f} s: {2 * number / took:,.0f} a second, "
          f"{cost / (2 * number) * 1e6:.1f} us of the hub each; stored {stored:,.0f}, told {told.changes:,}, "
          f"lost {2 * number - told.changes:,}, told twice {told.faults:,}, skipped {told.skips} times, still there {left}; "
          f"of {held:,} that are held {figures['dropped_events_total']:,.0f} went, so all of them "
          f"{figures['dropped_events_total'] / held:.1f} times; users' events published {published:,}, "
          f"told {told.others:,}, found again {found:,}")
    return (told.changes == stored == 2 * number and not told.faults and not left
            and found == published == told.others)


def configure(folder, rate, seconds, held):
    lines = [f"[hub]\nsocket = {folder}/hub.sock\nlog = {folder}/log.db\npresence_rate = 0"]
    if held != HELD:
        lines.append(f"keep_events = {rate * seconds // 2 // BATCH + SPARE}")
        lines.append(f"[channel {CHANNEL.decode()}]\nkeep_age = 1h\nkeep_events = {held}")
    config = Path(folder) / "hub.conf"
    config.write_text("\n".join(lines) + "\n")
    return config


def main(build, rate=10000, seconds=10, held=HELD):
    rate, seconds, held = int(rate), int(seconds), int(held)
    with tempfile.TemporaryDirectory(prefix="tidings-", dir="/tmp") as folder:
        socket = Path(folder) / "hub.sock"
        hub = subprocess.Popen([Path(build) / "hub" / "tidings-hub", "-c",
                                configure(folder, rate, seconds, held)])
        wait(socket.exists, 10)
        time.sleep(0.5)
        children = Path(f"/proc/{hub.pid}/task/{hub.pid}/children").read_text().split()
        try:
            good = run(socket, Path(folder) / "log.db", int(children[0]), rate, seconds, held)
        finally:
            hub.terminate()
            hub.wait()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
