# SPDX-License-Identifier: MIT
"""The responder before a web server that has gone mad.

lighttpd stops most of this; whoever else reaches the socket must not stop the
responder either, nor break another client's stream.
"""

import os
import random
import select
import signal
import struct
import time

import pytest

from fcgi import (ABORT, BEGIN, DATA, GET_VALUES, PARAMS, STDIN, Exchange, begin, pair, params,
                  record, stdin, variables)
from world import SLOW, eventually


def whole(method="GET", target="/health", headers=None, body=None, **more):
    return begin() + params(variables(method, target, headers, body, **more)) + stdin(body or b"")


def ask(world, *pieces):
    exchange = Exchange(world.fcgi_socket)
    exchange.send(*pieces)
    return exchange


# ---- the same request, however it is cut

@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 100])
def test_a_request_in_pieces_is_a_request(world, size):
    request = whole("POST", "/realtime/a", body=b"in pieces")
    reader = world.listen("a")
    exchange = Exchange(world.fcgi_socket)
    for at in range(0, len(request), size):
        exchange.send(request[at:at + size])
    assert exchange.read().status == 200
    reader.sees("in pieces")


def test_params_may_come_in_many_records(world):
    cgi = variables("GET", "/health", {"X-Filler": "x" * 3000})
    assert ask(world, begin(), params(cgi, chunk=13), stdin()).read().status == 200


def test_params_may_be_larger_than_any_buffer(world):
    cgi = variables("GET", "/health", {"X-Filler": "x" * 60_000})
    assert ask(world, begin(), params(cgi), stdin()).read().status == 200


def test_a_body_may_come_in_many_records_and_late(world):
    reader = world.listen("a")
    body = bytes(range(32, 127)) * 500
    exchange = ask(world, begin(), params(variables("POST", "/realtime/a", body=body)))
    for at in range(0, len(body), 999):
        exchange.send(record(STDIN, body[at:at + 999]))
    exchange.send(record(STDIN))
    assert exchange.read().status == 200
    reader.sees(body.decode())


def test_padding_is_skipped(world):
    cgi = variables("GET", "/health")
    content = b"".join(pair(*item) for item in cgi.items())
    exchange = ask(world, begin(), record(PARAMS, content, padding=255),
                   record(PARAMS, padding=8), record(STDIN, padding=3))
    assert exchange.read().status == 200


def test_padding_is_skipped_before_params_and_before_a_body(world):
    reader = world.listen("a")
    cgi = variables("POST", "/realtime/a", body=b"padded")
    content = b"".join(pair(*item) for item in cgi.items())
    exchange = ask(world, record(BEGIN, struct.pack(">HB5x", 1, 0), padding=8),
                   record(PARAMS, content), record(PARAMS, padding=8),
                   record(STDIN, b"padded", padding=2), record(STDIN, padding=8))
    assert exchange.read().status == 200
    reader.sees("padded")


def test_the_answer_carries_the_request_s_own_id_and_ends_it(world):
    exchange = ask(world, whole())
    assert exchange.read().end == (0, 0)
    assert exchange.raw[2:4] == b"\0\1"
    assert exchange.reads_the_end()


# ---- silence and half a request hold up nobody else

HALVES = {
    "nothing": b"",
    "half a header": b"\1\1\0",
    "a BEGIN and no more": begin(),
    "half the params": whole()[:60],
    "params without an end": begin() + record(PARAMS, pair("REQUEST_METHOD", "GET")),
    "a body that never ends":
        begin() + params(variables("POST", "/realtime/a", body=b"x" * 9)) + record(STDIN, b"xxx"),
}


@pytest.mark.parametrize("name", HALVES)
def test_a_web_server_that_stops_in_the_middle_holds_up_nobody(world, name):
    stuck = [ask(world, HALVES[name]) for _ in range(10)]
    begun = time.monotonic()
    assert world.health().status == 200
    world.publish("x")
    assert time.monotonic() - begun < 1.5 * SLOW
    for exchange in stuck:
        exchange.close()


def test_a_web_server_that_stops_in_the_middle_is_closed_at_last(world):
    stuck = {name: ask(world, half) for name, half in HALVES.items()}
    for name, exchange in stuck.items():
        assert exchange.reads_the_end(within=15 * SLOW), name


@pytest.mark.parametrize("cut", range(0, 360, 23))
def test_a_web_server_that_dies_in_the_middle_publishes_nothing(world, cut):
    request = whole("POST", "/realtime/a", body=b"half a thing")
    reader = world.listen("a")
    assert len(request) > cut
    ask(world, request[:-24 - cut] if cut else request[:-8]).close()
    world.publish("fence", channel="a")
    reader.sees("fence")


# ---- a false length

