# SPDX-License-Identifier: MIT
"""Subscribers of all kinds, who come from the past, stop reading, go and return.

A Wanderer listens to several channels, perhaps in envelopes; what it notes goes
to the checker, and what only it can see (a stream resumed elsewhere than asked,
an event of another type) into `quarrels`.
"""

import json

from crowd import Audience, Subscriber
from listener import target_of
from mixture import type_of
from sse import lines_of
from verdict import Seen
from world import SLOW
from zlib import crc32


class Wanderer(Subscriber):
    def __init__(self, crowd, door, channels, envelope=False, in_url=None, **how):
        super().__init__(crowd, door, channels, **how)
        self.envelope = envelope
        self.target = target_of(channels, path="/stream", envelope=1 if envelope else None,
                                lastEventId=in_url)
        self.asked = in_url
        self.quarrels = []
        self.history = []  # (id, sum) of each event, None for a reset

    def _open(self):
        self.asked = self.last_id or self.asked
        self.reset = False
        super()._open()

    def _readable(self):
        try:
            super()._readable()
        except Exception as fault:  # the crowd's thread serves others, too
            self.quarrels.append(f"I4 it was sent what it cannot read: {fault!r}")
            self._close()

    def _take(self, event):
        if event.type == "connected":
            self._connected(int(event.id))
        elif event.type == "reset":
            self.seen.resets += 1
            self.history.append(None)
        elif event.type == "live" or event.id is None:  # or a sample of the metrics
            return
        else:
            self._event(int(event.id), event)

    def _connected(self, id):
        if self.seen is None:
            self.seen = Seen(self.channels, id)
        if self.asked and id != int(self.asked):
            self.quarrels.append(f"I3 asked for {self.asked}, resumed at {id}")

    def _event(self, id, event):
        data = event.data
        if self.envelope:
            said = json.loads(data)
            data = lines_of(said["data"])
            if said["channel"] not in self.channels:
                self.quarrels.append(f"I3 {id} says that it is of {said['channel']}")
        token = data.removeprefix('{"message":"').partition(" ")[0]
        if event.type != type_of(token):
            self.quarrels.append(f"I4 {id} {token} came as {event.type}")
        self.seen.add(id, data)
        self.history.append((id, crc32(data.encode())))
        self.newest = id

    # ---- what a scenario does with it
    def cut(self):
        """Its connection ends; it returns by itself."""
        if self.sock is not None and not self.paused:
            self._unwatch()
            self._over(cut=True)

    def go(self):
        """The same, and it stays away until return_()."""
        if self.sock is not None and not self.paused:
            self._unwatch()
            self.state = "CONNECTING"
            return
        self.state = "CLOSED"  # it was about to return

    def return_(self):
        if self.sock is None:
            self.state = "CONNECTING"
            self._open()


class Wanderers(Audience):
    def join(self, count, *channels, **how):
        crowd = self.world.crowd
        some = [Wanderer(crowd, self.world.door, channels, **how) for _ in range(count)]
        for one in some:
            crowd.listeners.append(one)
            crowd.call(one._open)
        self.subscribers += some
        return some

    def are_connected(self):
        self.world.crowd.wait(lambda: all(one.seen for one in self.subscribers),
                              lambda: "not all are connected", 20 * SLOW)

    def quarrels(self):
        return [f"{fault} (subscriber {n})" for n, one in enumerate(self.subscribers)
                for fault in one.quarrels]


def gaps(account, one):
    """Of a channel from which retention takes: what was missed was told, and
    nothing was told that was not missed."""
    sums = {id: account.tried[token][1] for token, id in account.acknowledged.items()}
    all_ids = sorted(sums)
    last, told = one.seen.start, False
    for item in one.history:
        if item is None:
            told = True
            continue
        id, sum = item
        missed = [i for i in all_ids if last < i < id]
        if missed and not told:
            yield f"I3 {missed[0]} and {len(missed) - 1} more were missed, and no reset said so"
        if told and not missed:
            yield f"I3 a reset before {id}, and nothing was missed since {last}"
        if id <= last:
            yield f"I3 {id} came after {last}"
        if sums.get(id) != sum:
            yield f"I4 {id} is not what was published"
        last, told = id, False
    if one.seen.late is not None:
        yield f"I6 not at the newest id after {one.seen.late:.1f} s of calm"
