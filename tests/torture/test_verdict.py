# SPDX-License-Identifier: MIT
"""The checker, given books that were falsified in one place each."""

import random

import pytest

from verdict import Account, Seen, faults
from zlib import crc32

EVENTS = 300


def data_of(number):
    return f"p/{number} {'x' * (number % 7)}"


def channel_of(number):
    return "ab"[number % 2]


class Books:
    """Two channels, a publisher whose every tenth acknowledgement was lost, a
    subscriber of each channel, one of both, and one who came later."""

    def __init__(self):
        self.account, self.truth = Account(), {}
        for number in range(EVENTS):
            id = 1000 + 3 * number  # ids may have gaps
            self.account.tries(channel_of(number), data_of(number))
            if number % 10:
                self.account.acknowledges(data_of(number), id)
            self.truth[id] = (channel_of(number), f"p/{number}", crc32(data_of(number).encode()))
        self.account.tries("a", "p/never stored")
        self.seen = {"a": self.reader("a"), "b": self.reader("b"), "both": self.reader("a", "b"),
                     "later": self.reader("a", "b", start=1000 + 3 * 100)}

    def reader(self, *channels, start=999):
        one = Seen(channels, start)
        for id, row in self.truth.items():
            if row[0] in channels and id > start:
                one.add(id, data_of((id - 1000) // 3))
        return one

    def faults(self):
        return faults(self.account, self.seen, self.truth)


def rows(one):
    return list(zip(one.ids, one.sums))


def put(one, rows):
    del one.ids[:], one.sums[:]
    one.ids.extend(id for id, _ in rows)
    one.sums.extend(sum for _, sum in rows)


def seen_differently(harm):
    def apply(books, at):
        one = books.seen["both"]
        changed = rows(one)
        harm(changed, at)
        put(one, changed)
    apply.__name__ = harm.__name__
    return apply


@seen_differently
def one_is_dropped(seen, at):
    del seen[at]


@seen_differently
def one_comes_twice(seen, at):
    seen.insert(at, seen[at])


@seen_differently
def one_comes_again_later(seen, at):
    seen.append(seen[at])


@seen_differently
def two_are_swapped(seen, at):
    seen[at], seen[at + 1] = seen[at + 1], seen[at]


@seen_differently
def bytes_are_changed(seen, at):
    seen[at] = (seen[at][0], seen[at][1] ^ 1)


@seen_differently
def an_id_from_nowhere(seen, at):
    seen.insert(at + 1, (seen[at][0] + 1, 0))


def of_another_channel(books, at):
    one = books.seen["a"]
    number = 2 * (at // 2) + 1
    put(one, sorted([*rows(one), (1000 + 3 * number, crc32(data_of(number).encode()))]))


def what_came_before_is_shown(books, at):
    books.seen["later"].ids.insert(0, 1000 + 3 * 99)
    books.seen["later"].sums.insert(0, 0)


def an_acknowledged_one_is_gone(books, at):
    number = at - at % 10 + 1
    del books.truth[1000 + 3 * number]
    for one in books.seen.values():
        put(one, [row for row in rows(one) if row[0] != 1000 + 3 * number])


def one_has_another_id(books, at):
    number = at - at % 10 + 1
    books.account.acknowledged[f"p/{number}"] += 3


def two_answers_differ(books, at):
    books.account.acknowledges(data_of(at), 5)
    books.account.acknowledges(data_of(at), 6)


def stored_twice(books, at):
    books.truth[5000] = books.truth[1000 + 3 * at]


def changed_in_the_log(books, at):
    channel, token, sum = books.truth[1000 + 3 * at]
    books.truth[1000 + 3 * at] = (channel, token, sum ^ 1)


def in_another_channel(books, at):
    _, token, sum = books.truth[1000 + 3 * at]
    books.truth[1000 + 3 * at] = (channel_of(at + 1), token, sum)


def never_published(books, at):
    books.truth[5000] = ("c", "stranger", 0)


def an_id_stands_for_another_event(books, at):
    id, other = 1000 + 3 * at, 1000 + 3 * (at + 2)
    books.truth[id], books.truth[other] = books.truth[other], books.truth[id]


def one_is_late(books, at):
    books.seen["b"].late = 2.0


def a_reset(books, at):
    books.seen["b"].resets = 1


def test_true_books_have_no_fault():
    assert Books().faults() == []


@pytest.mark.parametrize("harm,promise", [
    (one_is_dropped, "I3"), (one_comes_twice, "I3"), (one_comes_again_later, "I3"),
    (two_are_swapped, "I3"), (bytes_are_changed, "I4"), (an_id_from_nowhere, "I5"),
    (of_another_channel, "I3"), (what_came_before_is_shown, "I3"),
    (an_acknowledged_one_is_gone, "I1"), (one_has_another_id, "I1"), (two_answers_differ, "I1"),
    (stored_twice, "I"), (changed_in_the_log, "I4"), (in_another_channel, "I4"),
    (never_published, "I4"), (an_id_stands_for_another_event, "I4"), (one_is_late, "I6"),
    (a_reset, "I3")])
def test_one_fault_is_found_wherever_it_is(harm, promise):
    for at in random.Random(harm.__name__).sample(range(EVENTS - 3), 20):
        books = Books()
        harm(books, at)
        found = books.faults()
        assert any(fault.startswith(promise) for fault in found), (harm.__name__, at, found)
