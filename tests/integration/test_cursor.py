# SPDX-License-Identifier: MIT
"""The cursor of now: read before a page is rendered, and listened from afterwards."""

import contextlib
import re
import sqlite3
import stat
import threading
import time

import pytest

from visitor import visitor
from world import eventually

RENDERS = 300


def cursor(world, who=None):
    answer = who.get("/api/cursor") if who else world.door.ask("GET", "/api/cursor")
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "application/json"
    assert "no-store" in answer.headers["cache-control"]
    assert list(answer.json) == ["id"] and re.fullmatch(r"[1-9]\d*", answer.json["id"])
    return int(answer.json["id"])


def path(world):
    return world.hub_socket.with_suffix(".cursor")


def in_file(world):
    text = path(world).read_text()
    assert re.fullmatch(r"[1-9]\d*\n", text), text
    return int(text)


# ---- over HTTP

def test_the_cursor_of_an_empty_log_is_one_to_begin_at(make_world):
    world = make_world(inbox=False)
    begin = cursor(world)
    assert in_file(world) == begin
    id = world.publish("first")
    reader = world.listen(since=begin)
    reader.sees("first", id=id)
    assert not reader.told("reset")
    assert cursor(world) == id


def test_the_cursor_is_the_newest_id_of_all_channels(world):
    for channel in ("a", "b", "a"):
        id = world.publish("x", channel=channel)
        assert cursor(world) == id
    answer = world.post("/realtime/a?also=b&also=c", b"on several")
    assert cursor(world) == int(answer.json["id"])
    reader = world.listen("a", "b", since=cursor(world))
    world.publish("fence", channel="a")
    reader.sees("fence")
    assert reader.data == ["fence"]


def test_head_and_options_are_answered_and_nothing_else(world):
    assert world.door.ask("HEAD", "/api/cursor").status == 200
    assert world.door.ask("OPTIONS", "/api/cursor").headers["allow"] == "GET, HEAD, OPTIONS"
    assert world.post("/api/cursor", b"").status == 405


def test_the_cursor_is_for_whoever_may_listen(make_world):
    world = make_world({"responder": {"listeners": "granted", "private": "users/{n}"},
                        "access own": {"who": "users", "subscribe": "users/%u"}}, inbox=False)
    answer = visitor(world).get("/api/cursor")
    assert answer.status in (401, 403) and "id" not in answer.json
    world.publish("hidden", channel="users/8")
    assert cursor(world, visitor(world, user="7")) > 0


def test_while_the_hub_is_away_there_is_a_503_and_the_file_stays(world):
    id = world.publish("x")
    eventually(lambda: in_file(world) == id, "the file")
    world.hub.stop()
    answer = world.door.ask("GET", "/api/cursor", within=15)
    assert answer.status == 503 and answer.json["error"] == "hub_away" and answer.headers["retry-after"]
    assert in_file(world) == id
    world.hub.start()
    world.is_healthy()
    assert cursor(world) >= id and in_file(world) >= id


# ---- in a file

def test_the_file_is_for_everybody_on_the_machine_and_nothing_is_left_beside_it(world):
    world.publish("x")
    assert stat.S_IMODE(path(world).stat().st_mode) == 0o644
    eventually(lambda: not path(world).with_suffix(".cursor.new").exists(), "no draft")


def test_the_file_has_what_was_published_before_long(world):
    for n in range(20):
        id = world.publish(f"{n}")
        eventually(lambda id=id: in_file(world) == id, "the file", within=1)


def test_a_hub_that_is_killed_says_the_same_or_more_afterwards(world):
    for _ in range(3):
        id = world.publish("x")
        world.hub.kill_worker()
        world.is_healthy()
        eventually(lambda id=id: in_file(world) >= id, "the file")
        reader = world.listen(since=in_file(world))
        world.publish("fence")
        reader.sees("fence")
        assert not reader.told("reset")


def test_a_folder_that_cannot_be_written_is_said_once_and_stops_nothing(world):
    path(world).unlink()
    path(world).mkdir()
    (path(world) / "in the way").touch()
    path(world).with_suffix(".cursor.new").mkdir()
    for n in range(5):
        world.publish(f"{n}")
        time.sleep(0.06)  # longer than it rests
    assert world.logs().count("hub.cursor: cannot be written") == 1
    path(world).with_suffix(".cursor.new").rmdir()
    (path(world) / "in the way").unlink()
    path(world).rmdir()
    id = world.publish("again")
    eventually(lambda: path(world).exists() and in_file(world) == id, "the file")


# ---- nothing between a page's rendering and its stream is lost

class Shop(threading.Thread):
    """Takes orders as fast as it can: each is first in its books, then published."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.last, self.over = world, 0, False

    def run(self):
        while not self.over:
            self.last += 1
            self.publish(self.last)

    def publish(self, number):
        self.world.publish(f"{number}", channel="orders")

    def close(self):
        self.over = True
        self.join()


class ShopOfRows(Shop):
    """Its books are in the inbox: an order and its event are one transaction."""

    def __init__(self, world):
        super().__init__(world)
        self.books = world.inboxes["main"]
        with contextlib.closing(sqlite3.connect(self.books)) as db:
            db.execute("CREATE TABLE orders(number)")
            db.commit()

    @property
    def last(self):
        with contextlib.closing(sqlite3.connect(self.books, timeout=10)) as db:
            return db.execute("SELECT max(number) FROM orders").fetchone()[0] or 0

    @last.setter
    def last(self, number):
        pass

    def run(self):
        with contextlib.closing(sqlite3.connect(self.books, timeout=10, isolation_level=None)) as db:
            number = 0
            while not self.over:
                number += 1
                db.execute("BEGIN IMMEDIATE")
                db.execute("INSERT INTO orders VALUES (?)", [number])
                db.execute("INSERT INTO broadcast(channel, data) VALUES ('orders', ?)", [f"{number}"])
                db.execute("COMMIT")
                time.sleep(0.0005)


@pytest.mark.parametrize("where", [cursor, in_file])
@pytest.mark.parametrize("shop_of", [Shop, ShopOfRows])
def test_an_order_is_in_the_page_or_comes_by_its_stream(world, shop_of, where):
    shop = shop_of(world)
    shop.start()
    orders = shop.last
    try:
        for _ in range(RENDERS):
            since = where(world)
            rendered = shop.last
            reader = world.listen("orders", wait=False, since=since)
            event = reader.next()
            while event.type != "message":
                assert event.type != "reset"
                event = reader.next()
            reader.leave()
            assert int(event.data) <= rendered + 1, f"order {rendered + 1} is lost: {event} after {since}"
    finally:
        shop.close()
    assert shop.last > orders + 20
