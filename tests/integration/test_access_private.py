# SPDX-License-Identifier: MIT
"""Private channels and events: who hears them, and who does not even hear of them."""

import contextlib
import json

import pytest

from visitor import visitor
from wire import Item, Publish, Stored

FILES = b"x" * 100 + b"\n"
PRIVATE = bytes([128, 0, 0])  # the trait

STAFF = {
    "responder": {"private": "users/{+rest} builds/{name}", "window": "1M"},
    "access own": {"who": "users", "subscribe": "users/%u/{+rest} users/%u"},
    "access staff": {"who": "user:bob", "subscribe": "builds/{name}"},
}


@pytest.fixture(scope="module")
def staff(make_shared_world):
    return make_shared_world(STAFF)


def is_refused(answer, status, code, challenge=None):
    assert (answer.status, answer.json["error"]) == (status, code), answer
    said = answer.headers.get("www-authenticate", "")
    assert said.startswith('Bearer realm="tidings"') and (challenge or "") in said, answer.headers


def publish_private(world, channel, data):
    """With the trait, which only other programs of the hub's can give."""
    with contextlib.closing(world.hub_peer()) as peer:
        peer.send(Publish(1, 0, 0, channel, "", [Item("", None, data)], PRIVATE))
        return peer.expect(Stored).last


# ---- by its name

def test_user_7_never_sees_what_is_for_user_8(staff):
    seven, eight = visitor(staff, user="7"), visitor(staff, user="8")
    mine, theirs = seven.listen("users/7"), eight.listen("users/8")
    staff.publish("for 8", channel="users/8")
    staff.publish("for 7", channel="users/7")
    mine.sees("for 7")
    theirs.sees("for 8")
    assert mine.data == ["for 7"] and theirs.data == ["for 8"]
    is_refused(seven.get("/stream?channel=users/8"), 403, "not_granted", "insufficient_scope")
    is_refused(seven.get("/realtime/users%2F8"), 403, "not_granted", "insufficient_scope")


def test_a_stranger_is_refused_a_private_channel_and_hears_the_public_ones(staff):
    stranger = visitor(staff)
    is_refused(stranger.get("/stream?channel=news&channel=users/7"), 403, "not_granted")
    is_refused(stranger.get("/stream?channel=builds/1&since=all"), 403, "not_granted")
    assert stranger.door.ask("HEAD", "/stream?channel=users/7").status == 403
    reader = stranger.listen("news")
    staff.publish("public", channel="news")
    reader.sees("public")


def test_a_private_channel_is_heard_live_and_from_the_past(staff):
    bob = visitor(staff, user="bob")
    first = staff.publish("one", channel="builds/1")
    staff.publish("two", channel="builds/1")
    live = bob.listen("builds/1")
    again = bob.listen("builds/1", last_event_id=str(first))
    again.sees("two")
    staff.publish("three", channel="builds/1")
    live.sees("three")
    again.sees("three")


# ---- by a pattern

def test_a_pattern_gives_each_only_what_he_may_read(staff):
    readers = {name: visitor(staff, user=name).listen(path="/stream?pattern=users/{n}")
               for name in ("7", "8", "bob")}
    anybody = visitor(staff).listen(path="/stream?pattern=users/{n}&channel=news")
    for name in ("8", "7", "bob", "7"):
        staff.publish("for " + name, channel="users/" + name)
    staff.publish("fence", channel="news")
    anybody.sees("fence")
    readers["7"].sees("for 7", "for 7")
    readers["8"].sees("for 8")
    readers["bob"].sees("for bob")
    for name, reader in readers.items():
        assert set(reader.data) == {"for " + name}


def test_every_channel_is_every_one_that_he_may_read(make_world):
    world = make_world(STAFF)
    bob, anybody = visitor(world, user="bob"), visitor(world)
    for channel in ("news", "users/bob", "users/7", "builds/1"):
        world.publish(channel, channel=channel)
    past = bob.listen(path="/stream?pattern=*&since=all")
    public = anybody.listen(path="/stream?pattern=*&since=all")
    past.sees("news", "users/bob", "builds/1")
    world.publish("fence", channel="news")
    past.sees("fence")
    public.sees("news", "fence")
    assert public.data == ["news", "fence"]


