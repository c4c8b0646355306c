# SPDX-License-Identifier: MIT
"""What a stranger learns of private channels and events: nothing, whatever he asks."""

import hashlib

from visitor import visitor
from world import eventually

SECRET = "tk_of-the-build-server"
CI = {"who": f"token:{hashlib.sha256(SECRET.encode()).hexdigest()}", "publish": "*", "subscribe": "*"}


def test_a_gap_in_a_private_channel_is_not_told_to_who_may_not_read_it(make_world):
    """Or a pattern finds its name letter by letter, and the id of its event."""
    world = make_world({"responder": {"private": "secret/{name}", "window": "1M"},
                        "channel secret/42": {"keep_events": "1"}, "access ci": CI})
    ci = visitor(world, token=SECRET)
    first = int(ci.post("zoo").json["id"])
    for _ in range(5):
        assert ci.post("secret/42", "\n".join("x" * 10 for _ in range(2000)), lines=1).status == 200
    for _ in range(300):
        ci.post("fill", "x" * 4000)
    eventually(lambda: ci.get("/api/channels/secret%2F42").json["events"] == 1, "the older ones being gone")
    told = {}
    for pattern in ("secret/4{x}", "secret/5{x}"):
        reader = visitor(world).listen(pattern=pattern, last_event_id=str(first))
        reader.wait(lambda: reader.told("live"), reader.story)
        told[pattern] = len(reader.told("reset"))
    assert told["secret/4{x}"] == told["secret/5{x}"], told


def test_private_events_are_not_in_the_counts_of_their_public_channels(make_world):
    world = make_world({"responder": {"private": "secret/{name}"}, "access ci": CI})
    visitor(world, token=SECRET).post("chat", "a", also=["secret/1"])
    seen = visitor(world).get("/api/channels/chat").json
    assert (seen["events"], seen["bytes"], seen["newest"]) == (0, 0, None), seen
    assert visitor(world).channels()["channels"] == []


def test_a_list_does_not_say_that_there_are_more_of_which_none_is_shown(make_world):
    world = make_world({"responder": {"private": "secret/{name}"}, "access ci": CI})
    ci = visitor(world, token=SECRET)
    ci.post("chat")
    for n in range(20):  # in the order of the hub's table some come behind
        ci.post(f"secret/{n}")
    assert visitor(world).channels(limit=1)["more"] is False
