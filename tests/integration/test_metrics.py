# SPDX-License-Identifier: MIT
"""The figures on channel metrics: where they come from, and that nothing bends them."""

import json
import os
import signal
import socket
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest
from peers import FakeHub
from wire import VOLATILE, Event, Following, Judge, Measure, Measured
from world import SLOW, eventually

NUMBERS = {
    "cpu_percent", "memory_percent", "requests_per_second", "network_in_bytes_per_second",
    "network_out_bytes_per_second", "subscribers", "events_per_second", "deliveries_per_second",
    "responders"}
NULLABLE = {"error_percent", "delivery_p50_ms", "delivery_p99_ms", "commit_p50_ms",
            "commit_p99_ms"}


class Samples:
    """What a stream of channel metrics has brought."""

    def __init__(self, world, **how):
        self.reader = world.listen(path="/metrics", **how)

    def all(self):
        return [json.loads(data) for data in self.reader.data]

    def next(self, count=1):
        """Waits for so many more; returns the newest."""
        wanted = len(self.reader.data) + count
        self.reader.wait(lambda: len(self.reader.data) >= wanted, self.reader.story,
                         (2.5 * count + 3) * SLOW)
        return self.all()[-1]

    def until(self, condition, within=8):
        """The first sample from now on of which it is true."""
        begin = len(self.reader.data)

        def found():
            return next((s for s in self.all()[begin:] if condition(s)), None)
        self.reader.wait(found, self.reader.story, within * SLOW)
        return found()

    def counts(self, name, since, weight=None):
        """How many there were: rates times the time that each covers."""
        samples = self.all()[since - 1:]
        return sum(sample[name] * (when(sample) - when(before))
                   * (1 if weight is None else (sample[weight] or 0) / 100)
                   for before, sample in zip(samples, samples[1:]))


def when(sample):
    return datetime.fromisoformat(sample["timestamp"].replace("Z", "+00:00")).timestamp()


# ---- as a stream

@pytest.fixture
def samples(world):
    return Samples(world)


def test_a_sample_comes_every_two_seconds_as_a_message_without_an_id(samples):
    samples.next(3)
    events = [e for e in samples.reader.events if e.type != "connected"]
    assert all(e.type == "message" and e.id is None for e in events)
    for sample in samples.all():
        assert set(sample) == {"timestamp"} | NUMBERS | NULLABLE
        for name in NUMBERS:
            assert isinstance(sample[name], (int, float)) and sample[name] >= 0
        for name in NULLABLE:
            assert sample[name] is None or sample[name] >= 0
    times = [when(sample) for sample in samples.all()]
    for earlier, later in zip(times, times[1:]):
        assert later - earlier == pytest.approx(2, abs=0.3 * SLOW)


@pytest.mark.slow
def test_a_sample_wakes_no_disk(world, samples):
    world.publish("x")
    samples.next()
    files = [world.log_db, Path(f"{world.log_db}-wal")]
    before = [file.stat().st_mtime_ns for file in files]
    samples.next(2)
    assert [file.stat().st_mtime_ns for file in files] == before
    assert world.channel("metrics")["events"] == 0


def test_published_events_are_counted(world, samples):
    samples.next()
    since = len(samples.all())
    world.publish("\n".join(map(str, range(200))), lines="1")
    world.insert(*map(str, range(100)))
    samples.next(2)
    assert samples.counts("events_per_second", since) == pytest.approx(300, rel=0.05)
    assert samples.until(lambda s: s["events_per_second"] == 0)["commit_p50_ms"] is None
    assert any(0 < (s["commit_p50_ms"] or 0) <= s["commit_p99_ms"] for s in samples.all())


def test_deliveries_are_counted_and_their_age_is_measured(world, samples):
    readers = [world.listen("news") for _ in range(20)]
    samples.next()
    since = len(samples.all())
    for n in range(50):
        world.publish(str(n), channel="news")
    for reader in readers:
        reader.wait(lambda reader=reader: len(reader.data) == 50, reader.story)
    samples.next(2)
    assert samples.counts("deliveries_per_second", since) == pytest.approx(1000, rel=0.05)
    busy = max(samples.all(), key=lambda s: s["deliveries_per_second"])
    assert 0 < busy["delivery_p50_ms"] <= busy["delivery_p99_ms"] < 1000 * SLOW
    assert samples.until(lambda s: s["deliveries_per_second"] == 0)["delivery_p50_ms"] is None


def test_requests_are_counted_by_their_status(world, samples):
    samples.next()
    since = len(samples.all())
    for n in range(30):
        assert world.door.ask("GET", "/api/channels/a").status == 200
    for n in range(10):
        assert world.door.ask("GET", "/nowhere").status == 404
    samples.next(2)
    assert samples.counts("requests_per_second", since) == pytest.approx(40, abs=2)
    assert samples.counts("requests_per_second", since, weight="error_percent") \
        == pytest.approx(10, abs=1)
    assert samples.until(lambda s: s["requests_per_second"] == 0)["error_percent"] is None


