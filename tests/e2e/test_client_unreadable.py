# SPDX-License-Identifier: MIT
"""What the command cannot read ends it with a sentence and a status: nothing is passed over.

A server of the tests' own says what Tidings never would.
"""

import http.server
import json
import socket
import threading

import pytest

from client import commands

HEAD = 'id: 5\nevent: connected\ndata: {"channels":["x"],"behind":true}\n\n'
GOOD = 'id: 6\ndata: {"channel":"x","data":"good"}\n\n'
LATER = 'id: 9\ndata: {"channel":"x","data":"later"}\n\n'
LIVE = "id: 9\nevent: live\ndata: {}\n\n"
CHANNEL = {"channel": "x", "subscribers": 1, "events": 2, "bytes": 3, "oldest": "6", "newest": "9"}

FIGURES = """\
tidings_subscribers 1
tidings_responders 2
tidings_events_total 3
tidings_deliveries_total{kind="live"} 4
tidings_deliveries_total{kind="replayed"} 0
tidings_http_requests_total{class="2xx"} 5
tidings_http_requests_total{class="3xx"} 0
tidings_http_requests_total{class="4xx"} 0
tidings_http_requests_total{class="5xx"} 0
tidings_log_events 6
tidings_log_size_bytes 7
tidings_log_newest_id 8
tidings_log_writable 1
process_start_time_seconds 9
"""


