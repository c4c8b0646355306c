# SPDX-License-Identifier: MIT
"""Who may only open connections, GET or upload makes nobody else wait.

The stranger comes from 127.0.0.2, everybody else from 127.0.0.1.
"""

import contextlib
import os
import re
import resource
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from servers import SERVERS
from web import HttpAnswer, WebDoor
from world import BUILD, SLOW, eventually

STRANGER = "127.0.0.2"
ONLY_WE_PUBLISH = {"responder": {"publish_from": "127.0.0.1"}}
LIMIT = 2 << 20  # of an upload, in all that is shipped


class Stranger(WebDoor):
    """Dials from an address of its own."""

    def dial(self, receive_buffer=None):
        return socket.create_connection((self.host, self.port), 10, (STRANGER, 0))


def whole_answer(sock, method="POST", within=10):
    answer = HttpAnswer(method)
    sock.settimeout(within)
    with contextlib.suppress(ConnectionResetError):
        while not answer.ended and (piece := sock.recv(65536)):
            answer.feed(piece)
    return answer


def uploaded(world):
    """Bytes of files in the world's folder that the web server has open, also
    of those that have no name, and are not its logs."""
    total = 0
    for pid in [world.web.pid, *world.web.workers()]:
        for fd in Path(f"/proc/{pid}/fd").glob("*"):
            with contextlib.suppress(OSError):
                name = os.readlink(fd)
                if not name.endswith(".log") and name.startswith(("/tmp", "/var/tmp", str(world.folder))):
                    total += os.stat(fd).st_size
    return total


# ---- uploads

@pytest.mark.behind_apache
@pytest.mark.parametrize("target", ["/api/broadcast", "/realtime/a?lines=1", "/stream", "/metrics",
                                    "/sse/send", "/tasks/stream"])
def test_a_huge_upload_of_a_stranger_ends_before_it_begins(make_world, target):
    world = make_world(ONLY_WE_PUBLISH, web=True)
    with Stranger(world.port).dial() as sock:
        began = time.monotonic()
        sock.sendall(f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     f"Content-Length: {257 << 20}\r\n\r\n".encode())
        assert whole_answer(sock).status == 413
        assert time.monotonic() - began < 1 * SLOW
    assert uploaded(world) == 0


