# SPDX-License-Identifier: MIT
"""Every parser is fed by libFuzzer under the address and undefined-behaviour
sanitizers, from its corpus on; none breaks a promise, crashes or takes long."""

import concurrent.futures
import os
import re
import shutil
import subprocess
from pathlib import Path

from scene import NotHere

SHORT = {"executions": 20_000, "only": ""}
FULL = {"executions": 10_000_000, "only": ""}

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT / "tests/fuzz/corpus"
AT_ONCE = 2
LONGEST = 600  # bytes of an input
SANITIZERS = "-O2 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined " \
             "-fsanitize=fuzzer-no-link,address,undefined"
OPTIONS = {"ASAN_OPTIONS": "quarantine_size_mb=16", "UBSAN_OPTIONS": "print_stacktrace=1"}


def build(scene, folder):
    """Configures for libFuzzer and builds the targets, out of the tree."""
    for command in ([str(ROOT / "configure"), "-q", "--enable-fuzzers", "CC=clang",
                     f"CFLAGS={SANITIZERS}"],
                    ["make", "-s", f"-j{AT_ONCE}", "fuzz"]):
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        scene.must(done.returncode == 0, f"{command[0]} failed:\n{done.stdout[-4000:]}")


def fuzz(folder, name, seed, executions):
    """Runs one target; its findings stay in the folder.  {figure: value}"""
    found = folder / f"work-{name}"
    found.mkdir()
    command = [str(folder / f"tests/fuzz/fuzz_{name}"), f"-seed={seed}", f"-runs={executions}",
               f"-max_len={LONGEST}", "-timeout=20", "-print_final_stats=1",
               f"-artifact_prefix={folder}/{name}-", str(found), str(CORPUS / name)]
    log = folder / f"{name}.log"
    with open(log, "wb") as out:
        status = subprocess.run(command, stdout=out, stderr=out, env={**os.environ, **OPTIONS}).returncode
    text = log.read_text(errors="replace")
    done = re.search(r"number_of_executed_units: (\d+)", text)
    covers = re.findall(r" cov: (\d+) ft: (\d+)", text)
    return {"name": name, "status": status, "executions": int(done[1]) if done else 0,
            "edges": int(covers[-1][0]) if covers else 0,
            "features": int(covers[-1][1]) if covers else 0, "words": text[-6000:]}


def finding(folder, done):
    """What libFuzzer found, with the input that shows it, in hexadecimal."""
    inputs = [path.read_bytes()[:2000].hex() for path in folder.glob(f"{done['name']}-*")
              if path.suffix != ".log"]
    return f"fuzz_{done['name']} ended with {done['status']}:\n{done['words']}\ninput: {inputs}"


def play(scene, executions, only):
    if shutil.which("clang") is None:
        raise NotHere("clang is not installed")
    folder = scene.folder()
    names = sorted(path.name for path in CORPUS.iterdir())
    names = [name for name in names if not only or name in only.split(",")]
    scene.must(names, f"there is no target {only}")
    build(scene, folder)
    scene.say(f"{len(names)} targets are built")
    findings, figures = [], {}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        plays = [pool.submit(fuzz, folder, name, scene.seed, executions) for name in names]
        for play in concurrent.futures.as_completed(plays):
            done = play.result()
            scene.say("{name}: {executions} executions, {edges} edges, {features} features"
                      .format(**done))
            figures[done["name"]] = done["executions"]
            if done["status"] != 0 or done["executions"] < executions:
                findings.append(finding(folder, done))
    scene.note(targets=len(figures), executed=sum(figures.values()), findings=len(findings))
    scene.faultless(findings)
