# SPDX-License-Identifier: MIT
"""The checker of several machines: what publishers and browsers wrote down, against all logs.

    I1  what was acknowledged is in each log exactly once, under that id unless
        the order forgot it (I8)
    I2  what was not acknowledged is in each log once or not at all
    I3  a browser saw strictly rising ids, and missed none without a reset,
        whatever machines it met
    I4  what a log holds is what was published, to the byte
    I7  where two logs hold an id it is the same event, and in the end they hold
        the same
    I8  what the order forgot is there exactly once, under another id, and whoever
        had seen it under the old one saw a reset after it
    I9  nothing is called lost of a machine that is only behind
"""

from bisect import bisect_left, bisect_right

from listener import CONTROL
from verdict import token_of


def story_of(reader):
    """(the id that it began after, [(id, token), or None for a reset])"""
    start, items = None, []
    for event in reader.events:
        if event.type == "connected":
            start = int(event.id) if start is None else start
        elif event.type == "reset":
            items.append(None)
        elif event.type not in CONTROL and event.id is not None:
            items.append((int(event.id), token_of(event.data)))
    return start, items


def faults(account, logs, stories, forgot):
    """logs: [{id: (channel, token, crc32)}]; forgot: may the order have forgotten something?"""
    found = list(account.quarrels)
    found += _of_logs(logs)
    for number, log in enumerate(logs, 1):
        found += [f"{fault} (machine {number})" for fault in _of_log(account, log, forgot)]
    for number, (start, items) in enumerate(stories):
        found += [f"{fault} (browser {number})" for fault in _of_browser(start, items, logs[0], forgot)]
    return found


def _of_logs(logs):
    for number, log in enumerate(logs[1:], 2):
        for id in sorted(set(log) | set(logs[0])):
            one, other = logs[0].get(id), log.get(id)
            if one != other:
                yield f"I7 {id} is {one and one[1]} at machine 1, {other and other[1]} at machine {number}"


def _of_log(account, log, forgot):
    where = {}
    for id, (_, token, *_) in log.items():
        where.setdefault(token, []).append(id)
    for token, ids in where.items():
        if len(ids) > 1:
            yield f"{'I8' if forgot else 'I1'} {token} is there {len(ids)} times: {sorted(ids)[:4]}"
    for token, id in account.acknowledged.items():
        if token not in where:
            yield f"{'I8' if forgot else 'I1'} {token}: acknowledged as {id}, and not there"
        elif id is not None and id not in where[token] and not forgot:
            yield f"I1 {token}: acknowledged as {id}, is {where[token][0]}"
    for id, (channel, token, sum, *_) in log.items():
        if account.tried.get(token) != (channel, sum):
            yield f"I4 {id}: {token} in {channel} is not what was published"


def _of_browser(start, items, log, forgot):
    ids = sorted(log)
    last, told, orphan = start, False, None
    for item in items:
        if item is None:
            if not forgot:
                yield f"I9 a reset after {last}, and nothing was forgotten"
            told, orphan = True, None
            continue
        id, token = item
        if id <= last:
            yield f"I3 {id} came after {last}"
        missed = ids[bisect_right(ids, last):bisect_left(ids, id)]
        if missed and not told:
            yield f"I3 {missed[0]} {log[missed[0]][1]} and {len(missed) - 1} more were missed before {id}"
        if id in log and log[id][1] != token:
            yield f"I7 {id} was seen as {token}, and is {log[id][1]}"
        if id not in log:
            orphan = orphan or item
        last, told = id, False
    if orphan:
        yield f"I8 {orphan[0]} {orphan[1]} was seen, is gone, and no reset came after it"
