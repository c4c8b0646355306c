// SPDX-License-Identifier: MIT
// history - samples in order and each once: those of the last minutes, which the
// server has, before those that come
//
//   const history = new History((sample, missed) => {});
//   history.ask();                   at first, and when the stream is back
//   history.hear(sample);            what the stream brings; null: unreadable
//
// While it asks, what comes waits. The server's own clock says which come before
// which, and how many did not come; where it has no earlier ones (none kept, or an
// older version), those that come are all there is.

import { SAMPLE_MS, SAMPLES } from "./charts.js";
import { at } from "./place.js";

const ASK_MS = 3000;

const timeOf = (sample) => Date.parse(sample?.timestamp);

export class History {
	// Of the server's clock and ours, as the last answer showed it: what to add to
	// ours, and how wrong that may be; ms.
	clock = null;
	#give;
	#last = NaN; // when the last one was that was given
	#given = new Set(); // the timestamps of the newest
	#waiting = null; // what has come while it asks
	#asked = 0;

	constructor(give) {
		this.#give = give;
	}

	hear(sample) {
		if (this.#waiting !== null)
			this.#waiting.push(sample);
		else
			this.#next(sample);
	}

	async ask() {
		const asked = ++this.#asked;
		this.#waiting ??= [];
		const earlier = await this.#fetch();
		if (asked !== this.#asked)
			return; // asked again meanwhile
		const came = this.#waiting;
		this.#waiting = null;
		for (const sample of [...earlier, ...came])
			this.#next(sample);
	}

	#next(sample) {
		const time = sample === null ? this.#last + SAMPLE_MS : timeOf(sample);
		if (this.#given.has(time))
			return;
		const passed = time - this.#last; // less than nothing: the clock was put back
		this.#last = time;
		this.#remember(time);
		this.#give(sample, passed > 0 ? Math.max(0, Math.round(passed / SAMPLE_MS) - 1) : 0);
	}

	#remember(time) {
		this.#given.add(time);
		if (this.#given.size > 2 * SAMPLES)
			this.#given.delete(this.#given.values().next().value);
	}

	async #fetch() {
		const leaving = new AbortController();
		const began = performance.now();
		try {
			const answer = await fetch(at("metrics"), {
				cache: "no-store", headers: { Accept: "application/json" },
				signal: AbortSignal.any?.([leaving.signal, AbortSignal.timeout(ASK_MS)]) ?? leaving.signal,
			});
			if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("application/json"))
				throw new Error("none"); // perhaps a stream, which has no end
			const took = performance.now() - began;
			const { now, samples } = await answer.json();
			this.clock = { ahead: Date.parse(now) + took / 2 - Date.now(), error: took / 2 };
			return samples;
		} catch {
			leaving.abort();
			return [];
		}
	}
}
