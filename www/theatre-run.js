// SPDX-License-Identifier: MIT
// theatre-run - the play: numbered events go out and come back, and meanwhile the
// process that holds the stream is killed
//
//   opening   a stream of a channel of its own      -> calm
//   calm      a while, so that one sees it          -> killing
//   killing   the switch is pressed; a process that is too young is waited for
//                                                   -> killed
//   killed    until the stream has gone and come back, and all is here
//                                                   -> done
//   any       -> failed, with why: "silent" (no stream came), "spared" (the stream
//             stayed: another process holds it), or what the server says
//
// Events are published all the time, each with an id of its own until the server
// has acknowledged it: sent again it is the same.

import { publication } from "./commands.js";
import { Count } from "./theatre-count.js";

export const CHANNEL = "theatre";
const EVERY_MS = 100;
const CALM_MS = 1500;
const AFTER_MS = 1200; // and so long once it is back
const SILENT_MS = 15_000;
const SPARED_MS = 4000;
const WHOLE_MS = 10_000; // for what has not come yet

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const randomName = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

class Failure extends Error {}

export class Run {
	count = new Count();
	state = "opening";
	why = "";
	process = null;
	began = performance.now();
	#name = randomName();
	#feed = null;
	#stream = "connecting";
	#timer = 0;
	#n = 0;
	#on;

	// on: { change() }: whatever there is to be seen
	constructor(on) {
		this.#on = on;
	}

	get now() {
		return performance.now() - this.began;
	}

	// Resolves when it is over.
	async play(feeds, kill) {
		try {
			await this.#open(feeds);
			this.#timer = setInterval(() => this.#publish(), EVERY_MS);
			this.#become("calm");
			await sleep(CALM_MS);
			await this.#kill(kill);
			await this.#comesBack();
			await this.#isWhole();
			this.#become("done");
		} catch (error) {
			this.why = error instanceof Failure ? error.message : error.code || "unanswered";
			this.#become("failed");
		} finally {
			clearInterval(this.#timer);
			this.#feed?.close();
		}
	}

	#become(state) {
		this.state = state;
		this.#on.change();
	}

	async #until(condition, ms, why) {
		const end = performance.now() + ms;
		while (!condition()) {
			if (performance.now() > end)
				throw new Failure(why);
			await sleep(20);
		}
	}

	#open(feeds) {
		this.#feed = feeds.open({ kind: "channel", channel: CHANNEL }, {
			state: (state) => this.#follow(state),
			event: ({ data }) => this.#hear(data),
		});
		return this.#until(() => this.#stream === "live", SILENT_MS, "silent");
	}

	#follow(state) {
		this.#stream = state;
		if (this.state === "opening")
			return;
		if (state === "lost")
			this.count.goes(this.now);
		else if (state === "catching up" || state === "live")
			this.count.returns(this.now);
		this.#on.change();
	}

	#hear(data) {
		let said = null;
		try {
			said = JSON.parse(data);
		} catch {
			return; // somebody else's
		}
		if (said?.run !== this.#name)
			return;
		this.count.came(said.n, this.now);
		this.#on.change();
	}

	async #publish() {
		const n = ++this.#n;
		const { address, type, body } = publication({
			channel: CHANNEL, id: `${this.#name}/${n}`, data: JSON.stringify({ run: this.#name, n }),
		});
		this.count.sent(n, this.now);
		this.#on.change();
		const end = performance.now() + WHOLE_MS;
		while (performance.now() < end && this.state !== "failed") {
			const answer = await fetch(address, {
				method: "POST", headers: { "Content-Type": type }, body,
			}).catch(() => null);
			const said = answer?.ok ? await answer.json().catch(() => null) : null;
			if (typeof said?.id === "string") {
				this.count.acked(n, this.now);
				this.#on.change();
				return;
			}
			await sleep(EVERY_MS);
		}
	}

	async #kill(kill) {
		this.#become("killing");
		for (;;)
			try {
				({ process: this.process } = await kill());
				break;
			} catch (refusal) {
				if (refusal.code !== "too_young")
					throw refusal;
				await sleep(1000 * Math.max(refusal.wait, 0.5));
			}
		this.#become("killed");
	}

	async #comesBack() {
		await this.#until(() => this.count.away.length > 0, SPARED_MS, "spared");
		await this.#until(() => this.#stream === "live", 4 * SILENT_MS, "silent");
		await sleep(AFTER_MS);
	}

	// What does not come in time is lost, and is counted so.
	async #isWhole() {
		clearInterval(this.#timer);
		const isOver = () => this.count.isWhole && this.count.events.every(({ acked }) => acked !== null);
		await this.#until(isOver, WHOLE_MS, "").catch(() => {});
	}
}
