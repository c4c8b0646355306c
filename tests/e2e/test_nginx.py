# SPDX-License-Identifier: MIT
"""Under nginx: what differs from lighttpd, and what `tidings check` says of its usual mistakes."""

import os
import re
import shutil
import signal
import time

import pytest

from checks import CHECKS, check, hints, verdicts
from servers import RIGHTS, SERVERS
from world import SLOW, TOP, eventually

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


def test_a_reload_is_noticed_by_nobody_until_the_old_workers_time_is_over(make_world):
    world = make_world(web=True)
    world.change_web(("worker_shutdown_timeout 60s", "worker_shutdown_timeout 2s"))
    reader, old = world.listen("a", reconnect=True), world.web.worker()
    os.kill(world.web.pid, signal.SIGHUP)
    eventually(lambda: set(world.web.workers()) - {old}, "another worker being there")
    world.publish("to the old one", channel="a")
    reader.sees("to the old one")
    reader.wait(lambda: len(reader.told("connected")) == 2, reader.story)
    assert set(reader.statuses) == {200}
    eventually(lambda: old not in world.web.workers(), "the old worker having ended")


def test_answers_that_are_collected_are_told_the_directive(make_world):
    """Where nginx is told not to mind X-Accel-Buffering, too, and keeps no connections: then it
    knows how long a record is, and passes it on."""
    world = make_world(web=True)
    world.change_web(("fastcgi_buffering off;", "fastcgi_ignore_headers X-Accel-Buffering;"),
                     ("fastcgi_keep_conn           on;", ""))
    lines = check(world, 1, "--auto", "--wait", "500ms")
    assert verdicts(lines)["health"] == "ok"
    assert verdicts(lines)["main stream"] == "FAIL"
    assert "fastcgi_buffering off" in hints(lines)


def with_its_cache(make_world):
    """As docs/web-servers.md has it."""
    world = make_world(web=True)
    words = (TOP / "docs/web-servers.md").read_text().split("### A cache for history")[1]
    path, place = re.findall(r"```nginx\n(.*?)```", words, re.S)[:2]
    path = path.replace("/var/cache/nginx/tidings", str(world.folder / "cache"))
    place = place.replace("/run/tidings/fcgi.sock", str(world.fcgi_socket))
    world.change_web(("http {\n", "http {\n" + path),
                     ("client_body_buffer_size 128k;\n", "client_body_buffer_size 128k;\n" + place))
    return world


def test_its_cache_gives_full_pages_of_history_and_asks_nobody(make_world):
    world = with_its_cache(make_world)
    ids = [world.publish(str(n), channel="old") for n in range(3)]
    full, last = "/api/channels/old/events?limit=2", f"/api/channels/old/events?after={ids[1]}&limit=2"
    page = world.door.ask("GET", full)
    assert [event["data"] for event in page.json["events"]] == ["0", "1"]
    assert [event["data"] for event in world.door.ask("GET", last).json["events"]] == ["2"]
    world.responder.kill_all()
    again = world.door.ask("GET", full)
    assert (again.status, again.body) == (200, page.body)
    assert world.door.ask("GET", full, {"If-None-Match": page.headers["etag"]}).status == 304
    assert world.door.ask("GET", full, {"Accept": "application/x-ndjson"}).status >= 500  # another page
    assert world.door.ask("GET", last).status >= 500  # the last one is kept by nobody


@pytest.mark.rare
@pytest.mark.timeout(200)
def test_its_cache_shows_what_was_deleted_for_a_minute_and_no_longer(make_world):
    world = with_its_cache(make_world)
    ids = [world.publish(str(n), channel="old") for n in range(4)]

    def shown():
        page = world.door.ask("GET", "/api/channels/old/events?limit=2")
        return [event["data"] for event in page.json["events"]]

    begun = time.monotonic()
    assert shown() == ["0", "1"]
    assert world.door.ask("DELETE", f"/api/channels/old/events/{ids[0]}").status == 200
    while shown() == ["0", "1"]:
        assert time.monotonic() - begun < 62 * SLOW
        time.sleep(1)
    assert shown() == ["1", "2"]


