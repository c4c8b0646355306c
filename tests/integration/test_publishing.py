# SPDX-License-Identifier: MIT
"""POST: what is stored, what is sent on, who may, and what a 2xx promises."""

import json
import re
from urllib.parse import quote

import pytest

from wire import ALL
from world import eventually

JSON = {"Content-Type": "application/json"}


# ---- /api/broadcast

def test_a_broadcast_is_sent_on_without_channel_event_and_id(world):
    reader = world.listen("alerts")
    answer = world.broadcast(message={"a": [1, 2.5, None, "ä"]}, channel="alerts", event="note",
                             id="k1", level="high")
    assert answer.status == 200
    assert answer.json == {"status": "ok", "id": answer.json["id"], "channel": "alerts"}
    assert isinstance(answer.json["id"], str) and answer.json["id"].isdigit()
    reader.is_connected()
    event = reader.next()
    assert (event.type, event.id) == ("note", answer.json["id"])
    data = json.loads(event.data)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", data.pop("timestamp"))
    assert data == {"message": {"a": [1, 2.5, None, "ä"]}, "level": "high"}


def test_a_broadcast_without_channel_goes_to_main(world):
    reader = world.listen()
    assert world.broadcast(message="hello").json["channel"] == "main"
    reader.is_connected()
    assert json.loads(reader.next().data)["message"] == "hello"


def test_a_timestamp_that_was_given_is_kept(world):
    reader = world.listen()
    world.broadcast(message="x", timestamp="yesterday")
    reader.is_connected()
    assert json.loads(reader.next().data) == {"message": "x", "timestamp": "yesterday"}


@pytest.mark.parametrize("message", ["", 0, None, False, [], {}, "x" * 60_000, 1e300,
                                     "\u2028\x00".replace("\x00", ""), -5, "\U0001f600"])
def test_a_message_may_be_any_json(world, message):
    reader = world.listen()
    assert world.broadcast(message=message).status == 200
    reader.is_connected()
    assert json.loads(reader.next().data)["message"] == message


def test_numbers_are_sent_on_as_they_were_written(world):
    reader = world.listen()
    world.post("/api/broadcast", b'{"message": [12345678901234567890, 1.10, 1E5, -0]}', JSON)
    reader.is_connected()
    data = reader.next().data.replace(" ", "")
    assert "12345678901234567890" in data and "1.10" in data and "1E5" in data


def test_a_broadcast_is_one_line_however_it_was_indented(world):
    reader = world.listen()
    world.post("/api/broadcast", b'{\r\n  "message":\r\n  {\n"a" : 1 }\r}', JSON)
    reader.is_connected()
    assert "\n" not in reader.next().data


def test_content_type_may_have_parameters_and_capitals(world):
    for kind in ("application/json; charset=utf-8", "Application/JSON"):
        answer = world.post("/api/broadcast", b'{"message": 1}', {"Content-Type": kind})
        assert answer.status == 200, answer


# ---- /realtime/{channel}

def test_the_body_is_the_data_byte_for_byte(world):
    reader = world.listen("a")
    for body in ("plain", '{"json": "too"}', " leading", "trailing\n", "", "tab\t", "\ufeffBOM"):
        world.publish(body, channel="a")
        reader.sees(body)


def test_any_content_type_will_do(world):
    reader = world.listen("a")
    for kind in (None, "text/plain", "application/x-www-form-urlencoded", "image/png"):
        answer = world.post("/realtime/a", b"x", {"Content-Type": kind} if kind else {})
        assert answer.status == 200
        assert answer.json == {"status": "ok", "id": answer.json["id"], "channel": "a"}
        reader.sees("x")


def test_an_event_type_is_given_by_its_parameter(world):
    reader = world.listen("a")
    for type in ("note", "späte Züge", "error", "open", "x" * 64):
        world.publish("x", channel="a", event=type)
        reader.sees("x", type=type)


def test_the_type_message_is_no_type(world):
    reader = world.listen("a")
    world.publish("x", channel="a", event="message")
    reader.sees("x", type="message")


def test_lines_are_published_one_by_one_in_one_transaction(world):
    reader = world.listen("a")
    answer = world.post("/realtime/a?lines=1&event=line", b"one\ntwo\nthree\n")
    assert answer.status == 200
    first = reader.sees("one", type="line")
    reader.sees("two", type="line")
    last = reader.sees("three", type="line")
    assert int(last.id) == int(first.id) + 2
    assert answer.json["id"] == last.id


