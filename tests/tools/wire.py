# SPDX-License-Identifier: MIT
"""The hub's socket, spoken from Python: lib/wire.h is the text, this a second reading.

Its bytes only; who speaks them is in peers.py.
"""

import struct
from collections import namedtuple

VERSION = 10
FRAME_MAX = 16 << 20
ID_MAX = (1 << 53) - 1
VOLATILE = 1
AFTER, SINCE, ALL, UNKNOWN = range(4)
STORED, REPEATED, CONFLICT, INVALID, FULL, FAILED, AWAY, BEHIND, NOTHING, DENIED = range(10)

Item = namedtuple("Item", "key digest data")
Row = namedtuple("Row", "id channel type key data reason traits", defaults=[b""])
History = namedtuple("History", "gap used through mark oldest newest events")
Present = namedtuple("Present", "id subscriber since open topic user payload")
Line = namedtuple("Line", "channel events bytes oldest newest subscribers")


# ---- fields: how each is put into a body and taken out of it

class Body:
    """A body being read; running past its end is a fault of the other side."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise ValueError(f"frame ends {self.at + count - len(self.data)} bytes early")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, width):
        return int.from_bytes(self.take(width), "little")

    def text(self, width):
        return self.take(self.number(width))


def _number(width):
    return (lambda value: int(value).to_bytes(width, "little"),
            lambda body: body.number(width))


def _bytes(value):
    return value.encode() if isinstance(value, str) else bytes(value)


def _text(width):
    def put(value):
        value = _bytes(value)
        return len(value).to_bytes(width, "little") + value
    return put, lambda body: body.text(width)


def _list(width, put, get):
    return (lambda values: len(values).to_bytes(width, "little") + b"".join(map(put, values)),
            lambda body: [get(body) for _ in range(body.number(width))])


def _put_item(item):
    key = _bytes(item.key)
    digest = struct.pack("<QQ", *item.digest) if key else b""
    return bytes([len(key)]) + key + digest + FIELDS["blob"][0](item.data)


def _get_item(body):
    key = body.text(1)
    digest = struct.unpack("<QQ", body.take(16)) if key else None
    return Item(key, digest, body.text(4))


def _put_line(line):
    return (FIELDS["str16"][0](line.channel)
            + struct.pack("<QQQQI", *line[1:]))


def _put_row(row):
    head = struct.pack("<QB", row.id, row.reason is not None)
    if row.reason is not None:
        return head + FIELDS["str16"][0](row.reason)
    return head + b"".join(FIELDS[kind][0](value) for kind, value in
                           (("str16", row.channel), ("str8", row.type), ("str16", row.traits),
                            ("str8", row.key), ("blob", row.data)))


def _get_row(body):
    number, bad = body.number(8), body.number(1)
    if bad:
        return Row(number, None, None, None, None, body.text(2))
    channel, type, traits = body.text(2), body.text(1), body.text(2)
    return Row(number, channel, type, body.text(1), body.text(4), None, traits)


FIELDS = {
    "u8": _number(1), "u16": _number(2), "u32": _number(4), "u64": _number(8),
    "str8": _text(1), "str16": _text(2), "blob": _text(4),
    "identity": (bytes, lambda body: body.take(16)),
    "secret": (lambda value: value or bytes(32), lambda body: body.take(len(body.data) - body.at)),
    "rest": (_bytes, lambda body: body.take(len(body.data) - body.at)),
}
FIELDS["names"] = _list(2, *FIELDS["str16"])
# Of a channel its name, of a pattern (kind, text).
FIELDS["selector"] = (
    lambda it: (b"\0" + FIELDS["str16"][0](it) if not isinstance(it, tuple)
                else bytes([it[0]]) + FIELDS["str16"][0](it[1])),
    lambda take: (lambda kind, text: (kind, text) if kind else text)(
        FIELDS["u8"][1](take), FIELDS["str16"][1](take)))
FIELDS["selectors"] = _list(2, *FIELDS["selector"])
FIELDS["items"] = _list(4, _put_item, _get_item)
FIELDS["counts"] = _list(4, lambda pair: FIELDS["str16"][0](pair[0]) + struct.pack("<I", pair[1]),
                         lambda body: (body.text(2), body.number(4)))
FIELDS["lines"] = _list(4, _put_line,
                        lambda body: Line(body.text(2), *struct.unpack("<QQQQI", body.take(36))))
FIELDS["unread"] = _list(2, lambda line: (FIELDS["str8"][0](line[0]) + FIELDS["str16"][0](line[1])
                                          + FIELDS["str16"][0](line[2])),
                         lambda body: (body.text(1), body.text(2), body.text(2)))
FIELDS["buckets"] = _list(1, lambda pair: struct.pack("<BQ", *pair),
                          lambda body: struct.unpack("<BQ", body.take(9)))
REASONS = 12
FIELDS["refusals"] = (lambda counts: struct.pack(f"<{REASONS}Q", *(counts or [0] * REASONS)),
                      lambda body: struct.unpack(f"<{REASONS}Q", body.take(8 * REASONS)))
FIELDS["events"] = _list(4, lambda event: FIELDS["blob"][0](encode_body(event)),
                         lambda body: decode(68, body.text(4)))

FIELDS["ids"] = _list(4, *FIELDS["u64"])
FIELDS["places"] = _list(2, *FIELDS["u16"])
FIELDS["told"] = _list(2, lambda pair: struct.pack("<HQ", *pair),
                       lambda body: struct.unpack("<HQ", body.take(10)))
# Of each place its mark, and what of that is told: the same, unless it is given.
FIELDS["marks"] = _list(2, lambda mark: struct.pack("<HQQ", *mark[:2], mark[-1]),
                        lambda body: struct.unpack("<HQQ", body.take(18)))
# Names, and patterns as (kind, text).
FIELDS["grant"] = _list(4, lambda it: (b"\1" + FIELDS["str16"][0](it) if not isinstance(it, tuple)
                                       else b"\0" + FIELDS["str16"][0](it[1])),
                        lambda body: (lambda exact, text: text if exact else (2, text))(
                            body.number(1), body.text(2)))
FIELDS["reasons"] = _list(4, lambda pair: struct.pack("<Q", pair[0]) + FIELDS["str16"][0](pair[1]),
                          lambda body: (body.number(8), body.text(2)))
FIELDS["present"] = _list(4, lambda entry: (struct.pack("<Q", entry.id) + entry.subscriber
                                            + struct.pack("<QB", entry.since, entry.open)
                                            + b"".join(map(FIELDS["str16"][0], entry[4:]))),
                          lambda body: Present(body.number(8), body.take(16), body.number(8), body.number(1),
                                               body.text(2), body.text(2), body.text(2)))
FIELDS["rows"] = _list(4, _put_row, _get_row)

TYPES = {}


def _message(number, name, fields, optional=None):
    """`fields` in the order of the wire; the optional one, empty by default, is
    the last of the tuple."""
    pairs = [field.split(":") for field in fields.split()]
    names = sorted((pair[0] for pair in pairs), key=lambda name: name == optional)
    kind = namedtuple(name, names, defaults=[b""] if optional else [])
    kind.frame_type = number
    kind.codecs = [(pair[0], FIELDS[pair[1]]) for pair in pairs]
    TYPES[number] = kind
    return kind


Hello = _message(1, "Hello", "version:u16 source:u64 program:str8")
Follow = _message(2, "Follow", "after:u64 window:u64")
Publish = _message(3, "Publish", "number:u64 answered:u64 flags:u8 channel:str16 type:str8 traits:str16"
                   " items:items", optional="traits")
Delete = _message(16, "Delete", "number:u64 answered:u64 channel:str16 id:u64 anywhere:u8 grant:grant")
Delete.__new__.__defaults__ = (1, [])
Page = _message(4, "Page", "tag:u64 after:u64 upto:u64 bytes:u32 public:u8 channel:selector",
                optional="public")
Page.__new__.__defaults__ = (0,)
Channels = _message(5, "Channels", "tag:u64 after:str16 limit:u16 only:str16 grant:grant",
                    optional="grant")
Channels.__new__.__defaults__ = ([],)
Subscribed = _message(6, "Subscribed", "counts:counts")
Ping = _message(7, "Ping", "tag:u64")
Measured = _message(8, "Measured", "us:u64 subscribers:u32 bad_keys:u32 ok:u64 moved:u64 refused:u64 failed:u64 "
                    "delivered:u64 replayed:u64 refusals:refusals sum:u64 latency:buckets")
Metrics = _message(9, "Metrics", "tag:u64 format:u8")
Reader = _message(10, "Reader", "name:str8")
Inbox = _message(11, "Inbox", "number:u64 identity:str8 why:str16")
Rows = _message(12, "Rows", "number:u64 start:u64 to:u64 rows:rows")
Told = _message(13, "Told", "number:u64 rows:ids")
Stock = _message(14, "Stock", "confined:u8 rows:u64 lost:u32")
Judge = _message(15, "Judge", "tag:u64 start:u8 value:u64 upto:u64 label:str16 channels:selectors"
                 " told:told grant:grant", optional="label")
Judge.__new__.__defaults__ = ([], [], b"")
Joined = _message(24, "Joined", "subscriber:identity address:str8 user:str16 payload:str16 topics:names open:u8",
                  optional="open")
Joined.__new__.__defaults__ = (1,)
Left = _message(25, "Left", "subscriber:identity")
Presence = _message(26, "Presence", "tag:u64 topic:str16 subscriber:str8 after:u64 limit:u16")
Welcome = _message(65, "Welcome", "version:u16 identity:identity newest:u64 secret:secret", optional="secret")
Refused = _message(66, "Refused", "sentence:str16")
Following = _message(67, "Following", "start:u64 newest:u64")
Event = _message(68, "Event", "id:u64 at:u64 taken:u64 channel:str16 type:str8 traits:str16 data:rest",
                 optional="traits")
Stored = _message(69, "Stored", "number:u64 outcome:u8 first:u64 last:u64 reason:str16")
Paged = _message(70, "Paged", "tag:u64 through:u64 mark:u64 events:events")
Channeled = _message(71, "Channeled", "tag:u64 more:u8 lines:lines last:str16",
                     optional="last")
State = _message(72, "State", "writable:u8 reason:str16 unread:unread")
State.__new__.__defaults__ = ([],)
Pong = _message(73, "Pong", "tag:u64")
Measure = _message(74, "Measure", "")
Metered = _message(75, "Metered", "tag:u64 text:rest")
At = _message(76, "At", "number:u64 known:u8 cursor:u64 stop:str16 more:u8 reasons:reasons")
Taken = _message(77, "Taken", "number:u64 cursor:u64 reasons:reasons")
Judged = _message(78, "Judged", "tag:u64 gap:u8 used:u64 limit:u64 oldest:u64 newest:u64"
                  " busy:places marks:marks")
Judged.__new__.__defaults__ = ([],)
Presents = _message(88, "Presents", "tag:u64 upto:u64 more:u8 entries:present")


def encode_body(message):
    return b"".join(codec[0](getattr(message, name)) for name, codec in message.codecs)


def encode(message):
    body = encode_body(message)
    return struct.pack("<IB", len(body) + 1, message.frame_type) + body


def decode(number, data):
    kind, body = TYPES[number], Body(data)
    message = kind(**{name: codec[1](body) for name, codec in kind.codecs})
    if body.at != len(data):
        raise ValueError(f"{kind.__name__}: {len(data) - body.at} bytes too many")
    return message


def frames(buffer):
    """Takes whole frames off the front of a bytearray: (type, body, bytes)."""
    while len(buffer) >= 4:
        length = int.from_bytes(buffer[:4], "little")
        if not 1 <= length <= FRAME_MAX:
            raise ValueError(f"impossible frame length {length}")
        if len(buffer) < 4 + length:
            return
        whole = bytes(buffer[:4 + length])
        del buffer[:4 + length]
        yield whole[4], whole[5:], whole
