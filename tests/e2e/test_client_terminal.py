# SPDX-License-Identifier: MIT
"""What a person at a terminal sees of `tidings`: status --watch, menu, check, sub."""

import json
import os
import re
import signal
from datetime import datetime, timezone

import pytest

from client import Client
from terminal import Terminal
from test_client_unreadable import CHANNEL, FIGURES, HEAD, LIVE, strange_server  # noqa: F401, a fixture
from world import eventually, program


@pytest.fixture
def terminal():
    """terminal(world, verb, ...) with 24 lines of 80 columns."""
    opened = []

    def open_terminal(world, *arguments, env=None, url=None, **size):
        # Some test runners name a size there, and a program rightly believes it.
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("TIDINGS_") and name not in ("LINES", "COLUMNS")}
        environment["TIDINGS_URL"] = url or f"http://127.0.0.1:{world.port}"
        environment["HOME"] = environment["XDG_CONFIG_HOME"] = str(world.folder)
        opened.append(Terminal([program("client/tidings"), *arguments],
                               {**environment, **(env or {})}, **size))
        return opened[-1]
    yield open_terminal
    for one in opened:
        one.close()


def watch(terminal, world, *arguments, **how):
    return terminal(world, "status", "--watch", "--interval", "200ms", *arguments, **how)


def figure(screen, name):
    return int(re.search(rf"^{name} +([\d,]+)", screen.text, re.M)[1].replace(",", ""))


# ---- status --watch

def test_the_screen_follows_what_happens_and_q_ends_it(world_with_web, terminal):
    world = world_with_web
    screen = watch(terminal, world)
    screen.shows("status       ok", "hub up", "q ends")
    before = figure(screen, "published")
    listener = Client(world, "sub", "watched")
    screen.shows("watched", within=15)
    for _ in range(7):
        assert world.post("/realtime/watched", b"x").status == 200
    eventually(lambda: figure(screen, "published") == before + 7, "the figure moving on")
    listener.prints(7)
    eventually(lambda: re.search(r"^watched +1 +7 +\d{16}", screen.text, re.M), "the channel's line")
    listener.kill()
    screen.presses("q")
    screen.ends(0)
    assert screen.is_as_before


def test_ctrl_c_ends_the_screen_and_leaves_the_terminal_as_it_was(shared, terminal):
    screen = watch(terminal, shared)
    screen.shows("status       ok")
    screen.presses("\x03")
    screen.ends(-signal.SIGINT)
    assert screen.is_as_before
    assert screen.raw.endswith((b"\x1b[?1049l\r\x1b[?1l\x1b>", b"\x1b>"))


def test_a_hub_that_is_away_is_said_so_and_its_return_too(world_with_web, terminal):
    world = world_with_web
    screen = watch(terminal, world)
    screen.shows("status       ok")
    world.hub.stop()
    screen.shows("degraded: the hub is away", within=15)
    world.hub.start()
    screen.shows("status       ok", within=15)
    screen.hides("degraded", within=15)


def test_a_web_server_that_is_away_is_said_so(shared, terminal):
    screen = watch(terminal, shared, url="http://127.0.0.1:9")
    screen.shows("http://127.0.0.1:9: Failed to connect")
    screen.presses("q")
    screen.ends(0)


@pytest.mark.parametrize("rows, columns", [(5, 20), (1, 1), (60, 200)])
def test_the_screen_fits_a_window_of_any_size(shared, terminal, rows, columns):
    screen = watch(terminal, shared)
    screen.shows("status       ok")
    screen.resizes(rows, columns)
    screen.shows("T" if columns == 1 else "Tidings ")
    if rows == 5:
        screen.hides("hub up")
    screen.presses("q")
    screen.ends(0)


