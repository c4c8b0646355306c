// SPDX-License-Identifier: MIT
// shared-tasks - the demonstration tasks, for all windows at once
//
//   idle     nobody wants them, or they have ended
//   running  one stream; whoever joins is given what it has missed of this run
//   lost     the connection is; the source below comes back with the last id
//
//   idle -> running           the first who wants them
//   running <-> lost          the source
//   running -> idle           the event `close`, or nobody wants them any more
//
// After `close` the server has nothing more to say (a 204 to whoever asks), so
// the stream is closed here and never opened again with those ids.

import { earliest, isAfter } from "./ids.js";
import { at } from "./place.js";
import { Source } from "./source.js";

const OWN = ["connected", "live", "reset"]; // the server's, not the tasks'

export class SharedTasks {
	#types;
	#on;
	#pass;
	#wants = new Set();
	#source = null;
	#events = [];
	#last = "";
	#state = "connecting";
	#why = null;

	// on: as of Multiplexer
	constructor(types, on, pass) {
		this.#types = types;
		this.#on = on;
		this.#pass = pass;
	}

	// want: { interval, after, state }
	add(want) {
		this.#wants.add(want);
		if (this.#why !== null)
			this.#on.trouble(this.#why, [want]);
		queueMicrotask(() => this.#serve(want));
	}

	drop(want) {
		this.#wants.delete(want);
		if (this.#wants.size === 0)
			this.close();
	}

	addTypes(types) {
		this.#source?.addTypes(types);
	}

	close() {
		this.#wants.clear();
		this.#source?.close();
		this.#source = null;
		this.#events = [];
		this.#last = "";
		this.#state = "connecting";
		this.#why = null;
	}

	// Once all are there that came together.
	#serve(want) {
		if (!this.#wants.has(want))
			return;
		if (this.#source === null)
			this.#open(want);
		this.#on.welcome(want, {
			state: this.#state === "connecting" ? undefined : this.#state,
			after: want.after ?? "",
			events: this.#events.filter((event) => isAfter(event.id, want.after ?? "")),
		});
	}

	#open({ interval }) {
		const known = [...this.#wants].map((want) => want.after ?? "").filter(Boolean);
		const url = (last) => {
			const query = new URLSearchParams();
			if (interval !== undefined)
				query.set("interval", interval);
			if (last !== "")
				query.set("lastEventId", last);
			return at(query.size ? `tasks/stream?${query}` : "tasks/stream");
		};
		this.#last = known.length ? earliest(known) : "";
		this.#source = new Source(url, this.#last, [...OWN, ...this.#types], {
			open: () => {
				this.#source.isGood(); // its next event may take a minute
				this.#become("live");
			},
			message: (event) => this.#hear(event),
			down: () => this.#become("lost"),
			trouble: (why) => {
				this.#why = why;
				this.#on.trouble(why, null);
			},
		}, this.#pass);
	}

	#become(state) {
		this.#state = state;
		this.#on.state(state, null);
	}

	#hear(event) {
		this.#source.isGood();
		if (OWN.includes(event.type) || !isAfter(event.lastEventId, this.#last))
			return;
		this.#last = event.lastEventId;
		const passed = { type: event.type, id: event.lastEventId, channel: "tasks", data: event.data, at: Date.now() };
		this.#events.push(passed);
		this.#on.event(passed, passed.id, null);
		if (event.type === "close")
			this.#finish();
	}

	#finish() {
		this.close();
		this.#on.state("ended", null);
	}
}
