# SPDX-License-Identifier: MIT
"""`tidings sub` hears what curl and a standard EventSource hear; TLS that will do, and not."""

import json
import subprocess

import pytest

from client import Client
from sse import Exact
from test_clients import Node, needs_node
from world import SLOW, eventually, free_port

EVENTS = [("message", "one"), ("note", "two\nlines"), ("message", " späte 😀 \u2028\u0085"),
          ("message", ""), ("note", "\n"), ("message", '{"json": [1, "x"]}'), ("message", ": no comment"),
          ("note", "x" * 60_000), ("message", "tab\t and nul-free \x7f"), ("message", "last")]


def fill(world, channel):
    """Publishes all of them; returns (id, type, data) as they must be heard."""
    return [(str(world.publish(data, channel=channel, event=None if kind == "message" else kind)),
             kind, data) for kind, data in EVENTS]


def own(events):
    return [event for event in events if event[1] not in ("connected", "live")]


def by_curl(world, path, count, *more):
    """(id, type, data) of `count` events that curl -N prints."""
    curl = subprocess.Popen(["curl", "-sN", *more, f"http://127.0.0.1:{world.port}{path}"],
                            stdout=subprocess.PIPE)
    parser, heard = Exact(), []
    try:
        while len(own(heard)) < count:
            piece = curl.stdout.read1(65536)
            assert piece, "the stream ended"
            heard += [(event.id, event.type, event.data) for event in parser.feed(piece)]
    finally:
        curl.kill()
        curl.wait()
        curl.stdout.close()
    return own(heard)


def by_node(world, path, count):
    node = Node(world, path, count, "note")
    assert node.ends() == 0
    return own([(event["id"], event["type"], event["data"]) for event in node.said if "id" in event])


def by_sub(world, channel, count, *flags):
    client = Client(world, "sub", channel, "--count", count, *flags)
    client.ends(0, within=20)
    return [(event["id"], event["event"], event["data"]) for event in client.events()]


@needs_node
@pytest.mark.timeout(60 * SLOW)
def test_curl_eventsource_and_sub_hear_the_same_events(shared):
    wanted = fill(shared, "same")
    count = len(wanted)
    assert by_curl(shared, "/realtime/same?since=all", count) == wanted
    assert by_node(shared, "/realtime/same?since=all", count) == wanted
    assert by_sub(shared, "same", count, "--since", "all") == wanted


@needs_node
@pytest.mark.timeout(60 * SLOW)
def test_they_go_on_from_the_same_place(shared, tmp_path):
    wanted = fill(shared, "goon")
    after, left = wanted[3][0], len(wanted) - 4
    cursor = tmp_path / "cursor"
    assert by_sub(shared, "goon", 4, "--since", "all", "--cursor", cursor) == wanted[:4]
    assert by_sub(shared, "goon", left, "--cursor", cursor) == wanted[4:]
    assert by_curl(shared, "/realtime/goon", left, "-H", f"Last-Event-ID: {after}") == wanted[4:]
    assert by_node(shared, f"/realtime/goon?lastEventId={after}", left) == wanted[4:]


def test_a_listener_on_several_channels_tells_them_apart(shared):
    ids = [str(shared.publish(f"to {name}", channel=name)) for name in ("one", "z/2", "drei ü")]
    client = Client(shared, "sub", "one", "z/2", "drei ü", "--since", "all", "--count", 3)
    client.ends()
    assert [(event["id"], event["channel"], event["data"]) for event in client.events()] == [
        (ids[0], "one", "to one"), (ids[1], "z/2", "to z/2"), (ids[2], "drei ü", "to drei ü")]


# ---- TLS

