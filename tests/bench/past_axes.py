# SPDX-License-Identifier: MIT
"""The axes along which the past grows: what is replayed, and what lies beside it."""

import time

from axis import BLOCK, WINDOW, Axis
from direct import FILL, post, wait_for


class Channels(Axis):
    name, text = "channels", "channels of a stream"
    values, quick = (1, 10, 100, 1000), (1, 10, 100)
    series = {
        "replayed": "an event of 20,000 that a stream is behind, over all its channels",
        "live": "an event posted by lines to one of its channels, and delivered",
        "opened": "a stream opened and ended, and each of its channels",
    }
    inboxes, responder, anew = (FILL,), WINDOW, True
    BEHIND = 20000
    TOGETHER = 200

    def prepare(self, x):
        self.tidings.insert((f"c{n % x}", BLOCK.decode()) for n in range(self.BEHIND))
        wait_for(lambda: self.is_filled(x), "rows")
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


class Behind(Axis):
    name, text = "behind", "events that a stream is behind"
    values = (0, 1, 10, 100, 1000, 10000, 100000, 1000000)
    quick = values[:5]
    series = {
        "log": "an event replayed from the log, the stream's opening counted as one",
        "window": "the same from the responder's memory, as far as that reaches",
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
        if x <= self.second.MOST:
            self.second.bring(x)

    def past(self, x):
        streams, events = self.replay("/realtime/a?since=all", x)
        return streams + events

    def measure(self, x):
        result = {"log": self.cost(lambda: self.past(x))}
        if x <= self.second.MOST:
            result["window"] = self.second.cost(lambda: self.second.past(x))
        return result


class Memory(Axis):
    """The other half of Behind: nothing pushes its events out."""

    name = "window"
    held = 0
    MOST = 10000  # all of them are in 16 MiB

    def prepare(self, x):
        self.fill("a", x - self.held)
        self.held = x

    past = Behind.past


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
