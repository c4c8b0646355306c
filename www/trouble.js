// SPDX-License-Identifier: MIT
// trouble - why a feed has no stream, in kinds that the page has sentences for
//
//   opening  it tries, or has an answer; asked about if nothing comes
//   failing  it has failed, and is tried again; what the answer says is told at
//            once, else the server is asked after some seconds, and then less and
//            less often
//   good     the stream is what it should be; nothing is asked
//
//   opening, failing -> good    good()
//   any -> failing              failed()
//
// To ask is a GET of /health, which all feeds of a window ask together. What ends at
// once is asked for as by one who takes no streams: he is told why.
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
import { isJson, refusalIn, refusalOf, textOf } from "./refusal.js";

const QUIET_MS = 10_000; // a stream that says nothing
const FIRST_MS = 5000; // longer than a restarted server's browsers stay away
const LONGEST_MS = 60_000;
const ASK_MS = 10_000;
const TOGETHER_MS = 3000; // who asks so soon is given the last answer

const signal = () => AbortSignal.timeout(ASK_MS);

// What /health says is wrong: { said, "" if nothing is } or why it does not answer.
async function askHealth() {
	if (navigator.onLine === false)
		return { kind: "offline" };
	try {
		const answer = await fetch(at("health"), { cache: "no-store", signal: signal() });
		if (!isJson(answer)) // perhaps it is not passed on
			return answer.ok || answer.status === 404 ? { said: "" } : { kind: "status", status: answer.status, said: "", path: pathAt("health") };
		return { said: textOf((await answer.json()).reason) };
	} catch (error) {
		return { kind: error?.name === "TimeoutError" ? "slow" : "none" };
	}
}

let health = { at: -Infinity, answer: null };

function askTogether() {
	if (performance.now() - health.at > TOGETHER_MS)
		health = { at: performance.now(), answer: askHealth() };
	return health.answer;
}

// The server's sentence on that stream. What is about who asks is told by the stream.
async function askForNoStream(url) {
	const answer = await fetch(url, { cache: "no-store", headers: { Accept: "application/json" }, signal: signal() }).catch(() => null);
	const refusal = answer === null || answer.ok ? null : await refusalIn(answer);
	return refusal?.isFinal === false ? refusal.said : "";
}

// As js/stream.js tells of it; null if that tells nothing.
export function whyOf({ status, type, code, reason }, url) {
	if (code === "authorize")
		return { kind: "authorize", said: textOf(reason), path: "", host: "" };
	if (status === undefined)
		return null;
	const { pathname: path, host } = new URL(url);
	return status < 300 ? { kind: "type", type: type.split(";")[0] || "?", path, host }
		: { path, host, ...refusalOf({ status, type, code, reason }) };
}

export class Trouble {
	#url;
	#say;
	#quiet = 0; // timer: nothing has come
	#next = 0; // timer: to be asked about
	#asked = 0; // since it was good
	#failures = 0; // since it was good
	#isGood = false;
	#round = 0; // what was asked before the last change is not heard

	// url: the stream's. say: (why | null), null once the stream is good.
	constructor(url, say) {
		this.#url = url;
		this.#say = say;
		this.#opening();
	}

	// why: as js/stream.js tells of it
	failed(why) {
		this.#isGood = false;
		this.#failures++;
		clearTimeout(this.#quiet);
		const known = whyOf(why, this.#url);
		if (known !== null)
			this.#say(known);
		else if (this.#next === 0)
			this.#next = setTimeout(() => this.#ask(), Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#asked));
	}

	good() {
		if (this.#isGood)
			return;
		this.close();
		this.#isGood = true;
		this.#asked = this.#failures = 0;
		this.#say(null);
	}

	close() {
		clearTimeout(this.#quiet);
		clearTimeout(this.#next);
		this.#next = 0;
		this.#round++;
	}

	#opening() {
		this.#quiet = setTimeout(() => this.#ask(), QUIET_MS);
	}

	async #ask() {
		const round = this.#round;
		const { pathname: path, host } = new URL(this.#url);
		this.#next = 0;
		this.#asked++;
		const isHeld = this.#failures === 0;
		const found = await askTogether();
		const said = found.kind !== undefined || isHeld ? found.said : found.said || await askForNoStream(this.#url);
		if (round !== this.#round)
			return;
		const failed = this.#failures;
		if (found.kind !== undefined)
			this.#say({ path, host, ...found });
		else if (isHeld)
			this.#say({ kind: "held", path, host });
		else if (failed > 1 || said !== "")
			this.#say({ kind: "ended", said, path, host });
		else
			this.#isBackPerhaps();
	}

	// It has failed once, and the server is well: see what comes of it.
	#isBackPerhaps() {
		this.#failures = 0;
		this.#opening();
	}
}
