# SPDX-License-Identifier: MIT
"""Streams that end: with what was shown for them, with its key, or because they are old."""

import json
import time

import pytest

from refused import is_refused
from tickets import SITE, asks, cookie_of, key_file, say, site, ticket_of, token  # noqa: F401, a fixture
from visitor import visitor
from world import eventually


def is_expired(reader, reason="token", within=10):
    reader.wait(lambda: reader.told("expired"), lambda: f"not expired; {reader.story()}", within)
    reader.has_ended()
    assert [json.loads(event.data) for event in reader.told("expired")] == [{"reason": reason}]


def rotate(key, folder):
    fresh = folder / "new"
    fresh.write_text("another secret, and no shorter than that one was before")
    fresh.chmod(0o600)
    fresh.rename(key)


def test_a_stream_ends_with_its_token(site):
    end = int(time.time()) + 3
    reader = visitor(site, token=token(3)).listen("users/7")
    say(site, "users/7", "while it is good")
    reader.sees("while it is good")
    is_expired(reader)
    assert end <= time.time() < end + 1.5
    say(site, "users/7", "too late")
    assert reader.data == ["while it is good"]


def test_a_stream_ends_with_its_ticket(site):
    ticket = ticket_of(visitor(site, user="7"), age="2s")
    target = f"/stream?channel=users/7&ticket={ticket}"
    is_expired(visitor(site).listen(path=target))
    is_refused(visitor(site).get(target), 401, "bad_token")


def test_who_comes_back_with_a_newer_token_misses_nothing(site):
    reader = visitor(site, token=token(2)).listen("users/7")
    is_expired(reader)
    say(site, "users/7", "meanwhile")
    again = visitor(site, token=token(60)).listen("users/7", last_event_id=reader.told("expired")[0].id)
    again.sees("meanwhile")


def test_a_stream_without_an_end_goes_on(site):
    readers = [visitor(site, token=token()).listen("users/7"), visitor(site, user="7").listen("users/7")]
    is_expired(visitor(site, token=token(2)).listen("users/7"))
    say(site, "users/7", "still here")
    for reader in readers:
        reader.sees("still here")


def test_streams_end_when_their_key_leaves_its_file(make_world, tmp_path):
    key = key_file(tmp_path)
    world = make_world({**SITE, "keys site": {"file": key, "algorithms": "HS256"}})
    readers = [visitor(world, token=token(seconds)).listen("users/7") for seconds in (None, 600)]
    other = visitor(world, user="7").listen("users/7")
    rotate(key, tmp_path)
    for reader in readers:
        is_expired(reader, within=10)
    is_refused(visitor(world, token=token()).get("/stream?channel=users/7"), 401, "bad_token")
    say(world, "users/7", "still here")
    other.sees("still here")


def test_streams_with_a_ticket_end_when_the_key_of_its_token_leaves_its_file(make_world, tmp_path):
    key = key_file(tmp_path)
    world = make_world({**SITE, "keys site": {"file": key, "algorithms": "HS256"},
                        "responder": {**SITE["responder"], "workers": "2"}})
    # a worker that has not met the hub yet gives no tickets
    eventually(lambda: world.responder.log().count("connected to the hub") == 2, "both workers being there")
    ticket = ticket_of(visitor(world, token=token()))
    handed_on = asks(visitor(world), path="/api/ticket?ticket=" + ticket).json["ticket"]
    cookie, _ = cookie_of(asks(visitor(world, token=token()), path="/api/session"))
    readers = [visitor(world).listen(path=f"/stream?channel=users/7&ticket={one}")
               for one in (ticket, handed_on) for _ in range(3)]
    readers.append(visitor(world, cookie=cookie).listen("users/7"))
    own = ticket_of(visitor(world, user="7"))
    other = visitor(world).listen(path="/stream?channel=users/7&ticket=" + own)
    rotate(key, tmp_path)
    for reader in readers:
        is_expired(reader, within=10)
    # each worker looks for itself, and one may have none of these streams
    eventually(lambda: world.responder.log().count("site.key: read again") == 2, "both workers having read it")
    for one in (ticket, handed_on):
        is_refused(visitor(world).get("/stream?channel=users/7&ticket=" + one), 401, "bad_token")
    say(world, "users/7", "still here")
    other.sees("still here")


def test_a_stream_of_tasks_ends_with_its_token_too(site):
    shown = visitor(site, token=token(2))
    reader = shown.listen(path="/tasks/stream?interval=60", wait=False)
    is_expired(reader)


def test_a_stream_of_tasks_goes_on_where_it_was_with_a_newer_token(site):
    first = visitor(site, token=token(3)).listen(path="/tasks/stream?interval=0.5", wait=False)
    is_expired(first)
    last = first.told("expired")[0].id
    again = visitor(site, token=token(60)).listen(path="/tasks/stream", wait=False, last_event_id=last)
    again.wait(lambda: again.events, again.story)
    assert again.events[0].id not in [event.id for event in first.events]


def test_streams_of_tasks_end_when_their_key_leaves_its_file(make_world, tmp_path):
    key = key_file(tmp_path)
    world = make_world({**SITE, "keys site": {"file": key, "algorithms": "HS256"}})
    reader = visitor(world, token=token()).listen(path="/tasks/stream?interval=60", wait=False)
    other = visitor(world).listen(path="/tasks/stream?interval=60", wait=False)
    for one in (reader, other):
        one.wait(lambda one=one: one.events, one.story)
    rotate(key, tmp_path)
    is_expired(reader)
    assert other.state == "OPEN"


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.rare
def test_a_stream_ends_when_it_is_as_old_as_streams_get(make_world):
    world = make_world({"responder": {"stream_age": "1m"}})
    begun = time.time()
    readers = [world.listen("main") for _ in range(20)]
    for reader in readers:
        is_expired(reader, "age", within=62)
    assert 47 <= time.time() - begun <= 61