@pytest.mark.parametrize("old, new, hint", [
    ("/fcgi.sock;", "/elsewhere.sock;", "is tidings.fcgi running"),
    ("(realtime|api", "(elsewhere|api", "does not pass this path"),
    ("fastcgi_param REQUEST_URI    $request_uri", "fastcgi_param REQUEST_URI /other$request_uri", "REQUEST_URI"),
], ids=["another-socket", "no-route", "another-path"])
def test_a_backend_that_is_not_reached_is_told(make_world, old, new, hint):
    world = make_world(web=True).break_web((old, new))
    lines = check(world, 1, "--auto", "--wait", "500ms")
    assert "FAIL" in verdicts(lines).values()
    assert hint in hints(lines)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to take nginx' right to the socket away")
def test_a_socket_that_nginx_may_not_open_is_told_the_key(make_world):
    world = make_world(web=True)
    for path in (world.folder, world.web.log_path, *world.folder.glob("nginx*")):
        shutil.chown(path, "www-data")
    world.web.command = [word for word in world.web.command if word not in RIGHTS]
    world.break_web()
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


BASIC = {"Authorization": "Basic YWxpY2U6YSBndWVzcw=="}  # alice, with a password that is a guess
ADDRESS = "fastcgi_param REMOTE_ADDR    $remote_addr;"


@pytest.mark.parametrize("more", ["", "include /etc/nginx/fastcgi_params; fastcgi_param REMOTE_USER \"\";"],
                         ids=["as-it-is", "taken-back"])
def test_a_password_that_nobody_has_looked_at_is_no_login(make_world, more):
    world = make_world({"responder": {"private": "users/{name}"},
                        "access staff": {"who": "users", "subscribe": "users/%u"}}, web=True)
    world.change_web((ADDRESS, ADDRESS + more))
    answer = world.door.ask("GET", "/api/channels/users%2Falice", BASIC)
    assert (answer.status, answer.json["error"]) == (403, "not_granted")


def documented(world):
    """The two pieces of docs/web-servers.md, with the paths of this world."""
    text = (TOP / "docs" / "web-servers.md").read_text().split("### A cache for history")[1]
    (world.folder / "cache").mkdir(mode=0o777)
    (world.folder / "cache").chmod(0o777)
    return [block.replace("/var/cache/nginx/tidings", str(world.folder / "cache")).replace(
        "/run/tidings/fcgi.sock", str(world.fcgi_socket)) for block in re.findall(r"```nginx\n(.*?)```", text, re.S)[:2]]


def test_a_full_page_of_history_comes_from_its_cache_and_costs_us_nothing(make_world):
    world = make_world(web=True)
    outside, inside = documented(world)
    world.change_web(("http {\n", "http {\n" + outside), ("	# A browser comes back to a stream", inside + "\n	# A browser"))
    for n in range(3):
        world.publish(str(n), channel="a/b")

    def asks(limit, **headers):
        return world.door.ask("GET", f"/api/channels/a%2Fb/events?limit={limit}", headers)

    full, last = asks(3), asks(4)
    lines = asks(3, Accept="application/x-ndjson")
    assert [answer.status for answer in (full, last, lines)] == [200] * 3
    world.responder.stop()  # from now on nothing of ours works
    for _ in range(2):
        again = asks(3)
        assert (again.status, again.body, again.headers["etag"]) == (200, full.body, full.headers["etag"])
        assert asks(3, Accept="application/x-ndjson").body == lines.body
    assert asks(3, **{"If-None-Match": full.headers["etag"]}).status == 304
    assert asks(4).status == 502  # the last page is kept by nobody
    assert asks(3, Origin="https://evil.example").status == 502
    world.responder.start()
