# SPDX-License-Identifier: MIT
"""`tidings menu` on a terminal: channels, events, one event."""

import json
import re
import signal
import time

import pytest

from client import Client
from cost import spent
from test_client_terminal import terminal  # noqa: F401, a fixture
from test_client_unreadable import HEAD, LIVE, strange_server  # noqa: F401, a fixture
from world import SLOW, eventually


def chosen(menu):
    return next((line[2:].strip() for line in menu.lines if line.startswith("▸ ")), None)


def test_the_menu_lists_channels_and_shows_the_events_of_one(shared, terminal):  # noqa: F811
    shared.publish("what was", channel="menu-one")
    menu = terminal(shared, "menu")
    menu.shows(f"Tidings  http://127.0.0.1:{shared.port}", "menu-one", "q end")
    menu.presses("/menu-one")
    eventually(lambda: (chosen(menu) or "").startswith("menu-one"), "it being chosen")
    menu.presses("\r\r")
    menu.shows("what was", "live", "q back")
    newest = shared.publish("what comes", channel="menu-one", event="news")
    eventually(lambda: re.search(r"^▸ \d\d:\d\d:\d\d news +what comes$", menu.text, re.M), f"event {newest}")
    menu.presses("q")
    menu.shows("q end")
    menu.presses("q")
    menu.ends(0)
    assert menu.is_as_before


def test_the_menu_publishes_where_one_is(shared, terminal):  # noqa: F811
    menu = terminal(shared, "menu")
    menu.shows("q end")
    menu.presses("nmenu-own\r")
    menu.shows("no event yet: p publishes one")
    menu.presses("p")
    menu.shows("message:")
    menu.presses("it's \"miné\"x\x7f; --help\r")
    menu.shows("published, id ", "it's \"miné\"; --help")
    menu.presses("qp")
    menu.shows("publish on:")
    menu.presses("\x7f" * 60 + "..\r")
    menu.shows("message:")
    menu.presses("x\r")
    menu.shows("not published: ")


def test_the_menu_shows_an_event_whole_and_its_json_in_lines(shared, terminal):  # noqa: F811
    shared.publish('{"order":7,"lines":[{"sku":"A"}],"none":[]}', channel="menu-json", event="paid")
    menu = terminal(shared, "menu")
    menu.shows("q end")
    menu.presses("nmenu-json\r")
    menu.shows("paid")
    menu.presses("\r")
    menu.shows("channel  menu-json", "type     paid", '\n{\n  "order": 7,\n  "lines": [\n    {\n      "sku": "A"\n    }\n  ],\n'
               '  "none": []\n}\n')
    menu.presses("q")
    menu.shows("q back", "live")


def test_the_menu_filters_events_and_stops_where_one_looks(shared, terminal):  # noqa: F811
    for n in range(40):
        shared.publish(f"line {n} {'odd' if n % 2 else 'even'}", channel="menu-many")
    menu = terminal(shared, "menu", columns=120, rows=30)
    menu.shows("q end")
    menu.presses("nmenu-many\r")
    menu.shows("line 39 odd")
    menu.presses("/EVEN")
    menu.shows("line 38 even")
    menu.hides("odd")
    menu.presses("\r")
    menu.shows("/EVEN  live")
    menu.presses("\x1bOA")
    menu.shows("stopped")
    before = chosen(menu)
    shared.publish("line 40 even", channel="menu-many")
    menu.shows("line 40 even")
    assert chosen(menu) == before and "line 36 even" in before
    menu.presses("G")
    menu.hides("stopped")
    eventually(lambda: "line 40 even" in chosen(menu), "the newest being chosen")


def test_the_menu_comes_back_with_the_web_server(make_world, terminal):  # noqa: F811
    world = make_world(web=True)
    world.publish("before", channel="kept")
    menu = terminal(world, "menu", columns=120)
    menu.shows("kept")
    menu.presses("nkept\r")
    menu.shows("before", "live")
    world.web.stop()
    menu.shows("reconnecting", within=15)
    world.web.start()
    menu.shows("live", within=20)
    world.publish("after", channel="kept")
    menu.shows("after")
    assert menu.text.count("before") == 1


