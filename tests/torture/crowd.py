# SPDX-License-Identifier: MIT
"""Publishers and subscribers that keep the checker's books.

    crowd = Audience(world, account)
    crowd.join(200)
    with Publishers(world, account, 4): ...
    crowd.calms_down(scene)
    scene.faultless(crowd.faults())
"""

import contextlib
import threading
import time
from collections import Counter
from urllib.parse import quote

from listener import CONTROL, Listener, target_of
from verdict import CALM, Seen, faults, truth_of
from world import SLOW


class Subscriber(Listener):
    """A browser that never gives up and remembers ids and sums only."""

    def __init__(self, crowd, door, channels, patterns=(), **how):
        how.setdefault("reconnect", True)
        how.setdefault("stubborn", True)
        how.setdefault("longest_wait", 0.2)
        target = target_of(channels, path="/stream" if patterns else None, pattern=patterns)
        super().__init__(crowd, door, target, **how)
        self.channels, self.patterns = channels, patterns
        self.seen = None        # a Seen, from the first `connected` on
        self.newest = 0
        self.counts = Counter()  # of statuses

    def _open(self):
        if self.answers and self.answers[-1].status is not None:
            self.counts[self.answers[-1].status] += 1
        del self.answers[:]
        super()._open()

    def _read(self, body):
        for event in self.parser.feed(body):
            self._take(event)
        self.last_id = self.parser.last_id
        self.parser.comments.clear()

    def _take(self, event):
        if self.seen is None:
            if event.type == "connected":
                self.seen = Seen(self.channels, int(event.id), self.patterns)
        elif event.type == "reset":
            self.seen.resets += 1
        elif event.type not in CONTROL:
            self.seen.add(event.id, event.data)
            self.newest = int(event.id)


    def settles(self, truth):
        """The log is read: what it has seen can be judged."""


class Audience:
    def __init__(self, world, account):
        self.world, self.account = world, account
        self.subscribers = []

    def join(self, count, *channels, door=None, kind=Subscriber, **how):
        """So many more, connected; without channels and patterns on main."""
        crowd = self.world.crowd
        channels = channels or (() if how.get("patterns") else ("main",))
        some = [kind(crowd, door or self.world.door, channels, **how)
                for _ in range(count)]
        for one in some:
            crowd.listeners.append(one)
            crowd.call(one._open)
        crowd.wait(lambda: all(one.seen for one in some),
                   lambda: f"{sum(not one.seen for one in some)} are not connected", 30 * SLOW)
        self.subscribers += some
        return some

    def calms_down(self, *more, within=None):
        """Publishes a last event for each channel, and for `more` of them, and
        waits until all have it; who has not within CALM seconds is late."""
        fences = {channel: self._fence(channel)
                  for channel in {c for one in self.subscribers for c in one.channels} | set(more)}
        wanted = [(one, max(fences[c] for c in fences if one.seen.hears(c)))
                  for one in self.subscribers]
        began = time.monotonic()
        with contextlib.suppress(AssertionError):
            self.world.crowd.wait(lambda: all(one.newest >= id for one, id in wanted),
                                  lambda: "late", (within or CALM) * SLOW)
        for one, id in wanted:
            one.seen.late = None if one.newest >= id else time.monotonic() - began

    def _fence(self, channel):
        data = f"fence/{channel}/{time.monotonic_ns()}"
        self.account.tries(channel, data)
        id = self.world.publish(data, channel=channel, within=30 * SLOW)
        self.account.acknowledges(data, id)
        return id

    def faults(self):
        truth = truth_of(self.world.log_db)
        for one in self.subscribers:
            one.settles(truth)
        seen = {f"subscriber {n}": one.seen for n, one in enumerate(self.subscribers)}
        return faults(self.account, seen, truth)

    def delivered(self):
        return sum(len(one.seen.ids) for one in self.subscribers)

    def statuses(self):
        counts = Counter()
        for one in self.subscribers:
            counts += one.counts
        return {str(status): count for status, count in sorted(counts.items())}


class Publisher(threading.Thread):
    """Publishes numbered events, each repeated under its id until it is
    acknowledged; at most `rate` a second, 0 = as they are acknowledged."""

    PATIENCE = 60  # seconds until an event that nobody takes is a violation

    def __init__(self, world, account, name, channel="main", rate=25.0, longest=200, also=()):
        super().__init__(daemon=True)
        self.world, self.account, self.name_ = world, account, name
        self.on = frozenset([channel, *also]) if also else channel
        self.others = also
        self.channel, self.rate, self.longest = channel, rate, longest
        self.stop = threading.Event()
        self.count = 0
        self.repeats = 0
        self.fault = None

    def run(self):
        try:
            while not self.stop.wait(1 / self.rate if self.rate else 0):
                self.publish(f"{self.name_}/{self.count} " + "x" * (self.count % self.longest))
                self.count += 1
        except Exception as fault:
            self.fault = fault

    def publish(self, data):
        self.account.tries(self.on, data)
        deadline = time.monotonic() + self.PATIENCE * SLOW
        while time.monotonic() < deadline:
            try:
                answer = self.ask(data, within=20 * SLOW)
            except OSError:  # reset, refused, timed out: sent again
                self.repeats += 1
                continue
            if answer.status == 200:
                self.account.acknowledges(data, self.id_in(answer))
                return
            self.repeats += 1
            if answer.status is not None and answer.status < 500:
                raise AssertionError(f"{data[:40]}: {answer}")
            time.sleep(0.005)
        raise AssertionError(f"{data[:40]} was not acknowledged for {self.PATIENCE} s")


    def ask(self, data, within):
        also = "".join(f"&also={quote(name, safe='')}" for name in self.others)
        return self.world.post(f"/realtime/{quote(self.channel, safe='')}?id={self.name_}-{self.count}" + also,
                               data.encode(), within=within)

    def id_in(self, answer):
        return answer.json["id"]


class Together:
    """Threads with `stop` and `fault` while the block lasts; a fault of theirs is raised."""

    def __init__(self, all):
        self.all = all

    def __enter__(self):
        for one in self.all:
            one.start()
        return self

    def __exit__(self, kind, value, trace):
        for one in self.all:
            one.stop.set()
        for one in self.all:
            one.join(90 * SLOW)
        if kind is None:
            self.check()

    def check(self):
        for one in self.all:
            if one.fault:
                raise one.fault
            assert not one.is_alive() or not one.stop.is_set(), f"{one} hangs"

    @property
    def count(self):
        return sum(one.count for one in self.all)


class Publishers(Together):
    def __init__(self, world, account, count, prefix="p", kind=Publisher, **how):
        super().__init__([kind(world, account, f"{prefix}{n}", **how) for n in range(count)])

    @property
    def repeats(self):
        return sum(one.repeats for one in self.all)
