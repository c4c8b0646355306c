// SPDX-License-Identifier: MIT
// sending - a message is published once, however often it is sent
//
//   idle     send() begins
//   sending  another send() is not heard
//
// Each message has an id of its own until it was answered: sent again after a
// cut, it is the same message, and the server publishes it once.

import { publication } from "./commands.js";

// Not crypto.randomUUID, which an insecure origin has not.
function randomId() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// No answer came, or none that can be read: it may or may not be published.
export class NoAnswer extends Error {}

export class Sender {
	#id = null;
	#message = ""; // that has this id
	#isBusy = false;

	// headers: more of them. Resolves to the server's answer, or null if another is under way; throws
	// NoAnswer, or an Error with the server's sentence.
	async send(event, headers = {}) {
		if (this.#isBusy)
			return null;
		this.#isBusy = true;
		const message = JSON.stringify(event);
		if (message !== this.#message)
			[this.#id, this.#message] = [randomId(), message];
		try {
			const said = await this.#post(event, headers);
			this.#message = "";
			return said;
		} finally {
			this.#isBusy = false;
		}
	}

	async #post(event, headers) {
		const { address, type, body } = publication({ ...event, id: this.#id });
		const answer = await fetch(address, {
			method: "POST", headers: { "Content-Type": type, ...headers }, body,
		}).catch(() => {
			throw new NoAnswer();
		});
		const said = await answer.json().catch(() => null);
		if (!answer.ok)
			throw new Error(said?.message ?? `HTTP ${answer.status}`);
		if (typeof said?.id !== "string")
			throw new NoAnswer(); // not one of Tidings
		return said;
	}
}

// ---- the round trip

const REMEMBERED = 50; // ids of our own whose return is awaited

export class Returns {
	#sent = new Map(); // id -> { began, done }
	#heard = new Map(); // id -> when, of what came before its answer

	hear(id) {
		const sent = this.#sent.get(id);
		if (sent !== undefined) {
			this.#sent.delete(id);
			sent.done(performance.now() - sent.began);
			return;
		}
		this.#heard.set(id, performance.now());
		if (this.#heard.size > REMEMBERED)
			this.#heard.delete(this.#heard.keys().next().value);
	}

	// Calls done(ms) once the event has come.
	wait(id, began, done) {
		const at = this.#heard.get(id);
		if (at !== undefined) {
			done(at - began);
			return;
		}
		this.#sent.set(id, { began, done });
		if (this.#sent.size > REMEMBERED)
			this.#sent.delete(this.#sent.keys().next().value);
	}
}
