# SPDX-License-Identifier: MIT
"""Use it: what the page shows to be copied is filled in, and works as it stands."""

import contextlib
import json
import os
import shutil
import signal
import subprocess

import pytest
from selenium.webdriver.common.keys import Keys

from daemon import BUILD
from page import Page, stored
from test_page_compose import AWKWARD
from world import eventually

pytestmark = pytest.mark.page
# name -> how a file of it is run
RUNS = {"js": ["node"], "php": ["php"], "python": ["python3"], "curl": ["sh"], "command": ["sh"]}
ENDINGS = {"js": ".mjs"}


def snippet(page, name, verb):
    return page.window.run("return document.querySelectorAll(`#use-${arguments[0]} code`)[arguments[1]].textContent",
                           name, ("publish", "listen").index(verb))


@contextlib.contextmanager
def running(folder, name, text):
    if not shutil.which(RUNS[name][0]):
        pytest.skip(f"{RUNS[name][0]} is not installed")
    path = folder / f"snippet{ENDINGS.get(name, '')}"
    path.write_text(text)
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (tools / "tidings").symlink_to(BUILD / "client" / "tidings")
    with (folder / "said").open("wb") as said, subprocess.Popen(
            [*RUNS[name], path], stdout=said, stderr=subprocess.STDOUT, start_new_session=True, cwd=folder,
            env=dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", PYTHONUNBUFFERED="1", HOME=str(folder))) as process:
        try:
            yield lambda: (folder / "said").read_text()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("name", ["js", "php", "python", "command"])
def test_who_pastes_what_publishes_says_the_same(chromium, web, tmp_path, name):
    """For curl and SQL see test_page_compose."""
    page = Page(chromium, web)
    for type, message in (("", "plain words"), ("note's", AWKWARD), ("", "--data @/etc/passwd"), ("", '{"a": "\\\\ \\n é"}'),
                          ("", "-"), ("", "-n"), ("", "@/etc/passwd"), ("", "</script><!--<script>")):
        page.compose(message, channel="odd & 'quoted'", type=type)
        before = web.channel("odd & 'quoted'")["events"]
        with running(tmp_path, name, snippet(page, name, "publish")) as said:
            eventually(lambda n=before: web.channel("odd & 'quoted'")["events"] > n, f"{name} publishing: {said()}")
        assert stored(web, "odd & 'quoted'")[-1][1:] == (type or "message", message)


def test_a_page_of_ones_own_publishes_what_would_end_its_script(chromium, make_world, tmp_path):
    web = make_world(web=True, pages=tmp_path)
    page = Page(chromium, web)
    for number, message in enumerate(("</script><h1>", "<!--<script>", "</SCRIPT >\u2028")):
        page.compose(message)
        (web.www / f"own{number}.html").write_text(
            f"<!doctype html><link rel=icon href=icon.svg><script type=module>\n{snippet(page, 'js', 'publish')}\n</script>")
        own = chromium.open(f"http://127.0.0.1:{web.port}/own{number}.html")
        eventually(lambda n=number: web.channel("main")["events"] > n, "it being published")
        assert own.run("return document.body.innerText") == ""
        assert stored(web)[-1][2] == message


def known(web, name):
    """As web.channel(), which is reached by a path."""
    all = web.door.ask("GET", "/api/channels").json["channels"]
    return next((each for each in all if each["channel"] == name), {"events": 0, "subscribers": 0})


@pytest.mark.parametrize("name, channel", [
    ("js", ".."), ("php", "."), ("python", ".."), ("curl", "."), ("curl", ".."), ("command", ".."), ("sql", ".")])
def test_a_channel_that_no_path_can_name_is_published_on_and_heard(chromium, web, tmp_path, name, channel):
    page = Page(chromium, web)
    page.compose("it's \\ here", channel=channel)
    reader = web.listen(channel, path="/stream")
    if name == "sql":
        subprocess.run(["sh", "-c", snippet(page, "sql", "publish")], cwd=web.inboxes["main"].parent, check=True, timeout=20)
        reader.sees("it's \\ here")
        return
    with running(tmp_path, name, snippet(page, name, "publish")) as said:
        eventually(lambda: known(web, channel)["events"] == 1, f"{name} publishing: {said()}")
    while not (event := reader.next()).data or event.type != "message":
        pass
    assert json.loads(event.data)["message"] == "it's \\ here"
    if name == "js":
        return
    with running(tmp_path, name, snippet(page, name, "listen")) as said:
        eventually(lambda: known(web, channel)["subscribers"] == 2, f"{name} listening")
        page.publish("heard by all", channel=channel)
        eventually(lambda: "heard by all" in said(), f"{name} hearing it: {said()}")


@pytest.mark.parametrize("name", ["php", "python", "curl", "command"])
def test_who_pastes_what_listens_hears(chromium, web, tmp_path, name):
    page = Page(chromium, web)
    page.compose("", channel="odd & 'quoted'")
    with running(tmp_path, name, snippet(page, name, "listen")) as said:
        eventually(lambda: web.channel("odd & 'quoted'")["subscribers"] == 1, f"{name} listening")
        page.publish("heard by all", channel="odd & 'quoted'")
        eventually(lambda: "heard by all" in said(), f"{name} hearing it: {said()}")


def test_a_page_runs_what_it_shows(chromium, web):
    page = Page(chromium, web)
    page.compose("from the snippet", channel="tried", type="note")
    for name in ("js", "curl"):
        page.window.click(f"#use-{name}-tab")
        publish, listen = (f"#use-{name} .snippet:nth-child({n})" for n in (1, 2))
        page.window.click(f"{listen} .run")
        page.window.wait(lambda: web.channel("tried")["subscribers"] == 1, "it listening")
        assert page.window.text(f"{listen} .run") == "Stop"
        page.window.click(f"{publish} .run")
        page.window.wait(lambda css=publish: "200" in page.window.text(f"{css} output"), "an answer")
        page.window.wait(lambda css=listen: "from the snippet" in page.window.text(f"{css} output"), "the event")
        page.window.click(f"{listen} .run")
        page.window.wait(lambda: web.channel("tried")["subscribers"] == 0, "it listening no more")
        assert page.window.text(f"{listen} .run") == page.window.text(f"{publish} .run") == "Run"


def test_what_a_snippet_says_is_in_the_language_that_it_says_it_has(chromium, web):
    page = Page(chromium, web)
    page.language("pt-BR")
    page.compose("", channel="tried")
    page.window.click("#use-js .snippet:nth-child(2) .run")
    page.window.wait(lambda: "escutando" in (page.window.text("#use-js .snippet:nth-child(2) output") or ""), "it listening")
    assert page.window.text("#use-js .snippet:nth-child(2) .run") == "Parar"
    web.publish("from elsewhere", channel="tried")
    page.window.wait(lambda: "from elsewhere" in page.window.text("#use-js .snippet:nth-child(2) output"), "the event")
    assert page.window.run("return [...document.querySelectorAll('#use-js output span')].map(e => e.lang)") == ["pt-BR", "en"]


@pytest.mark.in_both_browsers
def test_the_tabs_go_by_arrows_and_the_choice_is_kept(browser, web):
    page = Page(browser, web)
    page.window.run("document.querySelector('#use-js-tab').focus()")
    shown = "return [...document.querySelectorAll('#use [role=tabpanel]')].filter(e => e.checkVisibility()).map(e => e.id)"
    assert page.window.run(shown) == ["use-js"]
    page.window.press(Keys.ARROW_LEFT)
    page.window.press(Keys.ARROW_LEFT)
    assert page.window.run(shown) == ["use-sql"]
    assert page.window.focused().startswith("button#use-sql-tab")
    page.reload()
    assert page.window.run(shown) == ["use-sql"]


def test_on_a_phone_it_is_folded_until_a_tab_is_chosen(chromium, web):
    page = Page(chromium, web)
    page.window.has_width(360)
    page.reload()
    shown = "return [...document.querySelectorAll('#use [role=tabpanel]')].filter(e => e.checkVisibility()).map(e => e.id)"
    assert page.window.run(shown) == []
    page.window.click("#use-php-tab")
    assert page.window.run(shown) == ["use-php"]
    page.window.click("#use-php-tab")
    assert page.window.run(shown) == []
