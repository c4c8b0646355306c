# SPDX-License-Identifier: MIT
"""Who comes back to /.well-known/mercure: nothing is lost, nothing comes twice, and he is told."""

import pytest

from mercure import mercure, publisher
from mercure_reader import reader
from world import eventually


def ids_of(app, topic, *data, **more):
    return [app.publish(topic, data=one, **more).text for one in data]


# ---- where from

def test_what_was_missed_comes_after_the_last_id(app, anyone):
    ids = ids_of(app, "missed", "1", "2", "3")
    stream = anyone.listen("missed", last_event_id=ids[0])
    stream.sees("2", "3")
    assert stream.begins_at == ids[0] and stream.ids == ids[1:]
    app.publish("missed", data="4")
    stream.sees("4")


def test_an_id_of_the_publishers_own_is_gone_on_from(app, anyone):
    app.publish("own", data="1", id="urn:uuid:1")
    app.publish("own", data="2", id="https://example.com/ids/2?a=b")
    app.publish("own", data="3", id="ünïcode 3")
    assert anyone.listen("own", last_event_id="urn:uuid:1").sees("2", "3").id == "ünïcode 3"
    stream = anyone.listen("own", lastEventID="https://example.com/ids/2?a=b")
    stream.sees("3")
    assert stream.begins_at == "https://example.com/ids/2?a=b"
    again = anyone.listen("own", lastEventID="ünïcode 3")
    app.publish("own", data="4")
    again.sees("4")


def test_an_id_used_twice_is_the_older_ones(app, anyone):
    app.publish("twice", data="1")
    app.publish("twice", data="2", id="same")
    app.publish("twice", data="3")
    app.publish("twice", data="4", id="same")
    anyone.listen("twice", last_event_id="same").sees("3", "4")


def test_an_id_of_another_topic_is_gone_on_from_as_well(app, anyone):
    ids_of(app, "here", "before")
    [id] = ids_of(app, "elsewhere", "x")
    ids_of(app, "here", "after")
    anyone.listen("here", last_event_id=id).sees("after")


def test_whoever_has_seen_an_update_on_several_topics_is_not_given_it_again(app, anyone):
    answer = app.publish("s1", "s2", "s3", data="all", id="urn:several")
    app.publish("s2", data="then")
    for topics in (["s1", "s2"], ["s2"], ["s{n}"], ["*"]):
        anyone.listen(*topics, last_event_id=answer.text).sees("then")


@pytest.mark.parametrize("spelling", ["lastEventID", "last_event_id", "lastEventId", "Last-Event-ID"])
def test_the_last_id_may_be_in_the_url(app, anyone, spelling):
    ids = ids_of(app, "spelt", "1", "2")
    stream = anyone.listen("spelt", **{spelling: ids[0]})
    stream.sees("2")
    assert stream.begins_at == ids[0]


def test_the_header_beats_the_url(app, anyone):
    ids = ids_of(app, "beats", "1", "2", "3")
    anyone.listen("beats", last_event_id=ids[1], lastEventID=ids[0]).sees("3")


def test_what_a_polyfill_adds_beats_what_the_page_was_made_with(app, anyone):
    ids = ids_of(app, "polyfill", "1", "2", "3")
    stream = anyone.listen("polyfill", **{"lastEventID": ids[0], "Last-Event-ID": ids[0], "lastEventId": ids[1]})
    stream.sees("3")


# ---- from the beginning

def test_earliest_is_everything_that_is_held(app, anyone):
    ids = ids_of(app, "all", "1", "2")
    for stream in (anyone.listen("all", last_event_id="earliest"), anyone.listen("all", lastEventID="earliest")):
        stream.sees("1", "2")
        assert stream.ids == ids and stream.begins_at == "earliest"
    with_template = anyone.listen("al{x}", "nothing", last_event_id="earliest")
    with_template.sees("1", "2")


def test_earliest_of_nothing_is_told_as_well(app, anyone):
    stream = anyone.listen("never published", last_event_id="earliest")
    assert stream.begins_at == "earliest"
    app.publish("never published", data="first")
    stream.sees("first")


