// SPDX-License-Identifier: MIT
// pass - what is shown for streams, so that they bring what is private
//
//   none    without authorize() a browser shows its cookies and logins, nothing else
//   due     authorize() is asked, once for all streams that wait
//   held    there is one; authorize() is asked for the next before it ends
//
//   due -> held    authorize() has given something
//   held -> due    spoil(): the server takes it no more
//
// authorize() may be async. It returns
//   a text                       a token; a ticket is got for it (POST api/ticket)
//   { ticket, expires? }         what POST api/ticket has answered
//   { authorization, expires? }  a token that may stand in an address (token_in_url)
//   { expires? }, or nothing     it has seen to it that there is a cookie
// and throws if it has none. The token stays in memory; of a ticket nobody can make
// one. `expires` is a text as in the answer, or ms.

import { at } from "./place.js";
import { refusalIn, typeOf } from "./refusal.js";

const AHEAD_MS = 60_000; // before it ends
const ASK_MS = 10_000;
const TIMER_MAX = 2 ** 31 - 1;

// Throws why there is none, as in trouble.js.
export async function ticketFor(token) {
	const { pathname: path, host } = new URL(at("api/ticket"));
	const place = { path, host };
	// a page of errors is none, and no header either
	if (!/^[\x21-\x7e]+$/.test(token.trim()))
		throw { kind: "authorize", said: "what it gave is no token", ...place };
	const answer = await fetch(at("api/ticket"), {
		method: "POST", cache: "no-store", signal: AbortSignal.timeout(ASK_MS),
		headers: { Authorization: `Bearer ${token.trim()}` },
	}).catch(() => {
		throw { kind: "none", ...place };
	});
	if (!answer.ok)
		throw { ...await refusalIn(answer), ...place };
	return answer.json().catch(() => {
		throw { kind: "type", type: typeOf(answer).split(";")[0] || "?", ...place };
	});
}

const saysOf = (error) => String(error?.message ?? error).slice(0, 300);

export class Pass {
	round = 0; // another one has another number
	#authorize;
	#held = null; // { query, until: ms, NaN if nobody knows }
	#asking = null; // a promise
	#timer = 0;
	#listeners = new Set();
	#wake = () => this.#tell();
	#seen = () => document.visibilityState === "visible" && this.#tell();

	// withCredentials: cookies are shown to a Tidings of another origin, too.
	constructor({ authorize, withCredentials = false } = {}) {
		this.#authorize = authorize;
		this.withCredentials = withCredentials;
	}

	// As fetch has them.
	get credentials() {
		return this.withCredentials ? "include" : "same-origin";
	}

	get isAsked() {
		return typeof this.#authorize === "function";
	}

	get isHeld() {
		return !this.isAsked || this.#held !== null;
	}

	// An address with it.
	into(address) {
		const query = this.#query();
		return query === "" ? address : `${address}${address.includes("?") ? "&" : "?"}${query}`;
	}

	// Resolves once it is held; rejects with why there is none, as in trouble.js.
	get() {
		if (this.#held !== null)
			return Promise.resolve();
		return this.#ask();
	}

	// The server does not take that one any more.
	spoil(round) {
		if (round === this.round)
			this.#held = null;
	}

	// Called when what was refused may be tried again: there is another one, or
	// the page is looked at again, or the machine is online. Returns how to stop.
	listen(changed) {
		if (this.#listeners.size === 0) {
			addEventListener("online", this.#wake);
			addEventListener("visibilitychange", this.#seen);
		}
		this.#listeners.add(changed);
		return () => this.#forget(changed);
	}

	close() {
		clearTimeout(this.#timer);
		this.#authorize = null;
		this.#held = null;
		for (const changed of [...this.#listeners])
			this.#forget(changed);
	}

	#forget(changed) {
		this.#listeners.delete(changed);
		if (this.#listeners.size > 0)
			return;
		removeEventListener("online", this.#wake);
		removeEventListener("visibilitychange", this.#seen);
	}

	#tell() {
		for (const changed of [...this.#listeners])
			changed();
	}

	#query() {
		return this.isAsked ? new URLSearchParams({ authorized: 1, ...this.#held?.query }).toString() : "";
	}

	#ask() {
		this.#asking ??= this.#renew().finally(() => this.#asking = null);
		return this.#asking;
	}

	async #renew() {
		const before = this.#held;
		const next = await this.#next();
		// what lasts no longer than the one that is held is no better
		if (!this.isAsked || before !== null && before === this.#held && next.until <= before.until)
			return;
		this.#held = next;
		this.round++;
		this.#plan(next.until - Date.now());
		this.#tell();
	}

	async #next() {
		let given = await Promise.resolve().then(() => this.#authorize()).catch((error) => {
			throw { kind: "authorize", said: saysOf(error), path: "", host: "" };
		});
		if (typeof given === "string")
			given = await ticketFor(given);
		const { ticket, authorization, expires } = given ?? {};
		const query = ticket ? { ticket } : authorization ? { authorization } : {};
		return { query, until: typeof expires === "string" ? Date.parse(expires) : expires ?? NaN };
	}

	// If that fails, or the clock here is wrong, the stream says when it ends.
	#plan(life) {
		clearTimeout(this.#timer);
		if (life > 0)
			this.#timer = setTimeout(() => this.#ask().catch(() => {}),
				Math.min(TIMER_MAX, life - Math.min(AHEAD_MS, life / 4)));
	}
}
