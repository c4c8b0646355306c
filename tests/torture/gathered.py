# SPDX-License-Identifier: MIT
"""Streams that are there, some on a private channel and some that stop reading, come,
go and are cut, while responders and the hub are killed: after quiet each list, and
what each stream was told, is who is there; nobody is told of twice, whoever was on a
killed responder leaves five seconds later, a hub that starts again finds everybody,
and nobody who may not is told of anybody."""

import contextlib
import json
import sqlite3
import time
from urllib.parse import quote

from peers import Hub
from visitor import visitor
from wire import Joined, Left
from world import SLOW, eventually

TELLING = True
SHORT = {"rounds": 1, "subscribers": 16}
FULL = {"rounds": 40, "subscribers": 60}

CHANNEL = "/.well-known/mercure/subscriptions"
ROOMS = ["hall", "a/b", "secret/1"]  # of which the last is for users only
GONE = 5  # seconds until whoever is spoken for by nobody has left
CONFIG = {"responder": {"mercure_subscriptions": "yes", "workers": "2", "private": "secret/{+rest}"},
          "hub": {"presence_rate": "0"},
          "access all": {"who": "users", "subscribe": "secret/{n}"}}


class View:
    """What a stream has been told, by channel; its faults."""

    def __init__(self, events):
        self.there, self.faults = {}, []
        for event in events:
            if event.type in ("present", "join", "leave"):
                getattr(self, event.type)(json.loads(event.data))

    def present(self, told):
        self.there[told["channel"]] = {entry["id"] for entry in told["subscribers"]}
        if told["more"] or told["count"] != len(told["subscribers"]):
            self.faults.append(f"P1 a list of {len(told['subscribers'])} counts {told['count']}")

    def join(self, told):
        there = self.there[told["channel"]]
        if told["id"] in there:
            self.faults.append(f"P2 {told} joins twice")
        there.add(told["id"])

    def leave(self, told):
        there = self.there[told["channel"]]
        if told["id"] not in there:
            self.faults.append(f"P2 {told} leaves twice")
        there.discard(told["id"])


