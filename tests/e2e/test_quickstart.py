# SPDX-License-Identifier: MIT
"""conf/quickstart: one command serves everything, and leaves nothing behind."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from documents import README, Document
from page import Page
from symfony import Symfony, needs_symfony
from terminal import Terminal
from world import BUILD, INSTRUMENTED, SLOW, TOP, addresses, eventually, free_port

pytestmark = [
    pytest.mark.skipif(INSTRUMENTED or BUILD != TOP / "build", reason="quickstart runs ./build"),
    pytest.mark.timeout(120)]


def test_one_command_serves_everything_and_ends_without_a_trace(quickstart, crowd):
    run = quickstart().serves()
    folder = run.folder
    reader = crowd.listen(run.door, "/stream")
    reader.wait(lambda: reader.told("connected"), reader.story)
    assert run.door.ask("GET", "/").body == (TOP / "www" / "index.html").read_bytes()
    assert run.door.ask("POST", "/realtime/main", body=b"by POST").status == 200
    with contextlib.closing(sqlite3.connect(folder / "inbox" / "inbox.db", timeout=5)) as db:
        db.execute("INSERT INTO broadcast(data) VALUES ('by INSERT')")
        db.commit()
    reader.wait(lambda: {"by POST", "by INSERT"} <= set(reader.data), reader.story)
    reader.wait(lambda: reader.told("heartbeat"), reader.story, 15)
    assert run.interrupt() == 130
    run.has_left_nothing()
    assert not folder.exists()


@pytest.fixture(name="begun")
def begun_on_a_terminal(tmp_path):
    """begun(TERM): quickstart, as a person sees it begin."""
    shown = []

    def begin(term):
        shown.append(Terminal([str(TOP / "conf" / "quickstart"), "--no-install", "--dir", str(tmp_path / "q"),
                               "--port", str(free_port())], {**os.environ, "TERM": term}, rows=40))
        return shown[-1]
    yield begin
    for one in shown:
        one.close()


def test_a_person_sees_what_it_is_doing_until_it_serves(begun):
    shown = begun("xterm")
    shown.shows("Tidings is at http://127.0.0.1:", within=60)
    said = shown.raw.split(b"Tidings is at")[0]
    for what in (rb"building, \d+ s", rb"starting hub, inbox, responder and lighttpd, \d+ s"):
        assert re.search(what, said), said
    assert said.endswith(b"\r\x1b[K") and "starting" not in shown.text
    shown.presses("\x03")
    shown.ends(130)


def test_a_dumb_terminal_is_shown_no_more_than_a_file_is(begun):
    shown = begun("dumb")
    shown.shows("Tidings is at http://127.0.0.1:", within=60)
    assert shown.raw.startswith(b"Tidings is at") and b"\x1b" not in shown.raw
    shown.presses("\x03")
    shown.ends(130)


def test_interrupted_while_it_says_what_it_is_doing_it_leaves_no_half_a_line(begun):
    shown = begun("xterm")
    shown.shows("building, ", within=20)
    shown.presses("\x03")
    shown.ends(130)
    assert "building" not in shown.text


def test_it_listens_on_the_loopback_only(quickstart):
    run = quickstart("--no-demo").serves()
    sockets = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    listening = re.findall(rf"\s(\w+):{run.port:04X} \w+:0000 0A", sockets)
    assert listening == ["0100007F"]


def test_any_page_of_this_machine_may_use_it_for_development(quickstart):
    """And any other may listen."""
    run = quickstart("--no-demo").serves()
    for origin, status in (("http://localhost:5173", 200), ("http://127.0.0.1:3000", 200),
                           ("https://anywhere.example", 403)):
        answer = run.door.ask("POST", "/realtime/a", {"Origin": origin}, b"x")
        assert answer.status == status and answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("servers", [("lighttpd", "lighttpd"), ("apache", "nginx")])
def test_two_run_side_by_side(quickstart, servers):
    runs = [quickstart("--no-demo", "--server", server) for server in servers]
    for run in runs:
        run.serves()
    assert runs[0].folder != runs[1].folder
    ids = [json.loads(r.door.ask("POST", "/realtime/a", body=b"x").body)["id"] for r in runs]
    assert len(set(ids)) == 2
    assert runs[0].interrupt() == 130
    runs[0].has_left_nothing()
    assert runs[1].door.ask("POST", "/realtime/a", body=b"y").status == 200


def test_a_port_that_is_taken_is_told_at_once(quickstart):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = quickstart("--no-demo", port=port)
        assert run.process.wait(30) == 1
        assert str(port) in run.said()


def test_a_folder_keeps_its_log_over_two_runs_and_serves_one(quickstart, tmp_path):
    folder = tmp_path / "data"
    run = quickstart("--no-demo", "--dir", str(folder)).serves()
    id = run.door.ask("POST", "/realtime/a", body=b"kept").json["id"]
    other = quickstart("--no-demo", "--dir", str(folder))
    assert other.process.wait(30) == 1 and str(folder) in other.said()
    run.interrupt(signal.SIGTERM)
    run.has_left_nothing()
    again = quickstart("--no-demo", "--dir", str(folder)).serves()
    assert again.door.ask("GET", "/api/channels/a").json["newest"] == id


@pytest.mark.parametrize("part,name", [("hub", "tidings-hub"), ("inbox", "tidings-inbox"),
                                       ("responder", "tidings.fcgi"),
                                       ("lighttpd", "lighttpd.conf"), ("apache", "apache.conf"),
                                       ("nginx", "nginx.conf")])
def test_a_part_that_is_killed_runs_again_within_200_ms(quickstart, part, name):
    """Once in three times at least: the machine may have other things to do."""
    server = part if part in ("apache", "nginx") else "lighttpd"
    run, took = quickstart("--no-demo", "--server", server).serves(), []
    while len(took) < 3 and min(took, default=9) > 0.2 * SLOW:
        eventually(lambda: time.time() - _started(run.parent(name)) > 1.2,
                   f"the {part} having settled")
        pid = run.parent(name)
        os.kill(pid, signal.SIGKILL)
        begun = time.monotonic()
        eventually(lambda pid=pid: run.parent(name) not in (None, pid), f"the {part} running again")
        took.append(time.monotonic() - begun)
        eventually(lambda: _healthy(run), "all being well again", 15)
    assert min(took) < 0.2 * SLOW, took


@pytest.mark.parametrize("server", ["lighttpd", "apache", "nginx"])
def test_a_stream_is_never_refused_while_all_responders_start_again(quickstart, crowd, server):
    """E13: a 503 is final for browsers; lighttpd gave one for a second."""
    run = quickstart("--no-demo", "--server", server).serves()
    for _ in range(3):
        for pid in run.pids("tidings.fcgi"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        readers = [crowd.listen(run.door, "/stream") for _ in range(20)]
        for reader in readers:
            reader.wait(lambda reader=reader: reader.told("connected"), reader.story, 15)
            assert reader.statuses == [200]


def _started(pid):
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    up = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - up + ticks / os.sysconf("SC_CLK_TCK")


def _healthy(run):
    with contextlib.suppress(OSError):
        return run.door.ask("GET", "/health").status == 200
    return False


def test_an_application_s_database_publishes_too(quickstart, tmp_path):
    path = tmp_path / "my shop.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE orders(item)")
    db.close()
    client = [str(BUILD / "client" / "tidings"), "inbox", "init", str(path), "--on", "orders"]
    subprocess.run(client, check=True, capture_output=True)
    run = quickstart("--no-demo", "--inbox", str(path)).serves()
    with sqlite3.connect(path, timeout=10) as db:
        db.execute("INSERT INTO orders VALUES ('cup')")
    db.close()
    eventually(lambda: run.door.ask("GET", "/api/channels/orders").json["events"] == 1, "the event")


@pytest.mark.parametrize("number, group", [
    (signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGTERM, True)])
def test_interrupted_at_any_moment_it_leaves_nothing(quickstart, number, group):
    for processes in (0, 1, 2, 3, 5, 7, 8, 9, 10, 12):
        run = quickstart("--no-demo")
        eventually(lambda: len(run.pids()) >= processes or "Ctrl-C" in run.said(),
                   f"{processes} processes")
        folders = run.folders()
        run.interrupt(number, group)
        run.has_left_nothing()
        assert not [folder for folder in folders if os.path.exists(folder)]


SLOW_FORK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

pid_t fork(void)
{
	pid_t (*real)(void) = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork");
	pid_t pid = real();
	struct timespec left = {.tv_nsec = 400000000};

	while (pid == 0 && strcmp(program_invocation_short_name, "sh") == 0 &&
		nanosleep(&left, &left) < 0)
		continue;
	return pid;
}
"""


