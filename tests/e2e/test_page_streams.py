# SPDX-License-Identifier: MIT
"""The page's streams: any number at once, each with its state and its counts."""

import itertools
import json
import re
import time
from datetime import datetime, timedelta
from statistics import median

import pytest
from selenium.webdriver.common.keys import Keys

from page import Page, whole
from world import eventually

pytestmark = pytest.mark.page
DEMO = {"hub": {"demo": "yes"}}


@pytest.mark.in_both_browsers
def test_it_shows_at_once_what_is_published(browser, web):
    page = Page(browser, web)
    stream = page.connect("main").is_("live")
    ids = [web.publish(f"number {n}") for n in range(5)]
    row = page.sees("number 4")
    assert (row["id"], row["type"], row["channel"]) == (str(ids[4]), "message", "main")
    page.has_all(ids)
    stream.counts(5)
    assert stream.last_id() == str(ids[4]) and stream.total() == 5
    newest = page.window.texts("#events li.event .data")[0]
    assert newest == "number 4"


def test_any_number_of_streams_is_connected_and_disconnected(chromium, make_world):
    web = make_world(DEMO, web=True)
    page = Page(chromium, web)
    names = ["main", "metrics", "plain", "tasks", "news", "weather", "a/b c?&ü"]
    streams = {name: page.connect(name) for name in names}
    for name in names:
        streams[name].is_("live")
    assert sorted(page.keys()) == sorted(s.key for s in streams.values())
    assert len(page.window.driver.find_elements("css selector", ".disconnect")) == len(names)

    web.publish("of the news", channel="news")
    web.publish("of the odd one", channel="a/b c?&ü")
    web.post("/sse/send", b'{"message": "of the plain one"}',
             {"Content-Type": "application/json"})
    for text in ("of the news", "of the odd one", "of the plain one"):
        page.sees(text)
    page.window.wait(lambda: streams["metrics"].total() > 0, "a sample being counted")

    for name in ("news", "metrics", "plain", "tasks", "a/b c?&ü"):
        streams[name].disconnect()
    page.window.wait(lambda: sorted(page.keys()) == ["channel:main", "channel:weather"],
                     "two streams being left")
    web.publish("to nobody", channel="news")
    web.publish("to somebody", channel="weather")
    page.sees("to somebody")
    assert not [e for e in page.events() if e["data"] == "to nobody"]
    page.connect("news").is_("live")
    web.publish("to news again", channel="news")
    page.sees("to news again")


def test_a_name_that_is_none_is_refused_with_a_word(chromium, web):
    page = Page(chromium, web)
    before = page.opens("#add").keys()
    for name in ("", "x" * 256):
        page.window.fill("#connect [name=channel]", name)
        page.window.click("#connect button:not([type=button])")
        page.window.wait(lambda: page.window.run(
            "const field = document.querySelector('#connect [name=channel]');"
            "return !field.validity.valid || field.getAttribute('aria-invalid') === 'true'"),
            "the field being invalid")
    assert page.keys() == before


def test_events_are_counted_by_type_with_rate_and_time(chromium, web):
    page = Page(chromium, web)
    stream, = page.only("main")
    for n in range(6):
        web.publish(json.dumps({"n": n}), event="sensor")
    for n in range(3):
        web.publish("beat", event="heartbeat")
    for type in ("error", "open", "announcement"):
        web.publish(f"the type {type}", event=type)
    stream.counts(6, "sensor").counts(3, "heartbeat").counts(1, "error").counts(1, "open")
    assert stream.total() == 12
    assert stream.look()["state"] == "live"  # an event called error is no error
    page.window.wait(lambda: float("0" + "".join(
        c for c in stream.look()["rate"].replace(",", ".").split("/")[0] if c in "0123456789."))
        > 0, "a rate")
    first = stream.look()["since"]
    page.window.wait(lambda: whole(stream.look()["since"]) >= 2 and stream.look()["since"] != first,
                     "the time since the last event growing")
    page.window.wait(lambda: whole(stream.look()["rate"]) == 0, "the rate falling", 30)


