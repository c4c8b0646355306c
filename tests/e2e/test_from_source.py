# SPDX-License-Identifier: MIT
"""The ways from the sources to a Tidings that runs, as README.md and docs/operate.md name them.

What builds anew takes minutes, and so runs with --full only.
"""

import contextlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from checkout import block, checkout, listed
from test_quickstart import can_be_nobody
from web import WebDoor
from world import BUILD, INSTRUMENTED, SLOW, TOP, eventually, free_port

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.skipif(INSTRUMENTED, reason="it is about building")]
builds = [pytest.mark.rare, pytest.mark.timeout(600)]
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
# Neither git's own nor anybody's business outside it.
GIT_ONLY = {".gitignore"}
NAME = "Größe ça é"  # of a folder


def said_by(*command, status=0, within=300, **more):
    done = subprocess.run(command, text=True, timeout=within, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout[-3000:]}"
    return done.stdout


@pytest.fixture
def place():
    """A folder that others may read, its name not a word."""
    folder = Path(tempfile.mkdtemp(prefix="tidings-", dir="/tmp"))
    folder.chmod(0o755)
    (folder / NAME).mkdir()
    yield folder / NAME
    shutil.rmtree(folder)


@pytest.fixture
def clone(place):
    """A fresh clone, with git to ask what is new in it."""
    checkout(place)
    for words in (["init", "-q"], ["add", "-A"],
                  ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all"]):
        said_by("git", *words, cwd=place)
    return place


def has_nothing_new(clone):
    assert said_by("git", "status", "--short", cwd=clone) == ""


def quickstart_serves(folder, tmp_path, environment=None, **how):
    """It begins, serves, and ends."""
    run = Quickstart(tmp_path, "--no-demo", top=folder, environment=environment, **how)
    try:
        run.serves(within=200)
        assert run.door.ask("POST", "/realtime/a", body=b"x").status == 200
        assert run.interrupt() == 130
        run.has_left_nothing()
    finally:
        run.close()
    return run.said()


def quickstart_ends(folder, within=200, **more):
    """It ends by itself; returns what it said."""
    return said_by(folder / "conf/quickstart", "--no-demo", "--no-install", "--port",
                   str(free_port()), status=1, within=within, **more)


def by_hand():
    """The commands without packages, from the source on."""
    return [line for line in block("./configure") if "apt-get" not in line]


# ---- quick ones: what is built is there


@pytest.fixture(scope="module")
def tarball(tmp_path_factory):
    """What the tarball has, unpacked."""
    folder = tmp_path_factory.mktemp("tarball") / "tidings"
    said_by("make", "-s", "-C", BUILD, "distdir", f"distdir={folder}")
    return folder


def test_the_tarball_has_all_that_git_has(tarball):
    has = {str(path.relative_to(tarball)) for path in tarball.rglob("*") if not path.is_dir()}
    assert set(listed()) - GIT_ONLY - has == set()
    more = {name for name in has - set(listed()) if not name.startswith("build-aux/")}
    assert more == {"Makefile.in", "aclocal.m4", "config.h.in", "configure"}


@pytest.mark.parametrize("mask", [0o027, 0o077])
def test_whoever_installs_with_a_narrow_umask_installs_for_all(mask, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "usr").mkdir(0o711)  # what is there already stays as it is
    said_by("make", "-s", "-C", BUILD, "install", f"DESTDIR={root}", "prefix=/usr", umask=mask)
    (root / "usr").chmod(0o755)
    wrong = {}
    for path in root.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = {0o755} if path.is_dir() else {0o644, 0o755}
        if mode not in wanted:
            wrong[str(path)] = oct(mode)
    assert wrong == {}


def test_a_tree_that_may_not_be_written_is_told_in_a_sentence(place):
    if not can_be_nobody():
        pytest.skip("needs root, and a tree that others may read")
    checkout(place)
    for command in (["tests/run", "--no-install"], ["conf/quickstart", "--no-install", "--port",
                                                    str(free_port())]):
        said = said_by(*NOBODY, place / command[0], *command[1:], status=1)
        assert str(place) in said and said.count("\n") == 1, said


def compiled(*words):
    """The objects that make would compile now, with these words to it."""
    said = said_by("make", "-n", "-C", BUILD, "-o", "config.h", "all-am", *words)
    return set(re.findall(r" -c -o (\S+\.o) ", said))


def test_a_changed_header_has_made_anew_what_includes_it_and_nothing_else():
    header = f"{TOP}/client/verbs.h"
    known = {note.with_suffix(".o") for note in Path(BUILD).glob("client/**/*.d")
             if "client/verbs.h:" in note.read_text()}
    assert known
    anew = compiled("-W", os.path.relpath(header, BUILD)) - compiled()
    assert anew == {str(path.relative_to(BUILD)) for path in known}


def test_whoever_pulls_into_an_older_build_gets_no_object_with_headers_of_before():
    # as there was before objects had lists of what they are made of
    assert compiled("there=client/main.o") - compiled() == {"client/main.o"}


def test_a_list_that_a_full_disk_cut_off_stops_no_make(tmp_path):
    (tmp_path / "cut.d").write_text("client/main.o: ../client/ma")
    (tmp_path / "half.d").write_text("client/ma")
    compiled(f"there={tmp_path}/cut.d {tmp_path}/half.d")


# ---- long ones: they build


@pytest.mark.parametrize("after", ["nothing", "make", "the package"])
class TestInAFreshClone:
    pytestmark = builds

    def test_what_the_readme_says_builds_and_serves(self, clone, tmp_path, after):
        if after == "make":
            said_by("bash", "-ec", "\n".join(line for line in by_hand() if "sudo" not in line),
                    cwd=clone)
            said_by("make", "install", f"DESTDIR={tmp_path}/root", cwd=clone, umask=0o077)
            assert (tmp_path / "root/usr/local/sbin/tidings-hub").exists()
        elif after == "the package":
            if shutil.which("dh") is None:
                pytest.skip("needs debhelper")
            said_by("dpkg-buildpackage", "-us", "-uc", "-b", cwd=clone,
                    env={**os.environ, "DEB_BUILD_OPTIONS": "nocheck parallel=2"})
        has_nothing_new(clone)
        quickstart_serves(clone, tmp_path)
        said = said_by("tests/run", "--no-install", "--", "-k",
                       "a_row_is_published or it_is_where_one or manual_names", cwd=clone)
        assert re.search(r"\b\d+ passed", said) and "failed" not in said, said
        has_nothing_new(clone)


def without(tmp_path, *names):
    """An environment in which these programs, and their packages, are not there."""
    folder = tmp_path / "without"
    folder.mkdir()
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\necho {name} was called >&2; exit 127\n")
    (folder / "dpkg-query").write_text(
        f"#!/bin/sh\ncase $* in *' {names[0]}' | *' {names[1]}') exit 1 ;; esac\n"
        'exec /usr/bin/dpkg-query "$@"\n')
    for path in folder.iterdir():
        path.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


class TestATarball:
    pytestmark = builds

    def test_needs_no_autotools(self, place, tmp_path):
        said_by("make", "-s", "-C", BUILD, "dist", "distdir=tidings-test")
        try:
            said_by("tar", "-xf", BUILD / "tidings-test.tar.xz", "-C", place)
        finally:
            (BUILD / "tidings-test.tar.xz").unlink()
        folder = place / "tidings-test"
        environment = without(tmp_path, "autoconf", "automake", "autoreconf", "aclocal", "autoheader")
        quickstart_serves(folder, tmp_path, environment)
        said = said_by("tests/run", "--no-install", "--", "-k", "a_row_is_published", cwd=folder,
                       env=environment)
        assert re.search(r"\b\d+ passed", said) and "failed" not in said, said


class TestTheDisk:
    pytestmark = builds

    @pytest.mark.skipif(os.getuid() != 0, reason="needs root: it mounts a small disk")
    def test_full_at_any_moment_is_told_and_the_next_try_succeeds(self, place, tmp_path):
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=500m", "none", place],
                          capture_output=True, check=False).returncode != 0:
            pytest.skip("needs the right to mount")
        try:
            checkout(place)
            told = 0
            for more in (200, 400, 500, 600, 1200, 600, 1000, 2000, 6000, 2000, 4000):
                used = int(said_by("df", "--output=used", place).split()[-1])
                said_by("mount", "-o", f"remount,size={used + more}k", place)
                said = quickstart_ends(place)
                assert re.search(r"^quickstart: too little space is left .*$", said, re.M), said
                told += 1
            said_by("mount", "-o", "remount,size=500m", place)
            quickstart_serves(place, tmp_path)
            assert told > 5
        finally:
            said_by("umount", "-l", place)


