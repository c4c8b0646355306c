# SPDX-License-Identifier: MIT
"""Presence: who is on a channel, and who comes and goes, whoever dies meanwhile."""

import json
import sqlite3
import time
from contextlib import closing
from urllib.parse import quote

import jwt
import pytest

from attendance import ids, seen, sees, watch, who
from peers import Hub
from test_tokens import SECRET
from visitor import visitor
from wire import Joined, Left
from world import eventually

ON = {"responder": {"mercure_subscriptions": "yes", "workers": 2}}
PRIVATE = {
    "responder": {"mercure_subscriptions": "yes", "private": "secret/{+rest}"},
    "access staff": {"who": "users", "subscribe": "secret/%u"},
}
CHANNEL = "/.well-known/mercure/subscriptions"


@pytest.fixture(scope="module")
def site(make_shared_world):
    return make_shared_world(ON)


def changes(world):
    """All changes that are stored, by the subscriber: [(here, topic) ...]."""
    with closing(sqlite3.connect(f"file:{world.log_db}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT data FROM event JOIN channel ON channel = number"
                          " WHERE name = CAST(? AS BLOB) ORDER BY id", (CHANNEL,)).fetchall()
    told = {}
    for data, in rows:
        document = json.loads(data)
        told.setdefault(document["subscriber"], []).append((document["active"], document["topic"]))
    return told


def each_came_and_left_once(world):
    """Nobody is told to come twice, or to leave twice; who is there has not left."""
    for subscriber, told in changes(world).items():
        for topic in {topic for _, topic in told}:
            assert [here for here, which in told if which == topic] in ([True], [True, False]), \
                (subscriber, told)


# ---- what a page sees

def test_who_is_there_is_listed_and_who_comes_and_goes_is_told(site):
    first = watch(site, "room")
    entry, = sees(first, 1).values()
    assert set(entry) == {"id", "since"} and entry["id"].startswith("urn:uuid:")
    second = watch(site, "room")
    sees(first, 2)
    sees(second, 2)
    joined = json.loads(first.told("join")[-1].data)
    assert joined["channel"] == "room" and set(joined) == {"channel", "id", "since"}
    second.leave()
    sees(first, 1)
    left = json.loads(first.told("leave")[-1].data)
    assert left["id"] == joined["id"] and left["channel"] == "room"
    first.leave()
    each_came_and_left_once(site)


def test_the_events_have_no_id_and_the_channels_own_go_on(site):
    reader = watch(site, "plain")
    sees(reader, 1)
    before = reader.last_id
    other = watch(site, "plain")
    sees(reader, 2)
    other.leave()
    reader.wait(lambda: reader.told("leave"), reader.story)
    assert reader.last_id == before
    assert all(event.id is None or event.id == before for event in reader.told("present"))
    number = site.publish("hello", channel="plain")
    reader.wait(lambda: "hello" in reader.data, reader.story)
    assert reader.last_id == str(number)


def test_whoever_does_not_ask_to_be_seen_is_not(site):
    site.listen("quiet")
    assert who(site, "quiet")["subscribers"] == []
    one = watch(site, "quiet")
    sees(one, 1)
    assert len(who(site, "quiet")["subscribers"]) == 1


def test_a_stream_of_several_channels_is_on_each_and_sees_each(site):
    both = watch(site, "left", "right")
    both.wait(lambda: len(both.told("present")) >= 2, both.story)
    channels = {json.loads(event.data)["channel"] for event in both.told("present")}
    assert channels == {"left", "right"}
    eventually(lambda: ids(site, "left") == ids(site, "right") != set(), "one stream, on both")


def test_the_address_of_a_channel_says_who_is_there(site):
    reader = watch(site, "a/b c")
    subscriber, = sees(reader, 1)
    answer = who(site, "a/b c")
    assert answer["channel"] == "a/b c" and answer["more"] is False
    assert [entry["id"] for entry in answer["subscribers"]] == [subscriber]
    assert int(answer["id"]) > 0
    reader.leave()
    eventually(lambda: who(site, "a/b c")["subscribers"] == [], "it has left")


def test_a_list_of_many_shows_some_and_says_how_many_there_are(make_world):
    world = make_world({"responder": {"mercure_subscriptions": "yes", "presence_list": 3}})
    first = watch(world, "many")
    sees(first, 1)
    for _ in range(4):
        watch(world, "many")
    first.wait(lambda: len(seen(first)) == 5, first.story)
    late = watch(world, "many")
    late.wait(lambda: len(ids(world, "many")) == 6 and late.told("present"), late.story)
    told = json.loads(late.told("present")[0].data)
    assert len(told["subscribers"]) == 3 and told["more"] is True and told["count"] in (5, 6)
    assert {entry["id"] for entry in told["subscribers"]} <= set(seen(first)), "who has been there longest"
    assert json.loads(first.told("present")[0].data)["more"] is False


def test_a_long_list_comes_in_pages(site):
    readers = [watch(site, "many", wait=False) for _ in range(7)]
    eventually(lambda: len(ids(site, "many")) == 7, "all are there")
    found, after = [], None
    for _ in range(4):
        page = who(site, "many", limit=2, **({"after": after} if after else {}))
        found += [entry["id"] for entry in page["subscribers"]]
        after = page.get("next")
        assert page["more"] == (after is not None)
    assert len(found) == len(set(found)) == 7 and after is None
    for reader in readers:
        reader.leave()


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "after=x", "after=-1"])
def test_a_bad_page_of_who_is_there_is_refused(site, query):
    answer = site.door.ask("GET", f"/api/channels/many/presence?{query}")
    assert (answer.status, answer.json["error"]) == (400, "bad_query")


