# SPDX-License-Identifier: MIT
"""What one who cannot keep up costs where many are there, and what all of them do.

    TIDINGS_BUILD=build tests/bench/slow_presence.py [SUBSCRIBERS ...]

So many are on one channel (100 to 10,000), as a responder says that is not there, and 5,000
changes a second come.  Two streams of the responder that is measured see it: one that reads,
and one that reads a little now and then.  presence_list is as many as there are, up to 10,000.
"""

import json
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tools")]
sys.dont_write_bytecode = True

from peers import Hub  # noqa: E402
from wire import Joined, Left  # noqa: E402
from world import World, eventually  # noqa: E402

RATE, SECONDS = 5000, 8
BATCH = 125
PAUSE = 0.5  # seconds in which the slow one does not read, and then as long in which it does


def cpu_of(pid):
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def memory_of(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) << 12


def watch(world, **how):
    stream = world.listen("room", presence=1, **how)
    stream.wait(lambda: stream.told("present"), stream.story, 60)
    return stream


def churn(hub, base, slow):
    """Changes at RATE; the slow one reads in between."""
    began, number = time.monotonic(), base
    while time.monotonic() < began + SECONDS:
        hub.send(*(Joined(n.to_bytes(16, "big"), b"", b"user", b"", [b"room"])
                   for n in range(number, number + BATCH)))
        hub.send(*(Left(n.to_bytes(16, "big"))  # who was told of: those that came before
                   for n in range(max(base, number - BATCH), number)))
        number += BATCH
        if slow is not None:
            (slow.pause if int(time.monotonic() / PAUSE) % 2 else slow.resume)()
        time.sleep(max(0, began + (number - base) * 2 / RATE - time.monotonic()))
    return (number - base) * 2


def measure(count):
    world = World({"responder": {"mercure_subscriptions": "yes", "presence_list": count},
                   "hub": {"presence_rate": 0}})
    try:
        hub, worker = Hub(world.hub_socket), world.responder.workers()[0]
        hub.send(*(Joined(n.to_bytes(16, "big"), b"", b"user", b"", [b"room"]) for n in range(count)))
        eventually(lambda: listed(world) >= count, "all being there", 60)
        watch(world)
        before = cpu_of(worker)
        changes = churn(hub, 1 << 40, None)
        alone = cpu_of(worker) - before
        slow = watch(world, receive_buffer=4096)
        before, lists, room = cpu_of(worker), len(slow.told("present")), memory_of(worker)
        began = time.monotonic()
        churn(hub, 2 << 40, slow)
        took, cost = time.monotonic() - began, cpu_of(worker) - before
        slow.resume()
        given = len(slow.told("present")) - lists
        print(f"{count:,} there, {changes / SECONDS:,.0f} changes a second: the responder takes "
              f"{alone / SECONDS * 100:.1f} % of a core, with a slow reader {cost / took * 100:.1f} %; "
              f"it was given {given} lists in {took:.1f} s, of {len(slow.told('present')[-1].data):,} bytes; "
              f"{(memory_of(worker) - room) / 1024:,.0f} KiB more memory", flush=True)
    finally:
        world.close()


def listed(world):
    """How many the list has that a stream is given."""
    stream = watch(world)
    told = json.loads(stream.told("present")[-1].data)
    stream.leave()
    return len(told["subscribers"])


if __name__ == "__main__":
    for count in [int(word) for word in sys.argv[1:]] or [100, 1000, 10000]:
        measure(count)
