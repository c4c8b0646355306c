# SPDX-License-Identifier: MIT
"""The container image: built as its Dockerfile says, and its three services tried.

There is no registry and no Docker here: the base image is made of Debian's
packages, and buildah builds and runs.  What compose.yaml asks of each service
(user, capabilities, volumes, command, restart, health check) is read from it; its
networks are not tried.  With --full only.
"""

import json
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
    pytest.mark.deploy, pytest.mark.rare, pytest.mark.timeout(1800),
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


@pytest.fixture(scope="module")
def story(image):
    """What a user of the four services has seen; see tests/tools/container_story.py."""
    compose = yaml.safe_load((TOP / "conf/container/compose.yaml").read_text())
    assert set(compose["services"]) == {"hub", "inbox", "responder", "web"}
    first = image.does("from", "--pull=never", "localhost/tidings")
    root = Path(image.does("mount", first))
    for name in compose["volumes"]:  # an empty volume begins as a copy of what is there
        inside = {"run": "run/tidings", "data": "var/lib/tidings"}[name]
        subprocess.run(["cp", "-a", root / inside, image.folder / f"volume-{name}"], check=True)
    enter, services = {}, {}
    for name, service in compose["services"].items():
        assert service["cap_drop"] == ["ALL"] and service["restart"] == "unless-stopped"
        volumes = [word for volume in service["volumes"]
                   for word in ("-v", f"{image.folder}/volume-{volume}")]
        container = image.does("from", "--pull=never", "localhost/tidings")
        enter[name] = [*image.base, "run", "--user", service["user"], "--cap-drop", "all",
                       *volumes, container, "--"]
        services[name] = [*enter[name], *service["command"].split()]
    kind, *health = compose["services"]["web"]["healthcheck"]["test"]
    assert kind == "CMD"
    plan = {
        "services": services,
        "killed": {name: service["command"].split()[0]
                   for name, service in compose["services"].items()},
        "health": [*enter["web"], *health],
        "history": [*enter["web"], "tidings", "history"],
        "insert": [*enter["hub"], "sqlite3", "-cmd", ".timeout 5000",
                   "/var/lib/tidings/inbox/inbox.db",
                   "INSERT INTO broadcast(channel, data) VALUES ('alerts', 'inserted')"]}
    # A network of their own, in which nobody else has the port.
    done = subprocess.run(
        ["unshare", "-npf", "--kill-child", "--mount-proc", sys.executable,
         TOP / "tests/tools/container_story.py", json.dumps(plan)],
        text=True, capture_output=True, timeout=600,
        env={**os.environ, "BUILDAH_ISOLATION": "chroot"})
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_four_services_of_the_image_serve(story):
    assert story["healthy"]
    assert '"status":"ok"' in story["published"]
    assert story["page"]
    assert '"data":"hello"' in story["history"]["text"], story["history"]
    assert '"data":"inserted"' in story["history"]["text"], story["history"]


def test_its_health_check_says_that_it_is_well(story):
    assert story["health"]["status"] == 0, story["health"]


def test_what_was_acknowledged_is_there_once_after_each_service_was_killed(story):
    assert set(story["deaths"].values()) == {3}
    events = [json.loads(line) for line in story["numbers"]["text"].splitlines()]
    assert [event["data"] for event in events] == \
        [str(number) for number in range(story["acknowledged"])]
