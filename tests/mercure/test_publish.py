# SPDX-License-Identifier: MIT
"""Who publishes at /.well-known/mercure, as the protocol's clients do, and what he is told."""

import pytest

from mercure import PATH, mercure, publisher


@pytest.fixture(scope="module")
def site(make_shared_world, tmp_path_factory):
    return make_shared_world(mercure(tmp_path_factory.mktemp("keys")))


@pytest.fixture
def app(site):
    return publisher(site, publish=["*"])


def test_an_update_is_answered_with_its_id_and_heard_by_streams(site, app):
    reader = site.listen("https://example.com/books/1")
    answer = app.publish("https://example.com/books/1", data="new")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    reader.sees("new", id=answer.text.removeprefix("#"))
    assert answer.text.startswith("#") and answer.text[1:].isdigit()


def test_there_is_nothing_where_it_is_not_switched_on(make_world):
    world = make_world()
    for method in ("GET", "POST", "OPTIONS", "PUT"):
        assert world.door.ask(method, PATH).status == 404


def test_a_method_that_is_not_known_is_told_which_are(site):
    for method in ("PUT", "DELETE", "PATCH", "QUERY"):
        answer = site.door.ask(method, PATH)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")


def test_it_is_below_the_base_and_at_the_root(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {"responder": {"base": "/app"}}))
    app = publisher(world, publish=["*"])
    for path in (PATH, "/app" + PATH):
        assert app.publish("news", data="x", path=path).status == 200
    assert app.publish("news", data="x", path="/other" + PATH).status == 404