class Gathered:
    def __init__(self, scene):
        self.scene, self.rng = scene, scene.rng
        self.world = scene.world(CONFIG, web=False)
        self.streams = []  # (room, user, listener)
        self.count = 0
        self.spy = self.world.listen("end", pattern=["*", CHANNEL + "{/topic}{/who}"], since="all",
                                     reconnect=True, stubborn=True)
        self.faults = []

    # ---- what happens
    def join(self, count, **how):
        for _ in range(count):
            self.count += 1
            room, user = self.rng.choice(ROOMS), f"u{self.count}"
            listener = visitor(self.world, user=user).listen(
                room, presence=1, wait=False, reconnect=True, stubborn=True, **how)
            self.streams.append((room, user, listener))

    def leave(self, count):
        for _ in range(min(count, len(self.streams) - 2)):
            self.streams.pop(self.rng.randrange(len(self.streams)))[2].leave()

    def come_and_go(self):
        self.join(3)
        self.leave(2)

    def cut(self):
        def cut(stream):
            if stream.sock is not None:
                stream._unwatch()
                stream._over(cut=True)
        for _, _, stream in self.rng.sample(self.streams, 3):
            self.world.crowd.call(cut, stream)

    def kill_responder(self):
        killed = self.world.responder.kill_worker(self.rng.randrange(2))
        self.world.responder.has_other_worker(killed, 20)

    def kill_hub(self):
        self.world.hub.kill_all()
        self.leave(1)  # while there is none
        self.world.hub.start()
        self.world.is_healthy(20)

    def crowd_the_slow(self):
        """More changes than a socket takes, while somebody does not read."""
        slow = [one[2] for one in self.streams[:3]]
        for one in slow:
            one.pause()
        hub, room = Hub(self.world.hub_socket), self.streams[0][0].encode()
        for n in range(0, 4000, 200):
            whom = [self.rng.randbytes(16) for _ in range(200)]
            hub.send(*(Joined(who, b"", b"x" * 500, b"", [room]) for who in whom))
            hub.send(*(Left(who) for who in whom[n // 400:]))
        eventually(lambda: self.listed(room.decode()), "the hub answers", 20)
        hub.close()  # those of whom it has not said that they left leave by themselves
        for one in slow:
            one.resume()

    @contextlib.contextmanager
    def until_the_lost_have_left(self):
        """Whom nobody speaks for after what is done meanwhile: one of them is known here."""
        hub = Hub(self.world.hub_socket)
        hub.send(Joined(self.rng.randbytes(16), b"", b"", b"", [b"nowhere"]))
        eventually(lambda: self.listed("nowhere"), "the one whom nobody will speak for")
        yield
        hub.close()
        eventually(lambda: not self.listed("nowhere"), "P4 whom nobody speaks for leaving", GONE + 10)

    # ---- what is to be
    def listed(self, room):
        answer = visitor(self.world, user="boss").door.ask(
            "GET", f"/api/channels/{quote(room, safe='')}/presence")
        assert answer.status == 200, answer
        return {entry["id"]: entry for entry in answer.json["subscribers"]}

    def is_listed(self, listed, user, stream):
        """Once, as the stream that it is now, not as one that it was."""
        opened = [json.loads(event.data)["timestamp"] for event in stream.told("connected")]
        since = [entry["since"] for entry in listed.values() if entry.get("user") == user]
        return opened and len(since) == 1 and since[0] >= opened[-1]

    def is_right(self):
        """The lists, and what each stream knows of its channel."""
        for room in ROOMS:
            eventually(lambda room=room: self.wrong(room) is None,
                       f"P3 the list of {room}, and what its streams see, being who is there", GONE + 20)

    def wrong(self, room):
        """What is not as it should be, if anything."""
        listed = self.listed(room)
        here = [(user, stream) for where, user, stream in self.streams if where == room]
        if len(listed) != len(here):
            return f"{len(listed)} of {len(here)} are listed"
        return next((user for user, stream in here if not self.is_listed(listed, user, stream)
                     or View(self.last(stream)).there.get(room) != set(listed)), None)

    @staticmethod
    def last(stream):
        """Its events since it was opened last."""
        events = list(stream.events)
        begun = max([n for n, event in enumerate(events) if event.type == "connected"], default=0)
        return events[begun:]

    def told(self):
        """Of each subscriber, on each topic, what was stored: [(here, ms)]."""
        with contextlib.closing(sqlite3.connect(f"file:{self.world.log_db}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT data, at FROM event JOIN channel ON channel = number"
                              " WHERE name = CAST(? AS BLOB) ORDER BY id", (CHANNEL,)).fetchall()
        told = {}
        for data, at in rows:
            document = json.loads(data)
            told.setdefault((document["subscriber"], document["topic"]), []).append((document["active"], at))
        return told

    def nobody_is_told_twice(self):
        for (subscriber, topic), told in self.told().items():
            if [here for here, _ in told] not in ([True], [True, False]):
                self.faults.append(f"P2 {subscriber} on {topic}: {told}")
        for _, user, stream in self.streams:
            events, begun = list(stream.events), 0
            ends = [n for n, e in enumerate(events) if e.type == "connected"][1:] + [len(events)]
            for end in ends:
                self.faults += [f"{fault} ({user})" for fault in View(events[begun:end]).faults]
                begun = end

    def a_killed_responder_takes_its_streams_along(self):
        """Five seconds later; by then they have come back as others."""
        before = {room: set(self.listed(room)) for room in ROOMS}
        killed = time.time() * 1000
        with self.until_the_lost_have_left():
            self.kill_responder()
        self.is_right()
        after = {room: set(self.listed(room)) for room in ROOMS}
        gone = {who for room in ROOMS for who in before[room] - after[room]}
        left = [at - killed for (who, _), told in self.told().items() for here, at in told
                if who in gone and not here]
        self.scene.must(len(left) == len(gone), f"P4 {len(gone)} have gone, {len(left)} have left")
        early = [ms for ms in left if ms < GONE * 1000 - 500]
        if early:
            self.faults.append(f"P4 {len(early)} left within {min(early)} ms of the death of their responder")
        return len(gone)

    def a_hub_that_starts_again_finds_everybody(self):
        before = {room: set(self.listed(room)) for room in ROOMS}
        with self.until_the_lost_have_left():
            self.world.hub.kill_all()
            self.world.hub.start()
            self.world.is_healthy(20)
        for room in ROOMS:
            if set(self.listed(room)) != before[room]:
                self.faults.append(f"P5 a hub that has started finds {len(self.listed(room))} "
                                   f"of {len(before[room])} in {room}")

    def whoever_may_not_is_told_nothing(self):
        stranger = visitor(self.world)
        answer = stranger.door.ask("GET", f"/api/channels/{quote('secret/1', safe='')}/presence")
        if answer.status not in (401, 403):
            self.faults.append(f"P6 a stranger is told who is on a private channel: {answer}")
        id = self.world.publish("end", channel="end")
        self.spy.wait(lambda: self.spy.last_id == str(id), self.spy.story, 20)
        if any("urn:uuid" in event.data or "secret" in event.data for event in self.spy.events):
            self.faults.append("P6 a stranger is given events of who is there")


def play(scene, rounds, subscribers):
    gathered = Gathered(scene)
    gathered.join(subscribers)
    gathered.is_right()
    things = [gathered.come_and_go, gathered.cut, gathered.kill_responder, gathered.kill_hub,
              gathered.crowd_the_slow, gathered.come_and_go]
    gone = 0
    for _ in range(rounds):
        scene.rng.shuffle(things)
        with gathered.until_the_lost_have_left():
            for thing in things:
                scene.say(thing.__name__)
                thing()
            gathered.world.is_healthy(20)
        gathered.is_right()
        gone += gathered.a_killed_responder_takes_its_streams_along()
        gathered.a_hub_that_starts_again_finds_everybody()
        gathered.is_right()
        gathered.whoever_may_not_is_told_nothing()
        gathered.nobody_is_told_twice()
        scene.faultless(gathered.faults)
    scene.note(streams=gathered.count, changes=sum(map(len, gathered.told().values())), left_with_a_responder=gone)
