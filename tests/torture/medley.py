# SPDX-License-Identifier: MIT
"""All kinds of events published in all ways at once, to subscribers of all
kinds, while connections are cut, processes killed and stopped, the disk full
and readers slow, each in an order that the seed chooses."""

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections import Counter

from mixture import CHANNELS, Drip, Mixture
from scene import NotHere
from verdict import Account, faults, truth_of
from wanderer import Wanderers, gaps
from peers import Proxy
from wire import Event, Paged, Stored
from world import SLOW, WRAP, eventually

TELLING = True
SHORT = {"worlds": 1, "rounds": 1, "subscribers": 24}
FULL = {"worlds": 10, "rounds": 2, "subscribers": 60}

HERE = os.path.dirname(os.path.abspath(__file__))
TO_RESPONDER = Proxy.TO_RESPONDER
PUBLISHERS = 6
FLOOD = 11 << 20  # bytes: more than the hub keeps in memory
STILL = 3         # seconds without an event
KEPT = 30         # events of the channel "few"

# Hub and responder speak to nobody else: neither may find fault with the other.
QUARREL = re.compile(r"malformed frame|impossible length|of an unknown type|has stopped reading")


class Medley:
    def __init__(self, scene):
        self.scene, self.rng = scene, scene.rng
        self.full = scene.folder() / "full"
        self.account, self.few_account = Account(), Account()
        self.world = self.make_world()
        self.crowd, self.wide = Wanderers(self.world, self.account), []
        self.few = Wanderers(self.world, self.few_account)
        self.names = 0

    def make_world(self):
        world = self.scene.world(
            {"responder": {"workers": "2", "window": "1M"},
             "channel few": {"keep_events": str(KEPT)}},
            web=False, proxy=True, hub=False, responder=False)
        shim = self.full.parent / "full.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, f"{HERE}/full.c", "-ldl"],
                       check=True)
        world.hub.environment.update(LD_PRELOAD=str(shim), TIDINGS_FULL=str(self.full))
        world.hub.environment["ASAN_OPTIONS"] += ":verify_asan_link_order=0"
        world.hub.start()
        world.reader.start()
        world.responder.start()
        world.is_healthy()
        return world

    def name(self, kind):
        self.names += 1
        return f"{kind}/{self.names}"

    # ---- who listens
    def join(self, count):
        for _ in range(count):
            channels = self.rng.sample(CHANNELS[1:], self.rng.randrange(4))
            if not channels or self.rng.random() < 0.8:
                channels.append(CHANNELS[0])
            channels += [extra for extra in ("metrics", "wide") if self.rng.random() < 0.15]
            self.crowd.join(1, *channels, envelope=self.rng.random() < 0.3, **self.beginning())

    def beginning(self):
        """Now, or somewhere in the past."""
        with self.account.lock:
            known = [id for id in self.account.acknowledged.values() if id]
        if not known or self.rng.random() < 0.4:
            return {}
        cursor = str(self.rng.choice(known[-self.rng.choice([20, len(known)]):]))
        return self.rng.choice([{"last_event_id": cursor}, {"in_url": cursor}])

    def some(self, share):
        return [one for one in self.crowd.subscribers
                if self.rng.random() < share and one not in self.wide]

    def call(self, method, *whom):
        for one in whom:
            self.world.crowd.call(getattr(one, method))

    # ---- what is published beside the mixture
    def chat(self, account, channel, count):
        lines = [self.name(channel) for _ in range(count)]
        for data in lines:
            account.tries(channel, data)
        last = self.world.publish("\n".join(lines), channel=channel, lines=1)
        for data in lines:
            account.acknowledges(data, last - count + 1)
            count -= 1
        return last

    def pairs(self, channel, count):
        """Two events shortly after each other, then nothing until all have them."""
        peer = self.world.hub_peer()
        readers = [one for one in self.crowd.subscribers if channel in one.channels]
        for _ in range(count):
            for data in self.name("pair"), self.name("pair"):
                self.account.tries(channel, data)
                last = peer.publish(data, channel=channel).last
                self.account.acknowledges(data, last)
                time.sleep(self.rng.uniform(0, 0.002))
            self.world.crowd.wait(lambda: all(one.newest >= last for one in readers),
                                  lambda: f"I6 not all of {channel} have {last}", 10 * SLOW)

    def pour(self):
        """More rows than any memory holds, on a channel that few listen to."""
        name, channel = self.name("flood"), "wide"
        rows = [f"{name}/{n} {self.rng.randbytes(31_000).hex()}" for n in range(FLOOD // 62_000)]
        for data in rows:
            self.account.tries(channel, data)
        with self.world.open_inbox(timeout=20 * SLOW) as db:
            for at in range(0, len(rows), 16):
                db.execute("BEGIN IMMEDIATE")
                db.executemany("INSERT INTO broadcast(channel, data) VALUES (?, ?)",
                               [(channel, data) for data in rows[at:at + 16]])
                db.execute("COMMIT")
        for data in rows:
            self.account.acknowledges(data)
        self.rows_are_taken()

    def flood_has_come(self):
        """To one who reads, so that no window holds what was before."""
        last = max(id for id, row in truth_of(self.world.log_db).items() if row[0] == "wide")
        self.world.crowd.wait(lambda: self.wide[2].newest >= last,
                              lambda: "I3 the flood has not come", 30 * SLOW)

    def rows_are_taken(self):
        last = self.world.rows("SELECT seq FROM sqlite_sequence WHERE name = 'broadcast'")[0][0]
        with contextlib.closing(sqlite3.connect(f"file:{self.world.log_db}?mode=ro", uri=True,
                                                timeout=20 * SLOW)) as db:
            cursor = "SELECT coalesce(max(cursor), 0) FROM inbox"
            eventually(lambda: db.execute(cursor).fetchone()[0] >= last,
                       "the rows being published", 20)

    def drip(self):
        return Drip(self.world, self.account, self.name("drip"), self.rng.choice(CHANNELS))

    # ---- what happens
    def cut_browsers(self):
        self.call("cut", *self.some(0.4))
        self.join(3)

    def kill_hub(self):
        with self.drip():
            time.sleep(self.rng.uniform(0.02, 0.1))
            killed = self.world.hub.kill_worker()
            self.world.hub.has_other_worker(killed)

    def kill_reader(self):
        """Of the inbox."""
        killed = self.world.reader.kill_worker()
        self.world.reader.has_other_worker(killed)

    def kill_responder(self):
        killed = self.world.responder.kill_worker(self.rng.randrange(2))
        self.world.responder.has_other_worker(killed)

    def kill_both(self):
        self.world.hub.kill_worker()
        for index in (0, 1):
            self.world.responder.kill_worker(index)

    def restart_hub(self):
        self.world.hub.stop()
        self.world.hub.start()

    def cut_unanswered(self):
        """The hub has stored something, and nobody is told; then it, or the
        connection, is no more."""
        proxy, some = self.world.proxy, self.rng.randrange(1, PUBLISHERS)
        proxy.hold(TO_RESPONDER, *self.rng.choice([(Stored, Event), (Stored,)]))

        def held():
            return sum(frame[4] == Stored.frame_type for _, frame in proxy.waiting[TO_RESPONDER])
        with contextlib.suppress(AssertionError):
            eventually(lambda: held() >= some, "so many answers being held", 0.5)
        if self.rng.random() < 0.5:
            self.world.hub.kill_worker()
        proxy.cut()

    def hold_a_while(self):
        """Answers before events, readers who come meanwhile."""
        proxy = self.world.proxy
        proxy.hold(TO_RESPONDER, self.rng.choice([Event, Paged]))
        self.call("cut", *self.some(0.2))
        self.join(2)
        time.sleep(0.15)
        proxy.release(TO_RESPONDER)

    def fill_disk(self):
        with self.drip():
            for _ in range(3):
                time.sleep(self.rng.uniform(0.01, 0.05))
                self.full.touch()
                time.sleep(self.rng.uniform(0.03, 0.1))
                self.full.unlink()
                eventually(self.is_writable, "the log being written again")

    def is_writable(self):
        """As the hub says, and each responder."""
        said = self.world.hub.log()
        return (said.count("cannot be written") == said.count("can be written again")
                and all(self.world.health().status == 200 for _ in range(8)))

    def flood(self):
        """While the responders are stopped, some readers have stopped reading
        and others are away."""
        with self.away(self.few.subscribers[:2]):
            stopped = self.some(0.3) + self.wide[:1]
            for one in stopped:
                one.pause()
            frozen = [self.world.responder.freeze(index) for index in (0, 1)]
            self.pour()
            for pid in frozen:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
            self.is_up()
            self.flood_has_come()
            for one in stopped:
                one.resume()

    def rush(self):
        """While everybody reads, or should."""
        stopped = self.some(0.1) + self.wide[1:2]
        for one in stopped:
            one.pause()
        self.pour()
        for one in stopped:
            one.resume()

    def away_over_a_restart(self):
        """Who comes back next has seen all of its channel but the newest event,
        and that has the very next id."""
        channel = self.name("couple")
        seen = self.chat(self.account, channel, 2) - 1
        with self.away(self.few.subscribers[2:]):
            self.kill_both()
            self.is_up()
        self.crowd.join(1, channel, last_event_id=str(seen))

    @contextlib.contextmanager
    def away(self, few):
        """Some readers are gone meanwhile; those of "quiet" miss one event,
        those of "few" more than retention leaves."""
        away = [*self.some(0.2), *self.quiet, *few]
        self.call("go", *away)
        self.chat(self.account, "quiet", 1)
        self.chat(self.few_account, "few", 3 * KEPT)
        self.world.holds(KEPT, "few")
        yield
        self.call("return_", *away)

    def is_up(self):
        self.world.is_healthy(20)

    def play(self, rounds, subscribers):
        """Yields after each thing that happened."""
        self.join(subscribers)
        self.quiet = self.crowd.join(2, "quiet")
        self.wide = self.crowd.join(3, "wide", "a", "b")
        self.crowd.join(20, CHANNELS[0])
        self.few.join(4, "few")
        self.few.are_connected()
        self.crowd.are_connected()
        things = [self.cut_browsers, self.kill_hub, self.kill_reader, self.kill_responder, self.restart_hub,
                  self.cut_unanswered, self.cut_unanswered, self.cut_unanswered, self.fill_disk,
                  self.hold_a_while, self.flood, self.rush, self.away_over_a_restart]
        for _ in range(rounds):
            self.rng.shuffle(things)
            for thing in things:
                self.scene.say(thing.__name__)
                thing()
                self.is_up()
                self.chat(self.few_account, "few", 3)
                time.sleep(0.05)
                yield

    # ---- the end
    def is_quiet(self):
        """After a last burst nothing new comes; still everybody gets the newest
        there is, also those who come only now."""
        self.is_up()
        for channel in 3 * CHANNELS:
            self.chat(self.account, channel, 1)
        self.rows_are_taken()
        time.sleep(1.2)  # a sample of the metrics is the newest in the window
        self.call("cut", *self.some(0.3))
        self.join(6)
        self.crowd.are_connected()
        newest = {}
        for id, row in truth_of(self.world.log_db).items():
            newest[row[0]] = id
        everybody = [(one, max(newest.get(c, 0) for c in one.channels))
                     for one in self.crowd.subscribers + self.few.subscribers]
        self.all_arrive(lambda: [one for one, id in everybody
                                 if max(one.newest, one.seen.start) < id])
        self.pairs(CHANNELS[0], 30)

    def all_arrive(self, late):
        """However much there is to read; not if for STILL seconds nothing comes."""
        read, end = -1, time.monotonic() + 60 * SLOW
        while late() and time.monotonic() < end and read != (read := self.crowd.delivered()):
            with contextlib.suppress(AssertionError):
                self.world.crowd.wait(lambda: not late(), lambda: "", STILL * SLOW)
        if late():
            one = late()[0]
            raise AssertionError(f"I6 {len(late())} stand still before the newest, of "
                                 f"{one.channels} at {one.newest}")

    def ends(self):
        """What was not there in time."""
        try:
            self.is_quiet()
        except AssertionError as fault:
            return [str(fault)]
        self.crowd.calms_down()
        self.few.calms_down()
        return []

    def faults(self):
        truth = {id: row for id, row in truth_of(self.world.log_db, shown=True).items()
                 if row[0] != "few"}
        seen = {f"subscriber {n}": one.seen for n, one in enumerate(self.crowd.subscribers)}
        found = faults(self.account, seen, truth) + self.crowd.quarrels()
        for n, one in enumerate(self.few.subscribers):
            found += [f"{fault} (few {n})" for fault in gaps(self.few_account, one)]
        return found + [line for daemon in self.world.daemons
                        for line in daemon.log().splitlines() if QUARREL.search(line)]


def play(scene, worlds, rounds, subscribers):
    if WRAP:
        raise NotHere("an instrument and a preloaded disk do not mix")
    sums = Counter()
    for number in range(worlds):  # each with a log of its own: who joins reads all of it
        scene.say(f"world {number + 1} of {worlds}")
        sums.update(play_one(scene, rounds, subscribers))
    scene.note(**sums)


def play_one(scene, rounds, subscribers):
    medley = Medley(scene)
    with Mixture(scene, medley.world, medley.account, PUBLISHERS, rate=35) as mixture, \
            Drip(medley.world, medley.account, "drip", "wide", pause=0.004):
        for _ in medley.play(rounds, subscribers):
            mixture.check()
    late = medley.ends()
    scene.faultless(medley.faults() + late)
    scene.ends(medley.world)
    return {"events": len(medley.account.tried), "acknowledged": len(medley.account.acknowledged),
            "deliveries": medley.crowd.delivered(), "subscribers": len(medley.crowd.subscribers),
            "gaps": sum(one.seen.resets for one in medley.few.subscribers)}
