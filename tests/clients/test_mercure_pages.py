# SPDX-License-Identifier: MIT
"""Libraries for pages, and both browsers' own EventSource, at /.well-known/mercure: the
story of test_mercure_programs.py, in HTML.
"""

import pytest

from mercure import mercure, publisher
from mercure_story import at_mercure, target_of, told_at_mercure
from test_pages import DRESSES, Page, PageStory, open_pages
from test_programs import NO_503

pytestmark = [pytest.mark.deploy, pytest.mark.page, pytest.mark.timeout(300)]

# name: (the page, what of npm it needs, topic, what it gets wrong, is it told where to begin?)
PAGES = {
    "EventSource": ("eventsource", None, "html", {NO_503}, False),
    "EventSource elsewhere": ("eventsource", None, "html", {NO_503}, False),
    "event-source-polyfill": ("event-source-polyfill", "event-source-polyfill", "html", {NO_503}, True),
    "htmx 2": ("htmx2", "htmx-ext-sse", "html", set(), False),
    "htmx 4": ("htmx4", "htmx4", "html", set(), True),
    "htmx 4 elsewhere": ("htmx4", "htmx4", "html", set(), True),
    "Turbo": ("turbo", "@hotwired/turbo", "turbo", {NO_503}, False),
}


# Of another origin, Firefox takes a refused connection for the end, whatever the protocol.
FIREFOX = {"EventSource elsewhere": {"stops: nobody there"}}


def faults_of(name, browser):
    return FIREFOX.get(name, PAGES[name][3]) if browser == "firefox" else PAGES[name][3]


class MercurePage(Page):
    pages = PAGES

    def stream(self, url, topic):
        return at_mercure(url) + target_of(topic, self.name, self.begins_at if PAGES[self.name][4] else None)


class MercureStory(told_at_mercure(PageStory)):
    def texts(self, data):
        return [(topic, text.format(data)) for topic, _, text in DRESSES if topic != "datastar"]


@pytest.fixture
def told(make_world, browser, tmp_path, request):
    """What all that are to be had saw, and what each is known to get wrong."""
    kind = request.node.callspec.params["browser"]
    known = {name: sorted(faults_of(name, kind)) for name in PAGES}
    passage, pages, config = open_pages(browser, MercurePage, known)
    world = make_world(mercure(tmp_path, config), web=True)
    passage.to = world.port
    before = publisher(world, publish=["*"]).publish("before", data="x").text
    for page in pages:
        page.begins_at = before
    story = MercureStory(world, passage, pages)
    try:
        story.play()
        yield {page.name: (sorted(story.faults(page.name)), known[page.name], story.about(page.name))
               for page in pages}
    finally:
        passage.close()


def test_pages_get_each_update_once_and_in_order(told):
    wrong = {name: seen for name, seen in told.items() if seen[0] != seen[1]}
    assert not wrong, "\n".join(f"{name}: {faults}\n{about}" for name, (faults, _, about) in wrong.items())
    missing = [name for name in PAGES if name not in told]
    if missing:
        pytest.skip(f"npm has not installed what these need: {', '.join(missing)}")
