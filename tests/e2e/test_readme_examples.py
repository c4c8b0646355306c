# SPDX-License-Identifier: MIT
"""The programs in the README, in the languages that people have, do what it says."""

import shutil
import subprocess
import sys

import pytest

from documents import README, Document
from world import SLOW, eventually


def example(language):
    (text,) = Document(README).fenced(language)
    return text


@pytest.mark.parametrize("language, interpreter", [("php", "php"), ("python", sys.executable)])
def test_a_program_publishes(web, language, interpreter):
    if not shutil.which(interpreter):
        pytest.skip(f"{interpreter} is not installed")
    reader = web.listen("alerts")
    reader.is_connected()
    text = example(language).replace("127.0.0.1:8000", f"127.0.0.1:{web.port}")
    done = subprocess.run([interpreter], input=text, text=True, capture_output=True, timeout=20 * SLOW)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    reader.sees("disk almost full")


@pytest.mark.page
def test_a_page_listens(make_world, chromium, tmp_path):
    """Also with its script in the page itself, beside ours, which forbids that for itself."""
    (tmp_path / "example.html").write_text("<!doctype html><title>An example</title><link rel=icon href=icon.svg>"
                                           f"<ul></ul><script>{example('js')}</script>")
    world = make_world({"hub": {"demo": "no"}}, web=True, pages=tmp_path)
    window = chromium.open(f"http://127.0.0.1:{world.port}/example.html")
    eventually(lambda: world.channel("alerts")["subscribers"] == 1, "the page listening")
    ids = [world.publish("disk almost full", channel="alerts"), world.publish("hello")]
    lines = [f"{ids[0]}: disk almost full", f"{ids[1]}: hello"]
    window.wait(lambda: [line.text for line in window.all("li")] == lines, "both events being shown")
