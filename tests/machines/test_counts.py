# SPDX-License-Identifier: MIT
"""How many listen to a channel, on all machines of an order together."""

import pytest
from daemon import eventually
from redisserver import needs_redis
from test_hubs import both, machines  # noqa: F401, fixtures
from wire import Subscribed

pytestmark = pytest.mark.skipif(bool(needs_redis), reason=needs_redis)


def subscribers(peer, name):
    return peer.channels(only=name).lines[0].subscribers


def test_listeners_of_all_machines_are_one_sum(machines, both):  # noqa: F811
    a, b = both
    a.send(Subscribed([(b"news", 3), (b"here", 1)]))
    b.send(Subscribed([(b"news", 4)]))
    for peer in both:
        eventually(lambda: subscribers(peer, "news") == 7, "the sum")
    assert subscribers(b, "here") == 1
    a.send(Subscribed([(b"news", 0)]))
    for peer in both:
        eventually(lambda: subscribers(peer, "news") == 4, "those that are left")
    assert [line.channel for line in b.channels().lines] == [line.channel for line in a.channels().lines]


@pytest.mark.slow
def test_a_machine_that_is_silent_for_ten_seconds_takes_its_listeners_along(machines, both):  # noqa: F811
    a, b = both
    a.send(Subscribed([(b"news", 3)]))
    eventually(lambda: subscribers(b, "news") == 3, "those of the other machine")
    machines.all[0].hub.kill()
    eventually(lambda: subscribers(b, "news") == 0, "its going", 20)
    assert b.channels().lines == []
