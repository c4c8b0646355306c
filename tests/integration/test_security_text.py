# SPDX-License-Identifier: MIT
"""Text that would be something else: a line of a head, an event, SQL."""

import contextlib
import json
import re
import socket
import sqlite3
import subprocess

import pytest

from fcgi import Exchange, begin, params, record, variables
from refused import is_refused
from world import SLOW, eventually, program

JSON = {"Content-Type": "application/json"}

# ---- injection

SPLITS = ["a%0d%0aSet-Cookie:x=1", "a%0aSet-Cookie:x=1", "a%0d%0a%0d%0a<script>", "%e5%98%8a%e5%98%8dSet-Cookie:x=1",
          "a%c2%85Set-Cookie:x=1", "a%e2%80%a8Set-Cookie:x=1", "a%00%0d%0aX:y", "%0d%0adata: forged%0d%0a%0d%0a"]


@pytest.mark.parametrize("name", SPLITS)
def test_a_channels_name_splits_neither_head_nor_event(plain, name):
    """Control characters are refused; what only looks like one stays within its JSON."""
    for target in (f"/realtime/{name}", f"/stream?channel={name}", f"/stream?since={name}&lastEventId={name}",
                   f"/api/channels/{name}", f"/api/channels?after={name}", f"/{name}"):
        exchange = Exchange(plain.fcgi_socket)
        exchange.send(plain.door.request(target))
        answer = exchange.read(lambda self: b"event: connected" in self.answer.body and self.answer.body.endswith(b"\n\n"))
        assert answer.status in (200, 400, 404), (target, answer)
        assert "set-cookie" not in answer.headers and "x" not in answer.headers
        assert not re.search(rb"^(Set-Cookie|X|data: forged)", answer.body, re.M)
        if "%0" in name and "since" not in target and target[1] != name[0]:
            assert answer.status in (400, 404), (target, answer)
        exchange.close()


@pytest.mark.parametrize("where", ["event", "id"])
def test_a_type_and_an_id_split_no_event(plain, where):
    reader = plain.listen("split")
    reader.is_connected()
    for breaks in ("%0a", "%0d", "%0d%0a", "%00", "%c2%85", "%1b", "%7f"):
        answer = plain.post(f"/realtime/split?{where}=x{breaks}data:+forged{breaks}{breaks}", b"real")
        is_refused(answer, 400, f"bad_{where}")
    answer = plain.post(f"/realtime/split?{where}=x%e2%80%a8data:+forged%e2%80%a8", b"only looks like a line's end")
    assert answer.status == 200
    reader.sees("only looks like a line's end", type="message" if where == "id" else "x\u2028data: forged\u2028")


@pytest.mark.parametrize("variable", ["HTTP_ORIGIN", "HTTP_HOST", "HTTP_LAST_EVENT_ID", "HTTP_ACCEPT", "CONTENT_TYPE",
                                      "REQUEST_METHOD", "REQUEST_URI", "REQUEST_SCHEME", "HTTP_SEC_FETCH_SITE"])
def test_what_a_request_says_adds_no_line_to_the_answers_head(plain, variable):
    """A web server lets no line end through; this asks as one that does."""
    for value in ("x\r\nSet-Cookie: a=1\r\n\r\n<b>", "http://localhost\r\nSet-Cookie: a=1", "x\nSet-Cookie: a=1"):
        for method, target in (("GET", "/health"), ("OPTIONS", "/api/broadcast")):
            exchange = Exchange(plain.fcgi_socket)
            exchange.send(begin(), params({**variables(method, target), variable: value}), record(5))
            answer = exchange.read()
            assert "set-cookie" not in answer.headers and b"\r\n\r\n<b>" not in exchange.raw
            exchange.close()


def test_nothing_that_a_visitor_says_writes_a_line_into_the_log(make_world):
    world = make_world({"log": {"level": "debug"}})
    forged = "\n\r\x1b[2J\x00\x7ftidings-hub[1]: hub: all is well"
    quoted = "%0a%0d%1b[2J%00%7ftidings-hub[1]:%20hub:%20all%20is%20well"
    for method, target in (("GET", "/realtime/" + quoted), ("POST", "/realtime/" + quoted), ("GET", "/" + quoted),
                           ("GET", "/stream?channel=" + quoted), ("POST", "/realtime/a?id=" + quoted)):
        world.door.ask(method, target, {"Origin": forged.replace("\0", "")}, b"x")
    for bytes in (b"\1\1\0\1\0\10\0\0", forged.encode(), begin() + record(4, forged.encode()) + record(4)):
        with contextlib.closing(Exchange(world.fcgi_socket)) as exchange, contextlib.suppress(OSError, TimeoutError):
            exchange.send(bytes)
            exchange.read(within=0.2)
    world.insert("x", channel="main", event="e", key="k")
    with world.open_inbox() as db:
        db.execute("PRAGMA ignore_check_constraints = 1")
        db.execute("INSERT INTO broadcast(channel, data) VALUES (?, 'x')", [forged])
    eventually(lambda: world.rows("SELECT count(*) FROM broadcast WHERE error IS NOT NULL")[0][0], "the row being refused")
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as peer:
        peer.connect(str(world.hub_socket))
        peer.sendall(forged.encode())
        peer.recv(1)
    for daemon in (world.hub, world.responder):
        for line in daemon.log_path.read_bytes().split(b"\n")[:-1]:
            assert re.match(rb"tidings[-.]\w+\[\d\d+\]: ", line), line
            assert all(32 <= byte < 127 for byte in line), line


# ---- names that are SQL

EVIL_NAMES = ["a'; DROP TABLE keep; --", 'a"; DROP TABLE keep; --', "a]; DROP TABLE keep; --", "a`b", "a''b", 'a""b',
              "x' || (SELECT group_concat(v) FROM keep) || '", "\\'; DROP TABLE keep; --", "%s%n", "ümläut'"]


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_a_table_whose_name_is_sql_is_only_a_name(plain, name):
    path = plain.folder / "evil.db"
    path.unlink(missing_ok=True)
    quoted = '"' + name.replace('"', '""') + '"'
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("CREATE TABLE keep(v)")
        db.execute("INSERT INTO keep VALUES ('kept')")
        db.execute(f"CREATE TABLE {quoted}(id INTEGER PRIMARY KEY, {quoted} TEXT)")

    def init(*words):
        return subprocess.run([program("client/tidings"), "inbox", "init", str(path), *words],
                              capture_output=True, timeout=20 * SLOW)
    assert init("--on", name).returncode == 0
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"INSERT INTO {quoted}({quoted}) VALUES (?)", [name])
        [(on, data)] = db.execute("SELECT channel, data FROM broadcast")
        assert (on, json.loads(data)["table"], json.loads(data)["new"][name]) == (name, name, name)
    assert init("--on", name, "--channel", name + "'); DROP TABLE keep; --").returncode == 0
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"DELETE FROM {quoted}")
        assert db.execute("SELECT channel FROM broadcast").fetchall()[-1] == (name + "'); DROP TABLE keep; --",)
        assert db.execute("SELECT v FROM keep").fetchall() == [("kept",)]
    assert init("--off", name).returncode == 0
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'tidings%' "
                          "AND tbl_name = ?", [name]).fetchone() == (0,)


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_a_channel_whose_name_is_sql_is_only_a_name(plain, name):
    answer = plain.broadcast(message="x", channel=name, id=name, event=name[:20])
    assert answer.status == 200 and plain.channel(name)["events"] == 1
    assert plain.broadcast(message="x", channel=name, id=name, event=name[:20]).json["id"] == answer.json["id"]
    assert plain.publish("the log is there")
