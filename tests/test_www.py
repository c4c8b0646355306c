# SPDX-License-Identifier: MIT
"""The modules under www/feed.js one by one, in node; each test says what it is."""

import os
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
