// SPDX-License-Identifier: MIT
// source - one EventSource that does not give up
//
//   OPENING  being opened for the first time, or again; what is shown for it
//            (pass.js) may have to be got first
//   OPEN     the server has answered with a stream
//   DOWN     the connection was lost and the browser comes back by itself
//   WAITING  the browser has given up (any answer but 200 makes it): a new
//            EventSource is due, after a delay that grows with each failure
//   REFUSED  by Tidings, because of who asks (401, 403): nothing is tried
//   CLOSED   by us; for good
//
//   OPENING -> OPEN -> DOWN -> OPEN     by the browser
//   OPENING, DOWN -> WAITING            by the browser
//   WAITING -> OPENING                  by the timer, or when the machine is
//                                       online again
//   WAITING -> OPENING                  by a 401, once, with another pass if there is one
//   WAITING -> REFUSED                  by a 401 or 403
//   REFUSED -> OPENING                  by another pass, or when the page is
//                                       looked at again
//   OPEN -> OPENING                     by expire()
//   any -> CLOSED                       by close()
//
// Knows the last id it has heard, so that a new EventSource goes on where the
// old one was: only the browser's own reconnects send Last-Event-ID. An
// EventSource passes on only types that somebody listens for, so all types are
// named; and what was published as "error" or "open" is told from the
// browser's own events of these names by being a MessageEvent.

import { Pass } from "./pass.js";
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
	#pass;
	#round = 0; // of the pass that is shown
	#turn = 0; // what was waited for before the last change is over
	#hasRenewed = false; // since it was good
	#rested = null; // how to stop resting
	#online = () => this.#hurry();

	// url: (last id, "" if there is none) => address.
	// on: { open(), message(MessageEvent), down(givenUp), trouble?(why | null) },
	// why as in trouble.js
	constructor(url, lastId, types, on, pass = new Pass()) {
		this.#url = url;
		this.#on = on;
		this.#pass = pass;
		this.lastId = lastId;
		for (const type of types)
			this.#types.add(type);
		if (on.trouble !== undefined)
			this.#trouble = new Trouble(() => pass.into(url("")),
				() => this.#source?.readyState === EventSource.OPEN, (why) => this.#learn(why),
				pass.credentials);
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
		this.#hasRenewed = false;
		this.#trouble?.good();
	}

	// What it was opened with is over (isSpoiled), or the stream is old. Without a
	// pass the browser comes back by itself, with the cookies that it then has.
	expire(isSpoiled) {
		if (!this.#pass.isAsked)
			return;
		if (isSpoiled)
			this.#pass.spoil(this.#round);
		const turn = ++this.#turn;
		queueMicrotask(() => turn === this.#turn && this.#reopen()); // with this event's id
	}

	// Was it opened with the pass that there is now?
	get isUpToDate() {
		return this.#round === this.#pass.round;
	}

	close() {
		removeEventListener("online", this.#online);
		this.#trouble?.close();
		this.#leave();
	}

	#reopen() {
		this.#leave();
		this.#open();
	}

	#open() {
		if (this.#pass.isHeld) {
			this.#connect();
			return;
		}
		this.#trouble?.restart(); // without it the answer would be no
		const turn = ++this.#turn;
		this.#pass.get().then(() => turn === this.#turn && this.#connect(), (why) => {
			if (turn !== this.#turn)
				return;
			this.#fail();
			this.#learn(why);
		});
	}

	#connect() {
		this.#round = this.#pass.round;
		const source = this.#source = new EventSource(this.#pass.into(this.#url(this.lastId)),
			{ withCredentials: this.#pass.withCredentials });
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

	// Whatever it was about to do.
	#leave() {
		this.#turn++;
		this.#rested?.();
		this.#rested = null;
		clearTimeout(this.#timer);
		this.#source?.close();
		this.#source = null;
	}

	#lost() {
		const givenUp = this.#source.readyState === EventSource.CLOSED;
		if (givenUp)
			this.#fail();
		else
			this.#on.down(false);
		this.#trouble?.failed(givenUp);
	}

	#fail() {
		const delay = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
		this.#leave();
		this.#timer = setTimeout(() => this.#open(), delay * (0.5 + Math.random()));
		this.#on.down(true);
	}

	#learn(why) {
		if (why?.status === 401 && why.isFinal && !this.#hasRenewed) {
			this.#hasRenewed = true; // or the server has taken an old session away
			this.#pass.spoil(this.#round);
			this.#trouble?.restart();
			this.#reopen();
			return;
		}
		if (why?.isFinal) {
			this.#leave();
			this.#rested = this.#pass.listen(() => this.#reopen());
		}
		this.#on.trouble?.(why);
	}

	#hurry() {
		if (this.#source?.readyState !== EventSource.OPEN)
			this.#reopen();
	}
}
