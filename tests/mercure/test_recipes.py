# SPDX-License-Identifier: MIT
"""What docs/mercure.md has for applications, run as it stands there."""

import json
import os
import shutil
import subprocess

import pytest

from documents import Document
from mercure import PATH, SECRET, mercure, token
from world import SLOW, TOP

PAGE = Document(TOP / "docs" / "mercure.md")
TOPIC = "https://example.com/books/1"
# language: how it is run, the page's functions, and what an application does with them
RECIPES = {
    "php": (["php"], lambda blocks: next(b for b in blocks if "function token" in b),
            "echo publish('{topic}', 'sold', ['id' => 'a-1', 'private' => 'on']), \"\\n\";"
            "echo token(['subscribe' => ['{topic}']]), \"\\n\";"),
    "python": (["/usr/bin/python3"], lambda blocks: next(b for b in blocks if "def publish" in b),
               "print(publish('{topic}', 'sold', id='a-1', private='on'))\nprint(token(subscribe=['{topic}']))\n"),
    "ruby": (["ruby"], lambda blocks: next(b for b in blocks if "module Mercure" in b),
             "puts Mercure.publish('{topic}', 'sold', id: 'a-1', private: 'on')\n"
             "puts Mercure.token({{ subscribe: ['{topic}'] }})\n"),
}


@pytest.mark.parametrize("language", RECIPES)
def test_what_an_application_publishes_is_heard_by_whom_it_gave_a_token(make_world, tmp_path, language):
    command, choose, use = RECIPES[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    world = make_world(mercure(tmp_path), web=True)
    script = tmp_path / f"recipe.{language}"
    script.write_text(choose(PAGE.fenced(language)) + "\n" + use.format(topic=TOPIC))
    env = {**os.environ, "MERCURE_URL": f"http://127.0.0.1:{world.port}{PATH}", "MERCURE_JWT_SECRET": SECRET}
    done = subprocess.run([*command, script], text=True, capture_output=True, env=env, timeout=30 * SLOW)
    assert done.returncode == 0, done.stdout + done.stderr
    id, token = done.stdout.split()
    assert id == "a-1"
    reader = world.listen(path=f"/stream?channel={TOPIC}&since=all", headers={"Authorization": "Bearer " + token})
    event = reader.next()
    while event.type == "connected":
        event = reader.next()
    assert event.data in ("sold", json.dumps("sold"))


@pytest.mark.skipif(not os.path.isdir("/usr/share/php/Symfony/Component/Mercure"), reason="no php-symfony-mercure")
def test_symfony_s_component_publishes_with_a_token_that_is_signed_already(make_world, tmp_path):
    world = make_world(mercure(tmp_path), web=True)
    script = tmp_path / "recipe.php"
    script.write_text(next(b for b in PAGE.fenced("php") if "StaticTokenProvider" in b))
    env = {**os.environ, "MERCURE_URL": f"http://127.0.0.1:{world.port}{PATH}", "MERCURE_TOKEN": token(["*"])}
    done = subprocess.run(["php", "-d", "error_reporting=8191", script], text=True, capture_output=True, env=env,
                          timeout=30 * SLOW)
    assert done.returncode == 0 and done.stdout.startswith("#"), done.stdout + done.stderr
    assert world.door.ask("GET", "/api/channels").json["channels"][0]["channel"] == TOPIC


def test_what_it_says_of_tidings_conf_switches_it_on(make_world, tmp_path):
    text = PAGE.fenced("ini")[0].replace("/etc/tidings/mercure.key", str(tmp_path / "mercure.key"))
    assert "mercure = yes" in text and "[keys mercure]" in text
    world = make_world(mercure(tmp_path, {"keys mercure": {"algorithms": "HS256"}}))
    path = tmp_path / "tidings.conf"
    path.write_text(text)
    done = subprocess.run([world.responder.command[0], "-t", "-c", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
