# SPDX-License-Identifier: MIT
"""Every documented limit: its maximum works, one more gets a clear answer, and
neither changes what others get.

Numbers of streams, channels and POSTs at a time are in test_security_web.py,
uploads and connections in test_strangers.py.
"""

import json
import re
import subprocess
from urllib.parse import quote

import pytest

from world import TOP, program

# ---- what tidings.conf takes: the ranges are read from its manual page

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000,
         "d": 86_400_000}


def amount(text):
    number, unit = re.fullmatch(r"(\d+)(\w*)", text).groups()
    return int(number) * UNITS[unit]


def ranges():
    """(section, key, kind, least, most) for each key that has a range."""
    section = None
    for block in re.split(r"^(?=\.It Cm |\.Ss )", (TOP / "man/tidings.conf.5").read_text(), flags=re.M):
        if head := re.match(r"\.Ss \[(\w+)", block):
            section = head[1]
        key = re.match(r"\.It Cm (\w+) Ns = Ns Ar (\w+)", block)
        span = re.search(r"^From (\w+) to (\w+)\.$", block, re.M)
        if key and span:
            yield section, key[1], key[2], amount(span[1]), amount(span[2])


@pytest.fixture(name="judged")
def judge_configuration(tmp_path):
    """What the program says of this text: '' if it is right."""
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_bytes(bytes(range(1, 65)))

    def judged(text):
        path = tmp_path / "tidings.conf"
        text = text.replace("SECRET", str(secret))
        path.write_text(text)
        done = subprocess.run([program("tidings.fcgi"), "-t", "-c", path], text=True, capture_output=True)
        assert (done.returncode == 0) == (done.stderr.strip() == "" or "right" in done.stderr), done
        return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]
    return judged


@pytest.mark.parametrize("section,key,kind,least,most", ranges(), ids=lambda value: str(value))
def test_a_key_takes_its_range_and_nothing_beyond(judged, section, key, kind, least, most):
    unit = "ms" if kind == "TIME" else ""
    head = {"channel": "[channel a]\n", "inbox": "[inbox a]\npath = /nowhere\n",
            "shared": "[shared]\nredis = unix:/nowhere\n",
            "keys": "[keys a]\nfile = SECRET\nalgorithms = HS256\n"}.get(section, f"[{section}]\n")
    beside = {"max_body": "max_event = 1K\n"}.get(key, "")
    for good in (least, most):
        assert judged(f"{head}{beside}{key} = {good}{unit}\n") == "", good
    for bad in (least - 1, most + 1):
        if bad >= 0:
            line = len((head + beside).splitlines()) + 1
            assert re.search(rf"tidings\.conf:{line}: {key}: ", judged(f"{head}{beside}{key} = {bad}{unit}\n")), bad


def inboxes(count):
    return "".join(f"[inbox i{n}]\npath = /nowhere/{n}\n" for n in range(count))


def line_of(length):
    return "[hub]\nlog = " + ("/x" * length)[:length - len("log = ")] + "\n"


def socket_of(length):
    return "[hub]\nsocket = " + ("/x" * length)[:length] + "\n"


def named(section, length):
    return f"[{section} {'n' * length}]\n" + ("path = /x\n" if section == "inbox" else "keep_age = 1h\n")


CONFIGURATIONS = {  # name: (text of a number, the most, what is said of one more)
    "inboxes": (inboxes, 64, "129: there may be 64 inboxes"),
    "bytes of a line": (line_of, 197, "2: the line is longer than 197 bytes"),
    "bytes of a socket's path": (socket_of, 107, "socket: a path has at most 107 bytes"),
    "bytes of an inbox's name": (lambda n: named("inbox", n), 255, "has 1 to 255 bytes"),
    "bytes of a channel's name": (lambda n: named("channel", n), 255, "has 1 to 255 bytes"),
}


@pytest.mark.parametrize("what", CONFIGURATIONS)
def test_a_configuration_has_its_limits(judged, what):
    text, most, said = CONFIGURATIONS[what]
    assert judged(text(most)) == ""
    if said is not None:
        assert said in judged(text(most + 1))


def test_sixty_four_inboxes_are_all_read(make_world, tmp_path):
    places = {f"inbox i{n}": {"path": tmp_path / f"{n}.db", "create": "yes"} for n in range(64)}
    tmp_path.chmod(0o755)
    world = make_world(places, inbox=False)
    reader = world.listen("main")
    for n in (0, 31, 63):
        world.insert(f"from {n}", inbox=f"i{n}")
        reader.sees(f"from {n}")


# ---- what a request may be

BODY = 1 << 20
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def bystander(shared):
    """A browser that listens all the while, and gets what is its own, in order."""
    reader = shared.listen("bystander")
    count = 0

    def is_served():
        nonlocal count
        count += 1
        shared.publish(f"event {count}", channel="bystander")
        reader.sees(f"event {count}")
        assert reader.ends == 0 and reader.data == [f"event {n + 1}" for n in range(count)]
    yield is_served


DATA = 65536 - len("data: \nid: 1795232262243520\n\n")  # max_event counts what is sent


def post(channel="limits", query="", body=b"x"):
    return lambda door: door.ask("POST", f"/realtime/{quote(channel, safe='')}{query}", body=body)


