# SPDX-License-Identifier: MIT
"""What was published is deleted again: one event, or all that a channel has."""

import contextlib
import hashlib
import sqlite3
from urllib.parse import quote

import pytest

from fcgi import Exchange, begin, params, stdin, variables
from peers import Proxy
from refused import is_refused
from visitor import visitor
from wire import DENIED, NOTHING, STORED, Delete, Event, Stored
from world import eventually

TO_RESPONDER = Proxy.TO_RESPONDER
SMALL = {"responder": {"window": "1M"}}


def delete(world, channel, id=None, headers=None):
    target = world.base + "/api/channels/" + quote(channel, safe="")
    target += "" if id is None else f"/events/{id}"
    return world.door.ask("DELETE", target, headers)


def deletes(world, channel, id=None):
    answer = delete(world, channel, id)
    assert answer.status == 200, answer
    assert answer.json["status"] == "deleted" and answer.json["channel"] == channel
    assert id is None or answer.json["id"] == str(id)
    return answer


def push_out(world):
    """More than the window holds, elsewhere."""
    for _ in range(16):
        world.publish((b"x" * 100 + b"\n") * 1000, channel="elsewhere", lines=1)


def test_an_event_that_was_deleted_is_given_to_nobody_who_comes_later(world):
    ids = [world.publish(text) for text in ("one", "two", "three")]
    live = world.listen(since="all")
    live.sees("one", "two", "three")
    deletes(world, "main", ids[1])
    late, back = world.listen(since="all"), world.listen(last_event_id=str(ids[0]))
    world.publish("four")
    for reader, data in ((late, ["one", "three", "four"]), (back, ["three", "four"])):
        reader.sees(*data)
        assert not reader.told("reset"), reader.story()
    live.sees("four")
    assert not live.told("reset")
    assert world.channel("main")["events"] == 3


def test_nor_from_the_log_however_long_he_was_away(make_world):
    world = make_world(SMALL, inbox=False)
    ids = [world.publish(text) for text in ("one", "two", "three", "four")]
    push_out(world)
    assert world.listen(since="all").sees("one", "two", "three", "four")
    for id in (ids[0], ids[2]):
        deletes(world, "main", id)
    for start in ({"since": "all"}, {"last_event_id": str(ids[0])}, {"last_event_id": str(ids[0] - 1)}):
        reader = world.listen(**start)
        reader.sees("two", "four")
        assert reader.data == ["two", "four"] and not reader.told("reset"), reader.story()
        reader.leave()
    pattern = world.listen(path="/stream?pattern=ma%7Bx%7D&since=all")
    pattern.sees("two", "four")
    assert pattern.data == ["two", "four"] and not pattern.told("reset")


def test_one_whose_cursor_is_the_deleted_event_goes_on_behind_it(world):
    id = world.publish("one")
    deletes(world, "main", id)
    reader = world.listen(last_event_id=str(id))
    world.publish("two")
    reader.sees("two")
    assert reader.data == ["two"] and not reader.told("reset")


def test_what_is_gone_already_or_never_was_is_a_404(world):
    id = world.publish("one")
    world.publish("other", channel="other")
    deletes(world, "main", id)
    for channel, what in (("main", id), ("other", id), ("main", id + 1), ("nobody", id), ("main", 2**53 - 1)):
        answer = delete(world, channel, what)
        assert answer.status == 404 and answer.json["error"] == "nothing_there", answer
    for bad in ("0", "x", "-1", "1.5", "9" * 30, str(2**53)):
        assert delete(world, "main", bad).status == 400


def test_a_deleted_event_stays_deleted_when_all_start_again(world):
    ids = [world.publish(text) for text in ("one", "two", "three")]
    deletes(world, "main", ids[2])
    deletes(world, "main", ids[0])
    world.hub.kill()
    world.responder.kill()
    world.hub.start()
    world.responder.start()
    world.is_healthy()
    reader = world.listen(since="all")
    reader.sees("two")
    world.publish("four")
    reader.sees("four")
    assert reader.data == ["two", "four"] and not reader.told("reset")
    assert world.channel("main")["events"] == 2
    assert "lost" not in world.hub.log() and "damaged" not in world.hub.log()