def test_a_channel_s_name_cannot_command_the_screen_and_keeps_its_letters(shared, terminal):
    for name in ("%C3%A9%E4%B8%96", "%C2%9B31m"):
        shared.post(f"/realtime/{name}", b"x")
    screen = watch(terminal, shared, rows=50)
    screen.shows("é世")
    assert "\\u009b" not in screen.text  # such a name is no channel at all


def test_a_terminal_that_cannot_be_drawn_on_is_told(shared, terminal):
    screen = watch(terminal, shared, env={"TERM": "no-such-terminal"})
    screen.ends(2)
    assert "cannot draw on this terminal" in screen.text


def test_a_terminal_that_goes_away_ends_it(shared, terminal):
    screen = watch(terminal, shared)
    screen.shows("status       ok")
    os.kill(screen.process.pid, signal.SIGHUP)
    screen.ends(-signal.SIGHUP)


def test_channels_that_are_refused_are_not_shown_as_none_without_a_word(shared, terminal, strange):
    strange.says["/metrics"] = FIGURES
    screen = watch(terminal, shared, url=strange.url)
    screen.shows("subscribers  1, on 2", "none: ", "404")


def test_the_screen_shows_how_the_figures_went(world_with_web, terminal):
    world = world_with_web
    screen = watch(terminal, world)
    screen.shows("published    0, 0.0 a second")
    for _ in range(3):
        assert world.post("/realtime/bars", b"x").status == 200
    eventually(lambda: re.search(r"^published .*█.*▁▁$", screen.text, re.M), "a bar, and then less")
    plain = watch(terminal, world, "--color=never")
    eventually(lambda: re.search(r"^published .* ▁▁$", plain.text, re.M), "bars")
    assert re.search(rb"\x1b\[[\d;]*3\dm", screen.raw) and not re.search(rb"\x1b\[[\d;]*3\dm", plain.raw)


@pytest.mark.parametrize("columns", [120, 80, 60, 44, 36, 24, 20])
def test_an_id_is_shown_whole_or_not_at_all(shared, terminal, columns):
    newest = str(shared.publish("x", channel="a channel whose name is longer than most of them are"))
    screen = watch(terminal, shared, rows=60, columns=columns)
    screen.shows("\nchannel ")
    if columns > 20:
        screen.shows(newest)
    begun = {number for number in re.findall(r"\d+", screen.text) if len(number) > 8}
    assert all(len(number) == len(newest) for number in begun), screen.text


def test_bench_shows_how_far_it_is_and_leaves_its_report_alone(shared, terminal):
    bench = terminal(shared, "bench", "--streams", "2", "--time", "1s")
    bench.shows("░ 0 of 1 s")
    bench.ends(0)
    assert bench.lines[0].startswith("streams     2") and "░" not in bench.text


# ---- others

def test_check_shows_groups_signs_and_a_summary(shared, terminal):
    check = terminal(shared, "check", "broadcast", "cross", "uploads", rows=30)
    check.ends(0, 30)
    assert [line for line in check.lines if line and not line.startswith(" ")][:-1] == [
        f"Checking http://127.0.0.1:{shared.port}", "Server", "Events", "Access", "Limits"]
    assert re.search(r"^  ✓ health +[\d.]+ ms$", check.text, re.M)
    assert re.search(r"^4 passed in [\d.]+ s$", check.text, re.M)


def test_check_says_what_failed_with_the_hint_below_and_breaks_no_word(shared, terminal):
    check = terminal(shared, "check", url="http://127.0.0.1:9", columns=64)
    check.ends(1)
    check.shows("✗ health                http://127.0.0.1:9: Failed to connect", "    → is the web server running there? (--url)")
    assert re.search(r"^(1 failed|1 failed, .*) in [\d.]+ s$", check.text, re.M)


def test_ctrl_c_ends_check_with_what_was_found(shared, terminal):
    check = terminal(shared, "check", rows=40)
    check.shows("✓ main stream")
    check.presses("\x03")
    check.ends(1)
    check.shows("interrupted after")


