# SPDX-License-Identifier: MIT
"""What a stranger learns of private channels and events: nothing, whatever he asks."""

import hashlib
import json

import pytest

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


# ---- alike: whether there is something private makes no difference to a stranger

SECRETS = {"responder": {"private": "secret/{name}", "window": "1M"}, "access ci": CI,
           "access one": {"who": "user:one", "subscribe": "secret/1"}}
FAR = "\n".join("x" * 60000 for _ in range(16))  # so many lines that a window of 1M holds them not


@pytest.fixture
def secrets(make_world):
    world = make_world(SECRETS)
    return world, visitor(world, token=SECRET), visitor(world)


def told_of(visitor, *channels, **how):
    """A stream that has caught up, and the gaps that it was told of."""
    reader = visitor.listen(*channels, **how)
    reader.wait(lambda: reader.told("live"), reader.story)
    return reader, reader.told("reset")


def test_a_stranger_is_told_the_same_of_a_channel_that_is_there_and_of_one_that_is_not(secrets):
    world, ci, stranger = secrets
    ci.post("secret/42")
    for path in ("/api/channels/secret%2F4{}", "/realtime/secret%2F4{}", "/stream?channel=secret/4{}",
                 "/stream?channel=secret/4{}&since=all", "/stream?channel=secret/4{}&lastEventId=5"):
        there, missing = (stranger.get(path.format(n)) for n in "23")
        assert there.status == missing.status == 403, path
        assert there.body == missing.body, path


def test_a_public_channel_with_private_events_alone_looks_like_one_that_is_not_there(secrets):
    world, ci, stranger = secrets
    ci.post("chat", also=["secret/1"])
    there, missing = (stranger.get(f"/api/channels/{name}").json for name in ("chat", "tahc"))
    assert {**there, "channel": ""} == {**missing, "channel": ""}
    assert stranger.channels() == {"channels": [], "more": False}
    assert ci.get("/api/channels/chat").json["events"] == 1
    assert visitor(world, user="one").get("/api/channels/chat").json["events"] == 0


def test_counts_of_public_events_stay_right_when_the_hub_starts_anew(secrets):
    world, ci, stranger = secrets
    first = int(ci.post("chat", "public").json["id"])
    ci.post("chat", "private", also=["secret/1"])
    ci.post("chat", "private", also=["secret/2"])
    last = int(ci.post("chat", "public").json["id"])
    ci.post("chat", "private", also=["secret/1"])
    before = stranger.get("/api/channels/chat").json
    assert [before[key] for key in ("events", "oldest", "newest")] == [2, str(first), str(last)]
    world.hub.stop()
    world.hub.start()
    world.is_healthy()
    assert {**stranger.get("/api/channels/chat").json, "subscribers": 0} == {**before, "subscribers": 0}
    assert ci.get("/api/channels/chat").json["events"] == 5


def test_the_past_begins_for_a_stranger_with_what_he_may_read(secrets):
    world, ci, stranger = secrets
    ci.post("chat", "private", also=["secret/1"])
    first = int(ci.post("chat", "public").json["id"])
    ci.post("fill", FAR, lines=1)
    ci.post("fill", FAR, lines=1)
    reader, resets = told_of(stranger, "chat", since="all")
    assert reader.data == ["public"] and not resets
    assert int(reader.told("connected")[0].id) == first - 1


def test_a_gap_says_of_a_public_channel_only_what_was_public(make_world):
    world = make_world({**SECRETS, "channel chat": {"keep_events": "4"}})
    ci, stranger = visitor(world, token=SECRET), visitor(world)
    old = int(ci.post("chat", "public").json["id"])
    cursor = int(ci.post("fill").json["id"])
    for _ in range(3):
        ci.post("chat", "private", also=["secret/1"])
    kept = int(ci.post("chat", "public").json["id"])
    for _ in range(2):
        ci.post("chat", "private", also=["secret/1"])
    ci.post("fill", FAR, lines=1)
    ci.post("fill", FAR, lines=1)
    eventually(lambda: ci.get("/api/channels/chat").json["events"] == 4, "the older ones being gone")
    reader, resets = told_of(stranger, "chat", last_event_id=str(cursor))
    assert reader.data == ["public"]
    assert not resets, "only private events have gone since"
    reader, resets = told_of(stranger, "chat", last_event_id=str(old - 1))
    assert reader.data == ["public"]
    gap = json.loads(resets[0].data)
    assert (gap["oldest"], gap["newest"]) == (str(kept), str(kept)) and int(resets[0].id) == kept - 1
    for who in (ci, visitor(world, user="one")):
        assert told_of(who, "chat", last_event_id=str(cursor))[1], "he may have missed something"


def test_a_reader_of_one_private_channel_learns_no_name_of_another(secrets):
    world, ci, _ = secrets
    one = visitor(world, user="one")
    cursor = int(ci.post("fill").json["id"])
    for n in range(30):
        ci.post(f"secret/{n}", also=["chat"])
    listed = one.channels(limit=2)
    assert sorted(line["channel"] for line in listed["channels"]) == ["fill", "secret/1"]
    assert listed["more"] is False
    for pattern in ("secret/2{x}", "secret/x{x}"):
        reader, resets = told_of(one, pattern=pattern, last_event_id=str(cursor))
        assert not resets and not reader.data


def test_pages_of_a_list_name_nothing_hidden_whatever_name_they_begin_behind(secrets):
    world, ci, stranger = secrets
    names = [f"open/{n}" for n in range(20)]
    for n, name in enumerate(names):
        ci.post(name)
        ci.post(f"secret/{n}")
    found, after = [], {}
    while True:
        page = stranger.channels(limit=3, **after)
        assert len(page["channels"]) == 3 or not page["more"]
        found += [line["channel"] for line in page["channels"]]
        if not page["more"]:
            assert "next" not in page
            break
        assert page["next"] == found[-1]
        after = {"after": page["next"]}
    assert sorted(found) == sorted(names)
    for there in range(20):  # a name behind which to begin stands where it would stand
        before = stranger.channels(after=f"secret/{there}")
        assert all(line["channel"].startswith("open/") for line in before["channels"])


def test_metrics_have_no_names(secrets):
    world, ci, stranger = secrets
    ci.post("secret/42", also=["chat"])
    visitor(world, user="one").listen("secret/1")
    text = stranger.door.ask("GET", "/metrics", {"Accept": "text/plain"}).body
    assert b"tidings_" in text and b"secret" not in text and b"chat" not in text
    assert b"secret" not in stranger.get("/health").body


def test_what_becomes_private_is_so_as_soon_as_hub_or_responder_knows(make_world):
    """Each by itself, since they read the configuration at their own starts."""
    world = make_world({"responder": {"private": "team/{name}"}, "access ci": CI})
    ci, stranger = visitor(world, token=SECRET), visitor(world)
    for name in ("secret/1", "team/1"):
        ci.post(name, also=["chat"])
    ci.post("chat", "public")
    names = [line["channel"] for line in stranger.channels()["channels"]]
    assert sorted(names) == ["chat", "secret/1"]
    assert stranger.get("/api/channels/chat").json["events"] == 2
    world.restart_hub({"responder": {"private": "secret/{name}"}})
    world.is_healthy()
    assert [line["channel"] for line in stranger.channels()["channels"]] == ["chat"]
    assert stranger.get("/api/channels/chat").json["events"] == 2
    assert stranger.get("/api/channels/team%2F1").status == 403
