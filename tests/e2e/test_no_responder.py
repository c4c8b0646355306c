# SPDX-License-Identifier: MIT
"""No responder runs, and nobody holds its socket: a browser comes back to a
stream after a 200 only, so the web server says what Tidings would say."""

import json

import pytest

from servers import SERVERS

pytestmark = pytest.mark.deploy
STREAMS = ["/stream?channel=a", "/realtime/a", "/metrics", "/sse/events", "/tasks/stream"]


@pytest.fixture(scope="module", params=["apache", "nginx", "haproxy"])
def server(request):
    return SERVERS[request.param]


@pytest.fixture(scope="module")
def alone(make_shared_world):
    world = make_shared_world(web=True)
    world.responder.kill_all()
    return world


@pytest.mark.parametrize("target", STREAMS)
def test_a_stream_is_a_200_that_says_when_to_come_back(alone, target):
    answer = alone.door.ask("GET", target, {"Origin": "https://elsewhere.example"}, within=20)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.body == b"retry: 2000\n"
    assert answer.headers["access-control-allow-origin"] == "https://elsewhere.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "no-store" in answer.headers["cache-control"]


def test_without_an_origin_nothing_is_said_of_one(alone):
    assert "access-control-allow-origin" not in alone.door.ask("GET", "/stream", within=20).headers


@pytest.mark.parametrize("method, target", [
    ("POST", "/realtime/a"), ("POST", "/api/broadcast"), ("GET", "/health"), ("GET", "/api/channels")])
def test_what_is_no_stream_is_refused(alone, method, target):
    body = json.dumps({"message": "x"}).encode() if method == "POST" else None
    answer = alone.door.ask(method, target, {"Content-Type": "application/json"}, body, within=20)
    assert answer.status in (502, 503)


def test_a_browser_is_back_as_soon_as_a_responder_runs(make_world, server):
    world = make_world(web=True)
    reader = world.listen("a", reconnect=True)
    world.responder.kill_all()
    reader.wait(lambda: len(reader.statuses) > 1, reader.story, 20)
    world.responder.start()
    reader.wait(lambda: len(reader.told("connected")) == 2, reader.story, 20)
    world.publish("back", channel="a")
    reader.sees("back")
    assert set(reader.statuses) == {200}
