// SPDX-License-Identifier: MIT
// source - one EventSource that does not give up
//
//   OPENING  being opened for the first time, or again
//   OPEN     the server has answered with a stream
//   DOWN     the connection was lost and the browser comes back by itself
//   WAITING  the browser has given up (any answer but 200 makes it): a new
//            EventSource is due, after a delay that grows with each failure
//   CLOSED   by us; for good
//
//   OPENING -> OPEN -> DOWN -> OPEN     by the browser
//   OPENING, DOWN -> WAITING            by the browser
//   WAITING -> OPENING                  by the timer, or when the machine is
//                                       online again
//   any -> CLOSED                       by close()
//
// Knows the last id it has heard, so that a new EventSource goes on where the
// old one was: only the browser's own reconnects send Last-Event-ID. An
// EventSource passes on only types that somebody listens for, so all types are
// named; and what was published as "error" or "open" is told from the
// browser's own events of these names by being a MessageEvent.

import { Trouble } from "./trouble.js";

const FIRST_MS = 1000;
const LONGEST_MS = 30000;

export class Source {
	#url;
	#on;
	#types = new Set();
	#source = null;
	#timer = 0;
	#failures = 0;
	#trouble = null;
	#online = () => this.#hurry();

	// url: (last id, "" if there is none) => address.
	// on: { open(), message(MessageEvent), down(givenUp), trouble?(why | null) },
	// why as in trouble.js
	constructor(url, lastId, types, on) {
		this.#url = url;
		this.#on = on;
		this.lastId = lastId;
		for (const type of types)
			this.#types.add(type);
		if (on.trouble !== undefined)
			this.#trouble = new Trouble(() => url(""),
				() => this.#source?.readyState === EventSource.OPEN, on.trouble);
		addEventListener("online", this.#online);
		this.#open();
	}

	// To be called at every type that may come; known ones are passed over.
	addTypes(types) {
		for (const type of types) {
			if (this.#types.has(type))
				continue;
			this.#types.add(type);
			this.#source?.addEventListener(type, this.#hear);
		}
	}

	// The stream is what it should be: the next failure is a first one.
	isGood() {
		this.#failures = 0;
		this.#trouble?.good();
	}

	close() {
		removeEventListener("online", this.#online);
		clearTimeout(this.#timer);
		this.#trouble?.close();
		this.#leave();
	}

	#open() {
		const source = this.#source = new EventSource(this.#url(this.lastId));
		source.addEventListener("open", (event) => {
			if (event instanceof MessageEvent)
				return;
			this.#trouble?.opening();
			this.#on.open();
		});
		source.addEventListener("error", (event) => {
			if (!(event instanceof MessageEvent) && source === this.#source)
				this.#lost();
		});
		for (const type of this.#types)
			source.addEventListener(type, this.#hear);
		this.#trouble?.opening();
	}

	#hear = (event) => {
		if (!(event instanceof MessageEvent) || event.target !== this.#source)
			return;
		this.#on.message(event);
		this.lastId = event.lastEventId; // not before: what throws there comes again
	};

	#leave() {
		this.#source?.close();
		this.#source = null;
	}

	#lost() {
		const givenUp = this.#source.readyState === EventSource.CLOSED;
		if (givenUp) {
			const delay = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
			this.#leave();
			this.#timer = setTimeout(() => this.#open(), delay * (0.5 + Math.random()));
		}
		this.#on.down(givenUp);
		this.#trouble?.failed(givenUp);
	}

	#hurry() {
		if (this.#source?.readyState === EventSource.OPEN)
			return;
		clearTimeout(this.#timer);
		this.#leave();
		this.#open();
	}
}
