# SPDX-License-Identifier: MIT
"""What docs/several-machines.md tells to watch is there, and its alert rules are rules."""

import re
import shutil
import subprocess

import pytest

from documents import Document
from world import TOP, eventually

PAGE = Document(TOP / "docs" / "several-machines.md")


def metrics(world):
    return world.door.ask("GET", "/metrics", headers={"Accept": "text/plain"}).text


def test_each_figure_that_is_documented_is_told(two):
    names = {name for name in PAGE.names if name.startswith("tidings_")}
    two[0].publish("x")
    two.hold(1)
    for world in two.worlds:
        eventually(lambda world=world: names <= set(re.findall(r"^(\w+)", metrics(world), re.M)), f"{names}", 15)
        eventually(lambda world=world: re.search(r"^tidings_order_machines 2$", metrics(world), re.M), "both", 15)
    assert len(names) >= 5


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool")
def test_the_alert_rules_are_good_for_prometheus(tmp_path):
    (rules,) = [block for block in PAGE.blocks if block[0] == "groups:"]
    (tmp_path / "rules.yml").write_text("\n".join(rules) + "\n")
    done = subprocess.run(["promtool", "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_machine_without_the_order_says_so_in_its_figures(two):
    two.redis.stop()
    two.are_away()
    for world in two.worlds:
        eventually(lambda world=world: re.search(r"^tidings_order_connected 0", metrics(world), re.M), "the figure", 15)
    two.redis.start()
