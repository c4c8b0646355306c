# SPDX-License-Identifier: MIT
"""The rows of tests/bench/run: what work it is, and for whom."""

from figures import Figure, delivery_cpu, deliveries, event_cpu, p50, p99, rate
from servers import Floor, Nchan, Tidings
from variants import (PastFloor, PastNchan, PastTidings, Patterns, PatternsFloor, Presence, PresenceFloor, Private,
                      PrivateFloor, Together)


class Row:
    """`options` are those of load.  None for a system that has no such thing."""

    def __init__(self, name, text, figures, nchan=Nchan, floor=Floor, tidings=Tidings,
                 insert=0, kill=False, latency=False, **options):
        self.name, self.text, self.figures = name, text, figures
        self.kinds = {"nchan": nchan, "floor": floor, "Tidings": tidings}
        self.insert, self.kill, self.latency, self.options = insert, kill, latency, options

    def descriptors(self):
        return 2 * self.options["streams"] + 500

    def short(self):
        """In which nothing is measured."""
        most = {"streams": 50, "channels": 50, "events": 50, "rate": 50, "seconds": 0.5}
        return {key: min(self.options[key], value) for key, value in most.items() if key in self.options}

    def is_full(self, run):
        """The server could not take the events as fast as they were to come."""
        asked = self.options.get("rate", 0)
        return asked > 0 and run["acknowledged_per_s"] < 0.97 * asked


def only(**kinds):
    return {"nchan": None, "floor": None, **kinds}


ROWS = [
    Row("loop", "1,000 streams, 1 publisher, each event acknowledged before the next",
        [deliveries(2200000), delivery_cpu(0.3), p50()],
        streams=1000, seconds=4),
    Row("busy", "1,000 streams, 1,000 events/s from 8 publishers",
        [delivery_cpu(0.7), p50(25), p99(60)],
        latency=True, streams=1000, publishers=8, rate=1000, seconds=5),
    Row("crowd", "8,500 streams, 300 events/s from 4 publishers",
        [delivery_cpu(0.35), p50(300)],
        streams=8500, publishers=4, rate=300, seconds=6),
    Row("calm", "8,500 streams, 4 events/s (nothing to join)",
        [delivery_cpu(15), Figure("until_all.p50_ms", "median until all have it {} ms", 125)],
        streams=8500, rate=4, seconds=6),
    Row("paced", "1,000 streams, 20 events/s (nothing to join)", [delivery_cpu(), p50()],
        streams=1000, rate=20, seconds=5),
    Row("few", "100 streams, 100 events/s", [p50(0.8, floor=1.15), p99(), delivery_cpu()],
        latency=True, streams=100, rate=100, seconds=5),
    Row("posts", "8 publishers, 1 stream, each publisher waits for its answer",
        [rate("acknowledged_per_s", "{} acknowledged POST/s", 20000), event_cpu("a POST", floor=1.8)],
        streams=1, publishers=8, seconds=4),
    Row("posts64", "the same with 64 publishers",
        [rate("acknowledged_per_s", "{} acknowledged POST/s"), event_cpu("a POST", floor=1.4)],
        streams=1, publishers=64, seconds=4),
    Row("lone", "1 publisher that waits for each answer, 1 stream",
        [Figure("ack.p50_ms", "answered after {} ms"), event_cpu("a POST")],
        streams=1, seconds=4),
    Row("replay", "1,000 streams come, each 1,000 events behind",
        [deliveries(), delivery_cpu()], nchan=PastNchan, floor=PastFloor, tidings=PastTidings,
        past=1, streams=1000, publishers=4, events=1000, seconds=10, opening=32),
    Row("patterns", "1,000 streams on 100 patterns, 500 events/s over all",
        [delivery_cpu(), p50()], nchan=None, floor=PatternsFloor, tidings=Patterns,
        streams=1000, channels=100, publishers=4, rate=500, seconds=4),
    Row("private", "1,000 streams on a private channel, a token each, 20 events/s",
        [delivery_cpu(), p50()], nchan=None, floor=PrivateFloor, tidings=Private,
        streams=1000, rate=20, seconds=5),
    Row("presence", "1,000 streams that say that they are there, 10 a channel: one that comes",
        [Figure("rested_cpu_us_per_stream", "{} µs CPU a stream")],
        nchan=None, floor=PresenceFloor, tidings=Presence,
        streams=1000, channels=100, seconds=0, settle=1),
    Row("machines", "2 machines that share an order: 1,000 streams at one, 20 events/s published at the other",
        [delivery_cpu(), p50()], nchan=None, tidings=Together,
        streams=1000, rate=20, seconds=5),
    Row("machines-posts", "the same: 1 stream at one, 8 publishers at the other",
        [rate("acknowledged_per_s", "{} acknowledged POST/s"), event_cpu("a POST")], nchan=None, tidings=Together,
        streams=1, publishers=8, seconds=4),
    Row("insert", "INSERT in transactions of 1,000, 1 stream",
        [rate("events_per_s", "{} rows/s until delivered", 150000), event_cpu("a row")], **only(),
        insert=600000, streams=1),
    Row("insert-fan", "INSERT in transactions of 1,000, 1,000 streams",
        [deliveries(3000000), delivery_cpu()], **only(),
        insert=20000, streams=1000),
    Row("memory", "memory per idle stream, all processes (PSS)",
        [Figure("pss_per_stream", "{} KB", 5.5, of=lambda value: value / 1000, scales=False)],
        streams=8500, seconds=0, settle=1),
    Row("open", "new streams per second",
        [rate("opened_per_s", "{}/s", 18000), Figure("opening_cpu_us_per_stream", "{} µs CPU a stream")],
        streams=5000, seconds=0),
    Row("channels", "8,500 streams on 8,500 channels, 1,000 events/s spread over them",
        [p50(3), delivery_cpu(80)],
        streams=8500, channels=8500, publishers=4, rate=1000, seconds=5),
    Row("kill", "responder killed under 8,500 streams at 10 events/s",
        [Figure("complete_s", "all back and complete after {} s", 5)], **only(),
        kill=True, streams=8500, publishers=2, rate=10, seconds=12, drain=20),
]
