# SPDX-License-Identifier: MIT
"""What comes: a line each, with its summary; opened, its data; and what is looked for among them."""

import json

import pytest
from selenium.webdriver.common.keys import Keys

from page import Page
from test_page_reasons import BROKEN, JSON, opens, site  # noqa: F401 - a fixture

pytestmark = pytest.mark.page
ORDER = '{"title":"Paid","id":12345678901234567890,"lines":[{"n":1.50}],"note":"a\\tb"}'


@pytest.mark.in_both_browsers
def test_a_row_is_a_line_and_opens_to_its_data(browser, web):
    page = Page(browser, web)
    page.connect("main").is_("live")
    id = web.publish(ORDER, event="sensor")
    row = page.sees("Paid")
    assert row["line"].split() == ["Paid", "id", "12345678901234567890", "lines", "[{\"n\":", "1.50}]", "note", "a", "b"]
    height = page.window.run("return document.querySelector('#events li.event').getBoundingClientRect().height")
    assert height < 40
    page.window.click("#events .line")
    assert page.window.text("#events .detail pre") == \
        '{\n  "title": "Paid",\n  "id": 12345678901234567890,\n  "lines": [\n    {\n      "n": 1.50\n    }\n  ],\n  "note": "a\\tb"\n}'
    facts = page.window.text("#events .detail dl")
    assert str(id) in facts and "sensor" in facts and "Published" in facts
    page.window.click("#events .line")
    assert page.window.count("#events .detail") == 0


def test_rows_are_reached_and_opened_by_keyboard(chromium, web):
    page = Page(chromium, web)
    page.connect("main").is_("live")
    for n in range(3):
        web.publish(f"number {n}")
    page.sees("number 2")
    page.window.run("document.querySelector('#events').focus()")
    page.window.press(Keys.ARROW_UP)
    page.window.press(Keys.ARROW_UP)
    page.window.press(Keys.ENTER)
    assert page.window.text("#events .detail pre") == "number 1"
    page.window.press(Keys.ESCAPE)
    assert page.window.count("#events .detail") == 0
    page.window.press(Keys.END)
    page.window.press(" ")
    assert page.window.text("#events .detail pre") == "number 2"


def test_who_reads_an_open_row_goes_on_reading_it(chromium, web):
    page = Page(chromium, web)
    page.connect("main").is_("live")
    web.publish("the one that is read")
    page.sees("the one")
    page.window.click("#events .line")
    top = "return document.querySelector('#events .detail').getBoundingClientRect().top"
    before = page.window.run(top)
    web.publish("\n".join(f"later {n}" for n in range(60)), lines=1)
    page.sees("later 59")
    page.window.wait(lambda: page.window.text("#unseen").startswith("60 "), "how many came since")
    assert abs(page.window.run(top) - before) < 200  # in an empty list the first ones still move it
    page.window.click("#unseen")
    page.window.wait(lambda: page.window.run("return document.querySelector('#events').scrollTop") == 0, "the newest")
    assert page.window.count("#events .detail") == 0


def test_what_is_searched_for_is_found_in_data_type_channel_and_id(chromium, web):
    page = Page(chromium, web)
    page.connect("main").is_("live")
    page.connect("Weather").is_("live")
    web.publish("Rain at noon", channel="Weather")
    web.publish('{"city": "Köln"}', event="alert")
    id = web.publish("last")
    page.sees("last")

    def found(text):
        page.window.fill("#search", text)
        return [e["data"] for e in page.events() if e["shown"]]
    assert found("RAIN") == found("weather") == ["Rain at noon"]
    assert found("ALERT") == found("köln") == ['{"city": "Köln"}']
    assert found(str(id)) == ["last"]
    page.window.wait(lambda: page.window.text("#found") == "1 of 3", "how many are found")
    assert found("nowhere") == [] and "nowhere" in page.window.text(".rows .empty")
    web.publish("nowhere to be hidden")
    page.sees("nowhere to be hidden")
    page.window.wait(lambda: [e["data"] for e in page.events() if e["shown"]] == ["nowhere to be hidden"], "it being shown")
    assert len(found("")) == 4


# ---- channels at the side

@pytest.mark.in_both_browsers
def test_a_channel_is_listed_with_who_listens_and_one_click_connects_it(browser, web):
    page = Page(browser, web)
    page.connect("main").is_("live")
    reader = web.listen("news")
    web.publish("the first", channel="news")
    other = '.other[data-channel="news"]'
    page.window.wait(lambda: "1 listener" in (page.window.text(f"{other} .there") or ""), "who listens", 20)
    web.publish("the second", channel="news")
    page.window.wait(lambda: page.window.text(f"{other} .since"), "when the last came", 20)
    page.window.click(other)
    page.stream("news").is_("live")
    page.window.wait(lambda: page.window.count(other) == 0, "it being listed once")
    page.window.wait(lambda: "2 listeners" in page.window.text(f"{page.stream('news').css} .there"), "both of them", 20)
    reader.leave()


# ---- when there is nothing

EMPTY = "const e = document.querySelector('.rows .empty'); return e.checkVisibility() ? e.innerText : ''"


def is_empty_because(page, *parts):
    page.window.wait(lambda: all(part in page.window.run(EMPTY) for part in parts), f"the list saying {parts}", 20)


def test_an_empty_list_says_what_it_waits_for(chromium, web):
    page = Page(chromium, web)
    stream = page.connect("main").is_("live")
    is_empty_because(page, "main", "Publish something below")
    stream.disconnect()
    is_empty_because(page, "No channel is connected")
    page.language("pt-BR")
    is_empty_because(page, "Nenhum canal conectado")


@pytest.mark.parametrize("status, body, parts", [
    (503, "no", ("No stream: 503",)), (404, "no", ("No stream: 404",)),
    (401, json.dumps({"error": "no_token", "message": "show a token"}), ("Refused: 401",))])
def test_an_empty_list_says_why_there_is_no_stream(chromium, site, status, body, parts):  # noqa: F811
    page = opens(chromium, site, stream=(status, JSON if body != "no" else "text/html", body.encode()))
    is_empty_because(page, *parts)


def test_the_large_figures_are_those_of_the_server_and_of_this_browser(chromium, make_world):
    web = make_world(web=True, hub=True)
    page = Page(chromium, web)
    page.connect("main").is_("live")
    readers = [web.listen("main") for _ in range(3)]
    large = "return document.querySelector(`[data-large=${arguments[0]}]`).textContent"
    page.window.wait(lambda: page.window.run(large, "subscribers") not in ("–", "0", "1", "2", "3"), "the streams", 20)
    for n in range(20):
        web.publish(f"number {n}")
    page.sees("number 19")
    page.window.wait(lambda: page.window.run(large, "deliveries") not in ("–", "0"), "deliveries", 20)
    page.window.wait(lambda: page.window.run(large, "latency").replace(".", "").isdigit(), "how long it took", 20)

    def measured_here():  # of what came before the page knew the server's clock nothing is
        web.publish("one more")
        return "browser" in page.window.text("#figures div:last-child dt")
    page.window.wait(measured_here, "it being measured here", 20)
    assert len(readers) == 3
