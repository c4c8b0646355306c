# SPDX-License-Identifier: MIT
"""An application's own database, which `tidings inbox init` lets publish."""

import json
import sqlite3
import subprocess

import pytest

from client import Client
from world import program


@pytest.fixture
def shop(make_world, tmp_path):
    """An application's own database, named to the hub before it is prepared."""
    path = tmp_path / "shop.db"
    world = make_world({"inbox shop": {"path": path}}, web=True)
    world.shop = path
    sql(world, "CREATE TABLE orders(id INTEGER PRIMARY KEY, item TEXT, price REAL, photo BLOB)")
    return world


def sql(world, *statements):
    """As the application would: its own connection, its own transaction."""
    with sqlite3.connect(world.shop, timeout=10) as db:
        rows = [db.execute(statement).fetchall() for statement in statements][-1]
    db.close()
    return rows


def init(world, *arguments, status=0, path=None):
    client = Client(world, "inbox", "init", path or world.shop, *arguments)
    client.ends(status)
    return client


def hear(world, channel, count, status=0):
    listener = Client(world, "sub", channel, "--since", "all", "--count", count, "--timeout", "15s")
    listener.ends(status, within=20)
    return [(event["event"], json.loads(event["data"])) for event in listener.events()]


def init_alone(path, *arguments, status=0):
    ended = subprocess.run([program("client/tidings"), "inbox", "init", path, *arguments],
                           capture_output=True, text=True, timeout=60)
    assert ended.returncode == status, ended.stderr
    return ended
