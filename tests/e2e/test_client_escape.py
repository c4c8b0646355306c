# SPDX-License-Identifier: MIT
"""No publisher and no server commands the terminal of who runs `tidings`.

A server of the tests' own puts what a terminal would obey wherever it has a say;
in a pipe the same bytes arrive as they are.
"""

import json
import re

import pytest

from client import Client
from test_client_terminal import terminal  # noqa: F401, a fixture
from test_client_unreadable import CHANNEL, FIGURES, strange_server  # noqa: F401, a fixture
from world import eventually

EVIL = "\x1b]0;owned\x07\x9b31m\u202egnp\x7f\u2066\x85\x08end"
SEEN = r"\x1b]0;owned\x07\u009b31m\u202egnp\u007f\u2066\u0085\x08end"
BAD = re.compile("\x1b\\]0|\x07|\x08|[\x7f-\x9f]|[\u2028-\u202e]|[\u2066-\u2069]")


def event(id, type=None, **envelope):
    return (f"id: {id}\n" + (f"event: {type}\n" if type else "")
            + f"data: {json.dumps(envelope, ensure_ascii=False)}\n\n")


STREAM = (event(5, "connected", channels=["x"], behind=True)
          + event(6, EVIL, channel=EVIL, event=EVIL, data=EVIL + "\nsecond\t" + EVIL)
          + event(9, "live")
          + event(9, channel="x", data="later"))


@pytest.fixture(name="evil")
def evil_server(strange):
    channel = {**CHANNEL, "channel": EVIL}
    strange.says.update({
        "/health": {"status": EVIL, "reason": EVIL}, "/metrics": FIGURES,
        "/stream": STREAM, "/realtime/x": STREAM,
        "/api/channels": json.dumps({"channels": [channel], "more": False}, ensure_ascii=False),
        "/api/channels/x": CHANNEL,
        "/realtime/refused": (403, {"error": EVIL, "message": EVIL}),
        "/api/broadcast": (403, {"error": EVIL, "message": EVIL})})
    return strange


def is_harmless(screen, columns=False):
    raw = screen.raw.decode("utf-8", "surrogateescape")
    assert not BAD.search(raw), f"{raw!r}"
    if not columns:
        # check's own: what is being tried goes again
        assert "\x1b" not in raw.replace("\r\x1b[K", ""), f"{raw!r}"
    return raw


ONE_STREAM = {"lines": [], "lines and a name": ["other"], "json": ["--json"],
              "format": ["--format", "%i %t %c %d"]}


@pytest.mark.parametrize("how", ONE_STREAM)
@pytest.mark.parametrize("verb", ["sub", "tail", "history"])
def test_an_event_cannot_command_a_terminal(shared, terminal, evil, verb, how):  # noqa: F811
    evil.says["/api/channels/other"] = CHANNEL
    since = [] if verb == "history" else ["--since", "all"]
    screen = terminal(shared, verb, "x", *ONE_STREAM[how], *since, url=evil.url,
                      env={"NO_COLOR": "1"}, columns=250)
    if verb == "history":
        screen.ends(0)
    else:
        screen.shows("later")
    raw = is_harmless(screen)
    if how == "json":
        told = json.loads(raw.splitlines()[0])  # it still is the same event
        assert told["data"] == EVIL + "\nsecond\t" + EVIL and told["event"] == EVIL
    else:
        assert SEEN in raw


def test_in_a_pipe_a_format_gives_the_bytes_as_they_are(shared, evil):
    client = Client(shared, "history", "x", "--format", "%t", url=evil.url)
    assert client.ends(0) == [EVIL]


VERBS = {
    "channels": ["channels"], "channels as JSON": ["channels", "--json"],
    "status": ["status"], "status as JSON": ["status", "--json"],
    "check": ["check", "--auto"],
    "a POST": ["pub", "--channel", "x", "text"],
    "a POST that is refused": ["pub", "--channel", "refused", "text"],
    "a stream that is refused": ["sub", "refused"],
    "an error": ["pub", "--channel", EVIL.replace("\x07", "").replace("\x08", ""), "text"],
    "an unknown verb": [EVIL], "an unknown flag": ["sub", "--" + EVIL],
    "a bad value": ["sub", "x", "--count", EVIL], "a file": ["sub", "x", "--cursor", "/nowhere/" + EVIL],
    "a job": ["run", "--channel", "x", "--", "true"],
}


@pytest.mark.parametrize("what", VERBS)
def test_no_answer_of_a_server_commands_a_terminal(shared, terminal, evil, what):  # noqa: F811
    if what == "a stream that is refused":
        evil.says["/stream"] = (403, {"error": EVIL, "message": EVIL})
    screen = terminal(shared, *VERBS[what], url=evil.url, env={"NO_COLOR": "1"}, columns=250)
    eventually(lambda: screen.process.poll() is not None, "its end", 15)
    screen.reader.join(10)
    is_harmless(screen)
    assert screen.raw


@pytest.mark.parametrize("verb", [["status", "--watch", "--interval", "100ms"], ["menu"]])
def test_no_screen_is_commanded(shared, terminal, evil, verb):  # noqa: F811
    screen = terminal(shared, *verb, url=evil.url, columns=250, rows=40)
    screen.shows("owned")
    is_harmless(screen, columns=True)
    screen.presses("q\r")