def test_interrupted_while_it_is_slow_to_begin_it_ends_as_well(quickstart, tmp_path):
    """The inner one is a copy of the outer shell for a while, which hears nothing."""
    (tmp_path / "slow.c").write_text(SLOW_FORK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", tmp_path / "slow.so", tmp_path / "slow.c",
                    "-ldl"], check=True)
    run = quickstart("--no-demo", before=["env", f"LD_PRELOAD={tmp_path}/slow.so"])
    eventually(lambda: len(run.pids("--inner")) == 2, "the inner one being forked")
    assert run.interrupt(signal.SIGTERM) == 143
    run.has_left_nothing()


def test_killed_without_a_chance_it_takes_its_parts_along(quickstart):
    run = quickstart("--no-demo").serves()
    for pid in run.pids("quickstart"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    run.process.wait()
    run.has_left_nothing()
    shutil.rmtree(run.folder)  # nobody was left who could


def can_be_nobody():
    return os.getuid() == 0 and subprocess.run(
        ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "test", "-x",
         str(BUILD / "fcgi" / "tidings.fcgi")], check=False).returncode == 0


@pytest.mark.skipif(not can_be_nobody(), reason="needs root, and a tree that others may read")
@pytest.mark.parametrize("server", ["lighttpd", "apache", "nginx"])
def test_an_ordinary_user_may_start_it(quickstart, server):
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    run = quickstart("--no-demo", "--server", server, before=nobody).serves()
    assert run.door.ask("POST", "/realtime/a", body=b"x").status == 200
    for pid in run.pids():
        assert Path(f"/proc/{pid}").stat().st_uid == 65534
    assert run.interrupt() == 130
    run.has_left_nothing()


