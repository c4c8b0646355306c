# SPDX-License-Identifier: MIT
"""tests/bench/run and load: what is counted, what the table says, and that it runs."""

import subprocess
import sys

import pytest

from world import BUILD, SLOW, TOP

BENCH = TOP / "tests" / "bench"
sys.path.append(str(BENCH))

import cells  # noqa: E402
from figures import Figure  # noqa: E402

CPU = Figure("us", "{} µs", 10, floor=1.5)


class Row:
    figures = [CPU, Figure("ms", "p50 {} ms")]

    def is_full(self, run):
        return run.get("full", False)


def runs(*costs, **more):
    return [{"us": us, "ms": 2 * us, **more} for us in costs]


# ---- what the table says

def test_a_ratio_is_the_median_of_the_turns_and_not_that_of_the_medians():
    ours, floor = runs(10, 20, 300), runs(10, 10, 100)
    assert cells.ratio(CPU, ours, floor) == 2
    assert cells.ratios(Row(), ours, floor) == "× 2; × 2"


def test_what_was_not_measured_beside_has_no_ratio():
    assert cells.ratios(Row(), runs(10), "needs nginx-light") == cells.ratios(Row(), runs(10), []) == "–"


def test_a_cell_has_median_smallest_and_largest():
    assert cells.cell(Row(), runs(9, 10, 30)) == "10 µs (9–30); p50 20 ms (18–60)"
    assert cells.cell(Row(), []) == "–"


def test_a_row_is_short_if_the_floor_is_too_far_below():
    assert cells.verdict(Row(), runs(9), runs(7), 1.0) == "ok"
    assert cells.verdict(Row(), runs(9), runs(5), 1.0) == "short"
    assert cells.verdict(Row(), runs(11), runs(10), 1.0) == "short"
    assert cells.verdict(Row(), runs(11), runs(10), 1.2) == "short, but for the machine"


def test_whatever_is_lost_makes_a_row_wrong():
    assert cells.verdict(Row(), runs(9, 9) + runs(9, lost=1), runs(9), 1.0) == "**wrong**"
    assert "**lost 1**" in cells.cell(Row(), runs(9, lost=1))


def test_what_must_be_reached_says_by_how_much_the_floor_may_be_below():
    assert CPU.say_goals() == ["≤ 10 µs", "≤ 1.5 × the floor's"]


# ---- that it runs

def build(*tools):
    subprocess.run(["make", "-s", "-C", BUILD, *(f"tests/bench/{tool}" for tool in tools)],
                   check=True, stdout=subprocess.DEVNULL)


@pytest.mark.deploy
def test_load_finds_what_is_lost_doubled_or_out_of_order_and_asks_for_whole_paths():
    build("load")
    done = subprocess.run([BENCH / "check", f"--build={BUILD}"], capture_output=True, text=True,
                          timeout=20 * SLOW, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok ") == 9


@pytest.mark.deploy
def test_a_row_is_measured_beside_the_floor_in_seconds(tmp_path):
    build("load", "insert", "machine", "floor")
    done = subprocess.run([BENCH / "run", f"--build={BUILD}", f"--dir={tmp_path}", "--short", "--systems=floor,tidings",
                           "--only=private", "--only=replay"],
                          capture_output=True, text=True, timeout=30 * SLOW, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for row in done.stdout.splitlines()[-2:]:
        nchan, floor, ours, _, ratio = row.split(" | ")[1:6]
        assert nchan == "–" and "µs CPU" in floor and "µs CPU" in ours and ratio.startswith("× "), row


@pytest.mark.deploy
@pytest.mark.rare
@pytest.mark.parametrize("words", [["cores", "--most=1", "--only=posts64", "--only=hub-64"], ["webservers", "--only=posts"]])
def test_what_workers_and_web_servers_cost_is_measured_in_seconds(words):
    build("load", "insert", "machine", "floor")
    done = subprocess.run([BENCH / words[0], f"--build={BUILD}", "--short", *words[1:]],
                          capture_output=True, text=True, timeout=50 * SLOW, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "µs" in done.stdout and "**" not in done.stdout, done.stdout