# ---- from before

JSON = {"Accept": "application/json"}


def earlier(world):
    return world.door.ask("GET", "/metrics", JSON)


def test_who_comes_late_is_told_the_samples_of_the_last_minutes(world, samples):
    """Also at a responder that has not heard them."""
    samples.next(2)
    world.responder.has_settled()
    world.responder.has_other_worker(world.responder.kill_worker())
    answer = earlier(world)
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    assert "no-store" in answer.headers["cache-control"] and "Accept" in answer.headers["vary"]
    said = answer.json
    assert said["interval_ms"] == 2000 and abs(when({"timestamp": said["now"]}) - time.time()) < 2
    heard = [sample for sample in samples.all() if sample in said["samples"]]
    assert len(heard) >= 2 and heard == samples.all()[:len(heard)]
    times = [when(sample) for sample in said["samples"]]
    assert times == sorted(times) and times[-1] <= when({"timestamp": said["now"]})


def test_earlier_samples_are_for_who_may_hear_the_channel(make_world):
    world = make_world({"responder": {"private": "metrics"}})
    assert earlier(world).status == world.door.ask("GET", "/metrics").status == 403


def test_earlier_samples_are_not_to_be_had_while_the_hub_is_away(world):
    world.hub.stop()
    assert earlier(world).status == 503


# ---- over several responders

@pytest.fixture
def two(make_world):
    world = make_world(config={"responder": {"workers": 2}})
    eventually(lambda: len(world.responder.workers()) == 2, "two workers")
    return world


def test_streams_are_counted_over_all_responders_whichever_dies(two):
    samples = Samples(two, reconnect=True)
    readers = [two.listen("news", reconnect=True, stubborn=True) for _ in range(40)]
    samples.until(lambda s: (s["subscribers"], s["responders"]) == (41, 2))
    two.responder.has_settled()
    for index in (0, 1):
        killed = two.responder.kill_worker(index)
        two.responder.has_other_worker(killed)
        samples.until(lambda s: (s["subscribers"], s["responders"]) == (41, 2), 12)
    id = two.publish("here", channel="news")
    for reader in readers:
        reader.wait(lambda reader=reader: id in reader.ids, reader.story)
    # Forty streams came back twice, and nothing was counted that never was.
    assert max(s["subscribers"] for s in samples.all()) <= 41
    assert samples.counts("requests_per_second", 1) < 200


def test_a_responder_that_hangs_delays_no_sample_and_keeps_its_streams(world):
    peer = world.hub_peer()
    peer.follow()
    for _ in range(3):
        world.listen("news")
    samples = Samples(world)
    samples.until(lambda s: s["subscribers"] == 4)
    world.responder.has_settled()
    frozen = world.responder.freeze()
    try:
        count = len(peer.samples)
        _hear(peer, count + 3)
        times = [when(sample) for sample in peer.samples[count:]]
        assert times[-1] - times[0] == pytest.approx(2 * (len(times) - 1), abs=0.3 * SLOW)
        assert [s["subscribers"] for s in peer.samples[count:]] == [4] * len(times)
        assert all(s["requests_per_second"] == 0 for s in peer.samples[count + 1:])
    finally:
        world.responder.thaw(frozen)
    samples.next(2)
    os.kill(world.responder.worker(), signal.SIGKILL)
    count = len(peer.samples)
    eventually(lambda: _hear(peer, count + 1) and peer.samples[-1]["subscribers"] == 0,
               "its streams being forgotten")


def _hear(peer, count, *others):
    """Reads until so many samples have come; all of them answer meanwhile."""
    deadline = time.monotonic() + (2.5 * count + 5) * SLOW
    while len(peer.samples) < count:
        assert time.monotonic() < deadline, peer.samples
        for each in (peer, *others):
            try:
                each._read(time.monotonic() + 0.02)
            except TimeoutError:
                pass
    return True


def test_a_hub_that_comes_back_knows_all_at_once(world):
    samples = Samples(world)
    readers = [world.listen("news") for _ in range(5)]
    world.publish("x", channel="news")
    samples.until(lambda s: s["subscribers"] == 6)
    world.hub.has_settled().kill_worker()
    after = samples.next()
    assert (after["subscribers"], after["responders"]) == (6, 1)
    assert after["requests_per_second"] < 20 and after["events_per_second"] == 0
    assert all(reader.state == "OPEN" for reader in readers)


# ---- what a responder reports, and what the hub makes of it