@pytest.mark.parametrize("query", [
    "channel=a&presence=2", "channel=a&presence=1&by=name",
    "presence=1&" + "&".join(f"channel=c{i}" for i in range(101))])
def test_a_wish_to_be_seen_that_makes_no_sense_is_refused(site, query):
    answer = site.door.ask("GET", f"/stream?{query}")
    assert (answer.status, answer.json["error"]) == (400, "bad_presence")


def test_where_it_is_off_nobody_is_seen(make_world):
    world = make_world()
    answer = world.door.ask("GET", "/stream?channel=a&presence=1")
    assert (answer.status, answer.json["error"]) == (400, "bad_presence")
    assert world.door.ask("GET", "/api/channels/a/presence").status == 404
    world.listen("a", presence=0)
    assert changes(world) == {}


# ---- users

@pytest.fixture(scope="module")
def secret_site(make_shared_world, tmp_path_factory):
    key = tmp_path_factory.mktemp("keys") / "site.key"
    key.write_text(SECRET)
    key.chmod(0o600)
    return make_shared_world({**PRIVATE, "keys site": {"file": key, "algorithms": "HS256"}})


def bearer(subject, payload=None, *channels):
    claims = {"sub": subject, "mercure": {"subscribe": list(channels)}}
    if payload is not None:
        claims["mercure"]["payload"] = payload
    return jwt.encode(claims, SECRET, "HS256")


def test_a_users_name_and_the_payload_of_his_token_are_shown(secret_site):
    ann = visitor(secret_site, token=bearer("ann", {"colour": "red"}))
    reader = ann.listen("open", presence=1)
    entry, = sees(reader, 1).values()
    assert entry["user"] == "ann" and entry["payload"] == {"colour": "red"}
    bob = visitor(secret_site, user="bob").listen("open", presence=1)
    assert {entry.get("user") for entry in sees(bob, 2).values()} == {"ann", "bob"}


def test_a_login_that_is_no_text_is_left_out(secret_site):
    reader = visitor(secret_site, user="\udcff\udcfe").listen("odd", presence=1)
    entry, = sees(reader, 1).values()
    assert "user" not in entry


def test_a_ticket_shows_whose_it_is(secret_site):
    ann = visitor(secret_site, token=bearer("ann", {"colour": "red"}, "secret/ann"))
    answer = ann.door.ask("POST", "/api/ticket", {}, b"")
    assert answer.status == 200, answer
    reader = visitor(secret_site).listen("secret/ann", presence=1, ticket=answer.json["ticket"])
    entry, = sees(reader, 1).values()
    assert entry["user"] == "ann" and entry["payload"] == {"colour": "red"}


def test_who_is_on_a_private_channel_is_seen_by_whoever_may_read_it(secret_site):
    bob = visitor(secret_site, user="bob")
    reader = bob.listen("secret/bob", presence=1)
    sees(reader, 1)
    for other in (visitor(secret_site, user="eve"), visitor(secret_site)):
        answer = other.door.ask("GET", "/api/channels/secret%2Fbob/presence")
        assert answer.status in (401, 403)
        assert other.door.ask("GET", "/stream?channel=secret/bob&presence=1").status in (401, 403)
    assert len(who(secret_site, "secret/bob", bob.door)["subscribers"]) == 1


