# SPDX-License-Identifier: MIT
"""Who listens at /.well-known/mercure: to which topics, and what a stream looks like."""

import pytest

from mercure import mercure
from mercure_reader import BROWSER, reader
from refused import is_refused

BOOK = "https://example.com/books/"


# ---- which topics

def test_a_topic_is_heard_by_its_name_and_no_other(app, anyone):
    stream = anyone.listen(BOOK + "1")
    app.publish(BOOK + "10", data="another")
    app.publish(BOOK, data="another")
    app.publish(BOOK + "1", data="mine")
    stream.sees("mine")


def test_several_topics_are_one_stream(app, anyone):
    stream = anyone.listen(BOOK + "1", BOOK + "2", "a b&c=d")
    for topic in (BOOK + "2", BOOK + "3", "a b&c=d", BOOK + "1"):
        app.publish(topic, data=topic)
    stream.sees(BOOK + "2", "a b&c=d", BOOK + "1")


def test_a_star_hears_every_topic(app, anyone):
    stream = anyone.listen("*")
    app.publish("anything", data="1")
    app.publish("urn:isbn:1", data="2")
    stream.sees("1", "2")


@pytest.mark.parametrize("template,heard,passed", [
    (BOOK + "{id}", [BOOK + "7", BOOK + "a-b"], [BOOK + "7/reviews", BOOK[:-1]]),
    (BOOK + "{+rest}", [BOOK + "7/reviews?page=2", BOOK + "x"], ["https://example.org/books/7"]),
    ("/a{/b,c}", ["/a/x/y", "/a"], ["/b/x"]),
    ("/s{?q}", ["/s?q=1", "/s"], ["/t?q=1"]),
])
def test_a_template_hears_what_it_may_have_become(app, anyone, template, heard, passed):
    stream = anyone.listen(template)
    for topic in passed + heard:
        app.publish(topic, data=topic)
    stream.sees(*heard)


def test_a_template_hears_the_topic_that_is_spelt_like_it(app, anyone):
    stream = anyone.listen("https://example.com/{+x}/{y}")
    app.publish("https://example.com/{+x}/{y}", data="itself")
    stream.sees("itself")


@pytest.mark.parametrize("text", ["{", "{a", "a}{", "{!x}", "a{}b"])
def test_what_is_no_template_is_a_name(app, anyone, text):
    stream = anyone.listen(text)
    app.publish("a", data="not this")
    app.publish(text, data="this")
    stream.sees("this")


def test_names_templates_and_a_star_hear_each_update_once(app, anyone):
    stream = anyone.listen(BOOK + "1", BOOK + "{id}", "*")
    app.publish(BOOK + "1", data="1")
    app.publish(BOOK + "2", BOOK + "1", "other", data="2")
    app.publish("end", data="3")
    stream.sees("1", "2", "3")


def test_an_update_on_several_topics_is_heard_once_under_one_id(app, anyone):
    streams = [anyone.listen(*topics) for topics in (["x1"], ["x2"], ["x1", "x2"], ["x{n}"])]
    answer = app.publish("x1", "x2", "x3", data="one")
    app.publish("x2", "x1", data="two")
    for stream in streams:
        stream.sees("one", id=answer.text)
        stream.sees("two")
        assert len(stream.events) == 2


def test_other_sites_parameters_are_passed_over(app, anyone):
    stream = anyone.listen("t", channel="c", pattern="{p}", since="all", envelope="1", time="1", event="x", utm="y")
    app.publish("c", data="no")
    app.publish("t", data="yes")
    assert stream.sees("yes").data == "yes"


def test_what_is_published_natively_is_an_update_too(site, anyone):
    stream = anyone.listen("news")
    cursor = site.publish("by curl", channel="news", event="note", id="its key")
    stream.sees("by curl", type="note", id=f"#{cursor}")


@pytest.mark.parametrize("query", ["", "topics=x", "topic=", "topic", "topic=a&topic=", "topic=%ff", "topic=a%0Ab", "topic=%C2%85",
                                   "topic=%00", "topic=%zz", "match=x", "topic=a&match=b", "topic=a&matchURLPattern=/*"])
def test_what_selects_nothing_is_a_400(site, query):
    answer = site.door.ask("GET", "/.well-known/mercure?" + query)
    assert answer.status == 400 and answer.json["error"] == "bad_topic", answer


