# SPDX-License-Identifier: MIT
"""A checker that never failed has not been tested."""

import random

import pytest

from checker import Ledger


def a_true_story(events=200, readers=5):
    ledger = Ledger()
    for number in range(events):
        ledger.tries(f"event {number}")
        if number % 10:  # the tenth was stored, but its publisher never heard of it
            ledger.acknowledges(1000 + number, f"event {number}")
    everything = [(1000 + n, f"event {n}") for n in range(events)]
    return ledger, {f"reader {r}": (999, list(everything), 0) for r in range(readers)}


def test_a_true_story_has_no_fault():
    ledger, logs = a_true_story()
    assert ledger.faults(logs) == []


def test_a_later_reader_misses_only_what_came_before():
    ledger, logs = a_true_story()
    logs["reader 0"] = (1099, logs["reader 0"][1][100:], 0)
    assert ledger.faults(logs) == []


def drop(seen, at):
    del seen[at]


def double(seen, at):
    seen.insert(at, seen[at])


def double_later(seen, at):
    seen.append(seen[at])


def swap(seen, at):
    seen[at], seen[at + 1] = seen[at + 1], seen[at]


def alter(seen, at):
    seen[at] = (seen[at][0], seen[at + 1][1])


def invent(seen, at):
    seen[at] = (seen[at][0], "nobody said this")


def drop_the_last(seen, at):
    del seen[at:]


@pytest.mark.parametrize("harm,name", [
    (drop, "lost"), (drop_the_last, "lost"), (double, "doubled"),
    (double_later, "reordered"), (swap, "reordered"), (alter, "altered"),
    (invent, "foreign")])
def test_harm_to_one_event_of_one_reader_is_found(harm, name):
    for at in random.Random(1).sample(range(198), 20):
        ledger, logs = a_true_story()
        harm(logs["reader 3"][1], at)
        faults = ledger.faults(logs)
        assert any(name in fault for fault in faults), f"{harm.__name__} at {at}: {faults}"


def test_an_event_that_all_readers_miss_is_found_if_it_was_acknowledged():
    ledger, logs = a_true_story()
    for _, seen, _ in logs.values():
        drop(seen, 55)
    assert len([f for f in ledger.faults(logs) if "lost: 1055" in f]) == 5


def test_a_spurious_reset_is_found():
    ledger, logs = a_true_story()
    logs["reader 1"] = (*logs["reader 1"][:2], 1)
    assert ledger.faults(logs) == ["reader 1: spurious reset, 1 times"]


def test_one_publish_stored_under_two_ids_is_found():
    ledger, logs = a_true_story()
    for _, seen, _ in logs.values():
        seen.append((2000, "event 70"))
    assert "published twice: 'event 70'" in ledger.faults(logs)
