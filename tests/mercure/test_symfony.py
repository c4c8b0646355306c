# SPDX-License-Identifier: MIT
"""Symfony's component, as Debian has it, publishes and authorises; nobody here wrote it."""

import re
from urllib.parse import quote

import pytest

from mercure import PATH, SECRET, mercure
from symfony import Failed, Symfony, needs_symfony

pytestmark = needs_symfony
BOOK = "https://example.com/books/1"


@pytest.fixture
def world(make_world, tmp_path):
    return make_world(mercure(tmp_path), web=True)


def env(world, **more):
    url = f"http://127.0.0.1:{world.port}{PATH}"
    return {"MERCURE_URL": url, "MERCURE_PUBLIC_URL": url, "MERCURE_JWT_SECRET": SECRET, **more}


def page(world, topic, cookie=None):
    """An EventSource at Mercure's own path."""
    reader = world.crowd.listen(world.door, f"{PATH}?topic={quote(topic, safe='')}", headers=cookie and {"Cookie": cookie})
    reader.wait(lambda: reader.state == "OPEN", reader.story)
    return reader


def test_it_publishes_an_update_and_is_told_its_id(world):
    app, reader = Symfony(**env(world)), world.listen(BOOK)
    id = app.publish(BOOK, data='{"status": "out of stock"}')
    reader.sees('{"status": "out of stock"}', id=id.removeprefix("#"))
    assert app.publish(BOOK, "https://example.com/all", data="one\ntwo", id="urn:uuid:1", type="sold",
                       retry=5000) == "urn:uuid:1"
    assert reader.next().data == "one\ntwo" and reader.events[-1].type == "sold"


def test_it_repeats_what_failed_and_nothing_is_published_twice(world):
    app = Symfony(**env(world))
    wish = {"topics": [BOOK], "data": "x", "id": "urn:uuid:2"}
    assert app.does(wish, wish) == [{"said": "urn:uuid:2"}] * 2
    assert world.channel(BOOK)["events"] == 1


def test_it_is_told_what_it_may_not(world):
    with pytest.raises(Failed, match="401"):
        Symfony(**env(world, MERCURE_JWT_SECRET="another key, which the hub does not know")).publish(BOOK)
    with pytest.raises(Failed, match="403"):
        Symfony(**env(world, GRANTED='["https://example.com/users/{id}"]')).publish(BOOK)
    with pytest.raises(Failed, match="400"):
        Symfony(**env(world)).publish("*")


def test_its_cookie_lets_a_visitor_hear_what_is_private(world):
    app = Symfony(**env(world))
    line = app.cookie(BOOK, page=f"http://127.0.0.1:{world.port}/account")
    assert re.search(rf"; path={re.escape(PATH)}; httponly; samesite=strict", line, re.I), line
    told, other = page(world, BOOK, line.split(";")[0]), page(world, BOOK)
    app.publish(BOOK, data="for you", private=True)
    app.publish(BOOK, data="for all")
    told.sees("for you", "for all")
    other.sees("for all")
    assert other.data == ["for all"]