def test_a_topic_has_a_thousand_bytes_at_most(app, anyone):
    longest = BOOK + "x" * (1000 - len(BOOK))
    stream, template = anyone.listen(longest), anyone.listen(longest[:900] + "{+rest}")
    assert app.publish(longest, data="long").status == 200
    stream.sees("long")
    template.sees("long")
    is_refused(anyone.ask(longest + "x"), 400, "bad_topic")


def test_a_stream_has_a_thousand_topics_at_most_and_a_hundred_templates(app, anyone):
    names = [f"n{i}" for i in range(1000)]
    stream = anyone.listen(*names)
    app.publish("n999", data="last")
    stream.sees("last")
    is_refused(anyone.ask(*names, "one more"), 400, "bad_topic")
    templates = [f"m{i}/{{x}}" for i in range(100)]
    anyone.listen(*templates).leave()
    is_refused(anyone.ask(*templates, "one/{more}"), 400, "bad_topic")


# ---- what it looks like

def body_of(stream):
    return stream.answer.body.decode()


def test_a_stream_begins_with_a_comment_and_nothing_that_a_page_would_take_for_an_update(anyone):
    stream = anyone.listen("quiet")
    assert stream.answer.headers["content-type"].startswith("text/event-stream")
    assert stream.answer.headers["x-accel-buffering"] == "no"
    assert "no-store" in stream.answer.headers["cache-control"]
    assert stream.begins_at is None
    stream.wait(lambda: "retry: " in body_of(stream), lambda: body_of(stream))
    comment, retry, end = body_of(stream).split("\n")
    assert (comment, retry[:7], end) == (":", "retry: ", "")


def test_an_update_has_type_retry_id_and_data_and_no_more(app, anyone):
    stream = anyone.listen("whole")
    stream.wait(lambda: "retry: " in body_of(stream), lambda: body_of(stream))
    before = len(body_of(stream))
    app.publish("whole", data="one\ntwo\r\n\r\n  three", type="note", retry="1234", id="urn:uuid:1")
    app.publish("whole", data="")
    stream.sees("one\ntwo\n\n  three", type="note", id="urn:uuid:1")
    stream.sees("")
    first, second, end = body_of(stream)[before:].split("\n\n")
    assert sorted(first.split("\n")) == sorted(["id: urn:uuid:1", "event: note", "retry: 1234", "data: one",
                                                "data: two", "data: ", "data:   three"])
    assert first.endswith("data: one\ndata: two\ndata: \ndata:   three")
    assert second.split("\n")[1:] == ["data: "] and second.startswith("id: #") and end == ""
    assert stream.parser.retries[-1] == 1234


def test_what_is_not_stored_is_no_update(site, anyone):
    every, named = anyone.listen("*"), anyone.listen("metrics")
    native = site.listen("metrics")
    native.wait(lambda: any(e.id is None for e in native.events), lambda: "no sample")
    site.publish("stored", channel="metrics")
    every.sees("stored")
    named.sees("stored")


def test_a_browsers_own_eventsource_knows_where_it_is_before_its_first_update(site, anyone):
    before = site.publish("before", channel="native")
    stream = anyone.listen("native", browser=True)
    stream.wait(lambda: stream.last_id == f"#{before}", lambda: f"{stream.last_id!r}")
    assert stream.events == []


@pytest.mark.parametrize("headers", [
    {"Cache-Control": None}, {"User-Agent": None}, {"User-Agent": "Symfony HttpClient (Curl)"}, {"Accept": "*/*"}, {"Accept": "text/event-stream, */*"},
    {"Cache-Control": "no-store"}, {"Cache-Control": "max-age=0"}])
def test_what_is_no_browsers_eventsource_is_given_updates_only(site, headers):
    headers = {k: v for k, v in {**BROWSER, **headers}.items() if v is not None}
    site.publish("before", channel="script")
    stream = reader(site).listen("script", headers=headers)
    site.publish("first", channel="script")
    stream.sees("first")


def test_an_idle_stream_is_kept_alive_by_comments(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {"responder": {"keepalive": "1s"}}))
    stream = reader(world).listen("idle")
    stream.wait(lambda: stream.comments >= 3, lambda: f"{stream.comments} comments")
    assert body_of(stream).split("retry: ")[1].split("\n", 1)[1].replace(":\n", "") == ""


def test_head_says_what_a_get_would_and_opens_nothing(site, anyone):
    answer = anyone.ask("t", method="HEAD")
    assert answer.status == 200 and answer.body == b""
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert anyone.ask(method="HEAD").status == 400
