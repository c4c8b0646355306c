// SPDX-License-Identifier: MIT
// events - what came, and above it what is looked for among it

import { copyButton, el, setText } from "./dom.js";
import { addWords, onLanguage, t, translate } from "./i18n.js";
import { noteCuts } from "./cuts.js";
import { emptiness } from "./emptiness.js";
import { List } from "./list.js";
import { menu } from "./menu.js";
import { words } from "./words/events.js";

addWords(words);

const TYPES_MAX = 100; // that can be chosen from

function searchField() {
	return el("input", {
		id: "search", type: "search", name: "search", autocomplete: "off", spellcheck: "false",
		"data-t-placeholder": "search", "data-t-aria-label": "search",
	});
}

function typeChoice(bus) {
	const select = el("select", { id: "filter", name: "filter", "data-t-aria-label": "filter" },
		el("option", { value: "", "data-t": "all-types" }));
	const known = new Set();
	bus.addEventListener("event", ({ detail: { type } }) => {
		if (known.has(type) || known.size >= TYPES_MAX)
			return;
		known.add(type);
		select.append(el("option", { value: type }, type));
	});
	return select;
}

function pauseOf(list) {
	const button = el("button", {
		id: "pause", type: "button", class: "button quiet", "aria-pressed": "false",
	});
	const show = () => {
		const waiting = list.paused && list.waiting > 0;
		button.setAttribute("aria-pressed", String(list.paused));
		setText(button, waiting ? t("resume-count", { n: list.waiting })
			: t(list.paused ? "resume" : "pause"));
	};
	button.addEventListener("click", () => {
		list.paused = !list.paused;
		list.wake();
		show();
	});
	setInterval(show, 500);
	onLanguage(show);
	return button;
}

function moreOf(list) {
	const copy = copyButton(() => list.text(), { copy: "copy-all" });
	copy.id = "copy";
	return menu("more-events", "further", copy, el("button", {
		id: "clear", type: "button", class: "button quiet", "data-t": "clear",
		onclick: () => list.clear(),
	}));
}

// Which of the rows are shown, if not all of them are.
function tellFound(element, list, isLooking) {
	const { all, shown } = isLooking() ? list.counts : { all: 0, shown: 0 };
	setText(element, all === shown ? "" : t("found", { shown, all }));
}

export function mount(feed, { bus, connections }) {
	const rows = el("ol", { id: "events", tabindex: "0", "data-t-aria-label": "events-newest" });
	const empty = el("p", { class: "empty" });
	const found = el("span", { id: "found", role: "status" });
	const [search, type] = [searchField(), typeChoice(bus)];
	const unseen = el("button", { id: "unseen", type: "button", hidden: true, onclick: () => list.toEnd() });
	const isLooking = () => search.value !== "" || type.value !== "";

	const show = () => {
		const isEmpty = rows.querySelector("li.event") === null;
		empty.hidden = !isEmpty && !(isLooking() && list.counts.shown === 0);
		setText(empty, empty.hidden ? "" : emptiness(connections.all, isEmpty ? "" : search.value || type.value));
		unseen.hidden = list.unseen === 0;
		if (!unseen.hidden)
			setText(unseen, t("unseen", { count: list.unseen }));
	};
	const list = new List(rows, show);
	const look = () => {
		list.look(type.value, search.value);
		tellFound(found, list, isLooking);
	};
	search.addEventListener("input", look);
	type.addEventListener("change", look);
	setInterval(() => tellFound(found, list, isLooking), 500);

	feed.prepend(translate(el("div", { class: "bar" }, search, type, found, pauseOf(list), moreOf(list))),
		translate(el("div", { class: "rows" }, empty, rows, unseen)));

	bus.addEventListener("event", ({ detail }) => detail.again || list.add(detail));
	bus.addEventListener("sent", ({ detail: { id } }) => list.sent(id));
	bus.addEventListener("stream", show);
	onLanguage(show);
	noteCuts((note) => list.add(note), bus, connections);
}
