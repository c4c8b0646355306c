# SPDX-License-Identifier: MIT
"""examples/ do in a browser what their READMEs say, each with its README's own commands."""

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess

import pytest

from mercure import mercure
from redisserver import needs_redis
from symfony import needs_symfony
from test_quickstart import pytestmark as those_of_quickstart
from test_quickstart_machines import healthy
from web import WebDoor
from world import SLOW, TOP, eventually, free_port, free_ports, program

EXAMPLES = TOP / "examples"
MODULES = TOP / "tests" / "node_modules"
PAGE = "example.html"
ALIASES = {"@starfederation/datastar": "datastar1"}  # as tests/package.json calls what is newer


def commands(name):
    """What its README has indented, a list of words each."""
    text = (EXAMPLES / name / "README.md").read_text()
    return [line.strip() for line in re.findall(r"^ {4}(.+)$", text, re.M)]


def bring(name, www):
    """What `npm install` would: the libraries that the tests have, in the same versions."""
    package = json.loads((EXAMPLES / name / "package.json").read_text())
    for library, version in package["dependencies"].items():
        here = MODULES / ALIASES.get(library, library)
        if version.startswith("file:"):
            here = (EXAMPLES / name / version.removeprefix("file:")).resolve()
            version = json.loads((here / "package.json").read_text())["version"]
        if not here.is_dir():
            pytest.skip(f"{library} is not installed")
        assert json.loads((here / "package.json").read_text())["version"] == version
        there = www / "node_modules" / library
        there.parent.mkdir(parents=True, exist_ok=True)
        there.symlink_to(here)


def settings(name, folder):
    """What quickstart would write, with the example's own file on top."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(EXAMPLES / name / "tidings.conf")
    ours = {"hub": {"demo": "no"}, "responder": {"mercure": "yes", "mercure_subscriptions": "yes"}}
    for section in parser.sections():
        ours.setdefault(section, {}).update(parser[section])
    return mercure(folder, ours)


@pytest.fixture
def example(make_world, chromium, tmp_path):
    """An example's world, and a window that shows its page."""
    def begin(name):
        pages = tmp_path / "pages"
        pages.mkdir()
        for file in (EXAMPLES / name).iterdir():
            (pages / file.name).write_bytes(file.read_bytes())
        if (pages / "package.json").exists():
            bring(name, pages)
        # quickstart --www has no Content-Security-Policy, the index here has that of our page
        (pages / "index.html").rename(pages / PAGE)
        world = make_world(settings(name, tmp_path), web=True, pages=pages)
        return world, chromium.open(f"http://127.0.0.1:{world.port}/{PAGE}")
    return begin


def adapt(world, command):
    """One of the README's, with this world's address, inbox and programs."""
    command = command.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{world.port}")
    command = command.replace("/tmp/dashboard/inbox.db", shlex.quote(str(world.inboxes["main"])))
    tidings = str(program("client/tidings"))
    return command.replace("build/client/tidings", tidings if " token " in command
                           else f"{tidings} --url http://127.0.0.1:{world.port}")


def sh(world, command):
    command = adapt(world, command)
    done = subprocess.run(command, shell=True, cwd=TOP, text=True, capture_output=True, timeout=30 * SLOW)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


@pytest.mark.page
def test_a_dashboard_shows_what_cron_inserted_also_before_it_opened(example):
    measure = next(line for line in commands("dashboard") if line.startswith("examples/dashboard/measure"))
    world, window = example("dashboard")
    sh(world, measure)
    window.wait(lambda: "–" not in window.texts("output"), "three figures")
    sh(world, measure)

    def points(window):
        return window.run("return document.querySelector('#load polyline').points.length")
    window.wait(lambda: points(window) == 2, "the second value")
    window.goto(f"http://127.0.0.1:{world.port}/{PAGE}")
    window.wait(lambda: points(window) == 2, "both after a reload")


