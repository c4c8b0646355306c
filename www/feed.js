// SPDX-License-Identifier: MIT
// feed - what the page listens to
//
//   const feeds = openFeeds();
//   const feed = feeds.open({ kind: "channel", channel: "main", since: "10m" }, {
//           state(name) {}, event(event) {}, gap(said) {}, recovered(count) {},
//           trouble(why) {} });
//   feed.close(); feeds.close();
//
// source: { kind: "channel", channel, since?: "10m" | "all" | id },
// { kind: "pattern", pattern: "builds/{name}" | "*", since? } for all channels
// that it matches, { kind: "plain" } (/sse/events) or { kind: "tasks",
// interval?: seconds }; what is none of these is a TypeError. Patterns are
// explained in docs/http-api.md; events that are not stored come by none.
// event: { type, id ("" if volatile), channel, data (text), at (ms, when it
// came), published (ms, when it was published; NaN or not there if nobody says), replayed (it came while catching up) }.
//
// why: as in trouble.js, what keeps the stream away; null once it is good again.
// What isFinal (who asks may not) is not tried again by itself, but when the page
// is looked at again, or there is something else to show; other feeds go on.
//
//   openFeeds(base, { authorize, as, withCredentials });
//   feeds.authorize(authorize, as);      from now on; without arguments nothing
//
// authorize(), as in pass.js, gets what the streams show: a token, a ticket, a new
// cookie. It is called first, before that ends, and when the server takes it no
// more; nothing is lost between two. Only windows with the same `as`, such as the
// user's name, share streams.
//
//   connecting   nothing heard yet
//   live         what is published comes
//   catching up  back again, or begun in the past: what was stored comes first
//   lost         no connection; it comes back by itself
//   ended        the tasks are done, or close() was called
//
//   connecting -> live | catching up -> live
//   live, catching up -> lost -> catching up -> live, then recovered(count)
//   any -> ended
//
// All windows of a browser share the streams: one of them, the leader, holds
// them (leader.js) and tells the others what comes. When it is gone, the
// next one goes on from the smallest id that any window has reached, and each
// window passes over what it has. A window that was frozen, or comes back out
// of the browser's cache, joins as a new one with the ids it has reached. Where
// windows cannot share, each holds its own streams.

import { Leader } from "./leader.js";
import { Pass } from "./pass.js";
import { placeIs } from "./place.js";
import { Subscriber } from "./subscriber.js";
import { canShare, Peers } from "./peers.js";
import { wantOf } from "./want.js";

export { isChannelName } from "./want.js";

const TYPES = [
	"message", "error", "open", "announcement", "alert", "sensor", "heartbeat", "notification",
	"metrics", "start", "progress", "end", "close",
];

class Feeds {
	onrole = null;
	windows = 1; // as far as is known
	#types = new Set(TYPES);
	#subscribers = new Map();
	#count = 0;
	#peers = null; // null: this window is for itself
	#lead = null; // a Leader, while this window leads
	#leader = null; // the name of the window that leads, once known
	#isKnown = false; // a leader has been told of this window, or will be
	#isAsleep = false;
	#closing = new AbortController();
	#shown; // what the streams show: as a Pass wants it

