# SPDX-License-Identifier: MIT
"""`tidings`, the command: what it shows of a server, and what goes wrong.  Its verbs
that publish and listen are in files beside this one."""

import json
import socket
import subprocess
import threading

import pytest

from client import Client
from world import program

pytestmark = pytest.mark.behind_apache("--full")


# ---- channels, status

def test_channels_are_listed(run, shared):
    shared.publish("x", channel="listed\x7eü")
    shared.listen("listed~ü")
    lines = run("channels").ends()
    assert lines[0].split() == ["channel", "subscribers", "events", "newest"]
    assert any(line.split()[:3] == ["listed~ü", "1", "1"] for line in lines)


def test_status_says_ok(run):
    assert run("status").ends()[0].split() == ["status", "ok"]


def test_status_names_the_inboxes_that_are_not_read(make_world, tmp_path):
    path = tmp_path / "none" / "shop.db"
    world = make_world({"inbox shop": {"path": path}}, web=True)
    lines = Client(world, "status").ends()
    why = world.unread()["shop"]
    assert lines[:2] == ["status       ok", f"not read     shop ({path}): {why}"]
    said = json.loads(Client(world, "status", "--json").ends()[0])
    assert said["inboxes"] == [{"inbox": "shop", "file": str(path), "reason": why}]
    assert world.health().status == 200 and world.health().json["inboxes"] == said["inboxes"]


# ---- what goes wrong

def test_an_unknown_verb_is_named(run):
    assert '"publish"' in run("publish").refuses(2)


@pytest.mark.parametrize("arguments, word", [
    (("sub",), "CHANNEL"),
    (("sub", "x", "--count", "many"), '--count: "many" is not a number'),
    (("sub", "x", "--timeout", "soon"), "not a duration"),
    (("sub", "x", "--nonsense"), "--nonsense"),
    (("sub", "x", "--since"), "needs a value"),
    (("pub", "x", "y", "z"), '"z"'),
    (("sub", "bad\nname"), "control"),
    (("pub", "x", "y", "--url", "ftp://127.0.0.1"), "http://"),
    (("sub", "x", "--json", "--format", "%d"), "cannot be used together"),
])
def test_a_bad_flag_is_one_sentence_and_status_2(run, arguments, word):
    assert word in run(*arguments).refuses(2)


@pytest.mark.parametrize("verb", [("pub", "x", "y"), ("sub", "x"), ("channels",), ("status",)])
def test_a_refused_connection_is_status_4(run, verb):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        client = run(*verb, url=url)
        client.ends(4)
        assert url in client.sentence


@pytest.fixture(scope="module")
def based(make_shared_world):
    return make_shared_world({"responder": {"base": "/live/tidings"}}, web=True)


@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_each_verb_works_below_a_path(based, slash):
    url = f"http://127.0.0.1:{based.port}/live/tidings{slash}"

    def says(*arguments, **how):
        how.setdefault("url", url)
        return Client(based, *arguments, **how).ends()
    channel = f"deep{len(slash)}"
    id = says("pub", channel, "one")[0]
    assert says("pub", channel, "--lines", input="two\nthree\n")
    for verb in (("history", channel), ("sub", channel, "--since", "all", "--count", "3"),
                 ("tail", channel, "--since", "all", "--count", "3")):
        assert [json.loads(line)["data"] for line in says(*verb)] == ["one", "two", "three"]
    assert [line.split()[0] for line in says("channels") if channel in line] == [channel]
    assert "ok" in "\n".join(says("status"))
    assert says("run", f"{channel}-job", "--", "true") is not None
    assert says("bench", "--time", "200ms")
    assert any("Tidings at" in line for line in says("menu", input="q\n"))
    # however it is told
    assert json.loads(says("history", channel, "--url", url, url="http://127.0.0.1:1")[0])["id"] == id
    settings = based.folder / "client.conf"
    settings.write_text(f"url = {url}\n")
    done = subprocess.run([program("client/tidings"), "history", channel, "--config", settings], text=True,
                          capture_output=True, env={"HOME": str(based.folder)}, timeout=30)
    assert done.stdout.count("\n") == 3, done.stderr


