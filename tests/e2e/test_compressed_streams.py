# SPDX-License-Identifier: MIT
"""compress = yes, through web servers, by clients that unpack gzip themselves."""

import contextlib
import json
import os
import selectors
import subprocess
import time

import pytest

import outside
from world import SLOW

ON = {"responder": {"compress": "yes", "retry": "100ms"}}
LONG = json.dumps([{"order": n, "customer": f"Anna {n * 7}", "state": "paid"} for n in range(100)])
NODE = """
const answer = await fetch(process.argv[1], { headers: { Accept: 'text/event-stream' } });
console.log(answer.headers.get('content-encoding'));
const decoder = new TextDecoder();
for await (const piece of answer.body)
    process.stdout.write(decoder.decode(piece, { stream: true }));
"""
FETCH_EVENT_SOURCE = """
globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
const { fetchEventSource } = await import('@microsoft/fetch-event-source');
fetchEventSource(process.argv[1], {
    async onopen(answer) { console.log(answer.headers.get('content-encoding')); },
    onmessage({ event, data }) { console.log(`event: ${event}\\ndata: ${data}`); },
});
"""


class Program:
    """What it writes, as it comes."""

    def __init__(self, *command, **how):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, **how)
        self.text = b""
        self.ready = selectors.DefaultSelector()
        self.ready.register(self.process.stdout, selectors.EVENT_READ)

    def says(self, text, within=10):
        deadline = time.monotonic() + within * SLOW
        while text.encode() not in self.text:
            assert self.ready.select(deadline - time.monotonic()), f"{text[:60]!r} not in {self.text[-300:]!r}"
            piece = os.read(self.process.stdout.fileno(), 1 << 20)
            assert piece, f"it has ended; {self.text[-300:]!r}"
            self.text += piece

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def node(script, url):
    return Program(outside.need("node"), "--input-type=module", "-e", script, url, cwd=outside.MODULES.parent)


def programs(url):
    """curl, Node's fetch and, if it is installed, fetch-event-source."""
    yield Program("curl", "-sSN", "--compressed", "-D", "/dev/stdout", url)
    yield node(NODE, url)
    if (outside.MODULES / "@microsoft" / "fetch-event-source").is_dir():
        yield node(FETCH_EVENT_SOURCE, url)


@pytest.mark.behind_apache
def test_programs_read_each_event_as_it_comes(make_world):
    world = make_world(ON, web=True)
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(contextlib.closing(program))
                     for program in programs(f"http://127.0.0.1:{world.port}/stream?channel=news")]
        for listener in listeners:
            listener.says("gzip")
            listener.says("event: connected")
        for number in range(5):
            world.publish(f"{number} {LONG}", channel="news")
            for listener in listeners:
                listener.says(f"data: {number} {LONG}")


LISTEN = """
window.heard = [];
window.states = [];
const source = new EventSource('/stream?channel=news');
const stop = new AbortController();
fetch('/stream?channel=news', { signal: stop.signal }).then((answer) => {
    window.coding = answer.headers.get('content-encoding');
    stop.abort();
});
source.onmessage = ({ data, lastEventId }) => heard.push([Number(lastEventId), data]);
source.onerror = () => states.push(source.readyState);
source.addEventListener('connected', () => states.push('connected'));
"""


@pytest.mark.page
@pytest.mark.in_both_browsers
def test_an_eventsource_reads_each_event_as_it_comes_and_comes_back_after_a_kill(make_world, browser):
    browser.expects(".*")  # of the ends
    world = make_world(ON, web=True)
    windows = [browser.open(f"http://127.0.0.1:{world.port}/favicon.ico") for _ in range(2)]
    for window in windows:
        window.run(LISTEN)
        window.wait(lambda w=window: w.run("return states[0] === 'connected'"), "the stream")
    windows[0].wait(lambda: windows[0].run("return window.coding") == "gzip", "what fetch sees of it")
    expected = []
    for turn in range(2):
        for number in range(3):
            data = f"{turn}.{number} {LONG}"
            expected.append([world.publish(data, channel="news"), data])
            for window in windows:
                window.wait(lambda w=window: w.run("return heard.length") == len(expected), data[:4])
        world.responder.has_settled()
        world.responder.kill_worker()
        for window in windows:
            window.wait(lambda w=window, t=turn: w.run(
                "return states.filter((state) => state === 'connected').length") == t + 2, "it coming back", 20)
    for window in windows:
        assert window.run("return heard") == expected
        assert 2 not in window.run("return states")