def test_pub_asks_for_channel_and_messages(shared, terminal):
    pub = terminal(shared, "pub", columns=120)
    pub.shows("channel:")
    pub.presses("typed\r")
    pub.shows(f"publishing to typed at http://127.0.0.1:{shared.port}, an event a line; Ctrl-D ends", "message:")
    pub.presses("one\r")
    eventually(lambda: len(re.findall(r"^\d{16}$", pub.text, re.M)) == 1, "an id")
    pub.presses("two words\r")
    eventually(lambda: len(re.findall(r"^\d{16}$", pub.text, re.M)) == 2, "another id")
    pub.presses("\x04")
    pub.ends(0)
    assert Client(shared, "history", "typed", "--format", "%d").ends() == ["one", "two words"]


def test_pub_that_asks_says_what_is_refused_and_goes_on(shared, terminal):
    pub = terminal(shared, "pub", "typed-json", "--json", "--retry", columns=120)
    pub.shows("message:")
    pub.presses("{x\r")
    pub.shows("the message is not JSON")
    for message in ("[1]", "[2]"):
        pub.presses(message + "\r")
        eventually(lambda message=message: message in Client(shared, "history", "typed-json", "--format", "%d").ends(), "it")
    pub.presses("\x03")
    pub.ends(-signal.SIGINT)


def test_pub_without_a_channel_in_a_script_is_wrong_usage(shared):
    assert "pub: expected CHANNEL" in Client(shared, "pub", input="x").refuses(2)


def test_events_on_a_terminal_are_for_people(shared, terminal):
    listener = terminal(shared, "sub", "people")
    eventually(lambda: shared.channel("people")["subscribers"] == 1, "the subscriber")
    shared.post("/realtime/people?event=news", "first\nsecond \x1b[31mline".encode())
    listener.shows("news first", " " * len("00:00:00 news ") + "second \\x1b[31mline")
    assert re.search(r"^\d\d:\d\d:\d\d news first$", listener.text, re.M)


def told(id, data, at=None):
    envelope = {"channel": "x", "data": data, **({"at": at} if at else {})}
    return f"id: {id}\ndata: {json.dumps(envelope)}\n\n"


def here(*moment):
    return datetime(*moment, tzinfo=timezone.utc).astimezone().strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize("verb", [["tail"], ["sub", "--since", "all"], ["history"]])
def test_what_is_replayed_has_the_time_at_which_it_was_published(shared, strange, terminal, verb):
    strange.says["/api/channels/x"] = CHANNEL
    strange.says["/stream"] = (HEAD + told(6, "bytes", "2026-02-03T04:05:06.789Z") +
                            told(9, '{"timestamp": "2001-01-01T00:00:00Z"}', "2026-02-04T04:05:06.000Z") + LIVE)
    shown = terminal(shared, *verb, "x", url=strange.url)
    shown.shows(here(2026, 2, 3, 4, 5, 6) + " bytes", here(2026, 2, 4, 4, 5, 6) + ' {"timestamp"')


@pytest.mark.parametrize("verb", [["tail"], ["history"]])
def test_a_server_that_does_not_say_it_has_what_is_replayed_stamped_by_its_own_data_or_not(shared, strange, terminal, verb):
    strange.says["/api/channels/x"] = CHANNEL
    strange.says["/stream"] = (HEAD + told(6, "bytes") + told(9, '{"timestamp": "2001-01-01T00:00:00Z"}') + LIVE)
    shown = terminal(shared, *verb, "x", url=strange.url)
    shown.shows(here(2001, 1, 1) + ' {"timestamp"')
    assert ("earlier  bytes" in shown.lines) == (verb == ["tail"])


# ---- status, once

