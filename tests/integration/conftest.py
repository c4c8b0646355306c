# SPDX-License-Identifier: MIT
"""Fixtures of the tests that meet a daemon at its socket."""

import pytest


@pytest.fixture
def hub(make_world):
    return make_world(responder=False, inbox=False)


@pytest.fixture
def history(hub):
    """Ten events, by turns on a and b; a peer that holds all of them."""
    peer = hub.hub_peer()
    peer.follow()
    peer.ids = [peer.publish(str(n), channel="ab"[n % 2]).first for n in range(10)]
    for _ in peer.ids:
        peer.event()
    return peer