def test_a_publish_on_several_channels_goes_from_all_of_them(world):
    before = world.publish("before", channel="b")
    answer = world.post("/realtime/a?also=b&also=c", b"one")
    deletes(world, "b", answer.json["id"])
    for name in "abc":
        world.publish("fence", channel=name)
        reader = world.listen(name, last_event_id=str(before))
        reader.sees("fence")
        assert reader.data == ["fence"] and not reader.told("reset")
    assert [world.channel(name)["events"] for name in "abc"] == [1, 2, 1]
    first = int(answer.json["id"]) - 1
    assert delete(world, "b", first).status == 404


def test_the_same_id_published_again_is_no_new_event(world):
    id = world.publish("one", id="order-1")
    deletes(world, "main", id)
    assert world.publish("one", id="order-1") == id
    assert world.channel("main")["events"] == 0


def test_who_lists_channels_is_not_told_of_what_tells_of_deletes(world):
    deletes(world, "main", world.publish("one"))
    names = [line["channel"] for line in world.door.ask("GET", "/api/channels").json["channels"]]
    assert "main" not in names and not any("tidings" in name for name in names)
    hidden = "/.well-known/tidings/erasures"
    assert world.channel(hidden)["events"] == 0
    assert world.post("/realtime/" + quote(hidden, safe=""), b"x").status == 400
    assert delete(world, hidden).status == 400
    every = world.listen(hidden, path="/stream?pattern=%7B%2Bany%7D&since=all&channel=" + quote(hidden, safe=""))
    world.publish("fence")
    every.sees("fence")
    assert every.data == ["fence"]


# ---- a whole channel

def rows_left(world):
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        return db.execute("SELECT count(*) FROM event WHERE length(data) = 100").fetchone()[0]


def test_a_channel_that_was_deleted_is_empty_at_once_and_no_gap(make_world):
    world = make_world(SMALL, inbox=False)
    first = world.publish("first", channel="a")
    world.publish((b"x" * 100 + b"\n") * 3000, channel="a", lines=1)
    answer = deletes(world, "a")
    assert world.channel("a")["events"] == 0
    live = world.listen("b", "a")
    live.is_connected()
    world.publish("new", channel="a")
    for start in ({"since": "all"}, {"last_event_id": str(first)}, {"last_event_id": answer.json["id"]}):
        reader = world.listen("a", **start)
        reader.sees("new")
        assert reader.data == ["new"] and not reader.told("reset"), reader.story()
        reader.leave()
    live.sees("new")
    assert world.channel("a")["events"] == 1
    eventually(lambda: rows_left(world) == 0, "the rows being gone")
    world.hub.kill()
    world.hub.start()
    world.is_healthy()
    reader = world.listen("a", since="all")
    reader.sees("new")
    assert reader.data == ["new"] and not reader.told("reset")
    assert delete(world, "nobody").status == 404
    deletes(world, "a")
    assert delete(world, "a").status == 404


# ---- who may

SECRET = "tk_of-the-build-server"
CONFIG = {
    "responder": {"private": "builds/{name}", "origins": "https://app.example"},
    "access ci": {"who": f"token:{hashlib.sha256(SECRET.encode()).hexdigest()}",
                  "publish": "builds/{name} a b", "subscribe": "builds/{name}"},
    "access staff": {"who": "users", "publish": "a users/%u/{+rest}"},
}


def asks(visitor, channel, id=None, headers=None):
    target = "/api/channels/" + quote(channel, safe="") + ("" if id is None else f"/events/{id}")
    return visitor.door.ask("DELETE", target, headers)


@pytest.fixture(scope="module")
def site(make_shared_world):
    return make_shared_world(CONFIG)


def test_who_may_publish_on_a_channel_may_delete_there_and_nowhere_else(site):
    alice = visitor(site, user="alice")
    mine, theirs = site.publish("x", channel="users/alice/x"), site.publish("x", channel="users/bob/x")
    is_refused(asks(alice, "users/bob/x", theirs), 403, "not_granted", "insufficient_scope")
    is_refused(asks(alice, "users/bob/x"), 403, "not_granted", "insufficient_scope")
    assert asks(alice, "users/alice/x", theirs).status == 404
    assert asks(alice, "users/alice/x", mine).status == 200
    assert site.channel("users/bob/x")["events"] == 1


def test_a_publish_on_several_channels_goes_only_by_who_may_publish_on_each(site):
    alice, ci = visitor(site, user="alice"), visitor(site, headers={"Authorization": f"Bearer {SECRET}"})
    id = site.post("/realtime/a?also=b", b"x").json["id"]
    is_refused(asks(alice, "a", id), 403, "not_granted", "insufficient_scope")
    assert site.channel("a")["events"] == site.channel("b")["events"] == 1
    assert asks(ci, "a", id).status == 200
    assert site.channel("a")["events"] == site.channel("b")["events"] == 0


