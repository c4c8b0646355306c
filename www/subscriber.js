// SPDX-License-Identifier: MIT
// subscriber - one feed of js/, in the words of feed.js
//
// It goes on behind what it has been told when it is begun again, with something
// else to show.

import { listen } from "./js/index.js";
import { timeOf } from "./moment.js";
import { at } from "./place.js";
import { SharedTasks } from "./shared-tasks.js";
import { Trouble } from "./trouble.js";

function open({ path, interval, options }, how) {
	return path === "tasks/stream" ? new SharedTasks(interval, { ...options, ...how })
		: listen(at(path), { ...options, ...how, time: true, shared: true });
}

// Where the server is asked for it by itself.
function addressOf({ path, options: { channels = [], patterns = [] } }) {
	const query = new URLSearchParams([...channels.map((name) => ["channel", name]), ...patterns.map((text) => ["pattern", text])]);
	return at(`${path}?${query}`);
}

export class Subscriber {
	state = "connecting";
	#want;
	#on;
	#feed = null;
	#trouble = null;
	#after = "";
	#count = 0; // events since the connection came back
	#wasLost = false;

	// want: as wantOf() has it; on: as of open() in feed.js
	constructor(want, on) {
		this.#want = want;
		this.#on = on;
	}

	// how: { authorize, as, credentials }, of listen()
	begin(how) {
		this.#leave();
		const { options } = this.#want;
		const begin = this.#after === "" ? {} : { since: undefined, after: this.#after };
		const feed = this.#feed = open({ ...this.#want, options: { ...options, ...begin } }, how);
		this.#trouble = new Trouble(addressOf(this.#want), (why) => this.#say("trouble", why));
		const hear = (type, act) => feed.on(type, (what) => feed === this.#feed && act(what));
		hear("open", () => {
			this.#become("live");
			this.#trouble?.good();
		});
		hear("message", (event) => this.#take(event));
		hear("away", (why) => this.#fails(why, true));
		hear("refused", (why) => this.#fails(why, this.state !== "connecting"));
		hear("lost", (said) => this.#say("gap", said));
		hear("close", () => this.end());
	}

	end() {
		this.#leave();
		this.#become("ended");
	}

	#leave() {
		const feed = this.#feed;
		this.#feed = null;
		this.#after = feed?.lastId || this.#after;
		feed?.close();
		this.#trouble?.close();
	}

	#fails(why, isLost) {
		if (isLost)
			this.#become("lost");
		this.#trouble.failed(why);
	}

	// Who was live before is live again only by way of catching up.
	#become(state) {
		if (state === this.state || this.state === "ended")
			return;
		if (state === "live" && this.#wasLost && this.state !== "catching up")
			this.#become("catching up");
		if (state === "lost" && this.state !== "connecting") {
			this.#wasLost = true;
			this.#count = 0;
		}
		this.state = state;
		this.#say("state", state);
		if (state === "live" && this.#wasLost) {
			this.#wasLost = false;
			this.#say("recovered", this.#count);
		}
	}

	#take({ at: published, replayed, ...event }) {
		if (replayed && event.id !== "")
			this.#become("catching up");
		const isOld = this.state === "catching up";
		if (isOld)
			this.#count++;
		this.#say("event", { ...event, at: Date.now(), published: timeOf(published), replayed: isOld });
	}

	// A page's fault is the page's, not the stream's.
	#say(name, what) {
		try {
			this.#on[name]?.(what);
		} catch (error) {
			reportError(error);
		}
	}
}
