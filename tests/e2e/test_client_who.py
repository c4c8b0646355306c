# SPDX-License-Identifier: MIT
"""`tidings channels --who`: who is there, on the channels that are named or on all."""

import json

from client import Client
from world import eventually

ON = {"responder": {"mercure_subscriptions": "yes"}}


def test_who_is_there_is_listed_by_channel(make_world):
    world = make_world(ON, web=True)
    world.listen("one", presence=1)
    world.listen("one", presence=1)
    world.listen("a b", presence=1)
    world.listen("unseen")
    says = lambda *arguments: Client(world, "channels", "--who", *arguments).ends()  # noqa: E731
    eventually(lambda: len(says()) == 4, "all that are seen, below a head")
    assert says()[0].split() == ["since", "user", "channel"]
    assert [line.split()[1:] for line in says("one")[1:]] == [["-", "one"]] * 2
    entry = json.loads(says("--json", "a b")[0])
    assert entry["channel"] == "a b" and set(entry) == {"channel", "id", "since"}


def test_a_channel_is_named_with_who_only(make_world):
    lines = Client(make_world(web=True), "channels", "one").ends(status=2)
    assert "--who" in "\n".join(lines) or lines == []


def test_status_says_how_many_are_there_once_somebody_was(make_world):
    world = make_world(ON, web=True)
    status = lambda *arguments: Client(world, "status", *arguments).ends()  # noqa: E731
    assert not any(line.startswith("present") for line in status())
    one = world.listen("one", "two", presence=1)
    eventually(lambda: "present      1; joins 2; leaves 0" in status(), "it being there")
    one.leave()
    eventually(lambda: json.loads(status("--json")[0])["leaves"] == 2, "both leaves")
    figures = json.loads(status("--json")[0])
    assert (figures["present"], figures["joins"], figures["told_later"]) == (0, 2, 0)
