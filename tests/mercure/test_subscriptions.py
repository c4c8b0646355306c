# SPDX-License-Identifier: MIT
"""Active subscriptions: the events that tell of them, and the list of them."""

import json
from urllib.parse import quote

import pytest

from fcgi import Exchange
from mercure import PATH, mercure, publisher, token
from mercure_reader import reader
from peers import Hub
from wire import Joined
from world import INSTRUMENTED, eventually

LIST = PATH + "/subscriptions"
ALL = LIST + "{/topic}{/subscriber}"
BOOK = "https://example.com/books/1"
ON = {"responder": {"mercure_subscriptions": "yes"}}


@pytest.fixture(scope="module")
def site(make_shared_world, tmp_path_factory):
    return make_shared_world(mercure(tmp_path_factory.mktemp("keys"), ON))


@pytest.fixture
def admin(site):
    return reader(site, subscribe=[ALL])


def encoded(text):
    return quote(text, safe="")


def path_of(document):
    return "/".join((LIST, encoded(document["topic"]), encoded(document["subscriber"])))


def told(stream, count):
    """The documents that the stream has been given, once there are so many."""
    stream.wait(lambda: len(stream.data) >= count, stream.story)
    return [json.loads(data) for data in stream.data]


def ask(who, path=LIST, **headers):
    return who.door.ask("GET", path, headers)


def listed(who, topic=None):
    answer = ask(who, LIST + ("/" + encoded(topic) if topic else ""))
    assert answer.status == 200, answer
    return answer.json


# ---- events

def test_each_subscription_is_an_update_when_it_begins_and_when_it_ends(site, admin):
    watcher = admin.listen(LIST + "/{topic}/{subscriber}")
    other = reader(site, subscribe=["x"], payload={"name": "ann"}).listen(BOOK, "urn:b/{id}")
    mine, = (d for d in told(watcher, 1)[:1])
    assert mine["topic"] == LIST + "/{topic}/{subscriber}", "its own"
    first, second = told(watcher, 3)[1:]
    assert {first["topic"], second["topic"]} == {BOOK, "urn:b/{id}"}
    assert first["subscriber"] == second["subscriber"] != mine["subscriber"]
    for document in (first, second):
        assert document["@context"] == "https://mercure.rocks/"
        assert document["type"] == "Subscription" and document["active"] is True
        assert document["payload"] == {"name": "ann"} and document["id"] == path_of(document)
    other.leave()
    ended = told(watcher, 5)[3:]
    assert [d["active"] for d in ended] == [False, False]
    assert {d["id"] for d in ended} == {first["id"], second["id"]}
    watcher.leave()


def test_an_update_has_an_id_from_which_a_stream_goes_on(site, admin):
    watcher = admin.listen(LIST + "/" + encoded("goes on") + "/{subscriber}")
    one = reader(site).listen("goes on")
    told(watcher, 1)
    watcher.leave()
    one.leave()
    again = admin.listen(LIST + "/" + encoded("goes on") + "/{subscriber}",
                         last_event_id=watcher.last_id)
    document, = told(again, 1)
    assert document["active"] is False and document["topic"] == "goes on"
    every = admin.listen(LIST + "/" + encoded("goes on") + "/{subscriber}", last_event_id="earliest")
    assert [d["active"] for d in told(every, 2)] == [True, False]


def test_one_topics_subscriptions_can_be_selected_and_one_subscribers(site, admin):
    template = admin.listen(LIST + "/" + encoded("chosen") + "/{subscriber}")
    both = reader(site).listen("chosen", "not chosen")
    document, = told(template, 1)
    exact = admin.listen(document["id"])
    both.leave()
    assert told(template, 2)[1]["topic"] == "chosen"
    assert told(exact, 1) == [told(template, 2)[1]]


