# SPDX-License-Identifier: MIT
"""Points of a curve: their medians, the steps between them, CSV and table."""

import csv
import statistics

MOST = 1.3  # what a unit may cost at ten times the axis, as a multiple
HEAD = ["axis", "series", "unit", "x", "us", "least", "most"]


class Point:
    """Cost of a unit at one x: median, least and most of the runs, in us."""

    def __init__(self, x, runs):
        self.x, self.us = x, statistics.median(runs)
        self.least, self.most = min(runs), max(runs)


class Curve:
    def __init__(self, axis, series, unit, points):
        self.axis, self.series, self.unit = axis, series, unit
        self.points = sorted(points, key=lambda point: point.x)

    def steps(self):
        """(point, the next one, how many times as much that costs)"""
        return [(one, two, two.us / one.us) for one, two in zip(self.points, self.points[1:])]

    def over(self):
        return [step for step in self.steps() if step[2] > MOST]


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(curves):
    """Markdown: a row for each step, and those that are over once more."""
    lines = ["| axis | series | from | to | µs | µs | times | |", "|---|---|--:|--:|--:|--:|--:|---|"]
    for curve in curves:
        for one, two, times in curve.steps():
            lines.append(f"| {curve.axis} | {curve.series} | {one.x:,} | {two.x:,} | {number(one.us)} "
                         f"| {number(two.us)} | {times:.2f} | {'**over**' if times > MOST else ''} |")
    return "\n".join(lines) + "\n\n" + summary(curves)


def summary(curves):
    over = [f"{curve.axis} {curve.series} {one.x:,} → {two.x:,}: × {times:.2f}"
            for curve in curves for one, two, times in curve.over()]
    return "\n".join([f"{len(over)} steps are over {MOST}.", *over])


def read(path):
    """The curves of a CSV file, if there is one."""
    if not path.exists():
        return []
    found = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            point = Point(int(row["x"]), [float(row[key]) for key in ("least", "us", "most")])
            found.setdefault((row["axis"], row["series"], row["unit"]), []).append(point)
    return [Curve(*key, points) for key, points in found.items()]


def write(path, curves):
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(HEAD)
        for curve in curves:
            for point in curve.points:
                rows.writerow([curve.axis, curve.series, curve.unit, point.x,
                               *(f"{value:.4g}" for value in (point.us, point.least, point.most))])
