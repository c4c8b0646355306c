# SPDX-License-Identifier: MIT
"""./configure, where a library is missing, too old, or newer than what was tried."""

import os
import subprocess
from pathlib import Path

import pytest

CONFIGURE = Path(__file__).resolve().parent.parent / "configure"
pytestmark = pytest.mark.skipif(not CONFIGURE.exists(), reason="autoreconf has not been run")


def configured(folder, json_version):
    """What it says where json-c has that version, None = is not there."""
    found = subprocess.run(["pkg-config", "--variable=pcfiledir", "json-c"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.strip()
    library = folder / "pc"
    library.mkdir()
    for path in Path(found).glob("*.pc"):
        if path.name != "json-c.pc":
            (library / path.name).symlink_to(path)
    if json_version is not None:
        text = (Path(found) / "json-c.pc").read_text().splitlines()
        (library / "json-c.pc").write_text("".join(
            (f"Version: {json_version}" if line.startswith("Version:") else line) + "\n"
            for line in text))
    return subprocess.run([CONFIGURE, "-q"], cwd=folder, text=True, timeout=50, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, PKG_CONFIG_LIBDIR=f"{library}:/usr/share/pkgconfig"))


@pytest.mark.parametrize("version", [None, "0.14"])
def test_a_library_that_will_not_do_is_named_with_what_to_install(tmp_path, version):
    done = configured(tmp_path, version)
    assert done.returncode == 1
    assert (f"json-c 0.15 or newer is needed, and {version or 'none'} is here "
            "(Debian: libjson-c-dev)") in done.stdout


def test_a_library_that_is_newer_than_what_was_tried_is_used_and_said(tmp_path):
    done = configured(tmp_path, "0.19")
    assert done.returncode == 0, done.stdout
    assert "json-c 0.19 is newer than 0.18, the newest that was tried" in done.stdout


def test_a_library_that_was_tried_needs_no_word(tmp_path):
    done = configured(tmp_path, "0.18")
    assert (done.returncode, done.stdout) == (0, "")