def test_who_may_not_is_told_nothing(site):
    strangers = [reader(site), reader(site, subscribe=["books/{id}"]),
                 reader(site, subscribe=[LIST + "/other/{subscriber}"])]
    streams = [who.listen(LIST + "/{topic}/{subscriber}", "*", "end") for who in strangers]
    reader(site).listen("hidden").leave()
    publisher(site, publish=["*"]).publish("end", data="end")
    for stream in streams:
        stream.wait(lambda s=stream: "end" in s.data, stream.story)
        assert stream.data == ["end"]
        stream.leave()


# ---- who sees whose they are: native streams and addresses, of a topic that all may listen to

def there(visitor, topic):
    answer = visitor.door.ask("GET", f"/api/channels/{encoded(topic)}/presence")
    assert answer.status == 200, answer
    return answer.json["subscribers"]


def seen(visitor, topic, count):
    """What a native stream is told of those who are there, once they are so many."""
    stream = visitor.world.listen(topic, presence=1, headers=visitor.door.headers)

    def entries():
        all = []
        for event in stream.events:
            if event.type == "present":
                all = json.loads(event.data)["subscribers"]
            elif event.type == "join":
                all.append(json.loads(event.data))
            elif event.type == "leave":
                all = [entry for entry in all if entry["id"] != json.loads(event.data)["id"]]
        return all
    stream.wait(lambda: len(entries()) == count, stream.story)
    stream.leave()
    return entries()


def said_of(entries):
    """Whose they are, as far as that is said."""
    return [(entry.get("user"), entry.get("payload")) for entry in entries]


ANN = ("ann", {"mail": "ann@example.com"})


@pytest.mark.parametrize("rights", [None, [], ["open/1"], [LIST], [LIST + "/open%2F2"]])
def test_whose_a_subscription_is_nobody_is_told_who_may_not_read_it(site, rights):
    topic = f"open/1?{rights}"
    stream = reader(site, payload=ANN[1], subscribe=[topic], claims={"sub": "ann"}).listen(topic)
    other = reader(site, subscribe=rights)
    entry, = eventually(lambda: there(other, topic), "somebody there")
    assert set(entry) == {"id", "since"}
    assert said_of(seen(other, topic, 2)).count((None, None)) == 2
    stream.leave()


@pytest.mark.parametrize("rights", [["*"], [ALL], [LIST + "/open%2F3"]])
def test_whose_a_subscription_is_whoever_may_read_its_list_is_told(site, rights):
    stream = reader(site, payload=ANN[1], subscribe=[], claims={"sub": "ann"}).listen("open/3")
    admin = reader(site, subscribe=rights)
    eventually(lambda: said_of(there(admin, "open/3")) == [ANN], "ann")
    assert ANN in said_of(seen(admin, "open/3", 2))
    assert ANN not in said_of(seen(reader(site), "open/3", 2))
    stream.leave()
    eventually(lambda: there(admin, "open/3") == [], "nobody there any more")


def test_a_native_stream_that_says_that_it_is_there_is_seen_by_name(site):
    ann = reader(site, payload=ANN[1], subscribe=[], claims={"sub": "ann"})
    site.listen("open/4", presence=1, headers=ann.door.headers)
    eventually(lambda: said_of(there(reader(site), "open/4")) == [ANN], "ann")
    assert ANN in said_of(seen(reader(site), "open/4", 2))


def test_the_configuration_can_show_everybody_whose_they_are(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {
        **ON, "access everybody": {"who": "address:0.0.0.0/0 address:::/0", "subscribe": ALL}}))
    reader(world, payload=ANN[1], subscribe=[], claims={"sub": "ann"}).listen("open/5")
    eventually(lambda: said_of(there(reader(world), "open/5")) == [ANN], "ann, by whoever asks")


def test_nobody_publishes_a_subscription(site):
    answer = publisher(site, publish=["*"]).publish(LIST + "/a/b", data="{}")
    assert answer.status in (400, 403)


def test_a_stream_has_at_most_a_hundred_topics(site):
    answer = reader(site).ask(*(f"t{i}" for i in range(101)))
    assert (answer.status, answer.json["error"]) == (400, "bad_topic")
    reader(site).listen(*(f"t{i}" for i in range(100))).leave()


