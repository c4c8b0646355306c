# SPDX-License-Identifier: MIT
"""A number that a run of tests/bench/run gives: how it is said, and how good it should be."""

# What the figures to reach were measured beside: nchan's µs in the row `loop`.
REFERENCE_US = 4.4


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


class Figure:
    """One number of a row: what it is called in load's output, and what is to be reached."""

    def __init__(self, key, text, goal=None, least=False, of=lambda value: value, scales=True, floor=None):
        self.key, self.text, self.goal, self.least, self.of = key, text, goal, least, of
        self.scales = scales  # with the speed of the machine
        self.floor = floor    # at most so many times the floor's

    def value(self, run):
        return self.of(run[self.key]) if self.key in run else None

    def is_reached(self, value, slower=1.0):
        if self.goal is None:
            return True
        if not self.scales:
            slower = 1.0
        return value * slower >= self.goal if self.least else value / slower <= self.goal

    def is_near(self, ratio):
        """To the floor, as a ratio."""
        return self.floor is None or ratio is None or ratio <= self.floor

    def say(self, value, sign=""):
        return self.text.format(sign + number(value))

    def say_goals(self):
        goals = [] if self.goal is None else [self.say(self.goal, "≥ " if self.least else "≤ ")]
        return goals + ([] if self.floor is None else [f"≤ {self.floor} × the floor's"])


def rate(key, text, goal=None):
    return Figure(key, text, goal, least=True)


def deliveries(goal=None):
    return rate("deliveries_per_s", "{} deliveries/s", goal)


def delivery_cpu(goal=None, floor=None):
    return Figure("cpu_us_per_delivery", "{} µs CPU a delivery", goal, floor=floor)


def event_cpu(what, goal=None, floor=None):
    return Figure("cpu_us_per_event", "{} µs CPU " + what, goal, floor=floor)


def p50(goal=None, floor=None):
    return Figure("latency.p50_ms", "p50 {} ms", goal, floor=floor)


def p99(goal=None):
    return Figure("latency.p99_ms", "p99 {} ms", goal)
