# SPDX-License-Identifier: MIT
"""The wall clock of hub and responder jumps by days, to and fro, and past the
19th of January 2038; ids rise, streams and resumes miss nothing, ?since= finds
what its time says, nothing is deleted by a new time for an hour, and then
retention by age takes the old in small steps only."""

import contextlib
import sqlite3
import time
from zlib import crc32

from clock import Clock
from crowd import Audience
from scene import NotHere
from verdict import Account, faults, token_of
from world import INSTRUMENTED, SLOW, eventually

TELLING = True
SHORT = {"jumps": 3, "clump": 36000}
FULL = {"jumps": 50, "clump": 27000}

DAY = 86400
HOUR = Clock.HOUR
KEPT = 4            # days
LINES = 3000        # events of one POST
END_OF_32_BITS = 1 << 31
SHARE = 0.01        # of the events held, that one step may take
FEW = 25            # events published one by one after each jump


class History:
    """What was published, and what the log held of it with which time: on the
    channel main to be listened to, on bulk to be removed one day."""

    def __init__(self, scene, world, clock):
        self.scene, self.world, self.clock = scene, world, clock
        self.account, self.truth, self.times = Account(), {}, {}
        self.crowd = Audience(world, self.account)
        self.count, self.horizon, self.latest = 0, 0.0, (0, 0)
        self.most_share, self.steps, self.removed = 0.0, 0, 0

    def publish(self):
        data = f"e/{self.count} {'t' * (self.count % 300)}"
        self.count += 1
        self.account.tries("main", data)
        self.account.acknowledges(data, self.world.publish(data))

    def fill(self, events):
        """So many on bulk."""
        for _ in range(0, events, LINES):
            data = [f"b/{n}" for n in range(self.count, self.count + LINES)]
            self.count += LINES
            for one in data:
                self.account.tries("bulk", one)
            self.world.publish("\n".join(data), channel="bulk", lines=1)
            for one in data:
                self.account.acknowledges(one)

    def learn(self):
        """Reads what is new in the log, before retention may take it."""
        log = f"file:{self.world.log_db}?mode=ro"
        id, last = self.latest
        with contextlib.closing(sqlite3.connect(log, uri=True, timeout=10)) as db:
            rows = db.execute("SELECT event.id, name, data, at FROM event JOIN channel"
                              " ON number = channel WHERE event.id > ? ORDER BY event.id", [id])
            for id, channel, data, at in rows:
                self.scene.must(last <= at, "the times of the log fall as ids rise")
                self.truth[id] = channel.decode(), token_of(data.decode()), crc32(data)
                self.times[id] = last = at
        self.latest = id, last

    def is_pruned(self, within=20):
        """What is too old by the furthest clock goes, and nothing else."""
        self.horizon = max(self.horizon, self.clock.now() - KEPT * DAY)
        limit = 1000 * self.horizon
        wanted = sum(at >= limit for at in self.times.values())
        eventually(lambda: self.held() <= wanted, f"{wanted} events being held", within)
        time.sleep(0.3)  # one more of retention's turns: it must stop there
        self.scene.must(self.held() == wanted,
                        f"{self.held()} events are held, {wanted} should be")

    def held(self):
        return sum(self.world.channel(name)["events"] for name in ("main", "bulk"))

    def on_main(self, since):
        """Ids of the events from that time (ms) on."""
        return [id for id, at in self.times.items()
                if at >= since and self.truth[id][0] == "main"]

    def jumps(self, move):
        """What retention does then, step by step."""
        self.learn()
        had = self.held()
        self.clock.forget()
        self.is_doubted(move)
        self.scene.must(self.held() == had, "a clock that jumped deleted events")
        self.clock.hour()
        self.is_pruned()
        removed, most, steps = self.clock.counts()
        self.removed, self.steps = self.removed + removed, self.steps + steps
        self.most_share = max(self.most_share, most / had)
        self.scene.must(most <= SHARE * had,
                        f"retention took {most} of {had} events in one step")

    def is_doubted(self, move):
        def said():
            return self.world.hub.log().count("clock: it jumped")
        before = said()
        move()
        eventually(lambda: said() > before, "the hub seeing the jump")
        time.sleep(0.6)  # two of its ticks, in which it could delete

    def resumes(self):
        """From any event still held, everything after it comes, and no reset."""
        start = self.scene.rng.choice(self.on_main(1000 * self.horizon)[:-1])
        one, = self.crowd.join(1, last_event_id=str(start))
        newest = self.account.newest()
        self.world.crowd.wait(lambda: one.newest >= newest, lambda: "a resume waits", 20 * SLOW)

    def since(self):
        """?since= gives what the log's times say; asked in the middle of the
        widest gap between two, so that a moment more or less is no matter."""
        now = 1000 * self.clock.now()
        at = sorted({at for at in map(self.times.get, self.on_main(0))
                     if max(1000 * self.horizon, now - 6 * DAY * 1000) < at < now - 10_000})
        edges = [(late - early, (late + early) / 2) for early, late in zip(at, at[1:] + [now])]
        gap, moment = max(edges, default=(0, 0))
        if gap < 20_000:
            return False
        wanted = self.on_main(moment)
        one = self.world.listen(since=f"{round((now - moment) / 1000)}s")
        one.wait(lambda: len(one.ids) >= len(wanted) or one.told("reset"),
                 lambda: f"?since= gave {len(one.ids)} of {len(wanted)}", 30 * SLOW)
        self.scene.must(one.ids[:len(wanted)] == wanted and not one.told("reset"),
                        f"?since= gave {one.ids[:3]}..., {len(one.ids)}; not {wanted[:3]}...,"
                        f" {len(wanted)}")
        one.leave()
        return True

    def ends(self):
        self.crowd.calms_down()
        self.learn()
        seen = {f"subscriber {n}": one.seen for n, one in enumerate(self.crowd.subscribers)}
        self.scene.faultless(faults(self.account, seen, self.truth))


