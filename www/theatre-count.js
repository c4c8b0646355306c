// SPDX-License-Identifier: MIT
// theatre-count - numbered events, sent and come back: which were missed, which
// were recovered, and whether one is lost
//
// It believes nobody but its own eyes: an event is one that the server has
// acknowledged, and it has come when it has come here. What the stream says of
// itself only tells from when until when it was away.
//
//   missed     acknowledged before the stream was back, and not here by then
//   recovered  of these, came since
//   lost       acknowledged, and not here; also where the stream was never away
//   doubled    came more than once

export class Count {
	#events = new Map(); // number -> { sent, acked, came, times }
	away = []; // [{ from, to }], ms; the last `to` is null while it is away

	#of(n) {
		if (!this.#events.has(n))
			this.#events.set(n, { n, sent: null, acked: null, came: null, times: 0 });
		return this.#events.get(n);
	}

	sent(n, now) {
		this.#of(n).sent = now;
	}

	// The server has it.
	acked(n, now) {
		this.#of(n).acked ??= now;
	}

	came(n, now) {
		const event = this.#of(n);
		event.came ??= now;
		event.times++;
	}

	get isAway() {
		return this.away.length > 0 && this.away.at(-1).to === null;
	}

	goes(now) {
		if (!this.isAway)
			this.away.push({ from: now, to: null });
	}

	returns(now) {
		if (this.isAway)
			this.away.at(-1).to = now;
	}

	#wasMissed({ acked, came }) {
		return acked !== null && this.away.some(({ to }) =>
			acked <= (to ?? Infinity) && (came === null || came >= (to ?? Infinity)));
	}

	// As the strip shows it: "sent" until the server has said that it has it.
	stateOf(event) {
		if (event.came !== null)
			return this.#wasMissed(event) ? "recovered" : "came";
		return event.acked === null ? "sent" : this.#wasMissed(event) ? "missed" : "acked";
	}

	get events() {
		return [...this.#events.values()];
	}

	// Is everything here that the server has?
	get isWhole() {
		return this.events.every(({ acked, came }) => acked === null || came !== null);
	}

	// ms that it was away, and how many of each.
	sum(now) {
		const known = this.events.filter(({ acked }) => acked !== null);
		const missed = known.filter((event) => this.#wasMissed(event));
		return {
			away: this.away.reduce((sum, { from, to }) => sum + (to ?? now) - from, 0),
			sent: this.events.length,
			unsent: this.events.length - known.length,
			missed: missed.length,
			recovered: missed.filter(({ came }) => came !== null).length,
			lost: known.filter(({ came }) => came === null).length,
			doubled: this.events.filter(({ times }) => times > 1).length,
		};
	}
}
