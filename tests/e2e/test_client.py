# SPDX-License-Identifier: MIT
"""`tidings`, the command: publish, listen, look, and what goes wrong."""

import fcntl
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import termios
import threading
from random import Random

import pytest

from client import Client, Steady
from world import eventually, program

pytestmark = pytest.mark.behind_apache("--full")


@pytest.fixture(name="run")
def runner(shared):
    started = []

    def run(*arguments, **how):
        started.append(Client(shared, *arguments, **how))
        return started[-1]
    yield run
    for client in started:
        if client.process.poll() is None:
            client.process.kill()
            client.process.wait()


def is_listening(world, channel):
    eventually(lambda: world.door.ask("GET", f"/api/channels/{channel}").json["subscribers"] > 0,
               f"somebody listening to {channel}")


# ---- pub

@pytest.mark.behind_apache
def test_a_message_is_published_and_its_id_printed(run, shared):
    reader = shared.listen("hello")
    printed = run("pub", "hello", "good morning").ends()
    event = reader.sees("good morning")
    assert printed == [event.id]


def test_standard_input_is_published_byte_for_byte(run, shared):
    reader = shared.listen("bytes")
    run("pub", "bytes", input=b"one\ntwo\n").ends()
    reader.sees("one\ntwo\n")
    run("pub", "bytes", "-", input="grüße").ends()
    reader.sees("grüße")


def test_each_line_is_an_event_in_order(run, shared):
    reader = shared.listen("lines")
    lines = [f"line {i}" for i in range(2500)]
    printed = run("pub", "lines", "--lines", input="\n".join(lines)).ends(within=20)
    event = reader.sees(*lines)
    assert printed == [event.id]


def test_lines_leave_as_they_come(run, shared):
    reader = shared.listen("slow-lines")
    client = run("pub", "slow-lines", "--lines")
    for line in ("a", "b", "c"):
        client.feed(line + "\n")
        reader.sees(line)
    client.ends()


def test_lines_with_an_id_are_the_same_however_a_pipe_cuts_them(run, shared):
    text = b"".join(b"%06d %s\n" % (i, b"y" * 200) for i in range(3000))
    for chunk in (len(text), 50_000):
        client = run("pub", "cuts", "--lines", "--id", "cuts-1")
        for at in range(0, len(text), chunk):
            client.feed(text[at:at + chunk])
        client.ends()
    assert shared.door.ask("GET", "/api/channels/cuts").json["events"] == 3000


def test_ctrl_c_while_a_message_is_typed_publishes_nothing(run, shared):
    client = run("pub", "half-typed")
    client.feed("I resi")
    eventually(lambda: _waiting(client.process.stdin) == 0, "pub waiting for more")
    client.process.send_signal(signal.SIGINT)
    client.process.wait(10)
    client.ends(-signal.SIGINT)
    assert run("history", "half-typed").ends() == []


def test_lines_that_are_interrupted_say_how_many_are_published(run, shared):
    client = run("pub", "cut-lines", "--lines")
    reader = shared.listen("cut-lines")
    client.feed("one\ntwo\n")
    reader.sees("one", "two")
    client.feed("thr")
    eventually(lambda: _waiting(client.process.stdin) == 0, "pub waiting for more")
    client.process.send_signal(signal.SIGTERM)
    client.process.wait(10)
    client.ends(-signal.SIGTERM)
    assert "2 lines are published" in client.sentence
    assert len(client.lines) == 1


