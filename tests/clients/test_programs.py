# SPDX-License-Identifier: MIT
"""Libraries that nobody here wrote: each event once, in order, whatever happens.

All play one story at the same time (tools/outsiders.py): responders are killed
and reloaded, frames are cut at three places, nobody is there, nothing is said
for longer than a library waits, and one answer is 503.  What a library itself
gets wrong stands here by name and in docs/clients.md: if a newer one has mended
it, its test says so.
"""

import fcntl
import json
import os
from pathlib import Path

import pytest

import outside
from outside import Missing
from outsiders import Client, Story
from passage import Passage

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(300)]
SYMFONY = "(@include 'Symfony/Component/HttpClient/autoload.php')"
NO_503 = "stops: an answer 503"
# Whoever goes on after an id as soon as its line is read loses what is cut off behind it.
CUT_OFF = {f"loses: a cut {where}" for where in ("behind the id", "within the data", "behind the data")}

# name: (how it is made, what it gets wrong, keyword arguments of Client)
QUICK = {
    **{f"npm {name}": (lambda name=name, module=module: outside.node(name, module), faults, how)
       for name, module, faults, how in (
           ("eventsource2", "eventsource2", CUT_OFF, {}),
           ("eventsource3", "eventsource", {NO_503}, {}),
           ("eventsource4", "eventsource4", {NO_503}, {}),
           ("eventsource5", "eventsource5", {NO_503}, {}),
           ("event-source-polyfill", "event-source-polyfill", {NO_503}, {}),
           ("reconnecting-eventsource", "reconnecting-eventsource", set(), {}),
           ("launchdarkly-eventsource", "launchdarkly-eventsource", set(), {"keepalive": True}),
           ("eventsource-client", "eventsource-client", set(), {}),
           ("eventsource-parser", "eventsource-parser", set(), {}),
           ("undici", "undici", {NO_503}, {}),
           ("fetch-event-source", "@microsoft/fetch-event-source", CUT_OFF, {}),
           ("fetch-event-source-default", "@microsoft/fetch-event-source", {"stops: a reload"}, {}))},
    "npm @tidings/client": (outside.ours, set(), {}),
    "PyPI httpx-sse": (lambda: outside.python("httpx-sse", "requirements"), set(), {"keepalive": True}),
    "PyPI requests-sse": (lambda: outside.python("requests-sse", "requirements"), {NO_503}, {}),
    "PyPI sseclient-py": (lambda: outside.python("sseclient-py", "requirements"), set(), {}),
    "PyPI sseclient": (lambda: outside.python("sseclient-old", "requirements-sseclient"),
                       {"an empty event: a reload", "stops: nobody there"}, {}),
    "curl": (lambda: outside.script("bash", "curl/listen.sh"), set(), {}),
    "PHP streams": (lambda: outside.php("streams.php"), set(), {}),
    "PHP curl": (lambda: outside.php("curl.php", "extension_loaded('curl')"), set(), {}),
    "PHP symfony": (lambda: outside.php("symfony.php", SYMFONY), set(), {}),
    "Perl Mojolicious": (lambda: outside.script("perl", "perl/mojolicious.pl", "-e1", "-MMojo::UserAgent"),
                         set(), {}),
    "Ruby Net::HTTP": (lambda: outside.script("ruby", "ruby/net_http.rb", "-rjson", "-e1", "-rnet/http"),
                       set(), {}),
}
COMPILED = {
    # what it has of a frame is an event for it, and it goes on after its id
    "Go r3labs/sse": (lambda: outside.go("r3labs"), {
        "an empty event: a cut behind the id", "loses: a cut behind the id",
        "half an event: a cut within the data", "loses: a cut within the data"}, {}),
    "Go tmaxmax/go-sse": (lambda: outside.go("go-sse"), {NO_503}, {}),
    "Go launchdarkly/eventsource": (lambda: outside.go("launchdarkly"), set(), {"keepalive": True}),
    "Java okhttp-sse": (lambda: outside.java("OkHttpSse"), set(), {"keepalive": True}),
    "Java okhttp-eventsource": (lambda: outside.java("OkHttpEventSource"), set(), {"keepalive": True}),
    "Rust eventsource-client": (lambda: outside.rust("eventsource-client"), set(), {}),
    "Rust reqwest-eventsource": (lambda: outside.rust("reqwest-eventsource"), {NO_503}, {}),
}


def cast(group):
    """(the clients that are to be had, name -> why one is not)"""
    clients, missing = [], {}
    for name, (make, faults, how) in group.items():
        try:
            command, more = make()
        except Missing as reason:
            missing[name] = str(reason)
            continue
        stops = [fault.removeprefix("stops: ") for fault in faults if fault.startswith("stops: ")]
        clients.append(Client(name, command, stops=stops[0] if stops else None, **more, **how))
    return clients, missing


def told(group, make_world):
    """name -> {"faults", "about"} or {"missing"}, by playing the story."""
    clients, missing = cast(group)
    world = make_world({"responder": {"retry": "500ms"}}, web=True)
    passage = Passage(world.port)
    story = Story(world, passage, clients)
    try:
        story.play()
        return {**{name: {"missing": why} for name, why in missing.items()},
                **{c.name: {"missing": story.missing(c.name), "faults": sorted(story.faults(c.name)),
                            "about": story.about(c.name)} for c in clients}}
    finally:
        story.close()
        passage.close()


def told_once(name, group, make_world, tmp_path_factory):
    """Of several pytest processes one plays, the others read what it saw."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    result = Path(folder / f"{name}.json")
    with open(folder / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.is_file():
            result.write_text(json.dumps(told(group, make_world)))
    return json.loads(result.read_text())


@pytest.fixture(scope="module")
def quick(make_shared_world, tmp_path_factory):
    return told_once("quick", QUICK, make_shared_world, tmp_path_factory)


@pytest.fixture(scope="module")
def compiled(make_shared_world, tmp_path_factory):
    return told_once("compiled", COMPILED, make_shared_world, tmp_path_factory)


def judge(seen, faults):
    if seen["missing"]:
        pytest.skip(seen["missing"])
    assert seen["faults"] == sorted(faults), seen["about"]


@pytest.mark.parametrize("name", QUICK)
def test_it_gets_each_event_once_and_in_order(quick, name):
    judge(quick[name], QUICK[name][1])


@pytest.mark.rare
@pytest.mark.timeout(1800)  # cargo builds for minutes
@pytest.mark.parametrize("name", COMPILED)
def test_when_compiled_it_gets_each_event_once_and_in_order(compiled, name):
    judge(compiled[name], COMPILED[name][1])