def broadcast(**message):
    return lambda door: door.ask("POST", "/api/broadcast", JSON, json.dumps(message).encode())


def get(target):
    def ask(door):
        with door.dial() as sock:  # a stream does not end by itself
            return door.talk(sock, door.request(target), until=lambda answer: answer.status == 200)
    return ask


def of_event(length):
    """An object of so many bytes, as it is published."""
    rest = len('{"message":"","timestamp":1}')
    return lambda door: door.ask("POST", "/api/broadcast", JSON,
                                 b'{"message":"' + b"x" * (length - rest) + b'","timestamp":1}')


def levels_of(count):
    """Objects and arrays within each other, the outermost counted."""
    return lambda door: door.ask("POST", "/api/broadcast", JSON,
                                 b'{"message":' + b"[" * (count - 1) + b"]" * (count - 1) + b"}")


def lines_of(bytes):
    """A body of exactly so many bytes, each line short enough."""
    return (b"x" * 59_999 + b"\n") * (bytes // 60_000) + b"y" * (bytes % 60_000)


def query_of(length):
    return get("/health?x=" + "x" * (length - len("/health?x=")))


REQUESTS = {  # name: (a request of that measure, the most, status and code of one more)
    "channel in a path": (lambda n: post("n" * n), 255, 400, "bad_channel"),
    "channel of two-byte letters": (lambda n: post("é" * (n // 2) + "x" * (n % 2)), 255, 400, "bad_channel"),
    "channel in a body": (lambda n: broadcast(channel="n" * n, message="x"), 255, 400, "bad_channel"),
    "channel of a stream": (lambda n: get("/stream?channel=" + "n" * n), 1000, 400, "bad_channel"),
    "channel asked for": (lambda n: get("/api/channels/" + "n" * n), 1000, 400, "bad_channel"),
    "further channel": (lambda n: post(query="?also=" + "n" * n), 1000, 400, "bad_channel"),
    "channels of a stream": (
        lambda n: get("/stream?" + "&".join(f"channel={i}" for i in range(n))), 1000, 400, None),
    "type": (lambda n: post(query="?event=" + "t" * n), 64, 400, "bad_event"),
    "type in a body": (lambda n: broadcast(event="t" * n, message="x"), 64, 400, "bad_event"),
    "own id": (lambda n: post(query="?id=" + "i" * n), 200, 400, "bad_id"),
    "own id of lines": (lambda n: post(query="?lines=1&id=" + "l" * n), 200, 400, "bad_id"),
    "own id in a body": (lambda n: broadcast(id="b" * n, message="x"), 200, 400, "bad_id"),
    "data": (lambda n: post(body=b"x" * n), DATA, 413, "event_too_long"),
    "data in two-byte letters": (lambda n: post(body=b"\xc3\xa9" * (n // 2) + b"x" * (n % 2)), DATA, 413,
                                 "event_too_long"),
    "data of an object": (of_event, DATA, 413, "event_too_long"),
    "a line": (lambda n: post(query="?lines=1", body=b"a\n" + b"x" * n + b"\nb"), DATA, 413, "event_too_long"),
    "data beside a type": (lambda n: post(query="?event=" + "t" * 64, body=b"x" * n), DATA - 72, 413, "event_too_long"),
    "line ends": (lambda n: post(body=b"\n" * n), 9358, 413, "event_too_long"),
    "a body": (lambda n: post(query="?lines=1", body=lines_of(n)), BODY, 413, "body_too_long"),
    "levels of JSON": (levels_of, 32, 400, "bad_json"),
    "lines": (lambda n: post(query="?lines=1", body=b"x\n" * n), 10_000, 413, "too_many_lines"),
    "channels a page": (lambda n: get(f"/api/channels?limit={n}"), 1000, 400, "bad_query"),
    "interval in ms": (lambda n: get(f"/tasks/stream?interval={n / 1000:.3f}"), 60_000, 400, "bad_interval"),
}


@pytest.mark.behind_apache
@pytest.mark.parametrize("what", REQUESTS)
def test_a_request_of_the_most_works_and_of_one_more_is_told(shared, bystander, what):
    ask, most, status, code = REQUESTS[what]
    answer = ask(most)(shared.door)
    assert answer.status == 200, answer
    bystander()
    answer = ask(most + 1)(shared.door)
    assert answer.status == status, answer
    assert code in (None, answer.json["error"]) and len(answer.json["message"]) > 10
    bystander()


LEAST = {"channels a page": ("/api/channels?limit=", 1, 0), "interval": ("/tasks/stream?interval=", "0.05", "0.049")}


@pytest.mark.parametrize("what", LEAST)
def test_a_request_of_the_least_works_and_of_less_is_told(shared, what):
    target, least, less = LEAST[what]
    assert get(f"{target}{least}")(shared.door).status == 200
    assert get(f"{target}{less}")(shared.door).status == 400


def test_a_url_of_28_kib_works_and_one_that_the_web_server_will_not_take_is_told(shared, bystander):
    assert query_of(28 << 10)(shared.door).status == 200
    assert query_of(33 << 10)(shared.door).status in (400, 414, 431)
    bystander()