def test_what_is_filtered_is_not_shown_and_not_lost(chromium, web):
    page = Page(chromium, web)
    stream, = page.only("main")
    for type, n in itertools.product(("sensor", "heartbeat", None), range(3)):
        web.publish(f"{type} {n}", event=type)
    stream.counts(3).counts(3, "sensor")
    only_sensor(page)
    shown = page.window.wait(lambda: {e["type"] for e in page.events() if e["shown"]} == {"sensor"},
                             "only sensors being shown")
    web.publish("another message")
    web.publish("another sensor", event="sensor")
    page.sees("another sensor")
    shown = [e["data"] for e in page.events() if e["shown"]]
    assert shown == ["sensor 0", "sensor 1", "sensor 2", "another sensor"]
    stream.counts(4)  # the hidden message counts
    all_types(page)
    page.window.wait(lambda: [e for e in page.events() if e["shown"]
                              and e["data"] == "another message"], "all being shown again")


def only_sensor(page):
    """Works with a list to choose from and with boxes to tick."""
    page.window.run("""
        const field = document.querySelector("#filter");
        const choice = field.matches("select") ? field : field.querySelector("select");
        if (choice !== null && !choice.multiple) {
            choice.value = "sensor";
            choice.dispatchEvent(new Event("change", { bubbles: true }));
        } else
            for (const box of document.querySelectorAll("[name=filter][type=checkbox]"))
                if (box.checked !== (box.value === "sensor"))
                    box.click();
    """)


def all_types(page):
    page.window.run("""
        const field = document.querySelector("#filter");
        const choice = field.matches("select") ? field : field.querySelector("select");
        if (choice !== null && !choice.multiple) {
            choice.selectedIndex = 0;
            choice.dispatchEvent(new Event("change", { bubbles: true }));
        } else
            for (const box of document.querySelectorAll("[name=filter][type=checkbox]"))
                if (!box.checked)
                    box.click();
    """)


def test_a_pause_holds_the_list_and_then_shows_all(chromium, web):
    page = Page(chromium, web)
    stream, = page.only("main")
    web.publish("before")
    page.sees("before")
    page.window.click("#pause")
    ids = [web.publish(f"meanwhile {n}") for n in range(10)]
    stream.counts(11)
    assert [e["data"] for e in page.events()] == ["before"]
    assert stream.last_id() == str(ids[-1])
    page.window.click("#pause")
    page.sees("meanwhile 9")
    assert [e["data"] for e in page.events()] == ["before"] + [f"meanwhile {n}" for n in range(10)]


def test_clear_empties_the_list_and_nothing_else(chromium, web):
    page = Page(chromium, web)
    stream, = page.only("main")
    web.publish("before")
    page.sees("before")
    page.opens("#more-events").window.click("#clear")
    page.window.wait(lambda: page.events() == [], "an empty list")
    assert stream.look()["state"] == "live" and stream.total() == 1
    web.publish("after")
    page.sees("after")
    assert [e["data"] for e in page.events()] == ["after"]


def test_copy_gives_what_is_shown(chromium, web):
    page = Page(chromium, web)
    chromium.allows(page.url, "clipboardReadWrite", "clipboardSanitizedWrite")
    page.only("main")
    web.publish("to be copied\nwith a second line")
    web.publish("and a 😀 \"quoted\" one")
    page.sees("quoted")
    page.opens("#more-events").window.click("#copy")
    page.go("compose")
    page.window.fill("#publish [name=message]", "")
    page.window.find("#publish [name=message]").click()

    def pasted():
        page.window.chord(Keys.CONTROL, "v")
        return page.window.value("#publish [name=message]")
    text = page.window.wait(pasted, "something being pasted")
    assert "to be copied" in text and "with a second line" in text and "😀" in text


def test_the_list_is_bounded(chromium, web):
    page = Page(chromium, web)
    stream, = page.only("main")
    web.publish("\n".join(f"line {n}" for n in range(1000)), lines=1)
    stream.counts(1000)
    page.sees("line 999")
    assert 200 <= page.window.count("#events li") <= 300
    assert page.events()[-1]["data"] == "line 999"


