# SPDX-License-Identifier: MIT
"""All addresses below one path (`base`): there they answer, elsewhere nothing does."""

import pytest



@pytest.fixture(scope="module")
def based(make_shared_world):
    return make_shared_world({"responder": {"base": "/live/tidings"}})


def answers(world, method, target, *body):
    return world.door.ask(method, target, {"Content-Type": "application/json"} if body else {}, *body)


def test_every_endpoint_is_below_the_base(based):
    reader = based.listen("news")
    id = based.publish("one", channel="news")
    assert based.broadcast(message="two", channel="news").status == 200
    reader.sees("one", id=id)
    sse = based.listen(path="/sse/events")
    tasks = based.listen(path="/tasks/stream", wait=False)
    assert answers(based, "POST", "/live/tidings/sse/send", b'{"message": "three"}').status == 200
    sse.sees("three")
    tasks.wait(lambda: tasks.told("start"), lambda: tasks.story())
    assert answers(based, "GET", "/live/tidings/health").json["status"] == "ok"
    assert answers(based, "GET", "/live/tidings/api/channels").json["channels"]
    assert based.channel("news")["events"] == 2
    metrics = based.door.ask("GET", "/live/tidings/metrics", {"Accept": "text/plain"})
    assert metrics.status == 200 and b"tidings_" in metrics.body
    options = answers(based, "OPTIONS", "/live/tidings/stream")
    assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("target", [
    "/stream", "/realtime/news", "/api/broadcast", "/sse/events", "/sse/send", "/tasks/stream", "/metrics",
    "/health", "/api/channels", "/", "/live", "/live/stream", "/live/tidingsX/stream", "/live/tiding/stream",
    "/Live/tidings/stream", "//live/tidings/stream", "/live//tidings/stream", "/live%2Ftidings/stream",
    "/live/tidings%2Fstream", "/live/x/../tidings/stream", "/%256Cive/tidings/stream", "/live/tidings%", "*", ""])
def test_an_address_outside_of_the_base_is_a_404_that_names_it(based, target):
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        answer = based.door.ask(method, target)
        assert answer.status == 404, answer
        assert answer.json == {"error": "outside_base", "message":
                               "Tidings is below /live/tidings here (base), and this address is not"}


@pytest.mark.parametrize("target", [
    "/live/tidings", "/live/tidings/", "/live/tidings//stream", "/live/tidings/nothing",
    "/live/tidings/stream/", "/live/tidings/live/tidings/stream", "/live/tidings/%73tream"])
def test_what_is_nowhere_below_the_base_is_a_404_as_ever(based, target):
    answer = based.door.ask("GET", target)
    assert (answer.status, answer.json["error"]) == (404, "not_found"), answer


@pytest.mark.parametrize("base", ["/%6Cive/tidings", "/live/%74id%69ngs", "/l%69v%65/tiding%73"])
def test_a_base_whose_letters_are_encoded_is_the_same(based, base):
    assert based.door.ask("GET", base + "/health").status == 200


def test_a_channel_named_as_the_base_is_a_channel(based):
    reader = based.listen("live/tidings")
    based.publish("x", channel="live/tidings")
    reader.sees("x")


def test_an_absolute_target_has_the_base_in_its_path(based):
    assert based.door.ask("GET", "http://a.example/live/tidings/health").status == 200
    assert based.door.ask("GET", "http://a.example/health").status == 404


def test_without_a_base_nothing_has_changed(world):
    assert world.door.ask("GET", "/health").status == 200
    answer = world.door.ask("GET", "/tidings/stream")
    assert (answer.status, answer.json) == (404, {"error": "not_found",
                                                  "message": "there is nothing at this address"})


def test_a_slash_in_a_channel_s_name_is_told_how_to_write(world):
    answer = world.door.ask("POST", "/realtime/builds/17")
    assert (answer.status, answer.json["error"]) == (404, "not_found")
    assert "a slash in a channel's name is written %2F" in answer.json["message"]
    assert world.door.ask("GET", "/realtime/").status != 200 and "%2F" not in world.door.ask("GET", "/x/y/z").json["message"]


def test_a_base_that_changes_at_a_reload_holds_from_then_on(make_world):
    world = make_world()
    reader = world.listen("news")
    world.settings["responder"]["base"] = "/tidings"
    world.write_config("responder.conf")
    old = world.responder.worker()
    world.responder.process.send_signal(1)
    world.responder.has_other_worker(old)
    reader.has_ended()
    world.base = "/tidings"
    world.is_healthy()
    assert world.door.ask("GET", "/health").status == 404
    later = world.listen("news")
    world.publish("x", channel="news")
    later.sees("x")


@pytest.mark.parametrize("base", ["tidings", "/", "/tidings/", "/a//b", "/a/../b", "/t%20", "/tidings?x", '"/tidings"',
                                  "https://site.example/tidings", "/" + "x" * 180 + "/ü"])
def test_a_base_that_is_no_path_ends_the_start_with_file_and_line(make_world, base):
    world = make_world(responder=False)
    world.settings["responder"]["base"] = base
    path = world.write_config("responder.conf")
    status, said = world.responder.start_to_fail()
    line = path + ":" + str(1 + open(path).read().splitlines().index(f"base = {base}"))
    assert status != 0 and line in said and "base: " in said
    world.expected_faults.append("exited with status")
