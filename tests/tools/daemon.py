# SPDX-License-Identifier: MIT
"""A program of ours that runs, where it was built, and how long anything may take.

    hub = Daemon("hub", [program("tidings-hub"), ...], folder, ready).start()
    hub.kill_worker()
    eventually(lambda: hub.workers(), "another worker")

Programs come from the folder TIDINGS_BUILD names (default: build); TIDINGS_WRAP
holds words to put before the hub's command (valgrind).
"""

import contextlib
import os
import re
import select
import shlex
import signal
import subprocess
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("TIDINGS_BUILD", TOP / "build")).resolve()
WRAP = shlex.split(os.environ.get("TIDINGS_WRAP", ""))
# Deadlines are so many times longer: twice where several tests share the machine, more
# under an instrument, which makes everything slower and has memory of its own.
SLOW = float(os.environ.get("TIDINGS_SLOW", "1"))
INSTRUMENTED = SLOW > 2

FAULTS = re.compile(
    r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|stack smashing|"
    r"Assertion .* failed|^==\d+== (?!\s*$|Warning: set address range)|was killed: (?!Killed)|"
    r"exited with status",
    re.MULTILINE)


def program(name, needed=True):
    for place in (BUILD / name, BUILD / "hub" / name, BUILD / "inbox" / name,
                  BUILD / "fcgi" / name):
        if place.is_file():
            return str(place)
    if needed:
        raise FileNotFoundError(f"{name} is not built in {BUILD}")
    return name


def eventually(condition, what, within=10):
    """Waits for a fact that nothing announces; returns what it was."""
    deadline = time.monotonic() + within * SLOW
    pause = 0.0005
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {within} s")
        time.sleep(pause)
        pause = min(pause * 2, 0.02)


def end_of(process, within):
    """What process.wait(within) returns, at once when it ends: that one looks each 50 ms."""
    if process.poll() is None:
        end = os.pidfd_open(process.pid)
        try:
            waits = select.poll()
            waits.register(end, select.POLLIN)
            waits.poll(1000 * within)
        finally:
            os.close(end)
    return process.wait(1)  # a sanitizer that traces it lets go of it a moment later


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Daemon:
    """A program that runs in the foreground, perhaps as parent of workers."""

    def __init__(self, name, command, folder, ready, environment=None):
        self.name, self.command, self.ready = name, command, ready
        self.log_path = folder / f"{name}.log"
        self.environment = dict(os.environ, **(environment or {}))
        self.environment.setdefault("ASAN_OPTIONS", "detect_stack_use_after_return=1")
        self.environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        self.environment.setdefault("TSAN_OPTIONS", "halt_on_error=0")
        self.process = None
        self.descendants = set()

    def launch(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment, start_new_session=True)

    def start(self, within=10):
        """Starts it, again if it gives up, as init would, until it serves."""
        assert self.process is None, f"{self.name} runs already"
        self.launch()

        def serves():
            if self.process.poll() is not None:
                self.launch()
            return self.ready()
        eventually(serves, f"{self.name} serving", within)
        self.workers()
        return self

    def start_to_fail(self, within=10):
        """Starts it expecting that it refuses; returns (status, what it said)."""
        self.launch()
        status = end_of(self.process, within * SLOW)
        self.process = None
        return status, self.log()

    @property
    def pid(self):
        return self.process.pid

    def workers(self):
        """Pids of the parent's children."""
        try:
            text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return []
        pids = [int(word) for word in text.split()]
        self.descendants.update(pids)
        return pids

    def worker(self, index=0):
        return eventually(lambda: self.workers()[index:index + 1],
                          f"{self.name} having worker {index}")[0]

    def has_settled(self, index=0):
        """Waits until the worker has lived a second: one that dies sooner is
        started again with a back-off."""
        eventually(lambda: _age(self.worker(index)) > 1.1, f"{self.name} having settled")
        return self

    def kill_worker(self, index=0, number=signal.SIGKILL):
        pid = self.worker(index)
        os.kill(pid, number)
        return pid

    def has_other_worker(self, than, within=10):
        return eventually(lambda: [p for p in self.workers() if p != than and is_alive(p)],
                          f"{self.name} having another worker than {than}", within)

    def stop(self, within=15):
        """SIGTERM, and waits for the end; returns the exit status."""
        process, self.process = self.process, None
        if process is None:
            return None
        process.terminate()
        try:
            return end_of(process, within * SLOW)
        finally:
            self._end(process)

    def kill(self):
        """SIGKILL to the parent; its workers learn of it and end cleanly."""
        workers, process = self.workers(), self.process
        self.process = None
        process.kill()
        process.wait()
        for pid in workers:
            eventually(lambda: not is_alive(pid), f"worker {pid} ending after its parent")

    def kill_all(self):
        """SIGKILL to parent and workers at once, as a machine that loses power."""
        workers, process = self.workers(), self.process
        self.process = None
        # Stopped first: on a busy machine a worker would find time to see its
        # parent die, and end in good order.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in [process.pid, *workers]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        process.wait()
        for pid in workers:
            eventually(lambda: not is_alive(pid), f"worker {pid} ending")

    def freeze(self, index=0):
        pid = self.worker(index)
        os.kill(pid, signal.SIGSTOP)
        return pid

    def thaw(self, pid):
        os.kill(pid, signal.SIGCONT)

    def log(self):
        try:
            return self.log_path.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def says(self, text, within=10):
        eventually(lambda: text in self.log(), f"{self.name} saying {text!r}", within)

    def _end(self, process):
        if process.poll() is None:
            process.kill()
            process.wait()

    def clean_up(self):
        if self.process is not None:
            self.workers()
        process, self.process = self.process, None
        if process is not None and process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                end_of(process, 12 * SLOW)
            self._end(process)
        for pid in self.descendants:
            if is_alive(pid) and _session(pid) == (process.pid if process else None):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _session(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[3])
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None


def _age(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        return uptime - ticks / os.sysconf("SC_CLK_TCK")
    return 0
