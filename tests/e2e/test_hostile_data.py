# SPDX-License-Identifier: MIT
"""Nothing a publisher sends may change what another event says."""

import json
import random

import pytest

from sse import lines_of

pytestmark = pytest.mark.behind_apache

HOSTILE = {
    "CR": "a\rb",
    "LF": "a\nb",
    "CRLF": "a\r\nb",
    "LF CR": "a\n\rb",
    "a forged event": "x\n\nid: 1\nevent: reset\ndata: forged\n\n",
    "a forged event by CR": "x\r\rid: 1\revent: reset\rdata: forged\r\r",
    "forged fields": "id: 9\nretry: 1\nevent: x\n: comment\ndata: y",
    "only a line end": "\n",
    "only CRLF": "\r\n",
    "many line ends": "\n\r\n\r\n\n\r",
    "empty": "",
    "a NUL": "a\0b",
    "only a NUL": "\0",
    "a BOM first": "\ufeffdata: x",
    "a BOM within": "a\ufeffb",
    "U+2028 and U+2029": "a\u2028b\u2029c",
    "NEL, VT and FF": "a\x85b\vc\fd",
    "a leading space": " a",
    "leading spaces on each line": "  a\n   b\n c",
    "a leading colon": ":a\n:b",
    "a trailing space": "a \nb ",
    "tabs": "\ta\t",
    "DEL and C1": "\x7f\x80\x9f",
    "emoji and combining": "👩‍👩‍👧‍👦 e\u0301",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    # As long as an event may be: 65,536 bytes as it is sent.
    "a very long line": "x" * 65507,
    "very many line ends": "\n" * 9358,
    "very many CRs": "\r" * 9358,
    "very many lines": "\n".join(["y" * 63] * 935),
    "very many four-byte characters": "😀" * 16376,
    "32 KiB and a byte": "z" * 32769,
}


@pytest.fixture(scope="module")
def reader(shared):
    return shared.listen("hostile")


@pytest.fixture(scope="module")
def wrapped(shared):
    return shared.listen("hostile", path="/stream?channel=hostile&envelope=1")


@pytest.mark.parametrize("name", HOSTILE)
def test_posted_data_is_read_back_as_it_was(shared, reader, wrapped, name):
    data = HOSTILE[name]
    id = shared.publish(data, channel="hostile")
    for listener in (reader, wrapped):
        listener.wait(lambda: listener.ids and listener.ids[-1] == id, listener.story)
    assert reader.data[-1] == lines_of(data)
    assert json.loads(wrapped.data[-1]) == {"channel": "hostile", "data": data}
    assert reader.told("reset") == [] and reader.ends == 0


@pytest.mark.parametrize("name", [n for n in HOSTILE if "\0" not in HOSTILE[n]])
def test_inserted_data_is_read_back_as_it_was(shared, reader, name):
    data = HOSTILE[name]
    count = len(reader.ids)
    shared.insert(data, channel="hostile")
    reader.wait(lambda: len(reader.ids) > count, reader.story)
    assert reader.data[-1] == lines_of(data)
    assert reader.told("reset") == [] and reader.ends == 0


@pytest.mark.parametrize("name", [n for n in HOSTILE if len(HOSTILE[n].encode()) < 60_000])
def test_a_broadcast_carries_it_as_json(shared, reader, name):
    message = HOSTILE[name]
    answer = shared.broadcast(message=message, channel="hostile")
    assert answer.status == 200
    reader.wait(lambda: reader.ids and reader.ids[-1] == int(answer.json["id"]), reader.story)
    assert json.loads(reader.data[-1])["message"] == message


def test_a_hostile_text_by_sse_send(shared):
    listener = shared.listen(path="/sse/events")
    for text in ("a\r\n\r\nid: 5\ndata: b", " \n ", "\ufeff", "x\u2028"):
        answer = shared.post("/sse/send", json.dumps({"message": text}).encode(),
                             {"Content-Type": "application/json"})
        assert answer.status == 200
        listener.sees(lines_of(text))


def test_random_data_is_read_back_as_it_was(shared, reader):
    chance = random.Random(2)
    alphabet = "\r\n\r\n \0:abcdatid\ufeff\u2028ä😀"
    sent = ["".join(chance.choices(alphabet, k=chance.randrange(60))) for _ in range(300)]
    count = len(reader.data)
    for data in sent:
        shared.publish(data, channel="hostile")
    reader.wait(lambda: len(reader.data) == count + len(sent), reader.story)
    assert reader.data[count:] == [lines_of(data) for data in sent]


@pytest.mark.parametrize("data", ["a\rb", "a\nb\r\n", "\ufeffx", " x"])
def test_hostile_channels_and_types_stay_in_their_fields(shared, data):
    answer = shared.broadcast(message="x", channel="c" + data, event="e" + data)
    refused = any(c in data for c in "\r\n")
    assert answer.status == (400 if refused else 200)
    if not refused:
        assert answer.json["channel"] == "c" + data