def test_a_body_shorter_than_its_length_is_a_400(world):
    cgi = variables("POST", "/realtime/a", body=b"x" * 100)
    answer = ask(world, begin(), params(cgi), stdin(b"x" * 50)).read()
    assert answer.status == 400 and answer.json["error"] and answer.json["message"]


def test_a_body_longer_than_its_length_is_a_400(world):
    cgi = variables("POST", "/realtime/a", body=b"x" * 50)
    answer = ask(world, begin(), params(cgi), stdin(b"x" * 100)).read()
    assert answer.status == 400


@pytest.mark.parametrize("length", ["abc", "-1", "1e1", "99999999999999999999", " ", "0x1", "+1"])
def test_a_length_that_is_no_number_is_a_400(world, length):
    cgi = variables("POST", "/realtime/a", CONTENT_LENGTH=length)
    assert ask(world, begin(), params(cgi), stdin(b"x")).read().status == 400


def test_a_post_without_a_length_is_a_411(world):
    cgi = variables("POST", "/realtime/a")
    assert ask(world, begin(), params(cgi), stdin(b"x")).read().status == 411


def test_chunks_without_a_length_are_whole_when_their_last_record_is_there(world):
    """So mod_proxy_fcgi says what came apart; what it says to no end is nothing."""
    cgi = variables("POST", "/realtime/a", HTTP_TRANSFER_ENCODING="chunked")
    reader = world.listen("a")
    ask(world, begin(), params(cgi), record(STDIN, b"cut")).close()
    assert ask(world, begin(), params(cgi), stdin(b"whole")).read().status == 200
    reader.sees("whole")


def test_a_length_of_gigabytes_costs_nothing(world):
    cgi = variables("POST", "/realtime/a", CONTENT_LENGTH=str(1 << 40))
    answer = ask(world, begin(), params(cgi), stdin(b"x")).read()
    assert answer.status in (400, 413)


def test_a_body_above_the_limit_is_a_413(make_world):
    world = make_world({"responder": {"max_body": "100K"}})
    exchange = ask(world, begin(), params(variables("POST", "/realtime/a", body=b"x" * 300_000)))
    try:
        exchange.send(stdin(b"x" * 300_000))
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert exchange.read().status == 413


# ---- a browser that leaves

def test_an_abort_ends_the_stream(world):
    world.publish("x", channel="a")
    exchange = ask(world, whole(target="/realtime/a"))
    exchange.read(lambda self: b"connected" in self.answer.body)
    exchange.send(record(ABORT))
    assert exchange.reads_the_end(5 * SLOW)
    eventually(lambda: world.channel("a")["subscribers"] == 0, "the browser being forgotten")


def test_a_half_close_ends_the_stream_with_its_end_record(world):
    exchange = ask(world, whole(target="/realtime/a"))
    exchange.read(lambda self: b"connected" in self.answer.body)
    exchange.sock.shutdown(1)
    assert exchange.read(within=5 * SLOW).end == (0, 0)
    assert exchange.reads_the_end()


@pytest.mark.parametrize("noise", [record(STDIN, b"late"), record(DATA, b"late"), b"\0" * 50,
                                   record(99, b"?"), record(PARAMS, b"late"), b"\1"])
def test_what_is_said_on_an_open_stream_harms_nobody(world, noise):
    neighbour = world.listen("a")
    exchange = ask(world, whole(target="/realtime/a"))
    exchange.read(lambda self: b"connected" in self.answer.body)
    exchange.send(noise)
    world.publish("x", channel="a")
    neighbour.sees("x")
    assert world.health().status == 200


# ---- what is no FastCGI

