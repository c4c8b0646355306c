# SPDX-License-Identifier: MIT
"""Use it: what the page shows to be copied is filled in, and works as it stands."""

import contextlib
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
    for type, message in (("", "plain words"), ("note's", AWKWARD), ("", "--data @/etc/passwd"), ("", '{"a": "\\\\ \\n é"}')):
        page.compose(message, channel="odd & 'quoted'", type=type)
        with running(tmp_path, name, snippet(page, name, "publish")) as said:
            before = web.channel("odd & 'quoted'")["events"]
            eventually(lambda n=before: web.channel("odd & 'quoted'")["events"] > n, f"{name} publishing: {said()}")
        assert stored(web, "odd & 'quoted'")[-1][1:] == (type or "message", message)


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
        page.window.click(f"{publish} .run")
        page.window.wait(lambda css=publish: "200" in page.window.text(f"{css} output"), "an answer")
        page.window.wait(lambda css=listen: "from the snippet" in page.window.text(f"{css} output"), "the event")
        page.window.click(f"{listen} .run")
        page.window.wait(lambda: web.channel("tried")["subscribers"] == 0, "it listening no more")


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
