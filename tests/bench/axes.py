# SPDX-License-Identifier: MIT
"""What is drawn: all axes in their order, and those along which the present grows."""

import time

from axis import BLOCK, WINDOW, Axis
from direct import FILL, MARK, post, wait_for
from pattern_axes import Matched, Patterns
from past_axes import Behind, Channels, Log

INSERTED = 50000  # rows a transaction


class Names(Axis):
    name, text = "names", "channels that hold an event"
    values = (1, 10, 100, 1000, 10000, 100000, 1000000)
    quick = values[:4]
    series = {
        "listed": "a name in GET /api/channels?limit=1000, page after page",
        "posted": "a POST to one of the channels",
        "made": "a row that is the first of its channel",
    }
    inboxes = (FILL,)

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
    responder = {**WINDOW, "max_event": "128K"}  # which counts more than the data
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


class Inboxes(Axis):
    name, text = "inboxes", "inboxes, each in a folder of its own"
    values, quick = (1, 10, 32, 64), (1, 10)
    series = {
        "inserted": "a row, in transactions of 100 to one inbox after another",
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
            self.crowd.until(lambda: self.crowd.events == had + done * self.TOGETHER, what="all rows")
        return done * self.TOGETHER

    def measure(self, x):
        posted = self.posts(lambda _: post("b", BLOCK))
        self.listen("/realtime/a")
        inserted = self.cost(lambda: self.inserted(x))
        self.hang_up()
        return {"posted": posted, "inserted": inserted}


AXES = [Channels, Names, Patterns, Matched, Behind, Streams, Data, Publishers, Log, Inboxes]
