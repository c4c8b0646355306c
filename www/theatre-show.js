// SPDX-License-Identifier: MIT
// theatre-show - the stage: a button, the strip, and what came of it in words
//
// What happens is said aloud once each (role=status); the seconds that run are for
// the eyes only.

import { el, setText } from "./dom.js";
import { addWords, formatNumber, onLanguage, t, translate } from "./i18n.js";
import { Run } from "./theatre-run.js";
import { Strip } from "./theatre-strip.js";
import { words } from "./words/theatre.js";

addWords(words);

const LEGEND = ["came", "missed", "recovered", "lost"];
const FAILURES = ["unanswered", "silent", "spared", "not_found"];
const seconds = (ms) => formatNumber(ms / 1000, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

function sentenceOf(run) {
	const { state, why, process } = run;
	if (state === "failed")
		return FAILURES.includes(why) ? t(`theatre-${why}`) : t("theatre-refused", { why });
	return t(`theatre-${state}`, { process: String(process) });
}

function sumOf(run) {
	const { away, missed, recovered, lost, doubled, unsent } = run.count.sum(run.now);
	return [
		t("theatre-away", { seconds: seconds(away) }), t("theatre-missed", { n: missed }),
		t("theatre-recovered", { n: recovered }), t("theatre-lost", { n: lost }),
		...doubled > 0 ? [t("theatre-doubled", { n: doubled })] : [],
		...unsent > 0 ? [t("theatre-unsent", { n: unsent })] : [],
	].join(" · ");
}

export class Stage {
	#run = null;
	#strip = new Strip();
	#over = null; // the sum of the last run, once it is over
	#button = el("button", { type: "button", class: "button", "data-t": "theatre-kill", onclick: () => this.#play() });
	#told = el("p", { class: "told", role: "status" });
	#running = el("span", { class: "running", "aria-hidden": "true" });
	#result = el("p", { class: "result", role: "status" });
	#feeds;
	#kill;

	constructor(section, feeds, kill) {
		[this.#feeds, this.#kill] = [feeds, kill];
		const legend = el("ul", { class: "legend" }, ...LEGEND.map((state) =>
			el("li", { "data-state": state, "data-t": `theatre-is-${state}` })));
		section.append(translate(el("h2", { id: "theatre-title", "data-t": "theatre-title" })), translate(el("div", { class: "stage" },
			el("p", { class: "lead", "data-t": "theatre-lead" }),
			el("div", { class: "bar" }, this.#button, this.#told, this.#running),
			this.#strip.element, el("div", { class: "foot" }, legend, this.#result))));
		section.hidden = false;
		onLanguage(() => this.#say());
	}

	async #play() {
		if (this.#run !== null && this.#over === null)
			return;
		const strip = new Strip();
		this.#strip.element.replaceWith(strip.element);
		this.#strip = strip;
		this.#over = null;
		this.#button.setAttribute("aria-disabled", "true");
		let isDue = false;
		const show = () => {
			isDue = false;
			this.#show();
		};
		// Many changes in a frame are one to look at.
		this.#run = new Run({ change: () => {
			isDue ||= requestAnimationFrame(show) > 0;
		} });
		this.#show();
		const beat = setInterval(() => this.#show(), 100);
		await this.#run.play(this.#feeds, this.#kill);
		clearInterval(beat);
		this.#over = this.#run;
		this.#button.removeAttribute("aria-disabled");
		this.#show();
	}

	#show() {
		this.#strip.show(this.#run.count, this.#run.now);
		this.#say();
	}

	// A status is said again only if its text changes.
	#say() {
		const run = this.#run;
		if (run === null)
			return;
		const isOver = this.#over !== null;
		const { count } = run;
		setText(this.#told, sentenceOf(run));
		setText(this.#running, !isOver && count.away.length > 0 ? t("theatre-away", { seconds: seconds(count.sum(run.now).away) }) : "");
		setText(this.#result, isOver && count.away.length > 0 ? sumOf(run) : "");
		this.#result.dataset.tone = count.sum(run.now).lost > 0 ? "bad" : "good";
		this.#strip.element.dataset.state = run.state;
	}
}
