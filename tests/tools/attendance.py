# SPDX-License-Identifier: MIT
"""Who is on a channel, as it is listed, and as a stream sees it.

    stream = watch(world, "room")
    sees(stream, 2)                      they are so many, each told once
    ids(world, "room")                   as GET presence lists them
"""

import json
from urllib.parse import quote


def watch(world, *channels, **how):
    """A stream that is there, and sees who is."""
    return world.listen(*channels, presence=1, **how)


def who(world, channel, door=None, **query):
    text = "".join(f"{'&' if i else '?'}{k}={v}" for i, (k, v) in enumerate(query.items()))
    answer = (door or world.door).ask("GET", f"/api/channels/{quote(channel, safe='')}/presence{text}")
    assert answer.status == 200, answer
    return answer.json


def ids(world, channel):
    return {entry["id"] for entry in who(world, channel)["subscribers"]}


def seen(listener):
    """Whom the stream has been told of, and who of them is still there; nobody twice."""
    there, told = {}, []
    for event in listener.events:
        if event.type == "present":
            there = {entry["id"]: entry for entry in json.loads(event.data)["subscribers"]}
        elif event.type in ("join", "leave"):
            entry = json.loads(event.data)
            told.append((event.type, entry["id"]))
            if event.type == "join":
                assert entry["id"] not in there, f"{entry} joins twice; {listener.story()}"
                there[entry["id"]] = entry
            else:
                assert there.pop(entry["id"], None), f"{entry} leaves twice; {listener.story()}"
    assert len(told) == len(set(told)), told
    return there


def sees(listener, count, within=10):
    listener.wait(lambda: listener.told("present") and len(seen(listener)) == count,
                  lambda: f"sees {len(seen(listener))}, not {count}; {listener.story()}", within)
    return seen(listener)