class TestSomebodyElses:
    pytestmark = builds

    @pytest.mark.skipif(not can_be_nobody(), reason="needs root")
    def test_build_folder_is_told_and_used_if_it_will_do(self, clone, tmp_path):
        said_by("chown", "-R", "65534:65534", clone)
        (clone / "build/lib").mkdir(parents=True)  # root's
        (clone / "build").chmod(0o755)
        said = quickstart_ends(clone, preexec_fn=lambda: os.setuid(65534))
        assert "build is not yours to build in" in said and said.count("\n") == 1, said
        shutil.rmtree(clone / "build")
        quickstart_serves(clone, tmp_path)  # by root
        quickstart_serves(clone, tmp_path, before=NOBODY)


@pytest.mark.parametrize("flags", ["gcc -O0", "gcc -O1", "gcc -O2", "gcc -O3", "clang -O0", "clang -O3"])
class TestACompiler:
    pytestmark = builds

    def test_has_nothing_to_warn_of(self, flags, tmp_path):
        compiler, level = flags.split()
        if shutil.which(compiler) is None:
            pytest.skip(f"needs {compiler}")
        said_by(TOP / "configure", "-q", "--enable-werror", f"CC={compiler}", f"CFLAGS=-g {level}",
                cwd=tmp_path)
        for goals in (["all"], ["check", "TESTS="]):
            said_by("make", "-s", "-j2", *goals, cwd=tmp_path)
