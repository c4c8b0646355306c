// SPDX-License-Identifier: MIT
// figures - three of them, large: streams, deliveries a second, and how long an
// event takes from publish to browser
//
//   bus: "sample"    detail: the newest on channel metrics, or null: not known now
//
// The last is measured here where server and browser have one clock: on this very
// machine. Elsewhere it is the server's own, to the delivery.

import { el, setText } from "./dom.js";
import { addWords, formatNumber, onLanguage, t, translate } from "./i18n.js";
import { at } from "./place.js";
import { words } from "./words/figures.js";

addWords(words);

const MEASURED_MS = 180_000;
const MEASURED_MAX = 2000;
const MEASURED_LEAST = 5;
const HERE = /^(localhost|127(\.\d+){3}|\[::1\])$/;

const isFigure = (value) => typeof value === "number" && Number.isFinite(value);
const few = (value) => ({ maximumFractionDigits: value < 100 && value % 1 !== 0 ? 1 : 0 });
const count = (value) => formatNumber(value, value < 10_000 ? few(value) : { notation: "compact", maximumFractionDigits: 1 });
const ms = (value) => formatNumber(value, { maximumFractionDigits: value < 10 ? 1 : 0 });

// How long the live events of the last minutes were on their way.
class Passage {
	#taken = []; // [when it came, ms], the newest last
	#isHere = HERE.test(new URL(at("")).hostname);

	add({ published = NaN, at: came, replayed, again }) {
		if (!this.#isHere || replayed || again || Number.isNaN(published))
			return;
		this.#taken.push([came, Math.max(0, came - published)]);
		if (this.#taken.length >= 2 * MEASURED_MAX)
			this.#taken = this.#taken.slice(-MEASURED_MAX);
	}

	// Null if too few came.
	get p99() {
		const since = Date.now() - MEASURED_MS;
		const taken = this.#taken.filter(([came]) => came >= since).map(([, spent]) => spent).sort((a, b) => a - b);
		return taken.length < MEASURED_LEAST ? null : taken[Math.ceil(taken.length * 0.99) - 1];
	}
}

function makeFigure(name, unit) {
	const value = el("b", { "data-large": name }, "–");
	const label = el("dt");
	return { value, label, element: el("div", {}, label, el("dd", {}, value, ...unit === undefined ? [] : [" ", el("small", {}, unit)])) };
}

export function mount(list, { bus }) {
	const [streams, deliveries, latency] = [["subscribers"], ["deliveries"], ["latency", "ms"]].map((how) => makeFigure(...how));
	list.append(...[streams, deliveries, latency].map(({ element }) => translate(element)));
	const passage = new Passage();
	let said = null;
	const show = () => {
		const tell = ({ value, label }, word, figure, format) => {
			setText(label, word);
			setText(value, isFigure(figure) ? format(figure) : "–");
		};
		const { p99 } = passage;
		tell(streams, t("figure-streams", { count: isFigure(said?.subscribers) ? said.subscribers : 0 }), said?.subscribers, count);
		tell(deliveries, t("figure-deliveries"), said?.deliveries_per_second, count);
		tell(latency, t(p99 === null ? "figure-delivery" : "figure-latency"), p99 ?? said?.delivery_p99_ms, ms);
	};
	bus.addEventListener("event", ({ detail }) => passage.add(detail));
	bus.addEventListener("sample", ({ detail }) => {
		said = detail;
		show();
	});
	onLanguage(show);
}
