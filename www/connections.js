// SPDX-License-Identifier: MIT
// connections - the streams that this window is connected to, and their figures
//
// A connection is told apart by its key: "channel:NAME", "pattern:TEXT", "plain"
// or "tasks". It lives from open() to close(); `state` is that of feed.js.
// Everything that comes is counted here, whether it is shown or not. What several
// of them bring, as a channel and a pattern do, is told of each, and all but the
// first is `again`.

import { momentOf } from "./moment.js";

const RATE_SECONDS = 5;
const TYPES_MAX = 50; // all further ones are counted together
const BROUGHT_MAX = 2000; // ids of which it is known who brought them

// What it listens to, if it has a name.
export const topicOf = ({ channel, pattern }) => channel ?? pattern;
export const keyOf = ({ kind, ...source }) =>
	topicOf(source) === undefined ? kind : `${kind}:${topicOf(source)}`;

class Connection {
	state = "connecting";
	lastId = "";
	total = 0;
	types = new Map(); // type -> how many
	#last = null; // event
	recovered = 0; // events that came after their time, and came all the same
	gaps = 0;
	trouble = null; // why there is no stream, as in trouble.js
	#seconds = []; // [second, how many], the newest last

	constructor(source) {
		this.source = source;
		this.key = keyOf(source);
	}

	// When the last event was: ms, NaN if nobody knows, null if there was none.
	get lastAt() {
		if (this.#last === null)
			return null;
		return this.#last.replayed ? momentOf(this.#last) : this.#last.at;
	}

	count(event) {
		const { type, id, at } = event;
		this.total++;
		const kind = this.types.has(type) || this.types.size < TYPES_MAX ? type : "…";
		this.types.set(kind, (this.types.get(kind) ?? 0) + 1);
		this.#last = event;
		if (id !== "")
			this.lastId = id;
		const second = Math.floor(at / 1000);
		if (this.#seconds.at(-1)?.[0] !== second)
			this.#seconds.push([second, 0]);
		this.#seconds.at(-1)[1]++;
		while (this.#seconds[0][0] < second - RATE_SECONDS)
			this.#seconds.shift();
	}

	// Events per second over the last whole seconds.
	rate(now = Date.now()) {
		const second = Math.floor(now / 1000);
		return this.#seconds
			.filter(([at]) => at >= second - RATE_SECONDS && at < second)
			.reduce((sum, [, count]) => sum + count, 0) / RATE_SECONDS;
	}
}

export class Connections {
	#feeds;
	#bus;
	#all = new Map(); // key -> { connection, feed }
	#brought = new Map(); // id -> key of the connection that brought it first

	constructor(feeds, bus) {
		this.#feeds = feeds;
		this.#bus = bus;
	}

	get all() {
		return [...this.#all.values()].map(({ connection }) => connection);
	}

	get(key) {
		return this.#all.get(key)?.connection;
	}

	#tell(type, detail) {
		this.#bus.dispatchEvent(new CustomEvent(type, { detail }));
	}

	#isAgain(id, key) {
		if (id === "")
			return false;
		if (!this.#brought.has(id))
			this.#brought.set(id, key);
		if (this.#brought.size > BROUGHT_MAX)
			this.#brought.delete(this.#brought.keys().next().value);
		return (this.#brought.get(id) ?? key) !== key;
	}

	// Opens it unless it is open; throws a TypeError for what cannot be a channel.
	// One that has ended begins anew.
	open(source) {
		const connection = new Connection(source);
		const { key } = connection;
		if (this.get(key)?.state === "ended")
			this.close(key);
		if (this.#all.has(key))
			return this.get(key);
		const entry = { connection, feed: null };
		this.#all.set(key, entry);
		const isOurs = () => this.#all.get(key) === entry;
		try {
			entry.feed = this.#feeds.open(source, {
				state: (state) => {
					connection.state = state;
					if (isOurs())
						this.#tell("stream", { key, state });
				},
				event: (event) => {
					if (!isOurs())
						return;
					connection.count(event);
					this.#tell("event", { ...event, key, again: this.#isAgain(event.id, key) });
				},
				gap: (said) => {
					connection.gaps++;
					if (isOurs())
						this.#tell("gap", { ...said, key });
				},
				trouble: (why) => {
					connection.trouble = why;
					if (isOurs())
						this.#tell("stream", { key, state: connection.state });
				},
				recovered: (count) => {
					connection.recovered += count;
					if (isOurs())
						this.#tell("stream", { key, state: connection.state });
				},
			});
		} catch (error) {
			this.#all.delete(key);
			throw error;
		}
		this.#tell("stream", { key, state: connection.state });
		return connection;
	}

	close(key) {
		const entry = this.#all.get(key);
		if (entry === undefined)
			return;
		this.#all.delete(key);
		entry.feed.close();
		this.#tell("stream", { key, state: null });
	}
}
