// SPDX-License-Identifier: MIT
// multiplexer - one stream for all topics of all windows: channels, or patterns
//
// It has a connection, which may change under way (relay.js), and at times another
// beside it, by which those catch up who want what is older (look-back.js).
//
// A want is one feed of one window:
//
//   waiting -> joined           its topic is live, and it begins now, or the
//                               replay holds what it lacks
//   waiting -> side -> joined   it lacks more than that
//   joined, side -> waiting     the current connection is lost before the side one
//                               has caught up
//
// A topic is always live before anybody looks back: what comes meanwhile is in the
// replay, so that no event falls between the two. Every change ends in plan(),
// which does the next thing that is due.
//
// A stream with one topic that may not be heard is refused as a whole: which topic
// that is, is found out, and the others go on without it.

import { earliest } from "./ids.js";
import { LookBack } from "./look-back.js";
import { Pass } from "./pass.js";
import { isForbidden, sift } from "./refusal.js";
import { Relay } from "./relay.js";

const ADDRESS_MAX = 24000; // characters
const SHOWN_MAX = 4500; // less, if a ticket comes behind it

export class Multiplexer {
	#kind;
	#on;
	#pass;
	#wants = new Set();
	#relay;
	#side;
	#refused = new Map(); // topic -> why
	#isDue = false;
	#isSifting = false;
	#unlisten = null;
	#state = "connecting"; // as those who have joined were told
	#why = null; // there is no stream

