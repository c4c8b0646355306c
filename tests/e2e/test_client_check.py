# SPDX-License-Identifier: MIT
"""`tidings check` and `tidings bench`: what is wrong with an installation is named."""

import re
import socket

import pytest

from client import Client
from world import SLOW, eventually

CHECKS = ["health", "main stream", "metrics", "custom channel", "broadcast", "resume after a cut",
          "events leave at once", "cross-origin rules", "uploads end", "leaving is noticed"]


def verdicts(lines):
    return {match[2]: match[1] for line in lines
            if (match := re.match(r"(ok|FAIL) +(.+?)  ", line))}


def hints(lines):
    return " ".join(line.strip() for line in lines if line.strip().startswith("->"))


def check(world, status, *arguments, within=60, **how):
    client = Client(world, "check", *arguments, **how)
    return client.ends(status, within)


def test_all_is_well(shared):
    lines = check(shared, 0, "--auto")
    assert verdicts(lines) == {name: "ok" for name in CHECKS}


def test_interactive_asks_before_each_and_skips(shared):
    client = Client(shared, "check", input="\ns\nq\n")
    lines = client.ends()
    assert [line for line in lines if "ok" in line.split()][:1]
    assert "\n".join(lines).count("?  [Enter]") == 3


def test_lighttpd_that_collects_answers_is_told_which_directive(make_world):
    world = make_world(web=True)
    world.change_web(("server.stream-response-body = 2", "server.stream-response-body = 0"))
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["main stream"] == "FAIL"
    assert verdicts(lines)["health"] == "ok"
    assert "server.stream-response-body = 2" in hints(lines)


def test_a_web_server_that_takes_any_upload_is_told_which_directive(make_world):
    world = make_world(web=True)
    world.change_web(("server.max-request-size = 2048", ""))
    lines = check(world, 1, "--auto", "--wait", "1s", "uploads")
    assert verdicts(lines)["uploads end"] == "FAIL"
    assert "server.max-request-size = 2048" in hints(lines)
    assert world.channel("main")["events"] == 0


def test_a_route_that_is_missing_is_told(make_world):
    world = make_world(web=True)
    world.change_web(('"/realtime/" => var.tidings,', ""))
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["main stream"] == "ok"
    assert verdicts(lines)["custom channel"] == "FAIL"
    assert "does not pass this path" in hints(lines)


def test_a_responder_that_is_not_there_is_told(make_world):
    world = make_world(web=True)
    world.responder.stop()
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["health"] == "FAIL"
    assert "is tidings.fcgi running" in hints(lines)


def test_a_hub_that_is_away_is_told(make_world):
    world = make_world(web=True)
    world.hub.stop()
    world.is_degraded()
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["health"] == "FAIL"
    assert "is tidings-hub running" in hints(lines)


def test_no_server_at_all_is_one_verdict(shared):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        lines = check(shared, 1, "--auto", url=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert verdicts(lines) == {"health": "FAIL"}
    assert "--url" in hints(lines)


def test_who_may_not_publish_is_told_the_key(make_world):
    world = make_world({"responder": {"publish_from": "10.0.0.1"}}, web=True)
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["broadcast"] == "FAIL"
    assert "publish_from" in hints(lines)


# ---- bench

def figures(lines):
    return {line.split()[0]: [float(n) for n in re.findall(r"\d+(?:\.\d+)?", line)] for line in lines}


@pytest.mark.parametrize("arguments", [
    ("--streams", 20, "--rate", 50), ("--streams", 5, "--rate", 0, "--publishers", 4)])
def test_bench_counts_what_arrives(shared, arguments):
    seen = figures(Client(shared, "bench", "--time", "1s", *arguments).ends())
    streams, published, delivered = seen["streams"][0], seen["published"][0], seen["delivered"]
    assert published > 30 / SLOW
    assert delivered[0] == streams * published
    assert delivered[2:4] == [0, 0]


def test_bench_leaves_no_stream_behind(shared):
    before = shared.health().json["streams"]
    Client(shared, "bench", "--time", "200ms").ends()
    eventually(lambda: shared.health().json["streams"] == before, "its streams being gone")
