# SPDX-License-Identifier: MIT
"""GET /metrics for Prometheus: the same figures as text, in both of its forms."""

import re
import subprocess

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse_plain
from visitor import STRANGER, visitor
from world import SLOW, TOP, eventually

PROMETHEUS = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
              "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def scrape(world, accept="text/plain", method="GET", **how):
    return world.door.ask(method, "/metrics", {"Accept": accept}, **how)


def figures(world):
    """{name and labels: value}, as of the responders' last reports."""
    answer = scrape(world)
    assert answer.status == 200, answer
    return {(s.name, *s.labels.values()): s.value
            for family in parse_plain(answer.body.decode()) for s in family.samples}


@pytest.mark.parametrize("accept,type", [
    (PROMETHEUS, OPEN), ("application/openmetrics-text", OPEN),
    ("application/openmetrics-text; version=1.0.0; charset=utf-8", OPEN),
    ("text/plain", PLAIN), ("text/plain;version=0.0.4", PLAIN), ("text/plain, */*;q=0.1", PLAIN),
    ("text/plain, application/openmetrics-text;q=0.5", PLAIN),
    ("application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5", PLAIN)])
def test_a_scraper_gets_the_form_that_it_asks_for(world, accept, type):
    for method in ("GET", "HEAD"):
        answer = scrape(world, accept, method)
        assert answer.status == 200 and answer.headers["content-type"] == type
        assert answer.headers["vary"] == "Accept"
        assert (answer.body == b"") == (method == "HEAD")