	constructor({ authorize, as, withCredentials }) {
		this.#shown = { authorize, withCredentials };
		const { signal } = this.#closing;
		addEventListener("pagehide", () => this.#sleep(), { signal });
		addEventListener("pageshow", () => this.#wake(), { signal });
		document.addEventListener("freeze", () => this.#sleep(), { signal });
		document.addEventListener("resume", () => this.#wake(), { signal });
		this.#meet(as);
		this.#start();
	}

	get leading() {
		return this.#lead !== null;
	}

	open(source, on) {
		const n = ++this.#count;
		const subscriber = new Subscriber({ n, ...wantOf(source) }, on);
		this.#subscribers.set(n, subscriber);
		this.#ask({ kind: "want", want: subscriber.request });
		return {
			close: () => {
				if (!this.#subscribers.delete(n))
					return;
				this.#ask({ kind: "drop", n });
				subscriber.become("ended");
			},
		};
	}

	// Types of events that are to come through, besides the known ones.
	addTypes(types) {
		this.#learn(types);
		this.#ask({ kind: "types", types: [...types] });
	}

	// As openFeeds() takes them.
	authorize(authorize, as) {
		if (this.#closing.signal.aborted)
			return;
		this.#stop();
		this.#shown.authorize = authorize;
		this.#meet(as);
		if (!this.#isAsleep)
			this.#start();
	}

	close() {
		this.#closing.abort();
		this.#stop();
		for (const subscriber of this.#subscribers.values())
			subscriber.become("ended");
		this.#subscribers.clear();
	}

	// ---- being there

	// Who shows something shares with nobody who shows nothing.
	#meet(as) {
		if (canShare())
			this.#peers = new Peers({
				joined: () => this.#hello(),
				lead: () => this.#begin(),
				hear: (message, from) => this.#hear(message, from),
				gone: (name) => this.#lead?.gone(name),
				failed: () => this.#part(),
			}, this.#shown.authorize ? as ?? "" : undefined);
	}

	#start() {
		if (this.#peers !== null)
			this.#peers.join();
		else
			this.#begin();
	}

	#stop() {
		const wasLeading = this.leading;
		this.#lead?.close();
		this.#lead = this.#leader = null;
		this.#isKnown = false;
		this.#peers?.post({ kind: "bye" });
		this.#peers?.leave();
		for (const subscriber of this.#subscribers.values())
			subscriber.wait();
		if (wasLeading)
			this.onrole?.(false);
	}

	#sleep() {
		if (this.#isAsleep)
			return;
		this.#isAsleep = true;
		this.#stop();
	}

	#wake() {
		if (!this.#isAsleep)
			return;
		this.#isAsleep = false;
		for (const subscriber of this.#subscribers.values())
			subscriber.loses();
		this.#start();
	}

	// The browser has what sharing needs, and denies it to this page.
	#part() {
		this.#stop();
		this.#peers = null;
		this.#start();
	}

	// ---- as any window

	#hello() {
		this.#isKnown = true;
		this.#ask({
			kind: "hello",
			wants: [...this.#subscribers.values()].filter((subscriber) => subscriber.phase !== "ended")
				.map((subscriber) => subscriber.request),
			types: [...this.#types],
		});
	}

	// To whoever leads. If nobody does, the next one hears it all in a hello.
	#ask(message) {
		if (this.#lead !== null)
			this.#lead.serve(message, this.#peers?.name ?? "");
		else if (this.#isKnown)
			this.#peers.post(message);
	}

	#hear(message, from) {
		if (message.kind === "lead")
			this.#follow(from);
		else if (this.#lead !== null)
			this.#lead.serve(message, from);
		else if (message.kind === "windows")
			this.#leader ??= from;
		if (from === this.#leader)
			this.#take(message);
	}

	#follow(leader) {
		this.#leader = leader;
		for (const subscriber of this.#subscribers.values())
			subscriber.wait();
		if (this.#isKnown)
			this.#hello();
	}

	#take(message) {
		const { kind, stream, to } = message;
		if (kind === "windows")
			this.windows = message.count;
		else if (kind === "types")
			this.#learn(message.types);
		else
			for (const subscriber of this.#meant(stream, to))
				subscriber.hear(message);
	}

	// The subscribers that a message is for.
	#meant(stream, to) {
		if (to === null)
			return [...this.#subscribers.values()].filter((subscriber) => subscriber.want.stream === stream);
		const name = this.#peers?.name ?? "";
		return (to ?? []).filter(({ window }) => window === name)
			.map(({ n }) => this.#subscribers.get(n)).filter(Boolean);
	}

	#learn(types) {
		for (const type of types)
			this.#types.add(type);
	}

	// ---- as the one that leads

	#begin() {
		this.#lead = new Leader(this.#peers, this.#types, (message) => {
			if (this.#concernsOthers(message))
				this.#peers?.post(message);
			this.#take(message);
		}, new Pass(this.#shown));
		this.#peers?.post({ kind: "lead" });
		this.#isKnown = true;
		this.#follow(this.#peers?.name ?? "");
		this.#lead.gather();
		this.onrole?.(true);
	}

	// Events are many: a window that is alone, or alone meant, tells nobody.
	#concernsOthers({ kind, to }) {
		if (kind === "event" && this.windows === 1)
			return false;
		return !to?.every(({ window }) => window === this.#peers?.name);
	}
}

// base: the address of Tidings, if these files do not come from there.
export function openFeeds(base, how = {}) {
	if (base !== undefined)
		placeIs(base);
	return new Feeds(how);
}