@pytest.mark.timeout(120)
def test_each_type_arrives_on_time_and_alike_everywhere(chromium, firefox, make_world):
    web = make_world(DEMO, web=True)
    pages = [Page(browser, web) for browser in (chromium, firefox)]
    plain = web.listen(path="/stream", wait=False)
    streams = [page.connect("main").is_("live") for page in pages]
    for page in pages:
        page.window.wait(lambda: len([r for r in page.seen()["rows"]
                                      if r["type"] == "notification"]) >= 2,
                         "two notifications", 20)
    rows = [[r for r in page.seen()["rows"] if r["channel"] == "main"] for page in pages]
    every = {"sensor": 4, "heartbeat": 5, "notification": 8, "message": 2}
    for page_rows in rows:
        for type, seconds in every.items():
            among = [r for r in page_rows if (r["type"] not in every if type == "message"
                                              else False) or r["type"] == type]
            said = [datetime.fromisoformat(json.loads(r["data"])["timestamp"]).timestamp()
                    for r in among]
            gaps = [after - before for before, after in itertools.pairwise(said)]
            assert len(gaps) >= 8 // seconds, f"{type}: {len(said)} came"
            assert all(abs(gap - seconds) < 0.5 for gap in gaps), (type, gaps)
            late = [r["at"] / 1000 - when for r, when in zip(among, said)]
            assert median(late) < 0.5 and max(late) < 2, (type, late)
    seen = [{int(r["id"]): (r["type"], r["data"]) for r in page_rows} for page_rows in rows]
    theirs = {int(e.id): (e.type, e.data) for e in plain.events if e.type != "connected"}
    begun, ended = max(map(min, (*seen, theirs))), min(map(max, (*seen, theirs)))
    between = [{id: e for id, e in some.items() if begun <= id <= ended}
               for some in (*seen, theirs)]
    assert between[0] == between[1] == between[2] and len(between[0]) > 10
    for stream in streams:
        assert stream.look()["types"].keys() >= {"message", "sensor", "heartbeat", "notification"}


# ---- when it was

TIMES = """
return Object.fromEntries([...document.querySelectorAll("#events li.event")].map((li) =>
    [li.said.data, [li.querySelector("time, .time").textContent, li.querySelector("time").dateTime]]));
"""


@pytest.mark.in_both_browsers
def test_a_replayed_event_has_the_time_of_its_publishing(browser, web):
    """Not that of its arrival, nor what its data says, which is shown beside it."""
    began = datetime.now().astimezone()
    told = began - timedelta(days=3, seconds=7)
    own = json.dumps({"message": "own", "timestamp": told.isoformat(timespec="milliseconds")})
    for data in (own, "bytes", '{"timestamp": "yesterday"}', '{"timestamp": 5}'):
        web.publish(data, channel="past")
    web.post("/api/broadcast", b'{"message": "posted", "channel": "past"}', {"Content-Type": "application/json"})
    page = Page(browser, web)
    page.window.run("document.querySelector('#connect [name=since]').value = 'all'")
    page.connect("past").is_("live")
    page.sees("posted")
    web.publish("live", channel="past")
    page.sees("live")
    times = page.window.run(TIMES)
    opened = datetime.fromtimestamp(page.window.run("return performance.timeOrigin") / 1000).astimezone()
    assert len(times) == 6
    for data, (shown, exactly) in times.items():
        at = datetime.fromisoformat(exactly)
        assert shown == at.astimezone().strftime("%H:%M:%S")
        assert began <= at + timedelta(milliseconds=1) and (at > opened) == (data == "live")
    line = next(event["line"] for event in page.events() if event["data"] == own)
    assert "own" in line and told.isoformat(timespec="milliseconds") in line


def test_what_has_no_time_of_the_servers_has_that_of_its_arrival(chromium, web):
    page = Page(chromium, web)
    page.connect("plain").is_("live")
    web.post("/sse/send", b'{"message": "plain"}', {"Content-Type": "application/json"})
    page.sees("plain")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", page.window.run(TIMES)["plain"][0])


def test_the_last_event_of_a_stream_is_not_just_now_because_it_is_replayed(chromium, web):
    web.publish("a while ago", channel="past")
    published = time.monotonic()
    eventually(lambda: time.monotonic() > published + 2.2, "seconds, which are what it shows")
    page = Page(chromium, web)
    page.window.run("document.querySelector('#connect [name=since]').value = 'all'")
    stream = page.connect("past").is_("live")
    page.sees("a while ago")
    assert whole(stream.look()["since"]) >= 2
    web.publish("now", channel="past")
    page.window.wait(lambda: stream.look()["since"].endswith("now"), "the time since the last event")
