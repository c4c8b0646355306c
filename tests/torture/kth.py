# SPDX-License-Identifier: MIT
"""The k-th malloc, write, read, fsync, accept or open of hub or responder fails,
in start-up, publish, subscribe, replay and retention; each time there is a clean
error or a clean end, nothing acknowledged is lost, and the next start serves."""

import contextlib
import re
from collections import Counter
from zlib import crc32

from crowd import Audience
from failing import KINDS, Failing, is_instrumented
from powercut import kill_at_once
from scene import NotHere
from verdict import Account, faults, truth_of
from world import SLOW, WRAP, eventually

SHORT = {"each": 1}  # so many k of each phase, kind and program
FULL = {"each": 0}   # every k

HISTORY, KEPT, BURST = 200, 20, 60
OVER = 3  # times in a row that the phase was over before the k-th call

# What a library of ours says before it ends a program itself.
DELIBERATE = re.compile(r"\(libev\) .*(allocat|error)|Malloc: Assertion `")
DEATH = re.compile(r"supervisor: \w+ \d+, pid (\d+), (was killed: .*|exited with status .*)")
GOING_ON = re.compile(r"supervisor: started|: open, |uplink: (connected|the hub)")


class Stage:
    """A world, one of whose programs is made to fail."""

    def __init__(self, scene, name):
        self.scene = scene
        self.world = scene.world({"hub": {"keep_bytes": "0", "keep_events": "0"},
                                  "channel old": {"keep_events": str(KEPT)},
                                  "responder": {"window": "1M"}},
                                 web=False, hub=False, responder=False)
        self.world.expected_faults = ["exited with status 1", "was killed: Aborted", "Malloc: Assertion"]
        self.daemon = getattr(self.world, name)
        self.failing = Failing(scene.folder(), self.daemon.command[-3])
        self.failing.under(self.daemon)
        self.account = Account()
        self.count = 0
        self.endings = Counter()
        self.heard = 0  # of the log
        for daemon in (self.world.hub, self.world.reader, self.world.responder):
            daemon.start()
        self.world.is_healthy()
        self.crowd = Audience(self.world, self.account)
        self.gone = []
        self.standing = self.crowd.join(3)
        self.history = [self.publishes("history") for _ in range(HISTORY)]
        for _ in range(20):  # then it is in no responder's window
            self.world.publish("y" * 60000, channel="filler")

    # ---- deeds
    def publishes(self, channel="main"):
        """Its cursor, or None if that was an error or a connection's end."""
        data = f"k/{self.count} " + "x" * (self.count % 1000)
        self.count += 1
        self.account.tries(channel, data)
        return self._post(channel, data)

    def _post(self, channel, data, key=""):
        try:
            answer = self.world.post(f"/realtime/{channel}{key}", data.encode(), within=10 * SLOW)
        except ConnectionError:
            return None
        if answer.status != 200:
            self.scene.must(answer.status is None or answer.status >= 500, f"{data[:20]}: {answer}")
            return None
        self.account.acknowledges(data, answer.json["id"])
        return int(answer.json["id"])

    def inserts(self):
        """A row; and waits until everybody has it, whoever died meanwhile."""
        data = f"k/{self.count} in"
        self.count += 1
        self.account.tries("main", data)
        self.world.insert(data)
        self.account.acknowledges(data)
        sum = crc32(data.encode())
        self.world.crowd.wait(lambda: all(sum in one.seen.sums[-20:] for one in self.standing),
                              lambda: f"the inserted row {data} was not published", 15 * SLOW)

    def listens(self, channel, **how):
        """A browser that comes, hears the newest, and goes."""
        one, = self.crowd.join(1, channel, **how)
        return one

    def leaves(self, one):
        one.leave()
        self.world.crowd.listeners.remove(one)
        self.crowd.subscribers.remove(one)
        self.gone.append(one.seen)

    # ---- what must be true after each
    def goes_on(self):
        """It serves, and all have what was published."""
        data = f"k/{self.count} after"
        self.count += 1
        self.account.tries("main", data)
        id = eventually(lambda: self._post("main", data, f"?id=after-{self.count}"),
                        "publishing going on", 15)
        self.world.crowd.wait(lambda: all(one.newest >= id for one in self.standing),
                              lambda: "not all subscribers go on", 15 * SLOW)

    def has_ended_well(self):
        """Whether a process has ended; it must have said why."""
        log = self.daemon.log()[self.heard:]
        deaths = list(DEATH.finditer(log))
        for death in deaths:
            self._explains(log[:death.start()], death[1], death[2])
        self.heard += len(log)
        return bool(deaths)

    def _explains(self, log, pid, how):
        words = [line for line in log.splitlines()
                 if not GOING_ON.search(line) and (f"[{pid}]" in line or "[" not in line[:20])]
        self.endings[how] += 1
        if how == "was killed: Aborted":
            self.scene.must(DELIBERATE.search(log), f"{how}; {log[-500:]}")
        else:
            self.scene.must(how == "exited with status 1" and words, f"{how}; {log[-500:]}")

    def starts(self):
        """As init would: again, if it gives up."""
        def serves():
            status = self.daemon.process.poll()
            if status is not None:
                log = self.daemon.log()[self.heard:]
                self._explains(log, str(self.daemon.pid),
                               f"exited with status {status}" if status >= 0 else
                               "was killed: Aborted" if status == -6 else
                               f"was killed by signal {-status}")
                self.daemon.launch()
            return self.daemon.ready()
        self.daemon.launch()
        eventually(serves, f"{self.daemon.name} serving", 20)

    def begins_again(self):
        """With a parent that does not know of the death, and so does not wait."""
        kill_at_once(self.daemon)
        self.starts()
        self.world.is_healthy()

    def faults(self):
        self.crowd.calms_down(within=10)
        seen = dict(enumerate([one.seen for one in self.crowd.subscribers] + self.gone))
        truth = {id: row for id, row in truth_of(self.world.log_db).items()
                 if row[0] in ("main", "history")}
        return faults(self.account, {f"subscriber {n}": one for n, one in seen.items()}, truth)