@pytest.mark.parametrize("url, word", [
    ("127.0.0.1/tidings", "http://"), ("ftp://127.0.0.1/", "http://"), ("http://", "no host"),
    ("https:///tidings", "no host"), ("http://127.0.0.1/tidings?x", "?"), ("http://127.0.0.1/#tidings", "#")])
def test_a_url_that_cannot_be_tidings_is_one_sentence_and_status_2(run, url, word):
    assert word in run("history", "x", url=url).refuses(2)


def test_what_tidings_says_to_another_path_is_told(based):
    url = f"http://127.0.0.1:{based.port}/live/tidings/api"
    for verb in (("pub", "x", "y"), ("sub", "x"), ("status",), ("channels",)):
        client = Client(based, *verb, url=url)
        client.ends(None)
        assert "there is nothing at this address" in "\n".join(client.errors + client.lines), verb


def test_a_server_that_is_no_tidings_is_named(run, shared):
    url = f"http://127.0.0.1:{shared.port}/nowhere"
    assert "404" in run("sub", "x", url=url).refuses(6)
    assert "404" in run("pub", "x", "y", url=url).refuses(6)


def _answers(listener, bodies):
    """Serves each path its body, and any other the last one."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            path = connection.recv(65536).split()[1:2]
            body = bodies.get(path[0].decode() if path else "", bodies[""])
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                               b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


MEASURES = b"".join(name + b" -5\n" for name in (
    b"tidings_responders", b"tidings_events_total", b"tidings_log_events",
    b"tidings_log_size_bytes", b"tidings_log_newest_id", b"tidings_log_writable",
    b"process_start_time_seconds",
    *(b'tidings_deliveries_total{kind="%s"}' % kind for kind in (b"live", b"replayed")),
    *(b'tidings_http_requests_total{class="%dxx"}' % kind for kind in (2, 3, 4, 5)),
)) + b"tidings_subscribers 1e300\n"


@pytest.fixture(name="stranger")
def strange_server():
    """A web server that is no Tidings, though it says some of what one says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        bodies = {"/health": b'{"status":"ok"}', "": b"<html></html>", "/metrics": MEASURES}
        threading.Thread(target=_answers, args=(listener, bodies), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.behind_apache
def test_history_of_a_server_that_is_no_tidings_is_not_an_empty_one(run, stranger):
    assert "not from Tidings" in run("history", "x", url=stranger).refuses(7)


def test_figures_beyond_all_measure_are_shown_as_they_are(run, stranger):
    lines = run("status", url=stranger).ends()
    figure = next(line for line in lines if line.startswith("subscribers")).split()[1]
    assert float(figure.replace(",", "")) == 1e300
    run("status", "--json", url=stranger).ends()


def test_flags_come_from_the_environment_and_a_file(run, shared, tmp_path):
    config = tmp_path / "client.conf"
    config.write_text("quiet = yes\n[sub]\nformat = %d!\n[pub]\nevent = odd\n")
    for i in range(3):
        shared.publish(str(i), channel="sources")
    line = ("sub", "sources", "--since", "all", "-n", 1, "--config", config)
    assert run(*line).ends() == ["0!"]
    assert run(*line, env={"TIDINGS_SUB_FORMAT": "%d?"}).ends() == ["0?"]
    assert run(*line, "--format", "%d.", env={"TIDINGS_SUB_FORMAT": "%d?"}).ends() == ["0."]


def test_a_bad_line_in_the_file_is_named_with_its_place(run, tmp_path):
    config = tmp_path / "client.conf"
    config.write_text("quiet = yes\n[sub]\nformt = x\n")
    assert f"{config}:3" in run("sub", "x", "--config", config).refuses(2)
    assert "No such file" in run("sub", "x", "--config", tmp_path / "none").refuses(2)


def test_every_verb_explains_itself(run):
    names = [line.split()[0] for line in run("--help").ends()
             if line.startswith("  ") and not line.startswith("  tidings")]
    assert {"pub", "sub", "channels"} <= set(names)
    for name in names:
        lines = run(name, "--help").ends()
        assert lines[0].startswith(f"Usage: tidings {name}")
        assert any("--url URL" in line for line in lines)