def test_by_a_pattern_nobody_is_seen_on_a_channel_that_is_spelt_like_it(secret_site):
    ann = visitor(secret_site, token=bearer("ann", None, "secret/{name}", CHANNEL + "{/t}{/s}"))
    for text in ("secret/{name}", "*"):
        reader = ann.listen(path="/stream", pattern=text, presence=1)
        answer = visitor(secret_site).door.ask(
            "GET", f"/api/channels/{quote(text, safe='')}/presence")
        assert answer.status == 404, answer
        answer = visitor(secret_site).get(f"/stream?channel={quote(text, safe='')}&presence=1")
        assert (answer.status, answer.json["error"]) == (400, "bad_presence")
        reader.leave()
    spelt = secret_site.listen("a{", presence=1)  # no pattern
    sees(spelt, 1)


def test_changes_are_private_events_on_a_channel_of_their_own(secret_site):
    spy = secret_site.listen(CHANNEL, since="all", wait=False)
    pattern = secret_site.listen("any", pattern="*", since="all")
    reader = visitor(secret_site, user="dan").listen("secret/dan", presence=1)
    sees(reader, 1)
    number = secret_site.publish("end", channel="any")
    pattern.wait(lambda: pattern.last_id == str(number), pattern.story)
    assert not any("urn:uuid" in event.data for event in pattern.events + spy.events)
    granted = visitor(secret_site, token=bearer("op", None, CHANNEL + "/{topic}/{subscriber}"))
    watcher = granted.listen(path="/stream", pattern="*", since="all")
    watcher.wait(lambda: any("urn:uuid" in data for data in watcher.data), watcher.story)
    document = json.loads(next(data for data in watcher.data if "urn:uuid" in data))
    assert document["@context"] == "https://mercure.rocks/" and document["type"] == "Subscription"
    assert document["id"] == "/".join((CHANNEL, quote(document["topic"], safe=""),
                                       quote(document["subscriber"], safe="")))


def test_nobody_else_can_say_who_is_there(secret_site):
    answer = secret_site.post(f"/realtime/{quote(CHANNEL, safe='')}", b"forged")
    assert answer.status == 400
    answer = secret_site.post(f"/realtime/x?also={quote(CHANNEL + '/a/b', safe='')}", b"forged")
    assert answer.status == 400


def test_several_windows_of_a_user_can_be_one_and_a_reload_is_no_leave(secret_site):
    folded = visitor(secret_site, user="zoe").listen("desk", presence=1, by="user")
    sees(folded, 1)
    ann = visitor(secret_site, user="ann")
    one = ann.listen("desk", presence=1)
    sees(folded, 2)
    two = ann.listen("desk", presence=1)
    sees(two, 3)
    one.leave()
    two.leave()
    again = ann.listen("desk", presence=1)
    left = time.monotonic()
    sees(again, 2)
    again.leave()
    folded.wait(lambda: folded.told("leave"), folded.story, 15)
    assert time.monotonic() - left >= 4
    assert len(folded.told("join")) in (1, 2) and len(folded.told("leave")) == 1
    assert json.loads(folded.told("leave")[0].data)["user"] == "ann"
    assert len(sees(folded, 1)) == 1


def test_all_addresses_of_a_network_of_ipv6_have_one_budget(make_world):
    world = make_world({"responder": {"mercure_subscriptions": "yes"}, "hub": {"presence_rate": 1}})
    for n in range(3):  # of which the second spends what is left of a hundred
        visitor(world, address=f"2001:db8::{n}").listen(*(f"{n}.{i}" for i in range(60)), presence=1)
    visitor(world, address="2001:db8:0:1::1").listen("other", presence=1)
    eventually(lambda: ids(world, "other") and ids(world, "1.59"), "the first two, and another one")
    assert not ids(world, "2.0")


# ---- whoever dies