def test_a_private_channel_answers_as_one_that_does_not_exist(site):
    alice, nobody = visitor(site, user="alice"), visitor(site)
    id = site.publish("x", channel="builds/1")
    for who in (alice, nobody):
        there = [asks(who, "builds/1", id), asks(who, "builds/1")]
        not_there = [asks(who, "builds/2", id), asks(who, "builds/2")]
        for one, other in zip(there, not_there):
            assert (one.status, one.body) == (other.status, other.body)
            assert one.status in (401, 403)


def test_a_page_of_another_site_cannot_use_a_login_to_delete(site):
    id = site.publish("x", channel="a")
    page = visitor(site, user="alice", origin="https://evil.example", headers={"Sec-Fetch-Site": "cross-site"})
    is_refused(asks(page, "a", id), 403, "foreign_origin")
    app = visitor(site, user="alice", origin="https://app.example")
    preflight = app.door.ask("OPTIONS", f"/api/channels/a/events/{id}", {"Access-Control-Request-Method": "DELETE"})
    assert "DELETE" in preflight.headers["access-control-allow-methods"]
    assert asks(app, "a", id).status == 200


def test_while_the_hub_is_away_nothing_is_said_to_be_deleted(make_world):
    world = make_world(inbox=False)
    id = world.publish("one")
    world.hub.kill()
    answer = delete(world, "main", id)
    assert answer.status == 503 and answer.json["error"] == "hub_away", answer


def test_it_is_said_to_be_deleted_once_nobody_here_is_given_it_any_more(make_world):
    world = make_world(proxy=True, inbox=False)
    id = world.publish("one")
    world.proxy.hold(TO_RESPONDER, Event)
    asked = Exchange(world.fcgi_socket)
    asked.send(begin(), params(variables("DELETE", f"/api/channels/main/events/{id}")), stdin())
    world.proxy.wait_until_held(TO_RESPONDER)  # the hub has said "stored" before
    page = world.door.ask("GET", f"/api/channels/main/events?after={id - 1}").json
    assert [e["data"] for e in page["events"]] == ["one"]  # the window has not heard of it
    asked.sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        asked.sock.recv(1)
    world.proxy.release(TO_RESPONDER)
    asked.sock.setblocking(True)
    assert asked.read().status == 200
    page = world.door.ask("GET", f"/api/channels/main/events?after={id - 1}").json
    assert page["events"] == []


def hub_deletes(peer, channel, id, number, **grant):
    peer.send(Delete(number, 0, channel.encode(), id, **grant))
    return peer.expect(Stored, number=number)


def test_one_that_is_sent_again_to_the_next_hub_is_answered_as_done(make_world):
    world = make_world(responder=False, inbox=False)
    first = world.hub_peer(source=77)
    ids = [first.publish(str(n)).first for n in range(3)]
    done = hub_deletes(first, "main", ids[0], 10)
    assert done.outcome == STORED and done.first == done.last > ids[2]
    all_of_it = hub_deletes(first, "main", 0, 11)
    world.hub.kill_all()
    world.hub.start()
    again = world.hub_peer(source=77)
    assert hub_deletes(again, "main", ids[0], 10) == done
    assert hub_deletes(again, "main", 0, 11) == all_of_it
    assert hub_deletes(again, "main", ids[0], 12).outcome == NOTHING


def test_a_right_on_each_channel_is_the_hubs_to_ask(make_world):
    hub = make_world(responder=False, inbox=False).hub_peer()
    id = hub.publish("x", channel="a").first
    for grant in ([], [b"b"], [(3, b"{x}/y")]):
        assert hub_deletes(hub, "a", id, 9, anywhere=0, grant=grant).outcome == DENIED
    assert hub_deletes(hub, "a", id, 10, anywhere=0, grant=[(3, b"{x}")]).outcome == STORED


def test_a_follower_is_told_in_order_what_was_deleted(make_world):
    hub = make_world(responder=False, inbox=False).hub_peer()
    hub.follow()
    id = hub.publish("x", channel="a").first
    mark = hub_deletes(hub, "a", id, 2)
    assert hub.event().id == id
    told = hub.event()
    assert told.id == mark.first and told.data == b"" and id.to_bytes(8, "little") in told.traits