def report(us, subscribers=0, ok=0, moved=0, refused=0, failed=0, delivered=0, replayed=0,
           sum=0, latency=(), bad_keys=0, refusals=()):
    return Measured(us, subscribers, bad_keys, ok, moved, refused, failed, delivered, replayed,
                    refusals, sum, list(latency))


@pytest.fixture
def hub(make_world):
    return make_world(responder=False)


@pytest.fixture
def peers(hub):
    made = [hub.hub_peer(), hub.hub_peer()]
    for peer in made:
        peer.follow()
    return made


def test_rates_are_each_responders_own_added_up(peers):
    peers[0].report = report(1_000_000, 7, ok=30, refused=6, failed=4, delivered=500, replayed=100)
    peers[1].report = report(4_000_000, 5, ok=40, delivered=4000)
    _hear(peers[0], 1, peers[1])
    _hear(peers[1], 1)
    for sample in (peer.samples[0] for peer in peers):
        assert sample["requests_per_second"] == 50
        assert sample["error_percent"] == 12.5
        assert sample["deliveries_per_second"] == 1600
        assert (sample["subscribers"], sample["responders"]) == (12, 2)


def test_a_report_counts_once_and_its_streams_until_the_end(peers):
    peers[0].report = report(1_000_000, 7, ok=30)
    _hear(peers[0], 2)
    assert [s["requests_per_second"] for s in peers[0].samples] == [30, 0]
    assert [s["subscribers"] for s in peers[0].samples] == [7, 7]
    peers[0].close()
    count = len(peers[1].samples)
    _hear(peers[1], count + 3)
    assert peers[1].samples[-1]["subscribers"] == 0
    assert peers[1].samples[-1]["responders"] == 1


def test_percentiles_are_those_of_all_deliveries(peers):
    # Buckets: 900 between 150 and 170 us, 100 between 40 and 50 ms.
    peers[0].report = report(2_000_000, delivered=900, sum=144_000, latency=[(15, 900)])
    peers[1].report = report(2_000_000, delivered=100, sum=4_500_000, latency=[(45, 100)])
    _hear(peers[0], 1, peers[1])
    sample = peers[0].samples[0]
    assert 0.15 < sample["delivery_p50_ms"] < 0.17
    assert 40 < sample["delivery_p99_ms"] < 50


@pytest.mark.parametrize("body", [
    b"", bytes(62), report(1, latency=[(86, 1)]), report(1, latency=[(255, 1)]), "short"])
def test_a_malformed_report_ends_the_connection_alone(hub, body):
    import wire
    peer = hub.hub_peer()
    peer.follow()
    if body == "short":
        body = wire.encode_body(report(1, latency=[(1, 1)]))[:-1]
    elif not isinstance(body, bytes):
        body = wire.encode_body(body)
    peer.send_raw(len(body + b"x").to_bytes(4, "little") + bytes([8]) + body)
    assert peer.sees_the_end()
    hub.hub.says("malformed")
    assert hub.hub_peer().publish("x").first


@pytest.fixture
def responder(make_world):
    """A responder that follows a hub played here."""
    world = make_world(hub=False, responder=False)
    world.fake = FakeHub(world.hub_socket)
    world.closing.callback(world.fake.close)
    starting = threading.Thread(target=world.responder.start)
    starting.start()
    world.peer = world.fake.greet()
    starting.join()
    world.is_healthy()
    measured(world)
    return world


def measured(world):
    world.peer.send(Measure())
    return world.peer.expect(Measured)


def monotonic_us():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def test_a_responder_reports_what_happened_since_its_last_report(responder):
    began = monotonic_us()
    for _ in range(3):
        responder.door.ask("GET", "/health")
    responder.door.ask("GET", "/nowhere")
    said = measured(responder)
    assert (said.ok, said.moved, said.refused, said.failed) == (3, 0, 1, 0)
    assert 0 < said.us <= monotonic_us() - began + 2_000_000 * SLOW
    said = measured(responder)
    assert (said.ok, said.refused, said.subscribers) == (0, 0, 0)
    responder.listen("news")
    said = measured(responder)
    assert (said.ok, said.subscribers) == (1, 1)


def test_a_delivery_is_as_old_as_the_hub_says_it_is(responder):
    readers = [responder.listen("news") for _ in range(200)]
    responder.peer.send(Event(responder.fake.newest + 1, 1, monotonic_us() - 3_000_000, b"news", b"",
                              b"three seconds old"))
    for reader in readers:
        reader.sees("three seconds old", within=20 * SLOW)
    said = measured(responder)
    assert said.delivered == 200 == sum(count for _, count in said.latency)
    assert 200 * 3_000_000 <= said.sum < 200 * (3_000_000 + 1_000_000 * SLOW)


