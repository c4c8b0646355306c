// SPDX-License-Identifier: MIT
// pass - what a stream shows so that it is given what is private
//
// authorize() may be async. It returns a token (Authorization: Bearer …), or
// { token, headers, expires }, each of which may be missing, or nothing if it has seen
// to a cookie; it throws if it has none. It is called once for all that wait, again
// when the server takes that no more, and before it ends (`expires`, as a time or in
// ms; or the token's own `exp`).

const AHEAD_MS = 60_000;
const TIMER_MAX = 2 ** 31 - 1;

function endOf(token) {
	try {
		return JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).exp * 1000;
	} catch {
		return NaN;
	}
}

export class Pass {
	round = 0; // another one has another number
	#authorize;
	#renewed;
	#held = null;
	#asking = null;
	#timer = 0;

	// renewed(): there is another one.
	constructor({ authorize, credentials = "same-origin" }, renewed) {
		this.#authorize = authorize;
		this.#renewed = renewed;
		this.credentials = credentials;
	}

	get isAsked() {
		return this.#authorize !== undefined;
	}

	async headers() {
		return this.isAsked ? this.#held ?? this.#renew() : {};
	}

	spoil(round) {
		if (round === this.round)
			this.#held = null;
	}

	close() {
		clearTimeout(this.#timer);
		this.#renewed = null;
	}

	#renew() {
		return this.#asking ??= this.#ask().finally(() => this.#asking = null);
	}

	async #ask() {
		const given = await this.#authorize() ?? {};
		const { token, headers, expires = endOf(token) } = given.trim ? { token: given.trim() } : given;
		this.round++;
		this.#held = { ...token && { Authorization: `Bearer ${token}` }, ...headers };
		const life = new Date(expires) - Date.now();
		clearTimeout(this.#timer);
		if (life > 0 && this.#renewed)
			this.#timer = setTimeout(() => this.#renew().catch(() => {}),
				Math.min(TIMER_MAX, life - Math.min(AHEAD_MS, life / 4)));
		this.#renewed?.();
		return this.#held;
	}
}
