# SPDX-License-Identifier: MIT
"""A terminal for one program: what its user sees, and keys to press."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading

import pyte

from daemon import end_of
from world import SLOW, eventually


class Screen(pyte.Screen):
    """pyte's, which does not know how xterm repeats a character (REP) or scrolls (SU, SD)."""
    last = " "

    def draw(self, data):
        super().draw(data)
        self.last = data[-1:] or self.last

    def repeat(self, count=1):
        self.draw(self.last * (count or 1))


    def scroll(self, count, move, line):
        before = self.cursor.y
        self.cursor.y = line
        for _ in range(count or 1):
            move()
        self.cursor.y = before

    def scroll_up(self, count=1):
        self.scroll(count, self.index, self.margins.bottom if self.margins else self.lines - 1)

    def scroll_down(self, count=1):
        self.scroll(count, self.reverse_index, self.margins.top if self.margins else 0)


class Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "b": "repeat", "S": "scroll_up", "T": "scroll_down"}


class Terminal:
    def __init__(self, command, environment, rows=24, columns=80):
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.lock = threading.Lock()
        self.raw = b""
        self.ours, theirs = pty.openpty()
        self._set_size(rows, columns)
        self.before = termios.tcgetattr(theirs)
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**environment, "TERM": environment.get("TERM", "xterm"), "LC_ALL": "C.UTF-8"})
        self.theirs = theirs
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _set_size(self, rows, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self):
        while True:
            ready, _, _ = select.select([self.ours], [], [], 0.1)
            if not ready:
                if self.process.poll() is not None:
                    return
                continue
            try:
                piece = os.read(self.ours, 65536)
            except OSError:
                return
            with self.lock:
                self.raw += piece
                self.stream.feed(piece)

    @property
    def lines(self):
        with self.lock:
            return [line.rstrip() for line in self.screen.display]

    @property
    def text(self):
        return "\n".join(self.lines)

    def _waits(self, condition, what, within):
        try:
            eventually(condition, what, within)
        except AssertionError as fault:
            raise AssertionError(f"{fault}; the screen is\n{self.text}") from None

    def shows(self, *words, within=10):
        for word in words:
            self._waits(lambda word=word: word in self.text, repr(word), within)

    def hides(self, word, within=10):
        self._waits(lambda: word not in self.text, f"no {word!r}", within)

    def presses(self, keys):
        os.write(self.ours, keys.encode())

    def resizes(self, rows, columns):
        with self.lock:
            self.screen.resize(rows, columns)
        self._set_size(rows, columns)
        os.killpg(os.tcgetpgrp(self.ours), signal.SIGWINCH)

    def ends(self, status=0, within=10):
        ended = end_of(self.process, within * SLOW)
        self.reader.join(5)
        assert ended == status, f"ended with {ended}\n{self.text}"

    @property
    def is_as_before(self):
        """The terminal echoes, breaks lines and gives Ctrl-C as it did."""
        return termios.tcgetattr(self.theirs)[:4] == self.before[:4]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reader.join(5)
        os.close(self.ours)
        os.close(self.theirs)
