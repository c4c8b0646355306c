# SPDX-License-Identifier: MIT
"""A Redis of one's own in a folder, what it is told by a test, and what stands in its way.

    redis = RedisServer(folder, maxmemory="2mb").start()
    redis.ask("FLUSHALL")
    redis.kill(); redis.start(); redis.freeze(); redis.thaw()
    line = RedisLine(folder / "line.sock", redis.socket)     block(), delay, hold(b"text"), cut()
    old = FakeRedis(folder / "old.sock", b"redis_version:6.0.16\r\n")
"""

import contextlib
import os
import shutil
import signal
import socket
import threading
import time

from daemon import Daemon

needs_redis = shutil.which("redis-server") is None and "needs redis-server" or ""


class Refused(Exception):
    """Redis said no; the text is its own."""


class RedisServer:
    """What is not said is as Tidings' manual wants it."""

    def __init__(self, folder, name="redis", **settings):
        self.folder = folder / name
        self.folder.mkdir()
        self.socket = self.folder / "redis.sock"
        self.settings = {"port": 0, "unixsocket": self.socket, "dir": self.folder,
                         "daemonize": "no", "set-proc-title": "no", "appendonly": "yes",
                         "save": '""', "locale-collate": None, "repl-diskless-sync-delay": 0, **settings}
        self.daemon = Daemon(name, ["redis-server", str(self.folder / "redis.conf")], folder, self.serves,
                             {"LC_ALL": "C"})

    @property
    def address(self):
        """As [shared] has it."""
        return f"unix:{self.socket}"

    def start(self, **settings):
        for name, value in settings.items():
            self.settings[name.replace("_", "-")] = value
        (self.folder / "redis.conf").write_text(
            "".join(f"{name} {value}\n" for name, value in self.settings.items() if value is not None))
        self.daemon.start()
        return self

    def serves(self):
        try:
            return self.ask("PING") == b"PONG"
        except (OSError, Refused, EOFError):  # nobody there, or still reading its file
            return False

    def ask(self, *words):
        """One command on a connection of its own, with the password if there is one."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(str(self.socket))
            with sock.makefile("rwb") as stream:
                if "requirepass" in self.settings:
                    _command(stream, "AUTH", self.settings["requirepass"])
                return _command(stream, *words)

    def keys(self, prefix="{tidings}"):
        return {key.decode() for key in self.ask("KEYS", prefix.replace("[", r"\[") + ":*")}

    def kill(self):
        self.daemon.kill()

    def stop(self):
        self.daemon.stop()

    def freeze(self):
        os.kill(self.daemon.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.daemon.pid, signal.SIGCONT)

    def close(self):
        """At once: it refuses a SIGTERM while it writes its first AOF as a master."""
        if self.daemon.process:
            self.kill()
        self.daemon.clean_up()


def _command(stream, *words):
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    stream.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words))
    stream.flush()
    return _answer(stream)


def _answer(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise EOFError
    kind, text = line[:1], line[1:-2]
    if kind == b"-":
        raise Refused(text.decode())
    if kind == b":":
        return int(text)
    if kind == b"$":
        return None if text == b"-1" else stream.read(int(text) + 2)[:-2]
    if kind == b"*":
        return None if text == b"-1" else [_answer(stream) for _ in range(int(text))]
    return text


def _place(at):
    return (socket.AF_INET, ("127.0.0.1", at)) if isinstance(at, int) else (socket.AF_UNIX, str(at))


class FakeRedis:
    """Says to INFO what it is told to, and to all else OK: an old one, a stranger."""

    def __init__(self, path, info, others=b"+OK\r\n"):
        self.info, self.others = info, others
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(16)
        self.address = f"unix:{path}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=[sock], daemon=True).start()

    def _serve(self, sock):
        with contextlib.suppress(OSError, EOFError, Refused), sock, sock.makefile("rwb") as stream:
            while True:
                words = _answer(stream)
                if words[0].upper() == b"INFO":
                    stream.write(b"$%d\r\n%b\r\n" % (len(self.info), self.info))
                elif words[0].upper() == b"ROLE":
                    stream.write(b"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n")
                else:
                    stream.write(self.others)
                stream.flush()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class RedisLine:
    """The way from `at` to `target`, which are paths or ports of 127.0.0.1: slow, blocked, cut."""

    def __init__(self, at, target):
        self.target = target
        self.address = f"127.0.0.1:{at}" if isinstance(at, int) else f"unix:{at}"
        self.delay = 0.0                 # seconds for what Redis answers
        self.open_ = threading.Event()   # cleared: nothing passes
        self.open_.set()
        self.held, self.let = b"", threading.Event()  # what hold() is for
        self.refusals = 0                # so many of the next dials are refused
        self.socks = set()
        family, address = _place(at)
        self.listener = socket.socket(family)
        self.listener.bind(address)
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                family, address = _place(self.target)
                far = socket.socket(family)
                try:
                    if self.refusals > 0:
                        self.refusals -= 1
                        raise OSError
                    far.connect(address)
                except OSError:
                    near.close()
                    far.close()
                    continue
                self.socks |= {near, far}
                for one, other, back in ((near, far, False), (far, near, True)):
                    threading.Thread(target=self._pass, args=[one, other, back], daemon=True).start()

    def _pass(self, one, other, back):
        with contextlib.suppress(OSError):
            while piece := one.recv(1 << 18):
                self.open_.wait()
                if back and self.held and self.held in piece:
                    self.let.wait()
                if back and self.delay:
                    time.sleep(self.delay)
                other.sendall(piece)
        for sock in (one, other):
            self.socks.discard(sock)
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def block(self):
        self.open_.clear()

    def unblock(self):
        self.open_.set()

    def hold(self, text):
        """What has these bytes does not come back, nor what is behind it on that connection."""
        self.let.clear()
        self.held = text

    def let_go(self):
        self.held = b""
        self.let.set()

    def cut(self):
        for sock in list(self.socks):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.unblock()
        self.let_go()
        self.cut()
