# SPDX-License-Identifier: MIT
"""What a page is told by www/feed.js of patterns, and of events on several channels."""

import pytest

from client import Steady
from test_feed import Numbers, chromium_page, leader_of, open_page, page, subscribers, world  # noqa: F401, fixtures
from world import eventually

pytestmark = [pytest.mark.page, pytest.mark.slow, pytest.mark.timeout(180)]


def events(page, name):
    return [(event["channel"], event["data"]) for event in page.told(name)["events"]]


def listens_to(page, pattern, **source):
    page.is_("live", page.opens(name=pattern, kind="pattern", pattern=pattern, **source))
    return page


def also(world, text, first, *others):
    target = f"/realtime/{first}?" + "&".join(f"also={name}" for name in others)
    assert world.post(target, text.encode()).status == 200


# ---- patterns

@pytest.mark.in_both_browsers
def test_a_pattern_brings_what_it_matches_with_its_channel(world, page):
    listens_to(page, "builds/{n}")
    for channel in ("builds/1", "other", "builds/1/log", "builds/2"):
        world.publish(channel, channel=channel)
    page.has("builds/1", "builds/2", name="builds/{n}")
    assert events(page, "builds/{n}") == [("builds/1", "builds/1"), ("builds/2", "builds/2")]
    assert page.states("builds/{n}") == ["connecting", "live"]


def test_a_channel_and_patterns_are_each_told_what_is_theirs(world, page):
    page.listens("builds/1")
    for pattern in ("builds/{n}", "*", "{n}"):
        listens_to(page, pattern)
    for channel in ("builds/1", "news", "builds/2", "a b"):
        world.publish(channel, channel=channel)
    page.has("builds/1", "news", "builds/2", "a b", name="*")
    page.has("builds/1", "builds/2", name="builds/{n}")
    page.has("news", name="{n}")
    page.has("builds/1", name="builds/1")


def test_a_pattern_may_begin_in_the_past(world, page):
    for channel in ("builds/1", "other", "builds/2"):
        world.publish(channel, channel=channel)
    page.listens("main")
    listens_to(page, "*")
    listens_to(page, "builds/{n}", since="all")
    world.publish("now", channel="builds/3")
    page.has("builds/1", "builds/2", "now", name="builds/{n}")
    page.has("now", name="*")


def test_what_is_not_stored_comes_by_no_pattern(world, page):
    page.listens("metrics")
    listens_to(page, "*")
    page.window.wait(lambda: page.data("metrics"), "a sample")
    world.publish("an event")
    page.has("an event", name="*")


def test_patterns_come_and_go_under_a_burst(world, page):
    page.listens("b/1")
    with Numbers(world, "b/1") as ones, Numbers(world, "b/2") as twos:
        listens_to(page, "b/{n}")
        for n in range(4):
            listens_to(page, f"{{a{n}}}/{{b}}")
            page.opens(name=f"all {n}", kind="pattern", pattern=f"b/{{n{n}}}", since="all")
            ones.goes_on(50)
            page.ends(f"{{a{n}}}/{{b}}")
        last = {"b/1": ones.stop(), "b/2": twos.stop()}
    page.has_all(last["b/1"], name="b/1")
    for name in ("b/{n}", *(f"all {n}" for n in range(4))):
        for channel in last:
            page.window.wait(lambda channel=channel, name=name: numbers(page, name, channel)[-1:] == [last[channel]],
                             f"the last of {channel} in {name}", 30)
            told = numbers(page, name, channel)
            assert told == list(range(told[0], last[channel] + 1)), (name, channel)
        assert numbers(page, "all 0", "b/1")[0] == 0


def numbers(page, name, channel):
    return [int(data) for where, data in events(page, name) if where == channel]


