# SPDX-License-Identifier: MIT
"""The button that kills a responder: quickstart's own page may, and nobody else."""

import json

import pytest

from world import eventually

TOKEN = "c0ffee" * 8
LOCAL = {"Host": "127.0.0.1:8000"}
OWN = LOCAL | {"Sec-Fetch-Site": "same-origin"}
BODY = json.dumps({"token": TOKEN}).encode()
SPARED = 5.5  # seconds that a process lives at least


@pytest.fixture
def token(tmp_path):
    file = tmp_path / "kill.token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def world(make_world, token):
    return make_world({"responder": {"kill_token": str(token), "origins": "*", "retry": "100ms"}})


def tell(world, headers=OWN, **more):
    return world.door.ask("GET", "/api/kill", headers, **more)


def press(world, headers=OWN, body=BODY, **more):
    return world.door.ask("POST", "/api/kill", headers, body, **more)


def refuses(answer, status, code):
    assert answer.status == status and answer.json["error"] == code
    return True


def is_grown(world):
    """It has lived so long that it may be killed."""
    eventually(lambda: tell(world).json["spared_ms"] == 0, "the responder being old enough", SPARED + 5)


def test_the_page_kills_the_process_that_holds_the_streams_and_nothing_is_lost(world):
    worker = world.responder.worker()
    reader = world.listen("main", reconnect=True)
    refused = press(world)
    assert refuses(refused, 429, "too_young") and 1 <= int(refused.headers["retry-after"]) <= 5
    is_grown(world)
    told = tell(world).json
    assert told["token"] == TOKEN and told["process"] == worker
    assert told["inbox"] == str(world.inboxes["main"])
    answer = press(world, OWN | {"Content-Type": "application/json"})
    assert answer.status == 202 and answer.json == {"status": "dying", "process": worker}
    world.responder.has_other_worker(worker)
    world.responder.says(r"kill: this process was asked to be killed, and is")
    id = world.publish("afterwards")
    reader.wait(lambda: id in reader.ids, reader.story)
    assert refuses(press(world), 429, "too_young")


def test_a_program_beside_it_may_that_can_read_the_token(world):
    is_grown(world)
    worker = world.responder.worker()
    assert press(world, LOCAL).status == 202
    world.responder.has_other_worker(worker)


FOREIGN = [
    ("another machine", OWN, {"address": "192.0.2.1"}),
    ("another machine", OWN, {"address": "not an address"}),
    ("a page of another site", LOCAL | {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, {}),
    ("a page of another port", LOCAL | {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:3000"}, {}),
    ("a page in an old browser", LOCAL | {"Origin": "http://127.0.0.1:8000"}, {}),
    ("a form in an old browser", LOCAL | {"Referer": "https://evil.example/"}, {}),
    ("a typed address", LOCAL | {"Sec-Fetch-Site": "none"}, {}),
    ("a page whose name points here", OWN | {"Host": "evil.example:8000"}, {}),
    ("a name that looks like ours", OWN | {"Host": "127.0.0.1.evil.example"}, {}),
    ("a tunnel", OWN | {"X-Forwarded-For": "127.0.0.1"}, {}),
    ("a proxy", OWN | {"Via": "1.1 proxy"}, {}),
    ("a proxy", OWN | {"Forwarded": "for=127.0.0.1"}, {}),
]


def test_nobody_else_kills_it_or_learns_the_token(world):
    """Even with the token, which a page of another origin cannot read."""
    worker = world.responder.worker()
    for who, headers, more in FOREIGN:
        assert refuses(press(world, headers, **more), 403, "not_from_here"), who
        told = tell(world, headers, **more)
        assert (told.status, told.body) == (204, b""), who
    for body in (b"", b"{}", b"[]", TOKEN.encode(), b'{"token": 7}', b'{"token": ""}',
                 b'{"token": "%s"}' % TOKEN[:-1].encode(), b'{"token": "%sx"}' % TOKEN.encode(),
                 b'{"token": "%s"}' % TOKEN.upper().encode()):
        assert refuses(press(world, body=body), 403, "wrong_token"), body
    assert tell(world, LOCAL).status == 204  # a program reads the file, or it does not
    assert world.responder.worker() == worker


def test_pages_of_other_origins_are_told_nothing_although_they_may_listen(world):
    for method in ("GET", "POST", "OPTIONS"):
        answer = world.door.ask(method, "/api/kill", {
            "Host": "127.0.0.1:8000", "Origin": "http://localhost:3000", "Sec-Fetch-Site": "cross-site",
            "Access-Control-Request-Method": "POST"})
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_without_a_token_that_only_its_owner_can_read_there_is_no_switch(world, token):
    worker = world.responder.worker()

    def shorten():
        token.write_text("short")
        token.chmod(0o600)
    for spoil in (lambda: token.chmod(0o640), shorten, token.unlink, token.mkdir):
        spoil()
        assert tell(world).status == 204
        assert refuses(press(world), 404, "not_found")
    assert world.responder.worker() == worker


def test_as_it_is_installed_there_is_no_switch(make_world):
    world = make_world({"responder": {"origins": "*"}})
    assert tell(world).status == 204
    assert refuses(press(world), 404, "not_found")