def test_templates_of_subscriptions_are_selectors_as_others_are(make_world, tmp_path):
    """Each of them is compared with each coming and going."""
    world = make_world(mercure(tmp_path, {"responder": {**ON["responder"], "workers": 1,
                                                        "selectors": 2}}))
    admin = reader(world, subscribe=[ALL])
    first = admin.listen(LIST + "/{topic}/{subscriber}", LIST + "/a/{subscriber}")
    admin.listen(LIST + "/a/{subscriber}", LIST + "/{topic}/{subscriber}").leave()
    assert admin.ask(LIST + "/b/{subscriber}", headers={"Accept": "*/*"}).status == 200
    assert admin.ask(LIST + "/b/{subscriber}", headers={"Accept": "text/html"}).status == 503
    assert admin.ask("b/{x}", headers={"Accept": "text/html"}).status == 503
    first.leave()
    told(admin.listen(LIST + "/{topic}{/subscriber}", reconnect=True), 1)


def test_who_is_granted_nothing_takes_no_selector_of_others(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {"responder": {**ON["responder"], "workers": 1,
                                                        "selectors": 1}}))
    for n in range(3):
        reader(world).listen(LIST + f"/{n}/{{subscriber}}")
    admin = reader(world, subscribe=[ALL])
    eventually(lambda: len(listed(admin)["subscriptions"]) == 3, "all three are there")
    assert {d["topic"] for d in listed(admin)["subscriptions"]} == {
        LIST + f"/{n}/{{subscriber}}" for n in range(3)}, "they are seen as any other"
    told(admin.listen(LIST + "/{topic}/{subscriber}"), 1)


# ---- the list

def test_the_list_has_all_or_those_of_a_topic_or_one(site, admin):
    one = reader(site, subscribe=["x"], payload=7).listen("listed", "also listed")
    other = reader(site).listen("listed")
    eventually(lambda: len(listed(admin, "listed")["subscriptions"]) == 2, "both are there")
    every = listed(admin)
    assert every["type"] == "Subscriptions" and every["id"] == LIST
    assert every["@context"] == "https://mercure.rocks/" and every["lastEventID"].startswith("#")
    of_topic = listed(admin, "listed")
    assert of_topic["id"] == LIST + "/listed"
    assert {d["topic"] for d in of_topic["subscriptions"]} == {"listed"}
    assert all(d in every["subscriptions"] for d in of_topic["subscriptions"])
    first = of_topic["subscriptions"][0]
    assert first["active"] is True and first["type"] == "Subscription" and first["payload"] == 7
    alone = ask(admin, first["id"])
    assert alone.status == 200 and alone.headers["content-type"] == "application/ld+json"
    assert alone.json == {**first, "@context": "https://mercure.rocks/",
                          "lastEventID": of_topic["lastEventID"]}
    one.leave()
    other.leave()
    eventually(lambda: ask(admin, first["id"]).status == 404, "it has left")
    assert listed(admin, "listed")["subscriptions"] == []


def test_the_list_and_the_updates_after_it_miss_nothing(site, admin):
    last = listed(admin, "after")["lastEventID"]
    reader(site).listen("after").leave()
    stream = admin.listen(LIST + "/after/{subscriber}", last_event_id=last)
    reader(site).listen("after")
    assert [d["active"] for d in told(stream, 1)][:1] == [True]


MANY = 10000  # of whom a page of the hub's has 256


@pytest.fixture(scope="module")
def full_site(make_shared_world, tmp_path_factory):
    """Where many are there, for whom a responder that is not there speaks."""
    site = make_shared_world(mercure(tmp_path_factory.mktemp("keys"), {
        "hub": {"presence_rate": 0}, "responder": {**ON["responder"], "workers": 1}}))
    site.others = Hub(site.hub_socket)
    site.others.send(*(Joined(n.to_bytes(16, "big"), b"", b"", b"", [BOOK.encode()]) for n in range(MANY)))
    eventually(lambda: ask(reader(site, subscribe=[ALL]), f"{LIST}/{encoded(BOOK)}/{last_of_many()}").status == 200,
               "the last of them is there", 20)
    return site


