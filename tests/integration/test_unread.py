# SPDX-License-Identifier: MIT
"""Strangers that ask for much and do not read it: the rest is served, and memory has an end."""

import pytest

from cost import resident
from world import INSTRUMENTED

MIB = 1 << 20
MOST = 64 * MIB  # fcgi/http/unread.h; beside them what is being made
STRANGERS = 160  # each asks for a MiB
VALUES = 17  # of 60,000 bytes: nearly a MiB


@pytest.fixture(scope="module")
def full(make_shared_world):
    world = make_shared_world({"responder": {"window": "1M"}}, inbox=False)
    for n in range(VALUES):
        world.publish("v" * 60000, channel="page")
        world.publish("v" * 60000, channel=f"value-{n}")
    return world, resident(world.responder.worker())


@pytest.mark.parametrize("target", [
    "/api/channels/page/events?limit=1000",
    "/stream?" + "&".join(f"channel=value-{n}" for n in range(VALUES)) + "&since=last"],
    ids=["history", "last values"])
def test_strangers_that_do_not_read_leave_memory_and_answers_to_others(full, target):
    world, before = full
    socks = []
    most = 0
    for n in range(STRANGERS):
        sock = world.door.dial()
        sock.sendall(world.door.request(target, address=f"192.0.2.{n}"))
        socks.append(sock)
        if n % 32 == 31:  # whoever reads is served, and what he asked for is there by then
            page = world.door.ask("GET", "/api/channels/page/events?limit=1000", address="198.51.100.7")
            assert page.status == 200 and len(page.json["events"]) == VALUES
            most = max(most, resident(world.responder.worker()) - before)
    reader = world.listen(*[f"value-{n}" for n in range(VALUES)], since="last")
    reader.wait(lambda: len(reader.data) == VALUES, reader.story)
    reader.leave()
    for sock in socks:
        sock.close()
    assert world.health().status == 200
    if not INSTRUMENTED:
        assert most < MOST + 48 * MIB, f"{most >> 20} MiB"
