# SPDX-License-Identifier: MIT
"""What a table of tests/bench/run says of some runs."""

import statistics

from figures import number

STALL_MS = 5
WRONG = ("lost", "doubled", "reordered", "foreign", "damaged", "refused", "failed", "resets")


def wrongs(run):
    found = [f"{key} {run[key]:,.0f}" for key in WRONG if run.get(key)]
    if run.get("complete_s") == -1:
        found.append("never complete")
    return ", ".join(found)


def middle(figure, runs):
    """The median, or None."""
    values = [figure.value(run) for run in runs if figure.value(run) is not None]
    return statistics.median(values) if values else None


def spread(figure, runs):
    values = [figure.value(run) for run in runs if figure.value(run) is not None]
    if not values:
        return "–"
    text = figure.say(statistics.median(values))
    return text + (f" ({number(min(values))}–{number(max(values))})" if len(values) > 1 else "")


def ratio(figure, runs, others):
    """The median of what each run is of the other's of its turn; None if there is none."""
    if isinstance(runs, str) or isinstance(others, str):
        return None
    pairs = [(figure.value(run), figure.value(other)) for run, other in zip(runs, others)]
    ratios = [one / two for one, two in pairs if one is not None and two]
    return statistics.median(ratios) if ratios else None


def ratios(row, runs, others):
    """Of all figures of the row, in their order."""
    found = [ratio(figure, runs, others) for figure in row.figures]
    if not any(found):
        return "–"
    return "; ".join("–" if one is None else f"× {number(one)}" for one in found)


def cell(row, runs):
    if isinstance(runs, str):
        return runs
    if not runs:
        return "–"
    parts = []
    full = [run for run in runs if row.is_full(run)]
    if full:
        rate = statistics.median(run["acknowledged_per_s"] for run in full)
        parts.append(f"full at {rate:,.0f} events/s")
    parts += [spread(figure, runs) for figure in row.figures]
    bad = sorted({wrongs(run) for run in runs} - {""})
    parts += [f"**{text}**" for text in bad]
    worst = max(run.get("stall_ms", 0) for run in runs)
    if worst > STALL_MS:
        parts.append(f"the machine stood still for {worst:.0f} ms")
    return "; ".join(parts)


def reaches(row, runs, floor, slower=1.0):
    for figure in row.figures:
        value = middle(figure, runs)
        if value is None and figure.goal is not None:
            return False
        if not figure.is_reached(value, slower) or not figure.is_near(ratio(figure, runs, floor)):
            return False
    return True


def verdict(row, runs, floor, slower):
    if isinstance(runs, str) or not runs:
        return "not measured"
    if any(wrongs(run) for run in runs):
        return "**wrong**"
    if any(row.is_full(run) for run in runs):
        return "short"
    if reaches(row, runs, floor):
        return "ok"
    return "short, but for the machine" if reaches(row, runs, floor, slower) else "short"
