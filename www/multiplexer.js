// SPDX-License-Identifier: MIT
// multiplexer - one stream for all channels of all windows
//
// It has a connection, the current one, and at times another beside it:
//
//   next   the same stream with other channels, from the same id on; when it
//          has caught up it becomes the current one. What both bring is
//          passed on once, so nobody else notices
//   side   older events, for those who want them and for nobody else, until
//          it has caught up
//
// A want is one feed of one window:
//
//   waiting -> joined           its channel is live, and it begins now, or the
//                               replay holds what it lacks
//   waiting -> side -> joined   it lacks more than that
//   joined, side -> waiting     the current connection is lost before the side one
//                               has caught up
//
// A channel is always live before the side connection looks back: what comes
// meanwhile is in the replay, so that no event falls between the two. Every
// change ends in plan(), which does the next thing that is due.

import { earliest, isAfter } from "./ids.js";
import { LogConnection } from "./log-connection.js";
import { Replay } from "./replay.js";

const CHANNELS_MAX = 1000; // of one stream
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
	#seen = new Map(); // channel -> id of its last event that was passed on
	#replay = new Replay();
	#isDue = false;
	#state = "connecting"; // as those who have joined were told
	#why = null; // there is no stream

	// kind: { url(channels, { lastEventId | since }), read(event, channels) }
	// on: { event(event, cursor, wants), state(state, wants), gap(said, wants),
	//       welcome(want, { state, after, events }),
	//       trouble(why | null, wants) }; wants are those meant,
	// null means all who have joined.
	constructor(kind, types, on) {
		this.#kind = kind;
		this.#types = types;
		this.#on = on;
	}

	// want: { channel, after: id | since: text | neither, state }
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
		this.#replay = new Replay();
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
		const channels = new Set();
		let length = 0;
		for (const { channel } of wants) {
			if (channels.has(channel))
				continue;
			length += "&channel=".length + encodeURIComponent(channel).length;
			if (channels.size === CHANNELS_MAX || length > ADDRESS_MAX)
				break;
			channels.add(channel);
		}
		return channels;
	}

	#connect(channels, query, on) {
		return new LogConnection({
			channels,
			start: query.lastEventId ?? "",
			url: (last) => this.#kind.url(channels, last === "" ? query : { lastEventId: last }),
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
		for (const channel of this.#current.channels)
			this.#replay.begin(channel, start);
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
		event: (connection, event) => {
			const isNew = connection === this.#next && !this.#current.channels.has(event.channel);
			this.#pass(connection, event, isNew);
		},
		reset: (connection, said) => {
			// While the current one is there, what the next one lacks is
			// of channels that begin only now.
			if (connection === this.#current)
				this.#on.gap(said, null);
		},
		trouble: (connection, why) => {
			if (connection !== this.#current)
				return;
			this.#why = why;
			this.#on.trouble(why, null);
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
		for (const channel of this.#current.channels)
			if (!this.#replay.has(channel))
				this.#replay.begin(channel, floor);
		this.#plan();
	}

	#pass(connection, event, isNew) {
		const { id, channel } = event;
		if (id === "") {
			if (connection === this.#current)
				this.#on.event(event, "", null);
			return;
		}
		if (this.#seen.has(channel) && !isAfter(id, this.#seen.get(channel)))
			return;
		this.#seen.set(channel, id);
		this.#replay.add(event);
		if (!isNew)
			this.#on.event(event, connection === this.#current ? id : "", null);
	}

	// ---- other channels

	// A channel that joins gets what came on it after the cursor, in vain: so
	// that this is not the work of days, the same channels have their cursor
	// brought up to now first, by a stream with an event `live`.
	#change() {
		let wanted = this.#wanted(this.#wants);
		if (isSame(wanted, this.#current.channels))
			return;
		if (!this.#current.isFresh && [...wanted].some((name) => !this.#current.channels.has(name)))
			wanted = new Set(this.#current.channels);
		const start = this.#current.cursor;
		this.#next = this.#connect(wanted, { lastEventId: start }, this.#main);
		for (const channel of wanted)
			if (!this.#replay.has(channel))
				this.#replay.begin(channel, start);
	}

	#swap() {
		if (!this.#next.isLive)
			return;
		for (const channel of this.#current.channels) {
			if (this.#next.channels.has(channel))
				continue;
			this.#replay.end(channel);
			this.#seen.delete(channel);
		}
		this.#current.close();
		this.#current = this.#next;
		this.#next = null;
		this.#begin(this.#current.cursor);
	}

	// ---- those who join

	#admit(want) {
		if (!this.#current.channels.has(want.channel) || want.since !== undefined || want.isBehind)
			return;
		want.after ??= this.#current.cursor;
		if (this.#replay.isComplete(want.channel, want.after))
			this.#join(want, this.#replay.after(want.channel, want.after));
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
		this.#side = this.#connect(new Set(wants.map((want) => want.channel)), query, this.#aside);
	}

	#looksBack(want) {
		return (want.since !== undefined || want.isBehind) && this.#current.channels.has(want.channel);
	}

	#aside = {
		state: (connection) => {
			if (connection === this.#side && connection.isLive)
				this.#rejoin();
		},
		event: (connection, event) => {
			if (connection !== this.#side || event.id === "")
				return;
			const wants = this.#those("side").filter((want) => want.channel === event.channel);
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
			this.#join(want, this.#replay.after(want.channel, want.after));
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