def last_of_many():
    return encoded(f"urn:uuid:00000000-0000-0000-0000-{MANY - 1:012x}")


def test_a_list_of_thousands_is_whole(full_site):
    admin = reader(full_site, subscribe=[ALL])
    subscriptions = listed(admin)["subscriptions"]
    assert len(subscriptions) == len({d["subscriber"] for d in subscriptions}) == MANY
    head = admin.door.ask("HEAD", LIST, {})
    assert (head.status, head.body) == (200, b"") and "content-length" not in head.headers


def request_list(site):
    exchange = Exchange(site.fcgi_socket)
    exchange.send(site.door.request(LIST, {"Authorization": "Bearer " + token(subscribe=[ALL])}))
    return exchange


def memory_of(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) << 12


@pytest.mark.skipif(INSTRUMENTED, reason="instruments have a memory of their own")
def test_readers_who_take_their_time_cost_no_list_each_and_get_it_whole(full_site):
    worker, = full_site.responder.workers()
    listed(reader(full_site, subscribe=[ALL]))
    before = memory_of(worker)
    readers = [request_list(full_site) for _ in range(16)]
    for exchange in readers:
        exchange.read(lambda exchange: exchange.answer.status == 200)
    grown = memory_of(worker) - before
    assert grown < 16 * 400_000, f"{grown:,} bytes for 16 lists of {len(readers[0].read().body):,}"
    for exchange in readers:
        assert len(exchange.read().json["subscriptions"]) == MANY
        exchange.close()


def test_a_reader_who_leaves_in_the_middle_of_a_list_is_forgotten(full_site):
    worker, = full_site.responder.workers()
    for _ in range(20):
        exchange = request_list(full_site)
        exchange.read(lambda exchange: len(exchange.raw) > 100_000)
        exchange.close()
    assert len(listed(reader(full_site, subscribe=[ALL]))["subscriptions"]) == MANY
    assert full_site.responder.workers() == [worker]


def test_a_list_whose_rest_does_not_come_breaks_off(full_site):
    """The last test of that site."""
    exchange = request_list(full_site)
    exchange.read(lambda exchange: exchange.answer.status == 200)
    full_site.hub.stop()
    assert exchange.reads_the_end(within=15) and not exchange.answer.ended
    with pytest.raises(json.JSONDecodeError):
        json.loads(exchange.answer.body)


def test_a_list_that_is_known_is_not_sent_again(site, admin):
    eventually(lambda: ask(admin, **{"If-None-Match": ask(admin).headers["etag"]}).status == 304,
               "nothing changes any more")
    assert ask(admin, **{"If-None-Match": '"#1"'}).status == 200


def test_the_list_is_authorised_by_its_path(site, admin):
    path = LIST + "/" + encoded("a/b")
    assert ask(reader(site), path).status == 401
    assert ask(reader(site, subscribe=["a/b"]), path).status == 403
    assert ask(reader(site, subscribe=[LIST]), path).status == 403
    assert ask(reader(site, subscribe=[path]), path).status == 200
    assert ask(reader(site, subscribe=[path]), path + "?x=1").status == 200
    assert ask(reader(site, subscribe=[LIST + "/{topic}"]), path).status == 200
    assert ask(reader(site, subscribe=["*"]), path).status == 200


@pytest.mark.parametrize("path", ["/", "/a/", "/a/b", "/a/b/c", "/a/urn%3Auuid%3A0", "//", "/%zz",
                                  "/a/urn%3Auuid%3A00000000-0000-4000-8000-000000000000"])
def test_where_nobody_can_be_there_is_nothing(admin, path):
    assert ask(admin, LIST + path).status == 404


def test_where_it_is_off_there_is_nothing(make_world, tmp_path):
    site = make_world(mercure(tmp_path))
    admin = reader(site, subscribe=[ALL])
    assert ask(admin).status == 404
    stream = admin.listen(ALL, "end")
    reader(site).listen("a").leave()
    publisher(site, publish=["*"]).publish("end", data="end")
    stream.sees("end")