def _waiting(pipe):
    """Bytes that are written and not read."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"...."), sys.byteorder)


def test_a_channel_that_no_path_can_name_is_refused(run):
    for name in (".", ".."):
        assert "cannot name it" in _sentence(run("pub", name, "x"), 2)


def test_lines_with_an_id_are_published_once_however_often_they_are_sent(run, shared):
    text = "\n".join(str(i) for i in range(1500))
    first = run("pub", "job", "--lines", "--id", "job-1", input=text).ends()
    again = run("pub", "job", "--lines", "--id", "job-1", input=text).ends()
    assert first == again
    assert shared.door.ask("GET", "/api/channels/job").json["events"] == 1500


def test_an_id_with_other_content_is_a_conflict(run):
    run("pub", "keys", "one", "--id", "k").ends()
    client = run("pub", "keys", "two", "--id", "k")
    client.ends(6)
    assert "this key was used for other content" in client.sentence


def test_json_that_is_none_is_not_published(run, shared):
    for bad in ("{", "{} x", "", "nul", "'a'"):
        assert "not JSON" in _sentence(run("pub", "json", bad, "--json"), 2)
    for good in ('{"a": [1, null]}', "null", "12", '"x"', "true"):
        run("pub", "json", good, "--json").ends()


def test_json_with_a_bom_is_published_without_it(run, shared):
    """JSON.parse of a browser takes none."""
    reader = shared.listen("bom")
    run("pub", "bom", "-", "--json", input='\ufeff{"a": "\ufeff"}').ends()
    reader.sees('{"a": "\ufeff"}')
    run("pub", "bom", "\ufeffplain").ends()
    reader.sees("\ufeffplain")


@pytest.mark.parametrize("half", ['"\\ud83d"', '["x", {"a": "\\ude00\\ud83d"}]', '\ufeff{"\\udfff": 1}'])
def test_json_with_half_a_surrogate_pair_is_not_published_and_the_cause_is_named(run, half):
    sentence = _sentence(run("pub", "json", half, "--json"), 2)
    at = half.encode().index(b"\\u") + 1
    assert "half a surrogate pair" in sentence and f"byte {at}: " in sentence


def _sentence(client, status):
    client.ends(status)
    return client.sentence


# ---- sub

@pytest.mark.behind_apache
def test_events_are_printed_as_ndjson(run, shared):
    client = run("sub", "news")
    is_listening(shared, "news")
    event = shared.publish("über\nzwei", channel="news", event="alert")
    client.prints(1)
    assert client.events() == [
        {"id": str(event), "channel": "news", "event": "alert", "data": "über\nzwei"}]


def test_a_format_shows_what_is_wanted(run, shared):
    ident = shared.publish("x", channel="formats", event="kind")
    printed = run("sub", "formats", "--since", "all", "-n", 1,
                  "--format", r"%i\t%t|%c|%d%%").ends()
    assert printed == [f"{ident}\tkind|formats|x%"]


def test_types_are_filtered_and_count_ends_it(run, shared):
    for i in range(6):
        shared.publish(str(i), channel="types", event="odd" if i % 2 else "even")
    printed = run("sub", "types", "--since", "all", "--event", "odd", "--count", 3,
                  "--format", "%d").ends()
    assert printed == ["1", "3", "5"]


def test_several_channels_are_one_stream(run, shared):
    client = run("sub", "left", "right", "--format", "%c %d", "-n", 2)
    is_listening(shared, "right")
    shared.publish("1", channel="left")
    shared.publish("2", channel="right")
    assert client.ends() == ["left 1", "right 2"]


def test_a_timeout_has_a_status_of_its_own(run):
    assert run("sub", "quiet", "--timeout", "300ms").ends(9) == []


def test_a_command_gets_each_event(run, shared, tmp_path):
    out = tmp_path / "out"
    ident = shared.publish("to a command", channel="hooks", event="go")
    run("sub", "hooks", "--since", "all", "-n", 1, "--exec",
        f'echo "$TIDINGS_ID $TIDINGS_EVENT $TIDINGS_CHANNEL $(cat)" >> {out}').ends()
    assert out.read_text() == f"{ident} go hooks to a command\n"


def test_a_command_that_fails_gets_the_event_again(run, shared, tmp_path):
    cursor, out = tmp_path / "cursor", tmp_path / "out"
    for text in ("good", "bad", "late"):
        shared.publish(text, channel="fail")
    client = run("sub", "fail", "--since", "all", "--cursor", cursor, "--exec",
                 f"x=$(cat); echo $x >> {out}; test $x != bad")
    client.ends(1)
    assert "ended with status 1" in client.sentence
    run("sub", "fail", "--cursor", cursor, "-n", 2, "--exec", f"cat >> {out}").ends()
    assert out.read_text() == "good\nbad\nbadlate"


def test_a_cursor_file_goes_on_where_it_was(run, shared, tmp_path):
    cursor = tmp_path / "cursor"
    client = run("sub", "resume", "--cursor", cursor, "--format", "%d")
    eventually(cursor.exists, "a cursor before the first event")
    client.process.kill()
    for i in range(5):
        shared.publish(str(i), channel="resume")
    assert run("sub", "resume", "--cursor", cursor, "-n", 2, "--format", "%d").ends() == ["0", "1"]
    assert run("sub", "resume", "--cursor", cursor, "-n", 3, "--format", "%d").ends() == ["2", "3", "4"]


def test_a_cursor_file_that_is_none_is_named(run, tmp_path):
    cursor = tmp_path / "cursor"
    cursor.write_text("yesterday\n")
    assert "does not hold the id" in _sentence(run("sub", "x", "--cursor", cursor), 8)
    assert "cannot be written" in _sentence(run("sub", "x", "--cursor", tmp_path / "no" / "c"), 8)


def test_a_cursor_file_that_a_power_cut_has_emptied_is_not_taken_for_a_new_one(run, tmp_path):
    (tmp_path / "cursor").write_bytes(b"")
    assert "the file is empty" in _sentence(run("sub", "x", "--cursor", tmp_path / "cursor"), 8)


def test_a_full_disk_under_the_cursor_ends_it(run, shared, tmp_path):
    client = run("sub", "full", "--cursor", "/dev/full", "-n", 1)
    client.ends(8)
    assert "/dev/full" in client.sentence


def test_a_gap_is_status_3_unless_it_is_allowed(run, shared):
    for i in range(3):
        shared.publish(str(i), channel="gaps")
    client = run("sub", "gaps", "--since", "5")
    client.ends(3)
    assert "gap" in client.sentence
    client = run("sub", "gaps", "--since", "5", "--allow-gap", "-n", 3, "--format", "%d")
    assert client.ends() == ["0", "1", "2"]


def test_ctrl_c_ends_it_as_a_signal_does(run, shared):
    client = run("sub", "ctrl-c")
    is_listening(shared, "ctrl-c")
    client.process.send_signal(signal.SIGINT)
    client.ends(-signal.SIGINT)
    assert client.errors == []


def test_a_signal_or_the_time_ends_it_between_two_commands(run, shared, tmp_path):
    shared.publish("\n".join("abcdefghij"), channel="slow-hook", lines=1)
    out = tmp_path / "out"
    line = ("sub", "slow-hook", "--since", "all", "--exec", f"cat >> {out}; sleep 1")
    run(*line, "--timeout", "300ms").ends(9, within=4)
    assert out.read_text() == "a"
    client = run(*line)
    eventually(lambda: out.read_text() == "aa", "the first command of the second run")
    client.process.send_signal(signal.SIGTERM)
    client.ends(-signal.SIGTERM, within=4)
    assert out.read_text() == "aa"


def test_a_reader_that_goes_ends_it_without_a_word(run, shared):
    shared.publish("x", channel="nobody")
    read, write = os.pipe()
    os.close(read)
    client = run("history", "nobody", stdout=write)
    os.close(write)
    client.ends(-signal.SIGPIPE)
    assert client.errors == []


def test_a_reader_that_is_slow_is_waited_for_on_a_pipe_that_does_not_block(run, shared):
    shared.publish("z" * 60_000, channel="not-blocking")
    shared.publish("y" * 60_000, channel="not-blocking")
    read, write = os.pipe()
    os.set_blocking(write, False)
    client = run("history", "not-blocking", "--format", "%d", stdout=write)
    os.close(write)
    eventually(lambda: _waiting(read) > 60_000, "a full pipe")
    with os.fdopen(read, "rb") as pipe:
        assert len(pipe.read()) == 120_002
    client.ends()


def test_standard_output_that_is_closed_is_no_place_for_an_event(run, shared, tmp_path):
    cursor, out = tmp_path / "cursor", tmp_path / "status"
    shared.publish("x", channel="closed")
    environment = f"TIDINGS_URL=http://127.0.0.1:{shared.port}"
    command = f"{environment} {shlex.quote(program('client/tidings'))} sub closed --since all --cursor {cursor} -n 1"
    subprocess.run(["sh", "-c", f"{command} >&- 2>/dev/null; echo $? > {out}"], check=True, timeout=20)
    assert out.read_text() == "8\n"
    assert run("sub", "closed", "--cursor", cursor, "-n", 1, "--format", "%d").ends() == ["x"]


def test_help_and_checks_that_nobody_can_read_are_no_success(run):
    with open("/dev/full", "wb") as full:
        for line in (("--help",), ("pub", "--help"), ("check", "--auto")):
            run(*line, stdout=full).ends(8, within=30)


def test_a_beginning_of_two_flags_is_neither(run):
    assert "unknown flag --c" in _sentence(run("sub", "x", "--c", "5"), 2)
    assert "unknown flag -z" in _sentence(run("sub", "-zq", "x"), 2)


def test_standard_output_that_is_full_moves_no_cursor(run, shared, tmp_path):
    cursor = tmp_path / "cursor"
    shared.publish("x", channel="devfull")
    with open("/dev/full", "wb") as full:
        client = run("sub", "devfull", "--since", "all", "--cursor", cursor, stdout=full)
        client.ends(8)
    assert "standard output" in client.sentence
    assert run("sub", "devfull", "--cursor", cursor, "-n", 1, "--format", "%d").ends() == ["x"]


# ---- history, tail

@pytest.mark.behind_apache
def test_history_prints_what_is_held_and_ends(run, shared):
    for i in range(4):
        shared.publish(str(i), channel="past")
    assert run("history", "past", "--format", "%d").ends() == ["0", "1", "2", "3"]
    assert run("history", "nothing-ever").ends() == []


def test_tail_prints_history_and_what_comes(run, shared):
    shared.publish("old", channel="tailed")
    client = run("tail", "tailed", "--format", "%d")
    client.prints(1)
    shared.publish("new", channel="tailed")
    assert client.prints(2) == ["old", "new"]


# ---- channels, status

def test_channels_are_listed(run, shared):
    shared.publish("x", channel="listed\x7eü")
    shared.listen("listed~ü")
    lines = run("channels").ends()
    assert lines[0].split() == ["channel", "subscribers", "events", "newest"]
    assert any(line.split()[:3] == ["listed~ü", "1", "1"] for line in lines)


def test_status_says_ok(run):
    assert run("status").ends()[0].split() == ["status", "ok"]


def test_status_names_the_inboxes_that_are_not_read(make_world, tmp_path):
    path = tmp_path / "none" / "shop.db"
    world = make_world({"inbox shop": {"path": path}}, web=True)
    lines = Client(world, "status").ends()
    why = world.unread()["shop"]
    assert lines[:2] == ["status       ok", f"not read     shop ({path}): {why}"]
    said = json.loads(Client(world, "status", "--json").ends()[0])
    assert said["inboxes"] == [{"inbox": "shop", "file": str(path), "reason": why}]
    assert world.health().status == 200 and world.health().json["inboxes"] == said["inboxes"]


# ---- what goes wrong

def test_an_unknown_verb_is_named(run):
    assert '"publish"' in _sentence(run("publish"), 2)


@pytest.mark.parametrize("arguments, word", [
    (("sub",), "CHANNEL"),
    (("sub", "x", "--count", "many"), '--count: "many" is not a number'),
    (("sub", "x", "--timeout", "soon"), "not a duration"),
    (("sub", "x", "--nonsense"), "--nonsense"),
    (("sub", "x", "--since"), "needs a value"),
    (("pub", "x", "y", "z"), '"z"'),
    (("sub", "bad\nname"), "control"),
    (("pub", "x", "y", "--url", "ftp://127.0.0.1"), "http://"),
    (("sub", "x", "--json", "--format", "%d"), "cannot be used together"),
])
def test_a_bad_flag_is_one_sentence_and_status_2(run, arguments, word):
    assert word in _sentence(run(*arguments), 2)


@pytest.mark.parametrize("verb", [("pub", "x", "y"), ("sub", "x"), ("channels",), ("status",)])
def test_a_refused_connection_is_status_4(run, verb):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        client = run(*verb, url=url)
        client.ends(4)
        assert url in client.sentence


@pytest.fixture(scope="module")
def based(make_shared_world):
    return make_shared_world({"responder": {"base": "/live/tidings"}}, web=True)


@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_each_verb_works_below_a_path(based, slash):
    url = f"http://127.0.0.1:{based.port}/live/tidings{slash}"

    def says(*arguments, **how):
        how.setdefault("url", url)
        return Client(based, *arguments, **how).ends()
    channel = f"deep{len(slash)}"
    id = says("pub", channel, "one")[0]
    assert says("pub", channel, "--lines", input="two\nthree\n")
    for verb in (("history", channel), ("sub", channel, "--since", "all", "--count", "3"),
                 ("tail", channel, "--since", "all", "--count", "3")):
        assert [json.loads(line)["data"] for line in says(*verb)] == ["one", "two", "three"]
    assert [line.split()[0] for line in says("channels") if channel in line] == [channel]
    assert "ok" in "\n".join(says("status"))
    assert says("run", f"{channel}-job", "--", "true") is not None
    assert says("bench", "--time", "200ms")
    assert any("Tidings at" in line for line in says("menu", input="q\n"))
    # however it is told
    assert json.loads(says("history", channel, "--url", url, url="http://127.0.0.1:1")[0])["id"] == id
    settings = based.folder / "client.conf"
    settings.write_text(f"url = {url}\n")
    done = subprocess.run([program("client/tidings"), "history", channel, "--config", settings], text=True,
                          capture_output=True, env={"HOME": str(based.folder)}, timeout=30)
    assert done.stdout.count("\n") == 3, done.stderr


@pytest.mark.parametrize("url, word", [
    ("127.0.0.1/tidings", "http://"), ("ftp://127.0.0.1/", "http://"), ("http://", "no host"),
    ("https:///tidings", "no host"), ("http://127.0.0.1/tidings?x", "?"), ("http://127.0.0.1/#tidings", "#")])
def test_a_url_that_cannot_be_tidings_is_one_sentence_and_status_2(run, url, word):
    assert word in _sentence(run("history", "x", url=url), 2)


def test_what_tidings_says_to_another_path_is_told(based):
    url = f"http://127.0.0.1:{based.port}/live/tidings/api"
    for verb in (("pub", "x", "y"), ("sub", "x"), ("status",), ("channels",)):
        client = Client(based, *verb, url=url)
        client.ends(None)
        assert "there is nothing at this address" in "\n".join(client.errors + client.lines), verb


def test_a_server_that_is_no_tidings_is_named(run, shared):
    url = f"http://127.0.0.1:{shared.port}/nowhere"
    assert "404" in _sentence(run("sub", "x", url=url), 6)
    assert "404" in _sentence(run("pub", "x", "y", url=url), 6)


def _answers(listener, bodies):
    """Serves each path its body, and any other the last one."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            path = connection.recv(65536).split()[1:2]
            body = bodies.get(path[0].decode() if path else "", bodies[""])
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                               b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


