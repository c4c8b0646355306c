// SPDX-License-Identifier: MIT
// peers - the windows of this browser, and which one of them leads
//
//   away     not taking part
//   waiting  has its name; in the queue for the lead
//   leading  has it, until it goes away
//
//   away -> waiting      join()
//   waiting -> leading   the browser, when no other window leads any more
//   any -> away          leave(), or the window's end, however it comes
//
// The lead is a Web Lock, and each window holds a lock of its own name, so that
// the browser says who is there, and when somebody is gone: a window that
// crashes has no last words.

// Not in a page that came over plain HTTP from another machine.
export const canShare = () => Boolean(globalThis.navigator?.locks && globalThis.BroadcastChannel);

export class Peers {
	name = "";
	#on;
	#prefix;
	#channel = null;
	#left = null; // AbortController of this stay

	// on: { joined(), lead(), hear(message, from), gone(name), failed() }
	// prefix: those who have the same belong together.
	constructor(on, prefix) {
		this.#on = on;
		this.#prefix = prefix;
	}

	#windowOf(name) {
		return `${this.#prefix} window ${name}`;
	}

	join() {
		const { signal } = this.#left = new AbortController();
		this.name = crypto.randomUUID();
		try {
			this.#channel = new BroadcastChannel(this.#prefix);
		} catch {
			queueMicrotask(() => this.#on.failed());
			return;
		}
		this.#channel.onmessage = ({ data }) => this.#on.hear(data.message, data.from);
		this.#hold(this.#windowOf(this.name), signal, () => {
			this.#on.joined();
			this.#hold(`${this.#prefix} lead`, signal, () => this.#on.lead());
		});
	}

	leave() {
		this.#left?.abort();
		this.#left = null;
		this.#channel?.close();
		this.#channel = null;
	}

	// To all other windows.
	post(message) {
		this.#channel?.postMessage({ message, from: this.name });
	}

	// The names of the other windows that are there; none if the browser does
	// not say, as at the end of a page.
	async others() {
		const { held } = await navigator.locks.query().catch(() => ({ held: [] }));
		return held.map(({ name }) => name)
			.filter((name) => name.startsWith(this.#windowOf("")) && name !== this.#windowOf(this.name))
			.map((name) => name.slice(this.#windowOf("").length));
	}

	// gone(name) is called once that window is no longer there.
	watch(name) {
		const { signal } = this.#left;
		navigator.locks.request(this.#windowOf(name), { signal }, () => {
			if (!signal.aborted)
				this.#on.gone(name);
		}).catch(() => {});
	}

	// Until leave(). A lock that was granted is given back when its promise ends.
	#hold(name, signal, granted) {
		navigator.locks.request(name, { signal }, () => signal.aborted || new Promise((resolve) => {
			signal.addEventListener("abort", resolve);
			granted();
		})).catch(() => signal.aborted || this.#on.failed());
	}
}
