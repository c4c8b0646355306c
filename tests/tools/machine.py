# SPDX-License-Identifier: MIT
"""A small Debian in a folder, apart from this machine: its own processes, network and users.

    machine = Machine(folder, boot=True)     with systemd, as a container
    machine = Machine(folder)                without: SysV init's scripts do the work
    machine.does("apt list")                 a shell's output; a failure is the test's

It ends, with everything that runs in it, when close() says so.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from world import eventually

CLEAN = ("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
         "DEBIAN_FRONTEND=noninteractive")
TOOLS = {False: ("unshare", "nsenter", "chroot"),
         True: ("systemd-nspawn", "nsenter")}
# A container of systemd's own may not do that, unless it is told to.
LANDLOCK = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"
# Instead of an init: a shell that buries its dead, and says what runlevel it is.
IDLE = r"""
printf '#!/bin/sh\necho N 2\n' >/sbin/runlevel.new
chmod 755 /sbin/runlevel.new
mv /sbin/runlevel.new /sbin/runlevel
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
touch /run/is-up
trap exit TERM
while :; do sleep 1 & wait; done
"""


def lacks(boot=False):
    """Why there can be no such machine here, or an empty string."""
    if os.getuid() != 0:
        return "needs root"
    missing = [tool for tool in TOOLS[boot] if shutil.which(tool) is None]
    if missing:
        return "needs " + ", ".join(missing)
    if subprocess.run(["unshare", "-mpn", "--fork", "true"], capture_output=True).returncode:
        return "needs the right to make namespaces"
    return ""


class Machine:
    def __init__(self, root, boot=False):
        self.root, self.boot = Path(root), boot
        if boot:
            command = ["systemd-nspawn", "-q", "-D", root, "--register=no", "--keep-unit",
                       "--private-network", "--system-call-filter=" + LANDLOCK, "-b"]
        else:
            command = ["unshare", "-mpn", "--fork", "--kill-child=KILL",
                       "chroot", root, *CLEAN, "bash", "-c", IDLE]
        self.log = open(self.root.parent / "machine.log", "ab")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, start_new_session=True)
        self.first = eventually(self._first_process, "the machine's first process")
        eventually(self._is_up, "the machine being up", 40)
        self.asks("ip link set lo up")

    def _first_process(self):
        assert self.process.poll() is None, "it ended at once; see machine.log"
        pid = self.process.pid
        with contextlib.suppress(OSError):
            for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                if os.readlink(f"/proc/{word}/ns/pid") != os.readlink("/proc/self/ns/pid"):
                    return int(word)
        return None

    def _is_up(self):
        if self.boot:
            return self.asks("systemctl is-system-running")[1].strip() in ("running", "degraded")
        return self.asks("test -e /run/is-up")[0] == 0

    def asks(self, text, within=50):
        """Runs a shell with this; returns its status and what it said."""
        done = subprocess.run(
            ["nsenter", "-t", str(self.first), "-m", "-p", "-n", "-u", "-i", "-r", "-w", *CLEAN,
             "bash", "-c", text], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=within)
        return done.returncode, done.stdout

    def does(self, text, within=50):
        status, said = self.asks(text, within)
        assert status == 0, f"{text}: status {status}\n{said}"
        return said

    def close(self):
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.first, signal.SIGKILL)  # and the kernel kills all others
            self.process.wait(20)
        self.log.close()
