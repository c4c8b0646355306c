# SPDX-License-Identifier: MIT
"""Hub and responder without a web server, asked over FastCGI, and what they cost.

    with Direct(folder, responder={"window": "1M"}) as tidings:
        crowd = Crowd(tidings.socket)
        before = tidings.cpu()
        crowd.posts(lambda n: post("main", b"@%d" % n), 1000, seconds=1)
        tidings.cpu_us(before)
"""

import json
import os
import select
import shutil
import socket
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from servers import System

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from fcgi import END, STDOUT, FcgiDoor, begin, params, stdin, variables  # noqa: E402

MARK = b"@"  # each event's data begin with it
FILL = "fill"  # the inbox whose rows stay
EVENT = b"\ndata: " + MARK
ROOM = 1 << 20
STUCK_S = 120  # what is waited for does not come at all


# ---- the daemons

def cpu_ns(pid):
    """Of all threads of a process; None if it is gone."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        return sum(int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
                   for task in tasks)
    except (FileNotFoundError, ProcessLookupError):
        return None


def family(pid):
    """The process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid] + [one for child in children for one in family(int(child))]


class Direct(System):
    build = None

    def __init__(self, folder, responder=None, inboxes=()):
        super().__init__(folder, 0, [])
        self.responder, self.inboxes = responder or {}, inboxes
        # A socket's path has at most 107 bytes, whatever the folder is called.
        self.sockets = Path(tempfile.mkdtemp(prefix="curves-", dir="/tmp"))
        self.socket = self.sockets / "fcgi.sock"

    def configure(self):
        lines = ["[hub]", f"socket = {self.sockets}/hub.sock", f"log = {self.folder}/log.db",
                 "keep_events = 0", "keep_bytes = 0", "[responder]", f"socket = {self.socket}",
                 "keepalive = 1h", *(f"{key} = {value}" for key, value in self.responder.items())]
        for name in self.inboxes:
            # A folder of its own: its reader looks whenever a file in it changes.
            (self.folder / name).mkdir()
            # Removing rows is no part of what is measured beside an inbox that only fills.
            lines += [f"[inbox {name}]", f"path = {self.inbox(name)}", "create = yes",
                      f"consume = {'no' if name == FILL else 'yes'}"]
        path = self.folder / "tidings.conf"
        path.write_text("\n".join(lines) + "\n")
        return path

    def start(self):
        path = self.configure()
        self.run(self.build / "hub/tidings-hub", "-c", path)
        if self.inboxes:
            self.run(self.build / "inbox/tidings-inbox", "-c", path)
        self.run(self.build / "fcgi/tidings.fcgi", "-c", path)
        self.wait(self.is_healthy, "Tidings")

    def end(self):
        super().end()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def ask(self, target):
        return FcgiDoor(self.socket).ask("GET", target, within=STUCK_S)

    def is_healthy(self):
        """Ready, and each inbox is read."""
        try:
            answer = self.ask("/health")
        except (OSError, TimeoutError):
            return False
        return answer.status == 200 and "inboxes" not in json.loads(answer.body)

    def streams(self):
        return json.loads(self.ask("/health").body)["streams"]

    def inbox(self, name):
        return self.folder / name / "inbox.db"

    def insert(self, rows, name=FILL):
        """(channel, data) each, in one transaction."""
        db = sqlite3.connect(self.inbox(name), timeout=STUCK_S)
        with db:
            db.executemany("INSERT INTO broadcast(channel, data) VALUES(?, ?)", rows)
        db.close()

    def cpu(self):
        """{process: ns} of user and system time of all that is Tidings."""
        pids = [one for child in self.processes for one in family(child.pid)]
        return {pid: spent for pid in pids if (spent := cpu_ns(pid)) is not None}

    def cpu_us(self, before):
        return sum(spent - before.get(pid, 0) for pid, spent in self.cpu().items()) / 1000


def wait_for(is_true, what):
    """A fact that nothing announces."""
    end = time.monotonic() + STUCK_S
    while not is_true():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come within {STUCK_S} s")
        time.sleep(0.02)