def test_lines_with_an_id_are_published_once(world):
    reader = world.listen("a")
    answers = [world.post("/realtime/a?lines=1&id=k", b"one\ntwo") for _ in range(3)]
    assert [a.status for a in answers] == [200] * 3
    assert len({a.json["id"] for a in answers}) == 1
    world.publish("fence", channel="a")
    reader.sees("one", "two", "fence")


def test_lines_with_the_same_id_and_another_line_are_a_conflict(world):
    world.post("/realtime/a?lines=1&id=k", b"one\ntwo")
    answer = world.post("/realtime/a?lines=1&id=k", b"one\nother")
    assert answer.status == 409 and answer.json["error"] and answer.json["message"]


def test_lines_with_an_id_are_taken_however_long_the_id_is(world):
    for length in (12, 50, *range(10, 190, 9)):
        for count in (2, 3, 4, 5):
            id = f"{length}-{count}-".ljust(length, "k")
            answers = [world.post(f"/realtime/a?lines=1&id={id}", b"x\n" * count) for _ in range(2)]
            assert [a.status for a in answers] == [200, 200], (length, count, answers)
            assert answers[0].json == answers[1].json


# ---- idempotency

def test_the_type_message_and_none_are_the_same_content(world):
    id = world.publish("x", channel="a", id="k1")
    assert world.publish("x", channel="a", id="k1", event="message") == id
    one = world.broadcast(message="x", id="k2", event="message")
    assert world.broadcast(message="x", id="k2").json["id"] == one.json["id"]


def test_the_same_id_and_content_is_published_once(world):
    reader = world.listen("a")
    cursors = {world.publish("x", channel="a", id="k1") for _ in range(3)}
    assert len(cursors) == 1
    world.publish("fence", channel="a")
    reader.sees("x", "fence")


def test_the_same_id_with_other_content_is_a_conflict(world):
    world.publish("x", channel="a", id="k1")
    assert world.post("/realtime/a?id=k1", b"y").status == 409
    assert world.post("/realtime/a?id=k1&event=e", b"x").status == 409
    assert world.publish("x", channel="b", id="k1")


def test_a_broadcast_is_compared_before_its_timestamp_is_added(world):
    one = world.broadcast(message="x", id="k")
    two = world.broadcast(message="x", id="k")
    assert two.status == 200 and two.json["id"] == one.json["id"]
    assert world.broadcast(message="y", id="k").status == 409


def test_an_id_holds_over_a_restart_of_both(world):
    cursor = world.publish("x", id="k1")
    world.responder.kill_all()
    world.hub.kill_all()
    world.hub.start()
    world.responder.start()
    world.is_healthy()
    assert world.publish("x", id="k1") == cursor


# ---- who may

def test_only_named_addresses_may_publish(world):
    answer = world.post("/realtime/a", b"x", address="192.0.2.1")
    assert answer.status == 403 and answer.json["error"]
    assert world.post("/realtime/a", b"x", address="127.0.0.9").status == 200
    assert world.post("/realtime/a", b"x", address="::1").status == 200
    for target in ("/api/broadcast", "/sse/send"):
        assert world.post(target, b'{"message":"x"}', JSON, address="192.0.2.1").status == 403


def test_publish_from_names_addresses_and_prefixes(make_world):
    world = make_world({"responder": {"publish_from": "192.0.2.0/24 2001:db8::/32"}})
    for address, status in (("192.0.2.77", 200), ("192.0.3.1", 403), ("2001:db8::5", 200),
                            ("2001:db9::5", 403), ("127.0.0.1", 403)):
        assert world.post("/realtime/a", b"x", address=address).status == status, address


def test_a_page_of_another_site_may_not_publish(world):
    answer = world.post("/realtime/a", b"x", {"Origin": "https://evil.example"})
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers
    assert world.post("/realtime/a", b"x", {"Origin": "http://localhost"}).status == 200
    assert world.post("/realtime/a", b"x", {"Sec-Fetch-Site": "cross-site"}).status == 403


def test_origins_that_are_named_may(make_world):
    world = make_world({"responder": {"origins": "https://app.example"}})
    answer = world.post("/realtime/a", b"x", {"Origin": "https://app.example"})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert "origin" in answer.headers["vary"].lower()
    for origin in ("https://app.example.evil.example", "http://app.example", "null"):
        answer = world.post("/realtime/a", b"x", {"Origin": origin})
        assert answer.status == 403
        assert "access-control-allow-origin" not in answer.headers