def test_status_once_as_lines_and_as_json(world_with_web):
    world = world_with_web
    assert world.post("/realtime/a?lines=1", b"\n".join(b"%d" % n for n in range(1234))).status == 200
    eventually(lambda: "published    1,234" in Client(world, "status").ends(), "the figure")
    status = Client(world, "status", "--json")
    status.ends()
    told = status.events()[0]
    assert told["status"] == "ok" and told["events"] == told["log_events"] == 1234
    assert told["newest"].isdigit() and told["log_bytes"] > 0 and told["commit_p99_ms"] > 0


def test_status_of_a_degraded_server_is_7_and_says_why(world_with_web):
    world_with_web.hub.stop()
    assert Client(world_with_web, "status").ends(7)[0] == (
        "status       degraded: the hub is away")


def test_status_watch_that_is_piped_tells_again_and_again(shared):
    status = Client(shared, "status", "--watch", "--json", "--interval", "100ms")
    status.prints(3)
    assert "events_per_second" in status.events()[2]
    status.process.send_signal(signal.SIGINT)
    status.ends(-signal.SIGINT)


def test_checks_by_name(shared):
    lines = Client(shared, "check", "--auto", "cross", "broadcast").ends(0, 30)
    assert [" ".join(line[:26].split()) for line in lines] == ["ok health", "ok broadcast",
                                                       "ok cross-origin rules"]
    assert "unknown check \"nosuch\"" in (
        client := Client(shared, "check", "--auto", "nosuch")).ends(2) or client.sentence


@pytest.fixture
def world_with_web(make_world):
    return make_world(web=True)


def test_a_line_of_a_pattern_names_the_channel(shared, terminal):
    shared.publish("passed", channel="people/1")
    history = terminal(shared, "history", "--pattern", "people/{n}")
    history.ends(0)
    assert re.fullmatch(r"\d\d:\d\d:\d\d people/1              passed", history.lines[0])


def test_a_first_line_says_what_is_listened_to(shared, terminal):
    greeted = terminal(shared, "sub", "greeted", "more", "--pattern", "builds/{n}", columns=120)
    greeted.shows(f"listening to greeted, more and builds/{{n}} at http://127.0.0.1:{shared.port}; Ctrl-C ends")
    quiet = terminal(shared, "sub", "-q", "quiet")
    eventually(lambda: shared.channel("quiet")["subscribers"] == 1, "the subscriber")
    shared.publish("an event", channel="quiet")
    quiet.shows("an event")
    assert "listening" not in quiet.text


def test_where_what_was_held_ends_is_said(shared, terminal):
    shared.publish("old", channel="held")
    tail = terminal(shared, "tail", "held")
    tail.shows("old", "── up to date ──")


def test_events_of_several_channels_stand_in_columns(shared, terminal):
    for channel, event in (("a", "new"), ("a-longer-name", "message"), ("東京", "paid")):
        shared.publish("data", channel=f"columns/{channel}", event=event)
    history = terminal(shared, "history", "columns/a", "columns/a-longer-name", "columns/東京")
    history.ends(0)
    with history.lock:
        rows = [history.screen.buffer[row] for row in range(1, 3)]
    assert re.fullmatch(r"\d\d:\d\d:\d\d columns/a-longer-name          data", history.lines[1])
    assert "".join(rows[1][column].data for column in range(40, 44)) == "data"


@pytest.mark.parametrize("arguments, env, coloured", [
    ([], {}, True), ([], {"NO_COLOR": "1"}, False), (["--color=never"], {}, False), ([], {"TERM": "dumb"}, False),
    (["--color=always"], {"NO_COLOR": "1"}, True), ([], {"TIDINGS_COLOR": "never"}, False),
])
def test_colours_are_shown_where_they_are_wanted(shared, terminal, arguments, env, coloured):
    shared.publish("data", channel="colours", event="bright")
    history = terminal(shared, "history", "colours", *arguments, env=env)
    history.ends(0)
    assert (b"\x1b[1mbright\x1b[0m data" in history.raw) == coloured
    assert (b"\x1b[" in history.raw) == coloured


