# SPDX-License-Identifier: MIT
"""The hub's socket, spoken from Python: lib/wire.h is the text, this a second reading.

Peer is one end of a connection.  A test plays a responder with Hub.connect(),
or the hub with FakeHub, or stands between the two with Proxy and decides which
frames go on.
"""

import json
import os
import random
import selectors
import socket
import struct
import threading
import time
from collections import deque, namedtuple

VERSION = 6
FRAME_MAX = 16 << 20
ID_MAX = (1 << 53) - 1
VOLATILE = 1
AFTER, SINCE, ALL, UNKNOWN = range(4)
STORED, REPEATED, CONFLICT, INVALID, FULL, FAILED = range(6)

Item = namedtuple("Item", "key digest data")
Row = namedtuple("Row", "id channel type key data reason traits", defaults=[b""])
History = namedtuple("History", "gap used through mark oldest newest events")
Line = namedtuple("Line", "channel events bytes oldest newest subscribers")


# ---- fields: how each is put into a body and taken out of it

class Body:
    """A body being read; running past its end is a fault of the other side."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise ValueError(f"frame ends {self.at + count - len(self.data)} bytes early")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, width):
        return int.from_bytes(self.take(width), "little")

    def text(self, width):
        return self.take(self.number(width))


def _number(width):
    return (lambda value: int(value).to_bytes(width, "little"),
            lambda body: body.number(width))


def _bytes(value):
    return value.encode() if isinstance(value, str) else bytes(value)


def _text(width):
    def put(value):
        value = _bytes(value)
        return len(value).to_bytes(width, "little") + value
    return put, lambda body: body.text(width)


def _list(width, put, get):
    return (lambda values: len(values).to_bytes(width, "little") + b"".join(map(put, values)),
            lambda body: [get(body) for _ in range(body.number(width))])


def _put_item(item):
    key = _bytes(item.key)
    digest = struct.pack("<QQ", *item.digest) if key else b""
    return bytes([len(key)]) + key + digest + FIELDS["blob"][0](item.data)


def _get_item(body):
    key = body.text(1)
    digest = struct.unpack("<QQ", body.take(16)) if key else None
    return Item(key, digest, body.text(4))


def _put_line(line):
    return (FIELDS["str16"][0](line.channel)
            + struct.pack("<QQQQI", *line[1:]))


def _put_row(row):
    head = struct.pack("<QB", row.id, row.reason is not None)
    if row.reason is not None:
        return head + FIELDS["str16"][0](row.reason)
    return head + b"".join(FIELDS[kind][0](value) for kind, value in
                           (("str16", row.channel), ("str8", row.type), ("str16", row.traits),
                            ("str8", row.key), ("blob", row.data)))


def _get_row(body):
    number, bad = body.number(8), body.number(1)
    if bad:
        return Row(number, None, None, None, None, body.text(2))
    channel, type, traits = body.text(2), body.text(1), body.text(2)
    return Row(number, channel, type, body.text(1), body.text(4), None, traits)


FIELDS = {
    "u8": _number(1), "u16": _number(2), "u32": _number(4), "u64": _number(8),
    "str8": _text(1), "str16": _text(2), "blob": _text(4),
    "identity": (bytes, lambda body: body.take(16)),
    "secret": (lambda value: value or bytes(32), lambda body: body.take(len(body.data) - body.at)),
    "rest": (_bytes, lambda body: body.take(len(body.data) - body.at)),
}
FIELDS["names"] = _list(2, *FIELDS["str16"])
# Of a channel its name, of a pattern (kind, text).
FIELDS["selector"] = (
    lambda it: (b"\0" + FIELDS["str16"][0](it) if not isinstance(it, tuple)
                else bytes([it[0]]) + FIELDS["str16"][0](it[1])),
    lambda take: (lambda kind, text: (kind, text) if kind else text)(
        FIELDS["u8"][1](take), FIELDS["str16"][1](take)))
FIELDS["selectors"] = _list(2, *FIELDS["selector"])
FIELDS["items"] = _list(4, _put_item, _get_item)
FIELDS["counts"] = _list(4, lambda pair: FIELDS["str16"][0](pair[0]) + struct.pack("<I", pair[1]),
                         lambda body: (body.text(2), body.number(4)))
FIELDS["lines"] = _list(4, _put_line,
                        lambda body: Line(body.text(2), *struct.unpack("<QQQQI", body.take(36))))
FIELDS["unread"] = _list(2, lambda line: (FIELDS["str8"][0](line[0]) + FIELDS["str16"][0](line[1])
                                          + FIELDS["str16"][0](line[2])),
                         lambda body: (body.text(1), body.text(2), body.text(2)))
FIELDS["buckets"] = _list(1, lambda pair: struct.pack("<BQ", *pair),
                          lambda body: struct.unpack("<BQ", body.take(9)))
FIELDS["events"] = _list(4, lambda event: FIELDS["blob"][0](encode_body(event)),
                         lambda body: decode(68, body.text(4)))

FIELDS["ids"] = _list(4, *FIELDS["u64"])
FIELDS["places"] = _list(2, *FIELDS["u16"])
FIELDS["marks"] = _list(2, lambda pair: struct.pack("<HQ", *pair),
                        lambda body: struct.unpack("<HQ", body.take(10)))
FIELDS["reasons"] = _list(4, lambda pair: struct.pack("<Q", pair[0]) + FIELDS["str16"][0](pair[1]),
                          lambda body: (body.number(8), body.text(2)))
FIELDS["rows"] = _list(4, _put_row, _get_row)

TYPES = {}


def _message(number, name, fields, optional=None):
    """`fields` in the order of the wire; the optional one, empty by default, is
    the last of the tuple."""
    pairs = [field.split(":") for field in fields.split()]
    names = sorted((pair[0] for pair in pairs), key=lambda name: name == optional)
    kind = namedtuple(name, names, defaults=[b""] if optional else [])
    kind.frame_type = number
    kind.codecs = [(pair[0], FIELDS[pair[1]]) for pair in pairs]
    TYPES[number] = kind
    return kind


Hello = _message(1, "Hello", "version:u16 source:u64 program:str8")
Follow = _message(2, "Follow", "after:u64 window:u64")
Publish = _message(3, "Publish", "number:u64 answered:u64 flags:u8 channel:str16 type:str8 traits:str16"
                   " items:items", optional="traits")
Page = _message(4, "Page", "tag:u64 after:u64 upto:u64 bytes:u32 channel:selector")
Channels = _message(5, "Channels", "tag:u64 after:str16 limit:u16 only:str16")
Subscribed = _message(6, "Subscribed", "counts:counts")
Ping = _message(7, "Ping", "tag:u64")
Measured = _message(8, "Measured", "us:u64 subscribers:u32 ok:u64 moved:u64 refused:u64 failed:u64 "
                    "delivered:u64 replayed:u64 sum:u64 latency:buckets")
Metrics = _message(9, "Metrics", "tag:u64 format:u8")
Reader = _message(10, "Reader", "name:str8")
Inbox = _message(11, "Inbox", "number:u64 identity:str8 why:str16")
Rows = _message(12, "Rows", "number:u64 start:u64 to:u64 rows:rows")
Told = _message(13, "Told", "number:u64 rows:ids")
Stock = _message(14, "Stock", "confined:u8 rows:u64 lost:u32")
Judge = _message(15, "Judge", "tag:u64 start:u8 value:u64 upto:u64 label:str16 channels:selectors"
                 " told:marks", optional="label")
Judge.__new__.__defaults__ = ([], b"")
Welcome = _message(65, "Welcome", "version:u16 identity:identity newest:u64 secret:secret", optional="secret")
Refused = _message(66, "Refused", "sentence:str16")
Following = _message(67, "Following", "start:u64 newest:u64")
Event = _message(68, "Event", "id:u64 at:u64 taken:u64 channel:str16 type:str8 traits:str16 data:rest",
                 optional="traits")
Stored = _message(69, "Stored", "number:u64 outcome:u8 first:u64 last:u64 reason:str16")
Paged = _message(70, "Paged", "tag:u64 through:u64 mark:u64 events:events")
Channeled = _message(71, "Channeled", "tag:u64 more:u8 lines:lines")
State = _message(72, "State", "writable:u8 reason:str16 unread:unread")
State.__new__.__defaults__ = ([],)
Pong = _message(73, "Pong", "tag:u64")
Measure = _message(74, "Measure", "")
Metered = _message(75, "Metered", "tag:u64 text:rest")
At = _message(76, "At", "number:u64 known:u8 cursor:u64 stop:str16 more:u8 reasons:reasons")
Taken = _message(77, "Taken", "number:u64 cursor:u64 reasons:reasons")
Judged = _message(78, "Judged", "tag:u64 gap:u8 used:u64 limit:u64 oldest:u64 newest:u64"
                  " busy:places marks:marks")
Judged.__new__.__defaults__ = ([],)


def encode_body(message):
    return b"".join(codec[0](getattr(message, name)) for name, codec in message.codecs)


def encode(message):
    body = encode_body(message)
    return struct.pack("<IB", len(body) + 1, message.frame_type) + body


def decode(number, data):
    kind, body = TYPES[number], Body(data)
    message = kind(**{name: codec[1](body) for name, codec in kind.codecs})
    if body.at != len(data):
        raise ValueError(f"{kind.__name__}: {len(data) - body.at} bytes too many")
    return message


def frames(buffer):
    """Takes whole frames off the front of a bytearray: (type, body, bytes)."""
    while len(buffer) >= 4:
        length = int.from_bytes(buffer[:4], "little")
        if not 1 <= length <= FRAME_MAX:
            raise ValueError(f"impossible frame length {length}")
        if len(buffer) < 4 + length:
            return
        whole = bytes(buffer[:4 + length])
        del buffer[:4 + length]
        yield whole[4], whole[5:], whole


# ---- one end of a connection

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
            gap, told, known = gap or bool(verdict.gap), verdict.marks, dict(verdict.marks)
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

    def judge(self, *channels, start=AFTER, value=0, told=(), upto=ID_MAX):
        self.tag += 1
        self.send(Judge(self.tag, start, value, upto, sorted(_bytes(c) for c in channels), told))
        return self.expect(Judged, tag=self.tag)

    def one_page(self, channel, after, upto=ID_MAX, bytes=1 << 20):
        self.tag += 1
        self.send(Page(self.tag, after, upto, bytes, _bytes(channel)))
        return self.expect(Paged, tag=self.tag)

    def channels(self, after="", limit=100, only=""):
        self.tag += 1
        self.send(Channels(self.tag, _bytes(after), limit, _bytes(only)))
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
