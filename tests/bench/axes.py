# SPDX-License-Identifier: MIT
"""What is drawn: the axes, and what is measured at each of their points.

An axis is made for a run.  Its points come in rising order; prepare(x) brings
Tidings there, measure(x) gives the cost of a unit of each series, in us of CPU
of hub, responder and readers.  A unit is chosen such that its cost ought to
stay the same, or fall, as the axis grows.
"""

import tempfile
import time
from pathlib import Path

from direct import MARK, Crowd, Direct, get, post, wait_for

BLOCK = MARK + b"x" * 99  # an event of 100 bytes
WINDOW = {"window": "1M"}  # the least there is: what is older comes from the hub
INSERTED = 50000  # rows a transaction
LINES = 10000  # of 100 bytes, in a POST


class Axis:
    name = text = None
    values = quick = ()
    series = {}  # key: what a unit is
    inboxes = ()
    responder = {}
    anew = False  # fresh daemons for each point

    def __init__(self, folder, seconds):
        self.folder, self.seconds = folder, seconds  # of a series in a run, at most
        self.tidings = self.crowd = None

    def start(self):
        self.end()
        folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=self.folder))
        self.tidings = Direct(folder, self.responder, self.inboxes).__enter__()
        self.crowd = Crowd(self.tidings.socket)

    def end(self):
        if self.tidings is not None:
            self.crowd.close_all()
            self.tidings.end()
        self.tidings = None

    def bring(self, x):
        if self.anew or self.tidings is None:
            self.start()
        self.prepare(x)

    def prepare(self, x):
        pass

    def cost(self, work):
        """us for each of the units that `work` returns."""
        before = self.tidings.cpu()
        units = work()
        return self.tidings.cpu_us(before) / units

    # ---- what several axes do

    def posts(self, request_of, publishers=1, most=2000):
        return self.cost(lambda: self.crowd.posts(request_of, most, publishers, self.seconds))

    def fill(self, channel, count, data=BLOCK, lines=LINES):
        while count > 0:
            body = b"\n".join([data] * min(count, lines))
            self.crowd.answer(post(channel, body, "?lines=1"))
            count -= lines

    def push_out(self):
        """Everything so far is older than the responder's window."""
        for _ in range(30):
            self.crowd.answer(post("filler", b"x" * 65000))

    def replay(self, target, expected):
        """Streams one after another, each until it has its past; returns (streams, events)."""
        end, streams, events = time.monotonic() + self.seconds, 0, 0
        while streams == 0 or (time.monotonic() < end and streams < 300):
            one = self.crowd.open(get(target))
            self.crowd.until(lambda one=one: one.connected and one.events >= expected,
                             max(end - time.monotonic(), 0.5))
            streams, events = streams + 1, events + one.events
            self.crowd.close(one)
        return streams, events

    def listen(self, target, count=1):
        begun = self.crowd.connected
        for _ in range(count):
            self.crowd.open(get(target))
        self.crowd.until(lambda: self.crowd.connected == begun + count, what="streams")

    def hang_up(self):
        self.crowd.close_all()
        wait_for(lambda: self.tidings.streams() == 0, "no streams")


class Channels(Axis):
    name, text = "channels", "channels of a stream"
    values, quick = (1, 10, 100, 1000), (1, 10, 100)
    series = {
        "replayed": "an event of 20,000 that a stream is behind, over all its channels",
        "live": "an event posted by lines to one of its channels, and delivered",
        "opened": "a stream opened and ended, and each of its channels",
    }
    inboxes, responder, anew = ("fill",), WINDOW, True
    BEHIND = 20000
    TOGETHER = 200

    def prepare(self, x):
        self.tidings.insert((f"c{n % x}", BLOCK.decode()) for n in range(self.BEHIND))
        wait_for(lambda: self.is_filled(x), "rows")
        self.tidings.stop_reading()
        self.push_out()

    def is_filled(self, x):
        last = f"/api/channels/c{(self.BEHIND - 1) % x}"
        return self.tidings.ask(last).json["events"] == len(range((self.BEHIND - 1) % x, self.BEHIND, x))

    def target(self, x):
        return "/stream?" + "&".join(f"channel=c{n}" for n in range(x))

    def replayed(self, x):
        return self.replay(self.target(x) + "&since=all", self.BEHIND)[1]

    def live(self, x):
        had = self.crowd.events
        posted = self.crowd.posts(lambda n: post(f"c{n % x}", b"\n".join([BLOCK] * self.TOGETHER), "?lines=1"),
                                  1000, seconds=self.seconds) * self.TOGETHER
        self.crowd.until(lambda: self.crowd.events == had + posted, what="all events")
        return posted

    def opened(self, x):
        end, done = time.monotonic() + self.seconds, 0
        while time.monotonic() < end and done < 500:
            self.listen(self.target(x))
            self.crowd.close_all()
            done += 1
        self.hang_up()
        return done * (1 + x)

    def measure(self, x):
        result = {"replayed": self.cost(lambda: self.replayed(x)),
                  "opened": self.cost(lambda: self.opened(x))}
        self.listen(self.target(x))
        result["live"] = self.cost(lambda: self.live(x))
        self.hang_up()
        return result