def test_a_pipe_gets_no_colour_and_no_line_beside_the_events(shared):
    shared.publish("data", channel="piped", event="plain")
    tail = Client(shared, "tail", "piped", "--count", "1")
    assert list(tail.ends() and tail.events()[0]) == ["id", "channel", "event", "data"] and not tail.errors
    assert Client(shared, "history", "piped", "--color=always").ends()[0].endswith(" \x1b[1mplain\x1b[0m data")


def test_status_and_channels_have_colours_on_a_terminal_and_the_same_words_without(shared, terminal):
    shared.publish("data", channel="coloured")
    bright, plain = terminal(shared, "status"), terminal(shared, "status", env={"NO_COLOR": "1"})
    for shown in (bright, plain):
        shown.ends(0)
        assert re.match(r"status       ok", shown.lines[0])
    assert b"\x1b[2mstatus       \x1b[0m\x1b[32mok\x1b[0m" in bright.raw and b"\x1b" not in plain.raw
    bright, plain = terminal(shared, "channels"), terminal(shared, "channels", "--color=never")
    for shown in (bright, plain):
        shown.ends(0)
        assert re.search(r"^coloured +0 +1  \d{16}$", shown.text, re.M)
    assert b"\x1b[1mchannel " in bright.raw and b"\x1b" not in plain.raw
    piped = Client(shared, "channels").ends()
    assert piped[0] == "channel                  subscribers      events  newest"
    assert any(re.fullmatch(r"coloured {27}0 {11}1  \d{16}", line) for line in piped), piped


@pytest.mark.parametrize("arguments", [["help"], ["sub", "--help"], ["help", "channels"]])
def test_help_has_colours_on_a_terminal_and_the_same_words_without(shared, terminal, arguments):
    bright, plain = terminal(shared, *arguments, rows=60), terminal(shared, *arguments, rows=60, env={"NO_COLOR": "1"})
    for shown in (bright, plain):
        shown.ends(0)
    assert bright.lines == plain.lines and b"\x1b" not in plain.raw
    assert bright.raw.startswith(b"\x1b[1mUsage\x1b[0m: tidings ") and b"\x1b[36m" in bright.raw
    piped = Client(shared, *arguments).ends()
    assert piped == plain.lines[:len(piped)]


def test_a_long_name_makes_the_column_wider_where_there_is_room(shared, terminal):
    name = "columns/" + "x" * 52
    shared.publish("data", channel=name)
    wide, narrow = terminal(shared, "channels", columns=120), terminal(shared, "channels")
    for shown in (wide, narrow):
        shown.ends(0)
    assert re.match(r"channel {54}subscribers", wide.lines[0]) and re.match(r"channel {18}subscribers", narrow.lines[0])
    assert any(re.fullmatch(name + r" {11}0 {11}1  \d{16}", line) for line in wide.lines)


@pytest.mark.parametrize("arguments", [["check", "health"], ["bench", "--time", "500ms", "--streams", "2"]])
def test_a_dumb_terminal_is_told_nothing_that_it_would_obey(shared, terminal, arguments):
    """Nothing is drawn anew there, nor wiped."""
    shown = terminal(shared, *arguments, env={"TERM": "dumb"})
    shown.ends(0)
    assert not re.search(rb"\x1b|\r(?!\n)", shown.raw), shown.raw


def test_data_that_are_json_are_told_as_such(shared):
    said = ['{"price": 12.50,\n "big": 12345678901234567890}', "\ufeff[1]", "no {json", '"text"']
    for data in said:
        shared.publish(data, channel="parsed")
    history = Client(shared, "history", "parsed", "--parse")
    lines = history.ends()
    assert lines[0].endswith('"data":{"price": 12.50,  "big": 12345678901234567890}}')
    assert [event["data"] for event in history.events()][1:] == [[1], "no {json", "text"]
    assert "--parse and --format" in Client(shared, "history", "parsed", "--parse", "--format", "%d").refuses(2)
