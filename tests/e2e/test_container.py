# SPDX-License-Identifier: MIT
"""The container image: built as its Dockerfile says, and its three services tried.

There is no registry and no Docker here: the base image is made of Debian's
packages, and buildah builds and runs.  What compose.yaml asks of each service
(user, capabilities, volumes, command) is read from it; its networks are not
tried.  With --full only.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checkout import block
from world import TOP

yaml = pytest.importorskip("yaml", reason="needs python3-yaml")

STORE = ("--storage-driver", "vfs")
missing = [tool for tool in ("buildah", "mmdebstrap", "ip") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.deploy, pytest.mark.rare, pytest.mark.timeout(400),
    pytest.mark.skipif(os.getuid() != 0, reason="needs root"),
    pytest.mark.skipif(bool(missing), reason="needs " + ", ".join(missing)),
]


class Buildah:
    def __init__(self, folder):
        self.folder = folder
        self.base = ["buildah", "--root", str(folder / "store"), "--runroot", str(folder / "run"),
                     *STORE]

    def does(self, *words, **more):
        done = subprocess.run([*self.base, *map(str, words)], text=True, capture_output=True,
                              env={**os.environ, "BUILDAH_ISOLATION": "chroot"}, **more)
        assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout.strip()


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The folder of the store that has the image `tidings`."""
    folder = tmp_path_factory.mktemp("container")
    buildah = Buildah(folder)
    subprocess.run(["mmdebstrap", "--variant=minbase", "bookworm", folder / "base.tar"],
                   check=True, capture_output=True)
    container = buildah.does("from", "scratch")
    buildah.does("add", container, folder / "base.tar", "/")
    buildah.does("commit", "--rm", container, "docker.io/library/debian:12")
    words = block("docker build")[0].split()  # as README has them
    buildah.does("build", "--pull=never", "--network", "host", *words[2:], cwd=TOP)
    yield buildah
    shutil.rmtree(folder, ignore_errors=True)


def test_the_four_services_of_the_image_serve(image):
    compose = yaml.safe_load((TOP / "conf/container/compose.yaml").read_text())
    assert set(compose["services"]) == {"hub", "inbox", "responder", "web"}
    first = image.does("from", "--pull=never", "localhost/tidings")
    root = Path(image.does("mount", first))
    for name in compose["volumes"]:  # an empty volume begins as a copy of what is there
        inside = {"run": "run/tidings", "data": "var/lib/tidings"}[name]
        subprocess.run(["cp", "-a", root / inside, image.folder / f"volume-{name}"], check=True)
    commands, exec_hub = [], None
    for name in ("hub", "inbox", "responder", "web"):
        service = compose["services"][name]
        assert service["cap_drop"] == ["ALL"]
        volumes = [word for volume in service["volumes"]
                   for word in ("-v", f"{image.folder}/volume-{volume}")]
        container = image.does("from", "--pull=never", "localhost/tidings")
        run = [*image.base, "run", "--user", service["user"], "--cap-drop", "all", *volumes,
               container, "--"]
        commands.append([*run, *service["command"].split()])
        if name == "hub":
            exec_hub = run
    insert = [*exec_hub, "sqlite3", "-cmd", ".timeout 5000", "/var/lib/tidings/inbox/inbox.db",
              "INSERT INTO broadcast(channel, data) VALUES ('alerts', 'inserted')"]
    # A network of their own, in which nobody else has the port.
    done = subprocess.run(
        ["unshare", "-npf", "--kill-child", "--mount-proc", sys.executable, "-c", f"""
import subprocess, time
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for command in {commands!r}:
    subprocess.Popen(command)
def ask(*words):
    return subprocess.run(["curl", "-s", "-m", "5", *words], text=True, capture_output=True).stdout
deadline = time.monotonic() + 30
while '"ok"' not in ask("http://127.0.0.1:8080/health") and time.monotonic() < deadline:
    time.sleep(0.1)
print(ask("-d", "hello", "http://127.0.0.1:8080/realtime/alerts"))
deadline = time.monotonic() + 10
while subprocess.run({insert!r}).returncode and time.monotonic() < deadline:
    time.sleep(0.1)
while '"events":2' not in ask("http://127.0.0.1:8080/api/channels/alerts") and \\
        time.monotonic() < deadline:
    time.sleep(0.1)
print("page", "app.js" in ask("http://127.0.0.1:8080/tidings/"))
print(subprocess.run({[*image.base, "run", first, "--", "tidings", "history", "alerts"]!r},
                     text=True, capture_output=True).stdout)
"""], text=True, capture_output=True, timeout=120,
        env={**os.environ, "BUILDAH_ISOLATION": "chroot"})
    assert '"status":"ok"' in done.stdout, done.stdout + done.stderr
    assert "page True" in done.stdout
    assert '"data":"hello"' in done.stdout
    assert '"data":"inserted"' in done.stdout, done.stdout + done.stderr
