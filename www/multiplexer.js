// SPDX-License-Identifier: MIT
// multiplexer - one stream for all topics of all windows: channels, or patterns
//
// It has a connection, the current one, and at times another beside it:
//
//   next   the same stream with other topics, from the same id on; when it
//          has caught up it becomes the current one. What both bring is
//          passed on once for each topic, so nobody else notices
//   side   older events, for those who want them and for nobody else, until
//          it has caught up
//
// A want is one feed of one window:
//
//   waiting -> joined           its topic is live, and it begins now, or the
//                               replay holds what it lacks
//   waiting -> side -> joined   it lacks more than that
//   joined, side -> waiting     the current connection is lost before the side one
//                               has caught up
//
// A topic is always live before the side connection looks back: what comes
// meanwhile is in the replay, so that no event falls between the two. Every
// change ends in plan(), which does the next thing that is due.
//
// An event may be of several topics, and one connection may bring it before
// another has brought what comes before it: so what was passed on is known for
// each topic, and those who get it twice pass over it (subscriber.js).

import { earliest, isAfter } from "./ids.js";
import { LogConnection } from "./log-connection.js";
import { Replay } from "./replay.js";

const ADDRESS_MAX = 24000; // characters

const isSame = (a, b) => a.size === b.size && [...a].every((name) => b.has(name));

export class Multiplexer {
	#kind;
	#on;
	#types;
	#wants = new Set();
	#current = null;
	#next = null;
	#side = null;
	#seen = new Map(); // topic -> id of its last event that was passed on
	#replay;
	#isDue = false;
	#state = "connecting"; // as those who have joined were told
	#why = null; // there is no stream

	// kind: { url(topics, { lastEventId | since }), read(event), parameter (a
	//       topic's, in the address), most (topics), ways: as in topic.js }
	// on: { event(event, cursor, wants), state(state, wants), gap(said, wants),
	//       welcome(want, { state, after, events }),
	//       trouble(why | null, wants) }; wants are those meant,
	// null means all who have joined.
	constructor(kind, types, on) {
		this.#kind = kind;
		this.#types = types;
		this.#on = on;
		this.#replay = this.#emptyReplay();
	}