def test_a_server_that_is_away_is_said_in_the_menu_which_stays(shared, terminal):  # noqa: F811
    menu = terminal(shared, "menu", url="http://127.0.0.1:9")
    menu.shows("away", "http://127.0.0.1:9: Failed to connect")
    menu.presses("a")
    menu.shows("all channels", "Failed to connect")
    menu.presses("qq")
    menu.ends(0)


@pytest.mark.parametrize("rows, columns", [(5, 20), (24, 80), (50, 200), (2, 3), (1, 1)])
def test_the_menu_fits_a_window_of_any_size(shared, terminal, rows, columns):  # noqa: F811
    shared.publish("short", channel="menu-size")
    menu = terminal(shared, "menu")
    menu.shows("q end")
    menu.resizes(rows, columns)
    menu.presses("nmenu-size\r")
    if rows >= 5:
        menu.shows("menu-size", "short", "q back")
    menu.presses("\rqq")
    if rows >= 5:
        menu.shows("q end")
    menu.presses("q")
    menu.ends(0)


def test_ctrl_c_ends_the_menu_and_leaves_the_terminal_as_it_was(shared, terminal):  # noqa: F811
    menu = terminal(shared, "menu")
    menu.shows("q end")
    menu.presses("\x03")
    menu.ends(-signal.SIGINT)
    assert menu.is_as_before


def test_flags_of_the_menu_hold_for_what_it_shows(shared, terminal):  # noqa: F811
    menu = terminal(shared, "menu", "--url", f"http://localhost:{shared.port}", url="http://127.0.0.1:9")
    menu.shows(f"http://localhost:{shared.port}", "channel")
    assert "away" not in menu.text


def test_a_terminal_that_cannot_be_drawn_on_gets_the_menu_in_lines(shared, terminal):  # noqa: F811
    menu = terminal(shared, "menu", env={"TERM": "no-such-terminal"}, rows=60)
    menu.shows("tidings sub main", "your choice:")
    menu.presses("8\r")
    menu.shows("subscribers")
    menu.presses("q\r")
    menu.ends(0)


def test_the_menu_in_a_pipe_is_lines(shared):
    lines = Client(shared, "menu", input="5\nz\nq\n").ends(0, 20)
    assert any(re.match(r"ok +broadcast", line) for line in lines)
    assert any("there is no choice z" in line for line in lines)


def test_the_menu_keeps_up_with_a_thousand_events_a_second(shared, terminal):  # noqa: F811
    """It draws no more often than one can see, hears its keys meanwhile, and then shows what came last."""
    menu = terminal(shared, "menu")
    menu.shows("q end")
    menu.presses("nmenu-much\r")
    menu.shows("no event yet")
    began, before, drawn = time.monotonic(), spent(menu.process.pid), len(menu.raw)
    for batch in range(40):
        shared.publish("\n".join(f"event {batch * 50 + n}" for n in range(50)), channel="menu-much", lines=1)
        if batch == 10:
            menu.presses("\x1bOA")
            menu.shows("stopped")
        if batch == 20:
            menu.presses("\x1bOF")
            menu.hides("stopped")
        time.sleep(max(0, began + (batch + 1) * 0.05 - time.monotonic()))
    menu.shows("event 1999")
    assert spent(menu.process.pid) - before < 0.5 * SLOW, "seconds of processor time for 2,000 events"
    assert len(menu.raw) - drawn < 400_000 * SLOW


def test_the_menu_shows_when_an_event_was_published_also_on_another_day(shared, strange, terminal):  # noqa: F811
    envelope = {"channel": "x", "data": "old", "at": "2001-02-03T12:05:06.000Z"}
    strange.says["/api/channels"] = {"channels": [], "more": False}
    strange.says["/stream"] = HEAD + f"id: 6\ndata: {json.dumps(envelope)}\n\n" + LIVE
    menu = terminal(shared, "menu", url=strange.url)
    menu.shows("q end")
    menu.presses("nx\r")
    menu.shows("Feb 2001 ", "old")
    menu.presses("\r")
    menu.shows("time     2001-02-03 ")
