# SPDX-License-Identifier: MIT
"""One in a hundred of the subscribers stops reading; the others get their events
as soon as without them, the responder's memory stays flat, and the stalled are
complete once they read."""

import os
import resource
import statistics
import subprocess
import threading
from pathlib import Path

from scene import NotHere
from servers import Server
from world import BUILD, INSTRUMENTED, SLOW, eventually

TELLING = False  # its figure wants a quiet machine
SHORT = {"subscribers": 500, "share": 25, "pairs": 1, "events": 350, "size": 4000, "rate": 100,
         "ratio": 0.0}
FULL = {"subscribers": 8900, "share": 100, "pairs": 5, "events": 1350, "size": 1000, "rate": 30,
        "ratio": 1.10}

PINNED = 64 << 10   # bytes that one who stalls may cost the responder: a record, an event
PAGED = 192 << 10   # ... and while it catches up, pages on their way as well
SLACK = 16 << 20    # bytes by which two runs on a busy machine may differ anyway
FAULTLESS = ("lost", "doubled", "reordered", "foreign", "damaged", "resets", "refused")


def lighttpd_for(subscribers):
    """A stream costs it two descriptors, and it keeps a tenth of them back."""
    wanted = (2 * subscribers + 20) * 10 // 9 + 1
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < wanted:
        raise NotHere(f"needs {wanted} descriptors, may have {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return Server("lighttpd", "lighttpd", ["-D", "-f"],
                  {"MAX_FDS": max(4096, wanted), "MAX_CONNECTIONS": subscribers + 100})


def pin(world, core):
    """Servers on one core, the load generator on the other."""
    for daemon in (world.hub, world.responder, world.web):
        for pid in (daemon.pid, *daemon.workers()):
            for task in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), {core})


class Memory(threading.Thread):
    """The most that a process has had while the block lasted."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.over = pid, 0, threading.Event()

    def now(self):
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize()

    def run(self):
        while not self.over.wait(0.1):
            self.most = max(self.most, self.now())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def replayed(world):
    """Events written to streams that were behind, by what the hub was told."""
    text = world.door.ask("GET", "/metrics", {"Accept": "text/plain"}).text
    return sum(float(line.split()[1]) for line in text.splitlines() if 'kind="replayed"' in line)


def one_run(scene, subscribers, stalled, events, size, rate):
    """What the load generator says of fresh servers."""
    world = scene.world({"responder": {"window": "1M"}}, server=lighttpd_for(subscribers))
    most = (60 + 4 * events // rate) * SLOW  # seconds
    words = [BUILD / "tests/bench/load", f"--port={world.port}", "--listen=/realtime/main",
             "--publish=/realtime/main", "--publishers=4", f"--streams={subscribers}",
             f"--stalled={stalled}", f"--events={events}", f"--size={size}", f"--rate={rate}",
             f"--seconds={most}", f"--drain={30 * SLOW}"]
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        pin(world, cores[0])
        words = ["taskset", "-c", str(cores[1]), *words]
    run = {}
    with Memory(world.responder.worker()) as memory:
        with subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True) as load:
            for line in load.stdout:
                key, _, value = line.partition("=")
                run[key] = float(value)
                if key == "settled":  # all but the stalled have everything
                    run["memory"] = memory.most = memory.now()
    run["catching_up"] = memory.most - run["memory"]
    scene.must(load.returncode == 0, "the load generator gave up")
    run["replayed"] = stalled and eventually(
        lambda: replayed(world), "any of the stalled having been behind")
    scene.must(run["published"] == events, f"only {run['published']:.0f} events were published")
    found = {key: run[key] for key in FAULTLESS if run[key]}
    scene.must(not found, f"{subscribers} subscribers, {stalled} stalled: {found}")
    scene.must(run.get("late", 0) == stalled * run["published"], "the stalled are not complete")
    world.responder.stop()
    world.hub.stop()
    world.web.stop()
    return run


def play(scene, subscribers, share, pairs, events, size, rate, ratio):
    subprocess.run(["make", "-s", "-C", BUILD, "tests/bench/load"], check=True,
                   stdout=subprocess.DEVNULL)
    stalled, ratios, all_runs = subscribers // share, [], []
    for number in range(pairs):
        order = [0, stalled] if number % 2 == 0 else [stalled, 0]
        runs = {count: one_run(scene, subscribers, count, events, size, rate) for count in order}
        without, among = runs[0], runs[stalled]
        ratios.append(among["latency.p99_ms"] / without["latency.p99_ms"])
        all_runs.append((without, among))
        scene.say(f"p99 {without['latency.p99_ms']:.1f} ms, {among['latency.p99_ms']:.1f} ms"
                  f" among {stalled} that stall; they caught up in {among['caught_up_s']:.1f} s")
        cost = among["memory"] - without["memory"]
        scene.must(INSTRUMENTED or cost < stalled * PINNED + SLACK,
                   f"{stalled} that stall cost the responder {cost} bytes")
        cost = among["catching_up"]
        scene.must(INSTRUMENTED or cost < stalled * PAGED + SLACK,
                   f"{stalled} that catch up cost the responder {cost} bytes")
    median = statistics.median(ratios)
    scene.note(stalled=stalled, p99_ratio=round(median, 3), ratios=[round(r, 2) for r in ratios],
               p99_without_ms=round(statistics.median(a["latency.p99_ms"] for a, _ in all_runs), 1),
               p99_among_ms=round(statistics.median(b["latency.p99_ms"] for _, b in all_runs), 1),
               caught_up_s=round(max(b["caught_up_s"] for _, b in all_runs), 2),
               responder_kib=[[int(one["memory"]) >> 10 for one in pair] for pair in all_runs],
               catching_up_kib=max(int(b["catching_up"]) for _, b in all_runs) >> 10,
               replayed=int(all_runs[-1][1]["replayed"]), cut=int(all_runs[-1][1]["cut"]),
               client_util=max(b["client_util"] for _, b in all_runs))
    scene.must(ratio == 0 or median <= ratio, f"p99 is {median:.2f} times that without them")
