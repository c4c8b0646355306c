// SPDX-License-Identifier: MIT
// An EventSource, and timers, that do what a test says.

export const sources = [];
export const timers = [];
export const listeners = new Set();

globalThis.EventSource = class extends EventTarget {
	static CONNECTING = 0;
	static OPEN = 1;
	static CLOSED = 2;
	readyState = 0;
	id = "";

	constructor(address) {
		super();
		this.address = address;
		this.query = new URL(address, "http://localhost").searchParams;
		this.id = this.query.get("lastEventId") ?? "";
		sources.push(this);
	}

	close() {
		this.readyState = 2;
	}

	// What the server says; "" leaves the last id where it was.
	says(type, id, data) {
		this.id = id || this.id;
		if (this.readyState !== 2)
			this.dispatchEvent(new MessageEvent(type, { data, lastEventId: this.id }));
	}

	connects(id, behind) {
		this.readyState = 1;
		this.dispatchEvent(new Event("open"));
		this.says("connected", id, JSON.stringify({ channels: [], ...(behind && { behind }) }));
	}

	brings(id, channel, data, type = "message", also = undefined) {
		this.says(type, id, JSON.stringify({ channel, data, also }));
	}

	isLive(id = "") {
		this.says("live", id, "{}");
	}

	// The connection is lost; does the browser come back by itself?
	breaks(returns = true) {
		this.readyState = returns ? 0 : 2;
		this.dispatchEvent(new Event("error"));
	}
};
globalThis.addEventListener = (type, act) => listeners.add(act);
globalThis.removeEventListener = (type, act) => listeners.delete(act);
globalThis.setTimeout = (act, ms) => timers.push({ act, ms });
globalThis.clearTimeout = (n) => n > 0 && (timers[n - 1].ms = null);

export const open = () => sources.filter((source) => source.readyState !== 2);
export const settled = () => new Promise((resolve) => queueMicrotask(() => queueMicrotask(resolve)));

export function forget() {
	sources.length = timers.length = 0;
	listeners.clear();
}