# ---- those who ask

def get(target):
    return begin() + params(variables("GET", target)) + stdin()


def post(channel, data, query=""):
    return begin() + params(variables("POST", f"/realtime/{channel}{query}", body=data)) + stdin(data)


class Exchange:
    """One request whose answer is counted, not kept."""

    def __init__(self, path, request):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(path))
        self.sock.sendall(request)
        self.sock.setblocking(False)
        self.raw, self.tail = bytearray(), b""
        self.head = b""      # the first piece, with the status
        self.events = 0
        self.connected = self.live = self.ended = False

    def feed(self, piece):
        """Takes whole records; returns how many events were in them."""
        raw, at, parts = self.raw, 0, [self.tail]
        raw += piece
        while len(raw) - at >= 8:
            size = raw[at + 4] << 8 | raw[at + 5]
            end = at + 8 + size + raw[at + 6]
            if len(raw) < end:
                break
            if raw[at + 1] == STDOUT:
                parts.append(bytes(raw[at + 8:at + 8 + size]))
            self.ended |= raw[at + 1] == END
            at = end
        del raw[:at]
        return self.count(b"".join(parts))

    def count(self, text):
        if not self.head:
            self.head = text[:100]
        found = text.count(EVENT)
        self.events += found
        self.connected |= b"\nevent: connected\n" in text
        self.live |= b"\nevent: live\n" in text
        self.tail = text[-24:] if found == 0 else text[text.rfind(EVENT) + 1:][-24:]
        return found


class Crowd:
    """Streams that are read all the time, and POSTs beside them."""

    def __init__(self, path):
        self.path, self.epoll = path, select.epoll()
        self.all = {}          # by descriptor
        self.events = 0        # that all streams have got
        self.connected = 0
        self.room = memoryview(bytearray(ROOM))

    def open(self, request):
        one = Exchange(self.path, request)
        self.all[one.sock.fileno()] = one
        self.epoll.register(one.sock, select.EPOLLIN)
        return one

    def close(self, one):
        del self.all[one.sock.fileno()]
        self.epoll.unregister(one.sock)
        self.connected -= one.connected
        one.sock.close()

    def close_all(self):
        for one in list(self.all.values()):
            self.close(one)

    def read(self, one):
        was = one.connected
        size = one.sock.recv_into(self.room)
        one.ended |= size == 0
        self.events += one.feed(self.room[:size])
        self.connected += one.connected - was

    def turn(self, seconds=STUCK_S):
        ready = self.epoll.poll(seconds)
        for number, _ in ready:
            self.read(self.all[number])
        return ready

    def until(self, is_true, seconds=STUCK_S, what="what was expected"):
        """False if the time is over before; an error if that was the longest there is."""
        end = time.monotonic() + seconds
        while not is_true():
            left = end - time.monotonic()
            if left > 0:
                self.turn(left)
            elif seconds < STUCK_S:
                return False
            else:
                raise RuntimeError(f"{what} did not come within {seconds} s")
        return True

    def answer(self, request):
        """To one request, when it is complete."""
        one = self.open(request)
        self.until(lambda: one.ended, what="an answer")
        self.close(one)
        return must_be_good(one)

    def posts(self, request_of, most, publishers=1, seconds=STUCK_S):
        """Each publisher waits for its answer; returns how many there were."""
        end, begun, done, under_way = time.monotonic() + seconds, 0, 0, []
        while True:
            while len(under_way) < publishers and begun < most and time.monotonic() < end:
                under_way.append(self.open(request_of(begun)))
                begun += 1
            if not under_way:
                return done
            if not self.turn():
                raise RuntimeError("a POST has no answer")
            for one in [one for one in under_way if one.ended]:
                self.close(must_be_good(one))
                under_way.remove(one)
                done += 1


def must_be_good(one):
    status = one.head.split(b"Status: ")[1][:3] if b"Status: " in one.head else b"200"
    if status != b"200":
        raise RuntimeError(f"refused: {one.head!r}")
    return one
