# SPDX-License-Identifier: MIT
"""What a visit to the page costs, and how soon it is there."""

import pytest

from servers import SERVERS
from world import SLOW

pytestmark = pytest.mark.page

BYTES = 150_000   # over the wire, heads included, without the charts' library
READY = 0.3       # seconds from the request until it can be used: on an idle machine, what it computes
VISITS = 3
WATCH = """
new MutationObserver((_, watch) => {
	if (document.body?.classList.contains("ready")) {
		window.readyAt = performance.now();
		watch.disconnect();
	}
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
LOADED = """
return [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
	.filter(({ initiatorType }) => initiatorType !== "fetch")
	.map(({ name, transferSize }) => [new URL(name).pathname, transferSize])
	.filter(([path]) => !path.startsWith("/javascript/"));
"""


def visit(browser, web, fresh=True):
    """Until it is ready, seconds that it computes and those by the clock; what was loaded, { path: bytes }."""
    window = browser.blank()
    window.cdp("Network.setCacheDisabled", cacheDisabled=fresh)
    window.cdp("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    window.cdp("Performance.enable", timeDomain="threadTicks")
    window.goto(f"http://127.0.0.1:{web.port}/")
    window.wait(lambda: window.run("return window.readyAt"), "the page being ready")
    metrics = {m["name"]: m["value"] for m in window.cdp("Performance.getMetrics")["metrics"]}
    took = metrics["TaskDuration"], window.run("return window.readyAt") / 1000
    loaded = dict(window.run(LOADED))
    window.close()
    return took, loaded


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_a_visit_costs_few_bytes_and_the_next_one_hardly_any(chromium, make_world, server):
    """lighttpd compresses only with a package of its own."""
    web = make_world(web=True, server=SERVERS[server])
    _, loaded = visit(chromium, web)
    assert "/app.js" in loaded and sum(loaded.values()) < BYTES, sorted(loaded.items(), key=lambda item: -item[1])[:20]
    visit(chromium, web, fresh=False)
    _, again = visit(chromium, web, fresh=False)
    assert sum(again.values()) < 350 * len(again)  # heads


def test_the_page_is_ready_at_once(chromium, web):
    took = [visit(chromium, web)[0] for _ in range(VISITS)]
    print([f"{computed * 1000:.0f} of {passed * 1000:.0f} ms" for computed, passed in took])
    assert min(computed for computed, _ in took) < READY * SLOW
