// SPDX-License-Identifier: MIT
// replay - the newest events that passed, for those who missed them
//
// Complete for a channel above its floor: every event of the channel after
// that id was added, and what had to make room has raised the floor of all.

import { isAfter, later } from "./ids.js";

const EVENTS_MAX = 2000;
const CHARACTERS_MAX = 4 << 20;

export class Replay {
	#events = [];
	#first = 0; // those before it are gone
	#characters = 0;
	#floors = new Map();
	#gone = ""; // the newest id that had to make room

	// From here on all events of the channel will be added.
	begin(channel, floor) {
		this.#floors.set(channel, floor);
	}

	end(channel) {
		this.#floors.delete(channel);
	}

	has(channel) {
		return this.#floors.has(channel);
	}

	// An event with an id.
	add(event) {
		this.#events.push(event);
		this.#characters += event.data.length;
		while (this.#events.length - this.#first > EVENTS_MAX || this.#characters > CHARACTERS_MAX)
			this.#makeRoom();
	}

	isComplete(channel, id) {
		const floor = this.#floors.get(channel);
		return floor !== undefined && !isAfter(later(floor, this.#gone), id);
	}

	// What is held of the channel after that id.
	after(channel, id) {
		return this.#events.slice(this.#first).filter(
			(event) => event.channel === channel && isAfter(event.id, id));
	}

	#makeRoom() {
		const event = this.#events[this.#first];
		this.#events[this.#first++] = undefined;
		this.#characters -= event.data.length;
		this.#gone = later(event.id, this.#gone);
		if (this.#first >= EVENTS_MAX) {
			this.#events.splice(0, this.#first);
			this.#first = 0;
		}
	}
}