def days(history, clock, jumps, clump):
    """A day forth more often than back, so that there is something to remove."""
    rng, asked = history.scene.rng, 0
    for number in range(jumps):
        history.fill(clump)
        for _ in range(FEW):
            history.publish()
        day = rng.choice((1, 1, 1, -1)) * DAY + rng.randrange(-600, 600)
        history.jumps(lambda: clock.jump(day))
        if rng.random() < 0.3:
            restart(history.world, clock)
        for _ in range(FEW):
            history.publish()
        history.learn()
        history.resumes()
        asked += history.since()
        if number % 10 == 9:
            history.scene.say(f"{number + 1} jumps, {history.held()} events held")
    return asked


def restart(world, clock):
    """A new hub begins with ids of the clock's microseconds, if they are higher.
    If the clock is far ahead of the log, it believes it after an hour."""
    world.hub.has_settled()
    killed = world.hub.kill_worker()
    world.hub.has_other_worker(killed, 20)
    world.is_healthy(20)
    clock.hour()
    time.sleep(0.6)  # two of its ticks


def past_2038(history, clock):
    """Over the moment itself, with a new hub on its far side; and back again."""
    today = clock.now()
    history.jumps(lambda: clock.to(END_OF_32_BITS - 1 - HOUR))
    history.publish()  # on a busy machine that moment may have passed
    while clock.now() < END_OF_32_BITS + 0.5:
        history.publish()
        time.sleep(0.02)
    restart(history.world, clock)
    history.publish()
    newest = history.account.newest()
    history.scene.must(newest > 1_000_000 * END_OF_32_BITS, f"{newest} is an id of before 2038")
    history.learn()
    history.resumes()
    history.since()
    history.jumps(lambda: clock.to(today))
    restart(history.world, clock)
    history.publish()
    history.learn()
    history.resumes()
    history.scene.must(history.account.newest() > newest, "ids fell with the clock")


def play(scene, jumps, clump):
    if INSTRUMENTED:
        raise NotHere("a sanitizer wants to be the first library of a program")
    clock = Clock(scene.folder())
    world = scene.world({"hub": {"keep_age": f"{KEPT}d", "keep_events": "0", "keep_bytes": "0"},
                         "responder": {"window": "1M"}})
    clock.governs(world)
    history = History(scene, world, clock)
    history.crowd.join(20)
    asked = days(history, clock, jumps, clump)
    past_2038(history, clock)
    history.ends()
    scene.note(events=history.count, removed=history.removed, steps=history.steps,
               most_of_a_step=f"{history.most_share:.2%}", since_asked=asked)
