# SPDX-License-Identifier: MIT
"""The sources as somebody else gets them: a fresh clone, with what is changed here.

    checkout(folder)     that, in a folder of its own
    block("./configure")     the commands in the shell block of README.md or docs/ that has this word
"""

import re
import shutil
import subprocess

import pytest

from world import TOP


def listed():
    """What git would give to somebody else."""
    done = subprocess.run(["git", "-C", TOP, "ls-files", "-z", "-co", "--exclude-standard"],
                          capture_output=True)
    if done.returncode != 0 or not (TOP / ".git").exists():
        pytest.skip("needs a git tree of one's own")
    return sorted(name for name in done.stdout.decode().split("\0")
                  if name and (TOP / name).is_file())


def checkout(folder):
    for name in listed():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / name, folder / name)
    return folder


def block(word):
    """README.md's shell block that has this word, else that of docs/: a list of its commands."""
    for page in (TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))):
        for found in re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.M | re.S):
            lines = [re.sub(r"(^|\s+)#\s.*", "", line) for line in found.splitlines()]
            if any(word in line for line in lines):
                return [line for line in lines if line]
    raise AssertionError(f"no page shows {word}")
