# SPDX-License-Identifier: MIT
"""Clients that nobody here wrote, and the story that all are told.

    story = Story(world, passage, [Client("eventsource4", command), ...])
    story.play()
    story.faults("eventsource4")     # {"stops: an answer 503"}, or nothing
"""

import json
import os
import signal
import subprocess
import threading
import time
from urllib.parse import quote

from world import SLOW, eventually

CONTROL = ("connected", "live")
TYPES = ("message", "note")
PATIENCE, SHORT = 20, 2  # they come back within 0.7 s
SILENCE = 6  # longer than the shortest read timeout, 5 s


class Client:
    """A program, and the lines that it says."""

    def __init__(self, name, command, keepalive=False, stops=None, unsuited=None, **how):
        self.name, self.command, self.keepalive, self.how = name, command, keepalive, how
        self.unsuited = unsuited         # why it may not even begin here
        self.expected_to_stop = stops    # the step at which it is not waited for long
        self.said, self.process, self.stopped = [], None, None

    def target(self, channel):
        return (f"?channel={channel}&since=all&_={quote(self.name)}"
                + ("&keepalive=3s" if self.keepalive else ""))

    def start(self, url):
        self.process = subprocess.Popen([*self.command, url + self.target("main")], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True, **self.how)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            try:
                self.said.append(dict(json.loads(line)))
            except (ValueError, TypeError):  # a library speaks itself
                self.said.append({"error": line.decode(errors="replace").rstrip()})

    @property
    def events(self):
        return [said for said in list(self.said) if "data" in said]

    def has_ended(self):
        return self.process.poll() is not None

    def has(self, n):
        return any(number(event) == n for event in reversed(self.events))

    def close(self):
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
            self.thread.join(5)
            self.process.stdout.close()


def number(event):
    """Which one it is, or None: it is not what was published."""
    try:
        return json.loads(event["data"])["n"]
    except (ValueError, KeyError, TypeError):
        return None


