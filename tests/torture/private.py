# SPDX-License-Identifier: MIT
"""Public and private events, on one channel and on several, to listeners with
eight kinds of grants, by name and by pattern, also by the Mercure protocol, while they stop reading, are cut
and come back, and hub and responders are killed.  Nobody ever holds a byte that
he may not read, not even a channel's name, and nobody misses an event that he
may.  What is kept for a short time only is private, and no gap of it is told but
to who may read it; and whoever asks for counts is told those of what he sees."""

import contextlib
import functools
import itertools
import json
import re
import time
from urllib.parse import quote

from listener import Listener
from mercure_reader import Plain
from mercure_reader import target as mercure_target
from peers import Closed
from sse import Exact
from visitor import VisitorDoor
from wire import Item, Publish, Stored
from world import SLOW

TELLING = True
SHORT = {"rounds": 1, "listeners": 40, "events": 400}
FULL = {"rounds": 20, "listeners": 120, "events": 4000}

# What each user's sections give him; "" is nobody.
SECTIONS = {
    "own": ("users", "secret/%u"),
    "one": ("user:one", "secret/1 team/1"),
    "team": ("user:team", "team/{n}"),
    "secrets": ("user:secrets", "secret/{n}"),
    "both": ("user:both", "secret/{n} team/{n}"),
    "all": ("user:all", "*"),
    "news": ("user:news", "news"),
}
USERS = ["", "1", "12", "one", "team", "secrets", "both", "all", "news"]  # 12 begins like 1, and has as little
PUBLIC = ["news", "open/1", "open/2"]
HIDDEN = [f"{kind}/{n}" for kind in ("secret", "team") for n in range(4)]
CHANNELS = PUBLIC + HIDDEN
BRIEF = [f"brief/{n}" for n in range(3)]  # private, and soon gone
DROSS = "~"  # what is said there
ALIKE = [([], ["*"]), (["news"], []), ([], ["team/{n}"]), (["open/1"], ["secret/{n}"])]  # what many want
PATTERNS = ["*", "secret/{n}", "team/{n}", "open/{n}", "{+all}"]
TOKEN = re.compile(rb"<\d+>")
TRAIT_LABEL, TRAIT_TOPICS, TRAIT_PRIVATE = 1, 2, 128
FAR = 14 << 10  # bytes; so many events of these that no window holds them


# ---- the model: ten lines, in other words than the product's

@functools.lru_cache(maxsize=None)
def matches(selector, name):
    regex = "".join(part if part[0] != "{" else ("[^/]*" if part[1] != "+" else ".*")
                    for part in re.split(r"(\{[^}]*\})", selector.replace("*", "{+}")) if part)
    return re.fullmatch(regex, name) is not None or selector == name


def selectors_of(user):
    for who, subscribe in SECTIONS.values():
        if user and who in ("users", "user:" + user):
            yield from subscribe.replace("%u", user).split()


@functools.lru_cache(maxsize=None)
def may_read(user, name):
    return any(matches(selector, name) for selector in selectors_of(user))


class Event:
    def __init__(self, number, channels, marked, size):
        self.number, self.channels, self.marked, self.size = number, channels, marked, size
        self.token = f"<{number}>"
        self.label = f"urn:{number}" if number % 4 == 0 else None
        self.data = self.token + "." * size + self.token
        self.id = None  # once it is stored

    def is_for(self, user):
        hidden = self.marked or any(name in HIDDEN for name in self.channels)
        return not hidden or any(may_read(user, name) for name in self.channels)


# ---- who listens

class Reader(Listener):
    """Remembers the tokens of all bytes it was ever sent."""

    def __init__(self, world, user, names, patterns, start, envelope, mercure):
        door = VisitorDoor(world.fcgi_socket, {}, {"REMOTE_USER": user, "address": "192.0.2.1"}
                           if user else {"address": "192.0.2.1"})
        pairs = [("envelope", 1)] if envelope else []
        query = "&".join(f"{k}={v}" for k, v in
                         pairs + [("pattern", p) for p in patterns] + [("channel", n) for n in names])
        target = "/stream?" + query.replace("{", "%7B").replace("}", "%7D").replace("+", "%2B")
        if mercure:
            target, start_id = mercure_target([*names, *patterns]), f"#{start}"
        else:
            start_id = str(start)
        super().__init__(world.crowd, door, target, last_event_id=start_id, reconnect=True,
                         longest_wait=0.2, stubborn=True, reader=Plain if mercure else Exact)
        self.mercure = mercure
        self.user, self.names, self.patterns, self.start = user, names, patterns, start
        self.envelope = envelope
        self.tokens, self.tail, self.foreign, self.resets = [], b"", set(), 0

    def listens(self, name):
        return name in self.names or any(matches(pattern, name) for pattern in self.patterns)

    def _read(self, body):
        self.foreign.update(TOKEN.findall(self.tail + body))
        self.tail = body[-32:]
        before = len(self.events)
        super()._read(body)
        for event in self.events[before:]:
            self.resets += event.type == "reset"
            if event.type == "message":
                data = json.loads(event.data)["data"] if self.envelope else event.data
                if data != DROSS:
                    self.tokens.append((event.id, data))
                if self.envelope:
                    self.foreign.add(json.loads(event.data)["channel"].encode())
        del self.events[:]  # they are noted

    def cut(self):
        if self.sock is not None and not self.paused:
            self._unwatch()
            self._over(cut=True)

    def name(self):
        return f"{self.user or 'nobody'} on {self.names + self.patterns}" + " by Mercure" * self.mercure

    def shown(self, event):
        """The id by which he knows it."""
        return (event.label or f"#{event.id}") if self.mercure else str(event.id)


