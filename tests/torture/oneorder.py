# SPDX-License-Identifier: MIT
"""The checker of several machines: what publishers and browsers wrote down, against all logs.

    I1  what was acknowledged is in each log exactly once, under that id unless
        the order forgot it (I8)
    I2  what was not acknowledged is in each log once or not at all
    I3  a browser saw strictly rising ids, and missed none without a reset,
        whatever machines it met; one that is sent back by a reset is given what
        the machine has, and told by that reset of what the machine had to leave out
    I4  what a log holds is what was published, to the byte
    I7  where two logs hold an id it is the same event, and in the end they hold
        the same; but for what a machine that followed a second master for a while
        had to leave out, in a hole that it knows of
    I8  what the order forgot is there exactly once, under another id, and whoever
        had seen it under the old one saw a reset after it
    I9  nothing is called lost of a machine that is only behind
"""

from bisect import bisect_left, bisect_right

from listener import CONTROL
from verdict import names_of, token_of


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


def faults(account, logs, stories, forgot, holes=None, forgotten=None, falls=False):
    """logs: [{id: (channel, token, crc32)}]; forgot: may the order have forgotten something?
    holes: of each log what it may have left out, as [(after, before)]; forgotten: likewise
    what the order has, if a reset means that, and nothing else; falls: may ids fall at a
    reset?  two masters give some at the same time"""
    found = list(account.quarrels)
    holes = holes or [[] for _ in logs]
    ids = dict(sorted({id: row for log in reversed(logs) for id, row in log.items()}.items()))
    where = {}
    for id, (_, token, *_) in ids.items():
        where.setdefault(token, []).append(id)
    for number, (log, own) in enumerate(zip(logs, holes), 1):
        for faulty in (_of_logs(ids, log, own), _of_log(account, log, forgot, where, own)):
            found += [f"{fault} (machine {number})" for fault in faulty]
    for number, (start, items) in enumerate(stories):
        found += [f"{fault} (browser {number})" for fault in _of_browser(start, items, ids, forgot, forgotten, falls, holes)]
    return found


def _is_left_out(id, holes):
    return any(after < id < before for after, before in holes)


def _of_logs(ids, log, holes):
    for id, row in ids.items():
        if log.get(id) != row and (id in log or not _is_left_out(id, holes)):
            yield f"I7 {id} is {row[1]}, and here {log[id][1] if id in log else 'not there'}"


def _of_log(account, log, forgot, where, holes):
    for token, ids in where.items():
        here = [id for id in ids if id in log]
        if len(here) > 1:
            yield f"{'I8' if forgot else 'I1'} {token} is there {len(here)} times: {here[:4]}"
    for token, id in account.acknowledged.items():
        ids = where.get(token, ())
        if not any(id in log or _is_left_out(id, holes) for id in ids):
            yield f"{'I8' if forgot else 'I1'} {token}: acknowledged as {id}, and not there"
        elif id is not None and id not in ids and not forgot:
            yield f"I1 {token}: acknowledged as {id}, is {ids[0]}"
    for id, (on, token, sum, *_) in log.items():
        channel, wanted = account.tried.get(token, ("", 0))
        if (names_of(channel), wanted) != (names_of(on), sum):
            yield f"I4 {id}: {token} in {on} is not what was published"


def _of_browser(start, items, log, forgot, forgotten, falls, holes):
    ids = sorted(log)
    last, told, orphan = start, False, None
    sent_back = 0  # from there, by the last reset: it was told of what it is not given below
    for item in items:
        if item is None:
            if not forgot:
                yield f"I9 a reset after {last}, and nothing was forgotten"
            elif forgotten is not None and not _is_left_out(last, forgotten):
                yield f"I9 a reset after {last}, which was not forgotten"
            told, orphan, sent_back = True, None, max(sent_back, last)
            continue
        id, token = item
        if id <= last and not (told and falls):
            yield f"I3 {id} came after {last}"
        missed = ids[bisect_right(ids, last):bisect_left(ids, id)]
        if missed and not told and id in log and not (  # else the reset that has to come tells of them, too
                missed[-1] < sent_back and any(all(_is_left_out(one, own) for one in missed) for own in holes)):
            yield f"I3 {missed[0]} {log[missed[0]][1]} and {len(missed) - 1} more were missed before {id}"
        if id in log and log[id][1] != token:
            yield f"I7 {id} was seen as {token}, and is {log[id][1]}"
        if id not in log:
            orphan = orphan or item
        last, told = id, False
    if orphan:
        yield f"I8 {orphan[0]} {orphan[1]} was seen, is gone, and no reset came after it"