def test_a_killed_responder_takes_its_streams_along_after_five_seconds(make_world):
    world = make_world({"responder": {"mercure_subscriptions": "yes", "workers": 2}})
    hub = Hub(world.hub_socket)
    hub.send(*(Joined(bytes([n]) * 16, b"::1", b"", b"", [b"room"]) for n in range(1, 4)))
    reader = watch(world, "room", reconnect=True)
    sees(reader, 4)
    killed = time.monotonic()
    hub.close()
    sees(reader, 1, within=15)
    assert time.monotonic() - killed >= 4
    each_came_and_left_once(world)


def test_streams_of_a_killed_worker_come_back_as_others_and_the_old_ones_leave(make_world):
    world = make_world({"responder": {"mercure_subscriptions": "yes"}})
    readers = [watch(world, "room", reconnect=True) for _ in range(6)]
    eventually(lambda: len(ids(world, "room")) == 6, "all are there")
    before = ids(world, "room")
    world.responder.kill_worker()
    eventually(lambda: len(ids(world, "room")) == 6 and not ids(world, "room") & before,
               "others are there", within=20)
    for reader in readers:
        reader.wait(lambda r=reader: len(seen_last(r)) == 6, reader.story, 15)
    each_came_and_left_once(world)


def seen_last(listener):
    """The same as seen(), of a stream that has been opened anew: since its last list."""
    there = {}
    for event in listener.events:
        if event.type == "present":
            there = {entry["id"] for entry in json.loads(event.data)["subscribers"]}
        elif event.type == "join":
            there.add(json.loads(event.data)["id"])
        elif event.type == "leave":
            there.discard(json.loads(event.data)["id"])
    return there


def test_a_hub_that_starts_again_finds_everybody_and_tells_nobody_twice(make_world):
    world = make_world(ON)
    readers = [watch(world, "room") for _ in range(5)]
    eventually(lambda: len(ids(world, "room")) == 5, "all are there")
    before = ids(world, "room")
    for _ in range(3):
        world.hub.kill_all()
        readers.pop().leave()  # while there is no hub
        world.hub.start()
        world.is_healthy()
    eventually(lambda: len(ids(world, "room")) == 2, "three have left", within=20)
    assert ids(world, "room") < before
    for reader in readers:
        sees(reader, 2)
    each_came_and_left_once(world)


def test_what_a_killed_hub_had_not_committed_is_told_by_the_next(make_world):
    world = make_world(ON)
    for _ in range(4):
        readers = [watch(world, "room", wait=False) for _ in range(8)]
        world.hub.kill_all()
        world.hub.start()
        world.is_healthy()
        for reader in readers[:4]:
            reader.leave()
    eventually(lambda: len(ids(world, "room")) == 16, "those that stayed", within=20)
    each_came_and_left_once(world)


def test_whoever_falls_behind_again_and_again_is_given_one_list_in_each_second(make_world):
    world = make_world({**ON, "hub": {"presence_rate": 0}})
    slow = watch(world, "room", receive_buffer=4096)
    sees(slow, 1)
    hub, began, number = Hub(world.hub_socket), time.monotonic(), 0
    while time.monotonic() < began + 2:
        numbers = [n.to_bytes(16, "big") for n in range(number, number + 300)]
        hub.send(*(Joined(n, b"", b"u" * 900, b"", [b"room"]) for n in numbers))
        hub.send(*(Left(n) for n in numbers))
        number, had = number + 300, len(slow.events)
        slow.wait(lambda had=had: len(slow.events) > had, slow.story)
    eventually(lambda: len(ids(world, "room")) == 1, "all but one have left", within=20)
    slow.wait(lambda: len(seen_last(slow)) == 1, lambda: str(len(seen_last(slow))), 20)
    assert 2 < len(slow.told("present")) <= time.monotonic() - began + 2


def test_one_that_stops_reading_is_given_the_whole_list_when_it_goes_on(make_world):
    world = make_world(ON)
    slow = watch(world, "room", receive_buffer=4096)
    sees(slow, 1)
    slow.pause()
    hub = Hub(world.hub_socket)
    for round in range(40):
        numbers = [(round * 50 + n).to_bytes(16, "big") for n in range(50)]
        hub.send(*(Joined(n, b"", b"u" * 500, b"", [b"room"]) for n in numbers))
        if round < 39:
            hub.send(*(Left(n) for n in numbers))
    eventually(lambda: len(ids(world, "room")) == 51, "the last are there", within=20)
    slow.resume()
    slow.wait(lambda: len(seen_last(slow)) == 51, lambda: str(len(seen_last(slow))), 20)