class Story:
    """All clients at once; a step that a client does not survive is its last."""

    types = ("note", None, None, None, None)  # each fifth has one

    def __init__(self, world, passage, clients):
        self.world, self.passage = world, passage
        self.clients = {client.name: client for client in clients}
        self.sent = []              # (n, id, type, data, step)
        self.step, self.marks = None, []    # and how much each had at its beginning
        self.restless = set()
        self.took = {}              # step -> {name: seconds until it came back}

    # ---- what happens
    def start(self):
        for client in self.clients.values():
            client.start(f"http://127.0.0.1:{self.passage.port}/stream")

    def play(self):
        self.begin("the beginning")
        self.start()
        self.publish(3)
        self.all_have_it()
        for _ in range(2):
            self.begin("a killed responder")
            self.world.responder.has_settled()
            self.publish(1)
            self.world.responder.kill_worker()
            self.publish(3)
            self.all_have_it()
        self.begin("a reload")
        self.publish(1)
        os.kill(self.world.responder.pid, signal.SIGHUP)
        self.all_are_back()
        self.publish(2)
        self.all_have_it()
        for where in ("behind the id", "within the data", "behind the data"):
            self.begin(f"a cut {where}")
            self.passage.cut(where)
            self.publish(1, cut=where, filler="x" * 300)
            self.publish(2)
            self.all_have_it()
        self.begin("nobody there")
        self.passage.refuse()
        self.publish(2)
        time.sleep(1.3)  # longer than the longest `retry`
        self.passage.admit()
        self.all_have_it()
        self.begin("silence")
        self.silence()
        self.publish(1)
        self.all_have_it()
        self.begin("an answer 503")
        self.passage.answer_503()
        self.all_are_back(twice=True)
        self.publish(2)
        self.all_have_it()

    def begin(self, step):
        self.step, self.began = step, time.monotonic()
        self.marks.append((step, {name: len(client.events) for name, client in self.clients.items()}))

    def publish(self, count, **more):
        """Numbered events."""
        for _ in range(count):
            n = len(self.sent) + 1
            type = self.types[n % len(self.types)]
            data = json.dumps({"n": n, **more})
            id = self.insist(data, n, type)
            self.sent.append((n, str(id), type or "message", data, self.step))

    def insist(self, data, n, type):
        """As a publisher that got no answer should."""
        def stored():
            try:
                return self.store(data, n, type)
            except (AssertionError, OSError):
                return None
        return eventually(stored, f"event {n} being stored")

    def store(self, data, n, type):
        return self.world.publish(data, event=type, id=f"n{n}")

    def all_are_back(self, twice=False):
        began, times = self.began, 2 if twice else 1
        self.wait(lambda client: len(self.passage.visits(client.name, began)) >= times)
        self.took[self.step] = {name: round(self.passage.visits(name, began)[times - 1].at - began, 2)
                                for name, client in self.clients.items() if not client.stopped}

    def all_have_it(self):
        n = self.sent[-1][0]
        self.wait(lambda client: client.has(n))

    def wait(self, condition):
        """Waits for all; who does not come has stopped."""
        began = time.monotonic()

        def late(client):
            patience = SHORT if client.expected_to_stop == self.step else PATIENCE
            return client.has_ended() or time.monotonic() > began + patience * SLOW
        while waiting := [c for c in self.clients.values() if not c.stopped and not condition(c)]:
            for client in waiting:
                if late(client) and not condition(client):
                    client.stopped = self.step
            time.sleep(0.02)

    def silence(self):
        time.sleep(0.5)
        began, had = time.monotonic(), {n: len(c.events) for n, c in self.clients.items()}
        time.sleep(SILENCE)
        for name, client in self.clients.items():
            if self.passage.visits(name, began) or len(client.events) != had[name]:
                self.restless.add(name)

    # ---- what is told of it
    def faults(self, name):
        client, found = self.clients[name], set()
        events = client.events
        numbers = [number(event) for event in events]
        if client.stopped:
            found.add(f"stops: {client.stopped}")
        for n, _, _, _, step in self.sent:
            gone = client.stopped and (step == client.stopped or n > max((m for m in numbers if m), default=0))
            if n not in numbers and not gone:
                found.add(f"loses: {step}")
        for at, event in enumerate(events):
            step = [step for step, had in self.marks if had[name] <= at][-1]
            found |= {f"{fault}: {step}" for fault in self.wrong(event, numbers[at], numbers[:at])}
        if name in self.restless and not client.stopped:
            found.add("is restless: silence")
        if any("thrown" in said for said in client.said):
            found.add("throws")
        return found

    def wrong(self, event, n, before):
        """What is wrong with an event, as its client was given it."""
        if event["data"] in ("", None):
            yield "an empty event"
        elif event["type"] == "reset":
            yield "a reset"
        elif event["type"] not in CONTROL:
            if n is None:
                yield "half an event"
            elif n in before:
                yield "doubles"
            else:
                _, id, type, data, _ = self.sent[n - 1]
                if (event["type"], event["data"]) != (type, data) or event["id"] not in (id, None):
                    yield "another event"
                if any(other and other > n for other in before):
                    yield "disorder"

    def missing(self, name):
        """Why it could not be played, or None."""
        client = self.clients[name]
        began = client.stopped != "the beginning" or self.passage.visits(name)
        return None if began else client.unsuited

    def about(self, name):
        """For who reads why a test failed."""
        client = self.clients[name]
        errors = [said for said in client.said if "data" not in said][-12:]
        visits = [(v.last_id, round(v.at - self.passage.visited[0].at, 2)) for v in self.passage.visits(name)]
        last = [{**event, "data": (event["data"] or "")[:60]} for event in client.events[-8:]]
        return f"stopped {client.stopped}\nsaid {errors}\nvisits {visits}\nlast {last}\ntook " + \
            str({step: times.get(name) for step, times in self.took.items()})

    def close(self):
        for client in self.clients.values():
            client.close()