@pytest.mark.in_both_browsers
def test_windows_share_the_stream_of_patterns(world, open_page):
    pages = [open_page() for _ in range(3)]
    for n, page in enumerate(pages):
        listens_to(page, "builds/{n}")
        listens_to(page, f"own{n}/{{x}}")
        page.listens("main")
    eventually(lambda: world.health().json["streams"] == 2, "one stream of channels and one of patterns")
    for channel in ("builds/1", "own0/a", "own2/b", "builds/2"):
        world.publish(channel, channel=channel)
    for n, page in enumerate(pages):
        page.has("builds/1", "builds/2", name="builds/{n}")
        page.has(*{0: ["own0/a"], 1: [], 2: ["own2/b"]}[n], name=f"own{n}/{{x}}")
    leader = leader_of(pages)
    pages.remove(leader)
    leader.close()
    world.publish("afterwards", channel="builds/9")
    for page in pages:
        page.has("builds/1", "builds/2", "afterwards", name="builds/{n}")


def test_a_killed_responder_costs_no_event_of_a_pattern(world, page):
    listens_to(page, "b/{n}")
    writers = [Steady(world, f"b/{n}", 50) for n in range(2)]
    for writer in writers:
        writer.start()
    for _ in range(3):
        before = len(page.data("b/{n}"))
        page.window.wait(lambda before=before: len(page.data("b/{n}")) > before + 50, "further events", 30)
        world.responder.kill_worker()
    for n, writer in enumerate(writers):
        wanted = list(range(writer.stop()))
        page.window.wait(lambda n=n, wanted=wanted: numbers(page, "b/{n}", f"b/{n}") == wanted, "each event once", 30)


@pytest.mark.parametrize("pattern", ["", "{", "a{b", "{a-b}", "builds", f"{{a}}{'x' * 998}", 5, None])
def test_what_the_server_would_refuse_disturbs_nobody(world, chromium_page, pattern):
    page = chromium_page
    page.listens("main")
    assert page.run("try { listen('bad', { kind: 'pattern', pattern: arguments[0] }); }"
                    "catch (error) { return error instanceof TypeError; }", pattern)
    world.publish("still there")
    page.has("still there")


# ---- several channels at once

@pytest.mark.in_both_browsers
def test_an_event_on_several_channels_is_told_to_each_feed_once(world, page):
    for channel in ("a", "b", "c"):
        page.listens(channel)
    also(world, "for all", "a", "b", "c")
    also(world, "for two", "c", "b")
    page.has("for all", name="a")
    page.has("for all", "for two", name="b")
    page.has("for all", "for two", name="c")
    assert {event["channel"] for event in page.told("b")["events"]} == {"b"}
    assert page.told("a")["events"][0]["id"] == page.told("b")["events"][0]["id"]


def test_windows_that_share_a_stream_are_each_told_of_an_event_on_several_channels(world, open_page):
    pages = [open_page().listens(channel) for channel in ("a", "b", "c")]
    eventually(lambda: subscribers(world, "c") == 1, "one stream")
    for n in range(5):
        also(world, str(n), "b", "a")
    for name, page in zip("ab", pages):
        page.has("0", "1", "2", "3", "4", name=name)
    pages[2].has(name="c")


def test_an_event_on_several_channels_comes_by_the_patterns_of_any(world, page):
    listens_to(page, "builds/{n}")
    listens_to(page, "staff{x}")
    also(world, "both", "staffs", "builds/1")
    page.has("both", name="builds/{n}")
    page.has("both", name="staff{x}")
    assert events(page, "builds/{n}") == [("builds/1", "both")]


def test_channels_with_events_in_common_come_and_go_and_miss_nothing(world, page):
    """While streams take over from each other, one may bring it by one channel and one by another."""
    page.listens("b")
    count = 0
    for n in range(12):
        page.opens("a", name=f"a{n}")
        for _ in range(10):
            also(world, str(count), "a", "b")
            count += 1
        page.is_("live", f"a{n}")
        page.ends(f"a{n}")
    page.has_all(count - 1, name="b")