# ---- pages of one's own, and who reaches them

@pytest.mark.page
@pytest.mark.parametrize("server", ["lighttpd", "apache", "nginx"])
def test_readmes_javascript_in_a_page_of_ones_own_is_not_blank(quickstart, chromium, tmp_path, server):
    site = tmp_path / "é site"
    site.mkdir()
    script = Document(README).fenced("js")[0]
    (site / "index.html").write_text(
        "<!doctype html><meta charset=utf-8><title>Mine</title><link rel=icon href=data:,>"
        f"<style>ul {{ color: rgb(1, 2, 3) }}</style><ul></ul><script>{script}</script>")
    (site / "javascript").mkdir()
    (site / "javascript" / "mine.js").write_text("1")
    run = quickstart("--no-demo", "--server", server, "--www", site).serves()
    window = chromium.open(f"http://127.0.0.1:{run.port}/")
    window.wait(lambda: run.door.ask("GET", "/api/channels/alerts").json["subscribers"] == 1, "the page listening")
    assert run.door.ask("POST", "/realtime/alerts", body=b"disk almost full").status == 200
    window.wait(lambda: "disk almost full" in window.text("ul"), "the event being shown")
    assert window.run("return getComputedStyle(document.querySelector('ul')).color") == "rgb(1, 2, 3)"
    answer = run.door.ask("GET", "/")
    assert "content-security-policy" not in answer.headers
    assert run.door.ask("GET", "/javascript/mine.js").body == b"1"
    assert run.door.ask("GET", "/feed.js").status == 404  # ours are not there