MEASURES = b"".join(name + b" -5\n" for name in (
    b"tidings_responders", b"tidings_events_total", b"tidings_log_events",
    b"tidings_log_size_bytes", b"tidings_log_newest_id", b"tidings_log_writable",
    b"process_start_time_seconds",
    *(b'tidings_deliveries_total{kind="%s"}' % kind for kind in (b"live", b"replayed")),
    *(b'tidings_http_requests_total{class="%dxx"}' % kind for kind in (2, 3, 4, 5)),
)) + b"tidings_subscribers 1e300\n"


@pytest.fixture(name="stranger")
def strange_server():
    """A web server that is no Tidings, though it says some of what one says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        bodies = {"/health": b'{"status":"ok"}', "": b"<html></html>", "/metrics": MEASURES}
        threading.Thread(target=_answers, args=(listener, bodies), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.behind_apache
def test_history_of_a_server_that_is_no_tidings_is_not_an_empty_one(run, stranger):
    assert "not from Tidings" in _sentence(run("history", "x", url=stranger), 7)


def test_figures_beyond_all_measure_are_shown_as_they_are(run, stranger):
    lines = run("status", url=stranger).ends()
    figure = next(line for line in lines if line.startswith("subscribers")).split()[1]
    assert float(figure.replace(",", "")) == 1e300
    run("status", "--json", url=stranger).ends()


def test_flags_come_from_the_environment_and_a_file(run, shared, tmp_path):
    config = tmp_path / "client.conf"
    config.write_text("quiet = yes\n[sub]\nformat = %d!\n[pub]\nevent = odd\n")
    for i in range(3):
        shared.publish(str(i), channel="sources")
    line = ("sub", "sources", "--since", "all", "-n", 1, "--config", config)
    assert run(*line).ends() == ["0!"]
    assert run(*line, env={"TIDINGS_SUB_FORMAT": "%d?"}).ends() == ["0?"]
    assert run(*line, "--format", "%d.", env={"TIDINGS_SUB_FORMAT": "%d?"}).ends() == ["0."]


def test_a_bad_line_in_the_file_is_named_with_its_place(run, tmp_path):
    config = tmp_path / "client.conf"
    config.write_text("quiet = yes\n[sub]\nformt = x\n")
    assert f"{config}:3" in _sentence(run("sub", "x", "--config", config), 2)
    assert "No such file" in _sentence(run("sub", "x", "--config", tmp_path / "none"), 2)


def test_every_verb_explains_itself(run):
    names = [line.split()[0] for line in run("--help").ends() if line.startswith("  ")]
    assert {"pub", "sub", "channels"} <= set(names)
    for name in names:
        lines = run(name, "--help").ends()
        assert lines[0].startswith(f"Usage: tidings {name}")
        assert any("--url URL" in line for line in lines)


# ---- it loses nothing

def test_retry_publishes_once_across_a_hub_that_is_away(make_world):
    world = make_world(web=True)
    reader = world.listen("retry")
    world.hub.stop()
    client = Client(world, "pub", "retry", "late", "--retry")
    client.says("trying again", within=20)
    world.hub.start()
    client.ends(within=30)
    reader.sees("late")
    world.publish("then", channel="retry")
    reader.sees("then")


def test_sub_survives_the_death_of_every_part(make_world, tmp_path):
    world = make_world(web=True)
    client = Client(world, "sub", "deaths", "--cursor", tmp_path / "c", "--format", "%d")
    is_listening(world, "deaths")
    expected = []

    def publish():
        expected.append(str(len(expected)))
        world.publish(expected[-1], channel="deaths")
    publish()
    client.prints(1)
    world.responder.kill_worker()
    publish()
    client.prints(2)
    world.hub.kill_worker()
    world.is_healthy()
    publish()
    client.prints(3)
    world.web.stop()
    world.web.start()
    publish()
    assert client.prints(4, within=20) == expected
    client.process.send_signal(signal.SIGTERM)
    client.ends(-signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_two_hundred_kills_lose_nothing_and_double_only_what_was_in_flight(make_world, tmp_path):
    """sub --cursor at 500 events/s: killed at random, cut at random."""
    world, random = make_world(web=True), Random(4)
    output, cursor = tmp_path / "output", tmp_path / "cursor"
    publisher = Steady(world, "torture", rate=500)
    kills = 200
    with open(output, "ab") as out:
        def start():
            return Client(world, "sub", "torture", "--cursor", cursor, "--format", "%d",
                          "--wait", "--quiet", stdout=out)
        client = start()
        eventually(cursor.exists, "a cursor")
        publisher.start()
        for kill in range(kills):
            grown = output.stat().st_size + random.randrange(400)
            eventually(lambda grown=grown: output.stat().st_size > grown, "further events")
            if kill % 20 == 10:
                world.responder.kill_worker()
            client.kill()
            client = start()
        count = publisher.stop()
        last = f"{count - 1}\n".encode()
        eventually(lambda: output.read_bytes().endswith(last), "the last event", within=30)
        client.kill()
    seen = [int(line) for line in output.read_text().split()]
    repeats = sum(a == b for a, b in zip(seen, seen[1:]))
    assert [n for i, n in enumerate(seen) if i == 0 or n != seen[i - 1]] == list(range(count))
    assert repeats <= kills
