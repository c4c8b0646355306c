# SPDX-License-Identifier: MIT
"""Who is at the hub's socket, and speaks as wire.py says.

Peer is one end of a connection.  A test plays a responder with Hub.connect(),
or the hub with FakeHub, or stands between the two with Proxy and decides which
frames go on.
"""

import json
import os
import random
import selectors
import socket
import threading
import time
from collections import deque

from wire import (AFTER, ID_MAX, TYPES, VERSION, Channeled, Channels, Event, Follow,
                  Following, Hello, History, Item, Judge, Judged, Measure, Page, Paged, Ping, Pong,
                  Publish, State, Stored, Welcome, _bytes, decode, encode, frames)


class Closed(Exception):
    """The other side closed."""


def _is_sample(event):
    return event.id == 0 and event.channel == b"metrics" and event.data.startswith(b"{")


class Peer:
    def __init__(self, sock):
        self.sock = sock
        self.buffer = bytearray()
        self.unread = deque()
        self.samples = []  # of the metrics: they come whatever a test is about
        self.report = None  # what is answered to MEASURE

    def send(self, *messages):
        self.send_raw(b"".join(map(encode, messages)))

    def send_raw(self, data):
        self.sock.settimeout(10)
        self.sock.sendall(data)

    def _read(self, until):
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"nothing came; unread: {list(self.unread)}")
        self.sock.settimeout(left)
        try:
            piece = self.sock.recv(1 << 18)
        except (ConnectionResetError, BrokenPipeError):
            piece = b""
        if not piece:
            raise Closed
        self.buffer += piece
        for number, body, _ in frames(self.buffer):
            message = decode(number, body)
            if isinstance(message, Ping):
                self.send(Pong(message.tag))
            elif isinstance(message, Measure):
                self.measure()
            elif isinstance(message, Event) and _is_sample(message):
                self.samples.append(json.loads(message.data))
            else:
                self.unread.append(message)

    def measure(self):
        if self.report is not None:
            report, self.report = self.report, None
            self.send(report)

    def expect(self, kind, within=10, **fields):
        """The next message of this kind (with these values); others wait."""
        until = time.monotonic() + within
        while True:
            for message in self.unread:
                if isinstance(message, kind) and all(
                        getattr(message, name) == value for name, value in fields.items()):
                    self.unread.remove(message)
                    return message
            self._read(until)

    def next(self, within=10):
        until = time.monotonic() + within
        while not self.unread:
            self._read(until)
        return self.unread.popleft()

    def sees_the_end(self, within=10):
        """True when the other side closes; what it says until then is kept."""
        until = time.monotonic() + within
        try:
            while True:
                self._read(until)
        except Closed:
            return True

    def close(self):
        self.sock.close()


class Hub(Peer):
    """A responder, as the hub sees it."""

    def __init__(self, path, source=None, greet=True, within=10):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(within)
        sock.connect(str(path))
        super().__init__(sock)
        self.source = source or random.getrandbits(63) + 1
        self.number = 0
        self.answered = 0
        self.tag = 0
        if greet:
            self.send(Hello(VERSION, self.source, b"a test"))
            self.welcome = self.expect(Welcome, within)

    def ask_to_store(self, *data, channel="main", type="", key="", keys=None,
                     digest=(1, 2), flags=0, number=None):
        """Sends a PUBLISH of one event for each `data`; returns its number."""
        if number is None:
            self.number += 1
            number = self.number
        keys = keys or ([key] + [""] * (len(data) - 1))
        items = [Item(_bytes(k), digest, _bytes(d)) for k, d in zip(keys, data)]
        self.send(Publish(number, self.answered, flags, _bytes(channel), _bytes(type), items))
        return number

    def publish(self, *data, within=10, **how):
        """Publishes and waits for the answer."""
        number = self.ask_to_store(*data, **how)
        answer = self.expect(Stored, number=number, within=within)
        self.answered = max(self.answered, number)
        return answer

    def follow(self, after=0, window=1 << 20):
        self.send(Follow(after, window))
        return self.expect(Following)

    def event(self, within=10):
        return self.expect(Event, within=within)

    def page(self, *channels, start=AFTER, value=0, upto=ID_MAX, bytes=1 << 20):
        """What a stream of these channels is told from there on, as far as the hub goes."""
        names = sorted(_bytes(c) for c in channels)
        events, told, gap = [], [], False
        while True:
            verdict = self.judge(*names, start=start, value=value, told=told, upto=upto)
            gap, known = gap or bool(verdict.gap), {place: mark for place, mark, _ in verdict.marks}
            told = [(place, shown) for place, _, shown in verdict.marks]
            marks = {place: self.read(names[place], verdict.used, verdict.limit, bytes, events)
                     for place in verdict.busy}
            if all(mark <= max(verdict.used, known.get(place, 0)) for place, mark in marks.items()):
                through = max(verdict.limit, verdict.used)
                return History(gap, verdict.used, through, max([0, *marks.values(), *known.values()]),
                               verdict.oldest, verdict.newest, sorted(events))
            # Something was pruned, or found to be lost, since the verdict.
            events, start, value = [], AFTER, verdict.used

    def read(self, name, after, upto, bytes, events):
        """Adds the channel's events; the highest mark of its pages."""
        mark = 0
        while after < upto:
            page = self.one_page(name, after=after, upto=upto, bytes=bytes)
            assert page.through > after
            events += page.events
            after, mark = page.through, max(mark, page.mark)
        return mark

    def judge(self, *channels, start=AFTER, value=0, told=(), upto=ID_MAX, grant=()):
        self.tag += 1
        self.send(Judge(self.tag, start, value, upto, sorted(_bytes(c) for c in channels), told, grant))
        return self.expect(Judged, tag=self.tag)

    def one_page(self, channel, after, upto=ID_MAX, bytes=1 << 20):
        self.tag += 1
        self.send(Page(self.tag, after, upto, bytes, _bytes(channel)))
        return self.expect(Paged, tag=self.tag)

    def channels(self, after="", limit=100, only="", grant=()):
        self.tag += 1
        self.send(Channels(self.tag, _bytes(after), limit, _bytes(only), grant))
        return self.expect(Channeled, tag=self.tag)

    def ping(self):
        self.tag += 1
        self.send(Ping(self.tag))
        return self.expect(Pong, tag=self.tag)