class Names(Axis):
    name, text = "names", "channels that hold an event"
    values = (1, 10, 100, 1000, 10000, 100000, 1000000)
    quick = values[:4]
    series = {
        "listed": "a name in GET /api/channels?limit=1000, page after page",
        "posted": "a POST to one of the channels",
        "made": "a row that is the first of its channel",
    }
    inboxes = ("fill",)

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.names = 0
        self.next = ""

    def make(self, count):
        """So many more; returns their number."""
        first = self.names
        for at in range(first, first + count, INSERTED):
            last = min(at + INSERTED, first + count)
            self.tidings.insert((f"n{n}", BLOCK.decode()) for n in range(at, last))
            self.names = last
        wait_for(lambda: self.tidings.ask(f"/api/channels/n{self.names - 1}").json["events"], "names")
        return count

    def prepare(self, x):
        """In three steps, each of which is a measurement."""
        left, self.made = x - self.names, []
        for step in range(3):
            part = left * (step + 1) // 3 - left * step // 3
            if part > 0:
                self.made.append(self.cost(lambda part=part: self.make(part)))

    def listed(self):
        end, names, pages = time.monotonic() + self.seconds, 0, 0
        while time.monotonic() < end and pages < 300:
            page = self.tidings.ask(f"/api/channels?limit=1000&after={self.next}").json
            names, pages = names + len(page["channels"]), pages + 1
            self.next = page.get("next") or ""
        return names

    def measure(self, x):
        made = {"made": self.made.pop()} if self.made else {}
        return {"listed": self.cost(self.listed),
                "posted": self.posts(lambda n: post(f"n{n * 7919 % x}", BLOCK)), **made}


class Behind(Axis):
    name, text = "behind", "events that a stream is behind"
    values = (0, 1, 10, 100, 1000, 10000, 100000, 1000000)
    quick = values[:5]
    series = {
        "log": "an event replayed from the log, the stream's opening counted as one",
        "window": "the same, at most the newest 16 MiB from the responder's memory",
    }

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.held = 0
        self.second = None

    def start(self):
        super().start()
        self.second = Memory(self.folder, self.seconds)

    def end(self):
        if self.second is not None:
            self.second.end()
        super().end()

    responder = WINDOW

    def prepare(self, x):
        self.fill("a", x - self.held)
        self.held = x
        self.push_out()
        self.second.bring(x)

    def past(self, x):
        streams, events = self.replay("/realtime/a?since=all", x)
        return streams + events

    def measure(self, x):
        return {"log": self.cost(lambda: self.past(x)),
                "window": self.second.cost(lambda: self.second.past(x))}


class Memory(Axis):
    """The other half of Behind: nothing pushes its events out."""

    name = "window"
    held = 0

    def prepare(self, x):
        self.fill("a", x - self.held)
        self.held = x

    past = Behind.past


