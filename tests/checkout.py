"""The sources as somebody else gets them: a fresh clone, with what is changed here.

    checkout(folder)     that, in a folder of its own
    block("As a service", 1)     README.md's commands: the first shell block below that heading
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


def blocks(heading):
    """The shell blocks of README.md below a heading, each a list of commands."""
    text = (TOP / "README.md").read_text()
    part = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", _comments_hidden(text), re.M | re.S)
    assert part, f"README.md has no heading {heading}"
    found = re.findall(r"^```sh\n(.*?)^```", part[1], re.M | re.S)
    return [[re.sub(r"\s+#.*", "", line.replace("\0", "#")) for line in block.splitlines()
             if line.replace("\0", "#").strip("# ")[:1] and not line.startswith("\0")]
            for block in found]


def _comments_hidden(text):
    """A comment at the beginning of a line in a block is no heading."""
    return re.sub(r"^```.*?^```", lambda block: re.sub(r"^#", "\0", block[0], flags=re.M), text,
                  flags=re.M | re.S)
