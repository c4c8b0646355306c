# SPDX-License-Identifier: MIT
"""Libraries for pages, in Chromium: the story of test_programs.py, in HTML.

Each page has an origin of its own; those called "elsewhere" listen at another.
"""

import pytest

import outside
from outsiders import Client, Story
from passage import Passage
from test_programs import NO_503

pytestmark = [pytest.mark.deploy, pytest.mark.page, pytest.mark.timeout(300)]
FOLDER = outside.FOLDER / "browser"

# name: (the page, what of npm it needs, channel, what it gets wrong)
PAGES = {
    "EventSource": ("eventsource", None, "html", {NO_503}),
    "EventSource elsewhere": ("eventsource", None, "html", {NO_503}),
    "event-source-polyfill": ("event-source-polyfill", "event-source-polyfill", "html", {NO_503}),
    "event-source-polyfill elsewhere": ("event-source-polyfill", "event-source-polyfill", "html", {NO_503}),
    "htmx 2": ("htmx2", "htmx-ext-sse", "html", {"doubles: an answer 503"}),
    "htmx 2 elsewhere": ("htmx2", "htmx-ext-sse", "html", {"doubles: an answer 503"}),
    "htmx 4": ("htmx4", "htmx4", "html", set()),
    "htmx 4 elsewhere": ("htmx4", "htmx4", "html", set()),
    "Turbo": ("turbo", "@hotwired/turbo", "turbo", {NO_503}),
    "Datastar": ("datastar", "@starfederation/datastar", "datastar", {"stops: a reload"}),
}
# How an event looks that each of them puts into a list: (channel, type, text).
DRESSES = (
    ("html", None, "<li>{}</li>"),
    ("turbo", None, '<turbo-stream action="append" target="list"><template><li>{}</li></template></turbo-stream>'),
    ("datastar", "datastar-merge-fragments", "selector #list\nmergeMode append\nfragments <li>{}</li>"))


class Page(Client):
    """One page in the window, with an origin of its own."""

    pages = PAGES

    def __init__(self, name, window, passage, **how):
        super().__init__(name, None, **how)
        self.window, self.passage = window, passage
        self.port = passage.listen()

    def start(self, url):
        file, _, channel, *_ = self.pages[self.name]
        origin = f"http://127.0.0.1:{self.port}"
        if "elsewhere" not in self.name:
            url = origin + "/stream"
        text = (FOLDER / f"{file}.html").read_text()
        text = text.replace("@NAME@", self.name).replace("@STREAM@", self.stream(url, channel))
        self.passage.files[f"/{self.port}.html"] = text.encode()
        self.window.run("show(...arguments)", self.name, f"{origin}/{self.port}.html")

    def stream(self, url, channel):
        return url + self.target(channel)

    def has_ended(self):
        return False

    @property
    def said(self):
        return self.window.run("return said[arguments[0]] ?? []", self.name)  # none before it starts

    @said.setter
    def said(self, _):
        pass

    def close(self):
        pass


class PageStory(Story):
    types = (None,)

    def store(self, data, n, type):
        for channel, type, text in DRESSES:
            self.world.publish(text.format(data), channel=channel, event=type, id=f"n{n}")
        return n


def open_pages(browser, kind, known):
    """The passage, all pages that are to be had, and the responder's configuration for them.

    `known`: what each page gets wrong.
    """
    browser.expects(".*")  # some speak of each end
    files = {"/around.html": FOLDER / "around.html", "/say.js": FOLDER / "say.js"}
    for path in outside.MODULES.rglob("*.js"):
        url = "/" + str(path.relative_to(outside.MODULES))
        # a module without .js, as bundlers take it
        files |= dict.fromkeys((url, url.removesuffix(".js")), path)
    passage = Passage(None, files)
    window = browser.open(f"http://127.0.0.1:{passage.port}/around.html")
    pages = [kind(name, window, passage, stops=next((f[7:] for f in known[name] if f.startswith("stops: ")), None))
             for name, (_, module, *_) in kind.pages.items()
             if module is None or (outside.MODULES / module).is_dir()]
    origins = " ".join(f"http://127.0.0.1:{page.port}" for page in pages if "elsewhere" in page.name)
    return passage, pages, {"responder": {"retry": "500ms", "origins": origins}}


@pytest.fixture
def told(make_world, chromium):
    """What all that are to be had saw."""
    passage, pages, config = open_pages(chromium, Page, {name: page[3] for name, page in PAGES.items()})
    world = make_world(config, web=True)
    passage.to = world.port
    story = PageStory(world, passage, pages)
    try:
        story.play()
        yield {page.name: {"missing": None, "faults": sorted(story.faults(page.name)),
                           "about": story.about(page.name)} for page in pages}
    finally:
        passage.close()


def test_pages_get_each_event_once_and_in_order(told):
    wrong = {name: (seen["faults"], seen["about"]) for name, seen in told.items()
             if seen["faults"] != sorted(PAGES[name][3])}
    assert not wrong, "\n".join(f"{name}: {faults}\n{about}" for name, (faults, about) in wrong.items())
    missing = [name for name in PAGES if name not in told]
    if missing:
        pytest.skip(f"npm has not installed what these need: {', '.join(missing)}")
