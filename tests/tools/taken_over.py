# SPDX-License-Identifier: MIT
"""A reader of an inbox that somebody has taken over: says to the hub what it likes.

    python3 taken_over.py SOCKET INBOX KIND    until it is ended
"""

import os
import socket
import sys

from wire import At, FRAME_MAX, Hello, Inbox, Ping, Reader, Row, Rows, Taken, Told, VERSION, encode

IDENTITY = b"taken over by us"
AHEAD = 4


class TakenOver:
    """As fast as it can, with as much under way as the hub lets it."""

    def __init__(self, path, name):
        self.path, self.name = path, name
        self.number = 0
        self.connect()

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)
        self.buffer = bytearray()
        self.cursor = 0
        self.sock.sendall(encode(Hello(VERSION, int.from_bytes(os.urandom(7), "big") + 1, b"tidings-inbox"))
                          + encode(Reader(self.name)))
        self.ask(self.inbox())

    # -- frames
    def numbered(self, message):
        self.number += 1
        return encode(message._replace(number=self.number))

    def inbox(self):
        return self.numbered(Inbox(0, IDENTITY, b""))

    def rows(self, start, to, rows):
        return self.numbered(Rows(0, start, to, rows))

    # -- the wire
    def answer(self):
        while len(self.buffer) < 4 or len(self.buffer) < 4 + int.from_bytes(self.buffer[:4], "little"):
            piece = self.sock.recv(1 << 20)
            if not piece:
                raise ConnectionError
            self.buffer += piece
        length = 4 + int.from_bytes(self.buffer[:4], "little")
        whole = bytes(self.buffer[:length])
        del self.buffer[:length]
        if whole[4] not in (At.frame_type, Taken.frame_type):
            return self.answer()
        at = 13 + (whole[4] == At.frame_type)
        self.cursor = int.from_bytes(whole[at:at + 8], "little")
        return whole

    def ask(self, *messages):
        self.sock.sendall(b"".join(messages))
        for _ in messages:
            self.answer()

    # -- floods: each is one round of it
    def identities(self):
        self.ask(*(self.inbox() for _ in range(AHEAD)))

    def nowhere(self):
        self.ask(*[NOWHERE] * AHEAD)

    def told(self):
        self.ask(*(self.numbered(Told(0, list(range(1, 1025)))) for _ in range(AHEAD)))

    def excuses(self):
        self.sock.sendall(EXCUSES)

    def pings(self):
        """It never reads what it is told, and comes again when it is closed for that."""
        try:
            self.sock.sendall(PINGS)
        except OSError:
            self.sock.close()
            self.connect()

    def long(self):
        """The longest frame that there can be, as far as it is let say it."""
        try:
            self.sock.sendall(LONG)
        except OSError:
            pass
        self.sock.close()
        self.connect()

    def bad(self):
        at = self.cursor
        self.ask(self.rows(at, at + 1000, [Row(at + n + 1, None, None, None, None, b"b" * 200)
                                           for n in range(1000)]))

    def bad_and_identities(self):
        """Once there are as many as the hub keeps, it is asked for them."""
        before = self.cursor
        self.bad()
        if self.cursor == before:
            self.identities()

    def empty(self):
        at = self.cursor
        self.ask(self.rows(at, at + 1, []))

    def malformed(self):
        with_luck = [b"\x01\0\0\0\x0c", encode(Rows(1, 9, 8, [])), encode(Told(1, [])) + b"\xff" * 9,
                     b"\xff" * 64, os.urandom(300)]
        try:
            self.sock.sendall(with_luck[self.number % len(with_luck)])
            while self.sock.recv(1 << 20):
                pass
        except OSError:
            pass
        self.sock.close()
        self.number += 1
        self.connect()


# Made once: it is the hub that is to be busy.
NOWHERE = encode(Rows(1, 1 << 50, (1 << 50) + 1000, [
    Row((1 << 50) + n + 1, b"main", b"", b"", b"x", None) for n in range(1000)]))
EXCUSES = b"".join(encode(Inbox(0, b"", b"trouble %d" % n)) for n in range(1000))

PINGS = b"".join(encode(Ping(n)) for n in range(10000))
LONG = FRAME_MAX.to_bytes(4, "little") + bytes([Rows.frame_type]) + bytes(FRAME_MAX - 1)

KINDS = ("identities", "nowhere", "told", "excuses", "bad_and_identities", "empty", "malformed", "pings",
         "long")

if __name__ == "__main__":
    reader = TakenOver(sys.argv[1], sys.argv[2].encode())
    print("begun", flush=True)
    while True:
        getattr(reader, sys.argv[3])()
