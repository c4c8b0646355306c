# SPDX-License-Identifier: MIT
"""An inbox that cannot be read: one sentence that names its file, everywhere the
same; nothing of it is lost, and everything else goes on."""

import contextlib
import os
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import pytest

from client import Client
from world import eventually, insert, program

NEWER = "its file format is newer than this SQLite knows"


def make(path, *rows):
    """An application's database with these rows."""
    path.touch()
    subprocess.run([program("client/tidings"), "inbox", "init", str(path)],
                   capture_output=True, check=True)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        if rows:
            insert(db, *rows)


def patch(path, at, data):
    with open(path, "r+b") as file:
        file.seek(at)
        before = file.read(len(data))
        file.seek(at)
        file.write(data)
    return before


def told(world):
    """{inbox: (file, reason)} of /health, whose status such trouble leaves alone."""
    health = world.health()
    assert health.status == 200 and health.json["status"] == "ok"
    return {i["inbox"]: (i["file"], i["reason"]) for i in health.json.get("inboxes", [])}


def is_told_everywhere(world, path, sentence, name="app"):
    eventually(lambda: told(world).get(name) == (str(path), sentence),
               f"/health saying {sentence!r}, not {told(world)}")
    line = f"{name} ({path}): {sentence}"
    world.reader.says(f"inbox {line}")
    assert world.reader.log().count(f"inbox {line}") == 1  # not again and again
    checked = Client(world, "check", "--auto", "inbox r").ends(1)
    assert f"FAIL inbox readers         {line}" in checked
    assert f"not read     {line}" in Client(world, "status").ends()


def goes_on(world, n):
    """POSTs, and rows of another inbox."""
    reader = world.listen("beside")
    world.publish(f"post {n}", channel="beside")
    world.insert(f"row {n}", channel="beside")
    reader.wait(lambda: set(reader.data) == {f"post {n}", f"row {n}"}, reader.story)


def is_read_again(world, *rows, path=None):
    """These have been published, each once, and nothing after them is amiss."""
    eventually(lambda: "app" not in told(world), "the inbox being read")
    if path is not None:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as db:
            insert(db, "the last")
        rows = (*rows, "the last")
    reader = world.listen(since="all")
    reader.wait(lambda: len(reader.data) >= len(rows), reader.story)
    assert reader.data == list(rows)


def with_app(make_world, path, **keys):
    return make_world({"inbox app": {"path": path, **keys}}, web=True)


# ---- nobody reads it

def test_inboxes_that_nobody_reads_are_a_line_each_of_the_hub(make_world, tmp_path):
    path = tmp_path / "app.db"
    make(path, "a")
    world = with_app(make_world, path)
    world.reader.stop()
    line = f"inbox app ({path}): nobody reads it: is tidings-inbox running?"
    world.hub.says(line, 20)
    assert told(world)["app"] == (str(path), "nobody reads it: is tidings-inbox running?")
    world.reader.start()
    world.hub.says(f"inbox app ({path}): is read again")
    world.hub.says(f"inbox main ({world.inboxes['main']}): is read again")
    assert world.hub.log().count(line) == 1
    is_read_again(world, "a", path=path)


# ---- the file

def test_an_inbox_that_is_a_directory(make_world, tmp_path):
    path = tmp_path / "app.db"
    path.mkdir()
    world = with_app(make_world, path)
    is_told_everywhere(world, path, "is a directory, not a file")
    goes_on(world, 1)
    path.rmdir()
    make(tmp_path / "new.db", "a", "b")
    (tmp_path / "new.db").rename(path)
    is_read_again(world, "a", "b", path=path)


@pytest.mark.parametrize("at, data", [(18, b"\3\3"), (18, b"\3\1"), (44, b"\0\0\0\5")],
                         ids=["to be read", "to be written", "schema"])
def test_an_inbox_of_a_format_of_tomorrow(make_world, tmp_path, at, data):
    path = tmp_path / "app.db"
    make(path, "a", "b")
    before = patch(path, at, data)
    world = with_app(make_world, path)
    is_told_everywhere(world, path, NEWER)
    goes_on(world, 1)
    patch(path, at, before)
    is_read_again(world, "a", "b", path=path)


