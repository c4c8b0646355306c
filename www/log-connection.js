// SPDX-License-Identifier: MIT
// log-connection - one stream of the log, as far as the server's own words on it go
//
//   connecting   no word from the server yet
//   catching up  `connected` said that the stream begins behind
//   live         it did not, or `live` has come
//   lost         the connection is; the source below comes back with the last id
//
//   connecting, lost -> catching up | live     connected
//   catching up -> live                        live
//   any -> lost                                the source, or `expired`
//
// Its cursor is an id: everything of its topics up to it has been passed on.

import { Source } from "./source.js";

const FRESH_MS = 10000;

export class LogConnection {
	#on;
	#read;
	#source;
	#movedAt = 0; // ms

	// url: (last id) => address. start: the id to go on from, or "".
	// read: (MessageEvent) => { word, said } for what the server itself says
	// ("connected", "live", "reset", "expired"), or { channel, data, also? } for an event;
	// throws what can be neither. That is a gap: { unreadable: id }.
	// on: { state(connection), event(connection, event), reset(connection, said),
	//       trouble(connection, why | null) }, why as in trouble.js
	constructor({ topics, url, start, read, pass }, types, on) {
		this.topics = new Set(topics);
		this.cursor = start;
		this.state = "connecting";
		this.#on = on;
		this.#read = read;
		this.#source = new Source(url, start, ["connected", "live", "reset", "expired", ...types], {
			open() {},
			message: (event) => this.#hear(event),
			down: () => this.#become("lost"),
			trouble: (why) => on.trouble?.(this, why),
		}, pass);
	}

	// Its cursor is not much older than now. It moves only with events, and
	// nobody may have published for days.
	get isFresh() {
		return Date.now() - this.#movedAt < FRESH_MS;
	}

	get isLive() {
		return this.state === "live";
	}

	// Shows what there is to show now.
	get isUpToDate() {
		return this.#source.isUpToDate;
	}

	addTypes(types) {
		this.#source.addTypes(types);
	}

	close() {
		this.#source.close();
	}

	#become(state) {
		if (state === this.state)
			return;
		this.state = state;
		this.#on.state(this);
	}

	// On a stream without envelope somebody may publish the same later on.
	#begin({ behind }) {
		this.#source.isGood();
		if (this.state === "connecting" || this.state === "lost")
			this.#become(behind ? "catching up" : "live");
	}

	#understand(event) {
		try {
			return this.#read(event);
		} catch {
			return { word: "reset", said: { unreadable: event.lastEventId } };
		}
	}

	#hear(event) {
		const { word, said, channel, also, data, published } = this.#understand(event);
		// What has no id leaves the last one where it was.
		const id = event.lastEventId === this.cursor ? "" : event.lastEventId;
		if (id !== "" || word !== undefined)
			this.#movedAt = Date.now();
		this.cursor = event.lastEventId;
		if (word === "connected") {
			this.#begin(said);
		} else if (word === "live") {
			this.#become("live");
		} else if (word === "reset") {
			this.#on.reset(this, said);
		} else if (word === "expired") {
			this.#source.expire(said.reason !== "age");
			this.#become("lost");
		} else {
			this.#on.event(this, { type: event.type, id, channel, also, data, published, at: Date.now() });
		}
	}
}