def test_an_envelope_names_no_channel_that_one_may_not_read(staff):
    reader = visitor(staff, user="7").listen(path="/stream?pattern=users/{n}&channel=news&envelope=1")
    staff.publish("hidden", channel="users/8")
    staff.publish("shown", channel="news")
    event = reader.next()
    while event.type == "connected":
        event = reader.next()
    assert json.loads(event.data) == {"channel": "news", "data": "shown"}


@pytest.mark.parametrize("later", [False, True])
def test_an_envelope_does_not_say_on_whose_channels_a_private_event_is_besides(staff, later):
    since = staff.publish("before", channel="news")
    path = f"/stream?channel=users/7&channel=news&envelope=1&since={since}"
    reader = visitor(staff, user="7")
    if not later:
        reader = reader.listen(path=path)
    staff.broadcast(message="both", channel="users/7", also=["users/8"])
    staff.broadcast(message="shown", channel="news", also=["more"])
    if later:
        reader = reader.listen(path=path)
    events = []
    while len(events) < 2:
        event = reader.next()
        if event.type not in ("connected", "live"):
            events.append(json.loads(event.data))
            events[-1]["data"] = json.loads(events[-1]["data"])["message"]
    assert events == [{"channel": "users/7", "data": "both"},
                      {"channel": "news", "data": "shown", "also": ["more"]}]


# ---- from the log

def test_what_one_may_not_read_is_not_in_the_past_either(make_world):
    """Below the window: pages are read once for all, and given to each by his own grant."""
    world = make_world(STAFF, inbox=False)
    before = world.publish("before", channel="news")
    for n in range(40):
        world.publish(f"7:{n}", channel="users/7")
        world.publish(f"8:{n}", channel="users/8")
        if n % 10 == 0:
            world.publish(f"p:{n}", channel="news")
    for _ in range(16):
        world.publish(FILES * 1000, channel="elsewhere", lines=1)
    query = {"last_event_id": str(before)}
    path = "/stream?pattern=users/{n}&channel=news"
    for name in ("7", "8"):
        reader = visitor(world, user=name).listen(path=path, **query)
        reader.wait(lambda reader=reader: reader.told("live"), reader.story)
        assert [d for d in reader.data if not d.startswith("p:")] == [f"{name}:{n}" for n in range(40)]
        assert [d for d in reader.data if d.startswith("p:")] == [f"p:{n}" for n in range(0, 40, 10)]
        alone = visitor(world, user=name).listen(f"users/{name}", **query)
        alone.wait(lambda alone=alone: alone.told("live"), alone.story)
        assert alone.data == [f"{name}:{n}" for n in range(40)]
    stranger = visitor(world).listen(path=path, **query)
    stranger.wait(lambda: stranger.told("live"), stranger.story)
    assert stranger.data == [f"p:{n}" for n in range(0, 40, 10)]


# ---- on several channels, and by its trait

def test_an_event_is_private_as_a_whole_and_read_by_who_may_read_one_of_its_channels(staff):
    stranger = visitor(staff).listen("team")
    seven = visitor(staff, user="7").listen("team")
    eight = visitor(staff, user="8").listen("team")
    answer = visitor(staff, address="127.0.0.1").post("team", "for 7", also=["users/7"])
    assert answer.status == 200
    staff.publish("fence", channel="team")
    seven.sees("for 7", "fence")
    for reader in (stranger, eight):
        reader.sees("fence")
        assert reader.data == ["fence"]


