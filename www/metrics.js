// SPDX-License-Identifier: MIT
// metrics - what machine and server do, as figures and as charts
//
// Listens to channel `metrics` on a feed of its own, also if the reader has not
// connected to it: it costs no connection. Those of the last minutes come first
// (history.js). What a sample does not say leaves a gap in the lines, and so does
// each sample that nobody has.

import { lineChart, SAMPLES } from "./charts.js";
import { Delay } from "./delay.js";
import { el, setText } from "./dom.js";
import { History } from "./history.js";
import { addWords, formatNumber, onLanguage, t, translate } from "./i18n.js";
import { pathAt } from "./place.js";
import { words } from "./words/metrics.js";

addWords(words);

const number = (digits) => (value) => formatNumber(value, { maximumFractionDigits: digits });
const percent = (value) => `${number(1)(value)} %`;
const ms = (value) => `${number(2)(value)} ms`;

const count = (value) => formatNumber(value, { notation: "compact" });

function bytes(value) {
	const units = ["B", "kB", "MB", "GB"];
	const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
	return `${number(1)(value / 1000 ** at)} ${units[at]}/s`;
}

// keys: the sample's, one line each; most: the axis goes at least so far.
// axis: how its figures are written; by themselves unless told.
const CHARTS = [
	{ name: "cpu", keys: ["cpu_percent"], format: percent, most: 100 },
	{ name: "memory", keys: ["memory_percent"], format: percent, most: 100 },
	{ name: "requests", keys: ["requests_per_second"], format: number(1), most: 1 },
	{ name: "errors", keys: ["error_percent"], format: percent, most: 5 },
	{ name: "network", keys: ["network_in_bytes_per_second", "network_out_bytes_per_second"], format: bytes, axis: count, most: 1000 },
	{ name: "subscribers", keys: ["subscribers"], format: number(0), most: 2 },
	{ name: "latency", keys: ["delivery_p50_ms", "delivery_p99_ms"], format: ms, most: 1 },
];
// Figures that have no chart.
const FIGURES = [
	["events_per_second", number(1)], ["deliveries_per_second", number(1)],
	["commit_p50_ms", ms], ["commit_p99_ms", ms], ["responders", number(0)],
];

const isFigure = (value) => typeof value === "number" && Number.isFinite(value);
const read = (sample, key) => isFigure(sample?.[key]) ? sample[key] : null;
const show = (value, format) => value === null ? "–" : format(value);

// Null if it is no sample.
function parse(data) {
	try {
		const sample = JSON.parse(data);
		return typeof sample === "object" && "subscribers" in sample ? sample : null;
	} catch {
		return null;
	}
}

// ---- one chart

class Panel {
	#chart = null;

	constructor(chart) {
		Object.assign(this, { axis: number(2), ...chart });
		this.lines = this.keys.map(() => Array(SAMPLES).fill(null));
		this.figures = this.keys.map((key, n) => el("span", { "data-line": n }, "–"));
		this.value = el("span", { class: "value", "data-value": this.name },
			...this.figures.flatMap((figure, n) => n === 0 ? [figure] : [" · ", figure]));
		this.canvas = el("canvas", { "data-metric": this.name, role: "img" });
		this.element = translate(el("figure", { class: "chart" },
			el("figcaption", {}, el("span", { "data-t": `chart-${this.name}` }),
				this.keys.length > 1 ? el("small", { "data-t": `lines-${this.name}` }) : "", this.value),
			el("div", { class: "canvas" }, this.canvas)));
	}

	async start() {
		this.#chart = await lineChart(this.canvas, this.lines, this);
		if (this.#chart === null)
			this.canvas.parentElement.hidden = true;
	}

	#push(values) {
		this.lines.forEach((line, n) => {
			line.push(values[n]);
			line.shift();
		});
	}

	// `missed`: how many samples should have come before it.
	add(sample, missed) {
		for (let n = 0; n < Math.min(missed, SAMPLES); n++)
			this.#push(this.keys.map(() => null));
		this.#push(this.keys.map((key) => read(sample, key)));
		this.#chart?.show();
	}

	say(sample) {
		this.keys.forEach((key, n) => setText(this.figures[n], show(read(sample, key), this.format)));
	}

	// For those who do not see it; at a humane rate.
	describe() {
		this.canvas.setAttribute("aria-label",
			t("chart-label", { name: t(`chart-${this.name}`), value: this.value.textContent }));
	}

	repaint() {
		this.#chart?.repaint();
	}
}

// ---- all

export function mount(section, { feeds, bus }) {
	const panels = CHARTS.map((chart) => new Panel(chart));
	const figures = FIGURES.map(([key, format]) => {
		const value = el("dd", { "data-figure": key }, "–");
		return { key, format, value, element: el("div", {}, el("dt", { "data-t": `figure-${key}` }), value) };
	});
	const unread = translate(el("p", { class: "gaps", hidden: true, "data-t": "metrics-unreadable" }));
	const lead = el("p", { class: "lead" });
	const folded = el("details", { id: "charts" }, translate(el("summary", { "data-t": "charts" })), lead, unread,
		el("div", { class: "charts" }, ...panels.map((panel) => panel.element),
			translate(el("dl", { class: "figures" }, ...figures.map((figure) => figure.element)))));
	section.append(folded);

	let said = null; // the sample whose figures are shown
	const say = (sample) => {
		said = sample;
		bus.dispatchEvent(new CustomEvent("sample", { detail: sample }));
		bus.dispatchEvent(new CustomEvent("delay", { detail: delay.p99(read(sample, "delivery_p99_ms")) }));
		for (const panel of panels)
			panel.say(sample);
		for (const { key, format, value } of figures)
			setText(value, show(read(sample, key), format));
	};
	let [held, holes] = [0, 0];
	const history = new History((sample, missed) => {
		[held, holes] = [held + 1, holes + missed];
		Object.assign(section.dataset, { samples: held, holes });
		for (const panel of panels)
			panel.add(sample, missed);
		say(sample);
	});
	const delay = new Delay(() => history.clock);
	bus.addEventListener("event", ({ detail: { published, at, replayed, again } }) => {
		if (!replayed && !again)
			delay.saw(published, at);
	});
	const hear = ({ data }) => {
		const sample = parse(data);
		unread.hidden = sample !== null;
		history.hear(sample);
	};
	// The library is large: fetched when somebody wants to see it.
	folded.addEventListener("toggle", () => panels.forEach((panel) => panel.start()), { once: true });

	const describe = () => panels.forEach((panel) => panel.describe());
	setInterval(describe, 15_000);
	const repaint = () => panels.forEach((panel) => panel.repaint());
	onLanguage(() => {
		setText(lead, t("metrics-lead", { path: pathAt("metrics") }));
		say(said);
		describe();
		repaint();
	});
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
	feeds.open({ kind: "channel", channel: "metrics" }, {
		state(name) {
			if (name === "lost")
				say(null); // what was is no longer known
			else if (name === "live")
				history.ask();
		},
		event: hear, gap() {}, recovered() {},
	});
}
