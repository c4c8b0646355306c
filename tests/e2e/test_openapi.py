# SPDX-License-Identifier: MIT
"""Each request of docs/openapi.yaml is answered as it says there, through the web server."""

import json
import re
from urllib.parse import quote, urlencode

import pytest
import yaml

from mercure import FORM, mercure, token
from mercure_reader import reader
from test_docs import MERCURE, OPENAPI
from world import TOP, eventually

REQUESTS = [(path, method) for path, item in OPENAPI["paths"].items() for method in item
            if method in ("get", "post", "delete")]


def found(thing, document=OPENAPI):
    """Where a $ref leads."""
    while "$ref" in thing:
        name = thing["$ref"]
        thing = document
        for part in name.split("/")[1:]:
            thing = thing[part]
    return thing


def is_of(value, kind):
    kinds = {"object": [dict], "array": [list], "string": [str], "integer": [int], "boolean": [bool],
             "number": [int, float], "null": [type(None)]}
    names = [kind] if isinstance(kind, str) else kind
    return any(isinstance(value, type_) for name in names for type_ in kinds[name])


def fits(value, schema, document=OPENAPI):
    """What of JSON Schema the documents use."""
    schema = found(schema, document)
    if value is None and schema.get("nullable"):
        return
    if "type" in schema:
        assert is_of(value, schema["type"]), (value, schema)
    assert value in schema.get("enum", [value])
    if isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        assert set(schema.get("required", [])) <= set(value), (value, schema)
        assert others is not None or set(value) <= set(properties), (value, schema)
        for name in value:
            fits(value[name], properties.get(name, others), document)
    for item in value if isinstance(value, list) else []:
        fits(item, schema["items"], document)


def asks(world, path, method):
    body, headers = None, {}
    operation = OPENAPI["paths"][path][method]
    if path.startswith(MERCURE):
        headers["Authorization"] = "Bearer " + token(["*"], ["*"])
    needed = {parameter["name"]: parameter["example"] for parameter in map(found, operation.get("parameters", []))
              if parameter["in"] == "query" and parameter.get("required")}
    target = path.format(**world.names) + ("?" + urlencode(needed) if needed else "")
    if method == "post":
        (kind, content), = found(operation["requestBody"])["content"].items()
        forms = {"text/plain": str, FORM: lambda example: urlencode(example, doseq=True)}
        body = forms.get(kind, json.dumps)(content["example"])
        headers["Content-Type"] = kind
    if "text/event-stream" in json.dumps(found(operation["responses"].get("200", {}))):
        method = "head"  # a stream has no end
    return world.door.ask(method.upper(), target, headers, body and body.encode())


def is_documented(answer, path, method):
    responses = OPENAPI["paths"][path][method]["responses"]
    response = found(responses.get(str(answer.status)) or responses["default"])
    if answer.status == 204:
        assert "content" not in response and not answer.body
        return
    kind = answer.headers["content-type"].split(";")[0]
    assert kind in response["content"]
    if kind.endswith("json"):
        fits(json.loads(answer.body), response["content"][kind]["schema"])


@pytest.fixture(scope="module")
def shared(make_shared_world, tmp_path_factory):
    config = mercure(tmp_path_factory.mktemp("keys"), {"responder": {"mercure_subscriptions": "yes"}})
    world = make_shared_world(config, web=True)
    who = reader(world, subscribe=["*"])
    who.listen("alerts")
    listed = eventually(lambda: who.door.ask("GET", MERCURE + "/subscriptions").json["subscriptions"], "somebody there")
    world.names = {"channel": "alerts", "topic": "alerts", "subscriber": quote(listed[0]["subscriber"], safe=""),
                   "id": 0}
    return world


# The world here grants nobody anything, and is no quickstart.
EXPECTED = {("/api/kill", "get"): 204, ("/api/kill", "post"): 404,
            ("/api/ticket", "post"): 401, ("/api/session", "post"): 401, ("/api/session", "delete"): 204}


@pytest.mark.parametrize("path, method", REQUESTS)
def test_a_request_is_answered_as_documented(shared, path, method):
    shared.names["id"] = shared.publish("one", channel="alerts")
    answer = asks(shared, path, method)
    assert answer.status == EXPECTED.get((path, method), 200)
    is_documented(answer, path, method)


WRONG = [("/api/channels/{channel}/events/{id}", "delete", ""), ("/stream", "get", "?channel="), ("/realtime/{channel}", "get", "?since=never"),
         ("/realtime/{channel}", "post", "?id=%zz"), ("/sse/events", "get", "?since=never"),
         ("/tasks/stream", "get", "?interval=0"), ("/api/channels", "get", "?limit=0"), (MERCURE, "get", "?topic=")]


@pytest.mark.parametrize("path, method, query", WRONG)
def test_what_is_wrong_is_an_error_as_documented(shared, path, method, query):
    answer = shared.door.ask(method.upper(), path.replace("{channel}", "alerts") + query, {}, b"x" if method == "post" else None)
    assert answer.status == 400 and "400" in OPENAPI["paths"][path][method]["responses"]
    is_documented(answer, path, method)


ALL, NONE = {"Authorization": "Bearer " + token(["*"], ["*"])}, {"Authorization": "Bearer " + token(["a"], ["a"])}
ONE = MERCURE + "/subscriptions/{topic}/{subscriber}"


