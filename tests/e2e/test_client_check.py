# SPDX-License-Identifier: MIT
"""`tidings check`: what is wrong with an installation is named."""

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from checks import CHECKS, check, hints, verdicts
from client import Client
from peers import Hub
from wire import Reader, Stock
from world import eventually


def test_all_is_well(shared):
    lines = check(shared, 0, "--auto")
    assert verdicts(lines) == {name: "ok" for name in CHECKS}


def test_nothing_is_asked_and_a_pipe_gets_the_same_with_auto_and_without(shared):
    lines = [check(shared, 0, *auto, "broadcast", "cross", input="") for auto in ([], ["--auto"])]
    assert [verdicts(one) for one in lines] == [dict.fromkeys(["health", "broadcast", "cross-origin rules"], "ok")] * 2
    assert len(lines[0]) == 3


@pytest.mark.parametrize("name,needs", [("mercure", "mercure needs a tidings.conf that has it: --server-config FILE"),
                                        ("cookie", "cookie needs --set-cookie LINE")])
def test_a_check_that_is_asked_for_and_cannot_be_tried_says_what_it_needs(shared, tmp_path, name, needs):
    (tmp_path / "tidings.conf").write_text("")
    client = Client(shared, "check", "--auto", name, "--server-config", tmp_path / "tidings.conf")
    assert client.ends(2) == [] and client.sentence.endswith(f"check: {needs}")


# ---- the web server, and where Tidings is

def test_lighttpd_that_collects_answers_is_told_which_directive(make_world):
    world = make_world(web=True)
    world.change_web(("server.stream-response-body = 2", "server.stream-response-body = 0"))
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["main stream"] == "FAIL"
    assert verdicts(lines)["health"] == "ok"
    assert "server.stream-response-body = 2" in hints(lines)


def test_a_web_server_that_takes_any_upload_is_told_which_directive(make_world):
    world = make_world(web=True)
    world.change_web(("server.max-request-size = 2048", ""))
    lines = check(world, 1, "--auto", "--wait", "1s", "uploads")
    assert verdicts(lines)["uploads end"] == "FAIL"
    assert "server.max-request-size = 2048" in hints(lines)
    assert world.channel("main")["events"] == 0


def test_a_route_that_is_missing_is_told(make_world):
    world = make_world(web=True)
    world.change_web(('"/realtime/" => var.tidings,', ""))
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["main stream"] == "ok"
    assert verdicts(lines)["custom channel"] == "FAIL"
    assert "does not pass this path" in hints(lines)


def test_a_prefix_that_only_the_web_server_knows_is_told(make_world):
    """Its 404 is Tidings' own, and not the web server's fault."""
    world = make_world(web=True)
    world.change_web(("fastcgi.server += (", 'fastcgi.server += ( "/tidings/" => var.tidings,'))
    for slash in ("", "/"):
        lines = check(world, 1, "--auto", url=f"http://127.0.0.1:{world.port}/tidings{slash}")
        assert lines == ["FAIL health                status 404: there is nothing at this address",
                         "     -> set base = /tidings in [responder] of tidings.conf, and reload the responder"]


def test_a_prefix_that_only_the_responder_knows_is_told(make_world):
    world = make_world(web=True)
    world.settings["responder"]["base"] = "/tidings"
    world.write_config("responder.conf")
    world.responder.stop()
    world.base = "/tidings"
    world.responder.start()
    world.is_healthy()
    lines = check(world, 1, "--auto", url=f"http://127.0.0.1:{world.port}")
    assert lines[0] == "FAIL health                status 404: Tidings is below /tidings here (base), and this address is not"
    assert "--url" in lines[1] and "`base`" in lines[1] and len(lines) == 2


def test_a_url_without_the_prefix_is_told_it(make_world, tmp_path):
    """The web server serves a site of its own there."""
    world = make_world({"responder": {"base": "/live/tidings"}}, web=True)
    assert verdicts(check(world, 0, "--auto")) == {name: "ok" for name in CHECKS}
    url, config = f"http://127.0.0.1:{world.port}", tmp_path / "tidings.conf"
    config.write_text("[responder]\nbase = /live/tidings\n")
    said = hints(check(world, 1, "--auto", "health", "--server-config", config, url=url))
    assert f"tidings.conf says base = /live/tidings: --url {url}/live/tidings" in said
    config.write_text("")
    said = hints(check(world, 1, "--auto", "health", "--server-config", config, url=url))
    assert f"is it below a path (base)? Then --url {url}/tidings" in said