# ---- phases: each does its deed while a call may fail

def start_up(stage):
    stage.starts()


def publish(stage):
    stage.publishes()
    stage.inserts()


def subscribe(stage):
    stage.leaves(stage.listens("main"))


def replay(stage):
    one = stage.listens("history", last_event_id=str(stage.history[0]))
    stage.world.crowd.wait(lambda: one.newest >= stage.history[-1],
                           lambda: "the history was not replayed", 15 * SLOW)
    stage.leaves(one)


def retention(stage):
    lines = "\n".join("old" for _ in range(BURST)).encode()
    with contextlib.suppress(ConnectionError):
        stage.world.post("/realtime/old?lines=1", lines, within=10 * SLOW)

    def pruned():
        with contextlib.suppress(ConnectionError, AssertionError):
            return stage.world.channel("old")["events"] <= KEPT
    eventually(pruned, "old events going", 15)


PHASES = start_up, publish, subscribe, replay, retention


def once(stage, phase, kind, k, error):
    """Whether the k-th call was reached, and how many there were."""
    if phase is start_up:
        kill_at_once(stage.daemon)
    stage.failing.set(kind, k, error)
    phase(stage)
    calls, failed = stage.failing.stop()
    if phase is start_up:
        stage.world.is_healthy()
    stage.goes_on()
    if stage.has_ended_well():
        stage.begins_again()
    return failed, calls


def some(stage, phase, kind, each):
    """The k-th calls to try; every one until there are no more if each is 0."""
    if each:
        calls = once(stage, phase, kind, 1 << 30, 0)[1]
        yield from ((k, stage.scene.rng.choice(KINDS[kind][1]))
                    for k in stage.scene.rng.sample(range(1, calls + 1), min(each, calls)))
        return
    for error in KINDS[kind][1]:
        k = over = 0
        while over < OVER:
            k += 1
            reached = yield k, error
            over = 0 if reached else over + 1


def try_all(stage, phase, kind, each):
    """How many calls failed."""
    count = 0
    ks = some(stage, phase, kind, each)
    with contextlib.suppress(StopIteration):
        k, error = next(ks)
        while True:
            try:
                failed, _ = once(stage, phase, kind, k, error)
            except AssertionError as fault:
                raise AssertionError(f"{stage.daemon.name}, {phase.__name__}, {kind} {k} "
                                     f"(errno {error}): {fault}") from fault
            count += failed
            k, error = ks.send(failed)
    return count


def play(scene, each):
    if WRAP:
        raise NotHere("an instrument and preloaded failures do not mix")
    for name in ("hub", "responder"):
        endings = Counter()
        for phase in PHASES:  # in a log of its own: of 4096 starts it knows no more
            stage = Stage(scene, name)
            kinds = [kind for kind in KINDS
                     if kind != "malloc" or not is_instrumented(stage.daemon.command[-3])]
            counts = {kind: try_all(stage, phase, kind, each) for kind in kinds}
            scene.faultless(stage.faults())
            endings.update(stage.endings)
            scene.say(f"{name}, {phase.__name__}: {counts}")
            scene.note(**{f"{name} {phase.__name__}": sum(counts.values())})
        scene.note(**{f"{name} {ending}": count for ending, count in endings.items()})
