// SPDX-License-Identifier: MIT
// trouble - why a stream cannot be had, which EventSource does not tell
//
//   opening  an EventSource tries, or has an answer; asked about if nothing comes
//   failing  it has failed, and the browser or we try again; asked about at
//            once if the browser has given up, else after some seconds, and
//            then less and less often
//   good     the stream is what it should be; nothing is asked
//
//   opening, failing -> good    good()
//   any -> failing              failed()
//
// To ask is one HEAD of the stream's own address, and only if that is an error a
// GET, which may have the server's own sentence. What ends at once is asked for as
// by one who takes no streams: he is told why.
//
// why: { kind, path, host } and for its kind
//   offline, none   no network; no answer
//   slow            no answer in time
//   status          { status, said (the server's sentence, or ""), isOurs, code,
//                   isFinal }, as in refusal.js
//   type            { type }: a 200, but no stream
//   held            it has begun, and nothing comes of it
//   ended           { said: what /health says is wrong, or the server says of
//                   this stream, or "" }: it ends at once
//   authorize       { said }: authorize() has thrown that

import { at, pathAt } from "./place.js";
import { isJson, refusalIn, typeOf } from "./refusal.js";

const QUIET_MS = 10_000; // an EventSource that says nothing
const FIRST_MS = 5000; // longer than a restarted server's browsers stay away
const LONGEST_MS = 60_000;
const ASK_MS = 10_000;
const SAID_MAX = 300; // characters

const head = { method: "HEAD", cache: "no-store", headers: { Accept: "text/event-stream" } };

// What /health says is wrong; throws if it does not answer.
async function askHealth(signal) {
	const answer = await fetch(at("health"), { cache: "no-store", signal });
	if (!isJson(answer))
		return answer.ok ? { said: "" } : { kind: "status", status: answer.status, said: "", path: pathAt("health") };
	const { reason } = await answer.json();
	return { said: typeof reason === "string" ? reason.slice(0, SAID_MAX) : "" };
}

async function askForNoStream(url, how) {
	const answer = await fetch(url, { ...how, cache: "no-store", headers: { Accept: "application/json" } });
	return answer.ok ? "" : (await refusalIn(answer)).said;
}

async function askWhyItEnds(url, how) {
	const health = await askHealth(how.signal);
	if (health.kind !== undefined || health.said !== "")
		return health;
	return { said: await askForNoStream(url, how) };
}

async function look(url, how) {
	let answer = await fetch(url, { ...head, ...how });
	if (answer.status >= 400)
		answer = await fetch(url, { ...head, ...how, method: "GET" });
	if (!answer.ok)
		return refusalIn(answer);
	if (!typeOf(answer).startsWith("text/event-stream"))
		return { kind: "type", type: typeOf(answer).split(";")[0] || "?" };
	return { kind: "ended", ...await askWhyItEnds(url, how) };
}

// credentials: as of fetch.
export async function ask(url, credentials) {
	const { pathname: path, host } = new URL(url);
	const place = { path, host };
	if (navigator.onLine === false)
		return { kind: "offline", ...place };
	const stop = new AbortController();
	const timer = setTimeout(() => stop.abort(), ASK_MS);
	try {
		return { ...place, ...await look(url, { credentials, signal: stop.signal }) };
	} catch {
		return { kind: stop.signal.aborted ? "slow" : "none", ...place };
	} finally {
		clearTimeout(timer);
		stop.abort(); // a stream that has begun
	}
}

export class Trouble {
	#url;
	#credentials;
	#isOpen;
	#say;
	#quiet = 0; // timer: nothing has come
	#next = 0; // timer: to be asked about
	#asked = 0; // since it was good
	#isGood = false;
	#round = 0; // what was asked before the last change is not heard

	// url: () => address. isOpen: () => has the EventSource an answer?
	// say: (why | null), null once the stream is good. credentials: as of fetch.
	constructor(url, isOpen, say, credentials) {
		this.#url = url;
		this.#credentials = credentials;
		this.#isOpen = isOpen;
		this.#say = say;
	}

	// To be called when an EventSource is made, and when it has an answer.
	opening() {
		this.#isGood = false;
		clearTimeout(this.#quiet);
		this.#quiet = setTimeout(() => this.#ask(), QUIET_MS);
	}

	failed(givenUp) {
		this.#isGood = false;
		clearTimeout(this.#quiet);
		if (this.#next !== 0)
			return;
		const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#asked);
		this.#next = setTimeout(() => this.#ask(), givenUp && this.#asked === 0 ? 0 : wait);
	}

	good() {
		if (this.#isGood)
			return;
		this.close();
		this.#isGood = true;
		this.#asked = 0;
		this.#say(null);
	}

	// Something else is tried: if that fails, it is asked about at once.
	restart() {
		this.close();
		this.#asked = 0;
	}

	close() {
		clearTimeout(this.#quiet);
		clearTimeout(this.#next);
		this.#next = 0;
		this.#round++;
	}

	async #ask() {
		const wasFailing = this.#next !== 0;
		const round = this.#round;
		const url = this.#url();
		const { pathname: path, host } = new URL(url);
		this.#next = 0;
		if (wasFailing && this.#isOpen())
			return; // it is back: see what comes of it
		this.#asked++;
		const why = this.#isOpen() ? { kind: "held", path, host } : await ask(url, this.#credentials);
		if (round === this.#round && !(why.kind === "ended" && this.#isOpen()))
			this.#say(why);
	}
}
