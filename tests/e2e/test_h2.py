# SPDX-License-Identifier: MIT
"""lighttpd with TLS: streams over HTTP/2, eight in a connection."""

import json
import shutil
import subprocess
import threading
import time

import pytest

from cgiworld import fill
from world import SLOW, TOP, World, eventually, free_port

pytestmark = pytest.mark.deploy


class TlsWorld(World):
    """lighttpd with TLS beside the plain port; the certificate is nobody's."""

    def _web_config(self):
        self.tls_port = free_port()
        self.certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-noenc", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-days", "2", "-keyout", key, "-out", self.certificate],
                       check=True, capture_output=True)
        plain = super()._web_config()
        with open(plain, "a") as file:
            file.write(fill((TOP / "conf" / "lighttpd-tls.conf.in").read_text(), {
                "BIND": "127.0.0.1", "TLS_PORT": self.tls_port, "CERTIFICATE": self.certificate, "KEY": key}))
        return plain

    def url(self, path=""):
        return f"https://127.0.0.1:{self.tls_port}{path}"


class Connection:
    """One HTTP/2 connection of node's own client; requests are numbered from 0."""

    def __init__(self, world):
        self.said, self.asked = [], 0
        self.process = subprocess.Popen(
            [shutil.which("node"), TOP / "tests" / "tools" / "h2.mjs", world.url()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.said.append(json.loads(line))

    def does(self, *words):
        self.asked += words[0] in ("get", "post")
        self.process.stdin.write(" ".join(map(str, words)) + "\n")

    def text(self, number):
        return "".join(one.get("data", "") for one in list(self.said) if one.get("number") == number)

    def status(self, number):
        return next((one["status"] for one in list(self.said)
                     if one.get("number") == number and "status" in one), None)

    def is_refused(self, number):
        return any("REFUSED_STREAM" in one.get("error", "") for one in list(self.said)
                   if one.get("number") == number)

    def sees(self, text, *numbers):
        for number in numbers:
            eventually(lambda number=number: text in self.text(number), f"request {number} seeing {text!r}")

    def close(self):
        self.process.kill()
        self.process.wait()
        self.thread.join(5)
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def world(make_world):
    return make_world(kind=TlsWorld, web=True)


@pytest.fixture
def connection(world):
    made = Connection(world)
    yield made
    made.close()


def curl(world, *arguments):
    done = subprocess.run(["curl", "-sS", "--cacert", world.certificate, *arguments], capture_output=True,
                          timeout=30 * SLOW)
    assert done.returncode in (0, 28), done.stderr  # 28: --max-time has passed
    return done.stdout.decode()


def test_curl_sees_a_stream_over_http_2(world):
    world.publish("hello", channel="a")
    out = curl(world, "--http2", "--max-time", "1", "-w", "%{http_version} %{http_code}\n",
               world.url("/realtime/a?since=1h"))
    assert "data: hello\n" in out and out.endswith("2 200\n")


def test_curl_publishes_over_http_2_and_1_1(world):
    reader = world.listen("a")
    for version in ("--http2", "--http1.1"):
        assert '"status":"ok"' in curl(world, version, "--data-binary", version, world.url("/realtime/a"))
        reader.sees(version)


def test_an_event_comes_at_once_over_http_2(world, connection):
    connection.does("get", "/realtime/a")
    connection.sees("connected", 0)
    begun = time.monotonic()
    connection.does("post", "/realtime/a", "from the same connection")
    connection.sees("data: from the same connection\n", 0)
    assert time.monotonic() - begun < 1 * SLOW
    eventually(lambda: connection.status(1), "the POST's answer")
    assert (connection.status(0), connection.status(1)) == (200, 200)


def asks_until_served(connection, path):
    """A request in place of one that has just ended may be refused; browsers, too, ask again."""
    for _ in range(20):
        number = connection.asked
        connection.does("get", path)
        eventually(lambda number=number: connection.status(number) or connection.is_refused(number),
                   f"an answer to request {number}")
        if connection.status(number):
            return number
    raise AssertionError("refused again and again")


def test_eight_streams_in_a_connection_and_a_ninth_waits_for_one_to_end(world, connection):
    connection.does("get", "/health")
    connection.sees("ok", 0)
    assert {"most": 8} in connection.said
    for n in range(1, 10):
        connection.does("get", f"/realtime/{n}")
    connection.sees("connected", *range(1, 9))
    for n in range(1, 9):
        world.publish("to all", channel=str(n))
    connection.sees("data: to all\n", *range(1, 9))
    assert connection.status(9) is None and not connection.is_refused(9)
    connection.does("close", 3)
    # its place is the ninth's; lighttpd 1.4.69 may refuse that once
    eventually(lambda: connection.status(9) or connection.is_refused(9), "the ninth's answer")
    ninth = 9 if connection.status(9) else asks_until_served(connection, "/realtime/9")
    connection.sees("connected", ninth)
    world.publish("to the ninth", channel="9")
    connection.sees("data: to the ninth\n", ninth)


def test_a_page_with_eight_streams_gets_nothing_else(world, connection):
    connection.does("get", "/health")
    connection.sees("ok", 0)
    for _ in range(8):
        connection.does("get", "/stream")
    connection.sees("connected", *range(1, 9))
    connection.does("get", "/")
    world.publish("something")
    connection.sees("data: something", *range(1, 9))
    assert connection.status(9) is None
    connection.does("close", 1)
    assert connection.status(asks_until_served(connection, "/")) == 200


def test_a_stream_that_is_closed_and_a_connection_that_is_are_noticed(world, connection):
    for _ in range(5):
        connection.does("get", "/realtime/a")
    connection.sees("connected", *range(5))
    world.publish("x", channel="a")
    begun = time.monotonic()
    connection.does("close", 1)
    eventually(lambda: world.channel("a")["subscribers"] == 4, "one being gone")
    connection.does("leave")
    eventually(lambda: world.channel("a")["subscribers"] == 0, "all being gone")
    assert time.monotonic() - begun < 2 * SLOW


def test_a_responder_that_dies_costs_a_reconnect_of_its_streams_only(world, connection):
    connection.does("get", "/realtime/a")
    connection.sees("connected", 0)
    world.responder.has_settled().kill_worker()
    eventually(lambda: any(one.get("number") == 0 and ("end" in one or "error" in one)
                           for one in connection.said), "the stream ending")
    world.is_healthy()
    connection.does("get", "/realtime/a")
    connection.sees("connected", 1)
