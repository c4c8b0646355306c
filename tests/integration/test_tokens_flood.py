# SPDX-License-Identifier: MIT
"""Many who show bad tokens, and many who come back with good ones."""

import base64
import json
import multiprocessing
import socket
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cost import spent
from fcgi import Exchange, FcgiAnswer, begin, params, stdin, variables
from visitor import visitor
from world import SLOW

KEYS = 16         # that each token may be of
GUESSES = 20_000  # to verify each would take half a minute
ADDRESS_S, ADDRESS_SHARE = 0.5, 0.05  # at once, and then of each second


def b64(number):
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def jwk(key):
    public = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": b64(public.x), "y": b64(public.y)}


@pytest.fixture(scope="module")
def keys():
    return [ec.generate_private_key(ec.SECP256R1()) for _ in range(KEYS)]


@pytest.fixture
def site(make_world, keys, tmp_path):
    file = tmp_path / "site.jwks"
    file.write_text(json.dumps({"keys": [jwk(key) for key in keys]}))
    file.chmod(0o600)
    return make_world({"responder": {"workers": 1, "private": "users/{+rest}"},
                       "keys site": {"file": file, "algorithms": "ES256"}})


def ask(path, request):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10 * SLOW)
        sock.connect(path)
        sock.sendall(request)
        answer = FcgiAnswer()
        while not answer.ended and (piece := sock.recv(1 << 16)):
            answer.feed(piece)
        return answer


def guess(path, address, first, count, told):
    """Shows so many tokens, no two of them the same; {status: how many}."""
    mark = "0123456789AB"
    token = jwt.encode({"mercure": {}}, ec.generate_private_key(ec.SECP256R1()), "ES256")
    at = token.rindex(".") + 10
    headers = {"Authorization": "Bearer " + token[:at] + mark + token[at + len(mark):],
               "Accept": "application/json"}
    plain = begin() + params(variables("GET", "/stream", headers, address=address)) + stdin()
    statuses = {}
    for number in range(first, first + count):
        answer = ask(path, plain.replace(mark.encode(), b"%012d" % number))
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
    told.put(statuses)


class Guessers:
    """Two processes that guess from one address."""

    def __init__(self, world, address, count):
        self.told = multiprocessing.Queue()
        part = count // 2
        self.all = [multiprocessing.Process(target=guess, args=(
            str(world.fcgi_socket), address, i * part, part, self.told)) for i in range(2)]

    def __enter__(self):
        for one in self.all:
            one.start()
        return self

    def __exit__(self, *why):
        for one in self.all:
            one.join(60 * SLOW)
            one.kill()

    def are_there(self):
        return any(one.is_alive() for one in self.all)

    def statuses(self):
        sums = {}
        for _ in self.all:
            for status, count in self.told.get(timeout=60 * SLOW).items():
                sums[status] = sums.get(status, 0) + count
        return sums


def plain_cost(world, count=2000):
    """Seconds of a processor that a request takes which is refused for nothing."""
    request = begin() + params(variables("GET", "/stream?keepalive=x", {"Accept": "application/json"})) + stdin()
    began = spent(world.responder.worker())
    for _ in range(count):
        assert ask(str(world.fcgi_socket), request).status == 400
    return (spent(world.responder.worker()) - began) / count


def test_who_shows_bad_tokens_by_the_thousand_costs_no_more_than_his_part(site):
    good = visitor(site, address="127.0.0.1")
    reader = good.listen("news")
    base = plain_cost(site)
    before, began, slowest, posts = spent(site.responder.worker()), time.monotonic(), 0, 0
    with Guessers(site, "203.0.113.7", GUESSES) as guessers:
        while guessers.are_there():
            posts += 1
            asked = time.monotonic()
            assert good.post("news", f"number {posts}").status == 200
            reader.sees(f"number {posts}")
            slowest = max(slowest, time.monotonic() - asked)
        statuses = guessers.statuses()
    took, cost = time.monotonic() - began, spent(site.responder.worker()) - before
    assert set(statuses) == {401, 429} and sum(statuses.values()) == GUESSES
    allowed = ADDRESS_S + ADDRESS_SHARE * took
    print(f"{GUESSES / took:.0f} tokens a second: {cost:.2f} s of a processor in {took:.1f} s, of which "
          f"{base * GUESSES:.2f} s are the requests' own, and {allowed:.2f} s are allowed; {statuses}; "
          f"{posts} posts, the slowest {slowest * 1e3:.0f} ms")
    assert cost < (allowed + 1.5 * base * (GUESSES + 3 * posts) + 0.3) * max(1, SLOW / 2)
    assert slowest < 1 * SLOW


def test_a_token_that_is_known_is_good_whatever_its_address_has_shown(site, keys):
    token = jwt.encode({"mercure": {"subscribe": ["users/7"]}}, keys[0], "ES256")
    known = visitor(site, token=token)
    known.listen("users/7")
    with Guessers(site, "192.0.2.1", 3000) as guessers:
        assert guessers.statuses()[429] > 0
        known.listen("users/7")
        assert known.get("/api/channels").status == 200


def fresh(key, number):
    return jwt.encode({"jti": str(number), "mercure": {"subscribe": ["users/7"]}}, key, "ES256")


def stream_of(world, token):
    """The beginning of a stream, and whether that was all."""
    exchange = Exchange(world.fcgi_socket)
    try:
        exchange.send(visitor(world, token=token).door.request(
            "/stream?channel=users/7", {"Accept": "text/event-stream"}))
        return exchange.read(lambda it: it.answer.ended or b"connected" in it.answer.body)
    finally:
        exchange.close()


def test_a_stream_whose_token_cannot_be_looked_at_comes_back_and_is_not_ended_for_good(site, keys):
    streams, posts = [], []
    with Guessers(site, "192.0.2.1", 4000) as guessers:
        while guessers.are_there():
            streams.append(stream_of(site, fresh(keys[0], len(streams))))
            posts.append(visitor(site, token=fresh(keys[0], -len(streams))).post("users/7"))
    later = [answer for answer in streams if answer.ended]
    assert later and all(answer.status == 200 and answer.body.startswith(b"retry:") for answer in later)
    refused = [answer for answer in posts if answer.status == 429]
    assert refused and {answer.status for answer in posts} <= {403, 429}
    assert refused[0].json["error"] == "too_many_tokens" and refused[0].headers["retry-after"] == "1"
    visitor(site, token=fresh(keys[0], "the last")).listen("users/7", wait=False, reconnect=True).is_connected(10)


@pytest.mark.parametrize("expired", [0, 20])
def test_a_thousand_who_come_back_at_once_with_good_tokens_are_all_let_in(site, keys, expired):
    """From one address, a proxy's; every twentieth of them has let his token expire."""
    count, key = 1000, keys[0]
    for number in range(count):
        bad = expired and number % expired == 0
        token = jwt.encode({"jti": str(number), "exp": int(time.time()) + (-1 if bad else 600)}, key, "ES256")
        request = begin() + params(variables("GET", "/api/channels", {"Authorization": "Bearer " + token})) + stdin()
        assert ask(str(site.fcgi_socket), request).status == (401 if bad else 200)
