# SPDX-License-Identifier: MIT
"""Curves of one axis as an SVG picture, for light and dark, on logarithmic scales."""

import math
from html import escape

from curve import MOST, number

WIDTH, PLOT_HEIGHT = 720, 260
LEFT, RIGHT, TOP, LEGEND_LINE, BELOW = 64, 28, 62, 22, 62
KINDS = ("first", "second", "third")

STYLE = """\
		.sheet { fill: #fbfaf7; stroke: #dcd9d1; }
		.grid { stroke: #e4e1d9; }
		.axis { stroke: #b9b4a8; }
		.name { fill: #1c1f23; font-size: 16px; font-weight: 600; }
		.note { fill: #5d6167; font-size: 13px; }
		.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
		.spread { stroke-width: 1.25; }
		.first { stroke: #0d5c8c; }
		.second { stroke: #1c6b35; }
		.third { stroke: #6a3d9a; }
		.first-dot { fill: #0d5c8c; }
		.second-dot { fill: #1c6b35; }
		.third-dot { fill: #6a3d9a; }
		.over { stroke: #c22f1d; stroke-width: 2; fill: none; }
		.over-text { fill: #c22f1d; font-size: 13px; font-weight: 600; }
		@media (prefers-color-scheme: dark) {
			.sheet { fill: #16181b; stroke: #34383d; }
			.grid { stroke: #2a2e33; }
			.axis { stroke: #5b6168; }
			.name { fill: #eceae5; }
			.note { fill: #a3a8ae; }
			.first { stroke: #6db7e6; }
			.second { stroke: #7fcf97; }
			.third { stroke: #c3a1ea; }
			.first-dot { fill: #6db7e6; }
			.second-dot { fill: #7fcf97; }
			.third-dot { fill: #c3a1ea; }
			.over { stroke: #ff8a75; }
			.over-text { fill: #ff8a75; }
		}"""


def decade(x):
    """Where on a logarithmic axis; 0 stands one decade before 1."""
    return math.log10(x) if x > 0 else -1.0


class Scale:
    """Values to pixels, from decade `low` at `start` to `high` at `end`."""

    def __init__(self, low, high, start, end):
        self.low, self.start = low, start
        self.step = (end - start) / max(high - low, 1e-9)

    def __call__(self, x):
        return round(self.start + (decade(x) - self.low) * self.step, 1)


def decades(values):
    """Whole ones around all values: at least two, so that noise is no mountain."""
    low, high = math.floor(decade(min(values))), math.ceil(decade(max(values)))
    if high - low < 2:
        high = low + 2
    return low, high


def x_ticks(curves):
    return sorted({point.x for curve in curves for point in curve.points})


def short(x):
    if x >= 1000000 and x % 1000000 == 0:
        return f"{x // 1000000} M"
    return f"{x:,}"


def line(kind, x1, y1, x2, y2):
    return f'\t<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def words(kind, x, y, text, anchor="start"):
    return f'\t<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def grid(across, down, ticks, rows, top):
    """Lines and what they stand for."""
    bottom, right = top + PLOT_HEIGHT, WIDTH - RIGHT
    parts = []
    for power in range(rows[0], rows[1] + 1):
        y = down(10 ** power)
        parts += [line("grid", LEFT, y, right, y), words("note", LEFT - 8, y + 4, number(10.0 ** power), "end")]
    last = -math.inf
    for x in ticks:
        at, room = across(x), 4 * len(short(x)) + 4
        parts.append(line("grid", at, top, at, bottom))
        if at - room > last:
            parts.append(words("note", at, bottom + 20, short(x), "middle"))
            last = at + room
    return parts + [line("axis", LEFT, bottom, right, bottom)]


def course(curve, kind, across, down):
    """The line, how far the runs lay apart, and the dots."""
    places = [(across(point.x), down(point.us)) for point in curve.points]
    parts = [f'\t<path class="line {kind}" d="M{" L".join(f"{x} {y}" for x, y in places)}"/>']
    for point, (x, y) in zip(curve.points, places):
        parts += [line(f"spread {kind}", x, down(point.least), x, down(point.most)),
                  f'\t<circle class="{kind}-dot" cx="{x}" cy="{y}" r="4"><title>{short(point.x)}: '
                  f'{number(point.us)} µs</title></circle>']
    for _, point, times in curve.over():
        x, y = across(point.x), down(point.us)
        parts += [f'\t<circle class="over" cx="{x}" cy="{y}" r="8"/>',
                  words("over-text", x - 12, y - 9, f"× {number(times)}", "end")]
    return parts


def legend(curves):
    parts = []
    for row, (curve, kind) in enumerate(zip(curves, KINDS)):
        y = TOP + row * LEGEND_LINE
        parts += [f'\t<circle class="{kind}-dot" cx="{LEFT + 5}" cy="{y - 4}" r="5"/>',
                  words("note", LEFT + 18, y, f"{curve.series}: {curve.unit}")]
    return parts


def describe(text, curves):
    over = [f"{curve.series} from {short(one.x)} to {short(two.x)}"
            for curve in curves for one, two, _ in curve.over()]
    return (f"CPU time of a unit over the {text}, both on logarithmic scales. "
            + (f"More than {MOST} times as much at the next point: {'; '.join(over)}." if over
               else f"No step costs more than {MOST} times as much as the one before."))


def svg(text, curves):
    ticks = x_ticks(curves)
    costs = [cost for curve in curves for point in curve.points for cost in (point.least, point.most)]
    rows, top = decades(costs), TOP + len(curves) * LEGEND_LINE + 4
    bottom = top + PLOT_HEIGHT
    across = Scale(decade(ticks[0]), max(decade(ticks[-1]), decade(ticks[0]) + 0.5), LEFT + 20, WIDTH - RIGHT - 20)
    down = Scale(rows[0], rows[1], bottom, top)
    height = bottom + BELOW
    title = f"CPU time of a unit, by {text}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        "role=\"img\" aria-labelledby=\"title desc\" "
        "font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\">",
        f'\t<title id="title">{escape(title)}</title>',
        f'\t<desc id="desc">{escape(describe(text, curves))}</desc>',
        f"\t<style>\n{STYLE}\n\t</style>",
        f'\t<rect class="sheet" x="1" y="1" width="{WIDTH - 2}" height="{height - 2}" rx="14"/>',
        words("name", LEFT, 34, f"{text[0].upper()}{text[1:]}"),
        words("note", WIDTH - RIGHT, 34, "µs of CPU for a unit", "end"),
        *legend(curves), *grid(across, down, ticks, rows, top)]
    for curve, kind in zip(curves, KINDS):
        parts += course(curve, kind, across, down)
    parts.append(words("note", (LEFT + WIDTH - RIGHT) / 2, bottom + 44, text, "middle"))
    return "\n".join(parts) + "\n</svg>\n"