@pytest.mark.parametrize("id", ["urn:uuid:unknown", "#999999999", "#", "#x", "#-1", "#1x", "17", "x" * 201, "x" * 5000])
def test_an_id_that_is_not_known_begins_at_the_earliest(app, anyone, id):
    topic = "unknown " + id[:10]
    app.publish(topic, data="1")
    stream = anyone.listen(topic, last_event_id=id)
    assert stream.begins_at == "earliest"
    stream.sees("1")


def test_ids_that_cannot_be_known_are_not_repeated(anyone):
    for id in ("a\r\nSet-Cookie: x", "\x00", "\x7f"):
        stream = anyone.listen("t", lastEventID=id)
        assert stream.begins_at == "earliest" and "set-cookie" not in stream.answer.headers


def test_an_empty_id_is_answered_with_the_newest(site, app, anyone):
    [id] = ids_of(app, "empty", "before")
    stream = anyone.listen("empty", lastEventID="")
    assert stream.begins_at == id
    app.publish("empty", data="after")
    stream.sees("after")


# ---- gaps

@pytest.fixture
def pruned(make_world, tmp_path):
    """Three of eight updates are held, also by the responder, which is a new one."""
    world = make_world(mercure(tmp_path, {"channel gap": {"keep_events": "3"}}))
    ids = ids_of(publisher(world, publish=["*"]), "gap", *"12345678")
    eventually(lambda: world.channel("gap")["events"] == 3, "three updates being held")
    world.responder.kill_worker()
    world.is_healthy()
    return reader(world), ids


def test_a_gap_is_told_in_the_head(pruned):
    anyone, ids = pruned
    stream = anyone.listen("gap", last_event_id=ids[0])
    assert stream.begins_at == "earliest"
    stream.sees(*"678")
    whole = anyone.listen("gap", last_event_id=ids[5])
    assert whole.begins_at == ids[5]
    whole.sees("7", "8")


def test_a_gap_is_an_event_for_who_asks_for_that(pruned):
    anyone, ids = pruned
    stream = anyone.listen("gap", last_event_id=ids[0], gaps=1)
    event, data = stream.is_told("reset")
    assert data == {"requested": ids[0], "oldest": ids[5], "newest": ids[7]}
    assert event.id == f"#{int(ids[5][1:]) - 1}" and stream.begins_at == "earliest"
    stream.sees(*"678")


# ---- when something dies

def test_a_killed_responder_costs_no_update(make_world, tmp_path):
    world = make_world(mercure(tmp_path))
    app = publisher(world, publish=["*"])
    stream = reader(world).listen("kill", reconnect=True, browser=True)
    world.responder.kill_worker()
    world.is_healthy()
    assert app.publish("kill", data="before it is back").status == 200
    stream.sees("before it is back")
    for n in range(3):
        app.publish("kill", data=f"{n}a")
        world.responder.kill_worker()
        world.is_healthy()
        app.publish("kill", data=f"{n}b", id=f"urn:{n}")
        stream.sees(f"{n}a", f"{n}b")
    assert len(stream.events) == 7


def test_a_hub_that_starts_again_costs_no_update(make_world, tmp_path):
    world = make_world(mercure(tmp_path))
    app = publisher(world, publish=["*"])
    app.publish("hub", data="1", id="urn:1")
    stream = reader(world).listen("hub", reconnect=True)
    world.hub.kill_worker()
    world.is_healthy()
    app.publish("hub", data="2")
    stream.sees("2")
    assert stream.ends == 0
    reader(world).listen("hub", last_event_id="urn:1").sees("2")


def test_while_the_hub_is_away_who_comes_back_is_told_to_try_again(make_world, tmp_path):
    world = make_world(mercure(tmp_path))
    app = publisher(world, publish=["*"])
    app.publish("away", data="1", id="urn:1")
    world.hub.stop()
    world.is_degraded()
    stream = reader(world).listen("away", last_event_id="urn:1", reconnect=True, wait=False)
    stream.wait(lambda: stream.ends > 0, lambda: "no end", within=15)
    assert stream.answers[0].status == 200 and stream.answers[0].ended
    world.hub.start()
    world.is_healthy()
    app.publish("away", data="2")
    stream.sees("2", within=15)
