# SPDX-License-Identifier: MIT
"""A program whose k-th call of a kind fails; failing.c does it.

    failing = Failing(scene.folder(), program)
    failing.under(world.hub)          # at its next start
    failing.set("malloc", 7, ENOMEM)  # the seventh from now on
    calls, failed = failing.stop()
    failing.each_lock(3)              # of locks of files, each third is another's
"""

import errno
import mmap
import os
import struct
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
NEVER = 1 << 30
LOCK = 7

# errors of files; a socket's are EPIPE and ECONNRESET
KINDS = {
    "malloc": (1, (errno.ENOMEM,)),
    "write": (2, (errno.EIO, errno.ENOSPC)),
    "read": (3, (errno.EIO,)),
    "fsync": (4, (errno.EIO,)),
    "accept": (5, (errno.EMFILE,)),
    "open": (6, (errno.EMFILE,)),
}


def is_instrumented(program):
    """An instrument has a malloc of its own."""
    return any(word in Path(program).read_bytes() for word in (b"__asan_init", b"__tsan_init"))


class Failing:
    def __init__(self, folder, program):
        self.library, path = folder / "failing.so", folder / "control"
        words = ["-DWITHOUT_MALLOC"] if is_instrumented(program) else []
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", *words, "-o", self.library,
                        HERE / "failing.c", "-ldl"], check=True)
        path.write_bytes(bytes(20))
        with open(path, "r+b") as file:
            self.control = mmap.mmap(file.fileno(), 20)
        options = os.environ.get("ASAN_OPTIONS", "detect_stack_use_after_return=1")
        self.environment = {"LD_PRELOAD": str(self.library), "FAILING_CONTROL": str(path),
                            "ASAN_OPTIONS": options + ":verify_asan_link_order=0"}

    def under(self, daemon):
        daemon.environment.update(self.environment)

    def set(self, kind, k=NEVER, error=0):
        struct.pack_into("iiiii", self.control, 0, 0, k, error, 0, 0)
        struct.pack_into("i", self.control, 0, KINDS[kind][0])

    def each_lock(self, k):
        struct.pack_into("iiiii", self.control, 0, 0, k, 0, 0, 0)
        struct.pack_into("i", self.control, 0, LOCK)

    def stop(self):
        """How many calls there were, and whether one failed."""
        struct.pack_into("i", self.control, 0, 0)
        return struct.unpack_from("ii", self.control, 12)
