# SPDX-License-Identifier: MIT
"""Rows measured: each system's daemons made anew for each run, in turns, back and forth."""

import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cells
from servers import Behind, System

TRIES = 3
RUN_S = 180  # no run takes longer
TOOLS = ("load", "insert", "machine", "floor")


def parse(text):
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: float(value) for key, value in pairs}


def add_shares(run):
    """What each program used, all its processes together: NAME_us_per_event, NAME_us_per_delivery."""
    programs = {}
    for key, us in run.items():
        if key.startswith("cpu.") and key.endswith("_us"):
            name = key[4:].rpartition(".")[0]
            programs[name] = programs.get(name, 0) + us
    for name, us in programs.items():
        for unit, count in (("event", "published"), ("delivery", "deliveries")):
            if run.get(count):
                run[f"{name}_us_per_{unit}"] = us / run[count]
    return run


class Bench:
    def __init__(self, build, pairs=5, folder=None, sessions=True, hog=False, short=False, raw=None):
        self.pairs, self.hog, self.is_short, self.raw = pairs, hog, short, raw
        self.build = Path(build).resolve()
        self.tools = self.build / "tests/bench"
        self.folder = Path(folder or build).resolve()
        missing = [tool for tool in TOOLS if not (self.tools / tool).exists()]
        if missing:
            sys.exit("not built: " + ", ".join(f"tests/bench/{tool}" for tool in missing))
        Behind.build = self.build
        System.sessions = sessions
        self.descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))
        self.descriptors = min(self.descriptors, 65535)
        self.two_cores = len(os.sched_getaffinity(0)) >= 2

    def pin(self, core):
        return ["taskset", "-c", str(core)] if self.two_cores else []

    def load(self, row):
        return {**row.options, **row.short()} if self.is_short else row.options

    def command(self, row, system):
        words = [*self.pin(1), self.tools / "load", f"--port={system.port}",
                 f"--listen={system.listen}",
                 f"--publish={system.keyed if row.kill else system.publish}"]
        words += [f"--{key}={value}" for key, value in self.load(row).items()]
        words += [f"--server={pid}" for pid in system.pids()]
        words += [f"--show={system.pass_}"] if system.pass_ else []
        words += [f"--publish-port={system.publish_port}"] if system.publish_port else []
        if row.insert:
            rows = 2000 if self.is_short else row.insert
            words += [f"--events={rows}",
                      f"--insert={self.tools}/insert {system.inbox()} {rows} 1000 100 bench-0"]
        if row.kill:
            words += [f"--kill={system.worker()}"]
        return [str(word) for word in words]

    @contextlib.contextmanager
    def beside(self, row):
        """What else runs: who watches whether the machine stands still; a program that
        uses the servers' core.  Gives what the first has to say in the end."""
        said, children = {}, []
        if self.hog:
            children.append(subprocess.Popen([*self.pin(0), "sh", "-c", "while :; do :; done"],
                                             start_new_session=True))
        if self.two_cores and row.latency:
            children.append(subprocess.Popen([self.tools / "machine", "stall", "0", "1"],
                                             stdout=subprocess.PIPE, text=True))
        try:
            yield said
        finally:
            for child in children:
                child.terminate()
                said.update(parse(child.communicate()[0] or ""))

    def once(self, row, kind):
        """One run on fresh servers: what load printed, and how long the machine stood still."""
        folder = Path(tempfile.mkdtemp(prefix="bench-", dir=self.folder))
        try:
            with kind(folder, self.descriptors, self.pin(0)) as system:
                with self.beside(row) as said:
                    done = subprocess.run(self.command(row, system), timeout=RUN_S, text=True,
                                          stdout=subprocess.PIPE, check=True)
                return add_shares({**parse(done.stdout), **said})
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def quiet(self, row, kind):
        for _ in range(TRIES):
            run = self.once(row, kind)
            if run.get("stall_ms", 0) <= cells.STALL_MS:
                break
        return run

    def measure(self, row, kinds=None):
        """{system's name: list of runs, or a sentence}; kinds: of others than the row's."""
        kinds = {name: kind for name, kind in (kinds or row.kinds).items() if kind is not None}
        results = {name: kind.missing() or [] for name, kind in kinds.items()}
        if row.descriptors() > self.descriptors:
            return {name: f"{row.descriptors()} descriptors needed" for name in kinds}
        for turn in range(self.pairs):
            for name, kind in list(kinds.items())[::-1 if turn % 2 else 1]:
                if isinstance(results[name], str):
                    continue
                run = self.quiet(row, kind)
                results[name].append(run)
                self.note(row, name, turn, run)
        return results

    def note(self, row, name, turn, run):
        line = {"row": row.name, "system": name, "turn": turn, **run}
        if self.raw:
            with open(self.raw, "a", encoding="utf-8") as raw:
                raw.write(json.dumps(line) + "\n")
        figures = ", ".join(figure.say(figure.value(run)) for figure in row.figures
                            if figure.value(run) is not None)
        print(f"{row.name} {name} {turn + 1}: {figures} {cells.wrongs(run)}",
              file=sys.stderr, flush=True)
