# SPDX-License-Identifier: MIT
"""The axes along which patterns grow: how many there are, and what one matches."""

from axis import BLOCK, WINDOW, Axis
from direct import FILL, get, post, wait_for


class Patterns(Axis):
    name, text = "patterns", "different patterns that streams listen to, and that match nothing"
    values, quick = (0, 1, 10, 100, 1000), (0, 10, 100)
    series = {
        "live": "an event posted by lines to one channel, and delivered to a stream",
        "spread": "the same, each POST to another of 1,000 channels",
        "matched": "the same, delivered by one pattern more",
    }
    responder = {"selectors": "2000", "channels": "0"}
    EACH = 100   # patterns of a stream
    TOGETHER = 200
    CHANNELS = 1000

    def start(self):
        super().start()
        self.idle = 0

    def prepare(self, x):
        """Streams that stay; half of the patterns begin alike."""
        while self.idle < x:
            some = range(self.idle, min(x, self.idle + self.EACH))
            names = [f"idle/%7Ba%7D/{n}" if n % 2 else f"users/{n}/%7B%2Br%7D" for n in some]
            begun = self.crowd.connected
            self.crowd.open(get("/stream?" + "&".join(f"pattern={name}" for name in names)))
            self.crowd.until(lambda: self.crowd.connected == begun + 1, what="a stream")
            self.idle += len(some)

    def lines(self, name_of):
        had, body = self.crowd.events, b"\n".join([BLOCK] * self.TOGETHER)
        posted = self.crowd.posts(lambda n: post(name_of(n), body, "?lines=1"), 1000,
                                  seconds=self.seconds) * self.TOGETHER
        self.crowd.until(lambda: self.crowd.events == had + posted, what="all events")
        return posted

    def beside(self, target, name_of):
        """With one stream more."""
        one = self.crowd.open(get(target))
        self.crowd.until(lambda: one.connected, what="a stream")
        cost = self.cost(lambda: self.lines(name_of))
        self.crowd.close(one)
        return cost

    def measure(self, x):
        spread = "/stream?" + "&".join(f"channel=c{n}" for n in range(self.CHANNELS))
        return {"live": self.beside("/realtime/live", lambda n: "live"),
                "spread": self.beside(spread, lambda n: f"c{n % self.CHANNELS}"),
                "matched": self.beside("/stream?pattern=c%7Bn%7D", lambda n: f"c{n % self.CHANNELS}")}


class Matched(Axis):
    name, text = "matched", "channels that a pattern matches"
    values, quick = (1, 10, 100, 1000, 10000, 100000), (1, 10, 100)
    series = {"replayed": "an event of 100,000 that a stream is behind, over all of them"}
    inboxes, responder, anew = (FILL,), WINDOW, True
    BEHIND = 100000

    def prepare(self, x):
        self.tidings.insert((f"c{n % x}", BLOCK.decode()) for n in range(self.BEHIND))
        last = f"/api/channels/c{(self.BEHIND - 1) % x}"
        held = len(range((self.BEHIND - 1) % x, self.BEHIND, x))
        wait_for(lambda: self.tidings.ask(last).json["events"] == held, "rows")
        self.push_out()

    def measure(self, x):
        return {"replayed": self.cost(lambda: self.replay("/stream?pattern=c%7Bn%7D&since=all", self.BEHIND)[1])}