class Streams(Axis):
    name, text = "streams", "streams on one channel"
    values, quick = (1, 10, 100, 1000, 8500), (1, 10, 100)
    series = {
        "delivered": "a delivery of a POST that all have before the next",
        "opened": "a stream opened and ended",
    }

    def opened(self, x):
        """Opens and ends them until they were some hundred."""
        end, done = time.monotonic() + self.seconds, 0
        while done == 0 or (done < 500 and time.monotonic() < end):
            self.listen("/realtime/a", x)
            self.crowd.close_all()
            done += x
        self.hang_up()
        return done

    def delivered(self, x):
        end, posted, had = time.monotonic() + self.seconds, 0, self.crowd.events
        while posted < 5 or (time.monotonic() < end and posted < 1000):
            self.crowd.answer(post("a", BLOCK))
            posted += 1
            self.crowd.until(lambda: self.crowd.events == had + posted * x, what="all deliveries")
        return posted * x

    def measure(self, x):
        opened = self.cost(lambda: self.opened(x))
        self.listen("/realtime/a", x)
        delivered = self.cost(lambda: self.delivered(x))
        self.hang_up()
        return {"opened": opened, "delivered": delivered}


class Data(Axis):
    name, text = "data", "bytes of an event's data"
    values, quick = (1, 10, 100, 1000, 10000, 65536), (1, 1000, 65536)
    series = {
        "posted": "a KiB posted and delivered to one stream, the event counted as one",
        "replayed": "a KiB replayed from the log, the event counted as one",
    }
    responder = WINDOW
    REPLAYED = 4 << 20

    def prepare(self, x):
        data = MARK + b"x" * (x - 1)
        self.count = max(20, min(2000, self.REPLAYED // x))
        for at in range(0, self.count, 10):
            self.crowd.answer(post(f"d{x}", b"\n".join([data] * min(10, self.count - at)), "?lines=1"))
        self.push_out()

    def posted(self, x):
        had, data = self.crowd.events, MARK + b"x" * (x - 1)
        count = self.crowd.posts(lambda _: post("live", data), 2000, seconds=self.seconds)
        self.crowd.until(lambda: self.crowd.events == had + count, what="all events")
        return count * (1 + x / 1024)

    def replayed(self, x):
        return self.replay(f"/realtime/d{x}?since=all", self.count)[1] * (1 + x / 1024)

    def measure(self, x):
        replayed = self.cost(lambda: self.replayed(x))
        self.listen("/realtime/live")
        posted = self.cost(lambda: self.posted(x))
        self.hang_up()
        return {"posted": posted, "replayed": replayed}


class Publishers(Axis):
    name, text = "publishers", "publishers that each wait for their answer"
    values, quick = (1, 10, 64), (1, 10)
    series = {"posted": "a POST"}

    def measure(self, x):
        return {"posted": self.posts(lambda _: post("a", BLOCK), publishers=x)}


class Log(Axis):
    name, text = "log", "events of other channels in the log"
    values = (0, 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000)
    quick = values[:6]
    series = {
        "posted": "a POST",
        "replayed": "an event of 2,000 that all others are younger than",
    }
    responder = WINDOW
    OLD = 2000

    def start(self):
        super().start()
        self.held = 0
        self.fill("old", self.OLD)
        self.push_out()

    def prepare(self, x):
        self.fill("other", x - self.held, b"x", 100000)
        self.held = x

    def measure(self, x):
        return {"posted": self.posts(lambda _: post("new", BLOCK)),
                "replayed": self.cost(lambda: self.replay("/realtime/old?since=all", self.OLD)[1])}


class Inboxes(Axis):
    name, text = "inboxes", "inboxes, each in a folder of its own"
    values, quick = (1, 10, 32, 64), (1, 10)
    series = {
        "inserted": "a row, in transactions of 100 over all inboxes in turn",
        "posted": "a POST, while nothing is inserted",
    }
    anew = True
    TOGETHER = 100

    def bring(self, x):
        self.inboxes = [f"box{n}" for n in range(x)]
        super().bring(x)

    def inserted(self, x):
        end, had, done = time.monotonic() + self.seconds, self.crowd.events, 0
        rows = [("a", BLOCK.decode())] * self.TOGETHER
        while done < x or time.monotonic() < end and done < 500:
            self.tidings.insert(rows, f"box{done % x}")
            done += 1
            self.crowd.turn(0)
        self.crowd.until(lambda: self.crowd.events == had + done * self.TOGETHER, what="all rows")
        return done * self.TOGETHER

    def measure(self, x):
        posted = self.posts(lambda _: post("b", BLOCK))
        self.listen("/realtime/a")
        inserted = self.cost(lambda: self.inserted(x))
        self.hang_up()
        return {"posted": posted, "inserted": inserted}


AXES = [Channels, Names, Behind, Streams, Data, Publishers, Log, Inboxes]
