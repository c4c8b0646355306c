// SPDX-License-Identifier: MIT
// relay - the connection that all share, and the one that takes over from it
//
//   none     no connection
//   single   the current one
//   double   beside it the next one: the same stream with other topics, or with a
//            newer pass, from the same id on
//
//   none -> single      start()
//   single -> double    change()
//   double -> single    the next one has caught up and becomes the current one; or
//                       the current one is lost, or nobody wants the next one
//   any -> none         close()
//
// What both bring is passed on once for each topic, so nobody else notices. An
// event may be of several topics, and one connection may bring it before another
// has brought what comes before it: so what was passed on is known for each topic,
// and those who get it twice pass over it (subscriber.js).

import { isAfter } from "./ids.js";
import { LogConnection } from "./log-connection.js";
import { Replay } from "./replay.js";

export const isSame = (a, b) => a.size === b.size && [...a].every((name) => b.has(name));

export class Relay {
	#kind;
	#types;
	#on;
	#pass;
	#current = null;
	#next = null;
	#seen = new Map(); // topic -> id of its last event that was passed on
	#replay;

	// kind, types, pass: as of Multiplexer.
	// on: { state(state), of the current connection; ready(): it brings all of its
	//       topics from now on; event(event, cursor), gap(said); trouble(why |
	//       null, topics), which are null if all have it; forbidden(topics, why) }
	constructor(kind, types, on, pass) {
		this.#kind = kind;
		this.#types = types;
		this.#on = on;
		this.#pass = pass;
		this.#replay = this.#emptyReplay();
	}

	get isThere() {
		return this.#current !== null;
	}

	get isLive() {
		return this.#current?.isLive === true;
	}

	// Is nothing about to change?
	get isSettled() {
		return this.isLive && this.#next === null;
	}

	get topics() {
		return this.#current.topics;
	}

	get cursor() {
		return this.#current.cursor;
	}

	addTypes(types) {
		this.#current?.addTypes(types);
		this.#next?.addTypes(types);
	}

	// after: an id, which everybody has; else what comes from now on.
	start(topics, after) {
		this.#current = this.connect(topics, after === undefined ? {} : { lastEventId: after }, this.#lines);
		if (after !== undefined)
			for (const topic of topics)
				this.#replay.begin(topic, after);
	}

	// A connection of one's own; on: as of LogConnection.
	connect(topics, query, on) {
		return new LogConnection({
			topics,
			start: query.lastEventId ?? "",
			url: (last) => this.#kind.url(topics, last === "" ? query : { lastEventId: last }),
			read: (event) => this.#kind.read(event),
			pass: this.#pass,
		}, this.#types, on);
	}

	// A topic that joins gets what came on it after the cursor, in vain: so
	// that this is not the work of days, the same topics have their cursor
	// brought up to now first, by a stream with an event `live`.
	change(wanted) {
		if (isSame(wanted, this.topics) && this.#current.isUpToDate)
			return;
		if (!this.#current.isFresh && [...wanted].some((topic) => !this.topics.has(topic)))
			wanted = new Set(this.topics);
		const start = this.cursor;
		this.#next = this.connect(wanted, { lastEventId: start }, this.#lines);
		for (const topic of wanted)
			if (!this.#replay.has(topic))
				this.#replay.begin(topic, start);
	}

	// What the server does not give is tried as long as somebody wants it, and
	// holds up nobody who wants something else.
	giveUp(wanted) {
		if (this.#next?.isRefused && !isSame(this.#next.topics, wanted))
			this.#endNext();
	}

	// What is held of a topic after that id, of what was passed on.
	held(topic, after) {
		return this.#replay.between(topic, after, this.#seen.get(topic) ?? "");
	}

	// Is that all there was?
	holdsAll(topic, after) {
		return this.#replay.isComplete(topic, after);
	}

	// The connections only: what was passed on is still known.
	stop() {
		this.#endNext();
		this.#current?.close();
		this.#current = null;
	}

	close() {
		this.stop();
		this.#seen.clear();
		this.#replay = this.#emptyReplay();
	}

	isOf(topic, event) {
		return this.#kind.ways.channelOf(topic, event) !== undefined;
	}

	#emptyReplay() {
		return new Replay((topic, event) => this.isOf(topic, event));
	}

	#lines = {
		state: (connection) => {
			if (connection === this.#next)
				this.#swap();
			else if (connection === this.#current)
				this.#follow(connection.state);
		},
		event: (connection, event) => this.#hand(connection, event),
		reset: (connection, said) => {
			// While the current one is there, what the next one lacks is
			// of topics that begin only now.
			if (connection === this.#current)
				this.#on.gap(said);
		},
		trouble: (connection, why) => {
			connection.isRefused = why !== null;
			if (why?.code === "not_granted")
				this.#on.forbidden(this.#suspects(connection), why);
			else
				this.#on.trouble(why, connection === this.#current ? null : this.#suspects(connection));
		},
	};

	// Those of its topics that may be what is wrong with it.
	#suspects(connection) {
		return [...connection.topics].filter((topic) => connection === this.#current || !this.topics.has(topic));
	}

	#follow(state) {
		if (state === "lost")
			this.#endNext();
		this.#on.state(state);
		if (state === "live")
			this.#begin();
	}

	// The current connection is live: what it brings from now on is complete.
	#begin() {
		for (const topic of this.topics)
			if (!this.#replay.has(topic))
				this.#replay.begin(topic, this.cursor);
		this.#on.ready();
	}

	#hand(connection, event) {
		const { id } = event;
		if (id === "") {
			if (connection === this.#current)
				this.#on.event(event, "");
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
		if (connection === this.#current || fresh.some((topic) => this.topics.has(topic)))
			this.#on.event(event, connection === this.#current ? id : "");
	}

	#swap() {
		if (!this.#next.isLive)
			return;
		for (const topic of this.topics) {
			if (this.#next.topics.has(topic))
				continue;
			this.#replay.end(topic);
			this.#seen.delete(topic);
		}
		this.#current.close();
		this.#current = this.#next;
		this.#next = null;
		this.#begin();
	}

	#endNext() {
		this.#next?.close();
		this.#next = null;
	}
}
