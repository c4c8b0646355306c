# SPDX-License-Identifier: MIT
"""A disk that forgets what was not synced, for the databases of a world.

    disk = ForgetfulDisk(world, scene.folder())
    disk.under(world.hub)             # its programs write to it
    disk.arm(40)                      # the power goes before the 40th step
    eventually(disk.is_cut, ...)      # or disk.cut(), now
    ... kill all ...
    disk.comes_back(rng, survive=0.5) # half of what was not synced is there

What a step is, and what counts as synced, says forgetful.c.
"""

import fcntl
import mmap
import os
import shutil
import struct
import subprocess
from pathlib import Path

from world import program

HERE = Path(__file__).resolve().parent
NOTHING, OF_WAL, OF_ALL = range(3)  # which syncs are swallowed
SECTOR, PAGE = 512, 4096


class ForgetfulDisk:
    def __init__(self, world, folder, swallow=NOTHING):
        self.folder, self.state = world.folder, folder / "state"
        self.library = folder / "forgetful.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", self.library,
                        *sorted(HERE.glob("forgetful*.c")), "-ldl"], check=True)
        self.swallow = swallow
        self._begin()

    def environment(self):
        options = os.environ.get("ASAN_OPTIONS", "detect_stack_use_after_return=1")
        return {"LD_PRELOAD": str(self.library), "FORGETFUL_FOLDER": str(self.folder),
                "FORGETFUL_STATE": str(self.state),
                "ASAN_OPTIONS": options + ":verify_asan_link_order=0"}

    def under(self, daemon):
        daemon.environment.update(self.environment())

    def under_reader(self, daemon):
        """Without its walls: this disk is kept in another folder."""
        daemon.command = [program("tests/torture/unwalled"), *daemon.command[-2:]]
        self.under(daemon)

    def _begin(self):
        shutil.rmtree(self.state, ignore_errors=True)
        for name in ("shadow", "dirty", "durable"):
            (self.state / name).mkdir(parents=True)
        (self.state / "lock").touch()
        (self.state / "control").write_bytes(struct.pack("iiii", 0, -1, 0, self.swallow))
        with open(self.state / "control", "r+b") as control:
            self.control = mmap.mmap(control.fileno(), 16)

    def _word(self, at):
        return struct.unpack_from("i", self.control, 4 * at)[0]

    def is_cut(self):
        return self._word(0) != 0

    @property
    def steps(self):
        return self._word(2)

    def _locked(self, at, value):
        with open(self.state / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            struct.pack_into("i", self.control, 4 * at, value)

    def arm(self, steps):
        self._locked(1, steps)

    def cut(self):
        self._locked(0, 1)

    # ---- after the cut, when nobody is left
    def comes_back(self, rng, survive=0.0):
        """Puts the files back; so much of what was not synced has survived."""
        names = {path.name.replace("%", "/") for path in (self.state / "durable").iterdir()}
        real = {str(path.relative_to(self.folder)): path for path in self.folder.rglob("*.db*")
                if not path.name.endswith((".lock", "-shm"))}
        images = {name: self._image(name, real.get(name), rng, survive)
                  for name in sorted(names | set(real))}
        for path in self.folder.rglob("*.db-shm"):
            if rng.random() < 0.5:
                path.write_bytes(rng.randbytes(path.stat().st_size))
            else:
                path.unlink()
        for name, image in images.items():
            path = self.folder / name
            path.unlink(missing_ok=True)
            if image is not None:
                path.write_bytes(image)
        self._begin()

    def _image(self, name, real, rng, survive):
        """Its bytes, None if there is no such file."""
        durable = self.state / "durable" / name.replace("/", "%")
        shadow = self.state / "shadow" / str(real.stat().st_ino) if real else None
        if shadow and not shadow.exists():
            return real.read_bytes()  # nobody has opened it
        if not _same(shadow, durable):  # the change of name was not synced
            if rng.random() >= survive:
                return durable.read_bytes() if durable.exists() else None
            if real is None:
                return None
        return self._mixed(real, shadow, rng, survive)

    def _mixed(self, real, shadow, rng, survive):
        """What was synced, and of the rest each sector or page by chance."""
        image, now = bytearray(shadow.read_bytes()), real.read_bytes()
        if survive == 0:
            return image
        unit = rng.choice((SECTOR, PAGE))
        if len(now) < len(image) and rng.random() < survive:
            del image[len(now):]
        dirty = (self.state / "dirty" / str(real.stat().st_ino)).read_bytes()
        for page in _ones(dirty):
            for at in range(page * PAGE, min((page + 1) * PAGE, len(now)), unit):
                if rng.random() < survive:
                    if len(image) < at:
                        image.extend(bytes(at - len(image)))
                    image[at:at + unit] = now[at:at + unit]
        return image


def _same(one, other):
    return bool(one and other) and one.exists() and other.exists() and one.samefile(other)


def _ones(bits):
    return [8 * at + bit for at, byte in enumerate(bits) if byte
            for bit in range(8) if byte >> bit & 1]
