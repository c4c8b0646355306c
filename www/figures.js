// SPDX-License-Identifier: MIT
// figures - three of them, large: streams, deliveries a second, and how long an
// event takes from publish to browser (delay.js)

import { el, setText } from "./dom.js";
import { addWords, formatNumber, onLanguage, t } from "./i18n.js";
import { words } from "./words/figures.js";

addWords(words);

const isFigure = (value) => typeof value === "number" && Number.isFinite(value);
const few = (value) => ({ maximumFractionDigits: value < 100 ? 1 : 0 });
const count = (value) => formatNumber(value, value < 10_000 ? few(value) : { notation: "compact", maximumFractionDigits: 1 });
const ms = (value) => formatNumber(value, { maximumFractionDigits: value < 10 ? 1 : 0 });

class Figure {
	#value;
	#label = el("dt");

	constructor(name, format, unit) {
		this.format = format;
		this.#value = el("b", { "data-large": name }, "–");
		this.element = el("div", {}, this.#label,
			el("dd", {}, this.#value, ...unit === undefined ? [] : [" ", el("small", {}, unit)]));
	}

	show(label, value) {
		setText(this.#label, label);
		setText(this.#value, isFigure(value) ? this.format(value) : "–");
	}
}

export function mount(list, { bus }) {
	const streams = new Figure("subscribers", count);
	const deliveries = new Figure("deliveries", count);
	const latency = new Figure("latency", ms, "ms");
	list.append(...[streams, deliveries, latency].map(({ element }) => element));

	let [sample, delay] = [null, null];
	const show = () => {
		const { subscribers, deliveries_per_second: rate } = sample ?? {};
		streams.show(t("figure-streams", { count: isFigure(subscribers) ? subscribers : 0 }), subscribers);
		deliveries.show(t("figure-deliveries"), rate);
		latency.show(t(delay?.from === "here" ? "figure-latency" : "figure-delivery"), delay?.ms);
	};
	bus.addEventListener("sample", ({ detail }) => {
		sample = detail;
		show();
	});
	bus.addEventListener("delay", ({ detail }) => {
		delay = detail;
		show();
	});
	onLanguage(show);
}