@pytest.fixture(scope="module")
def secure(make_shared_world, tmp_path_factory):
    """A world that also listens with TLS, with a certificate that nobody has signed."""
    folder = tmp_path_factory.mktemp("tls")
    world = make_shared_world(web=True)
    world.certificate = folder / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", folder / "key.pem", "-out",
                    world.certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    world.secure_port = free_port()
    with open(world.folder / "lighttpd.conf", "a", encoding="utf-8") as conf:
        conf.write(f"""
server.modules += ("mod_openssl")
$SERVER["socket"] == "127.0.0.1:{world.secure_port}" {{
    ssl.engine = "enable"
    ssl.privkey = "{folder}/key.pem"
    ssl.pemfile = "{world.certificate}"
}}
""")
    world.web.stop()
    world.web.start()
    world.is_healthy()
    return world


def over_tls(world, *arguments, name="localhost", **how):
    return Client(world, *arguments, url=f"https://{name}:{world.secure_port}", **how)


@pytest.mark.parametrize("arguments", [
    ("pub", "x", "never"), ("sub", "x", "--timeout", "5s"), ("status",), ("channels",),
    ("history", "x")], ids=lambda arguments: arguments[0])
def test_a_certificate_that_nobody_has_signed_is_refused_with_status_5(secure, arguments):
    client = over_tls(secure, *arguments)
    client.ends(5)
    assert "certificate" in client.sentence
    assert secure.channel("x")["events"] == 0


def test_a_certificate_for_another_name_is_refused(secure):
    client = over_tls(secure, "pub", "x", "never", "--ca-file", secure.certificate, name="127.0.0.1")
    client.ends(5)
    assert "127.0.0.1" in client.sentence


def test_no_tls_on_the_other_side_is_status_5(secure):
    client = Client(secure, "pub", "x", "never", url=f"https://127.0.0.1:{secure.port}")
    client.ends(5)
    assert client.sentence


def test_a_ca_file_that_is_not_there_is_told(secure):
    client = over_tls(secure, "status", "--ca-file", "/nowhere.pem")
    client.ends(5)
    assert "/nowhere.pem" in client.sentence


@pytest.mark.parametrize("how", ["flag", "environment", "insecure"])
def test_with_its_certificate_known_all_is_well(secure, how):
    flags = {"flag": ["--ca-file", secure.certificate], "insecure": ["--insecure"]}.get(how, [])
    env = {"TIDINGS_CA_FILE": str(secure.certificate)} if how == "environment" else {}
    channel = f"tls-{how}"
    published = over_tls(secure, "pub", channel, "over TLS", *flags, env=env).ends()
    listener = over_tls(secure, "sub", channel, "--since", "all", "--count", 1, *flags, env=env)
    listener.ends()
    assert [(event["id"], event["data"]) for event in listener.events()] == [
        (published[0], "over TLS")]
    assert over_tls(secure, "check", "--auto", *flags, env=env).ends(within=60)


def test_further_header_lines_are_all_sent(shared):
    """Two of them: an Origin that is foreign is refused, and only where it was sent."""
    plain = Client(shared, "pub", "h", "x", "-H", "X-One: 1", "-H", "X-Two: 2")
    assert plain.ends()
    for order in (("Origin: https://elsewhere.example", "X-Two: 2"),
                  ("X-One: 1", "Origin: https://elsewhere.example")):
        client = Client(shared, "pub", "h", "x", "-H", order[0], "-H", order[1])
        client.ends(6)
        assert "403" in client.sentence
    eventually(lambda: shared.channel("h")["events"] == 1, "one event")


def test_a_channel_of_two_lines_is_refused_and_not_taken_for_two(shared):
    client = Client(shared, "pub", "one", "x", "--also", "two\nthree")
    client.ends(2)
    assert "more than one line" in client.sentence
    assert not shared.channel("three")["events"]
    both = Client(shared, "pub", "one", "x", "--also", "two", "--also", "three")
    assert both.ends()
    assert shared.channel("three")["events"] == 1


def test_what_is_printed_is_json_whatever_was_published(shared):
    shared.publish('quote " and \\ and \x01', channel="odd")
    client = Client(shared, "history", "odd")
    client.ends()
    assert json.loads(client.lines[0])["data"] == 'quote " and \\ and \x01'
