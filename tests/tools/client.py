# SPDX-License-Identifier: MIT
"""The command `tidings`, run as a person or a script would."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import termios
import threading
import time
from urllib.parse import quote

from daemon import end_of
from world import SLOW, eventually, program


class Client:
    """One run: what it was given, what it has said so far."""

    def __init__(self, world, *arguments, input=None, env=None, stdout=None, url=None):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("TIDINGS_")}
        environment["TIDINGS_URL"] = url or f"http://127.0.0.1:{world.port}{world.base}"
        environment["HOME"] = environment["XDG_CONFIG_HOME"] = str(world.folder)
        environment.update(env or {})
        self.process = subprocess.Popen(
            [program("client/tidings"), *map(str, arguments)], env=environment,
            stdin=subprocess.PIPE, stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines, self.errors, self.readers = [], [], []
        for stream, into in ((self.process.stdout, self.lines), (self.process.stderr, self.errors)):
            if stream is not None:
                reader = threading.Thread(target=self._read, args=(stream, into), daemon=True)
                reader.start()
                self.readers.append(reader)
        if input is not None:
            self.feed(input)
            self.process.stdin.close()

    @staticmethod
    def _read(stream, into):
        for line in stream:
            # a byte that is no UTF-8 equals nothing that a test expects
            into.append(line.decode("utf-8", "surrogateescape").rstrip("\n"))

    def feed(self, text):
        self.process.stdin.write(text if isinstance(text, bytes) else text.encode())
        self.process.stdin.flush()

    def ends(self, status=0, within=10):
        """Waits for its end; returns what it printed, as lines."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            ended = end_of(self.process, within * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"still running; it said {self.errors[-3:]}") from None
        for reader in self.readers:
            reader.join()
        assert status in (ended, None), f"ended with {ended}, not {status}: {self.errors}"
        return self.lines

    @property
    def sentence(self):
        """The one line on standard error."""
        assert len(self.errors) == 1, self.errors
        return self.errors[0]

    def prints(self, count, within=10):
        eventually(lambda: len(self.lines) >= count,
                   f"{count} lines (there are {len(self.lines)}; errors {self.errors})", within)
        return self.lines

    def says(self, text, within=10):
        eventually(lambda: any(text in line for line in self.errors),
                   f"the word {text!r} in {self.errors}", within)

    def events(self):
        return [json.loads(line) for line in self.lines]

    def kill(self):
        self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join()
        return self.lines


    def refuses(self, status):
        """Ends with that status and one sentence, which this returns."""
        self.ends(status)
        return self.sentence


@contextlib.contextmanager
def commands(world, *first, **how):
    """run(*arguments): the command with these behind `first`; none outlives this."""
    started = []

    def run(*arguments, **more):
        started.append(Client(world, *first, *arguments, **{**how, **more}))
        return started[-1]
    yield run
    for client in started:
        if client.process.poll() is None:
            client.kill()


def waiting_in(pipe):
    """Bytes that are written and not read."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"...."), sys.byteorder)


def is_listening(world, channel):
    eventually(lambda: world.door.ask("GET", f"/api/channels/{channel}").json["subscribers"] > 0,
               f"somebody listening to {channel}")


class Steady(threading.Thread):
    """Publishes 0, 1, 2 ... at a steady rate, each again until it is stored."""

    def __init__(self, world, channel, rate):
        super().__init__(daemon=True)
        self.world, self.channel, self.rate = world, channel, rate
        self.count, self.ending = 0, threading.Event()

    def run(self):
        began = time.monotonic()
        while not self.ending.is_set():
            due = int((time.monotonic() - began) * self.rate) - self.count
            if due > 0:
                self._publish(range(self.count, self.count + due))
                self.count += due
            self.ending.wait(0.005)

    def _publish(self, numbers):
        target = f"/realtime/{quote(self.channel, safe='')}?lines=1&id={quote(self.channel, safe='')}-{numbers[0]}"
        body = "\n".join(map(str, numbers)).encode()
        eventually(lambda: self.world.post(target, body).status == 200, "a batch being stored")

    def stop(self):
        """Ends it; returns how many were published."""
        self.ending.set()
        self.join()
        return self.count