@pytest.mark.page
def test_a_job_shows_its_progress_in_htmx(example):
    job = next(line for line in commands("progress") if "--html" in line)
    world, window = example("progress")
    window.wait(lambda: world.channel("jobs")["subscribers"] == 1, "htmx listening")
    job = adapt(world, job[:job.index(" -- ")]) + " -- sh -c 'echo \"<b>70%</b>\"; read line; exit 3'"
    with subprocess.Popen(job, shell=True, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as running:
        window.wait(lambda: window.text("#job") == "<b>70%</b>", "its line, as text")
        assert window.run("return document.querySelector('#job progress').value") == 70
        running.stdin.close()
        assert running.wait(10 * SLOW) == 3
    window.wait(lambda: window.text("#job") != "<b>70%</b>", "its end")


@pytest.mark.page
def test_a_list_of_turbo_changes_in_the_window(example):
    append, remove = [line for line in commands("turbo") if line.startswith("curl")]
    world, window = example("turbo")
    window.wait(lambda: world.channel("orders")["subscribers"] == 1, "Turbo listening")
    sh(world, append)
    window.wait(lambda: window.texts("#orders li") == ["Order 7: one lamp"], "an order")
    sh(world, remove)
    window.wait(lambda: window.texts("#orders li") == [], "none")


@pytest.mark.page
def test_datastar_replaces_a_fragment(example):
    (curl,) = [line for line in commands("datastar") if line.startswith("curl")]
    world, window = example("datastar")
    window.wait(lambda: world.channel("kitchen")["subscribers"] == 1, "Datastar listening")
    sh(world, curl)
    window.wait(lambda: window.text("#temperature") == "21.5 degrees", "the fragment")


@pytest.mark.page
def test_a_chat_shows_who_is_there_and_what_was_said(example, tmp_path, chromium):
    (token,) = [line for line in commands("chat") if "token new" in line]
    world, nobody = example("chat")
    chromium.expects("401")
    nobody.wait(lambda: nobody.text("#state") not in ("", "connecting"), "a refusal")

    def enter(name):
        said = sh(world, token.replace("/tmp/chat", str(tmp_path)).replace("ann", name))
        return chromium.open(f"http://127.0.0.1:{world.port}/{PAGE}#{said.strip()}")

    ann = enter("ann")
    ann.wait(lambda: ann.text("#here") == "ann", "herself")
    for number in range(60):
        ann.fill("#text", f"<b>{number}</b>")
        ann.click("button")
        ann.wait(lambda number=number: (ann.texts("#messages li") or [""])[-1] == f"ann: <b>{number}</b>", "what she says")
        ann.wait(lambda: ann.value("#text") == "", "its answer")
    bob = enter("bob")
    for window in (ann, bob):
        window.wait(lambda window=window: window.text("#here") == "ann, bob", "both")
    last = [f"ann: <b>{number}</b>" for number in range(10, 60)]
    assert bob.texts("#messages li") == ann.texts("#messages li") == last
    ann.close()
    bob.wait(lambda: bob.text("#here") == "bob", "only bob", 20)
    assert nobody.texts("#messages li") == [] and nobody.text("#here") == "nobody"


@pytest.fixture(params=["app.php", "app.py"])
def application(request, make_world, tmp_path):
    """Where it answers, and its world."""
    (command,) = [line for line in commands("notifications") if line.split()[-1].endswith(request.param)
                  or f"{request.param} " in line]
    port = free_port()
    ours = settings("notifications", tmp_path)
    ours["responder"]["origins"] = ours["responder"]["origins"].replace("8080", str(port))
    world = make_world(ours, web=True)
    command = adapt(world, command).replace("/tmp/notifications", str(tmp_path)).replace("8080", str(port))
    variables, words = command.split()[:2], command.split()[2:]
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    variables = dict(variable.split("=", 1) for variable in variables)
    with subprocess.Popen(words, cwd=TOP, env={**os.environ, **variables}, stderr=subprocess.DEVNULL) as running:
        door = WebDoor(port)
        eventually(lambda: is_open(door), "the application", 10)
        yield world, f"http://127.0.0.1:{port}"
        running.terminate()


def is_open(door):
    try:
        return door.ask("GET", "/").status == 200
    except OSError:
        return False


@pytest.mark.page
def test_who_has_logged_in_is_notified_of_what_is_for_him_alone(application, chromium):
    (notify,) = [line for line in commands("notifications") if "tidings pub" in line]
    world, address = application
    window = chromium.open(address)

    def log_in(user, password):
        window.fill("[name=user]", user)
        window.fill("[name=password]", password)
        window.click("button")

    def heard():
        return window.texts("#notifications li")

    def fetched(user):
        return window.run("return fetch(arguments[0], {credentials: 'include'}).then((answer) => answer.status)",
                          f"http://127.0.0.1:{world.port}/stream?channel=users/{user}/notifications")

    log_in("7", "eight")
    window.wait(lambda: window.count("[name=user]") == 1, "the form again")
    log_in("7", "seven")
    window.wait(lambda: window.text("h1") == "For user 7", "his page")
    sh(world, notify.replace("users/7", "users/8").replace("1017", "1018"))
    sh(world, notify.replace("order", "<b>order</b>"))
    window.wait(lambda: heard() == ["<b>order</b> 1017 has been shipped"], "what is for him")
    chromium.expects("403", "401")
    assert fetched(7) == 200 and fetched(8) == 403
    window.click("button")
    window.wait(lambda: window.count("[name=user]") == 1, "the form")
    assert fetched(7) == fetched(8) == 403
    log_in("8", "eight")
    window.wait(lambda: heard() == ["order 1018 has been shipped"], "what was for the other one")


@needs_symfony
@pytest.mark.page
def test_a_page_shows_what_symfony_publishes_over_mercure(example, tmp_path):
    token, publish = [line for line in commands("symfony") if "MERCURE_" in line]
    world, window = example("symfony")
    window.wait(lambda: world.channel("https://example.com/books/1")["subscribers"] == 1, "it listening")
    token = token.replace("/tmp/symfony", str(tmp_path))
    sh(world, f"{token}; no_proxy='*' {publish}")
    window.wait(lambda: window.text("#left") == "3", "what is left")


@those_of_quickstart[0]
@those_of_quickstart[1]
@pytest.mark.skipif(bool(needs_redis), reason=needs_redis)
@pytest.mark.page
def test_three_machines_show_the_same_when_one_is_killed(quickstart, chromium, tmp_path):
    start, publish, kill = commands("machines")
    folder, port = str(tmp_path / "m"), free_ports(3)
    words = start.replace("/tmp/machines", folder).split()[1:]
    run = quickstart(*words, port=port).serves()
    chromium.expects("Failed to load resource", "ERR_")
    window = chromium.open(f"http://127.0.0.1:{port}/")

    def column(number):
        return window.texts(f"td:nth-child({number})")
    window.wait(lambda: column(2) == ["there"] * 3, "three streams")
    publish = publish.replace(":8000", f":{port}").replace("1000", "50")
    publish = publish.replace("build/client/tidings", str(program("client/tidings")))
    with subprocess.Popen(publish, shell=True, cwd=TOP) as publishing:
        window.wait(lambda: column(3)[1] != "", "numbers")
        subprocess.run(kill.replace("/tmp/machines", folder).split(), check=True)
        assert publishing.wait(60 * SLOW) == 0
    eventually(lambda: healthy(WebDoor(port + 1)), "the second being well again", 20)
    window.wait(lambda: column(3) == column(4) == ["50"] * 3, "all numbers at all three", 30)
    assert column(5) == ["0"] * 3 and "hub 2 ended by KILL" in run.said()
