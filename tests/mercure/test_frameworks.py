# SPDX-License-Identifier: MIT
"""What docs/mercure.md has for frameworks, in the frameworks as Debian has them."""

import os
import shutil
import subprocess
from urllib.parse import quote

import pytest

from documents import Document
from mercure import PATH, SECRET, mercure, publisher, token
from mercure_reader import reader
from world import SLOW, TOP

PAGE = Document(TOP / "docs" / "mercure.md")
PROGRAMS = TOP / "tests" / "mercure" / "frameworks"
BOOK, USER = "https://example.com/books/1", "https://example.com/users/7"


def block(language, *words):
    """The page's piece of code with all of these in it."""
    return next(text for text in PAGE.fenced(language) if all(word in text for word in words))


def is_there(*command):
    return shutil.which(command[0]) and subprocess.run(command, capture_output=True, timeout=30 * SLOW).returncode == 0


def run(world, *command):
    url = f"http://127.0.0.1:{world.port}{PATH}"
    env = {**os.environ, "MERCURE_URL": url, "MERCURE_JWT_SECRET": SECRET, "MERCURE_TOKEN": token(["*"]),
           "no_proxy": "*"}
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, env=env, timeout=40 * SLOW)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture
def world(make_world, tmp_path):
    return make_world(mercure(tmp_path), web=True)


def hears_what_is_private(world, line):
    """Whom the framework has given this cookie; and nobody else."""
    assert "path=/.well-known/mercure" in line.lower() and "httponly" in line.lower(), line
    assert "samesite=strict" in line.lower(), line
    cookie = line.split(";")[0].strip().removeprefix("mercureAuthorization=")
    told, other = (reader(world, cookie=shown).listen(USER) for shown in (cookie, None))
    publisher(world, publish=["*"]).publish(USER, data="for you", private="on")
    publisher(world, publish=["*"]).publish(USER, data="for all")
    told.sees("for you", "for all")
    other.sees("for all")


def sold(world):
    stream = reader(world).listen(BOOK, lastEventID="earliest")
    assert stream.next().data.replace(" ", "") == '{"sold":true}'


def test_a_view_of_django_publishes_and_gives_a_cookie(world, tmp_path):
    if not is_there("/usr/bin/python3", "-c", "import django, jwt"):
        pytest.skip("needs python3-django")
    page = tmp_path / "page.py"
    page.write_text(block("python", "def publish") + "\n" + block("python", "def sell"))
    line = run(world, "/usr/bin/python3", PROGRAMS / "django_site.py", page)
    sold(world)
    hears_what_is_private(world, line)


def test_a_controller_of_rails_publishes_and_gives_a_cookie(world, tmp_path):
    if not is_there("ruby", "-e", "require 'action_controller'"):
        pytest.skip("needs ruby-actionpack")
    model, action = tmp_path / "mercure.rb", tmp_path / "action.rb"
    model.write_text(block("ruby", "module Mercure"))
    action.write_text(block("ruby", "cookies["))
    line = run(world, "ruby", PROGRAMS / "rails.rb", model, action)
    sold(world)
    hears_what_is_private(world, line)


def test_events_of_laravel_are_broadcast(world, tmp_path):
    if not is_there("php", "-r", "require 'Illuminate/Broadcasting/autoload.php'; require 'GuzzleHttp/autoload.php';"):
        pytest.skip("needs php-illuminate-broadcasting, php-illuminate-http and php-guzzlehttp-guzzle")
    page = tmp_path / "MercureBroadcaster.php"
    page.write_text(block("php", "class MercureBroadcaster"))
    script = (PROGRAMS / "laravel.php").read_text()
    assert block("php", "Broadcast::extend").strip() in script
    run(world, "php", PROGRAMS / "laravel.php", page)
    told = reader(world, subscribe=["private-users.7"]).listen("books.1", "private-users.7", lastEventID="earliest")
    event = '{"event":"Sold","data":{"title":"Ulysses"}}'
    told.sees(event, event)
    other = reader(world).listen("private-users.7", "news", lastEventID="earliest")
    other.sees(event)
    assert len(other.events) == 1
    assert world.door.ask("GET", "/api/channels/" + quote("news")).json["events"] == 1
