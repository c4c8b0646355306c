# SPDX-License-Identifier: MIT
"""What the tests of the page rest on: that a browser's complaints are heard."""

import pytest

pytestmark = [pytest.mark.page, pytest.mark.in_both_browsers]


def test_what_a_page_complains_of_is_heard(browser, web):
    window = browser.open(f"http://127.0.0.1:{web.port}/")
    window.run("console.error('said'); setTimeout(() => { throw new Error('thrown'); });"
               "Promise.reject(new Error('rejected')); setTimeout('evaluated');")
    browser.expects(".")

    def heard():
        browser.unexpected()
        said = "\n".join(browser.complaints).replace("-", " ")
        return [word in said for word in ("said", "thrown", "rejected", "Security Policy")]
    window.wait(lambda: all(heard()), "all four being heard")


def test_nothing_is_left_of_a_window_but_a_clean_console(browser, web):
    window = browser.open(f"http://127.0.0.1:{web.port}/")
    window.has_width(360)
    window.prefers("dark")
    window.prefers("light")
    window.close()
    assert browser.windows() == [] and browser.unexpected() == []
