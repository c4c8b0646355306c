# SPDX-License-Identifier: MIT
"""Which sockets and files somebody else reaches, and where links lead."""

import contextlib
import os
import sqlite3
import stat
import subprocess
import sys

import pytest

from peers import Hub
from world import SLOW, eventually

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


# ---- the hub's socket

def stranger(path, script, uid=65534):
    return subprocess.run([sys.executable, "-c", "import socket, sys, time\npath = sys.argv[1]\n" + script, str(path)],
                          user=uid, group=uid, extra_groups=[], capture_output=True, text=True, cwd="/",
                          timeout=20 * SLOW)


@pytest.fixture
def open_socket(make_world):
    """The hub's socket as CGI programs need it: anybody may knock."""
    world = make_world({"hub": {"socket_mode": "0666"}})
    os.chmod(world.folder, 0o755)
    return world


@needs_root
def test_a_user_who_is_not_named_takes_no_place_at_the_hub(open_socket):
    """The hub has 1,024 of them; he asks 1,100 times and reads and closes nothing."""
    world = open_socket
    said = stranger(world.hub_socket, """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (2000, 2000))
held = []
for n in range(1100):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    s.connect(path)
    held.append(s)
print('held', flush=True)
answers = [s.recv(100)[4:5] for s in held]
assert set(answers) == {answers[0]} and len(answers[0]) == 1, set(answers)
assert all(s.recv(100) == b'' for s in held)
print('refused')
""")
    assert said.stdout.split() == ["held", "refused"], said
    with contextlib.closing(Hub(world.hub_socket)) as peer:
        assert peer.publish("and here is one who may").first
    world.publish("through the responder, which was there all the time")
    assert "this user may not speak to the hub" in world.hub.log()


@needs_root
def test_a_user_who_is_not_named_reaches_no_socket_and_no_file_as_configured_by_default(world):
    os.chmod(world.folder, 0o755)
    world.publish("secret")
    world.insert("secret")
    for path in (world.hub_socket, world.fcgi_socket):
        said = stranger(path, "try: socket.socket(socket.AF_UNIX).connect(path)\nexcept PermissionError: print('no')")
        assert said.stdout == "no\n", said
    for path in (*world.folder.glob("log.db*"), *(world.folder / "inbox").iterdir()):
        said = stranger(path, "try: open(path, 'rb')\nexcept PermissionError: print('no')")
        assert said.stdout == "no\n", (path, said)


# ---- links

def becomes(world, name, do):
    """Ends the hub, changes what is in its folders, starts it again."""
    world.hub.stop()
    for path in (world.folder / "inbox").iterdir():
        path.rmdir() if path.is_dir() else path.unlink()
    world.hub.log_path.write_text("")
    do(world.folder / "inbox" / name)
    world.hub.start()


@pytest.mark.parametrize("kind", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_an_inbox_that_is_a_link_to_the_log_is_none(world, kind):
    world.publish("before")
    becomes(world, "inbox.db", lambda path: kind(world.log_db, path))
    world.reader.says("inbox.db): is the log itself")
    world.publish("after")
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        tables = {name for name, in db.execute("SELECT name FROM sqlite_master")}
    assert "event" in tables and not tables & {"broadcast", "tidings_identity"}


@needs_root
def test_an_inbox_that_another_user_has_linked_elsewhere_is_none(world):
    other = world.folder / "other.db"
    with contextlib.closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE secret(a)")

    def link(path):
        os.symlink(other, path)
        os.chown(path, 65534, 65534, follow_symlinks=False)
    becomes(world, "inbox.db", link)
    world.reader.says("inbox.db): is a link of another user")
    with contextlib.closing(sqlite3.connect(other)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("secret",)]
    (world.folder / "inbox" / "inbox.db").unlink()
    reader = world.listen()
    eventually(lambda: (world.folder / "inbox" / "inbox.db").exists(), "the inbox being made")
    eventually(lambda: world.rows("SELECT name FROM sqlite_master WHERE name = 'broadcast'"), "its table")
    world.insert("a real one is read")
    reader.sees("a real one is read")


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_what_lies_beside_an_inbox_is_not_followed_and_stops_nobody(world, kind):
    victim = world.folder / "victim"
    victim.write_bytes(b"precious")
    reader = world.listen(reconnect=True)
    for ending in ("-wal", "-shm", "-journal"):
        becomes(world, "inbox.db" + ending, lambda path: {
            "link": lambda: os.symlink(victim, path), "fifo": lambda: os.mkfifo(path),
            "folder": lambda: os.mkdir(path)}[kind]())
        world.publish("others are not kept waiting")
        reader.sees("others are not kept waiting")
        assert victim.read_bytes() == b"precious"


def test_a_link_in_the_place_of_a_socket_is_not_followed(make_world):
    world = make_world(hub=False, responder=False)
    victim = world.folder / "victim"
    victim.write_bytes(b"precious")
    for daemon, path in ((world.hub, world.hub_socket), (world.responder, world.fcgi_socket)):
        os.symlink(victim, path)
        status, said = daemon.start_to_fail()
        assert status != 0 and "there is a file that is no socket" in said
        assert victim.read_bytes() == b"precious" and stat.S_IMODE(victim.stat().st_mode) == 0o644