@pytest.mark.behind_apache
def test_an_endless_upload_in_chunks_fills_no_disk(make_world):
    world = make_world(ONLY_WE_PUBLISH, web=True)
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    most = sent = 0
    with Stranger(world.port).dial() as sock:
        sock.settimeout(5)
        with contextlib.suppress(OSError):
            sock.sendall(b"POST /realtime/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            while sent < 64 << 20:
                sock.sendall(piece)
                sent += 65536
                most = max(most, uploaded(world))
        assert whole_answer(sock).status in (None, 413, 503)
    assert most <= LIMIT + 65536, f"{most} bytes lay on the disk"
    eventually(lambda: uploaded(world) == 0, "the upload being removed")


@pytest.mark.behind_apache
def test_many_uploads_that_never_end_are_ended_and_leave_nothing(make_world):
    world = make_world(ONLY_WE_PUBLISH, web=True)
    world.change_web(*quicker(world))
    strangers = [Stranger(world.port).dial() for _ in range(20)]
    for sock in strangers:
        sock.sendall(b"POST /realtime/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
                     + b"x" * 900000)
    for sock in strangers:
        assert ends(sock, within=12)
    eventually(lambda: uploaded(world) == 0, "the uploads being removed")


@pytest.fixture
def site(make_world):
    """A site's own lighttpd, with the snippet that Debian's package gives it."""
    world = make_world({"responder": {"base": "/tidings", **ONLY_WE_PUBLISH["responder"]}}, web=True)
    subprocess.run(["make", "-s", "-C", BUILD, "conf/service/lighttpd.conf"], check=True)
    snippet = (BUILD / "conf/service/lighttpd.conf").read_text()
    snippet = re.sub(r'("socket" *=> ").*(")', rf"\g<1>{world.fcgi_socket}\2", snippet)
    snippet = snippet.replace("65535", "4096").replace("28000", "1500")
    path = world.web_server.path(world.folder)
    path.write_text(f"""
        server.modules = ( "mod_alias", "mod_setenv", "mod_fastcgi" )
        server.bind = "127.0.0.1"
        server.port = {world.port}
        server.errorlog = "{world.folder}/site.log"
        server.upload-dirs = ( "{world.folder}" )
        server.document-root = "{world.folder}"
        {snippet}""")
    world.web.stop()
    world.web.start()
    return world


def test_the_snippet_limits_uploads_to_tidings_alone(site):
    for target in ("/api/broadcast", "/realtime/a", "/stream", "/sse/send"):
        with Stranger(site.port).dial() as sock:
            sock.sendall(f"POST {site.base}{target} HTTP/1.1\r\nHost: x\r\nContent-Length: {257 << 20}\r\n\r\n".encode())
            assert whole_answer(sock).status == 413, target
    with Stranger(site.port).dial() as sock:
        sock.sendall(f"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT + 1024}\r\n\r\n".encode()
                     + bytes(LIMIT + 1024))
        assert whole_answer(sock).status != 413
    site.publish("x" * 60000)


# ---- half a request

def quicker(world):
    """The limits of patience, made short."""
    if world.web_server.name == "apache":
        return [("header=10-20,MinRate=500 body=15,MinRate=500", "header=2-4,MinRate=500 body=2,MinRate=500000")]
    if world.web_server.name == "nginx":
        return [("client_header_timeout 15s", "client_header_timeout 2s"),
                ("client_body_timeout   15s", "client_body_timeout 2s")]
    return [("server.max-read-idle = 15", "server.max-read-idle = 2")]


def ends(sock, within):
    """True once the web server has ended this connection."""
    deadline = time.monotonic() + within * SLOW
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while time.monotonic() < deadline:
            sock.settimeout(max(0.1, deadline - time.monotonic()))
            try:
                if not sock.recv(65536):
                    return True
            except TimeoutError:
                return False
        return False
    return True


@pytest.mark.behind_apache
def test_half_a_head_does_not_hold_a_connection(make_world):
    world = make_world(web=True)
    world.change_web(*quicker(world))
    with Stranger(world.port).dial() as sock:
        sock.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\nX-")
        assert ends(sock, within=8)


@pytest.mark.parametrize("name", ["apache", "nginx"])
def test_a_byte_now_and_then_does_not_either(make_world, name):
    """lighttpd has no limit for that."""
    world = make_world(web=True, server=SERVERS[name])
    world.change_web(*quicker(world))
    with Stranger(world.port).dial() as sock:
        sock.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\nX-")
        for _ in range(60):
            if ends_now(sock):
                return
            time.sleep(0.2)
        raise AssertionError("it goes on after 12 s")


def ends_now(sock):
    sock.settimeout(0.01)
    try:
        sock.sendall(b"a")
        return not sock.recv(1000)
    except TimeoutError:
        return False
    except OSError:
        return True


@pytest.mark.behind_apache
def test_no_answer_tells_the_version(shared):
    assert re.fullmatch(r"lighttpd|Apache|nginx", shared.health().headers["server"])


# ---- connections

class Horde:
    """Streams of one stranger: as many as it gets, and each that ends anew.  It asks for so
    many at once: nginx closes connections without a request when few are left, whosever."""
    ASKED_AT_ONCE = 50

    def __init__(self, port, count):
        self.door, self.count, self.ended = Stranger(port), count, threading.Event()
        self.asked, self.streams, self.refused = set(), set(), 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def open(self):
        sock = self.door.dial()
        sock.sendall(self.door.request("/stream?channel=x"))
        sock.setblocking(False)
        return sock

    def reads(self, sock):
        """(has it ended, has it said anything)"""
        said = False
        with contextlib.suppress(BlockingIOError):
            with contextlib.suppress(ConnectionResetError):
                while piece := sock.recv(65536):
                    said = True
                    if b"\r\n0\r\n\r\n" in piece:
                        break
            return True, said
        return False, said

    def run(self):
        while not self.ended.is_set():
            with contextlib.suppress(OSError):
                while len(self.asked) < self.ASKED_AT_ONCE and len(self.streams) < self.count:
                    self.asked.add(self.open())
            for sock in self.asked | self.streams:
                ended, said = self.reads(sock)
                if ended:
                    self.refused += 1
                    self.streams.discard(sock)
                    sock.close()
                elif said:
                    self.streams.add(sock)
                if ended or said:
                    self.asked.discard(sock)
            self.ended.wait(0.02)

    def close(self):
        self.ended.set()
        self.thread.join(30)
        for sock in self.asked | self.streams:
            sock.close()


def slowest(world, rounds=20):
    """Seconds that a POST or /health took at most."""
    took = []
    for at in range(rounds):
        began = time.monotonic()
        world.publish(f"event {at}")
        took.append(time.monotonic() - began)
        began = time.monotonic()
        assert world.health().status == 200
        took.append(time.monotonic() - began)
    return max(took)


@pytest.fixture(autouse=True)
def descriptors():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.behind_apache
@pytest.mark.parametrize("workers", [1, 3])
def test_one_strangers_streams_leave_connections_to_publishers(make_world, server, workers):
    """B6: with all connections in streams, POSTs and /health timed out."""
    most = server.connections
    world = make_world({"responder": {"connections": most, "workers": workers,
                                      **ONLY_WE_PUBLISH["responder"]}}, web=True)
    with contextlib.closing(Horde(world.port, most + 100)) as horde:
        eventually(lambda: horde.refused > 100, "the stranger having all that it gets", 30)
        assert slowest(world) < 1 * SLOW
        assert len(horde.streams) > most / 4, "hardly a stream was let in"
        with contextlib.closing(IdleOnes(world.port, 30)):
            assert slowest(world) < 1 * SLOW


class IdleOnes:
    """Connections that never bring a request."""

    def __init__(self, port, count):
        self.all = [Stranger(port).dial() for _ in range(count)]

    def close(self):
        for sock in self.all:
            sock.close()


@pytest.mark.behind_apache
def test_a_web_server_full_of_half_requests_serves_again_when_their_time_is_over(make_world, server):
    """How long that is, is the web server's: no request reaches Tidings."""
    world = make_world(web=True)
    world.change_web(*quicker(world), *fewer(server))
    with contextlib.closing(IdleOnes(world.port, 120)) as idle:
        for sock in idle.all:
            sock.sendall(b"GET /stream HTTP/1.1\r\nX-")
        assert world.publish("event", within=15 * SLOW)


def fewer(server):
    return {"apache": [], "nginx": [("worker_connections 3000", "worker_connections 100")],
            "lighttpd": [("server.max-connections = 1500", "server.max-connections = 100")]}[server.name]