@pytest.mark.parametrize("accept", [
    None, "*/*", "text/event-stream", "text/event-stream, text/plain", "text/*",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/plain;q=0"])
def test_everybody_else_gets_the_stream(world, accept):
    answer = world.door.ask("HEAD", "/metrics", {"Accept": accept} if accept else None)
    assert answer.status == 200 and answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["vary"] == "Accept"
    world.listen(path="/metrics", headers={"Accept": accept} if accept else None)


def test_the_text_passes_prometheus_own_check(world):
    said = subprocess.run(["promtool", "check", "metrics"], input=scrape(world).body,
                          capture_output=True, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, b"", b"")


def test_both_forms_say_the_same(world):
    world.publish("x")
    plain, open = scrape(world).body.decode(), scrape(world, PROMETHEUS).body.decode()
    assert open.endswith("\n# EOF\n") and "# EOF" not in plain
    open = list(parse_open(open))
    names = [{sample.name for family in families for sample in family.samples}
             for families in (parse_plain(plain), open)]
    assert names[0] == names[1]
    for family in open:
        assert family.documentation.endswith(".")
        assert not family.unit or family.name.endswith(family.unit)
        assert family.type in ("counter", "gauge", "histogram", "info")
    assert {f.name: f.unit for f in open}["tidings_log_size_bytes"] == "bytes"
    build = next(f for f in open if f.name == "tidings_build").samples[0]
    assert build.labels["version"]


def test_totals_count_what_happened(world):
    readers = [world.listen("news") for _ in range(10)]
    eventually(lambda: figures(world)["tidings_subscribers",] == 10, "a report", 5)
    before = figures(world)
    first = world.publish("0", channel="news")
    for n in range(1, 20):
        world.publish(str(n), channel="news")
    for reader in readers:
        reader.wait(lambda reader=reader: len(reader.data) == 20, reader.story)
    world.listen("news", last_event_id=str(first)).sees("1")
    for _ in range(5):
        world.door.ask("GET", "/nowhere")

    def grown(*name):
        return figures(world)[name] - before[name]
    eventually(lambda: grown("tidings_http_requests_total", "4xx") == 5, "five 404s", 5)
    assert grown("tidings_http_requests_total", "5xx") == 0
    assert grown("tidings_events_total") == 20
    assert grown("tidings_deliveries_total", "live") == 200
    assert grown("tidings_deliveries_total", "replayed") == 19
    assert grown("tidings_delivery_latency_seconds_count") == 200
    assert 0 < grown("tidings_delivery_latency_seconds_sum") < 200 * SLOW
    assert grown("tidings_commit_duration_seconds_count") == 20
    assert figures(world)["tidings_subscribers",] == 11
    assert figures(world)["tidings_log_events",] == 20
    assert figures(world)["tidings_log_newest_id",] == first + 19
    assert figures(world)["tidings_log_writable",] == 1
    assert figures(world)["tidings_log_size_bytes",] >= world.log_db.stat().st_size


def test_who_is_refused_is_counted_by_the_reason_and_named_nowhere(make_world, tmp_path):
    key = tmp_path / "site.key"
    key.write_text("a secret of more than thirty-two bytes")
    key.chmod(0o600)
    world = make_world({"responder": {"private": "users/{name}", "streams_per_address": 1, "hosts": "localhost",
                                      "publish_rate": 2},
                        "keys site": {"file": key, "algorithms": "HS256"}})
    stranger, publisher = visitor(world), visitor(world, address="127.0.0.1")
    for _ in range(3):
        stranger.get("/stream?channel=users/somebody")
    visitor(world, token="a.b.c").get("/stream")
    visitor(world, token="a,b").post("news")
    visitor(world, headers={"Host": "evil.example"}).get("/health")
    visitor(world, origin="https://evil.example").post("news")
    stranger.listen("news")
    assert stranger.get("/stream").body.startswith(b"retry")
    publisher.post("news"), publisher.post("news"), publisher.post("news"), publisher.post("news")

    def refused():
        return {name[1]: count for name, count in figures(world).items()
                if name[0] == "tidings_refused_total" and count}
    eventually(lambda: refused().get("too_many_posts", 0) >= 1, "a report", 5)
    counted = refused()
    assert counted.pop("too_many_posts") in (1, 2)
    assert counted == {"not_granted": 3, "bad_token": 1, "bad_authorization": 1, "wrong_host": 1,
                       "no_token": 1, "too_many_from_address": 1}
    text = scrape(world).body
    assert b"somebody" not in text and b"evil" not in text and STRANGER.encode() not in text


def test_a_file_of_keys_that_has_become_bad_is_counted_while_it_is(make_world, tmp_path):
    key = tmp_path / "site.key"
    key.write_text("a secret of more than thirty-two bytes")
    key.chmod(0o600)
    world = make_world({"keys site": {"file": key, "algorithms": "HS256"}, "responder": {"workers": 2}})
    assert figures(world)["tidings_key_files_bad",] == 0

    def says(count):
        eventually(lambda: figures(world)["tidings_key_files_bad",] == count, f"{count} bad files", 8)
    key.write_text("too short")
    says(1)
    key.write_text("another secret of more than thirty-two bytes")
    says(0)


def test_events_of_a_channel_kept_by_itself_are_held_too(make_world):
    world = make_world(config={"channel prices": {"keep_events": 1000}})
    world.publish("x", channel="prices")
    world.publish("x")
    assert figures(world)["tidings_log_events",] == 2


def test_who_is_there_is_counted_and_who_comes_and_goes(make_world):
    world = make_world({"responder": {"mercure_subscriptions": "yes"},
                        "hub": {"presence_rate": 1},
                        "channel /.well-known/mercure/subscriptions": {"keep_events": 50}})

    def says(name, *labels, wanted):
        name = "tidings_presence_" + name, *labels
        eventually(lambda: figures(world)[name] == wanted, f"{name} being {wanted}", 8)
    says("subscribers", wanted=0)
    first = world.listen("a", "b", presence=1)
    world.listen("a", presence=1)
    says("subscribers", wanted=2)
    says("subscriptions", wanted=3)
    first.leave()
    says("subscribers", wanted=1)
    says("subscriptions", wanted=1)
    says("changes_total", "join", wanted=3)
    says("changes_total", "leave", wanted=2)
    says("dropped_events_total", wanted=0)
    says("waiting", wanted=0)
    for n in range(2):  # all that the address may have told at once, and more
        world.listen(*(f"{n}.{i}" for i in range(100)), presence=1)
    says("changes_total", "join", wanted=103)
    says("waiting", wanted=1)
    says("dropped_events_total", wanted=55)


def test_inboxes_are_counted_by_their_names(make_world, tmp_path):
    odd = 'the "odd" \\n one'
    world = make_world(config={f"inbox {odd}": {"path": tmp_path / "odd.db"}})
    reader = world.listen("a")
    world.insert("x", "y", channel="a")
    with world.open_inbox() as db:
        db.execute("PRAGMA ignore_check_constraints = 1")
        db.execute("INSERT INTO broadcast(channel, data) VALUES ('', 'bad')")
    world.insert("z", channel="a")
    reader.sees("x", "y", "z")

    def says(name, *labels, wanted):
        eventually(lambda: figures(world).get((name, *labels)) == wanted,
                   f"{name} {labels} being {wanted}", 8)
    says("tidings_inbox_rows_total", "main", "published", wanted=3)
    says("tidings_inbox_rows_total", "main", "refused", wanted=1)
    says("tidings_inbox_cursor", "main", wanted=4)
    says("tidings_inbox_untold_reasons", "main", wanted=0)
    says("tidings_inbox_stock_rows", "main", wanted=0)
    assert figures(world)["tidings_inbox_confined", "main"] in (0, 1)
    assert figures(world)["tidings_inbox_read", "main"] == 1
    assert figures(world)["tidings_inbox_read", odd] == 0
    assert ("tidings_inbox_cursor", odd) not in figures(world)
    text = scrape(world, PROMETHEUS).body.decode()
    open = {(s.name, *s.labels.values()) for family in parse_open(text)
            for s in family.samples}
    assert ("tidings_inbox_read", odd) in open
    test_the_text_passes_prometheus_own_check(world)


def test_the_figures_of_inboxes_are_those_of_the_documentation(world):
    shown = {name for name, *_ in figures(world) if name.startswith("tidings_inbox_")}
    told = re.findall(r"^\| `(tidings_inbox_\w+)`", (TOP / "docs" / "operate.md").read_text(), re.M)
    assert shown == set(told)
    for page in ("docs/operate.md", "man/tidings-hub.8"):
        named = set(re.findall(r"\btidings_[a-z_]+[a-z]\b", (TOP / page).read_text()))
        assert named and named <= {name.removesuffix("_bucket") for name, *_ in figures(world)}


@pytest.mark.slow
def test_published_rows_that_are_left_to_the_application_are_counted(make_world):
    world = make_world(config={"inbox main": {"consume": "no"}})
    world.insert(*(str(n) for n in range(700)))
    name = ("tidings_inbox_stock_rows", "main")
    eventually(lambda: figures(world)[name] == 700, "700 rows being counted", 15)
    with world.open_inbox() as db:
        db.execute("DELETE FROM broadcast WHERE id <= 600")
    eventually(lambda: figures(world)[name] == 100, "100 rows being counted", 15)


def test_a_histogram_counts_each_duration_once(world):
    for n in range(30):
        world.publish(str(n))
    buckets = [(float(labels[0]), value) for (name, *labels), value in figures(world).items()
               if name == "tidings_commit_duration_seconds_bucket"]
    assert [bound for bound, _ in buckets] == sorted(bound for bound, _ in buckets)
    counts = [value for _, value in buckets]
    assert counts == sorted(counts) and counts[-1] == 30


def test_totals_never_fall_when_a_responder_dies(make_world):
    world = make_world(config={"responder": {"workers": 2}})
    for _ in range(20):
        world.door.ask("GET", "/nowhere")
    name = ("tidings_http_requests_total", "4xx")
    eventually(lambda: figures(world)[name] == 20, "all being counted", 5)
    world.responder.has_settled()
    killed = world.responder.kill_worker()
    world.responder.has_other_worker(killed)
    world.is_healthy()
    assert figures(world)[name] == 20
    for _ in range(3):
        world.door.ask("GET", "/nowhere")
    eventually(lambda: figures(world)[name] == 23, "three more", 5)


def test_without_a_hub_it_is_a_503(world):
    world.hub.stop()
    answer = scrape(world, within=15)
    assert answer.status == 503 and answer.json["error"] == "hub_away"
    assert "retry-after" in answer.headers


def test_a_hub_that_comes_back_answers_who_asked_meanwhile(world):
    world.hub.stop()
    world.hub.start()
    assert scrape(world, within=15).status == 200