	// kind: { url(topics, { lastEventId | since }), read(event), parameter (a
	//       topic's, in the address), most (topics), ways: as in topic.js }
	// on: { event(event, cursor, wants), state(state, wants), gap(said, wants),
	//       welcome(want, { state, after, events }),
	//       trouble(why | null, wants) }; wants are those meant,
	// null means all who have joined.
	constructor(kind, types, on, pass = new Pass()) {
		this.#kind = kind;
		this.#on = on;
		this.#pass = pass;
		this.#relay = new Relay(kind, types, {
			state: (state) => this.#follow(state),
			ready: () => this.#plan(),
			event: (event, cursor) => on.event(event, cursor, null),
			gap: (said) => on.gap(said, null),
			trouble: (why, topics) => this.#tell(why, topics),
			forbidden: (topics, why) => this.#sift(topics, why),
		}, pass);
		this.#side = new LookBack({
			connect: (...how) => this.#relay.connect(...how),
			isOf: (topic, event) => this.#relay.isOf(topic, event),
			event: (event, wants) => on.event(event, "", wants),
			gap: (said, wants) => on.gap(said, wants),
			done: (wants) => this.#rejoin(wants),
		});
	}

	// want: { topic, after: id | since: text | neither, state }
	add(want) {
		want.phase = "waiting";
		this.#wants.add(want);
		this.#refused.delete(want.topic);
		this.#unlisten ??= this.#pass.listen(() => this.#isChanged());
		if (this.#state === "lost")
			this.#on.state("lost", [want]);
		if (this.#why !== null)
			this.#on.trouble(this.#why, [want]);
		this.#soon();
	}

	drop(want) {
		this.#wants.delete(want);
		this.#side.drop(want);
		this.#soon();
	}

	addTypes(types) {
		this.#relay.addTypes(types);
		this.#side.addTypes(types);
	}

	close() {
		this.#unlisten?.();
		this.#unlisten = null;
		this.#wants.clear();
		this.#side.end();
		this.#relay.close();
		this.#refused.clear();
		this.#state = "connecting";
		this.#why = null;
	}

	// There is something else to show, or what was refused may be tried again.
	#isChanged() {
		this.#refused.clear();
		this.#soon();
	}

	// ---- what is due

	// What is changed together is planned together. (No timer: those of a
	// hidden window are held up for a second and more.)
	#soon() {
		if (this.#isDue)
			return;
		this.#isDue = true;
		queueMicrotask(() => {
			this.#isDue = false;
			this.#plan();
		});
	}

	#plan() {
		if (this.#wants.size === 0) {
			this.close();
			return;
		}
		const wanted = this.#wanted(this.#wants);
		if (wanted.size === 0) {
			this.#relay.close(); // all of it is refused
			return;
		}
		if (!this.#relay.isThere)
			this.#start(wanted);
		this.#relay.giveUp(wanted);
		if (!this.#relay.isSettled)
			return;
		for (const want of this.#those("waiting"))
			this.#admit(want);
		this.#relay.change(wanted);
		if (this.#relay.isSettled && !this.#side.isBusy)
			this.#lookBack();
	}

	#those(phase) {
		return [...this.#wants].filter((want) => want.phase === phase);
	}

	#wanted(wants) {
		const { parameter, most } = this.#kind;
		const topics = new Set();
		let length = this.#pass.isAsked ? SHOWN_MAX : 0;
		for (const { topic } of wants) {
			if (topics.has(topic) || this.#refused.has(topic))
				continue;
			length += `&${parameter}=`.length + encodeURIComponent(topic).length;
			if (topics.size === most || length > ADDRESS_MAX)
				break;
			topics.add(topic);
		}
		return topics;
	}

	// Those that begin now come next: a gap in them is none.
	#start(wanted) {
		const known = this.#those("waiting")
			.filter(({ topic, after }) => after !== undefined && !this.#refused.has(topic));
		this.#state = known.length && known.every((want) => want.state === "live")
			? "taking over" : "connecting";
		if (known.length === 0) {
			this.#relay.start(wanted);
			return;
		}
		this.#relay.start(this.#wanted(known), earliest(known.map((want) => want.after)));
		for (const want of known)
			this.#join(want, []);
	}

	#follow(state) {
		if (state === "lost")
			this.#side.end();
		else if (this.#state === "taking over" && state !== "live")
			return;
		this.#state = state;
		this.#on.state(state, null);
	}

	// ---- what is wrong

	// topics: of those who wait; null means all.
	#tell(why, topics) {
		if (topics !== null) {
			this.#on.trouble(why, this.#those("waiting").filter(({ topic }) => topics.includes(topic)));
			return;
		}
		this.#why = why;
		this.#on.trouble(why, null);
		this.#tellRefused();
	}

	#tellRefused() {
		for (const want of this.#wants)
			if (this.#refused.has(want.topic))
				this.#on.trouble(this.#refused.get(want.topic), [want]);
	}

	// Some of these are refused.
	async #sift(topics, why) {
		if (this.#isSifting)
			return;
		this.#isSifting = true;
		const { round } = this.#pass;
		const refused = topics.length === 1 ? topics
			: await sift(topics, (some) => isForbidden(this.#pass.into(this.#kind.url(some, {})), this.#pass.credentials));
		this.#isSifting = false;
		for (const topic of round === this.#pass.round ? refused : [])
			this.#refused.set(topic, why);
		this.#tellRefused();
		this.#goOn();
	}

	// Without what is refused, from where all of them have got to.
	#goOn() {
		if (this.#relay.isThere && !this.#relay.isLive) {
			const { cursor } = this.#relay;
			this.#relay.stop();
			for (const want of this.#those("joined")) {
				want.phase = "waiting";
				want.after = cursor || want.after;
			}
		}
		this.#plan();
	}

	// ---- those who join

	#admit(want) {
		if (!this.#relay.topics.has(want.topic) || want.since !== undefined || want.isBehind)
			return;
		want.after ??= this.#relay.cursor;
		if (this.#relay.holdsAll(want.topic, want.after))
			this.#join(want, this.#relay.held(want.topic, want.after));
		else
			want.isBehind = true;
	}

	#join(want, events) {
		want.phase = "joined";
		this.#on.welcome(want, {
			state: this.#state === "live" ? "live" : undefined,
			after: want.after,
			events,
		});
	}

	// ---- those who look back

	// Those who begin at the same place have one connection together.
	#lookBack() {
		const those = this.#those("waiting").filter((want) => this.#looksBack(want));
		if (those.length === 0)
			return;
		const [{ since, after }] = those;
		const wants = those.filter((want) => want.since === since && want.after === after);
		this.#on.state("catching up", wants);
		this.#side.begin(wants);
	}

	#looksBack(want) {
		return (want.since !== undefined || want.isBehind) && this.#relay.topics.has(want.topic);
	}

	#rejoin(wants) {
		for (const want of wants)
			this.#join(want, this.#relay.held(want.topic, want.after));
		this.#plan();
	}
}
