// SPDX-License-Identifier: MIT
// channels - which channels there are, who listens to them and how much comes
//
//   bus: "channels"    detail: Map of name -> { subscribers, rate, lastAt }
//
// Asked for every few seconds while the page is seen and a stream is live: whoever
// is refused once is not asked again before there is something else to show. The
// rate is what was added between two answers; both it and when the last came are
// NaN until two answers have told of it.

import { at } from "./place.js";

const ASK_MS = 3000;
const MOST = 200; // channels

class Channel {
	subscribers = 0;
	rate = NaN;
	lastAt = NaN;
	#events = 0;
	#newest = null;
	#toldAt = NaN;

	// told: as in the answer.
	tell({ subscribers, events, newest }, now) {
		this.subscribers = subscribers;
		if (!Number.isNaN(this.#toldAt)) {
			const added = newest === this.#newest ? 0 : events - this.#events;
			// what is not stored is not counted, and a full channel drops as many as it gets
			const isUnknown = newest === null || newest !== this.#newest && added <= 0;
			this.rate = isUnknown ? NaN : 1000 * added / (now - this.#toldAt);
			if (newest !== this.#newest)
				this.lastAt = now;
		}
		[this.#events, this.#newest, this.#toldAt] = [events, newest, now];
	}
}

export class Channels {
	#page;
	#known = new Map(); // name -> Channel
	#isRefused = false;
	#isAsking = false;

	constructor(page) {
		this.#page = page;
		page.bus.addEventListener("token", () => {
			this.#isRefused = false;
		});
		page.bus.addEventListener("stream", ({ detail: { state } }) => state === "live" && this.#ask());
		document.addEventListener("visibilitychange", () => this.#ask());
		setInterval(() => this.#ask(), ASK_MS);
	}

	async #ask() {
		const isLive = this.#page.connections.all.some(({ state }) => state === "live");
		if (this.#isAsking || this.#isRefused || !isLive || document.hidden)
			return;
		this.#isAsking = true;
		try {
			const answer = await fetch(at(`api/channels?limit=${MOST}`),
				{ cache: "no-store", headers: this.#page.token.headers });
			this.#isRefused = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
			if (answer.ok)
				this.#tell((await answer.json()).channels);
		} catch {
			// asked again once a stream is live
		} finally {
			this.#isAsking = false;
		}
	}

	#tell(channels) {
		const now = Date.now();
		const known = new Map();
		for (const told of channels) {
			const channel = this.#known.get(told.channel) ?? new Channel();
			channel.tell(told, now);
			known.set(told.channel, channel);
		}
		this.#known = known;
		this.#page.bus.dispatchEvent(new CustomEvent("channels", { detail: known }));
	}
}
