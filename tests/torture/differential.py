# SPDX-License-Identifier: MIT
"""Random events (CR, LF, NUL, BOM, invalid UTF-8), some on several channels, are
composed as an event stream and read by a parser that others wrote from the
standard: what UTF-8 forbids is refused, everything else goes in as one event and
comes out as one, equal but for its line ends.  Random patterns match the
channels that another engine's regular expressions match."""

import json
import shutil
import subprocess
from pathlib import Path

from scene import NotHere
from world import BUILD

TELLING = True
SHORT = {"events": 20_000}
FULL = {"events": 10_000_000}

HERE = Path(__file__).resolve().parent
NAIVE = 1000


def judged(scene, *arguments):
    """What the judge says of the events of these arguments."""
    source = subprocess.Popen([BUILD / "tests/torture/events", str(scene.seed), *arguments],
                              stdout=subprocess.PIPE)
    with source:
        judge = subprocess.run(["node", HERE / "differential.mjs"], stdin=source.stdout,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        source.stdout.close()
    scene.must(judge.stdout, f"the judge has failed: {judge.stderr[-4000:]}")
    return json.loads(judge.stdout)


def play(scene, events):
    if shutil.which("node") is None:
        raise NotHere("node is not installed")
    if not (HERE.parent / "node_modules/eventsource-parser").is_dir():
        raise NotHere("tests/node_modules is not installed")
    made = subprocess.run(["make", "-s", "-C", BUILD, "tests/torture/events"],
                          capture_output=True, text=True)
    scene.must(made.returncode == 0, made.stderr)
    scene.must("fault" in judged(scene, str(NAIVE), "naive"),
               "a stream composed without care was found good")
    said = judged(scene, str(events))
    scene.must("fault" not in said, said.get("fault"))
    scene.note(**said)
    scene.must(said["events"] == events == said["equal"] + said["refused"],
               f"{events} went in: {said}")
    scene.must(min(said["refused"], said["envelopes"], said["matched"],
                   said["patterns"] - said["matched"]) > events / 100, f"too few of a kind: {said}")
