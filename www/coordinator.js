// SPDX-License-Identifier: MIT
// coordinator - what the leading window does for all windows: it holds the
// streams, and knows who wants what
//
// Owns the streams, which are at most four connections however many windows
// there are: the log's channels and its patterns (a multiplexer each, since the
// server may have no room for patterns), /sse/events and the tasks.
// Until begin() it only collects what the windows want.

import { Pass } from "./pass.js";
import { timeOf } from "./moment.js";
import { at } from "./place.js";
import { SharedTasks } from "./shared-tasks.js";
import { Multiplexer } from "./multiplexer.js";
import { byName, byPattern } from "./topic.js";

function isOwn(type, data) {
	return type === "connected" && Array.isArray(data.channels) ||
		type === "live" && Object.keys(data).length === 0 ||
		type === "reset" && "requested" in data ||
		type === "expired" && typeof data.reason === "string" && !("channel" in data);
}

// The other channels of an event, if it has any.
const isAlso = (also) => also === undefined ||
	Array.isArray(also) && also.every((name) => typeof name === "string");

// In the envelope the server's own words can be told from what somebody
// published under these types. What is neither throws.
function readEnveloped(event) {
	const data = JSON.parse(event.data);
	if (isOwn(event.type, data))
		return { word: event.type, said: data };
	if (typeof data.channel !== "string" || typeof data.data !== "string" || !isAlso(data.also))
		throw new TypeError("no envelope");
	return { ...data, published: timeOf(data.at) };
}

function readPlain(event) {
	if (["connected", "live", "reset", "expired"].includes(event.type)) {
		try {
			const said = JSON.parse(event.data);
			if (isOwn(event.type, said))
				return { word: event.type, said };
		} catch {
			// somebody's own event
		}
	}
	return { channel: "sse", data: event.data };
}

const enveloped = (parameter, most, ways) => ({
	parameter, most, ways,
	read: readEnveloped,
	url(topics, begin) {
		const query = new URLSearchParams({ envelope: 1, time: 1 });
		for (const topic of topics)
			query.append(parameter, topic);
		for (const [name, value] of Object.entries(begin))
			query.set(name, value);
		return at(`stream?${query}`);
	},
});

const CHANNELS = enveloped("channel", 1000, byName);
const PATTERNS = enveloped("pattern", 100, byPattern);
const PLAIN = {
	parameter: "", most: 1, ways: byName,
	read: readPlain,
	url(topics, begin) {
		const query = new URLSearchParams(begin);
		return at(query.size ? `sse/events?${query}` : "sse/events");
	},
};

export class Coordinator {
	#tell;
	#windows = new Map(); // name -> Map of want.n -> want
	#streams;
	#hasBegun = false;
	#pass;

	// tell: (message) to all windows, this one included. pass: what they all show.
	constructor(types, tell, pass = new Pass()) {
		const on = (stream) => ({
			event: (event, cursor, wants) => tell({ kind: "event", stream, event, cursor, to: names(wants) }),
			state: (state, wants) => tell({ kind: "state", stream, state, to: names(wants) }),
			trouble: (why, wants) => tell({ kind: "trouble", stream, why, to: names(wants) }),
			gap: (said, wants) => tell({ kind: "gap", stream, said, to: names(wants) }),
			welcome: (want, how) => tell({ kind: "welcome", stream, to: names([want]), ...how }),
		});
		this.#tell = tell;
		this.#pass = pass;
		this.#streams = {
			channel: new Multiplexer(CHANNELS, types, on("channel"), pass),
			pattern: new Multiplexer(PATTERNS, types, on("pattern"), pass),
			plain: new Multiplexer(PLAIN, types, on("plain"), pass),
			tasks: new SharedTasks(types, on("tasks"), pass),
		};
	}

	has(window) {
		return this.#windows.has(window);
	}

	// All that this window wants. The count comes first: by it a new window
	// knows who leads, and heeds what is said to it.
	enter(window, wants) {
		this.#empty(window);
		this.#windows.set(window, new Map());
		this.#count();
		for (const want of wants)
			this.want(window, want);
	}

	leave(window) {
		if (!this.has(window))
			return;
		this.#empty(window);
		this.#windows.delete(window);
		this.#count();
	}

	// want: { n, stream, topic, interval, since, after, state }
	want(window, want) {
		if (!this.has(window))
			return;
		want.window = window;
		this.#windows.get(window).set(want.n, want);
		if (this.#hasBegun)
			this.#streams[want.stream].add(want);
	}

	drop(window, n) {
		const want = this.#windows.get(window)?.get(n);
		this.#windows.get(window)?.delete(n);
		if (want !== undefined && this.#hasBegun)
			this.#streams[want.stream].drop(want);
	}

	begin() {
		this.#hasBegun = true;
		for (const wants of this.#windows.values())
			for (const want of wants.values())
				this.#streams[want.stream].add(want);
	}

	addTypes(types) {
		for (const stream of Object.values(this.#streams))
			stream.addTypes(types);
	}

	close() {
		this.#pass.close();
		for (const stream of Object.values(this.#streams))
			stream.close();
	}

	#empty(window) {
		for (const n of this.#windows.get(window)?.keys() ?? [])
			this.drop(window, n);
	}

	#count() {
		this.#tell({ kind: "windows", count: this.#windows.size });
	}
}

// As a message names those it is for.
const names = (wants) => wants && wants.map(({ window, n }) => ({ window, n }));
