# SPDX-License-Identifier: MIT
"""The parser, against the examples of the standard and its corner cases."""

import pytest

from sse import Exact, Parser

CASES = [
    ("the standard's stock ticker",
     b"data: YHOO\ndata: +2\ndata: 10\n\n",
     [("message", "YHOO\n+2\n10", "")]),
    ("an event without data is not dispatched, its id counts",
     b": test stream\n\ndata: first event\nid: 1\n\nid\ndata:second event\n\n"
     b"data:  third event\n\n",
     [("message", "first event", "1"), ("message", "second event", ""),
      ("message", " third event", "")]),
    ("`data` alone is an empty line, two are one LF; the last is unfinished",
     b"data\n\ndata\ndata\n\ndata:",
     [("message", "", ""), ("message", "\n", "")]),
    ("one space after the colon is eaten, not two",
     b"data:test\n\ndata: test\n\ndata:  test\n\n",
     [("message", "test", ""), ("message", "test", ""), ("message", " test", "")]),
    ("CR, LF and CRLF end a line alike",
     b"data: a\rdata: b\r\ndata: c\n\r\ndata: d\r\r",
     [("message", "a\nb\nc", ""), ("message", "d", "")]),
    ("a leading BOM is skipped, a second is not",
     b"\xef\xbb\xbfdata: 1\n\n\xef\xbb\xbfdata: 2\n\n",
     [("message", "1", "")]),
    ("an id with NUL is ignored, an empty one clears",
     b"id: 1\ndata: a\n\nid: x\0y\ndata: b\n\nid:\ndata: c\n\n",
     [("message", "a", "1"), ("message", "b", "1"), ("message", "c", "")]),
    ("an id without data counts from the blank line on",
     b"id: 5\n\ndata: a\n\n", [("message", "a", "5")]),
    ("the type holds for one event only",
     b"event: add\ndata: 1\n\ndata: 2\n\n",
     [("add", "1", ""), ("message", "2", "")]),
    ("an unknown field and a name in capitals are ignored",
     b"Data: x\nfoo: y\ndata : z\n: comment\ndata: 1\n\n",
     [("message", "1", "")]),
    ("invalid UTF-8 becomes U+FFFD, U+2028 and NUL stay",
     b"data: \xff\xe2\x80\xa8\0\n\n", [("message", "\ufffd\u2028\0", "")]),
]


@pytest.mark.parametrize("stream,expected", [c[1:] for c in CASES],
                         ids=[c[0] for c in CASES])
@pytest.mark.parametrize("piece", [1, 2, 3, 1000])
def test_the_parser_reads(stream, expected, piece):
    parser = Parser()
    events = []
    for at in range(0, len(stream), piece):
        events += parser.feed(stream[at:at + piece])
    assert [(e.type, e.data, e.last_id) for e in events] == expected


def test_retry_is_digits_only():
    parser = Parser()
    parser.feed(b"retry: 1000\nretry: 1000x\nretry: -1\nretry:\n")
    assert parser.retry == 1000


def test_an_event_tells_its_own_id_from_the_last_one():
    parser = Parser()
    with_id, without = parser.feed(b"id: 7\ndata: a\n\ndata: b\n\n")
    assert (with_id.id, with_id.last_id) == ("7", "7")
    assert (without.id, without.last_id) == (None, "7")


def test_comments_are_kept():
    parser = Parser()
    parser.feed(b": still here\n:\n")
    assert parser.comments == [" still here", ""]


PASSED_OVER = {
    "a byte that is no UTF-8": b"data: \xff\n\n",
    "a field that there is not": b"foo: bar\n",
    "a field in capitals": b"Data: x\n",
    "half a field": b"dat\n",
    "an id with NUL": b"id: 1\0\n",
    "an id without one": b"id\n",
    "a type without one": b"event:\n",
    "a retry that is no number": b"retry: 1s\n",
    "a blank line behind a retry": b"retry: 1\n\n",
    "a blank line behind a comment": b"data: a\n\n:\n\n",
}


@pytest.mark.parametrize("stream", PASSED_OVER.values(), ids=PASSED_OVER)
def test_what_the_standard_passes_over_fails_a_test(stream):
    Parser().feed(stream)
    with pytest.raises(ValueError):
        Exact().feed(stream)


@pytest.mark.parametrize("rest", (b"d", b"data: a", b"data: a\n", b"id: 1\n", b"event: x\n"))
def test_half_an_event_is_noticed(rest):
    parser = Exact()
    assert [event.data for event in parser.feed(b"retry: 5\nid: 1\ndata: b\n\n: c\n")] == ["b"]
    assert parser.is_between_events
    parser.feed(rest)
    assert not parser.is_between_events