@pytest.mark.parametrize("body", [
    b'{"statusCode": 404, "message": "Cannot GET /health", "error": "Not Found"}',
    b'{"error": "not_found", "message": "No such page"}', b"<h1>404</h1>", b"[1]", b""])
def test_another_server_s_404_is_not_taken_for_that_of_tidings(shared, body):
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        lines = check(shared, 1, "--auto", "health", url=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert lines[0].endswith("status 404, and the answer is not from Tidings")
    assert "base" in hints(lines)


def test_a_name_that_is_not_this_site_s_is_told_the_key(make_world):
    world = make_world(web=True)
    world.settings["responder"]["hosts"] = "localhost"
    world.write_config("responder.conf")
    world.responder.stop()
    world.responder.start()
    world.is_healthy()
    lines = check(world, 1, "--auto", "health")
    assert lines[0].endswith("status 421: there is no site of that name here (hosts)")
    assert "`hosts`" in lines[1]


# ---- what does not run

def test_a_responder_that_is_not_there_is_told(make_world):
    world = make_world(web=True)
    world.responder.stop()
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["health"] == "FAIL"
    assert "is tidings.fcgi running" in hints(lines)


def test_a_hub_that_is_away_is_told(make_world):
    world = make_world(web=True)
    world.hub.stop()
    world.is_degraded()
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["health"] == "FAIL"
    assert "is tidings-hub running" in hints(lines)


def test_no_server_at_all_is_one_verdict(shared):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        lines = check(shared, 1, "--auto", url=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert verdicts(lines) == {"health": "FAIL"}
    assert "--url" in hints(lines)


def test_without_a_server_files_are_looked_at(shared, tmp_path):
    (tmp_path / "tidings.conf").write_text("")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        lines = check(shared, 1, "--auto", "--server-config", tmp_path / "tidings.conf",
                      url=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert set(verdicts(lines)) == {"health", "inboxes", "open to everybody"}


# ---- configuration and inboxes

def test_who_may_not_publish_is_told_the_key(make_world):
    world = make_world({"responder": {"publish_from": "10.0.0.1"}}, web=True)
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["broadcast"] == "FAIL"
    assert "publish_from" in hints(lines)


def test_an_inbox_that_is_not_read_is_a_failure_that_names_its_file(make_world, tmp_path):
    path = tmp_path / "none" / "shop.db"
    world = make_world({"inbox shop": {"path": path}}, web=True)
    lines = check(world, 1, "--auto", "inbox")
    assert [line for line in lines if line.startswith("FAIL")] == [
        f"FAIL inbox readers         shop ({path}): {world.unread()['shop']}"]
    assert "troubleshooting" in hints(lines)
    assert verdicts(lines)["health"] == "ok"


def test_inboxes_that_nobody_reads_are_a_failure_each(make_world, tmp_path):
    world = make_world({"inbox shop": {"path": tmp_path / "shop.db"}}, web=True)
    world.reader.stop()
    eventually(lambda: len(world.health().json.get("inboxes", [])) == 2, "both being told")
    lines = check(world, 1, "--auto", "inbox r")
    assert [line.partition("): ")[2] for line in lines if line.startswith("FAIL")] == [
        "nobody reads it: is tidings-inbox running?"] * 2


def test_published_rows_that_nobody_removes_are_a_warning(make_world):
    world = make_world({"inbox main": {"consume": "no"}}, web=True)
    with world.open_inbox() as db:
        db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100001) "
                   "INSERT INTO broadcast(channel, data) SELECT 'rows', i FROM n")
    eventually(lambda: verdicts(lines := check(world, 0, "--auto", "published"))["published rows"]
               == "WARN" and "main: up to 100001 published rows" in "\n".join(lines),
               "a warning", 30)


def test_a_reader_without_landlock_is_a_failure_where_packages_made_it(make_world, tmp_path):
    world = make_world(web=True)
    world.reader.stop()
    with contextlib.closing(Hub(world.hub_socket)) as reader:
        reader.send(Reader(b"main"), Stock(0, 0, 0))
        ours, packaged = tmp_path / "ours.conf", tmp_path / "packaged.conf"
        ours.write_text("[hub]\ninbox_user = \n")
        packaged.write_text("[hub]\ninbox_user = nobody\n")
        said = check(world, 0, "--auto", "readers", "--server-config", ours)
        assert verdicts(said)["readers confined"] == "WARN"
        said = check(world, 1, "--auto", "readers", "--server-config", packaged)
        assert verdicts(said)["readers confined"] == "FAIL"
        assert "Landlock" in hints(said)
