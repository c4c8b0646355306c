# SPDX-License-Identifier: MIT
"""A channel's events a page at a time: GET /api/channels/{channel}/events."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode

import pytest

from tickets import SITE, key_file, token
from visitor import visitor
from world import SLOW, eventually

KEPT = "public, max-age=0, s-maxage=60, must-revalidate"


def path_of(channel, **query):
    return f"/api/channels/{quote(channel, safe='')}/events" + ("?" + urlencode(query) if query else "")


def page(who, channel, headers=None, **query):
    return who.door.ask("GET", path_of(channel, **query), headers, within=30)


def read(who, channel, **query):
    answer = page(who, channel, **query)
    assert answer.status == 200, answer
    return answer.json


def data_of(answer):
    return [event["data"] for event in answer["events"]]


def all_of(who, channel, **query):
    """Page after page."""
    seen, more = [], read(who, channel, **query)
    while more["events"]:
        seen += more["events"]
        query = {**query, "after": more["next"]}
        query.pop("since", None)
        more = read(who, channel, **query)
    return seen


@pytest.fixture
def asking():
    with ThreadPoolExecutor(8) as pool:
        yield pool.submit


# ---- what a page is

def test_a_page_has_the_events_as_they_were_published(shared):
    first = shared.publish("one\ntwo \"three\" ü", channel="a/page", event="warning")
    second = shared.publish("", channel="a/page")
    answer = read(shared, "a/page")
    assert [(e["id"], e["event"], e["data"]) for e in answer["events"]] == [
        (str(first), "warning", "one\ntwo \"three\" ü"), (str(second), "message", "")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", e["at"]) for e in answer["events"])
    assert answer["gap"] is False and int(answer["next"]) >= second
    assert read(shared, "a/page", after=first)["events"] == answer["events"][1:]


def test_pages_give_each_event_once_and_in_order_from_the_log_and_from_memory(make_world):
    world = make_world({"responder": {"window": "1M"}})
    for begin in range(0, 3000, 500):
        lines = "\n".join(f"{n} " + "x" * 990 for n in range(begin, begin + 500))
        assert world.post("/realtime/long?lines=1", lines.encode()).status == 200
    for limit in (7, 1000):
        seen = all_of(world, "long", limit=limit)[:3000]
        assert [int(event["data"].split()[0]) for event in seen] == list(range(3000))
    assert len(read(world, "long")["events"]) == 100


def test_a_page_that_would_be_longer_than_a_mebibyte_is_full_before(shared):
    for _ in range(30):
        shared.publish("x" * 60000, channel="heavy")
    first = page(shared, "heavy", limit=1000)
    assert len(first.body) < 1200000 and 10 < len(first.json["events"]) < 30
    assert len(all_of(shared, "heavy", limit=1000)) == 30


def test_a_channel_of_which_nobody_has_heard_has_an_empty_page_to_go_on_from(shared):
    answer = read(shared, "unheard of")
    assert answer["events"] == [] and answer["gap"] is False
    shared.publish("first", channel="unheard of")
    assert data_of(read(shared, "unheard of", after=answer["next"])) == ["first"]


def test_lines_come_to_who_asks_for_them_and_the_last_says_where_to_go_on(shared):
    ids = [shared.publish(data, channel="lines") for data in ("a", "b")]
    answer = page(shared, "lines", {"Accept": "application/x-ndjson"})
    assert answer.headers["content-type"] == "application/x-ndjson"
    *events, last = map(json.loads, answer.text.splitlines())
    assert [(e["id"], e["data"]) for e in events] == [(str(ids[0]), "a"), (str(ids[1]), "b")]
    assert set(last) == {"next", "gap"}
    both = {"Accept": "application/x-ndjson;q=0.5, application/json"}
    assert page(shared, "lines", both).headers["content-type"] == "application/json"


def test_since_begins_in_the_past_as_a_stream_does(shared):
    id = shared.publish("x", channel="since")
    assert data_of(read(shared, "since", since="10m")) == data_of(read(shared, "since", since="all")) == ["x"]
    assert data_of(read(shared, "since", since=id)) == []


def pruned(make_world):
    """Six events of which two are left, and a window that holds none of them."""
    world = make_world({"responder": {"window": "1M"}, "channel few": {"keep_events": "2"}})
    ids = [world.publish(str(n), channel="few") for n in range(6)]
    eventually(lambda: world.channel("few")["events"] == 2, "four having gone")
    for _ in range(30):
        world.publish("x" * 60000, channel="fill")
    return world, ids


def test_a_gap_is_told_and_the_oldest_events_held_follow(make_world):
    world, ids = pruned(make_world)
    for after in (0, ids[0], ids[-1] + 10 ** 9):
        assert read(world, "few", after=after)["gap"] is True, after
    told = read(world, "few", after=ids[0])
    assert data_of(told) == ["4", "5"]
    for query in ({"after": ids[3]}, {"after": told["next"]}, {}, {"since": "all"}):
        assert read(world, "few", **query)["gap"] is False, query


def test_an_event_on_several_channels_is_shown_under_one_id_on_each(shared):
    id = shared.post("/realtime/both%20a?also=both+b", b"x").json["id"]
    for name in ("both a", "both b"):
        answer = read(shared, name, limit=1)
        assert answer["events"][0]["id"] == id == answer["next"]
        assert read(shared, name, after=id)["events"] == []


def test_head_has_the_same_head_and_no_body(shared):
    shared.publish("x", channel="head")
    whole, head = page(shared, "head"), shared.door.ask("HEAD", path_of("head", wait="30s"))
    assert head.status == 200 and not head.body
    assert head.headers["content-length"] == whole.headers["content-length"]


def test_a_name_is_percent_encoded_and_another_method_is_refused(shared):
    shared.publish("x", channel="ü/ö %2F")
    assert data_of(read(shared, "ü/ö %2F")) == ["x"]
    assert shared.door.ask("GET", "/api/channels/a/b/events").status == 404
    refused = shared.door.ask("PUT", path_of("head"), {}, b"")
    assert refused.status == 405 and "GET" in refused.headers["allow"]


@pytest.mark.parametrize("query, code", [
    ("limit=0", "bad_query"), ("limit=1001", "bad_query"), ("limit=x", "bad_query"), ("limit", "bad_query"),
    ("limit=", "bad_query"), ("after=", "bad_query"), ("after=-1", "bad_query"), ("after=1e3", "bad_query"),
    ("after=10m", "bad_query"), ("after=9223372036854775808", "bad_query"), ("after=1&since=all", "bad_query"),
    ("since=", "bad_since"), ("since=never", "bad_since"), ("since=%zz", "bad_since"),
    ("wait=25", "bad_query"), ("wait=61s", "bad_query"), ("wait=-1s", "bad_query"), ("wait=2m", "bad_query"),
    ("wait=", "bad_query"), ("afer=7", "bad_query"), ("limits=7", "bad_query"), ("snice=1", "bad_since")])
def test_what_is_wrong_is_a_400_that_says_so(shared, query, code):
    answer = shared.door.ask("GET", path_of("head") + "?" + query)
    assert (answer.status, answer.json["error"]) == (400, code), answer
    assert "cache-control" in answer.headers and answer.headers["cache-control"] == "no-store"


def test_a_cursor_of_any_size_is_a_gap_and_no_error(shared):
    assert read(shared, "head", after=2 ** 63 - 1)["gap"] is True


@pytest.mark.parametrize("name", ["%00", "%ff", "%zz", "x" * 1001, "", "."])
def test_a_name_that_is_none_is_refused(shared, name):
    answer = shared.door.ask("GET", f"/api/channels/{name}/events")
    assert answer.status in (400, 404) and answer.json["error"] in ("bad_channel", "not_found")


# ---- who may keep it

def test_a_full_page_may_be_kept_and_is_not_sent_twice(shared):
    for n in range(3):
        shared.publish(str(n), channel="kept")
    full, last = page(shared, "kept", limit=2), page(shared, "kept", limit=4)
    assert full.headers["cache-control"] == KEPT
    assert full.headers["vary"] == "Origin, Accept"
    assert last.headers["cache-control"] == "no-store" and "etag" not in last.headers
    again = page(shared, "kept", {"If-None-Match": f'"x", W/{full.headers["etag"]}'}, limit=2)
    assert (again.status, again.body) == (304, b"")
    for name in ("etag", "cache-control", "vary"):
        assert again.headers[name] == full.headers[name]
    lines = page(shared, "kept", {"Accept": "application/x-ndjson"}, limit=2)
    assert lines.headers["etag"] != full.headers["etag"]


def test_what_may_mean_something_else_in_a_minute_is_not_kept(make_world):
    world, ids = pruned(make_world)
    for query in ({"since": "10m"}, {"after": ids[0]}, {"after": ids[-1] + 10 ** 9}):
        answer = page(world, "few", limit=1, **query)
        assert len(answer.json["events"]) == 1
        assert answer.headers["cache-control"] == "no-store" and "etag" not in answer.headers, query
    assert page(world, "few", after=ids[3], limit=1).headers["cache-control"] == KEPT


@pytest.mark.parametrize("where", ["memory", "log"])
def test_a_deleted_event_is_on_no_page_which_is_another_one_then(make_world, where):
    world = make_world({"responder": {"window": "1M"}})
    ids = [world.publish(str(n), channel="less") for n in range(4)]
    before = page(world, "less", limit=2)
    assert world.door.ask("DELETE", f"/api/channels/less/events/{ids[1]}").status in (200, 204)
    for _ in range(30 if where == "log" else 0):
        world.publish("x" * 60000, channel="fill")
    after = page(world, "less", {"If-None-Match": before.headers["etag"]}, limit=2)
    assert (after.status, data_of(after.json), after.json["gap"]) == (200, ["0", "2"], False)
    assert after.headers["etag"] != before.headers["etag"]
    for cursor in ids[:2]:
        got = read(world, "less", after=cursor)
        assert (data_of(got), got["gap"]) == (["2", "3"], False)


def test_a_page_with_an_event_that_expires_is_not_kept_and_loses_it(shared):
    shared.post("/realtime/brief?ttl=2s", b"soon gone")
    id = shared.publish("stays", channel="brief")
    got = page(shared, "brief", limit=2)
    assert data_of(got.json) == ["soon gone", "stays"] and got.headers["cache-control"] == "no-store"
    eventually(lambda: data_of(read(shared, "brief")) == ["stays"], "its end")
    assert read(shared, "brief", after=id - 2)["gap"] is False


def test_pages_of_other_origins_may_read_it_and_a_cache_keeps_them_apart(make_world):
    world = make_world({"responder": {"origins": "https://app.example https://other.example"}})
    world.publish("x", channel="cors")
    answer = page(world, "cors", {"Origin": "https://app.example"}, limit=1)
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert answer.headers["vary"] == "Origin, Accept"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    foreign = page(world, "cors", {"Origin": "https://evil.example"}, limit=1)
    assert "access-control-allow-origin" not in foreign.headers and foreign.headers["vary"] == "Origin, Accept"


# ---- who may read it

@pytest.fixture(scope="module")
def site(make_shared_world, tmp_path_factory):
    key = key_file(tmp_path_factory.mktemp("keys"))
    sections = {name: keys for name, keys in SITE.items() if not name.startswith("access ")}
    return make_shared_world({**sections, "keys site": {"file": key, "algorithms": "HS256"}})


def shows(site, *channels):
    return visitor(site, token=token(60, *channels))


def test_a_private_channel_is_for_who_may_read_it_and_kept_by_nobody_else(site):
    for n in range(3):
        site.publish(str(n), channel="users/7")
    stranger, other, owner = visitor(site), shows(site, "users/8"), shows(site, "users/7")
    for who, status, code in ((stranger, 403, "not_granted"), (other, 403, "not_granted")):
        answer = page(who, "users/7")
        assert (answer.status, answer.json["error"]) == (status, code)
        assert answer.headers["cache-control"] == "no-store"
        missing = page(who, "users/no")
        assert (missing.status, missing.body) == (answer.status, answer.body)
    full = page(owner, "users/7", limit=3)
    assert data_of(full.json) == ["0", "1", "2"]
    assert full.headers["cache-control"] == "private, no-cache" and full.headers["etag"]
    assert full.headers["vary"] == "Origin, Accept, Authorization, Cookie"
    assert page(owner, "users/7", {"If-None-Match": full.headers["etag"]}, limit=3).status == 304


def test_private_events_of_a_public_channel_are_not_in_a_strangers_page_nor_in_its_head(site):
    """A page with and one without them cannot be told apart."""
    for channel, others in (("mixed", ["users/7"]), ("plain", [])):
        for n in range(4):
            site.publish(str(n), channel=channel)
            for other in others:
                assert site.post(f"/realtime/{channel}?also={quote(other, safe='')}", b"secret").status == 200
    for query in ({"limit": 2}, {"limit": 4}, {"limit": 100}, {"since": "all", "limit": 3}):
        mixed, plain = (page(visitor(site), channel, **query) for channel in ("mixed", "plain"))
        assert data_of(mixed.json) == data_of(plain.json) and mixed.json["gap"] is plain.json["gap"] is False
        assert mixed.headers["cache-control"] == plain.headers["cache-control"]
        assert mixed.headers["vary"] == plain.headers["vary"]
        if len(mixed.json["events"]) == query["limit"]:
            assert mixed.json["next"] == mixed.json["events"][-1]["id"]
            assert mixed.headers["cache-control"] == KEPT
    assert len(all_of(shows(site, "users/7"), "mixed")) == 8


def test_who_shows_anything_is_given_a_page_of_his_own(site):
    """A cache would give him what a stranger was given."""
    site.publish("x", channel="news")
    for headers in ({"Authorization": "Bearer " + token(60)}, {"Cookie": "theme=dark"}):
        assert page(site, "news", headers, limit=1).headers["cache-control"] == "private, no-cache"
    assert page(site, "news", limit=1).headers["cache-control"] == KEPT


def test_nobody_keeps_a_page_where_logins_of_the_web_server_count(make_world):
    world = make_world({"access own": {"who": "users", "subscribe": "users/%u"}})
    world.publish("x", channel="news")
    assert page(world, "news", limit=1).headers["cache-control"] == "private, no-cache"


# ---- waiting

def test_who_waits_is_answered_with_the_first_event(shared, asking):
    after = read(shared, "waits")["next"]
    begun = time.monotonic()
    answer = asking(read, shared, "waits", after=after, wait="30s")
    others = asking(read, shared, "waits elsewhere", after=after, wait="1s")
    assert others.result()["events"] == [] and not answer.done()
    id = shared.publish("x", channel="waits")
    got = answer.result(10)
    assert data_of(got) == ["x"] and got["events"][0]["id"] == str(id)
    assert time.monotonic() - begun < 20
    assert others.result()["next"] == after or int(others.result()["next"]) >= int(after)


def test_who_waits_where_there_is_something_does_not(shared):
    id = shared.publish("x", channel="there already")
    begun = time.monotonic()
    assert data_of(read(shared, "there already", wait="30s")) == ["x"]
    assert data_of(read(shared, "there already", after=id - 1, wait="30s")) == ["x"]
    assert time.monotonic() - begun < 10


def test_polling_by_waiting_misses_nothing_and_repeats_nothing(world, asking):
    def poll():
        seen, after = [], "0"
        while len(seen) < 300:
            got = read(world, "polled", after=after, wait="10s")
            assert got["gap"] is False
            seen += data_of(got)
            after = got["next"]
        return seen

    readers = [asking(poll) for _ in range(4)]
    for n in range(300):
        world.publish(str(n), channel="polled")
        if n % 50 == 20:
            world.publish("x", channel="another")
    for reader in readers:
        assert reader.result(30) == [str(n) for n in range(300)]


def test_an_event_that_is_not_for_him_does_not_end_his_wait(site, asking):
    after = read(visitor(site), "news")["next"]
    answer = asking(read, visitor(site), "news", after=after, wait="2s")
    site.post("/realtime/news?also=users%2F7", b"secret")
    got = answer.result(10)
    assert got["events"] == []


def waits(world, channel):
    """A socket on which one waits: what was sent before is read before what comes now."""
    after = read(world, channel)["next"]
    sock = world.door.dial()
    sock.sendall(world.door.request(path_of(channel, after=after, wait="60s")))
    for _ in range(2):
        world.health()
    return sock


def test_a_wait_counts_as_a_stream_and_no_longer_than_it_is_open(make_world):
    world = make_world({"responder": {"streams_per_address": "1"}})
    with waits(world, "counted") as sock:
        refused = page(world, "counted")
        assert (refused.status, refused.json["error"]) == (429, "too_many_from_address")
        assert "retry-after" in refused.headers
        world.publish("x", channel="counted")
        sock.settimeout(20)
        assert sock.recv(100)
    assert read(world, "counted")["events"]


def test_a_browser_that_leaves_is_waited_for_no_more(make_world):
    world = make_world({"responder": {"streams_per_address": "1"}})
    with waits(world, "left"):
        assert page(world, "left").status == 429
    eventually(lambda: page(world, "left").status == 200, "its end")


def test_who_waits_when_the_responder_ends_is_answered_and_goes_on_at_the_next(world):
    with waits(world, "drained") as sock:
        sock.settimeout(20)
        world.responder.stop()
        said = b"".join(iter(lambda: sock.recv(4096), b""))
    assert b"Status: 200" in said and b'{"events":[],' in said
    after = re.search(rb'"next":"(\d+)"', said)[1].decode()
    world.responder.start()
    world.is_healthy()
    world.publish("x", channel="drained")
    assert data_of(read(world, "drained", after=after)) == ["x"]


def test_a_wait_outlives_the_hub_and_misses_nothing(world, asking):
    after = read(world, "killed")["next"]
    answer = asking(read, world, "killed", after=after, wait="30s")
    world.hub.kill_worker()
    world.is_healthy()
    world.publish("x", channel="killed")
    assert data_of(answer.result(20)) == ["x"]


def test_a_token_that_ends_while_it_waits_ends_the_wait(site, asking):
    mine = visitor(site, token=token(2 * SLOW, "users/7"))
    site.publish("x", channel="users/7")
    answer = asking(page, mine, "users/7", after=read(mine, "users/7")["next"], wait="30s")
    got = answer.result(15)
    assert got.status == 401 or got.json["events"] == []


def test_a_hub_that_is_away_is_said_after_five_seconds_at_most(make_world):
    world = make_world()
    world.publish("x", channel="away")
    world.hub.stop()
    answer = page(world, "away", since="1h")
    assert (answer.status, answer.json["error"]) == (503, "hub_away") and "retry-after" in answer.headers
    world.hub.start()
