# SPDX-License-Identifier: MIT
"""A Redis of a test's own, and what is said to it.

In a folder of its own, on a Unix socket there; it ends with the test.  Its
protocol is spoken here: nothing has to be installed beside redis-server.
"""
import os
import shutil
import socket
import subprocess
import time

import pytest

SERVER = shutil.which("redis-server") or shutil.which("valkey-server")

needs_redis = pytest.mark.skipif(SERVER is None, reason="there is no redis-server")


class RedisError(Exception):
    pass


class Connection:
    """One connection; a call is a command."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(
            b"$%d\r\n%s\r\n" % (len(word), word) for word in words))

    def take(self):
        line = self.file.readline()
        if not line:
            raise RedisError("it hung up")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            length = int(rest)
            return None if length < 0 else self.file.read(length + 2)[:-2]
        if kind == b"*":
            count = int(rest)
            return None if count < 0 else [self.take() for _ in range(count)]
        raise RedisError(f"an unknown reply {line!r}")

    def __call__(self, *words):
        self.send(*words)
        return self.take()


class Redis:
    """`with Redis(folder) as redis: redis("SET", "a", 1)`; redis.address is what
    tidings.conf calls it."""

    def __init__(self, folder, *settings):
        self.folder = str(folder)
        self.path = os.path.join(self.folder, "redis.sock")
        self.address = f"unix:{self.path}"
        self.settings = settings
        self.process = None
        self.connection = None

    def start(self):
        os.makedirs(self.folder, exist_ok=True)
        self.process = subprocess.Popen(
            [SERVER, "--port", "0", "--unixsocket", self.path, "--dir", self.folder,
             "--save", "", "--appendonly", "yes", "--set-proc-title", "no",
             *self.settings],
            stdout=open(os.path.join(self.folder, "redis.log"), "ab"),
            stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.connection = Connection(self.path)
                self.connection("INFO", "server")
                return self
            except (OSError, RedisError) as error:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise AssertionError(f"no Redis: {error}") from error
                time.sleep(0.01)

    def kill(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __call__(self, *words):
        return self.connection(*words)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()
