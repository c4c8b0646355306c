// SPDX-License-Identifier: MIT
// shared-tasks - a feed of the demonstration tasks, the same run for all windows
//
//   asking   are there windows with a run already? They tell its interval
//   joining  on the stream of that run; what is known of it is asked for again, now
//            that nothing can fall between
//   running  what was before has been told, and what comes is
//   over     the event `close`, or close()
//
//   asking -> joining -> running -> over
//
// It has the words of a feed of js/: on(), close(), lastId. After `close` the server
// has nothing more to say (a 204 to whoever asks), so that its stream is closed here.

import { isAfter } from "./ids.js";
import { listen } from "./js/index.js";
import { at } from "./place.js";

const ANSWER_MS = 200;
const OWN = ["connected", "live", "reset", "expired"]; // the server's, not the tasks'

export class SharedTasks {
	lastId;
	#interval;
	#options;
	#listeners = new Map();
	#events = []; // of this run
	#waiting = []; // what came while joining
	#isRunning = false;
	#feed = null;
	#others = "BroadcastChannel" in globalThis ? new BroadcastChannel(`tidings tasks 1 ${at("")}`) : null;
	#heard = null; // (run): the answer of another window

	// options: as of listen(); after: what is told already, an id or "".
	constructor(interval, { after = "", ...options }) {
		this.lastId = after;
		this.#interval = interval;
		this.#options = { ...options, after, shared: true };
		if (this.#others !== null)
			this.#others.onmessage = ({ data }) => this.#hear(data);
		this.#begin();
	}

	on(type, listener) {
		this.#listeners.set(type, listener);
	}

	close() {
		this.#feed?.close();
		this.#others?.close();
		this.#others = this.#heard = null;
		this.#listeners.clear();
	}

	#say(type, what) {
		this.#listeners.get(type)?.(what);
	}

	async #begin() {
		const run = await this.#ask();
		this.#interval = run?.interval ?? this.#interval;
		const query = this.#interval === undefined ? "" : `?interval=${this.#interval}`;
		if (this.#isClosed)
			return;
		this.#feed = listen(at(`tasks/stream${query}`), this.#options);
		for (const type of ["away", "refused"])
			this.#feed.on(type, (why) => this.#say(type, why));
		this.#feed.on("close", () => this.#finish());
		this.#feed.on("message", (event) => this.#take(event));
		this.#feed.on("open", () => this.#join(run));
	}

	get #isClosed() {
		return this.#listeners.size === 0;
	}

	async #join(run) {
		if (!this.#isRunning && run !== null)
			this.#waiting.unshift(...(await this.#ask())?.events ?? run.events);
		if (this.#isClosed)
			return;
		this.#say("open");
		this.#isRunning = true;
		this.#waiting.splice(0).forEach((event) => this.#take(event));
	}

	#take(event) {
		if (!this.#isRunning) {
			this.#waiting.push(event);
			return;
		}
		if (OWN.includes(event.type) || !isAfter(event.id, this.lastId))
			return;
		this.lastId = event.id;
		this.#events.push(event);
		this.#say("message", { ...event, channel: "tasks" });
		if (event.type === "close")
			this.#finish();
	}

	#finish() {
		this.#say("close");
		this.close();
	}

	// ---- among windows

	// The run that another one has; null if none says so in time.
	async #ask() {
		if (this.#others === null)
			return null;
		const answer = new Promise((resolve) => this.#heard = resolve);
		const late = new Promise((resolve) => setTimeout(() => resolve(null), ANSWER_MS));
		this.#others.postMessage({ kind: "ask" });
		return Promise.race([answer, late]);
	}

	#hear({ kind, run }) {
		if (kind === "run")
			this.#heard?.(run);
		else if (this.#isRunning)
			this.#others.postMessage({ kind: "run", run: { interval: this.#interval, events: this.#events } });
	}
}
