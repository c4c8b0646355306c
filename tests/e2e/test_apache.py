# SPDX-License-Identifier: MIT
"""Under Apache: what differs from lighttpd, and what `tidings check` says of its usual mistakes."""

import hashlib
import shutil
import time

import pytest

from checks import CHECKS, check, hints, verdicts
from servers import RIGHTS, SERVERS
from test_quickstart import can_be_nobody
from world import SLOW, eventually

pytestmark = pytest.mark.deploy

KEEPALIVE = 1
QUICK = {"responder": {"keepalive": f"{KEEPALIVE}s"}}


@pytest.fixture(scope="module")
def server():
    return SERVERS["apache"]


def test_all_is_well(make_world):
    world = make_world(QUICK, web=True)
    assert verdicts(check(world, 0, "--auto")) == {name: "ok" for name in CHECKS}


def test_a_browser_that_left_is_noticed_within_two_keepalives(make_world):
    world = make_world(QUICK, web=True)
    world.listen("a").leave()
    begun = time.monotonic()
    eventually(lambda: world.channel("a")["subscribers"] == 0, "the browser being noticed to be gone")
    assert time.monotonic() - begun < (2 * KEEPALIVE + 1) * SLOW


def test_answers_that_are_collected_are_told_the_directive(make_world):
    world = make_world(web=True)
    world.change_web(("flushpackets=on ", ""))
    lines = check(world, 1, "--auto", "--wait", "500ms")
    seen = verdicts(lines)
    assert seen["health"] == "ok"
    assert seen["main stream"] == seen["events leave at once"] == "FAIL"
    assert "flushpackets=on" in hints(lines)


@pytest.mark.parametrize("old, new, hint", [
    ("\nLoadModule proxy_fcgi_module", "\n# ", "a2enmod proxy_fcgi"),
    ("/fcgi.sock|", "/elsewhere.sock|", "is tidings.fcgi running"),
    ('ProxyPass "/', 'ProxyPass "/under/', "does not pass this path"),
], ids=["no-mod_proxy_fcgi", "another-socket", "no-route"])
def test_a_backend_that_is_not_reached_is_told(make_world, old, new, hint):
    world = make_world(QUICK, web=True)
    # a word of mod_proxy_fcgi's own would end the start
    world.break_web((old, new), ("\nProxyFCGIBackendType", "\n# "))
    lines = check(world, 1, "--auto", "--wait", "500ms")
    assert verdicts(lines)["health"] == "FAIL"
    assert hint in hints(lines)


@pytest.mark.skipif(not can_be_nobody(), reason="needs root, to take Apache's right to the socket away, "
                    "and a tree that others may read")
def test_a_socket_that_apache_may_not_open_is_told_the_key(make_world):
    world = make_world(web=True)
    for path in (world.folder, world.web.log_path):
        shutil.chown(path, "www-data")
    world.web.command = [word for word in world.web.command if word not in RIGHTS]
    world.break_web()
    lines = check(world, 1, "--auto", "--wait", "500ms")
    assert verdicts(lines)["health"] == "FAIL"
    assert "socket_group" in hints(lines)


def test_an_apache_that_takes_any_upload_is_told_what_to_refuse(make_world):
    world = make_world(web=True)
    lines = check(world, 0, "--auto", "uploads")
    assert verdicts(lines)["uploads end"] == "ok"
    world.change_web(("-gt 2097152", "-gt 99999999999"))
    lines = check(world, 1, "--auto", "--wait", "1s", "uploads")
    assert verdicts(lines)["uploads end"] == "FAIL"
    assert "Content-Length" in hints(lines)


def test_an_apache_that_keeps_tokens_to_itself_is_told_the_directive(make_world, tmp_path):
    """A token that is good, too."""
    token = {"who": "token:" + hashlib.sha256(b"tk_secret").hexdigest(), "publish": "news"}
    config = tmp_path / "tidings.conf"
    config.write_text("[access ci]\n" + "".join(f"{key} = {value}\n" for key, value in token.items()))
    world = make_world({"access ci": token}, web=True)
    asked = ("--auto", "tokens", "--server-config", config)
    assert verdicts(check(world, 0, *asked))["tokens arrive"] == "ok"
    world.change_web(("CGIPassAuth On", "CGIPassAuth Off"))
    for more in ((), ("--token", "tk_secret")):
        lines = check(world, 1, *asked, *more)
        assert verdicts(lines)["tokens arrive"] == "FAIL"
        assert "CGIPassAuth On" in hints(lines)


def test_a_time_limit_that_ends_quiet_streams_is_told(make_world):
    world = make_world(web=True)
    world.change_web(("timeout=90", "timeout=1"))
    lines = check(world, 1, "--auto")
    assert verdicts(lines)["leaving is noticed"] == "FAIL"
    assert "timeout=" in hints(lines) and "keepalive" in hints(lines)
