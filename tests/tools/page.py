# SPDX-License-Identifier: MIT
"""The page, as its tests speak of it.

    page = Page(chromium, world)
    stream = page.connect("alerts")
    stream.is_("live")
    page.publish("hello", channel="alerts")
    page.sees("hello")
"""

import json
import re

from world import eventually

KEYS = {"plain": "plain", "tasks": "tasks"}

# Remembers in the page what passes: rows leave it after a while, and states are
# shorter than a look from outside.
WATCH = """
const seen = window.seenByTest = { rows: [], gaps: [], states: [] };
const row = (li) => ({ id: li.dataset.id, type: li.dataset.type, channel: li.dataset.channel,
	data: li.said.data, at: Date.now() });
const take = (node) => {
	if (node.nodeType !== 1)
		return;
	for (const li of [node, ...node.querySelectorAll("li")])
		if (li.matches("#events li.event"))
			seen.rows.push(row(li));
		else if (li.matches("#events li.gap"))
			seen.gaps.push(li.textContent);
	for (const stream of [node, ...node.querySelectorAll("article")])
		if (stream.matches("article.stream"))
			state(stream);
};
const state = (stream) => seen.states.push([stream.dataset.key, stream.dataset.state]);
for (const li of [...document.querySelectorAll("#events li")].reverse())
	take(li);
document.querySelectorAll("article.stream").forEach(state);
new MutationObserver((changes) => {
	for (const change of changes)
		if (change.type === "attributes")
			change.target.matches("article.stream") && state(change.target);
		else
			// rows put before the others in one go stand newest first
			[...change.addedNodes].reverse().forEach(take);
}).observe(document.body, { subtree: true, childList: true, attributeFilter: ["data-state"] });
"""

STREAM = """
const stream = document.querySelector(`article.stream[data-key="${CSS.escape(arguments[0])}"]`);
if (stream === null)
	return null;
const text = (css) => stream.querySelector(css)?.textContent.trim() ?? "";
return { state: stream.dataset.state, last_id: text(".last-id"), rate: text(".rate"),
	since: text(".since"), total: text(".total"), recovered: text(".recovered"),
	types: Object.fromEntries([...stream.querySelectorAll(".types [data-type]")]
		.map((e) => [e.dataset.type, e.textContent])) };
"""

EVENTS = """
return [...document.querySelectorAll("#events li.event")].reverse().map((li) => ({
	id: li.dataset.id, type: li.dataset.type, channel: li.dataset.channel,
	data: li.said.data, line: li.querySelector(".data")?.textContent ?? "",
	shown: li.checkVisibility ? li.checkVisibility() : li.offsetParent !== null }));
"""


def whole(text):
    """The whole number in a text, however it groups its digits."""
    digits = re.sub(r"(?<=\d)[.,\s\u202f\u00a0](?=\d{3})", "", text)
    found = re.search(r"\d+", digits)
    return int(found[0]) if found else 0


class Stream:
    """One of the connected streams."""

    def __init__(self, page, key):
        self.page, self.key = page, key
        quoted = key.replace("\\", "\\\\").replace('"', '\\"')
        self.css = f'article.stream[data-key="{quoted}"]'

    def look(self):
        return self.page.window.run(STREAM, self.key)

    def is_(self, state, within=15):
        self.page.window.wait(lambda: (self.look() or {}).get("state") == state,
                              f"{self.key} being {state}", within)
        return self

    def counts(self, count, type="message", within=10):
        """Waits until it counts just so many events of the type."""
        self.page.window.wait(
            lambda: whole(self.look()["types"].get(type, "0").replace(type, "")) == count,
            f"{self.key} counting {count} of {type}", within)
        return self

    def total(self):
        return whole(self.look()["total"])

    def recovered(self):
        return whole(self.look()["recovered"])

    def last_id(self):
        return "".join(re.findall(r"[\d-]{6,}", self.look()["last_id"]))

    def states(self):
        """All states since watch(), each once in a row."""
        states = [s for key, s in self.page.seen()["states"] if key == self.key]
        return [s for n, s in enumerate(states) if n == 0 or states[n - 1] != s]

    def disconnect(self):
        self.page.go("streams")
        self.page.window.click(f"{self.css} .disconnect")


