# SPDX-License-Identifier: MIT
"""Browsers: streams that are read, remembered, and opened again as EventSource does.

A Crowd is one thread that holds any number of Listeners.  A Listener remembers
every event; a test takes them one by one with sees(), or reads `events`.  Only
waiting has deadlines; nothing here sleeps.
"""

import heapq
import itertools
import json
import selectors
import socket
import threading
import time
import zlib
from urllib.parse import quote, urlencode

from sse import Exact, Timed

CONTROL = ("connected", "live", "expired")
WITHIN = 10


class Listener:
    """One EventSource.

    CONNECTING  waits for its answer, or for the time to try again
    OPEN        status 200, reads
    CLOSED      left, was refused, or ended and was not to come back
    """

    def __init__(self, crowd, door, target, headers=None, last_event_id=None,
                 reconnect=False, receive_buffer=None, longest_wait=None, stubborn=False,
                 reader=None, **more):
        self.crowd, self.door, self.target = crowd, door, target
        self.headers, self.more = dict(headers or {}), more
        self.last_id = last_event_id or ""
        self.reconnect = reconnect
        self.receive_buffer = receive_buffer
        self.longest_wait = longest_wait   # seconds: no test waits for a long retry
        self.stubborn = stubborn           # comes back after a 503 too, as a page
                                           # that makes a new EventSource
        self.state = "CONNECTING"
        self.events = []         # sse.Event, control events included
        self.answers = []        # one web.Answer for each connection
        self.ends = 0            # connections that came to an end
        self.cuts = 0            # ... without their proper end
        self.comments = 0
        self.came = 0            # bytes of the answers' bodies, gzip as they came
        self.taken = 0           # how many events the test has taken
        self.reader = reader or reader_of(target)  # what it takes for a stream of ours
        self.parser = self.reader()
        self.sock = None
        self.paused = False
        self.on_event = None     # called in the crowd's thread

    # ---- what a test says
    def wait(self, condition, what, within=WITHIN):
        self.crowd.wait(condition, lambda: f"{self.target}: {what()}", within)

    def next(self, within=WITHIN):
        """The next event, whatever it is."""
        self.wait(lambda: len(self.events) > self.taken or self.state == "CLOSED",
                  lambda: f"no further event; {self.story()}", within)
        assert len(self.events) > self.taken, f"{self.target} is closed; {self.story()}"
        self.taken += 1
        return self.events[self.taken - 1]

    def sees(self, *expected, type="message", id=None, within=WITHIN):
        """The next events have just these data; connected and live are passed over."""
        event = None
        for data in expected:
            event = self.next(within)
            while event.type in CONTROL:
                event = self.next(within)
            assert event.data == data, f"saw {event}, not {data[:80]!r}; {self.story()}"
            assert event.type == type, f"saw {event}, not a {type}"
            assert id is None or event.id == str(id), f"saw {event}, not id {id}"
        return event

    def is_told(self, type, within=WITHIN):
        """The next event is this one of the server's own; its data decoded."""
        event = self.next(within)
        assert event.type == type, f"saw {event}, not {type}; {self.story()}"
        return event, json.loads(event.data) if event.data else None

    def is_connected(self, within=WITHIN):
        return self.is_told("connected", within)

    def has_ended(self, within=WITHIN):
        self.wait(lambda: self.state == "CLOSED", lambda: f"is still {self.state}", within)

    def comes_back(self, times=1, within=WITHIN):
        """Waits until it has been opened `times` more than now."""
        wanted = len([a for a in self.answers if a.status]) + times
        self.wait(lambda: len([a for a in self.answers if a.status]) >= wanted,
                  lambda: f"has not come back; {self.story()}", within)

    @property
    def answer(self):
        return self.answers[-1]

    @property
    def data(self):
        """The data of what was published, in order."""
        return [e.data for e in self.events if e.type not in CONTROL + ("reset",)]

    @property
    def ids(self):
        return [int(e.id) for e in self.events
                if e.id is not None and e.type not in CONTROL + ("reset",)]

    @property
    def statuses(self):
        return [a.status for a in self.answers if a.status is not None]

    def told(self, type):
        return [e for e in self.events if e.type == type]

    def leave(self):
        self.crowd.call(self._close)

    def pause(self):
        """Stops reading: the socket fills."""
        self.crowd.call(self._pause, True)

    def resume(self):
        self.crowd.call(self._pause, False)

    def story(self):
        tail = " | ".join(map(str, self.events[-5:]))
        return (f"{self.state}, {len(self.events)} events ({tail}), "
                f"statuses {self.statuses}, {self.ends} ends, {self.cuts} cuts")

    # ---- in the crowd's thread
    def _open(self):
        if self.state == "CLOSED":
            return
        headers = dict(self.headers)
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        headers.setdefault("Accept", "text/event-stream")
        retry, self.parser = self.parser.retry, self.reader()
        self.parser.retry = retry
        self.parser.last_id = self.parser._id_buffer = self.last_id
        answer = self.door.answer()
        self.inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            self.sock = self.door.dial(self.receive_buffer)
            self.sock.settimeout(5)
            self.sock.sendall(self.door.request(self.target, headers, **self.more))
        except OSError:
            if self.sock is not None:
                self.sock.close()
                self.sock = None
            self._over(cut=True)
            return
        self.answers.append(answer)
        self.sock.setblocking(False)
        self.crowd.watch(self)

    def _readable(self):
        try:
            piece = self.sock.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        answer = self.answers[-1]
        body = answer.feed(piece)
        answer.body = answer.body[:4096]  # remembered as events, not as bytes
        if answer.status is not None and self.state == "CONNECTING":
            self.state = "OPEN"
        self.came += len(body)
        if answer.headers.get("content-encoding") == "gzip":
            body = self.inflater.decompress(body)
        if answer.status == 200:
            self._read(body)
        if answer.ended or not piece:
            self._end(answer)

    def _read(self, body):
        for event in self.parser.feed(body):
            self.events.append(event)
            if self.on_event:
                self.on_event(self, event)
        self.last_id = self.parser.last_id
        self.comments += len(self.parser.comments)
        self.parser.comments.clear()

    def _end(self, answer):
        self._unwatch()
        if answer.status not in (None, 200) and not self.stubborn:
            self.state = "CLOSED"
            return
        assert not answer.ended or self.parser.is_between_events, \
            f"{self.target}: half an event, and then a proper end"
        self._over(cut=not answer.ended)

    def _over(self, cut):
        self.ends += 1
        self.cuts += cut
        if not self.reconnect:
            self.state = "CLOSED"
            return
        self.state = "CONNECTING"
        wait = 0.1 if self.parser.retry is None else self.parser.retry / 1000
        if self.longest_wait is not None:
            wait = min(wait, self.longest_wait)
        self.crowd.later(wait, self._open)

    def _unwatch(self):
        if self.sock is not None:
            self.crowd.unwatch(self)
            self.sock.close()
            self.sock = None

    def _close(self):
        self._unwatch()
        self.state = "CLOSED"

    def _pause(self, paused):
        if self.paused == paused or self.sock is None:
            return
        if paused:
            self.crowd.unwatch(self)
        self.paused = paused
        if not paused:
            self.crowd.watch(self)


