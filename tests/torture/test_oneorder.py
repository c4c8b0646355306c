# SPDX-License-Identifier: MIT
"""The checker of several machines finds what it is for."""

from zlib import crc32

import pytest

from oneorder import faults
from verdict import Account


def row(token):
    return "main", token, crc32(token.encode())


def judged(logs=None, stories=(), acknowledged=(), forgot=False, tried="abcd", holes=None, forgotten=None,
           falls=False):
    account = Account()
    for token in tried:
        account.tries("main", token)
    for token, id in acknowledged:
        account.acknowledges(token, id)
    logs = logs or [{1: "a", 2: "b", 4: "c"}] * 3
    return faults(account, [{id: row(token) for id, token in log.items()} for log in logs], stories, forgot, holes, forgotten,
                  falls)


def test_nothing_is_found_where_all_is_well():
    assert judged(acknowledged=[("a", 1), ("b", None), ("c", 4)],
                  stories=[(0, [(1, "a"), (2, "b"), (4, "c")]), (2, [(4, "c")])]) == []


@pytest.mark.parametrize("promise, how", [
    ("I1", {"acknowledged": [("d", 3)]}),
    ("I1", {"acknowledged": [("a", 9)]}),
    ("I1", {"logs": [{1: "a", 2: "a"}]}),
    ("I3", {"stories": [(0, [(2, "b"), (1, "a")])]}),
    ("I3", {"stories": [(0, [(1, "a"), (4, "c")])]}),
    ("I4", {"tried": "ab"}),
    ("I7", {"logs": [{1: "a"}, {1: "b"}]}),
    ("I7", {"logs": [{1: "a"}, {1: "a", 2: "b"}]}),
    ("I7", {"logs": [{1: "a"}, {1: "a", 4: "b"}], "holes": [[(1, 4)], []], "forgot": True}),
    ("I7", {"stories": [(0, [(1, "b")])]}),
    ("I8", {"acknowledged": [("d", 3)], "forgot": True}),
    ("I8", {"logs": [{1: "a", 2: "a"}], "forgot": True}),
    ("I8", {"stories": [(0, [(1, "a"), (2, "b"), (3, "d"), (4, "c")])], "forgot": True}),
    ("I9", {"stories": [(0, [(1, "a"), None, (2, "b")])]}),
    ("I9", {"stories": [(0, [(1, "a"), None, (2, "b")])], "forgot": True, "forgotten": [(2, 4)]}),
])
def test_each_broken_promise_is_named(promise, how):
    found = judged(**how)
    assert found and {fault[:2] for fault in found} == {promise}, found


def test_what_was_put_back_under_another_id_with_a_reset_is_as_it_should_be():
    logs = [{1: "a", 2: "b", 9: "d"}] * 3
    assert judged(logs=logs, forgot=True, forgotten=[(2, 8)], acknowledged=[("d", 3)],
                  stories=[(0, [(1, "a"), (2, "b"), (3, "d"), None, (9, "d")])]) == []


def test_what_a_machine_left_out_while_it_followed_another_master_is_at_the_others():
    how = {"logs": [{1: "a", 9: "c"}, {1: "a", 3: "b", 9: "c"}], "acknowledged": [("b", 3)], "forgot": True}
    assert {fault[:2] for fault in judged(**how)} == {"I7", "I8"}
    assert judged(**how, holes=[[(1, 8)], []], stories=[(0, [(1, "a"), None, (9, "c")])]) == []


def test_ids_fall_only_at_a_reset_and_only_where_there_were_two_masters():
    """A browser that saw 9 at the one comes to a machine whose newest is 4: it is told, and given all."""
    how = {"logs": [{1: "a", 2: "b", 4: "c", 9: "d"}] * 3, "forgot": True}
    told = [(0, [(1, "a"), (2, "b"), (4, "c"), (9, "d"), None, (1, "a"), (2, "b"), (4, "c"), (9, "d")])]
    untold = [(0, [item for item in told[0][1] if item])]
    assert judged(**how, stories=told, falls=True) == []
    assert {fault[:2] for fault in judged(**how, stories=told)} == {"I3"}
    assert {fault[:2] for fault in judged(**how, stories=untold, falls=True)} == {"I3"}


def test_a_reset_that_sends_a_browser_back_tells_of_what_that_machine_had_to_leave_out():
    """It has seen all, as 9 by a second master, and is then given all by a machine that lacks 3 and 4."""
    how = {"logs": [{1: "a", 2: "b", 8: "d"}, {1: "a", 2: "b", 3: "c", 8: "d"}], "forgot": True, "falls": True}
    lacks = [[(2, 7)], []]
    back = [(1, "a"), (2, "b"), (8, "d")]
    assert judged(**how, holes=lacks, stories=[(0, [*back[:2], (3, "c"), (9, "e"), None, *back])]) == []
    # not without a reset that sent it back, nor where no machine had to leave it out, nor for what was new to it
    assert {fault[:2] for fault in judged(**how, holes=lacks, stories=[(0, back)])} == {"I3"}
    assert {fault[:2] for fault in judged(**how, holes=[[(2, 3)], []], stories=[
        (0, [*back[:2], (3, "c"), (9, "e"), None, *back])])} == {"I3", "I7"}
    assert {fault[:2] for fault in judged(**how, holes=lacks, stories=[(0, [(1, "a"), None, *back])])} == {"I3"}
