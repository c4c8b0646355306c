# SPDX-License-Identifier: MIT
"""The modules under www/feed.js one by one, in node; each test says what it is."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
TESTS = sorted(path.name for path in (TOP / "tests" / "www").glob("*.test.mjs"))


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
@pytest.mark.parametrize("name", TESTS)
def test_modules(tmp_path, name):
    for path in [*(TOP / "www").glob("*.js"), *(TOP / "tests" / "www").glob("*.mjs")]:
        shutil.copy(path, tmp_path)
    shutil.copytree(TOP / "js", tmp_path / "js", ignore=shutil.ignore_patterns("dist", "*.tgz"))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(["node", "--test", "--test-reporter=tap", name], cwd=tmp_path, text=True, timeout=50,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, NO_COLOR="1", TIDINGS_TOP=str(TOP)))
    print(done.stdout)
    assert done.returncode == 0, "\n".join(
        line for line in done.stdout.splitlines() if "not ok" in line)
    assert "# pass 0\n" not in done.stdout and "# pass" in done.stdout


DEEP = 4  # imports below app.js: a browser that asked import by import would be as many answers late


def depths():
    """How far below app.js each module that the page imports at its start is."""
    www, depth, left = TOP / "www", {"app.js": 0}, ["app.js"]
    for name in left:
        for imported in re.findall(r"^(?:import|export)\b[^;]*?\bfrom \"(\.[^\"]+)\"", (www / name).read_text(), re.M):
            path = os.path.normpath(Path(name).parent / imported)
            if path not in depth:
                depth[path] = depth[name] + 1
                left.append(path)
    return depth


def test_what_lies_deep_is_asked_for_at_once_and_nothing_in_vain():
    listed = re.findall(r'rel="modulepreload" href="([^"]+)"', (TOP / "www" / "index.html").read_text())
    depth = depths()
    assert len(depth) > 40 and len(listed) == len(set(listed))
    assert set(listed) <= set(depth), "index.html preloads what nobody imports"
    assert {name for name in depth if depth[name] >= DEEP} <= set(listed), "index.html should preload these, too"
