// SPDX-License-Identifier: MIT
// streams - the sidebar: which streams are connected, and how each of them is; and
// below them the channels that one could connect to
//
// A card for each connection. Its figures are read anew twice a second, when its
// state changes, and soon after an event, however many have come.

import { Channels } from "./channels.js";
import { keyOf, topicOf } from "./connections.js";
import { el, setText } from "./dom.js";
import { addWords, formatAgo, formatNumber, onLanguage, t, translate } from "./i18n.js";
import { others } from "./others.js";
import { pathAt } from "./place.js";
import { shortOf, troubleOf } from "./status.js";
import { TopicField } from "./topic-field.js";
import { words } from "./words/streams.js";

addWords(words);

const PRESETS = [
	["*", { kind: "pattern", pattern: "*" }],
	["main", { kind: "channel", channel: "main" }],
	["metrics", { kind: "channel", channel: "metrics" }],
	["plain", { kind: "plain" }],
	["tasks", { kind: "tasks" }],
];
const SOON_MS = 100;
const TONES = {
	connecting: "warn", live: "good", "catching up": "info", lost: "bad", ended: "off",
};

const PATHS = { plain: "sse/events", tasks: "tasks/stream" };
const nameOf = (source) => topicOf(source) ?? pathAt(PATHS[source.kind]);

// ---- one of them

class Card {
	#types = new Map(); // type -> element
	there = null; // how many listen, if that is known

	constructor(connection, close) {
		this.connection = connection;
		const figure = (name) => {
			const value = el("dd", { class: name });
			return [el("div", {}, el("dt", { "data-t": `stream-${name}` }), value), value];
		};
		[this.figures, this.values] = [[], {}];
		for (const name of ["total", "recovered", "last-id"]) {
			const [element, value] = figure(name);
			this.figures.push(element);
			this.values[name] = value;
		}
		for (const name of ["there", "rate", "since"])
			this.values[name] = el("span", { class: name });
		this.state = el("span", { class: "badge state" });
		this.types = el("p", { class: "types" });
		this.gaps = el("p", { class: "gaps", hidden: true });
		const name = nameOf(connection.source);
		const what = connection.source.pattern === "*" ? el("small", { "data-t": "all-channels" }) : "";
		this.close = el("button", { type: "button", class: "disconnect", onclick: close }, "×");
		this.element = translate(el("article", {
			class: "stream", "data-key": connection.key, "aria-label": name,
		}, el("div", { class: "stream-head" }, el("h3", { title: name }, name, " ", what), this.state, this.close),
		el("details", {}, el("summary", {}, this.values.there, this.values.rate, this.values.since),
			el("dl", {}, ...this.figures), this.types), this.gaps));
		this.language();
	}

	language() {
		this.close.setAttribute("aria-label", t("disconnect-name", { name: nameOf(this.connection.source) }));
		this.close.title = t("disconnect");
		translate(this.element);
		this.show();
	}

	#since() {
		const { lastAt } = this.connection;
		if (lastAt === null)
			return t("never");
		if (Number.isNaN(lastAt))
			return t("earlier");
		return formatAgo(Date.now() - lastAt);
	}

	show() {
		const { state, total, lastId, recovered } = this.connection;
		this.element.dataset.state = state.replace(" ", "-");
		this.state.dataset.tone = TONES[state];
		const why = troubleOf(this.connection);
		setText(this.state, why === null ? t(`state-${state}`) : `${t(why.isFinal ? "state-refused" : "state-lost")}: ${shortOf(why)}`);
		setText(this.values.there, this.there === null ? "" : t("there", { count: this.there }));
		setText(this.values.rate, t("per-second", { n: formatNumber(this.connection.rate(), { maximumFractionDigits: 1 }) }));
		setText(this.values.since, this.#since());
		setText(this.values.total, formatNumber(total));
		setText(this.values.recovered, formatNumber(recovered));
		setText(this.values["last-id"], lastId || t("none-yet"));
		const { gaps } = this.connection;
		this.gaps.hidden = gaps === 0;
		setText(this.gaps, t("gaps", { count: gaps }));
		this.#showTypes();
	}

	#showTypes() {
		for (const [type, count] of this.connection.types) {
			if (!this.#types.has(type)) {
				const number = el("b");
				this.types.append(el("span", { class: "type", "data-type": type }, type, " ", number));
				this.#types.set(type, number);
			}
			setText(this.#types.get(type), formatNumber(count));
		}
	}
}

// ---- adding one

function connectForm({ connections }) {
	const field = new TopicField("topic-example");
	const history = el("select", { name: "since" },
		el("option", { value: "", "data-t": "from-now" }),
		el("option", { value: "10m", "data-t": "from-10m" }),
		el("option", { value: "all", "data-t": "from-all" }));
	const form = el("form", { id: "connect", novalidate: true },
		el("label", { class: "field wide" }, el("span", { "data-t": "topic" }), field.element),
		el("label", { class: "field" }, el("span", { "data-t": "from" }), history),
		el("button", { class: "button", "data-t": "connect" }));
	field.serve(form, (source) => {
		connections.open({ ...source, since: history.value || undefined });
		field.clear();
	});
	return form;
}

function presetButtons({ bus, connections }) {
	const buttons = new Map(PRESETS.map(([name, source]) => [keyOf(source), el("button", {
		type: "button", class: "button quiet", lang: "en", "data-connect": name,
		onclick: () => connections.open(source),
	}, nameOf(source))]));
	bus.addEventListener("stream", ({ detail: { key, state } }) =>
		buttons.get(key)?.setAttribute("aria-disabled", String(state !== null && state !== "ended")));
	return el("p", { class: "presets" }, el("span", { "data-t": "presets" }), " ",
		...[...buttons.values()].flatMap((button) => [button, " "]));
}

function addBox(page) {
	const sign = el("summary", { class: "add", "data-t-aria-label": "add", "data-t-title": "add" });
	const box = el("details", { id: "add" }, sign, connectForm(page), presetButtons(page));
	box.addEventListener("toggle", () => box.open && box.querySelector("[name=channel]").focus());
	return box;
}

export function mount(section, page) {
	const { bus, connections } = page;
	const cards = new Map();
	const list = el("div", { class: "cards" });
	section.append(translate(addBox(page)), el("div", { class: "scrolls" }, list, others(page)));
	new Channels(page);

	bus.addEventListener("stream", ({ detail: { key, state } }) => {
		if (state === null) {
			cards.get(key)?.element.remove();
			cards.delete(key);
		} else if (cards.has(key)) {
			cards.get(key).show();
		} else {
			const card = new Card(connections.get(key), () => connections.close(key));
			cards.set(key, card);
			list.append(card.element);
		}
	});
	bus.addEventListener("channels", ({ detail: channels }) => {
		for (const card of cards.values())
			card.there = channels.get(card.connection.source.channel)?.subscribers ?? null;
	});
	const changed = new Set(); // keys
	bus.addEventListener("event", ({ detail: { key } }) => {
		if (changed.size === 0)
			setTimeout(() => {
				for (const each of changed)
					cards.get(each)?.show();
				changed.clear();
			}, SOON_MS);
		changed.add(key);
	});
	setInterval(() => cards.forEach((card) => card.show()), 500);
	onLanguage(() => cards.forEach((card) => card.language()));
}
