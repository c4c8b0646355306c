# SPDX-License-Identifier: MIT
"""The checker: what publishers and subscribers wrote down, against the log.

An event is known by its token, the first word of its data, which no other event
has.  The truth is the table of events; nothing was pruned from it.  An event on
several channels is one there, with a set of their names, under the id that is
shown of it.  The faults are named after what was promised:

    I1  what was acknowledged is in the log exactly once, under that id
    I2  what was not acknowledged is there once or not at all
    I3  a subscriber saw strictly rising ids, and none of its channels' missing,
        over all its connections
    I4  what it saw is what was published, to the byte
    I5  an id never stood for two events, and none was taken back
    I6  when all is calm every subscriber has the newest within two seconds
"""

import contextlib
import sqlite3
import struct
import threading
from array import array
from bisect import bisect_right
from collections import Counter
from zlib import crc32

from sse import lines_of
from templates import hears

CALM = 2  # seconds
TOPICS = 2  # the trait (lib/event/traits.h)


def token_of(data):
    return data.partition(" ")[0]


class Seen:
    """What one subscriber was sent, in order."""

    def __init__(self, channels, start, patterns=()):
        self.channels, self.start = frozenset(channels), start  # ids after this one
        self.patterns = frozenset(patterns)
        self.ids = array("Q")
        self.sums = array("L")
        self.resets = 0
        self.late = None  # seconds, if it was late when all was calm

    def hears(self, on):
        """Is it given what is on that channel, or those?"""
        return hears(self.channels, self.patterns, names_of(on))

    def add(self, id, data):
        if token_of(data) == SHRED:
            return
        self.ids.append(int(id))
        self.sums.append(crc32(data.encode()))


class Account:
    """What publishers tried and were told; used by several threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.tried = {}         # token -> (channel, crc32)
        self.acknowledged = {}  # token -> id, or None where none was told
        self.quarrels = []

    def tries(self, channel, data):
        with self.lock:
            self.tried[token_of(data)] = (channel, crc32(data.encode()))

    def acknowledges(self, data, id=None):
        token, id = token_of(data), None if id is None else int(id)
        with self.lock:
            before = self.acknowledged.setdefault(token, id)
            if before != id:
                self.quarrels.append(f"I1 {token}: acknowledged as {before}, then as {id}")

    def newest(self):
        with self.lock:
            return max((id for id in self.acknowledged.values() if id), default=0)


def names_of(on):
    """An event's channels, which are one name or a set of them."""
    return {on} if isinstance(on, str) else on


# The shredder's, who has books of his own, and what tells of his deletes.
SHRED = "shred"
NOT_HERE = b"shreds", b"/.well-known/tidings/erasures"


def truth_of(log_db, shown=False):
    """{id: (channel, token, crc32)}; the hub may run.  shown: and the crc32 of
    the data as a browser has it, to which CR and CRLF are LF."""
    truth = {}
    with contextlib.closing(sqlite3.connect(f"file:{log_db}?mode=ro", uri=True, timeout=10)) as db:
        for id, channel, data, traits in db.execute(
                "SELECT event.id, name, CAST(data AS BLOB), traits FROM event"
                " JOIN channel ON number = channel ORDER BY event.id"):
            if channel in NOT_HERE:
                continue
            channel, id = channel.decode(), id + rise_of(traits)
            if id in truth or traits:
                channel = frozenset([channel, *names_of(truth.get(id, (channel,))[0])])
            truth[id] = (channel, token_of(data.decode()), crc32(data),
                         *([crc32(lines_of(data.decode()).encode())] if shown else []))
    return truth


def rise_of(traits):
    """How far the row's id is below that of the last one of its event."""
    while traits:
        kind, length = struct.unpack_from("<BH", traits)
        if kind == TOPICS:
            return traits[4] - 1 - traits[3]
        traits = traits[3 + length:]
    return 0


def faults(account, seen, truth):
    """Sentences, none when every promise was kept; seen: {name: Seen}."""
    found = list(account.quarrels)
    found += _of_publishers(account, truth)
    ids = {}
    for name, one in sorted(seen.items()):
        wanted = ids.get((one.channels, one.patterns))
        if wanted is None:
            wanted = ids[one.channels, one.patterns] = [
                id for id, row in truth.items() if one.hears(row[0])]
        found += [f"{fault} ({name})" for fault in _of_subscriber(one, wanted, truth)]
    return found


def _of_publishers(account, truth):
    where = {}
    for id, (_, token, *_) in truth.items():
        where.setdefault(token, []).append(id)
    for token, ids in where.items():
        if len(ids) > 1:
            promise = "I1" if token in account.acknowledged else "I2"
            yield f"{promise} {token}: in the log {len(ids)} times, {ids[:4]}"
    for token, id in account.acknowledged.items():
        if token not in where:
            yield f"I1 {token}: acknowledged as {id}, not in the log"
        elif id is not None and id not in where[token]:
            yield f"I1 {token}: acknowledged as {id}, is {where[token][0]} in the log"
    for id, (channel, token, sum, *_) in truth.items():
        if account.tried.get(token) != (channel, sum):
            yield f"I4 {id}: {token} in {channel} is not what was published"


def _of_subscriber(one, wanted, truth):
    last = one.start
    for id, sum in zip(one.ids, one.sums):
        if id <= last:
            yield f"I3 {id} came after {last}"
        last = max(last, id)
        if id not in truth:
            yield f"I5 {id} was seen, and is not in the log"
        elif not one.hears(truth[id][0]):
            yield f"I3 {id} is of the channel {truth[id][0]}"
        elif truth[id][-1] != sum:
            yield f"I4 {id} was seen with other bytes than {truth[id][1]} has"
    times = Counter(one.ids)
    for id in wanted[bisect_right(wanted, one.start):bisect_right(wanted, last)]:
        if id not in times:
            yield f"I3 {id} {truth[id][1]} was missed"
    if one.late is not None:
        yield f"I6 not at the newest id after {one.late:.1f} s of calm"
    if one.resets:
        yield f"I3 {one.resets} resets that nothing justified"
