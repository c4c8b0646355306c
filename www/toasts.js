// SPDX-License-Identifier: MIT
// toasts - what has just come, in a corner of the page, for some seconds
//
//   shown   its bar runs; over it, or in it by keyboard, it waits
//   gone    by itself, by its button, or because newer ones need the room
//
// Only what is news: notifications and messages, but not this window's own,
// not what was missed and comes late, and of a burst only the first few. A
// system notification is shown beside it if the reader has allowed that.

import { el, setText } from "./dom.js";
import { addWords, t, translate } from "./i18n.js";
import { words } from "./words/toasts.js";

addWords(words);

const SHOWN_MAX = 3;
const LIFE_MS = 6000;
const TEXT_MAX = 240;
const TYPES = new Set(["message", "notification", "alert", "announcement"]);
// By the level that its data tells, or by its type.
const TONES = { __proto__: null, success: "good", warning: "warn", error: "bad", alert: "warn" };

const cut = (text) => text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)} …` : text;
const word = (value = null) => value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);

// Data that is an object may say what it is in words; anything else is text.
// Null if it is no news.
function readEvent({ channel, type, data }) {
	let said = null;
	try {
		said = JSON.parse(data);
	} catch {
		// then it is text
	}
	if (said === null || typeof said !== "object" || Array.isArray(said))
		return { title: channel, text: cut(data), tone: TONES[type] ?? "info" };
	if (type === "message" && typeof said.sequence === "number")
		return null; // the demonstration's steady beat is no news
	return {
		title: cut(word(said.title) || (type === "message" ? channel : `${channel} · ${type}`)),
		text: cut(word(said.text ?? said.message) || data),
		tone: TONES[word(said.level) || type] ?? "info",
	};
}

// ---- one of them

class Toast {
	#left = LIFE_MS;
	#began = 0;
	#timer = 0;
	#holds = 0; // by pointer, by keyboard

	constructor({ title, text, tone }, gone) {
		this.gone = gone;
		this.element = translate(el("div", { class: "toast", "data-tone": tone },
			el("div", { class: "toast-text" }, el("b", {}, title), el("span", {}, text)),
			el("button", {
				type: "button", class: "close", "data-t-aria-label": "close",
				onclick: () => this.close(),
			}, "×"),
			el("div", { class: "progress" })));
		for (const [name, act] of [["pointerenter", "hold"], ["focusin", "hold"],
			["pointerleave", "release"], ["focusout", "release"]])
			this.element.addEventListener(name, () => this[act]());
		this.element.addEventListener("keydown", ({ key }) => key === "Escape" && this.close());
		this.#run();
	}

	hold() {
		if (this.#holds++ > 0)
			return;
		clearTimeout(this.#timer);
		this.#left -= performance.now() - this.#began;
		this.element.dataset.held = "";
	}

	release() {
		if (--this.#holds > 0)
			return;
		delete this.element.dataset.held;
		this.#run();
	}

	#run() {
		this.#began = performance.now();
		this.#timer = setTimeout(() => this.close(), Math.max(500, this.#left));
	}

	close() {
		clearTimeout(this.#timer);
		// whoever was in it by keyboard goes on in the next one
		const had = this.element.contains(document.activeElement);
		const next = this.element.nextElementSibling ?? this.element.previousElementSibling;
		this.element.remove();
		if (had)
			next?.querySelector("button")?.focus();
		this.gone(this);
	}
}

// ---- the system's own

const canNotify = () => "Notification" in window;

function notify({ title, text }) {
	if (!canNotify() || Notification.permission !== "granted")
		return;
	try {
		new Notification(title, { body: text, tag: "tidings" });
	} catch {
		// some phones have them for service workers only
	}
}

async function askLeave() {
	return canNotify() && await Notification.requestPermission() === "granted";
}

// ---- all

function toggle(id, key, on) {
	const box = el("input", { type: "checkbox", id });
	box.checked = on;
	return [el("label", { class: "toggle" }, box, el("span", { "data-t": key })), box];
}

export function mount(corner, section, { bus }) {
	const shown = new Set();
	const own = new Set();
	let more = 0;
	const rest = el("p", { class: "more", hidden: true });
	const [toastsLabel, toastsOn] = toggle("toasts-on", "toasts-on", false);
	const [systemLabel, systemOn] = toggle("system-on", "system-on", false);
	section.querySelector(".menu-items").append(translate(el("div", { class: "toggles" }, toastsLabel, systemLabel)));
	corner.append(rest);

	let due = 0; // about to be shown
	let restTimer = 0;
	const showRest = () => {
		if (shown.size === 0)
			more = 0; // there are none that it could be more than
		rest.hidden = more === 0;
		setText(rest, more === 0 ? "" : t("more", { count: more }));
	};
	const isFull = () => shown.size + due >= SHOWN_MAX;
	const countRest = () => {
		more++;
		restTimer ||= setTimeout(() => {
			restTimer = 0;
			showRest();
		}, 200);
	};
	const show = (news) => {
		const toast = new Toast(news, () => {
			shown.delete(toast);
			showRest();
		});
		shown.add(toast);
		corner.insertBefore(toast.element, rest);
	};
	const isNews = ({ type, id, replayed, again, channel }) =>
		TYPES.has(type) && !replayed && !again && !own.has(id) && channel !== "metrics";

	bus.addEventListener("sent", ({ detail: { id } }) => {
		own.add(id);
		if (own.size > 100)
			own.delete(own.values().next().value);
	});
	bus.addEventListener("event", ({ detail }) => {
		const [pops, notifies] = [toastsOn.checked, systemOn.checked];
		if (!pops && !notifies || !isNews(detail))
			return;
		const news = readEvent(detail);
		if (news === null)
			return;
		if (isFull()) {
			countRest();
			return;
		}
		// one's own comes back before its answer: by then it is known
		due++;
		setTimeout(() => {
			due--;
			if (own.has(detail.id))
				return;
			if (pops)
				show(news);
			if (notifies)
				notify(news);
		}, 50);
	});
	toastsOn.addEventListener("change", () => {
		if (!toastsOn.checked)
			for (const toast of [...shown])
				toast.close();
	});
	systemOn.addEventListener("change", async () => {
		if (!systemOn.checked)
			return;
		systemOn.checked = await askLeave();
		systemLabel.title = systemOn.checked ? "" : t("not-allowed");
	});
}
