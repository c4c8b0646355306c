# SPDX-License-Identifier: MIT
"""A wall clock that a test sets; torture/clocks.c stands between it and the daemons.

    clock = Clock(folder)
    clock.governs(world)
    clock.jump(-3600)
"""

import mmap
import struct
import subprocess
import time

from daemon import TOP


class Clock:
    """The wall clock that the daemons see; clocks.c reads and counts."""

    PAGE = struct.Struct("=qqQQQ")
    HOUR = 3601  # and a moment

    def __init__(self, folder):
        self.library, self.path = folder / "clocks.so", folder / "clock"
        self.path.write_bytes(bytes(self.PAGE.size))
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", self.library,
                        TOP / "tests" / "torture" / "clocks.c", "-ldl"], check=True)
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), self.PAGE.size)

    def governs(self, world):
        for daemon in (world.hub, world.responder):
            daemon.stop()
            daemon.environment.update(LD_PRELOAD=str(self.library), TIDINGS_CLOCKS=str(self.path))
        world.hub.environment.update(TIDINGS_CLOCKS_PASS="1")
        world.hub.start()
        world.responder.start()
        world.is_healthy()

    def now(self):
        return time.time() + self.offset

    @property
    def offset(self):
        return self.PAGE.unpack(self.page)[0]

    def jump(self, seconds):
        self.page[:8] = struct.pack("=q", self.offset + int(seconds))

    def hour(self):
        """Passes, for the hub; all others see a jump."""
        passed = self.PAGE.unpack(self.page)[1]
        self.page[:16] = struct.pack("=qq", self.offset + self.HOUR, passed + self.HOUR)

    def to(self, moment):
        self.jump(moment - self.now())

    def counts(self):
        """Events deleted, most of them in one transaction, transactions."""
        return self.PAGE.unpack(self.page)[2:]

    def forget(self):
        self.page[16:] = bytes(self.PAGE.size - 16)