class Privacy:
    def __init__(self, scene, world):
        self.scene, self.rng, self.world = scene, scene.rng, world
        self.numbers, self.events, self.readers = itertools.count(1), [], []
        self.peer = None

    # ---- publishing
    def traits(self, event):
        out = b""
        if event.label:
            out += bytes([TRAIT_LABEL]) + len(event.label).to_bytes(2, "little") + event.label.encode()
        if len(event.channels) > 1:
            names = b"".join(len(n).to_bytes(2, "little") + n.encode() for n in event.channels)
            value = bytes([0, len(event.channels)]) + names
            out += bytes([TRAIT_TOPICS]) + len(value).to_bytes(2, "little") + value
        if event.marked:
            out += bytes([TRAIT_PRIVATE, 0, 0])
        return out

    def say_briefly(self):
        """Events of which the older ones have gone when anybody comes back."""
        with contextlib.suppress(Closed, OSError, TimeoutError, AssertionError):
            if self.peer is None:
                self.peer = self.world.hub_peer()
            for name in BRIEF:
                self.peer.publish(DROSS, channel=name)
            return
        self.peer = None

    def store(self, event):
        peer = self.peer
        peer.number += 1
        peer.send(Publish(peer.number, peer.answered, 0, event.channels[0], "",
                          [Item(event.token, (1, event.number), event.data)], self.traits(event)))
        answer = peer.expect(Stored, number=peer.number)
        peer.answered = peer.number
        return answer.last

    def publish(self, size=None):
        count = self.rng.choice([1, 1, 1, 2, 3])
        event = Event(next(self.numbers), self.rng.sample(CHANNELS, count), self.rng.random() < 0.15,
                      self.rng.choice([0, 10, 300, 3000]) if size is None else size)
        while event.id is None:  # a key makes a second try the same event
            with contextlib.suppress(Closed, OSError, TimeoutError, AssertionError):
                if self.peer is None:
                    self.peer = self.world.hub_peer()
                event.id = self.store(event)
                break
            self.peer = None
        self.events.append(event)
        if event.number % 5 == 0:
            self.say_briefly()
        return event.id

    # ---- listening
    def join(self, count):
        for _ in range(count):
            user = self.rng.choice(USERS)
            named = [n for n in CHANNELS if n in PUBLIC or may_read(user, n)]
            names = self.rng.sample(named, self.rng.randrange(min(4, len(named) + 1)))
            patterns = self.rng.sample(PATTERNS, self.rng.randrange(3)) if names else \
                self.rng.sample(PATTERNS, self.rng.randrange(1, 3))
            if self.rng.random() < 0.5:
                names, patterns = self.rng.choice(ALIKE)
            start = self.rng.choice(self.events[-200:]).id if self.events else 0
            dress = self.rng.choice(["plain", "plain", "envelope", "mercure"])
            if dress == "mercure" and self.rng.random() < 0.5:  # it may name what it may not read
                names = self.rng.sample(CHANNELS, 3)
            reader = Reader(self.world, user, names, patterns, start, dress == "envelope",
                            dress == "mercure")
            self.world.crowd.listeners.append(reader)
            self.world.crowd.call(reader._open)
            self.readers.append(reader)

    def some(self, share):
        return [one for one in self.readers if self.rng.random() < share]

    # ---- what happens
    def cut(self):
        for one in self.some(0.3):
            self.world.crowd.call(one.cut)

    def flood(self):
        """Some read nothing while more comes than a window holds."""
        slow = self.some(0.3)
        for one in slow:
            one.pause()
        for _ in range((2 << 20) // FAR):
            self.publish(FAR)
        for one in slow:
            one.resume()

    def kill_responder(self):
        killed = self.world.responder.kill_worker(self.rng.randrange(2))
        self.world.responder.has_other_worker(killed)

    def kill_hub(self):
        killed = self.world.hub.kill_worker()
        self.world.hub.has_other_worker(killed)

    def restart(self):
        self.world.responder.stop()
        for _ in range(20):
            self.publish()
        self.world.responder.start()

    def come(self):
        self.join(4)

    def lists_are_true(self):
        """Whoever asks is told of what he may read, and of nothing else: names and counts."""
        for user in USERS:
            more = {"REMOTE_USER": user} if user else {}
            door = VisitorDoor(self.world.fcgi_socket, {}, more)
            found = self.listed(door, self.rng.choice([2, 1000]))
            if found is None:
                continue  # the hub is away
            wanted = self.counts(user)
            short = {name for name in found if name in BRIEF}
            self.scene.must(not short or user == "all", f"{user or 'nobody'} is told of {short}")
            found = {name: count for name, count in found.items()
                     if name not in short and (count or name in wanted)}
            self.scene.must(found == wanted, f"{user or 'nobody'} is told of {found}, not of {wanted}")

    def listed(self, door, limit):
        """Each name with its number of events, in pages; None if there is no answer."""
        found, after = {}, ""
        while True:
            answer = door.ask("GET", f"/api/channels?limit={limit}" + (after and f"&after={quote(after)}"))
            if answer.status != 200:
                return None
            found.update((line["channel"], line["events"]) for line in answer.json["channels"])
            if not answer.json["more"]:
                return found
            self.scene.must("next" in answer.json, "a list says that there are more, and not where")
            after = answer.json["next"]

    def counts(self, user):
        """Of each channel the events that its line counts for him."""
        counts = {}
        for event in self.events:
            for name in event.channels:
                whole = may_read(user, name)
                if whole or (name in PUBLIC and event.is_for("")):
                    counts[name] = counts.get(name, 0) + 1
        return counts

    # ---- the end
    def expected(self, reader):
        return [event for event in self.events if event.id > reader.start and event.is_for(reader.user)
                and any(reader.listens(name) for name in event.channels)]

    def is_quiet(self):
        self.world.is_healthy(20)
        for _ in range(20):
            self.publish(0)
        for one in self.readers:
            one.resume()
        wanted = {id(one): len(self.expected(one)) for one in self.readers}
        with contextlib.suppress(AssertionError):
            self.world.crowd.wait(
                lambda: all(len(one.tokens) >= wanted[id(one)] for one in self.readers),
                lambda: "", 30 * SLOW)
        time.sleep(0.2)  # what should not come has had the time to

    def faults(self):
        found = []
        for one in self.readers:
            wanted = self.expected(one)
            mine = {event.token.encode() for event in self.events if event.is_for(one.user)
                    and any(one.listens(name) for name in event.channels)}
            mine |= {name.encode() for name in CHANNELS + BRIEF * (one.user == "all")}
            hidden = {name.encode() for name in HIDDEN}
            leaked = {seen for seen in one.foreign if seen not in mine}
            if leaked:
                found.append(f"{one.name()} holds {sorted(leaked)[:5]}, which he may not")
            if one.resets and one.user != "all":
                found.append(f"{one.name()} was told of {one.resets} gaps: {one.story()}")
            if one.tokens != [(one.shown(event), event.data) for event in wanted]:
                found.append(self.difference(one, wanted))
            shown = {name for name in one.foreign & hidden}
            allowed = {name.encode() for event in wanted for name in event.channels}
            if shown - allowed:
                found.append(f"{one.name()} was told of {shown - allowed}")
        return found

    def difference(self, one, wanted):
        had = [data[:12] for _, data in one.tokens]
        should = [event.data[:12] for event in wanted]
        missed = [event for event in wanted if event.data[:12] not in had]
        doubled = len(had) - len(set(had))
        return (f"{one.name()}: {len(had)} of {len(should)} events, {doubled} twice; missed "
                f"{[(e.number, e.channels, e.marked) for e in missed[:3]]}; {one.story()}")


def make_world(scene):
    config = {"responder": {"workers": "2", "window": "1M", "private": "secret/{n} team/{n} brief/{n}",
                            "mercure": "yes"},
              "channel brief/{n}": {"keep_events": "2"}}
    for name, (who, subscribe) in SECTIONS.items():
        config["access " + name] = {"who": who, "subscribe": subscribe}
    return scene.world(config, web=False, inbox=False)


def play(scene, rounds, listeners, events):
    privacy = Privacy(scene, make_world(scene))
    for _ in range(50):
        privacy.publish()
    privacy.join(listeners)
    things = [privacy.cut, privacy.flood, privacy.kill_responder, privacy.kill_hub, privacy.restart,
              privacy.come, privacy.lists_are_true, privacy.cut]
    for _ in range(rounds):
        scene.rng.shuffle(things)
        for thing in things:
            scene.say(thing.__name__)
            for _ in range(events // len(things)):
                privacy.publish()
            thing()
            privacy.world.is_healthy(20)
    privacy.is_quiet()
    privacy.lists_are_true()
    scene.faultless(privacy.faults())
    scene.note(events=len(privacy.events), listeners=len(privacy.readers),
               resets=sum(one.resets for one in privacy.readers),
               hidden=sum(not event.is_for("") for event in privacy.events),
               deliveries=sum(len(one.tokens) for one in privacy.readers))
