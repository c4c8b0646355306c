// feed - what the page listens to
//
//   const feeds = openFeeds();
//   const feed = feeds.open({ kind: "channel", channel: "main", since: "10m" }, {
//           state(name) {}, event(event) {}, gap(said) {}, recovered(count) {} });
//   feed.close(); feeds.close();
//
// source: { kind: "channel", channel, since?: "10m" | "all" | id },
// { kind: "plain" } (/sse/events) or { kind: "tasks", interval?: seconds }.
// event: { type, id ("" if volatile), channel, data (text), at (ms, when it
// came), replayed (it came while catching up) }.
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
// All windows of a browser share the streams, if it can elect one of them to
// hold them (peers.js); otherwise each window holds its own.

import { Exchange } from "./exchange.js";
import { Member } from "./member.js";

const TYPES = [
	"message", "error", "open", "announcement", "alert", "sensor", "heartbeat", "notification",
	"metrics", "start", "progress", "end", "close",
];

const bytes = (text) => new TextEncoder().encode(text).length;

// What a channel may be called: see README.md.
export function isChannelName(name) {
	return typeof name === "string" && name !== "" && bytes(name) <= 255 && name.isWellFormed() &&
		!/\p{Cc}/u.test(name);
}

function streamOf({ kind, channel, since, interval }) {
	switch (kind) {
	case "channel":
		if (!isChannelName(channel))
			throw new TypeError("not a channel's name");
		return { stream: "channel", channel, since };
	case "plain":
		return { stream: "plain", channel: "sse" };
	case "tasks":
		return { stream: "tasks", channel: "tasks", interval };
	default:
		throw new TypeError(`no kind of feed: ${kind}`);
	}
}

class Feeds {
	onrole = null;
	leading = true;
	windows = 1;
	#types = new Set(TYPES);
	#members = new Map();
	#count = 0;
	#exchange;

	constructor() {
		this.#exchange = new Exchange(this.#types, (message) => this.#hear(message));
		this.#exchange.enter("", []);
		this.#exchange.begin();
	}

	open(source, on) {
		const n = ++this.#count;
		const member = new Member({ n, ...streamOf(source) }, on);
		this.#members.set(n, member);
		this.#exchange.want("", member.request);
		return {
			close: () => {
				if (!this.#members.delete(n))
					return;
				this.#exchange.drop("", n);
				member.become("ended");
			},
		};
	}

	// Types of events that are to come through, besides the known ones.
	addTypes(types) {
		for (const type of types)
			this.#types.add(type);
		this.#exchange.addTypes(types);
	}

	close() {
		this.#exchange.close();
		for (const member of this.#members.values())
			member.become("ended");
		this.#members.clear();
	}

	#hear(message) {
		const { kind, stream, to } = message;
		if (kind === "windows")
			this.windows = message.count;
		else
			for (const member of this.#meant(stream, to))
				this.#give(member, message);
	}

	#meant(stream, to) {
		if (to !== null)
			return to.map(({ n }) => this.#members.get(n)).filter(Boolean);
		return [...this.#members.values()].filter((member) => member.want.stream === stream);
	}

	#give(member, message) {
		const isForIt = message.to !== null;
		switch (message.kind) {
		case "welcome":
			member.welcome(message);
			return;
		case "state":
			if (isForIt && message.state === "catching up")
				member.phase = "side";
			if (isForIt || member.phase === "joined" || message.state === "lost")
				member.become(message.state);
			return;
		case "event":
			if (isForIt || member.phase === "joined")
				member.take(message.event, message.cursor);
			return;
		case "gap":
			if (isForIt || member.phase === "joined")
				member.gap(message.said);
			return;
		}
	}
}

export function openFeeds() {
	return new Feeds();
}