@pytest.mark.parametrize("path, method, headers, body, status", [
    (MERCURE, "post", {}, "topic=a", 401), (MERCURE, "post", NONE, "topic=b", 403), (MERCURE, "post", ALL, "data=x", 400),
    (MERCURE, "post", ALL, "&".join(f"topic={n}" for n in range(101)), 413), (MERCURE, "post", {**ALL, "Content-Type": "text/plain"}, "x", 415),
    *((path, "get", headers, None, status)
      for path in (MERCURE + "/subscriptions", MERCURE + "/subscriptions/{topic}", ONE)
      for headers, status in (({}, 401), (NONE, 403), ({**ALL, "If-None-Match": "its own"}, 304))),
    (ONE.replace("{subscriber}", "urn%3Auuid%3A00000000-0000-4000-8000-000000000000"), "get", ALL, None, 404)])
def test_what_mercures_clients_are_told_else_is_as_documented(shared, path, method, headers, body, status):
    target = path.format(**shared.names)
    if "If-None-Match" in headers:
        headers = {**headers, "If-None-Match": shared.door.ask("GET", target, ALL).headers["etag"]}
    answer = shared.door.ask(method.upper(), target, {"Content-Type": FORM, **headers}, body and body.encode())
    path = path if path in OPENAPI["paths"] else ONE
    assert answer.status == status and str(status) in OPENAPI["paths"][path][method]["responses"], answer
    if status != 304:
        is_documented(answer, path, method)
    for name in found(OPENAPI["paths"][path][method]["responses"][str(status)]).get("headers", {}):
        assert name.lower() in answer.headers


def test_a_stream_of_mercures_has_the_documented_headers(shared):
    stream = reader(shared).listen("alerts", lastEventID="earliest", door=shared.door)
    for name in OPENAPI["paths"][MERCURE]["get"]["responses"]["200"]["headers"]:
        assert stream.answer.headers[name.lower()] == "earliest"


def test_the_file_that_is_served_is_this_one_and_says_where_it_is(shared):
    for name in ("openapi", "asyncapi"):
        answer = shared.door.ask("GET", f"/api/{name}.yaml")
        assert answer.body == (TOP / "docs" / f"{name}.yaml").read_bytes()
        assert shared.door.ask("GET", f"/api/{name}.yaml", {"If-None-Match": answer.headers["etag"]}).status == 304
    assert OPENAPI["servers"][0]["url"] == ".."


# ---- what streams say

ASYNCAPI = yaml.safe_load((TOP / "docs" / "asyncapi.yaml").read_text())


def messages_of(address):
    (channel,) = (c for c in ASYNCAPI["channels"].values() if c["address"] == address)
    return [found(message, ASYNCAPI) for message in channel["messages"].values()]


def is_said(event, address, title=None):
    """It is one of the messages of that address, as documented."""
    (message,) = (m for m in messages_of(address) if m["name"] == event.type and title in (None, m["title"]))
    if message.get("contentType") != "text/plain":
        fits(json.loads(event.data), message["payload"], ASYNCAPI)
    return message["title"]


def test_a_stream_says_what_is_documented_and_no_other(shared):
    """All of it, but for the end of a token, and a gap of more values than are given."""
    names = {m["name"] for m in messages_of("/stream")}
    shared.publish("one", channel="said")
    room = shared.listen(path="/stream?channel=said&since=all&presence=1")
    plain = shared.listen(path="/stream?channel=said&pattern=sai%7Bd%7D&lastEventId=5")
    room.wait(lambda: room.told("present"), room.story)
    other = shared.listen(path="/stream?channel=said&presence=1")
    room.wait(lambda: room.told("join") and room.told("live"), room.story)
    other.leave()
    room.wait(lambda: room.told("leave"), room.story)
    plain.wait(lambda: plain.told("live"), plain.story)
    seen = set()
    for event in room.events + plain.events:
        is_said(event, "/stream", "What somebody has published" if event.type == "message" else None)
        seen.add(event.type)
    assert seen == names - {"expired"}


def test_an_envelope_and_a_sample_are_as_documented(shared):
    shared.post("/realtime/wrapped?also=further", b"x")
    reader = shared.listen(path="/stream?channel=wrapped&since=all&envelope=1")
    reader.wait(lambda: reader.data, reader.story)
    (event,) = reader.told("message")
    assert json.loads(event.data)["also"] == ["further"]
    is_said(event, "/stream", "The same, with ?envelope=1")
    figures = shared.listen(path="/metrics")
    figures.wait(lambda: figures.data, figures.story)
    for event in figures.events:
        is_said(event, "/metrics")


def test_the_requests_for_rest_clients_are_to_documented_addresses():
    text = (TOP / "conf" / "tidings.http").read_text()
    patterns = {(method, re.compile(re.sub(r"\\{\w+\\}", r"[^/?]+", re.escape(path)))) for path, method in REQUESTS}
    asked = re.findall(r"^(GET|POST) \{\{\w+\}\}(/[^\s?]*)", text, re.M)
    assert len(asked) > 8
    for method, path in asked:
        assert any(m == method.lower() and p.fullmatch(path) for m, p in patterns), (method, path)
