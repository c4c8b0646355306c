# SPDX-License-Identifier: MIT
"""tests/bench/curves: what it takes for a rise, what it draws, and that it runs."""

import re
import subprocess
import sys
import xml.etree.ElementTree as xml
from html import unescape

import pytest

from world import BUILD, SLOW, TOP

sys.path.insert(0, str(TOP / "tests" / "bench"))

import curve  # noqa: E402
import picture  # noqa: E402

NAME = "{http://www.w3.org/2000/svg}"


def curve_of(costs, series="posted", unit="a POST"):
    """{x: us or the runs' us}"""
    return curve.Curve("log", series, unit, [
        curve.Point(x, runs if isinstance(runs, list) else [runs]) for x, runs in costs.items()])


# ---- steps

def test_a_unit_that_costs_the_same_or_less_is_no_step_over():
    assert curve_of({0: 9, 1: 9, 10: 3, 100: 3.9, 1000: 3.89}).over() == []


def test_a_unit_that_costs_more_than_1_3_times_is_named_with_the_step():
    ((one, two, times),) = curve_of({1: 10, 10: 12, 100: 18}).over()
    assert (one.x, two.x, times) == (10, 100, 1.5)


def test_the_middle_of_the_runs_counts():
    assert curve_of({1: [10, 11, 90], 10: [12, 1, 13]}).steps()[0][2] == 12 / 11


def test_steps_go_up_the_axis_however_the_points_came():
    assert [(one.x, two.x) for one, two, _ in curve_of({100: 1, 0: 1, 10: 1}).steps()] == [(0, 10), (10, 100)]


def test_the_table_has_each_step_and_the_end_says_which_are_over():
    text = curve.table([curve_of({1: 10, 10: 12, 100: 18})])
    assert "| log | posted | 10 | 100 | 12 | 18 | 1.50 | **over** |" in text
    assert text.count("**over**") == 1
    assert text.endswith("1 steps are over 1.3.\nlog posted 10 → 100: × 1.50")


def test_what_is_written_as_csv_is_read_again(tmp_path):
    path = tmp_path / "curves.csv"
    assert curve.read(path) == []
    curve.write(path, [curve_of({0: [1, 2, 4], 10: 3}), curve_of({1: 5}, "replayed", "an event, alone")])
    posted, replayed = curve.read(path)
    assert [(point.x, point.us, point.least, point.most) for point in posted.points] == [(0, 2, 1, 4), (10, 3, 3, 3)]
    assert (replayed.axis, replayed.series, replayed.unit) == ("log", "replayed", "an event, alone")


# ---- pictures

def drawn(*curves):
    text = picture.svg("events <in> the log", list(curves))
    return text, xml.fromstring(text)


def dots(tree, kind):
    return [(float(dot.get("cx")), float(dot.get("cy"))) for dot in tree.iter(f"{NAME}circle")
            if dot.get("class") == kind and dot.find(f"{NAME}title") is not None]


def test_both_axes_are_logarithmic_and_nought_has_a_place():
    places = dots(drawn(curve_of({0: 100, 1: 10, 10: 1, 100: 0.1}))[1], "first-dot")
    for at in (0, 1):
        steps = [two[at] - one[at] for one, two in zip(places, places[1:])]
        assert min(steps) > 0 and max(steps) - min(steps) < 0.5


def test_a_step_over_is_ringed_and_says_how_much():
    text, tree = drawn(curve_of({1: 10, 10: 25}))
    ring = [circle for circle in tree.iter(f"{NAME}circle") if circle.get("class") == "over"]
    assert len(ring) == 1 and "× 2.5" in text and "from 1 to 10" in text
    assert 'class="over"' not in drawn(curve_of({1: 10, 10: 12}))[0]


def test_all_that_is_drawn_is_on_the_sheet_and_has_its_colour_in_the_dark():
    text, tree = drawn(curve_of({1: [1, 2, 3000], 10: 2000}), curve_of({1: 0.01, 1000000: 7}, "replayed"),
                       curve_of({10: 5}, "opened"))
    width, height = float(tree.get("width")), float(tree.get("height"))
    for part in tree.iter():
        for key, most in (("cx", width), ("x1", width), ("x2", width), ("cy", height), ("y1", height), ("y2", height)):
            assert 0 <= float(part.get(key, 0)) <= most
    assert "<desc" in text and "events &lt;in&gt; the log" in text
    light, dark = text.split("prefers-color-scheme: dark")
    kinds = set(re.findall(r"\.([\w-]+)(?=[ ,{])[^}]*#", light.split("<style>")[1]))
    assert len(kinds) > 8 and [kind for kind in kinds if f".{kind}" not in dark] == []


def test_the_pictures_in_the_documentation_are_those_of_its_figures():
    pictures = TOP / "docs" / "curves"
    axes = {}
    for one in curve.read(TOP / "docs" / "curves.csv"):
        axes.setdefault(one.axis, []).append(one)
    assert {path.stem for path in pictures.glob("*.svg")} == set(axes)
    for axis, curves in axes.items():
        text = unescape((pictures / f"{axis}.svg").read_text())
        assert [one.unit for one in curves if one.unit not in text] == []
        assert len(dots(xml.parse(pictures / f"{axis}.svg"), "first-dot")) == len(curves[0].points)


# ---- the whole

@pytest.mark.deploy
def test_two_axes_are_drawn_in_seconds(tmp_path):
    done = subprocess.run(
        [str(TOP / "tests" / "bench" / "curves"), f"--build={BUILD}", f"--dir={tmp_path}", "--quick",
         "--only=publishers", "--only=streams", "--write", f"--docs={tmp_path}"],
        capture_output=True, text=True, timeout=10 * SLOW, check=False)
    assert done.returncode == 0, done.stderr
    assert "| publishers | posted | 1 | 10 |" in done.stdout and "| streams | delivered | 10 | 100 |" in done.stdout
    assert {one.axis for one in curve.read(tmp_path / "curves.csv")} == {"publishers", "streams"}
    for axis in ("publishers", "streams"):
        assert xml.parse(tmp_path / "curves" / f"{axis}.svg").getroot().tag == f"{NAME}svg"
