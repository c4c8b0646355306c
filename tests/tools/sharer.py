# SPDX-License-Identifier: MIT
"""A hub's part in the shared order, by itself: the program tests/machines/sharer.c.

    one = Sharer(redis.address, 1).follow()
    one.is_here()
    one.append(data="hello", source="7:1")
    one.sees("entry", data=["hello"])
"""

import queue
import subprocess
import threading
import time

from daemon import SLOW, end_of, program

NOBODY = "00" * 16


class Told:
    """One line of what it was told; words by name."""

    NAMES = {
        "answered": "whose outcome first last entry cursor reason",
        "entry": "id at rows origin orphan channel type",
        "hole": "last start",
        "missed": "since upto broken",
        "state": "where sentence last server machines",
        "looked": "number last",
        "cursor": "whose cursor",
        "founded": "fault",
        "may_found": "",
        "counted": "origin name number",
        "left": "origin",
    }

    def __init__(self, line):
        self.what, *words = line.rstrip("\n").split("\t")
        names = self.NAMES[self.what].split()
        for name, word in zip(names, words):
            setattr(self, name, int(word) if word.isdigit() and name != "origin" else word)
        self.data = words[len(names):]
        self.line = line

    def __repr__(self):
        return self.line.strip()


class Sharer:
    def __init__(self, address, number, identity="00" * 16, give_up=5000, password=None):
        self.origin = f"{number:02x}" * 16
        self.told = []
        self.lines = queue.Queue()
        self.count = 0
        words = [program("sharer"), address, self.origin, identity, str(give_up)]
        self.process = subprocess.Popen(words + ([str(password)] if password else []),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(Told(line))
        self.lines.put(None)

    def say(self, *words):
        self.process.stdin.write("\t".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()

    def follow(self, since=0, origin=NOBODY, holes=()):
        self.say("follow", since, origin, *[f"{last}:{start}" for last, start in holes])
        return self

    def append(self, *words, **named):
        """Its number; `words` are "key=K" and "data=D", in their order."""
        self.count += 1
        self.say("append", self.count, *words, *[f"{name}={value}" for name, value in named.items()])
        return self.count

    def wait(self, what, within=10, **how):
        """The next one it was told that is so; those before it are in `told`."""
        deadline = time.monotonic() + within * SLOW
        while True:
            try:
                told = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not told {what} {how}, but {self.told[-20:]}") from None
            assert told is not None, f"it has ended; {self.told[-20:]}"
            self.told.append(told)
            if told.what == what and all(getattr(told, name) == value for name, value in how.items()):
                return told

    def finds(self, what, **how):
        """One that it was told, now or before."""
        for told in self.told:
            if told.what == what and all(getattr(told, name) == value for name, value in how.items()):
                return told
        return self.wait(what, **how)

    def answer(self, number):
        return self.finds("answered", whose=number)

    def is_here(self):
        return self.wait("state", where="here")

    def of(self, what):
        return [told for told in self.told if told.what == what]

    def close(self):
        if self.process.stdin.closed:
            return
        self.process.stdin.close()
        status = end_of(self.process, 20)
        assert status == 0, f"it ended with {status}"