class FakeHub:
    """A hub that does what the test says; the responder is the real one."""

    def __init__(self, path):
        self.path = str(path)
        self.identity = os.urandom(16)
        self.newest = 1000
        self.peers = []
        self.open()

    def open(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)

    def accept(self, within=10):
        self.listener.settimeout(within)
        peer = Peer(self.listener.accept()[0])
        self.peers.append(peer)
        return peer

    def greet(self, within=10, start=None):
        """Accepts, answers HELLO and FOLLOW; returns the peer."""
        peer = self.accept(within)
        peer.hello = peer.expect(Hello)
        peer.send(Welcome(VERSION, self.identity, self.newest), State(1, b""))
        peer.asked = peer.expect(Follow)
        peer.send(Following(self.newest if start is None else start, self.newest))
        return peer

    def away(self):
        """Closes everything, as a hub that died."""
        self.listener.close()
        for peer in self.peers:
            peer.close()
        self.peers = []

    close = away


# ---- between the two

class Proxy:
    """Stands on `path` for the hub at `target`; may hold frames back.

    hold(TO_RESPONDER, Stored) lets everything pass until the first STORED; that
    frame and all behind it wait for release(), or are lost with cut().
    """

    TO_HUB, TO_RESPONDER = 0, 1

    def __init__(self, path, target):
        self.path, self.target = str(path), str(target)
        self.lock = threading.Condition()
        self.holds = [None, None]     # frame kinds at which the direction stops
        self.held = [False, False]
        self.waiting = [[], []]       # (destination socket, bytes)
        self.passed = [[], []]        # kinds that went on
        self.links = {}               # socket -> (other socket, direction, buffer)
        self.selector = selectors.DefaultSelector()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.wake, wake_read = socket.socketpair()
        self.selector.register(wake_read, selectors.EVENT_READ)
        self.wake_read = wake_read
        self.running = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # -- what a test says
    def hold(self, direction, *kinds):
        with self.lock:
            self.holds[direction] = {kind.frame_type for kind in kinds} or set(TYPES)

    def wait_until_held(self, direction, within=10):
        with self.lock:
            assert self.lock.wait_for(lambda: self.held[direction], within), \
                "no such frame came"

    def release(self, direction):
        with self.lock:
            self.holds[direction], self.held[direction] = None, False
            waiting, self.waiting[direction] = self.waiting[direction], []
            for destination, data in waiting:
                self._pass(destination, data)

    def cut(self):
        """Closes all connections; what was held is lost."""
        with self.lock:
            self.holds, self.held, self.waiting = [None, None], [False, False], [[], []]
            for sock in list(self.links):
                self._drop(sock)

    def close(self):
        self.running = False
        self.wake.send(b"x")
        self.thread.join(5)
        self.cut()
        self.listener.close()
        self.selector.close()

    # -- its thread
    def _run(self):
        while self.running:
            for key, _ in self.selector.select():
                with self.lock:
                    if key.fileobj is self.listener:
                        self._accept()
                    elif key.fileobj is self.wake_read:
                        self.wake_read.recv(10)
                    elif key.fileobj in self.links:
                        self._move(key.fileobj)

    def _accept(self):
        near = self.listener.accept()[0]
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(self.target)
        except OSError:
            near.close()
            far.close()
            return
        for sock, other, direction in ((near, far, self.TO_HUB), (far, near, self.TO_RESPONDER)):
            self.links[sock] = (other, direction, bytearray())
            self.selector.register(sock, selectors.EVENT_READ)

    def _move(self, sock):
        other, direction, buffer = self.links[sock]
        try:
            piece = sock.recv(1 << 18)
        except OSError:
            piece = b""
        if not piece:
            self._drop(sock)
            return
        buffer += piece
        for number, _, whole in frames(buffer):
            if self.holds[direction] is not None and number in self.holds[direction]:
                self.held[direction] = True
                self.lock.notify_all()
            if self.held[direction]:
                self.waiting[direction].append((other, whole))
            else:
                self.passed[direction].append(TYPES[number])
                self._pass(other, whole)

    def _pass(self, sock, data):
        try:
            sock.sendall(data)
        except OSError:
            pass

    def _drop(self, sock):
        if sock not in self.links:
            return
        other = self.links.pop(sock)[0]
        self.selector.unregister(sock)
        sock.close()
        self._drop(other)