@pytest.mark.parametrize("folder", ["/nonexistent", "/etc/passwd"])
def test_a_www_that_is_no_folder_is_one_sentence(folder):
    done = quickstart_says("--www", folder)
    assert done == f"quickstart: --www: there is no folder {folder} that can be read\n"


@pytest.mark.parametrize("address", ["1.2.3", "300.1.1.1", "localhost", "::g", "127.0.0.1:80", "*"])
def test_a_listen_that_is_no_address_is_one_sentence(address):
    assert quickstart_says("--listen", address) == (
        "quickstart: --listen takes an address of this machine, as 192.0.2.1, 0.0.0.0 or ::\n")


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7"])
def test_a_listen_on_another_machines_address_is_one_sentence(address):
    assert quickstart_says("--listen", address) == (
        f"quickstart: --listen: {address} is not an address of this machine\n")


def quickstart_says(*arguments, port=None):
    done = subprocess.run([TOP / "conf" / "quickstart", "--no-install", "--port", str(port or free_port()), *arguments],
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


# ---- a configuration of one's own

def test_sections_of_ones_own_are_added_and_their_keys_win(quickstart, tmp_path):
    mine, data = tmp_path / "my own.conf", tmp_path / "data"
    mine.write_bytes(b"\xef\xbb\xbf; mine\r\n[responder]\r\npublish_from = 192.0.2.1\r\n\t192.0.2.2\r\n"
                     b"origins=https://a.example ; only\r\n[ channel   alerts ]\nkeep_events: 1\n")
    run = quickstart("--no-demo", "--config", mine, "--dir", data).serves()
    answer = run.door.ask("GET", "/health", headers={"Origin": "https://b.example"})
    assert "access-control-allow-origin" not in answer.headers
    answer = run.door.ask("POST", "/realtime/alerts", body=b"x")
    assert answer.status == 401 and "publish_from" in answer.json["message"], answer.json
    kept = (data / "tidings.conf").read_text()
    assert kept.count("[responder]") == 1 and kept.count("publish_from") == 1
    assert "[channel alerts]\nkeep_events: 1\n" in kept and "[inbox main]\n" in kept


@pytest.mark.parametrize("text, sentence", [
    ("[responder]\nkeepalife = 5s\n", '{file}:2: section [responder] has no key "keepalife"'),
    ("[hub]\nsocket = /tmp/x\n", "{file} has socket, which quickstart gives itself"),
    ("[responder]\nbase = /tidings\n", "{file} has base, which quickstart gives itself"),
])
def test_what_is_wrong_in_ones_own_configuration_is_said_with_its_name(tmp_path, text, sentence):
    mine = tmp_path / "mine.conf"
    mine.write_text(text)
    assert quickstart_says("--config", mine) == f"quickstart: --config: {sentence.format(file=mine)}\n"


def test_a_configuration_that_is_no_file_is_one_sentence(tmp_path):
    assert quickstart_says("--config", tmp_path) == (
        f"quickstart: --config: there is no file {tmp_path} that can be read\n")


@pytest.mark.parametrize("server", ["lighttpd", "apache", "nginx"])
@pytest.mark.parametrize("listen", ["0.0.0.0", "::"])
def test_it_says_who_reaches_it_and_who_may_publish(quickstart, server, listen):
    run = quickstart("--no-demo", "--server", server, "--listen", listen)
    eventually(lambda: "may publish" in run.said() or run.process.poll() is not None, "its greeting", 60)
    said = run.said()
    at = "[::1]" if listen == "::" else "127.0.0.1"
    assert f"Tidings is at http://{at}:{run.port} " in said
    assert "without a password" in said and "Only this machine may publish" in said
    assert statuses(run.port, "127.0.0.1") == (200, 200)
    for version in (4, 6) if listen == "::" else (4,):
        for address in addresses(version):
            shown = f"[{address}]" if version == 6 else address
            assert f"http://{shown}:{run.port}" in said
            assert statuses(run.port, address) == (200, 401)  # as from another machine
    assert f"server.port = {run.port}" in re.sub(r" +", " ", (run.folder / "lighttpd.conf").read_text()) \
        if server == "lighttpd" else True


def test_on_one_address_of_this_machine_this_machine_may_publish(quickstart):
    for address in addresses(4)[:1]:
        run = quickstart("--no-demo", "--listen", address)
        eventually(lambda: "may publish" in run.said(), "its greeting", 60)
        assert f"Tidings is at http://{address}:{run.port} " in run.said()
        assert statuses(run.port, address) == (200, 200)
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", run.port), 2)


@pytest.mark.page
def test_the_page_on_another_machine_listens_and_says_why_it_may_not_publish(quickstart, chromium):
    """Over plain HTTP from elsewhere, where a browser shares no streams among windows."""
    for address in addresses(4)[:1]:
        run = quickstart("--no-demo", "--listen", "0.0.0.0")
        eventually(lambda: "may publish" in run.said(), "its greeting", 60)
        chromium.expects("401")
        page = Page(chromium, run, url=f"http://{address}:{run.port}/")
        page.connect("main").is_("live")
        assert run.door.ask("POST", "/realtime/main", body=b"from its own machine").status == 200
        page.sees("from its own machine")
        page.compose("from elsewhere")
        page.window.click("#publish button:not([type=button])")
        page.window.wait(lambda: "publish_from" in page.window.text("#published"), "its reason")
        assert f"http://{address}:{run.port}/realtime/main" in page.window.run(
            "return document.querySelector('#as-curl').textContent")


def statuses(port, address):
    """Of a GET and of a POST."""
    found = []
    for method, path, body in (("GET", "/health", None), ("POST", "/realtime/a", b"x")):
        link = http.client.HTTPConnection(address, port, timeout=20)
        link.request(method, path, body)
        found.append(link.getresponse().status)
        link.close()
    return tuple(found)


@needs_symfony
def test_what_it_prints_for_mercure_is_what_a_symfony_application_needs(quickstart, crowd, tmp_path):
    data, other = tmp_path / "data", tmp_path / "other.conf"
    run = quickstart("--no-demo", "--dir", str(data)).serves()
    eventually(lambda: "MERCURE_JWT_SECRET=" in run.said(), "the key being printed")
    env = dict(re.findall(r"^(MERCURE_[A-Z_]+)=(\S+)$", run.said(), re.M))
    assert env == {"MERCURE_URL": f"http://127.0.0.1:{run.port}/.well-known/mercure",
                   "MERCURE_PUBLIC_URL": f"http://127.0.0.1:{run.port}/.well-known/mercure",
                   "MERCURE_JWT_SECRET": (data / "mercure.key").read_text()}
    assert len(env["MERCURE_JWT_SECRET"]) >= 64 and (data / "mercure.key").stat().st_mode & 0o077 == 0
    reader = crowd.listen(run.door, "/stream?channel=news")
    reader.is_connected()
    Symfony(**env).publish("news", data="by Symfony")
    reader.sees("by Symfony")
    run.close()
    again = quickstart("--no-demo", "--dir", str(data)).serves()
    eventually(lambda: f"MERCURE_JWT_SECRET={env['MERCURE_JWT_SECRET']}\n" in again.said(), "the same key being printed")
    again.close()
    other.write_text("[responder]\nmercure = no\n")
    without = quickstart("--no-demo", "--config", str(other)).serves()
    assert "MERCURE" not in without.said()
    assert without.door.ask("GET", "/.well-known/mercure").status == 404
