// SPDX-License-Identifier: MIT
// figures - three of them, large: streams, deliveries a second, and how long an
// event takes from publish to browser
//
//   bus: "sample"    detail: the newest on channel metrics, or null: not known now

import { el, setText } from "./dom.js";
import { addWords, formatNumber, onLanguage, t, translate } from "./i18n.js";
import { words } from "./words/figures.js";

addWords(words);

const isFigure = (value) => typeof value === "number" && Number.isFinite(value);
const compact = (value) => formatNumber(value, value < 10_000 ? { maximumFractionDigits: value < 100 ? 1 : 0 } : { notation: "compact", maximumFractionDigits: 1 });
const FIGURES = [
	["subscribers", "figure-streams", compact],
	["deliveries_per_second", "figure-deliveries", compact],
	["delivery_p99_ms", "figure-latency", (value) => formatNumber(value, { maximumFractionDigits: value < 10 ? 1 : 0 })],
];

export function mount(list, { bus }) {
	const values = FIGURES.map(([key, label, format]) => {
		const value = el("b", { "data-large": key }, "–");
		const unit = key.endsWith("_ms") ? [" ", el("small", {}, "ms")] : [];
		list.append(translate(el("div", {}, el("dt", { "data-t": label }), el("dd", {}, value, ...unit))));
		return { key, format, value };
	});
	let said = null;
	const show = () => {
		for (const { key, format, value } of values)
			setText(value, isFigure(said?.[key]) ? format(said[key]) : "–");
		list.title = said === null ? t("figures-unknown") : "";
	};
	bus.addEventListener("sample", ({ detail }) => {
		said = detail;
		show();
	});
	onLanguage(show);
}