def test_volatile_and_replayed_events_are_no_deliveries(responder):
    reader = responder.listen("news")
    id = responder.fake.newest + 1
    responder.peer.send(Event(id, 1, monotonic_us(), b"news", b"", b"one"),
                        Event(0, 1, monotonic_us(), b"news", b"", b"gone"))
    reader.sees("one", "gone")
    again = responder.listen("news", last_event_id=str(id - 1))
    again.sees("one")
    said = measured(responder)
    assert (said.delivered, said.replayed) == (1, 1)
    assert sum(count for _, count in said.latency) == 1


def test_a_volatile_event_that_nobody_hears_takes_no_room(make_world):
    world = make_world(hub=False, responder=False, config={"responder": {"window": "1M"}})
    world.fake = FakeHub(world.hub_socket)
    world.closing.callback(world.fake.close)
    starting = threading.Thread(target=world.responder.start)
    starting.start()
    peer = world.fake.greet()
    starting.join()
    id = world.fake.newest + 1
    peer.send(Event(id, 1, 0, b"news", b"", b"held"))
    peer.send(*[Event(0, 1, 0, b"metrics", b"", bytes(1000)) for _ in range(3000)])
    world.listen("news", last_event_id=str(id - 1)).sees("held")


def test_a_window_of_samples_alone_still_knows_where_everybody_is(make_world):
    world = make_world(hub=False, responder=False, config={"responder": {"window": "1M"}})
    world.fake = FakeHub(world.hub_socket)
    world.closing.callback(world.fake.close)
    starting = threading.Thread(target=world.responder.start)
    starting.start()
    peer = world.fake.greet()
    starting.join()
    watcher = world.listen("metrics")
    id = world.fake.newest + 1
    peer.send(Event(id, 1, 0, b"news", b"", b"pushed out"))
    for count in range(100, 2000, 100):  # so many at once that the watcher keeps up
        peer.send(*[Event(0, 1, 0, b"metrics", b"", b"x" * 1000)] * 100)
        watcher.wait(lambda count=count: len(watcher.data) == count, watcher.story)
    reader = world.listen("news", last_event_id=str(id))
    peer.send(Event(id + 1, 1, 0, b"news", b"", b"next"))
    reader.sees("next", id=id + 1)
    assert not reader.told("reset") and not reader.told("live")
    world.listen("news", last_event_id=str(id - 1), wait=False)
    asked = peer.expect(Judge)
    assert (asked.value, asked.channels) == (id - 1, [b"news"])


def test_a_ring_of_samples_alone_still_takes_a_follower_that_was_away(hub):
    publisher, follower = hub.hub_peer(), hub.hub_peer()
    newest = publisher.publish("pushed out").first
    for _ in range(200):
        publisher.publish("x" * 60_000, channel="figures", flags=VOLATILE)
    assert follower.follow(after=newest) == Following(newest, newest)
    publisher.publish("next")
    assert follower.event().data == b"next"


# ---- the machine

def proc_stat():
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


@pytest.mark.slow
def test_the_processors_load_is_that_of_proc_stat(samples):
    samples.next()
    begin, since = proc_stat(), len(samples.all())
    done = threading.Event()
    burner = threading.Thread(target=lambda: [None for _ in iter(done.is_set, True)])
    burner.start()
    try:
        samples.next(3)
    finally:
        done.set()
        burner.join()
    end = proc_stat()
    load = 100 * (end[0] - begin[0]) / (end[1] - begin[1])
    figures = [s["cpu_percent"] for s in samples.all()[since:since + 3]]
    assert sum(figures) / 3 == pytest.approx(load, abs=8)


def test_memory_is_that_of_proc_meminfo(samples):
    sample = samples.next()
    kilobytes = {line.split(":")[0]: int(line.split()[1])
                 for line in Path("/proc/meminfo").read_text().splitlines()}
    used = 100 - 100 * kilobytes["MemAvailable"] / kilobytes["MemTotal"]
    assert sample["memory_percent"] == pytest.approx(used, abs=5)


@pytest.mark.slow
def test_network_bytes_are_counted_the_loopback_included(samples):
    samples.next()
    since = len(samples.all())
    listener = socket.create_server(("127.0.0.1", 0))
    sender = socket.create_connection(listener.getsockname())
    receiver, _ = listener.accept()
    drain = threading.Thread(target=lambda: [None for _ in iter(lambda: receiver.recv(1 << 20), b"")])
    drain.start()
    for _ in range(64):
        sender.sendall(bytes(1 << 20))
    sender.close()
    drain.join()
    receiver.close()
    listener.close()
    samples.next(2)
    for name in ("network_in_bytes_per_second", "network_out_bytes_per_second"):
        assert samples.counts(name, since) >= 64 << 20
