// SPDX-License-Identifier: MIT
// theatre-strip - the events of a run in the order of time, a stroke each, on a
// ground that is red while the stream is away
//
// A stroke stands where its event was sent, and changes with what is known of it.
// Nothing moves: strokes appear, from left to right.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000, HEIGHT = 60;
const SPAN_MS = 8000; // at first
const GROWTH = 1.5; // each time it is full

function make(name, attributes) {
	const element = document.createElementNS(SVG, name);
	for (const [key, value] of Object.entries(attributes))
		element.setAttribute(key, value);
	return element;
}

export class Strip {
	element = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "strip", "aria-hidden": "true" });
	#ground = make("g", {});
	#strokes = make("g", {});
	#lines = new Map(); // number -> its line
	#span = SPAN_MS;

	constructor() {
		this.element.append(this.#ground, this.#strokes);
	}

	#x(ms) {
		return (ms * WIDTH / this.#span).toFixed(1);
	}

	show(count, now) {
		while (now > this.#span) {
			this.#span *= GROWTH;
			this.#lines.clear();
			this.#strokes.replaceChildren();
		}
		this.#ground.replaceChildren(...count.away.map(({ from, to }) => make("rect", {
			class: "away", x: this.#x(from), y: 0, height: HEIGHT, width: Math.max(1, this.#x((to ?? now) - from)),
		})));
		for (const event of count.events)
			this.#stroke(event, count.stateOf(event));
	}

	#stroke({ n, sent }, state) {
		let line = this.#lines.get(n);
		if (line === undefined) {
			const x = this.#x(sent);
			line = make("line", { x1: x, x2: x, y1: 10, y2: HEIGHT - 10 });
			this.#lines.set(n, line);
			this.#strokes.append(line);
		}
		if (line.dataset.state !== state)
			line.dataset.state = state;
	}
}
