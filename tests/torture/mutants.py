# SPDX-License-Identifier: MIT
"""The checker itself: the bugs of seeded/ are put into the product, one at a
time, and the short scenarios, or the tests that are named, must find them; the
product as it is passes."""

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

from seeded import Mutant, read_all
from world import BUILD, TOP

SHORT = {"mutants": 3, "sound": 1, "jobs": 2, "only": ""}
FULL = {"mutants": 0, "sound": 3, "jobs": 2, "only": ""}  # 0 = all; only: part of a name or file

# What is tried in this order, until one finds it: (scenario, seeds).
JUDGES = [("restored", range(1, 2)), ("medley", range(1, 5))]
SHARE = 0.96   # of the mutants must be found
LIMIT = 200    # seconds a judge may take

SOURCES = ("hub", "inbox", "fcgi", "lib", "client", "js", "examples", "tests", "docs", "man", "conf",
           "www", "m4", "build-aux", "debian")
PROGRAMS = ("hub/tidings-hub", "inbox/tidings-inbox", "fcgi/tidings.fcgi", "hub/sharer")


class Bench:
    """A copy of the sources and of what was built of them, where one mutant
    after the other is made; only what changed is compiled."""

    def __init__(self, folder):
        self.top, self.build = folder, folder / BUILD.name
        for path in TOP.iterdir():
            if path.is_file():
                shutil.copy2(path, folder)
            elif path.name in SOURCES:
                shutil.copytree(path, folder / path.name, symlinks=True,
                                ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        shutil.copytree(BUILD, self.build, symlinks=True,
                        ignore=shutil.ignore_patterns("logs", "debian-*"))
        flags = re.search(r"(?m)^CFLAGS = (.*)", (self.build / "Makefile").read_text())[1]
        self.flags = f"CFLAGS={flags} -w"  # a mutant may leave a variable unused
        self.changed = {}

    def make(self, mutant):
        """Builds it; what an earlier one changed is as it was."""
        for file, text in self.changed.items():
            (self.top / file).write_text(text)
        changed = mutant.changed(self.top)
        self.changed = {file: (self.top / file).read_text() for file in changed}
        for file, text in changed.items():
            (self.top / file).write_text(text)
        made = subprocess.run(["make", "-s", "-C", self.build, *PROGRAMS, self.flags],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if made.returncode != 0:
            raise AssertionError(f"{mutant.name!r} cannot be built:\n{made.stderr[-2000:]}")

    def plays(self, judge, seed):
        """What the scenario, or the file of tests, found; None if nothing."""
        command, sign = [TOP / "tests/torture/run", judge, "--short", "--seed", str(seed)], r"VIOLATION: "
        if judge.endswith(".py"):  # of the copy: it may read the sources, too
            command, sign = ["-m", "pytest", "-q", "-x", "--tb=line", self.top / judge], r"(?m)^(?:FAILED |ERROR |\++ Timeout)"
        process = subprocess.Popen(
            [sys.executable, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", cwd=self.top / "tests",
            env=dict(os.environ, TIDINGS_BUILD=str(self.build)))
        try:
            told = process.communicate(timeout=LIMIT)[0]
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # it ends what it started
            process.communicate()
            return f"it hung for {LIMIT} s"
        found = re.split(sign, told, maxsplit=1)[1:]
        if process.returncode != len(found):
            raise AssertionError(f"{judge} {seed} ended with status {process.returncode}:\n{told[-2000:]}")
        return found[0].strip() if found else None


class Trial:
    """The mutants still to be judged, and what became of the others."""

    def __init__(self, scene, mutants):
        self.scene, self.lock = scene, threading.Lock()
        self.left = queue.SimpleQueue()
        for mutant in mutants:
            self.left.put(mutant)
        self.missed, self.found, self.errors = [], Counter(), []

    def work(self):
        try:
            bench = Bench(self.scene.folder())
            while not self.errors:
                self.judge(bench, self.left.get_nowait())
        except queue.Empty:
            pass
        except Exception as error:
            self.errors.append(error)

    def judge(self, bench, mutant):
        bench.make(mutant)
        began = time.monotonic()
        for scenario, seeds in mutant.judges or JUDGES:
            for seed in seeds:
                fault = bench.plays(scenario, seed)
                if fault is not None:
                    self.note(mutant, scenario, f"{scenario} {seed} in "
                              f"{time.monotonic() - began:.0f} s: {' '.join(fault.split())[:100]}")
                    return
        self.note(mutant, None, "NOT FOUND")

    def note(self, mutant, scenario, text):
        with self.lock:
            if scenario is None:
                self.missed.append(mutant.name)
            else:
                self.found[scenario] += 1
        self.scene.say(f"{mutant.name}: {text}")

    def run(self, jobs):
        threads = [threading.Thread(target=self.work, daemon=True) for _ in range(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]


def is_sound(scene, bench, mutants, times):
    """The product as it is passes, or what is found means nothing."""
    judges = {scenario: seeds for mutant in mutants for scenario, seeds in mutant.judges or JUDGES}
    bench.make(Mutant("no bug"))
    for scenario, seeds in judges.items():
        for seed in list(seeds) * times:
            fault = bench.plays(scenario, seed)
            scene.must(fault is None, f"the product itself, by {scenario} --seed {seed}: {fault}")


def play(scene, mutants, sound, jobs, only):
    some = [mutant for mutant in read_all()
            if any(part in mutant.name or part in mutant.file for part in only.split("|"))]
    if mutants:
        some = scene.rng.sample([mutant for mutant in some if not mutant.misfit()], mutants)
    scene.must(not any(mutant.misfit() for mutant in some),
               "; ".join(filter(None, (mutant.misfit() for mutant in some))))
    is_sound(scene, Bench(scene.folder()), some, sound)
    scene.say(f"the product passes {sound} times")
    trial = Trial(scene, some)
    trial.run(jobs)
    scene.note(mutants=len(some), found=sum(trial.found.values()), found_by=dict(trial.found),
               missed=sorted(trial.missed))
    scene.must(len(trial.missed) <= (1 - SHARE) * len(some),
               f"not found: {', '.join(sorted(trial.missed))}")