	// want: { topic, after: id | since: text | neither, state }
	add(want) {
		want.phase = "waiting";
		this.#wants.add(want);
		if (this.#state === "lost")
			this.#on.state("lost", [want]);
		if (this.#why !== null)
			this.#on.trouble(this.#why, [want]);
		this.#soon();
	}

	drop(want) {
		this.#wants.delete(want);
		this.#soon();
	}

	addTypes(types) {
		for (const connection of [this.#current, this.#next, this.#side])
			connection?.addTypes(types);
	}

	close() {
		this.#wants.clear();
		this.#endNext();
		this.#endSide();
		this.#current?.close();
		this.#current = null;
		this.#state = "connecting";
		this.#why = null;
		this.#seen.clear();
		this.#replay = this.#emptyReplay();
	}

	#emptyReplay() {
		return new Replay((topic, event) => this.#isOf(topic, event));
	}

	#isOf(topic, event) {
		return this.#kind.ways.channelOf(topic, event) !== undefined;
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
		if (this.#side !== null && this.#those("side").length === 0)
			this.#endSide();
		if (this.#current === null)
			this.#start();
		this.#giveUpNext();
		if (!this.#current.isLive || this.#next !== null)
			return;
		for (const want of this.#those("waiting"))
			this.#admit(want);
		this.#change();
		if (this.#side === null && this.#next === null)
			this.#lookBack();
	}

	#those(phase) {
		return [...this.#wants].filter((want) => want.phase === phase);
	}

	#wanted(wants) {
		const { parameter, most } = this.#kind;
		const topics = new Set();
		let length = 0;
		for (const { topic } of wants) {
			if (topics.has(topic))
				continue;
			length += `&${parameter}=`.length + encodeURIComponent(topic).length;
			if (topics.size === most || length > ADDRESS_MAX)
				break;
			topics.add(topic);
		}
		return topics;
	}

	#connect(topics, query, on) {
		return new LogConnection({
			topics,
			start: query.lastEventId ?? "",
			url: (last) => this.#kind.url(topics, last === "" ? query : { lastEventId: last }),
			read: (event) => this.#kind.read(event),
		}, this.#types, on);
	}

	// ---- the current connection

	#start() {
		const known = this.#those("waiting").filter((want) => want.after !== undefined);
		const start = known.length ? earliest(known.map((want) => want.after)) : undefined;
		this.#state = known.length && known.every((want) => want.state === "live")
			? "taking over" : "connecting";
		if (start === undefined) {
			this.#current = this.#connect(this.#wanted(this.#wants), {}, this.#main);
			return;
		}
		// Those that begin now come next: a gap in them is none.
		this.#current = this.#connect(this.#wanted(known), { lastEventId: start }, this.#main);
		for (const topic of this.#current.topics)
			this.#replay.begin(topic, start);
		for (const want of known)
			this.#join(want, []);
	}

	#main = {
		state: (connection) => {
			if (connection === this.#next)
				this.#swap();
			else if (connection === this.#current)
				this.#follow(connection.state);
		},
		event: (connection, event) => this.#pass(connection, event),
		reset: (connection, said) => {
			// While the current one is there, what the next one lacks is
			// of topics that begin only now.
			if (connection === this.#current)
				this.#on.gap(said, null);
		},
		trouble: (connection, why) => {
			if (connection === this.#current) {
				this.#why = why;
				this.#on.trouble(why, null);
			} else if (connection === this.#next) {
				connection.isRefused = why !== null;
				this.#on.trouble(why, this.#those("waiting").filter(({ topic }) => !this.#current.topics.has(topic)));
			}
		},
	};

	#follow(state) {
		if (state === "lost") {
			this.#endNext();
			this.#endSide();
		} else if (this.#state === "taking over" && state !== "live") {
			return;
		}
		this.#state = state;
		this.#on.state(state, null);
		if (state === "live")
			this.#begin(this.#current.cursor);
	}

	// The current connection is live: what it brings from now on is complete.
	#begin(floor) {
		for (const topic of this.#current.topics)
			if (!this.#replay.has(topic))
				this.#replay.begin(topic, floor);
		this.#plan();
	}

	#pass(connection, event) {
		const { id } = event;
		if (id === "") {
			if (connection === this.#current)
				this.#on.event(event, "", null);
			return;
		}
		const fresh = this.#kind.ways.topicsOf(event, connection.topics)
			.filter((topic) => isAfter(id, this.#seen.get(topic) ?? ""));
		if (fresh.length === 0)
			return;
		for (const topic of fresh)
			this.#seen.set(topic, id);
		this.#replay.add(event);
		// what is of new topics only is for nobody yet
		if (connection === this.#current || fresh.some((topic) => this.#current.topics.has(topic)))
			this.#on.event(event, connection === this.#current ? id : "", null);
	}

	// What is held of its topic after that id, of what was passed on.
	#held(topic, after) {
		return this.#replay.between(topic, after, this.#seen.get(topic) ?? "");
	}

	// ---- other topics

	// A topic that joins gets what came on it after the cursor, in vain: so
	// that this is not the work of days, the same topics have their cursor
	// brought up to now first, by a stream with an event `live`.
	#change() {
		let wanted = this.#wanted(this.#wants);
		if (isSame(wanted, this.#current.topics))
			return;
		if (!this.#current.isFresh && [...wanted].some((topic) => !this.#current.topics.has(topic)))
			wanted = new Set(this.#current.topics);
		const start = this.#current.cursor;
		this.#next = this.#connect(wanted, { lastEventId: start }, this.#main);
		for (const topic of wanted)
			if (!this.#replay.has(topic))
				this.#replay.begin(topic, start);
	}

	// What the server does not give is tried as long as somebody wants it, and
	// holds up nobody who wants something else.
	#giveUpNext() {
		if (this.#next?.isRefused && !isSame(this.#next.topics, this.#wanted(this.#wants)))
			this.#endNext();
	}

	#swap() {
		if (!this.#next.isLive)
			return;
		for (const topic of this.#current.topics) {
			if (this.#next.topics.has(topic))
				continue;
			this.#replay.end(topic);
			this.#seen.delete(topic);
		}
		this.#current.close();
		this.#current = this.#next;
		this.#next = null;
		this.#begin(this.#current.cursor);
	}

	// ---- those who join

	#admit(want) {
		if (!this.#current.topics.has(want.topic) || want.since !== undefined || want.isBehind)
			return;
		want.after ??= this.#current.cursor;
		if (this.#replay.isComplete(want.topic, want.after))
			this.#join(want, this.#held(want.topic, want.after));
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
		const [first] = this.#those("waiting").filter((want) => this.#looksBack(want));
		if (first === undefined)
			return;
		const wants = this.#those("waiting").filter((want) => this.#looksBack(want) &&
			want.since === first.since && want.after === first.after);
		const query = first.since === undefined
			? { lastEventId: first.after } : { since: first.since };
		for (const want of wants)
			want.phase = "side";
		this.#on.state("catching up", wants);
		this.#side = this.#connect(new Set(wants.map((want) => want.topic)), query, this.#aside);
	}

	#looksBack(want) {
		return (want.since !== undefined || want.isBehind) && this.#current.topics.has(want.topic);
	}

	#aside = {
		state: (connection) => {
			if (connection === this.#side && connection.isLive)
				this.#rejoin();
		},
		event: (connection, event) => {
			if (connection !== this.#side || event.id === "")
				return;
			const wants = this.#those("side").filter(({ topic }) => this.#isOf(topic, event));
			for (const want of wants)
				progress(want, event.id);
			this.#on.event(event, "", wants);
		},
		reset: (connection, said) => this.#on.gap(said, this.#those("side")),
	};

	#rejoin() {
		for (const want of this.#those("side")) {
			progress(want, this.#side.cursor);
			want.isBehind = false;
			this.#join(want, this.#held(want.topic, want.after));
		}
		this.#endSide();
		this.#plan();
	}

	#endNext() {
		this.#next?.close();
		this.#next = null;
	}

	#endSide() {
		this.#side?.close();
		this.#side = null;
		for (const want of this.#those("side"))
			want.phase = "waiting";
	}
}

// The want has everything up to that id.
function progress(want, id) {
	want.after = id;
	want.since = undefined;
}
