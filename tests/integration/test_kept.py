# SPDX-License-Identifier: MIT
"""A web server that uses a connection for one request after another (FCGI_KEEP_CONN)."""

import os
import signal

import pytest

from fcgi import ABORT, Exchange, FcgiAnswer, begin, params, record, stdin, variables
from world import eventually

KEEP = 1


class Kept(Exchange):
    """A connection on which several are asked, one after the other."""

    def begin(self, method, target, body=None):
        self.answer = FcgiAnswer()
        self.send(begin(flags=KEEP), params(variables(method, target, body=body)), stdin(body or b""))

    def ask(self, method, target, body=None):
        self.begin(method, target, body)
        return self.read()

    def is_open(self):
        """Nothing has come behind the answer, not even an end."""
        self.sock.setblocking(False)
        try:
            return self.sock.recv(1) is None
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False


@pytest.fixture
def kept(world):
    connection = Kept(world.fcgi_socket)
    yield connection
    connection.close()


def test_a_connection_serves_one_request_after_another(world, kept):
    reader = world.listen("a")
    for n in range(20):
        answer = kept.ask("POST", "/realtime/a", f"event {n}".encode())
        assert answer.status == 200 and kept.is_open()
        reader.sees(f"event {n}", id=answer.json["id"])
    for target, status in (("/health", 200), ("/api/channels", 200), ("/nowhere", 404), ("/api/openapi.yaml", 200)):
        assert kept.ask("GET", target).status == status
    assert kept.is_open()


def test_a_stream_takes_its_connection_with_it(world, kept):
    assert kept.ask("POST", "/realtime/a", b"before").status == 200
    kept.begin("GET", "/realtime/a")
    kept.read(lambda one: b"event: connected" in one.answer.body)
    world.publish("live", channel="a")
    kept.read(lambda one: b"data: live" in one.answer.body)
    kept.send(record(ABORT))
    assert kept.read().end == (0, 0) and kept.reads_the_end()


def test_a_stream_is_left_when_its_web_server_hangs_up(world, kept):
    assert kept.ask("GET", "/health").status == 200
    kept.begin("GET", "/realtime/a")
    kept.read(lambda one: b"event: connected" in one.answer.body)
    assert world.channel("a")["subscribers"] == 1
    kept.close()
    eventually(lambda: world.channel("a")["subscribers"] == 0, "nobody listening")


def test_a_connection_outlives_what_is_refused(world, kept):
    assert kept.ask("POST", "/realtime/a", b"x" * (2 << 20)).status == 413
    assert kept.ask("POST", "/api/broadcast", b"no JSON").status == 415
    assert kept.ask("DELETE", "/health").status == 405
    assert kept.ask("POST", "/realtime/a", b"good").status == 200 and kept.is_open()


def test_what_is_said_before_the_answer_ends_the_connection(world, kept):
    one = begin(flags=KEEP) + params(variables("GET", "/health")) + stdin()
    kept.send(one, one)
    assert kept.read().status == 200 and kept.reads_the_end()


def test_idle_connections_keep_nobody_out(world):
    """More than are kept: those beyond are closed behind their answer."""
    idle = [Kept(world.fcgi_socket) for _ in range(1100)]
    reader = world.listen("a")
    for one in idle:
        assert one.ask("GET", "/health").status == 200
    eventually(lambda: sum(one.is_open() for one in idle) == 1024, "those beyond being closed")
    world.publish("among them", channel="a")
    reader.sees("among them")
    assert idle[0].ask("POST", "/realtime/a", b"still").status == 200
    reader.sees("still")
    for one in idle:
        one.close()


def test_idle_connections_give_way_where_descriptors_run_out(make_world):
    world = make_world(hub=False, responder=False)
    world.hub.start()
    world.responder.command = ["prlimit", "--nofile=64:64", *world.responder.command]
    world.responder.start()
    world.is_healthy()
    idle = []
    for _ in range(20):
        idle.append(Kept(world.fcgi_socket))
        assert idle[-1].ask("GET", "/health").status == 200
    readers = [world.listen("a") for _ in range(40)]
    world.publish("all", channel="a")
    for reader in readers:
        reader.sees("all")
    assert not idle[0].is_open()
    for one in idle:
        one.close()


def test_a_reload_ends_idle_connections_and_answers_what_was_asked(world, kept):
    other = Kept(world.fcgi_socket)
    assert kept.ask("GET", "/health").status == other.ask("GET", "/health").status == 200
    pid = world.responder.worker()
    frozen = world.responder.freeze()
    os.kill(world.responder.pid, signal.SIGHUP)
    other.begin("POST", "/realtime/a", b"asked before")
    world.responder.thaw(frozen)
    assert other.read().status == 200 and other.reads_the_end()
    assert kept.reads_the_end()
    world.responder.has_other_worker(pid)
    assert world.publish("after", channel="a")


def test_without_the_flag_a_connection_is_one_requests(world):
    exchange = Exchange(world.fcgi_socket)
    exchange.send(begin(), params(variables("GET", "/health")), stdin())
    assert exchange.read().status == 200 and exchange.reads_the_end()
    exchange.close()
