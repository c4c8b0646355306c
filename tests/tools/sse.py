# SPDX-License-Identifier: MIT
"""An event stream as HTML's section 9.2 reads it, and nothing of ours.

Parser turns bytes, in whatever pieces they arrive, into events.  It is written
from the standard's text alone, so that the server is not judged by itself.
Exact reads a stream of ours: what the standard passes over is a fault there.
"""

import re
from dataclasses import dataclass, replace

BOM = b"\xef\xbb\xbf"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@dataclass(frozen=True)
class Event:
    type: str       # "message" unless the stream said otherwise
    data: str
    last_id: str    # what Last-Event-ID would now be
    id: str | None  # the id line of this very event, None without one
    at: str | None = None  # a Timed stream's: when it was published

    def __str__(self):
        text = self.data if len(self.data) < 80 else self.data[:77] + "..."
        return f"{self.type}#{self.id} {text!r}"


class Parser:
    """Feed it bytes; it returns the events that they completed."""

    def __init__(self):
        self.last_id = ""      # as of the last blank line
        self.retry = None      # milliseconds
        self.comments = []     # text after the colon
        self.retries = []      # each retry that counted
        self._start = b""      # the first bytes, until a BOM is ruled out
        self._started = False
        self._line = bytearray()
        self._after_cr = False
        self._clear()
        self._id_buffer = ""

    def _clear(self):
        self._data = []
        self._type = ""
        self._own_id = None

    def feed(self, piece):
        if not self._started:
            piece = self._skip_bom(piece)
        events = []
        for line in self._lines(piece):
            event = self._take(line)
            if event is not None:
                events.append(event)
        return events

    def _skip_bom(self, piece):
        self._start += piece
        if len(self._start) < len(BOM) and BOM.startswith(self._start):
            return b""
        self._started = True
        start, self._start = self._start, b""
        return start.removeprefix(BOM)

    def _lines(self, piece):
        """Whole lines; LF, CR and CRLF end one, a CRLF may be cut in two."""
        if self._after_cr and piece:
            self._after_cr = False
            piece = piece.removeprefix(b"\n")
        if not piece:
            return []
        self._after_cr = piece.endswith(b"\r")
        self._line += piece
        text = bytes(self._line)
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = text.split(b"\n")
        self._line = bytearray(lines.pop())
        return lines

    def _take(self, line):
        if not line:
            return self._dispatch()
        if line.startswith(b":"):
            self.comments.append(line[1:].decode("utf-8", "replace"))
            return None
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon and value.startswith(" "):
            value = value[1:]
        self._field(name, value)
        return None

    def _field(self, name, value):
        if name == "event":
            self._type = value
        elif name == "data":
            self._data.append(value)
        elif name == "id":
            if "\0" not in value:
                self._id_buffer = self._own_id = value
        elif name == "retry":
            if value and all(c in "0123456789" for c in value):
                self.retry = int(value)
                self.retries.append(self.retry)

    def _dispatch(self):
        self.last_id = self._id_buffer
        event = None
        if self._data:
            event = Event(self._type or "message", "\n".join(self._data),
                          self.last_id, self._own_id)
        self._clear()
        return event


class Exact(Parser):
    """A test that reads with it fails at what no stream of ours has."""

    def _take(self, line):
        line.decode()  # a byte that is no UTF-8 raises
        return super()._take(line)

    def _field(self, name, value):
        fine = {"event": value != "", "data": True, "id": value != "" and "\0" not in value,
                "retry": value.isascii() and value.isdigit()}
        if not fine.get(name, False):
            raise ValueError(f"no line of a stream: {name}: {value[:80]!r}")
        super()._field(name, value)

    def _dispatch(self):
        if not self._data:
            raise ValueError("a blank line that ends no event: an empty event for many clients")
        return super()._dispatch()

    @property
    def is_between_events(self):
        return not (self._line or self._start or self._data or self._type or self._own_id)


class Timed(Exact):
    """Of a stream with ?time=1, whose events have one more field."""

    def _field(self, name, value):
        if name != "at":
            return super()._field(name, value)
        if self._at is not None or not RFC3339.fullmatch(value):
            raise ValueError(f"no time of an event: {value!r}")
        self._at = value

    def _clear(self):
        super()._clear()
        self._at = None

    def _dispatch(self):
        at = self._at
        return replace(super()._dispatch(), at=at)


def lines_of(data):
    """What `data` becomes on its way: each CR, LF and CRLF a line end."""
    return data.replace("\r\n", "\n").replace("\r", "\n")
