# SPDX-License-Identifier: MIT
"""A log that something is done to between two starts, and what a responder, played
by the test, then has of it."""

import contextlib
import sqlite3

from wire import Event, Follow, Following


def a_hub(make_world, **config):
    return make_world(config or None, responder=False, inbox=False)


@contextlib.contextmanager
def the_log_of_the_hub(world):
    """Its database, while no hub has it."""
    world.hub.stop()
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        yield db
        db.commit()
    world.hub.start()


@contextlib.contextmanager
def the_log_of(world):
    """Likewise, and no responder remembers."""
    world.responder.stop()
    with the_log_of_the_hub(world) as db:
        yield db
    world.responder.start()
    world.is_healthy()


def five(world):
    peer = world.hub_peer()
    return [peer.publish(f"event {n}").first for n in range(5)]


def without(world, *ids):
    with the_log_of_the_hub(world) as db:
        for id in ids:
            db.execute("DELETE FROM event WHERE id = ?", [id])


def holds(world, newest, after=0):
    """What a responder holds when it has the newest event, and where it began."""
    peer = world.hub_peer()
    peer.send(Follow(after, 1 << 20))
    held = drained(peer, newest)
    peer.close()
    return held


def drained(peer, newest):
    """The same of one that has asked to follow."""
    began, ids = None, []
    while began is None or ids[-1:] != [newest]:
        message = peer.next()
        if isinstance(message, Following):
            assert message.start != (ids or [began])[-1], "this says: what you hold is whole"
            began, ids = message.start, []
        elif isinstance(message, Event) and message.id:
            ids.append(message.id)
    return ids, began
