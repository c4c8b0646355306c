# SPDX-License-Identifier: MIT
"""docs/recipes.md: a page that is whole when it opens, in each language it is written in."""

import html
import json
import re
import shutil
import sqlite3
import subprocess

import pytest

from client import Client
from documents import DOCS, Document, name_of
from world import SLOW

RECIPES = Document(next(path for path in DOCS if name_of(path) == "docs/recipes.md"))
FILE = "/run/tidings/hub.cursor"


# What php-sqlite3 does, where that is not installed.
SHOP = """(new class {
    function query($sql) {
        return json_decode(shell_exec('sqlite3 -json shop.db ' . escapeshellarg($sql)) ?: '[]', true);
    }
})"""


@pytest.fixture(name="shop", params=["php", "python"])
def rendered_shop(request, make_world, tmp_path):
    """(world, order, render): a page that is rendered by the example, which stands in shop.db's folder."""
    if request.param == "php" and shutil.which("php") is None:
        pytest.skip("php is not installed")
    world = make_world({"hub": {"demo": "no"}}, web=True, pages=tmp_path)
    (text,) = RECIPES.fenced(request.param)
    assert text.count(FILE) == 1
    text = text.replace(FILE, str(world.hub_socket.with_suffix(".cursor")))
    if request.param == "php" and "pdo_sqlite" not in subprocess.run(["php", "-m"], text=True, capture_output=True).stdout:
        text = text.replace("(new PDO('sqlite:shop.db'))", SHOP)
    if request.param == "python":
        text += "\nprint(orders())\n"
    with sqlite3.connect(tmp_path / "shop.db") as db:
        db.execute("CREATE TABLE orders(id INTEGER PRIMARY KEY, item TEXT)")

    def order(item):
        with sqlite3.connect(tmp_path / "shop.db") as db:
            id = db.execute("INSERT INTO orders(item) VALUES (?)", [item]).lastrowid
        return world.publish(json.dumps({"id": id, "item": item}), channel="orders")

    def render():
        command = ["php"] if request.param == "php" else ["/usr/bin/python3", "-"]
        done = subprocess.run(command, input=text, text=True, capture_output=True, timeout=20 * SLOW, cwd=tmp_path)
        assert done.returncode == 0 and not done.stderr, done.stderr
        return done.stdout
    return world, order, render


def since_of(page):
    return re.search(r'since="?=?"?(\w+)', page)[1]


def test_what_is_ordered_between_the_page_and_its_stream_comes_by_the_stream(shop):
    world, order, render = shop
    order("bread & butter")
    page = render()
    order("milk")
    reader = world.listen("orders", since=since_of(page))
    order("honey")
    reader.sees('{"id": 2, "item": "milk"}', '{"id": 3, "item": "honey"}')
    assert not reader.told("reset")
    assert html.unescape(page).count("bread & butter") == 1 and "&amp;" in page and "milk" not in page


def test_where_no_hub_was_yet_the_page_listens_from_a_minute_ago(shop):
    world, order, render = shop
    world.hub_socket.with_suffix(".cursor").unlink()
    assert since_of(render()) == "1m"


@pytest.mark.page
def test_the_page_has_each_order_once(shop, chromium):
    world, order, render = shop
    order("bread")
    page = render()
    if "EventSource" not in page:
        pytest.skip("this one renders only the list")
    order("milk")
    (world.www / "shop.html").write_text(page.replace("</title>", "</title><link rel=icon href=icon.svg>"))
    window = chromium.open(f"http://127.0.0.1:{world.port}/shop.html")
    window.wait(lambda: window.texts("li") == ["bread", "milk"], "what was ordered meanwhile")
    order("honey")
    window.wait(lambda: window.texts("li") == ["bread", "milk", "honey"], "what is ordered now")


def test_the_command_says_the_same_and_history_begins_there(shared):
    before, = Client(shared, "cursor").ends()
    assert before == shared.door.ask("GET", "/api/cursor").json["id"]
    shared.publish("later", channel="cursors")
    assert Client(shared, "history", "cursors", "--since", before, "--format", "%d").ends() == ["later"]
    assert Client(shared, "cursor").ends() > [before]
