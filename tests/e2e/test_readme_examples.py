# SPDX-License-Identifier: MIT
"""The programs in the README, in the languages that people have, do what it says."""

import shutil
import subprocess
import sys

import pytest

from documents import DOCS, README, Document, name_of
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


RECIPES = Document(next(path for path in DOCS if name_of(path) == "docs/recipes.md"))


@pytest.mark.page
@pytest.mark.parametrize("language", ["html", "js"])
def test_one_page_shows_all_builds(make_world, chromium, tmp_path, language):
    """Those that it began with, and one that begins only now."""
    (text,) = RECIPES.fenced(language)
    if language == "js":
        show = "document.body.append(document.createElement('li')); document.querySelector('li:last-child').textContent ="
        text = text.replace("console.log(channel, JSON.parse(data).message)",
                            f"{{ {show} `${{channel}}: ${{JSON.parse(data).message}}` }}")
        text = f"<!doctype html><title>Builds</title><body><script type=module>{text}</script>"
    (tmp_path / "builds.html").write_text(text.replace("</title>", "</title><link rel=icon href=icon.svg>"))
    world = make_world({"hub": {"demo": "no"}}, web=True, pages=tmp_path)

    def publish(build, kind, message):
        world.publish(f'{{"message": "{message}"}}', channel=f"builds/{build}", event=kind)
    publish(17, "start", "compiling")
    window = chromium.open(f"http://127.0.0.1:{world.port}/builds.html")
    window.wait(lambda: window.texts("li") == ["builds/17: compiling"], "the first build")
    publish(18, "start", "testing")
    window.wait(lambda: window.texts("li")[1:] == ["builds/18: testing"], "the second build")
