// SPDX-License-Identifier: MIT
// replay - the newest events that passed, for those who missed them
//
// Complete for a topic above its floor: every event of the topic after that id
// was added, and what had to make room has raised the floor of all. Events of
// several topics may be added twice, and out of order.

import { compareIds, isAfter, later } from "./ids.js";

const EVENTS_MAX = 2000;
const CHARACTERS_MAX = 4 << 20;

export class Replay {
	#events = [];
	#first = 0; // those before it are gone
	#characters = 0;
	#floors = new Map();
	#isOf;
	#gone = ""; // the newest id that had to make room

	// isOf: (topic, event) => is it?
	constructor(isOf) {
		this.#isOf = isOf;
	}

	// From here on all events of the topic will be added.
	begin(topic, floor) {
		this.#floors.set(topic, floor);
	}

	end(topic) {
		this.#floors.delete(topic);
	}

	has(topic) {
		return this.#floors.has(topic);
	}

	// An event with an id.
	add(event) {
		this.#events.push(event);
		this.#characters += event.data.length;
		while (this.#events.length - this.#first > EVENTS_MAX || this.#characters > CHARACTERS_MAX)
			this.#makeRoom();
	}

	isComplete(topic, id) {
		const floor = this.#floors.get(topic);
		return floor !== undefined && !isAfter(later(floor, this.#gone), id);
	}

	// What is held of the topic after one id and up to another, in order.
	between(topic, after, upTo) {
		return this.#events.slice(this.#first)
			.filter((event) => isAfter(event.id, after) && !isAfter(event.id, upTo) && this.#isOf(topic, event))
			.sort((a, b) => compareIds(a.id, b.id))
			.filter((event, n, all) => n === 0 || event.id !== all[n - 1].id);
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