class Crowd:
    """The thread in which listeners read."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.changed = threading.Condition()
        self.calls = []
        self.timers = []
        self.order = itertools.count()
        self.listeners = []
        self.fault = None
        self.running = True
        self.wake_write, self.wake_read = socket.socketpair()
        self.wake_read.setblocking(False)
        self.selector.register(self.wake_read, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def listen(self, door, target, **how):
        listener = Listener(self, door, target, **how)
        self.listeners.append(listener)
        self.call(listener._open)
        return listener

    def wait(self, condition, what, within=WITHIN):
        with self.changed:
            done = self.changed.wait_for(lambda: self.fault or condition(), within)
        if self.fault:
            raise self.fault
        if not done:
            raise AssertionError(f"{what()} (after {within} s)")

    def call(self, function, *arguments):
        """Runs it in the crowd's thread and waits until that is done."""
        done = threading.Event()
        with self.changed:
            self.calls.append((function, arguments, done))
        self.wake_write.send(b"x")
        if threading.current_thread() is not self.thread:
            assert done.wait(15), "the crowd's thread does not answer"

    def close(self):
        for listener in self.listeners:
            listener.leave()
        self.running = False
        self.wake_write.send(b"x")
        self.thread.join(5)
        self.selector.close()
        self.wake_write.close()
        self.wake_read.close()

    # ---- in its thread
    def watch(self, listener):
        if not listener.paused:
            self.selector.register(listener.sock, selectors.EVENT_READ, listener)

    def unwatch(self, listener):
        if not listener.paused:
            self.selector.unregister(listener.sock)

    def later(self, seconds, function):
        heapq.heappush(self.timers, (time.monotonic() + seconds, next(self.order), function))

    def _run(self):
        try:
            while self.running:
                self._turn()
        except Exception as fault:  # a test must fail, not hang
            self.fault = fault
            with self.changed:
                self.changed.notify_all()
            raise

    def _turn(self):
        wait = None
        if self.timers:
            wait = max(0, self.timers[0][0] - time.monotonic())
        ready = self.selector.select(wait)
        with self.changed:
            calls, self.calls = self.calls, []
            for function, arguments, done in calls:
                function(*arguments)
                done.set()
            for key, _ in ready:
                if key.data is None:
                    self.wake_read.recv(4096)
                elif key.data.sock is key.fileobj:
                    key.data._readable()
            while self.timers and self.timers[0][0] <= time.monotonic():
                heapq.heappop(self.timers)[2]()
            self.changed.notify_all()


def reader_of(target):
    """Only who asks for times, and for no envelope, is given another field."""
    query = target.partition("?")[2].split("&")
    return Timed if "time=1" in query and "envelope=1" not in query else Exact


def target_of(channels=(), path=None, **query):
    """The URL of a stream: of one channel, of several, or of `path`; a list in
    the query is one parameter for each of it."""
    pairs = [("channel", c) for c in channels] if path is None or path == "/stream" else []
    pairs += [(name, str(one)) for name, value in query.items() if value is not None
              for one in (value if isinstance(value, (list, tuple)) else [value])]
    if path is None and len(channels) == 1:
        path, pairs = "/realtime/" + quote(channels[0], safe=""), pairs[1:]
    return (path or "/stream") + ("?" + urlencode(pairs) if pairs else "")
