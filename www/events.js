// SPDX-License-Identifier: MIT
// events - what came, newest first: a list of at most ROWS_MAX rows
//
// Events wait in `fresh` until the next frame and become rows together; of
// more than ROWS_MAX that wait only the newest ever do, but what is told of cuts
// and gaps always does. While paused they wait on. What the filter hides stays
// a row and is shown again by the filter.

import { copyButton, el, setText, timeElement } from "./dom.js";
import { addWords, formatMoment, formatTime, onLanguage, t, translate } from "./i18n.js";
import { momentOf } from "./moment.js";
import { words } from "./words/events.js";

addWords(words);

const ROWS_MAX = 250;
const NOTES_MAX = 20; // that are older than the newest ROWS_MAX
const SHOWN_MAX = 4000; // characters of an event's data
const FRAME_MS = 250; // a window that is not seen has no frames

// ---- rows

function shorten(data) {
	return data.length <= SHOWN_MAX ? data : `${data.slice(0, SHOWN_MAX)} …`;
}

const whole = new WeakMap(); // row -> data that is longer than what is shown

// What an object says in words stands out from the rest of its text, which
// stays as it came.
const WORDS = /"(?:message|title|text)":\s*"((?:[^"\\]|\\.)+)"/g;

function dataOf(text) {
	const element = el("div", { class: "data" });
	if (!text.startsWith("{"))
		return el("div", { class: "data" }, text);
	let from = 0;
	for (const found of text.matchAll(WORDS)) {
		const at = found.index + found[0].length - found[1].length - 1;
		element.append(text.slice(from, at), el("b", {}, found[1]));
		from = at + found[1].length;
	}
	element.append(text.slice(from));
	element.classList.toggle("object", from > 0);
	return element;
}

function eventRow(event, mine) {
	const { type, id, channel, data, replayed } = event;
	const row = el("li", {
		class: `event${mine ? " mine" : ""}${replayed ? " replayed" : ""}`,
		"data-id": id, "data-type": type, "data-channel": channel,
	}, el("div", { class: "row-head" },
		translate(timeElement(momentOf(event), formatMoment)),
		el("span", { class: "channel" }, channel),
		type === "message" ? "" : el("span", { class: "type", "data-type": type }, type),
		replayed ? el("span", { class: "mark", "data-t": "replayed" }, t("replayed")) : "",
		el("span", { class: "id" }, id)),
	dataOf(shorten(data)));
	if (data.length > SHOWN_MAX)
		whole.set(row, data);
	return row;
}

function noteRow(kind, text) {
	return el("li", { class: kind }, el("time", {}, formatTime(Date.now())),
		el("div", { class: "data" }, text));
}

// ---- the list

class List {
	#fresh = []; // what is not a row yet: an event, or a function that makes a note
	#skipped = 0; // events that will never be rows
	#frame = 0;
	#timer = 0;
	#sent = new Set(); // ids that this window has published
	paused = false;
	wanted = ""; // the type that is shown; "" = all

	constructor(element, said) {
		this.element = element;
		this.said = said;
	}

	get waiting() {
		return this.#fresh.length + this.#skipped;
	}

	add(item) {
		this.#fresh.push(item);
		if (this.#fresh.length >= 2 * ROWS_MAX)
			this.#trim();
		this.wake();
	}

	#trim() {
		const old = this.#fresh.splice(0, Math.max(0, this.#fresh.length - ROWS_MAX));
		const notes = old.filter((item) => typeof item === "function").slice(-NOTES_MAX);
		this.#skipped += old.length - notes.length;
		this.#fresh.unshift(...notes);
	}

