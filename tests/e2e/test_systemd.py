# SPDX-License-Identifier: MIT
"""The systemd units: what systemd itself says of them, and a socket it opens."""

import contextlib
import os
import re
import shutil
import socket
import stat
import subprocess

import pytest

from fcgi import FcgiDoor
from world import BUILD, Daemon, eventually, program

UNITS = BUILD / "conf" / "service"
SERVICES = ("tidings-hub.service", "tidings-inbox.service", "tidings-responder.service")
EXPOSED = 1.0  # of 10, at most

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs package systemd"),
]


def run(*command, **more):
    done = subprocess.run(command, text=True, capture_output=True, timeout=50, **more)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture
def units(tmp_path):
    """The units, with the programs where these are built."""
    for unit in (*SERVICES, "tidings-responder.socket"):
        text = re.sub(r"(Exec\w+=)\S+/(tidings\S+)", lambda m: f'{m[1]}"{program(m[2])}"',
                      (UNITS / unit).read_text())
        (tmp_path / unit).write_text(text)
    return tmp_path


def test_systemd_finds_nothing_wrong(units):
    assert run("systemd-analyze", "verify", "--man=no", *sorted(units.iterdir())).strip() == ""


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_is_hardly_exposed(units, unit):
    said = run("systemd-analyze", "security", "--offline=true",
               f"--threshold={EXPOSED * 10:.0f}", units / unit)
    assert float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1]) <= EXPOSED


def test_the_sandboxes_let_each_write_where_its_files_are_and_nowhere_else():
    """Wherever it was configured to be installed."""
    def folders(file, pattern):
        return set(re.findall(pattern, (UNITS / file).read_text(), re.M))

    def named(unit, key):
        found = re.findall(rf"^{key}=(.*)$", (UNITS / f"{unit}.service").read_text(), re.M)
        return {folder for line in found for folder in line.split()}
    made = folders("tmpfiles.conf", r"^d (\S+)")
    path, = folders("tidings.conf", r"^path = (/\S+)")
    inbox = os.path.dirname(path)
    assert named("tidings-inbox", "ReadWritePaths") == {inbox} and inbox in made
    assert named("tidings-hub", "InaccessiblePaths") == {f"-{inbox}"}
    for path in folders("tidings.conf", r"^;(?:log|socket) = (/\S+)"):
        assert os.path.dirname(path) in made & named("tidings-hub", "ReadWritePaths"), path


def test_a_reader_of_inboxes_may_shut_itself_in():
    """systemd's own list of calls has none of those of Landlock."""
    unit = (UNITS / "tidings-inbox.service").read_text()
    allowed = " ".join(re.findall(r"^SystemCallFilter=([^~@].*)$", unit, re.M)).split()
    assert {f"landlock_{call}" for call in ("create_ruleset", "add_rule", "restrict_self")} \
        <= set(allowed)


def test_a_line_in_the_journal_has_its_priority_and_not_the_name_again(tmp_path):
    with open(tmp_path / "journal", "wb") as journal:
        at = os.fstat(journal.fileno())
        done = subprocess.run([program("tidings-hub"), "-c", tmp_path / "none"], stderr=journal,
                              env={**os.environ, "JOURNAL_STREAM": f"{at.st_dev}:{at.st_ino}"},
                              timeout=20)
    assert done.returncode == 1
    assert re.match(r"<3>config: .*none", (tmp_path / "journal").read_text())


def test_a_responder_serves_on_the_socket_that_it_was_given(make_world):
    world = make_world(responder=False)
    given = world.folder / "given.sock"
    config = world.write_config("given.conf")

    def serves():
        with contextlib.suppress(OSError):  # bound, but not listening yet
            return given.exists() and FcgiDoor(given).ask("GET", "/health").status
        return None
    responder = Daemon("given", ["systemd-socket-activate", "-l", str(given),
                                 program("tidings.fcgi"), "-c", config], world.folder, serves)
    world.daemons.append(responder)
    responder.start()
    eventually(lambda: FcgiDoor(given).ask("GET", "/health").status == 200, "/health being ok")
    assert not world.fcgi_socket.exists(), "what the configuration says does not count"
    killed = responder.kill_worker()
    responder.has_other_worker(killed)
    eventually(lambda: FcgiDoor(given).ask("GET", "/health").status == 200, "/health being ok")


def test_a_socket_of_another_process_is_not_taken(make_world, monkeypatch):
    monkeypatch.setenv("LISTEN_PID", "1")
    monkeypatch.setenv("LISTEN_FDS", "1")
    world = make_world()
    assert world.fcgi_socket.exists()


def test_two_sockets_at_once_are_refused(make_world):
    world = make_world(hub=False, responder=False)
    with socket.socket(socket.AF_UNIX) as probe:
        done = subprocess.Popen(
            ["systemd-socket-activate", "-l", str(world.folder / "a"), "-l",
             str(world.folder / "b"), program("tidings.fcgi")],
            text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        eventually((world.folder / "b").exists, "the sockets being there")
        eventually(lambda: probe.connect_ex(str(world.folder / "b")) == 0, "somebody listening")
        _, said = done.communicate(timeout=20)
    assert done.returncode == 1 and "LISTEN_FDS" in said, said


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: it makes users and their folders")
def test_the_users_and_the_folders_are_made(tmp_path):
    (tmp_path / "etc").mkdir()
    run("systemd-sysusers", f"--root={tmp_path}", UNITS / "sysusers.conf")
    passwd = (tmp_path / "etc/passwd").read_text()
    users = {name: (int(uid), int(gid)) for name, uid, gid in
             re.findall(r"^([\w-]+):x:(\d+):(\d+):", passwd, re.M)}
    assert set(users) == {"tidings", "tidings-inbox"}
    assert users["tidings"][0] != users["tidings-inbox"][0]
    assert users["tidings"][1] == users["tidings-inbox"][1]
    rules = [line.split() for line in (UNITS / "tmpfiles.conf").read_text().splitlines()
             if line.startswith("d ")]
    assert len(rules) == 3
    for _ in range(2):  # at each boot
        run("systemd-tmpfiles", f"--root={tmp_path}", "--create", UNITS / "tmpfiles.conf")
        for _, path, mode, user, *_ in rules:
            made = (tmp_path / path.lstrip("/")).stat()
            assert (stat.S_IMODE(made.st_mode), made.st_uid, made.st_gid) \
                == (int(mode, 8), *users[user])
    assert [user for *_, user, _, _ in rules] == ["tidings", "tidings", "tidings-inbox"]