class Page:
    def __init__(self, browser, world, kind="window", watch=True, url=None):
        self.world, self.browser = world, browser
        self.url = url or f"http://127.0.0.1:{world.port}/"
        self.window = browser.open(self.url, kind)
        self.ready(watch)

    def ready(self, watch=True):
        """Waits until its scripts have run."""
        self.window.find("#publish [name=message]")
        self.window.wait(lambda: self.window.run("return document.readyState") == "complete",
                         "the page being loaded")
        if watch:
            self.window.run(WATCH)

    def reload(self):
        self.window.driver.refresh()
        self.ready()

    def go(self, section):
        if not self.window.run("return document.getElementById(arguments[0]).checkVisibility()",
                               section):
            self.window.click(f'nav [href="#{section}"]')
        self.window.find(f"#{section}")
        if section == "metrics":
            self.opens("#charts")
        return self

    def opens(self, css):
        """Unfolds it, as a hand does."""
        if not self.window.run("return document.querySelector(arguments[0]).open", css):
            self.window.click(f"{css} > summary")
        return self

    def language(self, tag):
        if self.window.run("return document.querySelector('#language').tagName") == "SELECT":
            self.window.select("#language", tag)
        else:
            self.window.click(f'#language [value="{tag}"]')
        self.window.wait(lambda: self.window.run("return document.documentElement.lang") == tag,
                         f"the page speaking {tag}")

    # ---- streams
    def stream(self, name):
        kind = "pattern" if name == "*" or "{" in name else "channel"
        return Stream(self, KEYS.get(name, f"{kind}:{name}"))

    def connect(self, name):
        """By its button, or by typing its name; waits until it is there."""
        stream = self.stream(name)
        if stream.look() is not None:
            return stream
        self.go("streams").opens("#add")
        if name in self.window.run("return Array.from(document.querySelectorAll('[data-connect]'),"
                                   " e => e.dataset.connect)"):
            self.window.click(f'[data-connect="{name}"]')
        else:
            self.window.fill("#connect [name=channel]", name)
            self.window.click("#connect button:not([type=button])")
        self.window.wait(stream.look, f"{name} being connected")
        return stream

    def only(self, *names):
        """Connects these and disconnects all others."""
        for name in names:
            self.connect(name).is_("live")
        keys = [self.stream(name).key for name in names]
        for key in self.keys():
            if key not in keys:
                Stream(self, key).disconnect()
        self.window.wait(lambda: sorted(self.keys()) == sorted(keys), f"only {keys}")
        return [self.stream(name) for name in names]

    def keys(self):
        return self.window.run("return Array.from(document.querySelectorAll('article.stream'),"
                               " e => e.dataset.key)")

    # ---- events
    def events(self, **wanted):
        """The rows, oldest first."""
        return [e for e in self.window.run(EVENTS) if all(e[k] == v for k, v in wanted.items())]

    def sees(self, text, within=10, **wanted):
        """Waits for a row with this text; returns it."""
        return self.window.wait(
            lambda: next((e for e in self.events(**wanted) if text in e["data"]), None),
            f"{text[:60]!r} being seen", within)

    def watch(self):
        self.window.run(WATCH)

    def seen(self):
        return self.window.run("return window.seenByTest")

    def ids(self, channel="main"):
        """The ids of all stored events of a channel that have passed."""
        return [int(row["id"]) for row in self.seen()["rows"]
                if row["id"] and row["channel"] == channel]

    def has_all(self, ids, channel="main", within=20):
        """Each id once, in order, and no other."""
        self.window.wait(lambda: set(ids) <= set(self.ids(channel)),
                         f"all {len(ids)} events of {channel} being seen", within)
        assert self.ids(channel) == sorted(ids)

    # ---- composing
    def compose(self, message, channel="main", type="", format="text"):
        self.go("compose")
        for name, text in (("channel", channel), ("type", type), ("message", message)):
            self.window.fill(f"#publish [name={name}]", text)
        self.window.run("const wanted = arguments[0];"
                        "const field = document.querySelector('#publish').elements.format;"
                        "if (field.tagName === 'SELECT') { field.value = wanted;"
                        "  field.dispatchEvent(new Event('change', {bubbles: true})); }"
                        "else [...field].find(f => f.value === wanted).click();", format)

    def publish(self, message, channel="main", type="", format="text", within=10):
        """By the form; returns the id that the page was told."""
        self.compose(message, channel, type, format)
        before = self.window.text("#published")
        self.window.click("#publish button:not([type=button])")
        said = self.window.wait(lambda: (t := self.window.text("#published")) != before and t,
                                "the page telling of the publish", within)
        found = re.search(r"\d{12,}", said)
        assert found, f"#published says {said!r}"
        return int(found[0])


def stored(world, channel="main"):
    """What the log holds of a channel: [(id, type, data)]."""
    reader = world.listen(channel, since="all")
    count = world.channel(channel)["events"]
    reader.wait(lambda: len(reader.ids) >= count, reader.story)
    return [(int(e.id), e.type, e.data) for e in reader.events if int(e.id or 0) in reader.ids
            and e.type not in ("connected", "live")]


def same_json(one, other):
    return json.loads(one) == json.loads(other)


def has(world, channel, count, within=10):
    eventually(lambda: world.channel(channel)["events"] >= count,
               f"{count} events of {channel} in the log", within)
