# SPDX-License-Identifier: MIT
"""The checker of presence over several machines: in the end each lists the same, which is
exactly who is there, and so does what each stream was told."""

import json

from attendance import who
from verdict import names_of
from world import eventually

CHANNEL = "/.well-known/mercure/subscriptions"
SEES = "&presence=1"
WITHIN = 25  # a responder or a machine that is gone is waited for, and what was missed is told again


def published(log):
    """What is in a log but what it tells of who is there."""
    return {id: row for id, row in log.items() if CHANNEL not in names_of(row[0])}


def seen_by(reader):
    """Who is there, by what a stream was told last."""
    there = set()
    for event in reader.events:
        if event.type == "present":
            there = {entry["id"] for entry in json.loads(event.data)["subscribers"]}
        elif event.type == "join":
            there.add(json.loads(event.data)["id"])
        elif event.type == "leave":
            there.discard(json.loads(event.data)["id"])
    return there


def agree(worlds, readers):
    """Waits until all say the same."""
    said = {}

    def same():
        lists = [who(world, "main")["subscribers"] for world in worlds]
        said["lists"] = [[entry["id"][-4:] for entry in entries] for entries in lists]
        said["views"] = [sorted(id[-4:] for id in seen_by(reader)) for reader in readers]
        ids = {entry["id"] for entry in lists[0]}
        return (len(ids) == len(readers) and all(entries == lists[0] for entries in lists)
                and all(seen_by(reader) == ids for reader in readers))
    try:
        eventually(same, "each saying who is there", WITHIN)
    except AssertionError as fault:
        raise AssertionError(f"P {len(readers)} are there, and it is said: {said}") from fault
