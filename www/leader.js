// SPDX-License-Identifier: MIT
// leader - what the leading window does for all windows
//
//   gathering  has said that it leads, and waits for each other window to say
//              what it wants and how far it has got
//   leading    the streams are open; who comes later is served as it comes
//   over       close()
//
//   gathering -> leading   the last one has said it, is gone, or did not say it
//                          in time: a stopped window joins when it goes on

import { Coordinator } from "./coordinator.js";

const HELLO_MS = 1000;

export class Leader {
	#coordinator;
	#peers;
	#tell;
	#known = new Set(); // names of windows that are watched
	#silent = new Set(); // those that have not said hello
	#state = "gathering";
	#timer = 0;

	// peers: null if there are no other windows. tell: (message) to all
	// windows, this one included. pass: what they all show.
	constructor(peers, types, tell, pass) {
		this.#peers = peers;
		this.#tell = tell;
		this.#coordinator = new Coordinator(types, tell, pass);
	}

	close() {
		this.#state = "over";
		clearTimeout(this.#timer);
		this.#coordinator.close();
	}

	// To be called once, when this window has said hello.
	async gather() {
		this.#timer = setTimeout(() => this.#begin(), HELLO_MS);
		const others = this.#peers === null ? [] : await this.#peers.others();
		if (this.#state !== "gathering")
			return;
		for (const name of others.filter((name) => !this.#coordinator.has(name))) {
			this.#silent.add(name);
			this.#watch(name);
		}
		if (this.#silent.size === 0)
			this.#begin();
	}

	// What a window asks for.
	serve(message, from) {
		switch (message.kind) {
		case "hello":
			this.#watch(from);
			this.#learn(message.types);
			this.#coordinator.enter(from, message.wants);
			this.#hasSpoken(from);
			return;
		case "want":
			this.#coordinator.want(from, message.want);
			return;
		case "drop":
			this.#coordinator.drop(from, message.n);
			return;
		case "types":
			this.#learn(message.types);
			return;
		case "bye":
			this.gone(from);
			return;
		}
	}

	gone(name) {
		this.#known.delete(name);
		this.#coordinator.leave(name);
		this.#hasSpoken(name);
	}

	#watch(name) {
		if (this.#peers === null || name === this.#peers.name || this.#known.has(name))
			return;
		this.#known.add(name);
		this.#peers.watch(name);
	}

	#learn(types) {
		this.#coordinator.addTypes(types);
		this.#tell({ kind: "types", types });
	}

	#hasSpoken(name) {
		if (this.#silent.delete(name) && this.#silent.size === 0)
			this.#begin();
	}

	#begin() {
		clearTimeout(this.#timer);
		this.#silent.clear();
		if (this.#state !== "gathering")
			return;
		this.#state = "leading";
		this.#coordinator.begin();
	}
}
