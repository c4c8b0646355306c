# SPDX-License-Identifier: MIT
"""What a scenario of the torture suite gets, and how one is found.

A scenario is a module of this folder with a sentence as its docstring, the
arguments of its two scales, SHORT and FULL, and play(scene, **scale).  TELLING
ones are part of every tests/run.
"""

import ast
import contextlib
import importlib
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from world import World

HERE = Path(__file__).resolve().parent


class Violation(AssertionError):
    """A promise was broken."""


class NotHere(Exception):
    """For want of privileges or of a program; the text says which."""


class Scene:
    """The randomness, the worlds and the figures of one play."""

    def __init__(self, name, seed):
        self.name, self.seed = name, seed
        self.rng = random.Random(f"{name} {seed}")
        self.figures = {}
        self.worlds = []
        self.closing = contextlib.ExitStack()
        self.began = time.monotonic()

    def world(self, *arguments, **how):
        """A World; it ends with the scene, which then searches its logs."""
        how.setdefault("web", True)
        world = World(*arguments, **how)
        self.worlds.append(world)
        return world

    def ends(self, world):
        """Before the scene does; its logs are searched now."""
        self.worlds.remove(world)
        self.faultless(world.close())

    def folder(self):
        """A temporary folder; removed with the scene."""
        folder = Path(tempfile.mkdtemp(prefix="tidings-", dir="/tmp"))
        self.closing.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def must(self, condition, text):
        if not condition:
            raise Violation(text)

    def faultless(self, faults):
        """No violation among these; the first ones are shown."""
        self.must(not faults, f"{len(faults)}: " + "\n".join(faults[:20]))

    def note(self, **figures):
        """Figures for the report."""
        self.figures.update(figures)

    def say(self, text):
        seconds = time.monotonic() - self.began
        print(f"{self.name} {seconds:6.1f} s: {text}", file=sys.stderr, flush=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        faults = []
        for world in self.worlds:
            faults += world.close()
            if kind is not None:
                print(world.last_words, file=sys.stderr)
        self.closing.close()
        if kind is None:
            self.faultless(faults)
        elif issubclass(kind, AssertionError) and not issubclass(kind, Violation):
            raise Violation(f"{value}" or "an assertion failed") from value


def scenarios():
    """{name: module}, in order of name."""
    return {path.stem: importlib.import_module(path.stem)
            for path in sorted(HERE.glob("*.py")) if _plays(path)}


def _plays(path):
    tree = ast.parse(path.read_text())
    return any(isinstance(node, ast.FunctionDef) and node.name == "play" for node in tree.body)


def scale_of(module, short, changes=()):
    """The arguments of play(); changes are words like kills=50."""
    scale = dict(module.SHORT if short else module.FULL)
    for change in changes:
        name, _, value = change.partition("=")
        if name not in scale:
            raise SystemExit(f"tests/torture/run: {name} is none of {', '.join(scale)}")
        scale[name] = type(scale[name])(value)
    return scale
