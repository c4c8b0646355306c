// SPDX-License-Identifier: MIT
// subscriber - one feed: what the leading window brings becomes what the page is
// told, in order and once
//
//   waiting  no leader knows of it yet; what comes is not for it
//   side     is given older events, for it alone
//   joined   takes all that comes on its topic
//   ended    by us, or the tasks are done; for good
//
//   waiting -> side, joined       a message for it alone ("state", "welcome")
//   side -> joined                a "welcome"
//   side, joined -> waiting       another window leads, or this one slept; or its
//                                 topic is refused
//
// Its position is the id up to which it has everything, with which it goes on
// under any leader. The states it tells are those of feed.js.

import { isAfter, later } from "./ids.js";
import { waysOf } from "./topic.js";

export class Subscriber {
	phase = "waiting";
	state = "connecting";
	#on;
	#position; // undefined until it has begun
	#count = 0; // events since the connection came back
	#wasLost = false;

	// want: { n, stream, topic, interval, since }
	constructor(want, on) {
		this.want = want;
		this.#on = on;
	}

	// What it wants, as a leader is told.
	get request() {
		const { state } = this;
		return this.#position === undefined
			? { ...this.want, state }
			: { ...this.want, state, since: undefined, after: this.#position };
	}

	// What a leader says; `to` is null if it is for all who have joined.
	hear(message) {
		if (this.phase === "ended")
			return;
		const isMeant = message.to !== null || this.phase === "joined";
		switch (message.kind) {
		case "welcome":
			this.#join(message);
			return;
		case "state":
			if (message.to !== null && message.state === "catching up")
				this.phase = "side";
			if (isMeant || message.state === "lost")
				this.become(message.state);
			return;
		case "trouble":
			if (message.why?.isFinal && message.to !== null)
				this.#isRefused();
			this.#say("trouble", message.why);
			return;
		case "event":
			if (isMeant)
				this.#take(message.event, message.cursor);
			return;
		case "gap":
			if (isMeant)
				this.#say("gap", message.said);
			return;
		}
	}

	// Another leader is to come.
	wait() {
		if (this.phase !== "ended")
			this.phase = "waiting";
	}

	// It alone; others go on.
	#isRefused() {
		this.wait();
		this.loses();
	}

	// It was not there for a while.
	loses() {
		if (this.state !== "connecting")
			this.become("lost");
	}

	#join({ state, after, events }) {
		this.phase = "joined";
		this.#position = later(after, this.#position ?? "");
		if (events.length > 0)
			this.become("catching up");
		for (const event of events)
			this.#give(event);
		if (state !== undefined)
			this.become(state);
	}

	// cursor: everything on the stream up to it has been brought.
	#take(event, cursor) {
		this.#give(event);
		if (cursor !== "" && this.phase === "joined")
			this.#position = later(cursor, this.#position ?? "");
	}

	// Who was live before is live again only by way of catching up.
	become(state) {
		if (state === this.state || this.phase === "ended")
			return;
		if (state === "live" && this.#wasLost && this.state !== "catching up")
			this.become("catching up");
		if (state === "lost" && this.state !== "connecting") {
			this.#wasLost = true;
			this.#count = 0;
		}
		this.state = state;
		if (state === "ended")
			this.phase = "ended";
		this.#say("state", state);
		if (state === "live" && this.#wasLost) {
			this.#wasLost = false;
			this.#say("recovered", this.#count);
		}
	}

	// It is given by the channel that is its own.
	#give({ also, ...event }) {
		const { id } = event;
		const channel = waysOf(this.want.stream).channelOf(this.want.topic, { ...event, also });
		if (channel === undefined)
			return;
		if (id !== "") {
			if (this.#position !== undefined && !isAfter(id, this.#position))
				return;
			this.#position = id;
		}
		const replayed = this.state === "catching up";
		if (replayed)
			this.#count++;
		this.#say("event", { ...event, channel, replayed });
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
