// SPDX-License-Identifier: MIT
// refusal - an answer that is an error, in words
//
// { kind: "status", status, isOurs, code, said, isFinal }: isOurs if Tidings has
// written it and no web server, with its code and sentence; isFinal if it is about
// who asks, so that asking again brings nothing else.

const SAID_MAX = 300; // characters
const OF_WHO_ASKS = [401, 403];

export const textOf = (text) => typeof text === "string" ? text.slice(0, SAID_MAX) : "";

export const typeOf = (answer) => answer.headers.get("content-type") ?? "";
const isJsonType = (type) => type.startsWith("application/json");
export const isJson = (answer) => isJsonType(typeOf(answer));

// As js/stream.js tells of it.
export function refusalOf({ status, type, code, reason }) {
	const isOurs = isJsonType(type);
	return {
		kind: "status", status, isOurs, code: isOurs ? textOf(code) : "", said: isOurs && code !== undefined ? textOf(reason) : "",
		isFinal: isOurs && OF_WHO_ASKS.includes(status),
	};
}

export async function refusalIn(answer) {
	const { error: code, message: reason } = isJson(answer) && await answer.json().catch(() => null) || {};
	return refusalOf({ status: answer.status, type: typeOf(answer), code, reason });
}
