# SPDX-License-Identifier: MIT
"""A way to the web server on which everything happens that happens to streams.

    passage = Passage(world.port)
    passage.cut("within the data")       # each client's connection, once, in the next marked event
    passage.refuse(); passage.admit()    # nobody there, and there again
    passage.answer_503()                 # to each client, once
    passage.visits("eventsource4")       # [Visit(name, last_id, at)]

A client says who it is in its URL (?_=NAME).  Bytes pass as they come.
"""

import contextlib
import itertools
import mimetypes
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import unquote


def _behind_the_id(text, mark):
    """The `id:` line stands before the data, or behind it."""
    before = text.rindex(b"\n\n", 0, mark) if b"\n\n" in text[:mark] else 0
    at = text.find(b"id: ", before, mark)
    return text.index(b"\n", at if at >= 0 else text.index(b"id: ", mark)) + 1


# Where a frame is cut; its data has the mark in it.
CUTS = {
    "behind the id": _behind_the_id,
    "within the data": lambda text, mark: mark + 2,
    "behind the data": lambda text, mark: text.index(b"\n", mark) + 1,
}


@dataclass
class Visit:
    name: str
    last_id: str
    at: float = field(default_factory=time.monotonic)


class Passage:
    def __init__(self, to, files=None):
        self.to, self.files = to, files or {}
        self.visited, self.open = [], set()
        self.lock = threading.Lock()
        self.cutting, self.was_cut, self.number = None, set(), itertools.count()
        self.refused = None         # the names that were answered 503, while that is on
        self.ports, self.listeners = [], []
        self.port = self.listen()

    def listen(self, port=0):
        """Another port that leads there: another origin."""
        listener = socket.create_server(("127.0.0.1", port), backlog=100)
        self.listeners.append(listener)
        if not port:
            self.ports.append(listener.getsockname()[1])
        threading.Thread(target=self._accept, args=[listener], daemon=True).start()
        return listener.getsockname()[1]

    # ---- what happens on the way
    def cut(self, where):
        """In the next event whose data has this in it, each client is cut off there, once."""
        self.was_cut, self.cutting = set(), where

    def end_all(self):
        for sock in list(self.open):
            _shut(sock)

    def refuse(self):
        for listener in self.listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.listeners.clear()
        self.end_all()

    def admit(self):
        for port in self.ports:
            self.listen(port)

    def answer_503(self):
        self.refused = set()
        self.end_all()

    def visits(self, name, since=0):
        return [visit for visit in self.visited if visit.name == name and visit.at >= since]

    def close(self):
        self.refuse()

    # ---- in threads of their own
    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                threading.Thread(target=self._serve, args=[sock], daemon=True).start()

    def _serve(self, sock):
        """One connection, and each request that comes on it."""
        with contextlib.suppress(OSError, ValueError), contextlib.closing(sock):
            self.open.add(sock)
            try:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = sock.recv(65536)
                    if not piece:
                        return
                    head += piece
                self._answer(sock, head)
            finally:
                self.open.discard(sock)
                _shut(sock)

    def _answer(self, sock, head):
        path = head.split(b" ", 2)[1].decode().partition("?")[0]
        if path in self.files:
            return _send_file(sock, self.files[path])
        visit = self._see(head)
        with self.lock:
            refuse = self.refused is not None and visit.name not in self.refused
            if refuse:
                self.refused.add(visit.name)
        if refuse:
            return _send(sock, "503 Service Unavailable", "text/plain", b"in a moment")
        with contextlib.closing(socket.create_connection(("127.0.0.1", self.to))) as there:
            self.open.add(there)
            try:
                there.sendall(head)
                threading.Thread(target=self._further, args=[sock, there], daemon=True).start()
                self._pass_on(there, sock, visit.name)
            finally:
                self.open.discard(there)

    def _see(self, head):
        target = head.split(b" ", 2)[1].decode()
        name = unquote(re.search(r"[?&]_=([^&]*)|$", target)[1] or "")
        last_id = re.search(rb"(?im)^last-event-id: *(.*?)\r$|\Z", head)[1] or b""
        visit = Visit(name, last_id.decode())
        if not head.startswith(b"OPTIONS"):
            self.visited.append(visit)
        return visit

    def _further(self, sock, there):
        """Further requests on the connection, until the client leaves."""
        with contextlib.suppress(OSError):
            while piece := sock.recv(65536):
                if piece.startswith(b"GET "):
                    self._see(piece)
                there.sendall(piece)
        _shut(there)

    def _pass_on(self, there, sock, name):
        while piece := there.recv(1 << 18):
            mark = piece.find(self.cutting.encode()) if self.cutting and name not in self.was_cut else -1
            if mark >= 0:
                self.was_cut.add(name)
                sock.sendall(piece[:CUTS[self.cutting](piece, mark)])
                return
            sock.sendall(piece)


def _shut(sock):
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _send(sock, status, type, body):
    sock.sendall(f"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {len(body)}\r\n"
                 f"Connection: close\r\nAccess-Control-Allow-Origin: *\r\n\r\n".encode() + body)


def _send_file(sock, file):
    _send(sock, "200 OK", mimetypes.guess_type(str(file))[0] or "text/html", file.read_bytes())
