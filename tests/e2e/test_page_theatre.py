# SPDX-License-Identifier: MIT
"""The button of quickstart's page that kills the process that holds the streams."""

import re

import pytest

from page import Page
from world import BUILD, INSTRUMENTED, TOP

pytestmark = [
    pytest.mark.page,
    pytest.mark.skipif(INSTRUMENTED or BUILD != TOP / "build", reason="quickstart runs ./build"),
    pytest.mark.timeout(120)]

BUTTON = "#theatre .button"
SUM = re.compile(r"(?:away|fora) ([\d.,]+) s · \D*(\d+)\D* · \D*(\d+)\D* · \D*(\d+)\D*$")


def opens(browser, run):
    browser.expects("Failed to load resource", "net::ERR")  # of the POSTs that meet nobody
    return browser.open(f"http://127.0.0.1:{run.port}/")


def result(window):
    return window.wait(lambda: SUM.match(window.text("#theatre .result") or ""), "the sum", 40)


def test_the_kill_is_seen_and_nothing_is_lost(browser, quickstart):
    run = quickstart("--no-demo").serves()
    window = opens(browser, run)
    worker = run.pids("tidings.fcgi")
    window.click(BUTTON)
    window.wait(lambda: window.count("#theatre .strip .away"), "a red ground", 20)
    away, missed, recovered, lost = result(window).groups()
    assert 0.1 < float(away) < 20 and int(missed) == int(recovered) > 0 == int(lost)
    killed = re.search(r"Process (\d+) was killed", window.text("#theatre .told"))
    assert int(killed[1]) in worker and int(killed[1]) not in run.pids("tidings.fcgi")
    shown = window.run("return [...document.querySelectorAll('#theatre line')].map(l => l.dataset.state)")
    assert set(shown) == {"came", "recovered"} and shown.count("recovered") == int(recovered)
    assert all(window.run("return document.querySelector(arguments[0]).role || "
                          "document.querySelector(arguments[0]).getAttribute('role')", f"#theatre {part}") == "status"
               for part in (".told", ".result"))


def test_the_kill_is_told_in_portuguese_by_keyboard_and_again(chromium, quickstart):
    run = quickstart("--no-demo", "--server", "nginx").serves()
    window = opens(chromium, run)
    window.select("#language", "pt-BR")
    window.find(BUTTON)
    for _ in range(2):
        window.run("document.querySelector(arguments[0]).focus()", BUTTON)
        window.press("\ue007")
        window.wait(lambda: window.run("return document.querySelector(arguments[0]).ariaDisabled", BUTTON) == "true",
                    "the button being at work")
        assert result(window)[4] == "0" and "recuperado" in window.text("#theatre .result")
        assert "foi morto" in window.text("#theatre .told")


def test_where_there_is_no_switch_there_is_no_button(chromium, web):
    page = Page(chromium, web)
    page.ready(watch=False)
    assert not page.window.run("return document.querySelector('#theatre').checkVisibility()")
    assert not page.window.count(BUTTON)
