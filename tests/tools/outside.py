# SPDX-License-Identifier: MIT
"""How the programs of tests/clients are made: what is installed for them, and
why one cannot be had here.

    command, how = go("go-sse")     # or raises Missing("there is no go here")
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys

from world import BUILD, TOP

FOLDER = TOP / "tests" / "clients"
MODULES = TOP / "tests" / "node_modules"
MADE = BUILD / "clients"


class Missing(Exception):
    """Why a client is not played here."""


def need(program):
    path = shutil.which(program, path=os.environ["PATH"] + ":/usr/local/go/bin")
    if path is None:
        raise Missing(f"there is no {program} here")
    return path


def once(name, inputs, make):
    """Calls make(folder) unless that was done for the same inputs; returns the folder."""
    folder = MADE / name
    MADE.mkdir(parents=True, exist_ok=True)
    wanted = "".join(path.read_text() for path in sorted(inputs))
    marker = MADE / f"{name}.made"
    with open(MADE / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not marker.is_file() or marker.read_text() != wanted:
            marker.unlink(missing_ok=True)
            folder.mkdir(exist_ok=True)
            make(folder)
            marker.write_text(wanted)
    return folder


def run(*command, **how):
    """A failure is a reason to do without: its last line."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=900, text=True, **how)
    if result.returncode:
        words = result.stdout.strip().splitlines() or [f"status {result.returncode}"]
        raise Missing(f"{command[0]} says: {words[-1]}")


# ---- npm

def version(text):
    return [int(n) for n in re.findall(r"\d+", text)[:2]]


def node(name, module):
    program = need("node")
    package = MODULES / module / "package.json"
    if not package.is_file():
        raise Missing(f"npm has not installed {module} in tests/")
    about = json.loads(package.read_text())
    wanted = about.get("engines", {}).get("node", "").split("||")[0].strip()
    have = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    old = wanted.startswith((">=", "^")) and version(have) < version(wanted)
    return [program, str(FOLDER / "node" / f"{name}.mjs")], {
        "unsuited": f"{about['name']} {about['version']} wants node {wanted}, this is {have}" if old else None}


def ours():
    return [need("node"), str(FOLDER / "node" / "tidings.mjs")], {}


# ---- PyPI

def python(name, list):
    def make(folder):
        shutil.rmtree(folder)
        run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--root-user-action", "ignore",
            "--target", str(folder), "-r", str(file))
    file = FOLDER / "python" / f"{list}.txt"
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode:
        raise Missing("there is no pip here")
    folder = once(list, [file], make)
    return [sys.executable, str(FOLDER / "python" / f"{name}.py")], {"env": {**os.environ, "PYTHONPATH": str(folder)}}


# ---- what must be compiled

def go(name):
    def make(folder):
        run(need("go"), "build", "-o", f"{folder}/", "./...", cwd=FOLDER / "go")
    need("go")
    files = [FOLDER / "go" / "go.sum", *(FOLDER / "go").glob("*/*.go")]
    return [str(once("go", files, make) / name)], {}


def java(name):
    def make(folder):
        run(need("mvn"), "-q", "-B", "-f", str(FOLDER / "java" / "pom.xml"), "dependency:copy-dependencies",
            f"-DoutputDirectory={folder}/jars")
        run(need("javac"), "-cp", f"{folder}/jars/*", "-d", f"{folder}/classes", *map(str, sources))
    sources = sorted((FOLDER / "java").glob("*.java"))
    for program in ("java", "javac", "mvn"):
        need(program)
    folder = once("java", [FOLDER / "java" / "pom.xml", *sources], make)
    return [need("java"), "-cp", f"{folder}/jars/*:{folder}/classes", name], {}


def rust(name):
    def make(folder):
        run(need("cargo"), "build", "-q", "--locked", "--target-dir", str(folder), cwd=FOLDER / "rust")
    need("cargo")
    files = [FOLDER / "rust" / "Cargo.lock", FOLDER / "rust" / "src" / "main.rs"]
    return [str(once("rust", files, make) / "debug" / "clients"), name], {}


# ---- what Debian has

def script(program, file, *probe):
    """probe: a command that succeeds where its libraries are."""
    path = need(program)
    if probe and subprocess.run([path, *probe], capture_output=True).returncode:
        raise Missing(f"{program} has no {probe[-1]} here")
    return [path, str(FOLDER / file)], {}


def php(file, probe=None):
    path = need("php")
    if probe and subprocess.run([path, "-r", f"exit({probe} ? 0 : 1);"], capture_output=True).returncode:
        raise Missing(f"php has no {file.removesuffix('.php')} here")
    return [path, str(FOLDER / "php" / file)], {}
