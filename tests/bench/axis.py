# SPDX-License-Identifier: MIT
"""One axis: what all of them do.

An axis is made for a run.  Its points come in rising order; prepare(x) brings
Tidings there, measure(x) gives the cost of a unit of each series, in us of CPU
of hub, responder and readers.  A unit is chosen such that its cost ought to
stay the same, or fall, as the axis grows.
"""

import tempfile
import time
from pathlib import Path

from direct import MARK, Crowd, Direct, get, post, wait_for

BLOCK = MARK + b"x" * 99  # an event of 100 bytes
WINDOW = {"window": "1M"}  # the least there is: what is older comes from the hub
LINES = 10000  # of 100 bytes, in a POST


class Axis:
    name = text = None
    values = quick = ()
    series = {}  # key: what a unit is
    inboxes = ()
    responder = {}
    anew = False  # fresh daemons for each point

    def __init__(self, folder, seconds):
        self.folder, self.seconds = folder, seconds  # of a series in a run, at most
        self.tidings = self.crowd = None

    def start(self):
        self.end()
        folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=self.folder))
        self.tidings = Direct(folder, self.responder, self.inboxes).__enter__()
        self.crowd = Crowd(self.tidings.socket)

    def end(self):
        if self.tidings is not None:
            self.crowd.close_all()
            self.tidings.end()
        self.tidings = None

    def bring(self, x):
        if self.anew or self.tidings is None:
            self.start()
        self.prepare(x)
        self.settle()

    def prepare(self, x):
        pass

    def settle(self):
        """Until the responder has been told all there is: events keep their order."""
        one = self.crowd.open(get("/realtime/settled"))
        self.crowd.until(lambda: one.connected, what="a stream")
        self.crowd.answer(post("settled", BLOCK))
        self.crowd.until(lambda: one.events > 0, what="an event")
        self.crowd.close(one)

    def cost(self, work):
        """us for each of the units that `work` returns."""
        before = self.tidings.cpu()
        units = work()
        if units == 0:
            raise RuntimeError(f"{self.name}: nothing was done in {self.seconds} s")
        return self.tidings.cpu_us(before) / units

    # ---- what several axes do

    def posts(self, request_of, publishers=1, most=2000):
        return self.cost(lambda: self.crowd.posts(request_of, most, publishers, self.seconds))

    def fill(self, channel, count, data=BLOCK, lines=LINES):
        while count > 0:
            body = b"\n".join([data] * min(count, lines))
            self.crowd.answer(post(channel, body, "?lines=1"))
            count -= lines

    def push_out(self):
        """Everything so far is older than the responder's window."""
        for _ in range(30):
            self.crowd.answer(post("filler", b"x" * 65000))

    def replay(self, target, expected):
        """Streams one after another, each until it has its past; returns (streams, events)."""
        end, streams, events = time.monotonic() + self.seconds, 0, 0
        while streams == 0 or (time.monotonic() < end and streams < 300):
            one = self.crowd.open(get(target))
            self.crowd.until(lambda one=one: one.connected and one.events >= expected,
                             max(end - time.monotonic(), 0.5))
            streams, events = streams + 1, events + one.events
            self.crowd.close(one)
        return streams, events

    def listen(self, target, count=1):
        begun = self.crowd.connected
        for _ in range(count):
            self.crowd.open(get(target))
        self.crowd.until(lambda: self.crowd.connected == begun + count, what="streams")

    def hang_up(self):
        self.crowd.close_all()
        wait_for(lambda: self.tidings.streams() == 0, "no streams")