def test_a_rate_may_be_set_for_each_address(make_world):
    world = make_world({"responder": {"publish_rate": 5}})
    statuses = [world.post("/realtime/a", b"x").status for _ in range(30)]
    assert statuses[:5] == [200] * 5 and 429 in statuses
    answer = world.post("/realtime/a", b"x")
    assert answer.status == 429 and answer.json["error"] and int(answer.headers["retry-after"]) > 0
    assert world.post("/realtime/a", b"x", address="127.0.0.2").status == 200


# ---- preflight

def preflight(world, target, origin, method="POST"):
    return world.door.ask("OPTIONS", target, {"Origin": origin,
                                              "Access-Control-Request-Method": method,
                                              "Access-Control-Request-Headers": "content-type"})


def test_a_preflight_from_a_named_origin_is_allowed(make_world):
    world = make_world({"responder": {"origins": "https://app.example"}})
    answer = preflight(world, "/api/broadcast", "https://app.example")
    assert answer.status in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()


def test_a_preflight_from_elsewhere_gets_no_cors_headers(make_world):
    world = make_world({"responder": {"origins": "https://app.example"}})
    for target in ("/api/broadcast", "/realtime/a", "/stream"):
        answer = preflight(world, target, "https://evil.example")
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_star_lets_everybody_listen_and_names_nobody_who_may_publish_from_this_machine(make_world):
    world = make_world({"responder": {"origins": "*"}})
    answer = world.post("/realtime/a", b"x", {"Origin": "https://anywhere.example"})
    assert answer.status == 403 and answer.headers["access-control-allow-origin"] == "*"
    answer = world.post("/realtime/a", b"x", {"Origin": "http://localhost:5173"})
    assert answer.status == 200 and answer.headers["access-control-allow-origin"] == "*"
    reader = world.listen("a", headers={"Origin": "https://anywhere.example"})
    assert reader.answer.headers["access-control-allow-origin"] == "*"


def test_a_stream_for_a_foreign_page_has_no_cors_header(world):
    reader = world.listen("a", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in reader.answer.headers


# ---- channels and health

def test_channels_are_listed(world):
    one = world.publish("x", channel="a")
    two = world.publish("y", channel="a")
    world.publish("z", channel="b")
    world.listen("a")
    answer = world.door.ask("GET", "/api/channels")
    assert answer.status == 200
    lines = {line["channel"]: line for line in answer.json["channels"]}
    assert set(lines) >= {"a", "b"}
    assert lines["a"]["subscribers"] == 1 and lines["a"]["events"] == 2
    assert (lines["a"]["oldest"], lines["a"]["newest"]) == (str(one), str(two))


def test_a_thousand_channels_come_in_one_answer(world):
    names = [f"many/{n}" for n in range(1200)]
    for n in range(0, 1200, 400):
        world.listen(*names[n:n + 400])

    def page(limit, after=""):
        return world.door.ask("GET", f"/api/channels?limit={limit}&after={after}").json

    eventually(lambda: len(page(1000)["channels"]) == 1000, "all being counted")
    one = page(1000)
    assert len(one["channels"]) == 1000 and one["more"] and one["next"] == one["channels"][-1]["channel"]
    other = page(1000, quote(one["next"], safe=""))
    assert not other["more"] and "next" not in other
    assert sorted(line["channel"] for line in one["channels"] + other["channels"]) == sorted(names)
    for limit in (1, 256, 257, 600):
        assert page(limit)["channels"] == one["channels"][:limit]


def test_one_channel_is_told(world):
    id = world.publish("x", channel="a/b ä")
    told = world.channel("a/b ä")
    assert (told["channel"], told["events"], told["oldest"], told["newest"], told["subscribers"]) \
        == ("a/b ä", 1, str(id), str(id), 0)


def test_health_is_ok(world):
    answer = world.health()
    assert answer.status == 200 and answer.json["status"] == "ok"
    assert answer.headers["content-type"].startswith("application/json")


def test_what_was_acknowledged_is_in_the_log(world):
    ids = [world.publish(str(n), channel="a") for n in range(30)]
    world.hub.kill_all()
    world.hub.start()
    peer = world.hub_peer()
    following = peer.follow()
    while following.start < following.newest and peer.event().id < following.newest:
        pass
    page = peer.page("a", start=ALL)
    assert [e.id for e in page.events] == ids
