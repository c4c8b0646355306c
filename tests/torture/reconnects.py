# SPDX-License-Identifier: MIT
"""Subscribers, a third of them to patterns, a third by the Mercure protocol, are cut at seeded moments, as soon as
they are connected, in the midst of older events, at the very hand-over to live
ones, while live, and come back with Last-Event-ID during 5,000 events a second,
some of them on several channels; all see each event once."""

import re
import time

from listener import target_of
from mercure import mercure
from mercure_reader import target as mercure_target
from returning import Life, Lines, Returning, channel_name
from verdict import Account, faults, truth_of

TELLING = True
SHORT = {"reconnects": 2000, "subscribers": 80, "history": 20000, "window": "2M"}
FULL = {"reconnects": 100000, "subscribers": 120, "history": 400000, "window": "8M"}

RATE = 5000
WIDE = 300  # further events a second, each on three channels
CHANNELS = 20
FAR = 8  # of the subscribers begin far in the past, again and again
LIVES = 6
PATTERNS = "*", "{x}", "c{x}", "c1{x}", "{x}7", "{+x}"


def play(scene, reconnects, subscribers, history, window):
    # The window has two seconds, or eight: who is further behind is given pages.
    world = scene.world(mercure(scene.folder(), {"hub": {"keep_bytes": "0", "keep_events": "0"},
                                                 "responder": {"workers": "2", "window": window}}))
    account = Account()
    lines = Lines(scene, world, account, RATE, CHANNELS, wide=WIDE)
    marks = lines.fill(history)
    plan = [near(scene.rng, chair, marks) for chair in range(FAR, subscribers)]
    for chair in range(FAR):
        wanted = some_channels(scene.rng)
        plan += [far(scene.rng, chair, wanted, marks, chair % 2) for _ in range(LIVES)]
    returning = Returning(scene, world, plan, reconnects)
    began = time.monotonic()
    with lines:
        returning.until_calm(lambda count: lines.check())
        rate = (lines.count - history) / (time.monotonic() - began)
    report, sat = returning.ends(lines.fences)
    scene.say(f"{report}")
    truth = truth_of(world.log_db)
    scene.must(len(truth) == lines.count, f"{lines.count} published, {len(truth)} in the log")
    scene.faultless(faults(account, {name: one.seen for name, one in sat.items()}, truth)
                    + [fault for name, one in sat.items() for fault in of_books(name, one)])
    scene.note(events=len(truth), deliveries=sum(one.count for one in sat.values()),
               subscribers_in_all=len(sat), events_per_s=round(rate), **report)
    scene.must(report["answered"] >= reconnects, "fewer reconnects than wanted")


def of_books(name, one):
    """What the subscriber itself noticed, and where it was to begin."""
    if one.disorder or one.breaks:
        yield f"I3 {one.disorder} ids not rising, {one.breaks} gaps ({name})"
    asked = one.life.last_id or since(one.life.target)
    if asked and asked != one.seen.start:
        yield f"I3 began after {one.seen.start}, not {asked} ({name})"


def since(target):
    """The id that it names, if any."""
    found = re.search(r"[?&](?:since=|lastEventID=%23)(\d+)$", target)
    return int(found[1]) if found else 0


def some_channels(rng):
    """Channels, and patterns."""
    patterns = rng.sample(PATTERNS, rng.randint(1, 3)) if rng.random() < 1 / 3 else []
    count = 0 if patterns and rng.random() < 1 / 2 else rng.choices([1, 5, CHANNELS], [15, 4, 1])[0]
    return [channel_name(n) for n in sorted(rng.sample(range(CHANNELS), count))], patterns


def target(channels, patterns, since, mercure=False):
    if mercure:
        since = f"#{since}" if isinstance(since, int) else "earliest" if since == "all" else None
        return mercure_target([*channels, *patterns], lastEventID=since)
    return target_of(channels, path="/stream" if patterns else None, pattern=patterns, since=since)


def near(rng, chair, marks):
    """Begins now, or with the last moments."""
    wanted = some_channels(rng)
    since = rng.choice([None, None, None, "1s", "3s", marks[-1]])
    return Life(chair, "web" if chair % 2 else "fcgi", 0,
                target(*wanted, since, rng.random() < 1 / 3), *wanted)


def far(rng, chair, wanted, marks, mercure):
    """Begins up to the whole history ago."""
    mark = rng.choice(marks[:len(marks) // 2])
    last_id, since = rng.choice([(mark, None), (0, mark), (0, "all")])
    return Life(chair, "web" if chair % 4 < 2 else "fcgi", last_id,
                target(*wanted, since, mercure), *wanted)