	wake() {
		if (this.paused || this.#timer !== 0)
			return;
		const flush = () => this.#flush();
		this.#frame = requestAnimationFrame(flush);
		this.#timer = setTimeout(flush, FRAME_MS);
	}

	#flush() {
		cancelAnimationFrame(this.#frame);
		clearTimeout(this.#timer);
		this.#timer = 0;
		if (this.paused)
			return;
		this.#trim();
		this.#skipped = 0;
		const rows = this.#fresh.splice(0).map((item) => this.#row(item)).reverse();
		const { element } = this;
		const atTop = element.scrollTop < 8;
		const before = element.scrollHeight;
		element.prepend(...rows);
		while (element.childElementCount > ROWS_MAX)
			element.lastElementChild.remove();
		// whoever reads further down goes on reading there
		if (!atTop)
			element.scrollTop += element.scrollHeight - before;
		this.said();
	}

	#row(item) {
		const row = typeof item === "function" ? item() : eventRow(item, this.#sent.has(item.id));
		row.hidden = this.#isHidden(row);
		return row;
	}

	#isHidden(row) {
		return this.wanted !== "" && row.dataset.type !== this.wanted && row.matches(".event");
	}

	filter(type) {
		this.wanted = type;
		for (const row of this.element.children)
			row.hidden = this.#isHidden(row);
	}

	sent(id) {
		this.#sent.add(id);
		if (this.#sent.size > ROWS_MAX)
			this.#sent.delete(this.#sent.values().next().value);
		this.element.querySelector(`[data-id="${CSS.escape(id)}"]`)?.classList.add("mine");
	}

	clear() {
		this.#fresh.length = this.#skipped = 0;
		this.element.replaceChildren();
		this.said();
	}

	// What is shown, oldest first, a JSON object per line.
	text() {
		return [...this.element.querySelectorAll("li.event:not([hidden])")].reverse()
			.map((row) => JSON.stringify({
				id: row.dataset.id, channel: row.dataset.channel, event: row.dataset.type,
				data: whole.get(row) ?? row.querySelector(".data").textContent,
			})).join("\n");
	}
}

// ---- what is above it

function filterOf(list, bus) {
	const select = el("select", { id: "filter", name: "filter", "data-t-aria-label": "filter" },
		el("option", { value: "", "data-t": "all-types" }));
	const known = new Set();
	bus.addEventListener("event", ({ detail: { type } }) => {
		if (known.has(type) || known.size >= 100)
			return;
		known.add(type);
		select.append(el("option", { value: type }, type));
	});
	select.addEventListener("change", () => list.filter(select.value));
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

// ---- cuts, and what they have cost

const nameOf = (key) => key.replace(/^(channel|pattern):/, "");

// A cut is told once for all streams, and so is a refusal; what came after it for
// each of them.
function noteCuts(list, bus, connections) {
	const begun = new Set(); // keys: what never began is not cut
	const refused = new Set(); // keys
	const lost = new Set(); // keys
	const gaps = new Set(); // keys that were told of a gap since they were lost
	const recovered = new Map(); // key -> how many are told already
	const unread = new Set(); // ids that could not be read: told once for all

	const lose = (key) => {
		if (lost.size === 0 && begun.has(key))
			list.add(() => noteRow("cut", t("cut")));
		if (!lost.has(key))
			gaps.delete(key);
		lost.add(key);
	};
	const judge = (key, isRefused) => {
		if (isRefused && refused.size === 0)
			list.add(() => noteRow("cut", t("refused")));
		refused[isRefused ? "add" : "delete"](key);
	};
	const count = (key, all) => {
		const more = all - (recovered.get(key) ?? 0);
		recovered.set(key, all);
		if (more > 0)
			list.add(() => noteRow("note", t(gaps.has(key) ? "recovered-some" : "recovered",
				{ count: more, name: nameOf(key) })));
	};
	bus.addEventListener("gap", ({ detail: { key, unreadable } }) => {
		gaps.add(key);
		if (unreadable === undefined)
			list.add(() => noteRow("gap", t("gap", { name: nameOf(key) })));
		else if (!unread.has(unreadable))
			list.add(() => noteRow("gap", t("unreadable", { id: unreadable })));
		unread.add(unreadable);
	});
	bus.addEventListener("stream", ({ detail: { key, state } }) => {
		judge(key, connections.get(key)?.trouble?.isFinal === true);
		if (state === "live" || state === "catching up")
			begun.add(key);
		if (state === "lost")
			lose(key);
		else if (state === null || state === "live" || state === "ended")
			lost.delete(key);
		if (state === null) {
			recovered.delete(key);
			begun.delete(key);
		} else {
			count(key, connections.get(key)?.recovered ?? 0);
		}
	});
}

export function mount(section, { bus, connections }) {
	const rows = el("ol", { id: "events", tabindex: "0", "data-t-aria-label": "events-newest" });
	const empty = el("p", { class: "empty", "data-t": "no-events" });
	const list = new List(rows, () => {
		empty.hidden = rows.childElementCount > 0;
	});
	const copy = copyButton(() => list.text(), { copy: "copy" });
	copy.id = "copy";
	section.append(translate(el("div", { class: "feed" },
		el("div", { class: "bar" }, el("label", { class: "field" }, filterOf(list, bus)),
			pauseOf(list), el("button", {
				id: "clear", type: "button", class: "button quiet", "data-t": "clear",
				onclick: () => list.clear(),
			}), copy), empty, rows)));

	bus.addEventListener("event", ({ detail }) => detail.again || list.add(detail));
	bus.addEventListener("sent", ({ detail: { id } }) => list.sent(id));
	noteCuts(list, bus, connections);
}
