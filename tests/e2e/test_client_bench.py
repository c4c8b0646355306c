# SPDX-License-Identifier: MIT
"""`tidings bench`: a small load test counts what it has sent and got."""

import re

import pytest

from client import Client
from world import SLOW, eventually


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
