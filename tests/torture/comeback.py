# SPDX-License-Identifier: MIT
"""The hub is killed with SIGKILL in the midst of publishing, over a log of a
gibibyte; each time it serves again at once, and all subscribers are complete."""

import subprocess
import time

from crowd import Audience, Publishers
from verdict import Account, faults, truth_of
from world import eventually, program

SHORT = {"kills": 5, "mebibytes": 64, "serving_ms": 1000}
FULL = {"kills": 100, "mebibytes": 1024, "serving_ms": 200}

LINE = 1000  # bytes of an event


def fill(scene, world, mebibytes):
    """History of another channel, until the file is so large."""
    client = [program("client/tidings"), "pub", "--url", f"http://127.0.0.1:{world.port}",
              "--lines", "history"]
    number = 0
    while world.log_db.stat().st_size < mebibytes << 20:
        lines = "".join(f"h/{n} ".ljust(LINE, "=") + "\n" for n in range(number, number + 20000))
        number += 20000
        subprocess.run(client, input=lines.encode(), stdout=subprocess.DEVNULL, check=True)
    scene.say(f"{number} events, {world.log_db.stat().st_size >> 20} MiB")
    return number


def play(scene, kills, mebibytes, serving_ms):
    world = scene.world({"hub": {"keep_bytes": "0", "keep_events": "0"}})
    filled = fill(scene, world, mebibytes)
    account = Account()
    crowd = Audience(world, account)
    crowd.join(50)
    times = []
    with Publishers(world, account, 4) as publishers:
        for _ in range(kills):
            times.append(kill(scene.rng, world))
            publishers.check()
    crowd.calms_down()
    truth = truth_of(world.log_db)
    history = {id for id, row in truth.items() if row[0] == "history"}
    scene.must(len(history) == filled, f"{filled - len(history)} of the old events are gone")
    seen = {f"subscriber {n}": one.seen for n, one in enumerate(crowd.subscribers)}
    scene.faultless(faults(account, seen, {id: row for id, row in truth.items()
                                           if id not in history}))
    times.sort()
    p99 = round(1000 * times[min(int(0.99 * kills), kills - 1)], 1)
    scene.note(log_mib=world.log_db.stat().st_size >> 20, events=len(truth),
               serves_p50_ms=round(1000 * times[len(times) // 2], 1), serves_p99_ms=p99,
               serves_max_ms=round(1000 * times[-1], 1))
    scene.must(p99 < serving_ms, f"the hub served again after {p99} ms (p99)")


def kill(rng, world):
    """Seconds from SIGKILL to a hub that answers."""
    world.hub.has_settled()
    time.sleep(rng.uniform(0, 0.1))
    killed = world.hub.kill_worker()
    began = time.monotonic()
    world.hub.has_other_worker(killed, 20)
    eventually(world.hub_serves, "the hub serving", 20)
    return time.monotonic() - began
