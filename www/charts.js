// SPDX-License-Identifier: MIT
// charts - lines over the last minutes, drawn by Chart.js if it is there
//
// Chart.js comes from the web server (Debian: libjs-chart.js). Without it the
// page shows the figures alone.

import { at } from "./place.js";

const LIBRARY = "javascript/chart.js/chart.esm.js";
export const SAMPLE_MS = 2000; // from one to the next
export const SAMPLES = 90; // that is, three minutes

// Beside Tidings, or where Debian has it for all sites.
const places = () => new Set([at(LIBRARY), new URL(`/${LIBRARY}`, at("")).href]);

async function fetchLibrary() {
	for (const place of places())
		try {
			return await import(place);
		} catch {
			// perhaps at the next
		}
	throw new Error("no Chart.js");
}

let library = null;

// The library's module, or null.
async function load() {
	try {
		const chart = await fetchLibrary();
		const { Chart, LineController, LineElement, PointElement, LinearScale, CategoryScale, Filler } = chart;
		Chart.register(LineController, LineElement, PointElement, LinearScale, CategoryScale, Filler);
		return chart;
	} catch {
		return null;
	}
}

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function optionsOf({ most, axis }) {
	const line = color("--line"), text = color("--dim");
	return {
		animation: false,
		responsive: true,
		maintainAspectRatio: false,
		events: [],
		layout: { padding: { top: 4 } },
		elements: { line: { borderWidth: 1.75, tension: 0.25 } },
		scales: {
			x: { display: false },
			y: {
				min: 0, suggestedMax: most, grid: { color: line, drawBorder: false },
				ticks: { color: text, maxTicksLimit: 3, font: { size: 10 }, callback: (value) => axis(value) },
			},
		},
	};
}

// Of a sample without neighbours no line would tell.
const isAlone = (line, n) => (line[n - 1] ?? null) === null && (line[n + 1] ?? null) === null;

const COLORS = ["--accent", "--second"];

function datasetsOf(lines) {
	return lines.map((data, n) => ({
		data,
		borderColor: color(COLORS[n]),
		backgroundColor: `${color(COLORS[n])}22`,
		pointBackgroundColor: color(COLORS[n]),
		pointRadius: ({ dataIndex }) => isAlone(data, dataIndex) ? 1.75 : 0,
		fill: n === 0 ? "origin" : false,
		spanGaps: false,
	}));
}

// One chart: `lines` are arrays that the caller goes on filling.
class LineChart {
	#chart;

	constructor({ Chart }, canvas, lines, scale) {
		this.lines = lines;
		this.scale = scale;
		this.#chart = new Chart(canvas, {
			type: "line",
			data: { labels: Array(SAMPLES).fill(""), datasets: datasetsOf(lines) },
			options: optionsOf(scale),
		});
	}

	show() {
		this.#chart.update("none");
	}

	// The theme has changed.
	repaint() {
		this.#chart.options = optionsOf(this.scale);
		this.#chart.data.datasets = datasetsOf(this.lines);
		this.show();
	}
}

// scale: { most: the axis goes at least so far, axis: (number) => text }.
// Resolves to a LineChart, or null without the library.
export async function lineChart(canvas, lines, scale) {
	library ??= load();
	const loaded = await library;
	return loaded === null ? null : new LineChart(loaded, canvas, lines, scale);
}