class Server(http.server.ThreadingHTTPServer):
    """Answers each path with what `says` has for it: bytes, a text, or JSON, or (status, one of
    these); a stream ends by being cut."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.says = {"/health": {"status": "ok"}}
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        said = self.server.says.get(self.path.split("?")[0])
        if said is None:
            self.send_error(404)
            return
        status, said = said if isinstance(said, tuple) else (200, said)
        body = said if isinstance(said, (str, bytes)) else json.dumps(said)
        body = body.encode() if isinstance(body, str) else body
        is_stream = body.startswith(b"id: ")
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream" if is_stream else "text/plain")
        if not is_stream:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture(name="strange")
def strange_server():
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def run(shared, strange):
    with commands(shared, url=strange.url) as run:
        yield run


# ---- streams

def _event(data, id="7", type=None):
    lines = [f"id: {id}"] + ([f"event: {type}"] if type else []) + [f"data: {data}"]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "surrogateescape")


DAMAGED = {
    "an envelope that is no JSON": _event('{"channel":"x","data":"lost}'),
    "an envelope that is cut": _event('{"channel":"x","data":"lost'),
    "an envelope that is no UTF-8": _event('{"channel":"x","data":"l\udcffst"}'),
    "an overlong letter": _event('{"channel":"x","data":"\udcc0\udcaf"}'),
    "half a surrogate pair": _event('{"channel":"x","data":"\\ud83d"}'),
    "the data twice": _event('{"channel":"x","data":"lost","data":"too"}'),
    "something behind the envelope": _event('{"channel":"x","data":"lost"}}'),
    "no envelope": _event("lost"),
    "data without a channel": _event('{"data":"lost"}'),
    "a channel without a name": _event('{"channel":"","data":"lost"}'),
    "a channel without data": _event('{"channel":"x"}'),
    "data that is no text": _event('{"channel":"x","data":{"lost":true}}'),
    "a list": _event('["x","lost"]'),
    "an id that is none": _event('{"channel":"x","data":"lost"}', id="7th"),
    "an id beyond all ids": _event('{"channel":"x","data":"lost"}', id="9223372036854775808"),
    "a head that is no JSON": _event('{"channels":["x"', type="connected"),
    "a head without channels": _event("{}", type="connected"),
    "a gap that is no JSON": _event("lost", type="reset"),
    "a gap whose ids are none": _event('{"requested":"1","oldest":"a","newest":"b"}', type="reset"),
    "a notice that is no JSON": _event("{", type="live"),
    "a notice that nobody knows": _event("{}", type="farewell"),
}


@pytest.mark.parametrize("verb", ("sub", "tail", "history"))
@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_an_event_that_cannot_be_read_is_not_passed_over(run, strange, tmp_path, verb, damage):
    strange.says["/stream"] = HEAD.encode() + GOOD.encode() + damage + (LATER + LIVE).encode()
    strange.says["/api/channels/x"] = CHANNEL
    cursor = tmp_path / "cursor"
    options = ["--cursor", cursor, "--since", "all"] if verb == "sub" else []
    client = run(verb, "x", "--format", "%i %d", *options)
    assert client.ends(7) == ["6 good"]
    assert "an event cannot be read" in client.sentence
    assert verb != "sub" or cursor.read_text() == "6\n"


def test_an_event_that_cannot_be_read_is_no_reason_to_come_back(run, strange):
    """With --wait it would be read again and again."""
    strange.says["/stream"] = HEAD.encode() + DAMAGED["no envelope"]
    run("sub", "x", "--wait").ends(7)


def test_what_is_filtered_out_must_be_readable_too(run, strange):
    strange.says["/stream"] = HEAD.encode() + DAMAGED["an envelope that is cut"] + LATER.encode()
    run("sub", "x", "--event", "alert").ends(7)


# ---- answers

def test_a_404_says_what_is_not_there(run):
    client = run("channels")
    client.ends(6)
    assert "status 404" in client.sentence


LISTS = {
    "no list": {"more": False},
    "a list that is none": {"channels": {}, "more": False},
    "not whether there are more": {"channels": [CHANNEL]},
    "more than none": {"channels": [], "more": True},
    "more, as a text": {"channels": [CHANNEL], "more": "false"},
    "a channel that is none": {"channels": [CHANNEL, "x"], "more": False},
    "a name twice": '{"channels":[{"channel":"x","channel":"y"}],"more":false}',
    **{f"a channel whose {name} is {value!r}":
       {"channels": [CHANNEL, {**CHANNEL, name: value}], "more": False}
       for name, value in (("channel", None), ("channel", ""), ("channel", 1), ("subscribers", "1"),
                           ("subscribers", -1), ("events", 1.5), ("events", None),
                           ("newest", "new"), ("newest", 9), ("newest", ""))},
}


@pytest.mark.parametrize("answer", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("how", ([], ["--json"]), ids=("table", "json"))
def test_a_list_of_channels_that_cannot_be_read_is_not_an_empty_one(run, strange, answer, how):
    strange.says["/api/channels"] = answer
    client = run("channels", *how)
    assert client.ends(7) == []
    assert "not from Tidings" in client.sentence


@pytest.mark.parametrize("newest", ["new", 9, "", "-1", True])
def test_history_up_to_an_id_that_cannot_be_read_is_not_empty(run, strange, newest):
    strange.says["/api/channels/x"] = {**CHANNEL, "newest": newest}
    client = run("history", "x")
    client.ends(7)
    assert "not from Tidings" in client.sentence


def test_history_of_a_channel_without_events_is_empty(run, strange):
    strange.says["/api/channels/x"] = {**CHANNEL, "newest": None, "oldest": None, "events": 0}
    assert run("history", "x").ends() == []


PAGES = {
    "a page of something else": "<html></html>",
    "a figure less": FIGURES.replace("tidings_subscribers ", "others_subscribers "),
    "a figure that is a word": FIGURES.replace("tidings_subscribers 1", "tidings_subscribers one"),
    "a figure that is none": FIGURES.replace("tidings_log_writable 1", "tidings_log_writable NaN"),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_figures_that_cannot_be_read_are_not_0(run, strange, page):
    strange.says["/metrics"] = FIGURES
    assert any(line.split() == ["subscribers", "1,", "on", "2", "responders"]
               for line in run("status").ends())
    strange.says["/metrics"] = page
    for how in ([], ["--json"], ["--watch", "--interval", "100ms"]):
        client = run("status", *how)
        assert not any("subscribers" in line for line in client.ends(7))
        assert "/metrics: the answer is not from Tidings" in client.sentence


def test_watching_a_server_whose_health_cannot_be_read_ends(run, strange):
    strange.says["/health"] = {"state": "ok"}
    client = run("status", "--watch", "--interval", "100ms")
    client.ends(7)
    assert "/health: the answer is not from Tidings" in client.sentence


# ---- what was published

ANSWERS = {
    "a page": "<html></html>", "nothing": "{}", "no id": {"status": "ok", "id": None},
    "an id that is none": {"status": "ok", "id": "first"}, "a number": {"status": "ok", "id": 5},
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_without_an_id_is_no_acknowledgement(run, strange, answer):
    strange.says["/realtime/x"] = answer
    client = run("pub", "x", "hello")
    assert client.ends(7) == []
    assert "perhaps nothing was published" in client.sentence
    client = run("run", "x", "--linger", "300ms", "--", "echo", "done")
    assert client.ends() == ["done"]
    assert client.errors[0].endswith("not published: the answer is not from Tidings")


def test_lines_of_which_not_all_were_stored_are_not_published(run, strange):
    strange.says["/realtime/x"] = {"status": "ok", "id": "9", "first": "8", "count": 2}
    client = run("pub", "x", "--lines", input="a\nb\nc\n")
    assert client.ends(7) == []
    assert "perhaps nothing was published" in client.errors[0]
    assert run("pub", "x", "--lines", input="a\nb\n").ends() == ["9"]


def test_an_end_that_was_not_published_in_time_is_said(run):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = run("run", "x", "--linger", "200ms", "--", "echo", "done",
                     url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert client.ends() == ["done"]
        assert client.sentence.endswith("not everything is published: the server has not answered in time")


# ---- what is tried

def test_a_sample_that_cannot_be_read_is_no_sample(run, strange):
    head = 'id: 5\nevent: connected\ndata: {"channels":["metrics"]}\n\n'
    for data, good in (('{"subscribers":null}', True), ("{}", False), ("up", False)):
        strange.says["/metrics"] = head + f"data: {data}\n\n"
        said = run("check", "--auto", "metrics").ends(0 if good else 1)
        assert said[1].startswith("ok" if good else "FAIL"), said


def test_a_stream_whose_head_cannot_be_read_has_not_begun(run, strange):
    strange.says["/stream"] = "id: 5\nevent: connected\ndata: <html>\n\n"
    assert run("check", "--auto", "main", "--wait", "1s").ends(1)[1].startswith("FAIL main stream")


# ---- the user's own

CONFIGS = {
    "a NUL byte": (b"quiet = yes\0\nurl = http://127.0.0.1:1\n", "the line has a NUL byte"),
    "a NUL byte at its end": (b"[sub]\ncount = 1\0 0", "the line has a NUL byte"),
    "a flag twice": (b"url = http://127.0.0.1:1\nurl = http://127.0.0.1:2\n", "url is given twice"),
    "a header twice": (b"header = A: 1\nheader = B: 2\n", "header is given twice"),
    "an indented flag": (b"url = http://127.0.0.1:1\n  quiet = yes\n", "url is given twice"),
    "a verb that is none": (b"[hub]\nretry = yes\n", 'unknown verb "hub"'),
}


@pytest.mark.parametrize("text, said", CONFIGS.values(), ids=CONFIGS)
def test_a_line_of_client_conf_is_not_passed_over(run, tmp_path, text, said):
    config = tmp_path / "client.conf"
    config.write_bytes(text)
    client = run("status", "--config", config)
    client.ends(2)
    assert said in client.sentence


def test_a_folder_is_no_empty_client_conf(run, tmp_path):
    client = run("status", "--config", tmp_path)
    client.ends(2)
    assert "Is a directory" in client.sentence


def test_the_menu_does_not_cut_a_message(run, shared):
    long = "m" * 5000
    url = f"http://127.0.0.1:{shared.port}"
    said = "\n".join(run("menu", input=f"4\nmenu-long\n{long}\nshort\nq\n", url=url).ends())
    assert "a line has at most 4095 bytes" in said
    assert run("history", "menu-long", "--format", "%d", url=url).ends() == ["short"]
