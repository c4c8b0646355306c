# SPDX-License-Identifier: MIT
"""Under nginx: what differs from lighttpd, and what `tidings check` says of its usual mistakes."""

import contextlib
import os
import shutil
import time

import pytest

from servers import RIGHTS, SERVERS
from test_client_check import CHECKS, check, hints, verdicts
from world import SLOW, eventually

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def server():
    return SERVERS["nginx"]


def test_all_is_well(make_world):
    world = make_world(web=True)
    assert verdicts(check(world, 0, "--auto")) == {name: "ok" for name in CHECKS}


def test_a_browser_that_left_is_noticed_at_once(make_world):
    world = make_world({"responder": {"keepalive": "60s"}}, web=True)
    world.listen("a").leave()
    begun = time.monotonic()
    eventually(lambda: world.channel("a")["subscribers"] == 0, "the browser being noticed to be gone")
    assert time.monotonic() - begun < 1 * SLOW


def changed(world, *changes):
    """Restarts nginx, which then need not pass on anything."""
    world.web.ready = lambda: is_answered(world)
    world.change_web(*changes)
    return world


def is_answered(world):
    with contextlib.suppress(OSError):
        return world.door.ask("GET", "/").status is not None
    return False


def test_answers_that_are_collected_are_told_the_directive(make_world):
    """Where nginx is told not to mind X-Accel-Buffering, too."""
    world = make_world(web=True)
    world.change_web(("fastcgi_buffering off;", "fastcgi_ignore_headers X-Accel-Buffering;"))
    lines = check(world, 1, "--auto", "--wait", "500ms")
    assert verdicts(lines)["health"] == "ok"
    assert verdicts(lines)["main stream"] == "FAIL"
    assert "fastcgi_buffering off" in hints(lines)


@pytest.mark.parametrize("old, new, hint", [
    ("/fcgi.sock;", "/elsewhere.sock;", "is tidings.fcgi running"),
    ("(realtime|api", "(elsewhere|api", "does not pass this path"),
    ("fastcgi_param REQUEST_URI    $request_uri", "fastcgi_param REQUEST_URI /other$request_uri", "REQUEST_URI"),
], ids=["another-socket", "no-route", "another-path"])
def test_a_backend_that_is_not_reached_is_told(make_world, old, new, hint):
    world = changed(make_world(web=True), (old, new))
    lines = check(world, 1, "--auto", "--wait", "500ms")
    assert "FAIL" in verdicts(lines).values()
    assert hint in hints(lines)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to take nginx' right to the socket away")
def test_a_socket_that_nginx_may_not_open_is_told_the_key(make_world):
    world = make_world(web=True)
    for path in (world.folder, world.web.log_path, *world.folder.glob("nginx*")):
        shutil.chown(path, "www-data")
    world.web.command = [word for word in world.web.command if word not in RIGHTS]
    changed(world)
    lines = check(world, 1, "--auto", "--wait", "500ms")
    assert verdicts(lines)["health"] == "FAIL"
    assert "socket_group" in hints(lines)


def test_an_nginx_that_takes_any_upload_is_told_which_directive(make_world):
    world = make_world(web=True)
    assert verdicts(check(world, 0, "--auto", "uploads"))["uploads end"] == "ok"
    world.change_web(("client_max_body_size    2m", "client_max_body_size 0"))
    lines = check(world, 1, "--auto", "--wait", "1s", "uploads")
    assert verdicts(lines)["uploads end"] == "FAIL"
    assert "client_max_body_size 2m" in hints(lines)


def test_a_time_limit_that_ends_quiet_streams_is_told(make_world):
    world = make_world(web=True)
    world.change_web(("fastcgi_read_timeout    90s", "fastcgi_read_timeout 1s"),
                     ("fastcgi_ignore_client_abort off", "fastcgi_ignore_client_abort on"))
    lines = check(world, 1, "--auto")
    assert verdicts(lines)["leaving is noticed"] == "FAIL"
    assert "fastcgi_read_timeout" in hints(lines) and "keepalive" in hints(lines)
