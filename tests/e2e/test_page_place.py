# SPDX-License-Identifier: MIT
"""The page below a prefix: https://site/tidings/ beside a site's own pages."""

import re

import pytest

from page import Page

pytestmark = pytest.mark.page
PREFIX = "/tidings"
STREAMS = '$HTTP["url"] =~ "^/(stream|metrics|health)$"'


def below(web, streams=PREFIX):
    """The page at PREFIX, and Tidings below `streams`; the root is a site's own."""
    site = web.folder / "site"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html><title>A site</title><p>Its own page")
    paths = [(f'"/{path}/"', f'"{streams}/{path}/"') for path in ("realtime", "api", "sse", "tasks")]
    web.change_web(
        (f'server.document-root = "{web.www}"',
         f'server.document-root = "{site}"'),
        ('alias.url = ( "/javascript/" => "/usr/share/javascript/" )',
         f'alias.url = ("{streams}/javascript/" => "/usr/share/javascript/", "{PREFIX}/" => "{web.www}/")'),
        ('"check-local"         => "disable",', f'"check-local" => "disable", "strip-request-uri" => "{streams}",'),
        (STREAMS, STREAMS.replace("^/", f"^({streams})?/")), *paths)
    return web


class PageBelow(Page):
    def __init__(self, browser, world):
        world_url = f"http://127.0.0.1:{world.port}{PREFIX}/"
        super().__init__(browser, world, url=world_url)


def works(page, web, streams):
    """Streams, POSTs, charts and commands, each at its own path."""
    origin = f"http://127.0.0.1:{web.port}"
    page.connect("main").is_("live")
    for name in ("plain", "tasks"):
        page.connect(name).is_("live")
    page.publish("from below")
    page.sees("from below")
    requests = page.window.run("return performance.getEntriesByType('resource').map(e => e.name)")
    strays = [url for url in requests if not url.startswith(f"{origin}{PREFIX}/")
              and not url.startswith(f"{origin}{streams}/")]
    assert not strays
    assert f"{origin}{streams}/realtime/main" in page.window.run(
        "return document.querySelector('#as-curl').textContent")
    assert f"{streams}/metrics" in page.window.text("#metrics .lead")
    assert f"{streams}/sse/events" in page.window.text('[data-connect="plain"]')


@pytest.mark.in_both_browsers
def test_the_page_works_below_a_prefix_beside_a_sites_own_pages(browser, web):
    page = PageBelow(browser, below(web))
    works(page, web, PREFIX)
    page.go("metrics")
    page.window.wait(lambda: page.window.run(
        "return [...document.querySelectorAll('canvas')].some(c => c.width > 0 && c.style.display)"),
        "a chart being drawn")


def test_an_upgraded_server_with_its_streams_at_the_root_still_has_a_page_below(chromium, web):
    """Debian's snippet of 0.1: the page at /tidings/, the streams at /stream."""
    chromium.expects(r"404")  # what stands at /tidings/health
    works(PageBelow(chromium, below(web, streams="")), web, "")


def test_two_places_of_one_site_do_not_share_their_streams(chromium, web):
    """Windows share the streams of one Tidings, not those of another."""
    page = PageBelow(chromium, below(web))
    names = page.window.driver.execute_async_script(
        "navigator.locks.query().then(({held}) => arguments[0](held.map(l => l.name)))")
    assert names and all(re.search(rf":{web.port}{PREFIX}/", name) for name in names)