def test_a_row_of_a_hidden_channel_is_read_by_who_may_read_another(staff):
    """Routing knows nothing of grants: the row on users/8 is the one for a pattern."""
    seven = visitor(staff, user="7").listen(path="/stream?pattern=users/{n}")
    nine = visitor(staff, user="9").listen(path="/stream?pattern=users/{n}&channel=fences")
    visitor(staff, address="127.0.0.1").post("users/8", "for both", also=["users/7"])
    staff.publish("fence", channel="fences")
    seven.sees("for both")
    nine.sees("fence")
    assert nine.data == ["fence"] and seven.data == ["for both"]


def test_an_event_with_the_trait_is_read_by_who_may_read_its_channel(make_world):
    world = make_world({"access staff": {"who": "user:bob", "subscribe": "news"}, "responder": {"window": "1M"}})
    bob, stranger = visitor(world, user="bob").listen("news"), visitor(world).listen("news")
    publish_private(world, "news", "for bob")
    world.publish("fence", channel="news")
    bob.sees("for bob", "fence")
    stranger.sees("fence")
    assert stranger.data == ["fence"]
    later = visitor(world).listen("news", since="all")
    later.sees("fence")
    assert later.data == ["fence"]
    visitor(world, user="bob").listen("news", since="all").sees("for bob", "fence")


# ---- what there is

def test_a_list_of_channels_has_only_those_that_one_may_read(make_world):
    world = make_world(STAFF)
    for channel in ("news", "users/7", "users/8", "builds/1"):
        world.publish("x", channel=channel)

    def names(who, **query):
        return {c["channel"] for c in who.channels(**query)["channels"]}
    assert names(visitor(world)) == {"news"}
    assert names(visitor(world, user="7")) == {"news", "users/7"}
    assert names(visitor(world, user="bob")) == {"news", "builds/1"}
    is_refused(visitor(world).door.ask("GET", "/api/channels/users%2F7"), 403, "not_granted")
    is_refused(visitor(world).door.ask("GET", "/api/channels/users%2Fnone"), 403, "not_granted")
    assert visitor(world, user="7").door.ask("GET", "/api/channels/users%2F7").json["events"] == 1


def test_pages_of_the_list_name_no_hidden_channel_as_where_to_go_on(make_world):
    world = make_world(STAFF)
    for n in range(300):
        world.publish("x", channel=f"users/{n}")
    for n in range(5):
        world.publish("x", channel=f"news-{n}")
    found, after = [], {}
    while True:
        page = visitor(world).channels(limit=2, **after)
        found += [c["channel"] for c in page["channels"]]
        if not page["more"]:
            break
        after = {"after": page["next"]}
        assert page["next"].startswith("news-")
    assert sorted(found) == [f"news-{n}" for n in range(5)]


# ---- who listens at all

def test_where_listeners_need_a_grant_a_stranger_gets_401_and_a_login_is_enough(make_world):
    world = make_world({"responder": {"listeners": "granted"}})
    stranger, alice = visitor(world), visitor(world, user="alice")
    for target in ("/stream", "/realtime/news", "/sse/events", "/metrics", "/tasks/stream", "/api/channels",
                   "/api/channels/news"):
        is_refused(stranger.get(target), 401, "no_token")
    reader = alice.listen("news")
    world.publish("x", channel="news")
    reader.sees("x")
    assert stranger.door.ask("GET", "/health").status == 200


def test_who_means_to_have_a_grant_gets_401_and_no_anonymous_stream(staff):
    is_refused(visitor(staff).get("/stream?channel=news&authorized=1"), 401, "no_token")
    visitor(staff, user="7").listen(path="/stream?channel=news&authorized=1")


def test_a_user_whose_name_looks_like_a_pattern_has_no_more_than_his_own(make_world):
    world = make_world({"responder": {"private": "users/{+rest}"},
                        "access own": {"who": "users", "subscribe": "users/%u"}})
    for name in ("{n}", "*", "{+rest}", "a/b", "%u", "7,8"):
        nobody = visitor(world, user=name)
        is_refused(nobody.get("/stream?channel=users/7"), 403, "not_granted")
    spaced = visitor(world, user="a b")
    spaced.listen("users/a%20b")
