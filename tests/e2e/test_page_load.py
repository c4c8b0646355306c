# SPDX-License-Identifier: MIT
"""A page that is left open for a long time, and a busy channel."""

import time

import pytest

from page import Page
from world import SLOW

pytestmark = pytest.mark.page

EVENTS, BATCH = 100_000, 2_000
HEAP_GROWTH = 2 << 20      # bytes
NODES_GROWTH = 500
CLICK = 0.5                # seconds from a click to what it does, under load


def measures(page):
    """What a page holds after it has thrown away all it does not need."""
    page.window.cdp("HeapProfiler.enable")
    for _ in range(3):
        page.window.cdp("HeapProfiler.collectGarbage")
    page.window.cdp("Performance.enable")
    metrics = page.window.cdp("Performance.getMetrics")["metrics"]
    return {m["name"]: m["value"] for m in metrics}


@pytest.mark.timeout(180)
def test_a_hundred_thousand_events_leave_nothing_behind(chromium, web):
    page = Page(chromium, web, watch=False)
    stream, = page.only("main")
    lines = "\n".join(f'{{"message": "event {n} of a batch", "pad": "{"x" * 60}"}}'
                      for n in range(BATCH))
    for _ in range(3):  # until everything that is kept is there
        web.publish(lines, lines=1)
    stream.counts(3 * BATCH, within=30)
    is_calm(page)
    before, began, clicks = measures(page), time.monotonic(), []
    for number in range(EVENTS // BATCH):
        web.publish(lines, lines=1)
        if number % 10 == 5:
            clicks.append(clicked(page))
    stream.counts(3 * BATCH + EVENTS, within=60)
    seconds, peak = time.monotonic() - began, measures(page)["JSHeapUsedSize"]
    is_calm(page)
    # What came in the last ten seconds is remembered: nothing comes twice.
    after = page.window.wait(
        lambda: (now := measures(page))["JSHeapUsedSize"] - before["JSHeapUsedSize"] < HEAP_GROWTH
        and now, "the heap being small again", 30)
    heap = after["JSHeapUsedSize"] - before["JSHeapUsedSize"]
    nodes = after["Nodes"] - before["Nodes"]
    listeners = after["JSEventListeners"] - before["JSEventListeners"]
    print(f"{EVENTS} events in {seconds:.1f} s; heap {before['JSHeapUsedSize'] / 1e6:.1f} MB, "
          f"then {peak / 1e6:.1f}, at last {heap / 1e3:+.0f} kB; nodes {before['Nodes']:.0f}, {nodes:+.0f}; "
          f"listeners {listeners:+.0f}; clicks {[f'{c * 1000:.0f} ms' for c in clicks]}")
    assert nodes < NODES_GROWTH and listeners < 50
    assert page.window.count("#events li") <= 300
    assert max(clicks) < CLICK * SLOW


def is_calm(page):
    """A flood leaves rows empty, which are filled after it."""
    page.window.wait(lambda: page.window.count("#events li:empty") == 0, "all rows being filled", 20)


def clicked(page):
    """Seconds from a click on pause, by the browser's clock, until the page says that it pauses; and back."""
    page.window.run("""
        window.took = null;
        document.querySelector("#pause").addEventListener("click", ({ timeStamp }) => setTimeout(() => {
            window.took = performance.now() - timeStamp; }), { once: true });
    """)
    page.window.find("#pause").click()
    page.window.wait(lambda: page.window.run("return window.took !== null"), "the click", 20)
    took = page.window.run("return window.took")
    page.window.find("#pause").click()
    return took / 1000