def test_an_inbox_of_100_gb(make_world, tmp_path):
    path = tmp_path / "app.db"
    make(path, "a", "b")
    os.truncate(path, 100 << 30)
    world = with_app(make_world, path)
    is_read_again(world, "a", "b", path=path)
    goes_on(world, 1)
    path.unlink()


def test_100_gb_that_are_no_database(make_world, tmp_path):
    path = tmp_path / "app.db"
    path.touch()
    os.truncate(path, 100 << 30)
    world = with_app(make_world, path, create="yes")
    is_told_everywhere(world, path, "file is not a database")
    goes_on(world, 1)
    path.unlink()
    eventually(path.exists, "the inbox being made")
    is_read_again(world, path=path)


# ---- its disk

@pytest.fixture(name="disk")
def small_disk(tmp_path):
    """A disk of a MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "none", str(folder)],
                          capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder):
    with contextlib.suppress(OSError), open(folder / "rest", "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def without_identity(path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TABLE IF EXISTS tidings_identity")


def test_an_inbox_on_a_full_disk(make_world, disk):
    path = disk / "app.db"
    make(path, "a", "b")
    without_identity(path)
    fill(disk)
    world = with_app(make_world, path)
    is_told_everywhere(world, path, "its disk is full")
    goes_on(world, 1)
    (disk / "rest").unlink()
    is_read_again(world, "a", "b", path=path)


def test_an_inbox_to_be_made_on_a_full_disk(make_world, disk):
    path = disk / "app.db"
    fill(disk)
    world = with_app(make_world, path, create="yes")
    is_told_everywhere(world, path, "database or disk is full")
    goes_on(world, 1)
    (disk / "rest").unlink()
    is_read_again(world, path=path)


def test_a_disk_that_fills_up_while_its_inbox_is_read(make_world, disk):
    path = disk / "app.db"
    make(path)
    world = with_app(make_world, path)
    eventually(lambda: told(world) == {}, "the inbox being read")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as db:
        insert(db, "a", "b")
        fill(disk)
        goes_on(world, 1)
        with contextlib.suppress(sqlite3.OperationalError):
            insert(db, "x" * 60000)
    (disk / "rest").unlink()
    is_read_again(world, "a", "b", path=path)


def test_an_inbox_on_a_disk_that_is_read_only(make_world, disk):
    path = disk / "app.db"
    make(path, "a", "b")
    without_identity(path)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    world = with_app(make_world, path)
    is_told_everywhere(world, path, "its folder is read-only for tidings-inbox "
                                    "(systemd: it needs ReadWritePaths=)")
    goes_on(world, 1)
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    is_read_again(world, "a", "b", path=path)


# ---- its owner

def read_by_nobody(make_world, path, mode):
    """A world whose reader is another user than all others, also than the owner of
    a database of this mode."""
    if os.geteuid() != 0:
        pytest.skip("only root can run the reader as somebody else")
    world = make_world({"hub": {"inbox_user": "nobody"}, "inbox app": {"path": path}}, web=True)
    world.reader.stop()
    make(path, "a", "b")
    without_identity(path)
    path.chmod(mode)
    for part in (world.folder, world.folder / "inbox"):
        part.chmod(0o777)
    world.hub_socket.chmod(0o666)
    for part in (world.folder / "inbox").iterdir():
        part.chmod(0o666)
    world.reader.log_path.write_text("")
    world.reader.command = ["setpriv", "--reuid=nobody", "--clear-groups", *world.reader.command]
    world.reader.start()
    return world


@pytest.fixture(name="folder")
def open_folder():
    """One that everybody may go into: pytest's own are for one user."""
    with tempfile.TemporaryDirectory(prefix="tidings-owner-", dir="/tmp") as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)


def test_an_inbox_that_is_for_others_to_read(make_world, folder):
    path = folder / "app.db"
    world = read_by_nobody(make_world, path, 0o600)
    is_told_everywhere(world, path, "tidings-inbox may not read it")
    goes_on(world, 1)
    path.chmod(0o666)
    is_read_again(world, "a", "b")


def test_an_inbox_that_is_for_others_to_write(make_world, folder):
    path = folder / "app.db"
    world = read_by_nobody(make_world, path, 0o644)
    is_told_everywhere(world, path, "tidings-inbox may not write file and folder")
    goes_on(world, 1)
    path.chmod(0o666)
    is_read_again(world, "a", "b")
