// SPDX-License-Identifier: MIT
// delay - from publish to this browser: how long it took, for the slowest of a
// hundred events
//
//   const delay = new Delay(() => history.clock);
//   delay.saw(published, came);        of each event that came live; ms
//   delay.p99(server)                  { ms, from: "here" | "server", count } or null
//
// Measured here, where there are events to measure: when one was published, as the
// hub has stamped it (`at` of ?time=1), and when it came here, by one clock, since
// it is known how far ours is ahead (history.js). So it has all of the way in it:
// commit, fan-out, web server, network, and this page's own loop. The stamp has
// milliseconds, and the clocks are set to half a round trip: `error` says how
// wrong a figure may be. Where too few events came here, the figure is the server's
// own (`delivery_p99_ms`), which ends where the web server takes over.

const KEPT_MS = 180_000;
const KEPT = 2000;
const LEAST = 20; // fewer say nothing of a p99
const ABSURD_MS = 60_000; // it was not live, or a clock was set meanwhile

export class Delay {
	#delays = []; // [came, ms], the newest last
	#clock;

	// clock: () => { ahead, error } of the server's, or null
	constructor(clock) {
		this.#clock = clock;
	}

	saw(published, came = Date.now()) {
		const clock = this.#clock();
		if (clock === null || !Number.isFinite(published))
			return;
		const ms = came + clock.ahead - published;
		if (ms < -clock.error - 1 || ms > ABSURD_MS)
			return;
		this.#delays.push([came, Math.max(0, ms)]);
		if (this.#delays.length > KEPT)
			this.#delays.shift();
	}

	// server: the p99 of the server's newest sample, ms or null.
	p99(server = null, now = Date.now()) {
		const first = this.#delays.findIndex(([came]) => came > now - KEPT_MS);
		this.#delays.splice(0, first < 0 ? this.#delays.length : first);
		const count = this.#delays.length;
		if (count < LEAST)
			return typeof server === "number" ? { ms: server, from: "server", count, error: 0 } : null;
		const sorted = this.#delays.map(([, ms]) => ms).sort((a, b) => a - b);
		return { ms: sorted[Math.ceil(0.99 * count) - 1], from: "here", count, error: this.#clock()?.error ?? 0 };
	}
}