NONSENSE = {
    "HTTP": b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "zeros": bytes(1000),
    "version 2": record(BEGIN, struct.pack(">HB5x", 1, 0), version=2),
    "the role of an authorizer": begin(role=2) + params(variables("GET", "/health")) + stdin(),
    "a BEGIN of the wrong length": record(BEGIN, b"\0\1\0"),
    "GET_VALUES": record(GET_VALUES, pair("FCGI_MAX_CONNS", "") + pair("FCGI_MPXS_CONNS", ""), 0),
    "forty times the same GET_VALUES": record(GET_VALUES, pair("FCGI_MPXS_CONNS", "") * 40, 0),
    "a management record of unknown type": record(77, b"", 0),
    "params before BEGIN": params(variables("GET", "/health")),
    "params with a length of 2 GiB":
        begin() + record(PARAMS, struct.pack(">II", 0xfffffffe, 0xfffffffe)),
    "params that end in a length": begin() + record(PARAMS, b"\xff") + record(PARAMS),
    "params that end in a name": begin() + record(PARAMS, b"\x10\x10abc") + record(PARAMS),
    "no params at all": begin() + record(PARAMS) + stdin(),
    "a record of another request within": begin() + record(PARAMS, b"\1\1ab", 7) + record(PARAMS),
    "an abort for a request that is not begun": record(ABORT),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_what_is_no_request_stops_nobody(world, name):
    reader = world.listen()
    before = world.responder.worker()
    exchange = ask(world, NONSENSE[name])
    exchange.sock.shutdown(1)
    assert exchange.reads_the_end(15 * SLOW)
    world.publish("still here")
    reader.sees("still here")
    assert world.responder.worker() == before and reader.ends == 0


@pytest.mark.parametrize("type,content", [(BEGIN, struct.pack(">HB5x", 1, 0)), (PARAMS, b"")],
                         ids=["begin", "params"])
def test_a_record_that_is_hidden_in_padding_stops_nobody(world, type, content):
    reader = world.listen()
    before = world.responder.worker()
    hidden = record(GET_VALUES, pair("FCGI_MPXS_CONNS", "") * 12, 0)
    pieces = [begin(), params(variables("POST", "/realtime/a", body=b"x")), stdin(b"x")]
    with_hidden = record(type, content, padding=len(hidden))[:-len(hidden)] + hidden
    pieces = [piece.replace(record(type, content), with_hidden) for piece in pieces]
    assert hidden in b"".join(pieces)
    ask(world, *pieces).reads_the_end(15 * SLOW)
    world.publish("still here")
    reader.sees("still here")
    assert world.responder.worker() == before and reader.ends == 0


def test_a_thousand_connections_of_random_bytes_stop_nobody(world):
    reader = world.listen()
    chance = random.Random(7)
    before = world.responder.worker()
    for _ in range(1000):
        request = bytearray(whole("POST", "/realtime/main", {"Origin": "http://localhost"}, b"abc"))
        for _ in range(chance.randrange(1, 6)):
            request[chance.randrange(len(request))] = chance.randrange(256)
        exchange = Exchange(world.fcgi_socket)
        exchange.send(bytes(request[:chance.randrange(1, len(request) + 1)]))
        exchange.close()
    answer = world.health()
    assert answer.status == 200
    world.publish("still here")
    reader.wait(lambda: "still here" in reader.data, reader.story)
    assert world.responder.worker() == before and reader.ends == 0


@pytest.mark.parametrize("name", ["REQUEST_METHOD", "REQUEST_URI", "REMOTE_ADDR", "HTTP_HOST",
                                  "QUERY_STRING", "SCRIPT_NAME", "PATH_INFO"])
def test_a_variable_that_is_missing_or_strange_is_answered(world, name):
    for value in (None, "", "\xff", "x" * 9000):
        cgi = variables("GET", "/health", **{name: value})
        answer = ask(world, begin(), params(cgi), stdin()).read()
        assert answer.status in (200, 400, 403, 404, 405), f"{name}={value!r}: {answer}"


def test_a_variable_with_a_nul_in_it_stops_nobody(world):
    exchange = ask(world, whole(REMOTE_ADDR="127.0.0.1\0.evil"))
    exchange.sock.shutdown(1)
    assert exchange.reads_the_end()
    assert world.health().status == 200


def test_many_uploads_at_once_take_no_more_than_64_mebibytes(world):
    body = (b"x" * 999 + b"\n") * 1000
    request = whole("POST", "/realtime/a?lines=1", body=body)
    uploads = [Exchange(world.fcgi_socket) for _ in range(100)]
    for upload in uploads:
        try:
            upload.send(request[:-1])
        except (BrokenPipeError, ConnectionResetError):
            pass                          # refused: the answer is there to be read
    refused, held = [], []
    for upload in uploads:
        (refused if select.select([upload.sock], [], [], 0)[0] else held).append(upload)
    assert 20 <= len(held) <= 67
    for upload in refused:
        answer = upload.read()
        assert answer.status == 503 and answer.json["error"] == "busy"
        assert int(answer.headers["retry-after"]) >= 1
    held[0].send(request[-1:])
    assert held[0].read().json["count"] == 1000
    for upload in held[1:]:
        upload.close()
    world.publish("and there is room again", channel="a")


def test_one_who_is_refused_because_we_stop_is_told_so(world):
    request = whole(target="/stream", headers={"Accept": "application/json"})
    late = ask(world, request[:-1])
    reader = world.listen()
    reader.is_connected()
    os.kill(world.responder.pid, signal.SIGTERM)
    reader.has_ended()
    late.send(request[-1:])
    answer = late.read()
    assert answer.status == 503 and answer.json["error"] == "shutting_down"
    assert int(answer.headers["retry-after"]) >= 1
