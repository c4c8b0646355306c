// SPDX-License-Identifier: MIT
// A client of Tidings, and of any server that sends an event stream: README.md.
import { isAfter } from "./leader.js";
import { Share } from "./share.js";

const LAG_MAX = 10_000; // events that `for await` has not taken yet
const SILENCE_MS = 60_000;
const shares = new Map(); // name -> Share

class Feed {
	state = "connecting"; // open, away, refused, closed
	lastId = "";
	#want;
	#isPlain;
	#takes;
	#listeners = new Map();
	#roll = new Map();
	#leave;

	// takes(event, channels): is it the feed's? By the channel that it has then.
	constructor(want, isPlain, takes, share) {
		this.#want = want;
		this.lastId = want.after;
		this.#isPlain = isPlain;
		this.#takes = takes;
		this.#leave = share.add(this);
	}

	// As a leader is told.
	get want() {
		return this.lastId === "" ? this.#want : { ...this.#want, since: undefined, after: this.lastId };
	}

	// Returns how to stop.
	on(type, listener) {
		const all = this.#listeners.get(type) ?? new Set();
		this.#listeners.set(type, all.add(listener));
		return () => all.delete(listener);
	}

	close() {
		if (this.state === "closed")
			return;
		this.#leave();
		this.#become("closed", "close");
	}

	async *[Symbol.asyncIterator]() {
		const queue = [];
		let wake, fault = this.state === "refused" && Error(this.state);
		const end = (error) => {
			fault ||= error;
			wake?.();
		};
		const off = [
			this.on("message", (event) => end(!fault && queue.push(event) > LAG_MAX && Error("too slow"))),
			this.on("refused", (why) => end(Object.assign(Error(why.reason), why))),
			this.on("close", () => end()),
		];
		try {
			for (;;) {
				if (fault && (queue.length > LAG_MAX || !queue.length))
					throw fault;
				if (queue.length > 0)
					yield queue.shift();
				else if (this.state === "closed")
					return;
				else
					await new Promise((resolve) => wake = resolve);
			}
		} finally {
			off.forEach((stop) => stop());
		}
	}

	// What the leader says.
	hear(say, what, cursor = "") {
		if (say === "message")
			this.#take(what);
		else if (say === "presence")
			this.#meet(what);
		else if (say === "lost")
			this.#say("lost", what);
		else if (say === "close")
			this.close();
		else if (say !== "reach" && (say !== this.state || say === "away"))
			this.#become(say, say, what);
		if (isAfter(cursor, this.lastId) && !this.#isPlain)
			this.lastId = cursor;
	}

	// It is given by the channel that is the feed's own.
	#take({ also = [], ...event }) {
		const { id } = event;
		if (id !== "" && !this.#isPlain && !isAfter(id, this.lastId))
			return;
		this.lastId = id || this.lastId;
		if (this.#takes(event, [event.channel, ...also]))
			this.#say("message", { ...event, replayed: this.state !== "open" && !this.#isPlain });
	}

	// channel -> id -> who is there
	#meet({ word, said: { channel, subscribers, ...one } }) {
		let here = this.#roll.get(channel);
		if (subscribers !== undefined || here === undefined)
			this.#roll.set(channel, here = new Map(subscribers?.map((one) => [one.id, one])));
		if (word === "join")
			here.set(one.id, one);
		else if (word === "leave")
			here.delete(one.id);
		this.#say("presence", { channel, members: [...here.values()], [word]: one });
	}

	#become(state, type, what = {}) {
		this.state = state;
		this.#say(type, what);
	}

	// A listener's fault is its own, not the stream's.
	#say(type, what) {
		for (const listener of this.#listeners.get(type) ?? [])
			try {
				listener(what);
			} catch (error) {
				(globalThis.reportError ?? console.error)(error);
			}
	}
}

// See README.md and index.d.ts.
export function listen(url, options = {}) {
	const { channels = [], patterns = [], types = [], since, after, presence, time, as, authorize, credentials, matches } = options;
	const isPlain = channels.length + patterns.length === 0;
	const address = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
	const query = address.searchParams;
	const more = {
		envelope: 1, keepalive: "20s", time: time && 1, presence: presence && 1, by: presence && "user",
		authorized: authorize && 1, // rather a 401 than public events only
	};
	for (const [name, value] of Object.entries(isPlain ? {} : more))
		if (value && !query.has(name))
			query.set(name, value);
	// what comes by a pattern is not told apart, but by who can tell which it matches
	const isTold = matches && !channels.length;
	const isAll = isPlain || patterns.length > 0;
	const [parameter, topics] = isTold ? ["pattern", patterns] : ["channel", channels];
	if (!isTold)
		patterns.forEach((pattern) => query.append("pattern", pattern));
	if (!isPlain)
		types.forEach((type) => query.append("event", type));
	// who shows something shares with those of the same name only, and, for what is
	// private on several channels does not say so, of the same channels
	const shared = options.shared ?? ("location" in globalThis && (!authorize || as !== undefined));
	const isApart = isAll && !isTold || as !== undefined && !options.shared;
	const name = JSON.stringify(["tidings client 2", address.href, as, credentials, parameter, isApart && [...topics].sort()]);
	const how = {
		name: shared ? name : null, isPlain, presence, authorize, credentials,
		silence: options.silence ?? (isPlain ? 0 : SILENCE_MS),
		url(names, begin) {
			const all = new URL(address);
			for (const channel of names)
				all.searchParams.append(parameter, channel);
			for (const [key, value] of Object.entries(isPlain ? {} : begin))
				all.searchParams.set(key, value);
			return all.href;
		},
		over: () => shared && shares.delete(name),
		headers: (last) => isPlain && last !== "" ? { "Last-Event-ID": last } : {},
	};
	const share = shared && shares.get(name) || new Share(how);
	if (shared)
		shares.set(name, share);
	const takes = isPlain ? ({ type }) => !types.length || types.includes(type)
		: (event, names) => event.channel = names.find(isTold ? matches : (name) => channels.includes(name)) ?? (isTold ? "" : names[0]);
	return new Feed({ channels: topics, isAll, since, after: String(after ?? "") }, isPlain, takes, share);
}
