// SPDX-License-Identifier: MIT
// ticket - what an address may show instead of a token (POST api/ticket): of it
// nobody can make a token

import { at } from "./place.js";
import { refusalIn, typeOf } from "./refusal.js";

const ASK_MS = 10_000;

// What the server answers: { ticket, expires }. Throws why there is none, as in
// trouble.js.
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
