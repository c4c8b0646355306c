// SPDX-License-Identifier: MIT
// kill-switch - has the process killed that holds the streams, where this machine's
// own page may: in quickstart (docs/http-api.md)
//
//   const { kill, inbox } = await killSwitch();    null: there is none
//   const { process } = await kill();              throws a Refusal
//
// inbox: the path of the server's inbox, undefined if it has none.

import { at } from "./place.js";

const ANSWER_MS = 5000; // something between may be silent
const HERE = /^(localhost|.*\.localhost|127\.0\.0\.1|\[::1\])$/;

export class Refusal extends Error {
	// code: as the server says it, "" = no answer; wait: seconds until it may
	constructor(code, wait) {
		super(code);
		Object.assign(this, { code, wait });
	}
}

async function ask(method, body) {
	const answer = await fetch(at("api/kill"), {
		method, cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS), ...body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) },
	}).catch(() => null);
	const said = await answer?.json().catch(() => null);
	return { status: answer?.status ?? 0, wait: Number(answer?.headers.get("Retry-After") ?? 0), said };
}

async function kill() {
	const { said } = await ask("GET"); // each process may have its own
	const { status, wait, said: answer } = await ask("POST", { token: said?.token ?? "" });
	if (status !== 202)
		throw new Refusal(answer?.error ?? "", wait);
	return answer;
}

export async function killSwitch() {
	if (!HERE.test(location.hostname))
		return null;
	const { status, said } = await ask("GET");
	if (status !== 200 || typeof said?.token !== "string")
		return null;
	return { kill, inbox: typeof said.inbox === "string" ? said.inbox : undefined };
}
