# SPDX-License-Identifier: MIT
"""Mercure's ways through each web server: what the other files show at the socket."""

from urllib.parse import quote, urlencode

import pytest

from mercure import FORM, PATH, mercure, publisher, token
from mercure_reader import reader
from world import eventually

pytestmark = pytest.mark.behind_apache
PAGE, FOREIGN = "https://page.example", "https://evil.example"
LIST = PATH + "/subscriptions"


@pytest.fixture(scope="module")
def shared(make_shared_world, tmp_path_factory):
    return make_shared_world(mercure(tmp_path_factory.mktemp("keys"), {
        "responder": {"mercure_subscriptions": "yes", "origins": PAGE, "retry": "100ms", "keepalive": "1s"}}), web=True)


def ask(shared, method, path, headers=None, **fields):
    body = urlencode(fields).encode() if fields else None
    return shared.door.ask(method, path, {**({"Content-Type": FORM} if fields else {}), **(headers or {})}, body)


def post(shared, headers=None, **fields):
    return ask(shared, "POST", PATH, headers or {"Authorization": "Bearer " + token(["*"])}, **fields)


def listen(shared, topic, who=None, **how):
    return (who or reader(shared)).listen(topic, door=shared.door, **how)


def test_what_is_published_is_heard_with_its_id_and_type(shared):
    stream = listen(shared, "https://example.com/books/{id}")
    answer = post(shared, topic="https://example.com/books/1", data="zwei\nZeilen ü", id="urn:ü", type="sold")
    assert (answer.status, answer.text) == (200, "urn:ü")
    event = stream.next()
    assert (event.data, event.id, event.type) == ("zwei\nZeilen ü", "urn:ü", "sold")


@pytest.mark.parametrize("browser", [True, False], ids=["a browser", "a program"])
def test_a_killed_responder_loses_no_update_and_brings_none_twice(shared, browser):
    topic = f"killed/{browser}"
    first = post(shared, topic=topic, data="0").text
    stream = listen(shared, topic, browser=browser, reconnect=True, last_event_id=first)
    for number in (1, 2):
        shared.responder.has_settled()
        shared.responder.kill_worker()
        app = publisher(shared, publish=["*"])  # at the socket: a web server may answer 503 meanwhile
        eventually(lambda n=number: _published(app, topic, n), "a responder", 20)
    stream.wait(lambda: len(stream.data) >= 2, stream.story, 20)
    assert stream.data == ["1", "2"], stream.story()


def _published(app, topic, number):
    try:
        return app.publish(topic, data=str(number), id=f"urn:{topic}:{number}").status == 200
    except OSError:
        return False


def test_who_comes_back_is_told_where_the_stream_goes_on(shared):
    ids = [post(shared, topic="back", data=str(n)).text for n in range(3)]
    stream = listen(shared, "back", last_event_id=ids[0])
    stream.sees("1", "2")
    assert stream.begins_at == ids[0]
    earliest = listen(shared, "back", lastEventID="earliest")
    earliest.sees("0", "1", "2")
    assert earliest.begins_at == "earliest"
    assert listen(shared, "back", last_event_id="urn:nobody-knows").begins_at == "earliest"


def test_a_cookie_lets_its_bearer_hear_and_a_page_of_this_site_publish(shared):
    cookie = "mercureAuthorization=" + token(["*"], ["users/7"])
    told, other = listen(shared, "users/7", headers={"Cookie": cookie}), listen(shared, "users/7")
    here = {"Cookie": cookie, "Origin": f"http://127.0.0.1:{shared.port}"}
    assert post(shared, here, topic="users/7", data="for 7", private="on").status == 200
    for headers in ({"Cookie": cookie}, {"Cookie": cookie, "Origin": FOREIGN}):
        assert post(shared, headers, topic="users/7", data="forged").status == 403
    assert post(shared, topic="users/7", data="for all").status == 200
    told.sees("for 7", "for all")
    other.sees("for all")


def test_a_page_of_another_origin_asks_first_and_is_let_in_if_it_is_named(shared):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,last-event-id"}
    answer = ask(shared, "OPTIONS", PATH, {"Origin": PAGE, **asked})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, PAGE)
    assert answer.headers["access-control-allow-credentials"] == "true"
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert "authorization" in allowed and "last-event-id" in allowed
    assert "access-control-allow-origin" not in ask(shared, "OPTIONS", PATH, {"Origin": FOREIGN, **asked}).headers
    answer = listen(shared, "cors", headers={"Origin": PAGE}).answer
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "last-event-id" in answer.headers["access-control-expose-headers"].lower()


def test_the_list_of_subscriptions_is_at_its_paths_whatever_is_encoded_in_them(shared):
    topic = "https://example.com/a b/{id}?x=ü"
    stream = listen(shared, topic, reader(shared, subscribe=[], payload={"n": 1}))
    admin = {"Authorization": "Bearer " + token(subscribe=[LIST + "{/topic}{/subscriber}"])}
    of_topic = f"{LIST}/{quote(topic, safe='')}"
    one, = eventually(lambda: ask(shared, "GET", of_topic, admin).json["subscriptions"], "one is there")
    assert (one["topic"], one["payload"], one["active"]) == (topic, {"n": 1}, True)
    answer = ask(shared, "GET", one["id"], admin)
    assert answer.json["subscriber"] == one["subscriber"]
    assert answer.headers["content-type"].split(";")[0] == "application/ld+json"
    known = ask(shared, "GET", LIST, {**admin, "If-None-Match": ask(shared, "GET", LIST, admin).headers["etag"]})
    assert known.status == 304
    assert ask(shared, "GET", of_topic).status == 401
    stream.leave()
    eventually(lambda: ask(shared, "GET", one["id"], admin).status == 404, "it has left")
