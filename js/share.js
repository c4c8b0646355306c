// SPDX-License-Identifier: MIT
// share - all feeds of a browser that may have one stream together
//
// One window, the leader, holds it and tells the others what comes. When it is gone,
// the next one goes on from the smallest id that any window has reached. A window
// that was frozen, or comes back out of the browser's cache, joins as a new one.
// Where windows cannot share, each is its own leader.

import { Leader } from "./leader.js";
import { Pass } from "./pass.js";
import { canShare, Peers } from "./peers.js";

const HELLO_MS = 300; // who says hello later joins later

export class Share {
	#how;
	#feeds = new Map(); // n -> feed
	#count = 0;
	#peers = null;
	#lead = null; // a Leader, while this window leads
	#leader; // its name
	#watched = new Set();
	#isThere = false;
	#isKnown = false; // a leader has been told of this window, or will be
	#closing = new AbortController();

	// how: as of Leader and Pass, and { name: of those who share, null for nobody; over() }
	constructor(how) {
		this.#how = how;
		const on = (target, type, act) => target?.addEventListener?.(type, act, { signal: this.#closing.signal });
		const { document } = globalThis;
		on(globalThis, "pagehide", () => this.#stop());
		on(globalThis, "pageshow", () => this.#wake());
		on(globalThis, "online", () => this.#lead?.hurry());
		on(document, "freeze", () => this.#stop());
		on(document, "resume", () => this.#wake());
		on(document, "visibilitychange", () => document.hidden || this.#ask({ kind: "hurry" }));
		this.#start();
	}

	// Returns how to take it away.
	add(feed) {
		const n = ++this.#count;
		this.#feeds.set(n, feed);
		this.#ask({ kind: "wants", wants: [[n, feed.want]] });
		return () => {
			this.#feeds.delete(n);
			this.#ask({ kind: "drop", n });
			if (this.#feeds.size > 0)
				return;
			this.#closing.abort();
			this.#stop();
			this.#how.over();
		};
	}

	get #name() {
		return this.#peers?.name ?? "";
	}

	// ---- being there

	#start() {
		if (this.#isThere)
			return;
		this.#isThere = true;
		if (this.#how.name === null || !canShare()) {
			this.#begin();
			return;
		}
		this.#peers = new Peers({
			joined: () => this.#hello(),
			lead: () => this.#begin(),
			hear: (message, from) => this.#hear(message, from),
			gone: (name) => this.#gone(name),
			failed: () => {
				this.#how.name = null; // the browser denies it to this page
				this.#stop();
				this.#start();
			},
		}, this.#how.name);
		this.#peers.join();
	}

	#stop() {
		this.#lead?.close();
		this.#peers?.leave();
		this.#lead = this.#peers = this.#leader = null;
		this.#isThere = this.#isKnown = false;
		this.#watched.clear();
	}

	#wake() {
		if (!this.#isThere)
			this.#feeds.forEach((feed) => feed.hear("away", { reason: "frozen" }));
		this.#start();
	}

	// ---- as any window

	#hello() {
		this.#isKnown = true;
		this.#ask({ kind: "wants", wants: [...this.#feeds].map(([n, feed]) => [n, feed.want]) });
	}

	// To whoever leads; if nobody does, the next one hears it all in a hello.
	#ask(message) {
		if (this.#lead !== null)
			this.#serve(message, this.#name);
		else if (this.#isKnown)
			this.#peers.post(message);
	}

	#hear(message, from) {
		if (this.#lead !== null) {
			if (!this.#watched.has(from))
				this.#peers.watch(from);
			this.#watched.add(from);
			this.#serve(message, from);
		} else if (message.kind === "lead") {
			this.#leader = from;
			if (this.#isKnown)
				this.#hello();
		} else if (message.kind === "tell" && from === (this.#leader ??= from)) {
			this.#take(message);
		}
	}

	#take({ say, what, keys, cursor }) {
		for (const [name, n] of keys.map((key) => key.split(" ")))
			if (name === this.#name)
				this.#feeds.get(Number(n))?.hear(say, what, cursor);
	}

	// ---- as the one that leads

	#gone(name) {
		this.#watched.delete(name);
		this.#lead?.drop(`${name} `);
	}

	async #begin() {
		const pass = new Pass(this.#how, () => lead.plan());
		const lead = this.#lead = new Leader(this.#how, pass, (say, what, wants, cursor) => {
			const message = { kind: "tell", say, what, keys: wants.map(({ key }) => key), cursor };
			if (message.keys.some((key) => !key.startsWith(`${this.#name} `)))
				this.#peers.post(message);
			this.#take(message);
		});
		this.#hello();
		this.#peers?.post({ kind: "lead" });
		const others = await this.#peers?.others();
		setTimeout(() => lead === this.#lead && lead.begin(), others?.length ? HELLO_MS : 0);
	}

	#serve({ kind, wants, n }, from) {
		if (kind === "wants")
			wants.forEach(([n, want]) => this.#lead.set(`${from} ${n} `, want));
		else if (kind === "drop")
			this.#lead.drop(`${from} ${n} `);
		else
			this.#lead.hurry();
	}
}
