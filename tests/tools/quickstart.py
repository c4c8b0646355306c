# SPDX-License-Identifier: MIT
"""One run of conf/quickstart, by its output, its doors and its processes.

    run = quickstart("--no-demo").serves()              a fixture of tests/e2e
    run.door.ask("GET", "/health")
    run.interrupt(); run.has_left_nothing()
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import uuid
from pathlib import Path

from daemon import SLOW, TOP, end_of, eventually, is_alive
from web import WebDoor
from world import free_port


class Quickstart:
    """One run of it; every process that comes of it bears a mark."""

    def __init__(self, folder, *arguments, port=None, before=(), top=TOP, environment=None):
        self.mark = f"TIDINGS_MARK={uuid.uuid4()}"
        self.port = port or free_port()
        self.output = folder / f"quickstart-{self.port}.log"
        name, _, value = self.mark.partition("=")
        with open(self.output, "wb") as out:
            self.process = subprocess.Popen(
                [*before, str(top / "conf" / "quickstart"), "--no-install", "--port",
                 str(self.port), *arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**(environment or os.environ), name: value}, start_new_session=True)
        self.door = WebDoor(self.port)

    def said(self):
        return self.output.read_text(errors="replace")

    def serves(self, within=60):
        def ready():
            assert self.process.poll() is None, self.said()
            return f"http://127.0.0.1:{self.port}" in self.said()
        eventually(ready, "quickstart printing its address", within)
        assert self.door.ask("GET", "/health").status == 200
        return self

    @property
    def folder(self):
        return Path(re.search(r"data in (\S+)\)", self.said())[1])

    def pids(self, name=""):
        """Processes of this run, those whose command line holds `name`."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (place / "cmdline").read_bytes()
                if (self.mark.encode() in (place / "environ").read_bytes().split(b"\0")
                        or self.is_nginx(line)) and name.encode() in line and is_alive(int(place.name)):
                    found.append(int(place.name))
        return sorted(found)

    def is_nginx(self, line):
        """nginx writes its title over the mark; the folder stands in it."""
        return "data in" in self.said() and f"{self.folder}/nginx.conf".encode() in line

    def folders(self):
        """The private folders that its processes' command lines speak of."""
        lines = b""
        for pid in self.pids():
            with contextlib.suppress(OSError):
                lines += Path(f"/proc/{pid}/cmdline").read_bytes()
        return set(re.findall(rb"/tmp/tidings\.\w{6}", lines))

    def parent(self, name):
        """The first of the processes of a part: the others are its children."""
        return next((p for p in self.pids(name) if _parent(p) not in self.pids(name)), None)

    def interrupt(self, number=signal.SIGINT, group=False):
        """Ctrl-C as a terminal sends it, to all of the foreground group; other
        signals as kill does, unless to the group as well."""
        with contextlib.suppress(ProcessLookupError):
            send = os.killpg if group or number == signal.SIGINT else os.kill
            send(self.process.pid, number)
        return end_of(self.process, 30 * SLOW)

    def has_left_nothing(self):
        eventually(lambda: not self.pids(), f"nothing being left of {self.pids()}", 10)
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", self.port))

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        print(self.said())


def _parent(pid):
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
