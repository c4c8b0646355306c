// SPDX-License-Identifier: MIT
// refusal - an answer that is an error, in words
//
// { kind: "status", status, isOurs, code, said, isFinal }: isOurs if Tidings has
// written it and no web server, with its code and sentence; isFinal if it is about
// who asks, so that asking again brings nothing else.

const SAID_MAX = 300; // characters
const OF_WHO_ASKS = [401, 403];

const textOf = (text) => typeof text === "string" ? text.slice(0, SAID_MAX) : "";

export const typeOf = (answer) => answer.headers.get("content-type") ?? "";
export const isJson = (answer) => typeOf(answer).startsWith("application/json");

export async function refusalIn(answer) {
	const { status } = answer;
	const isOurs = isJson(answer);
	const { error, message } = isOurs ? await answer.json().catch(() => ({})) : {};
	return {
		kind: "status", status, isOurs, code: textOf(error), said: textOf(message),
		isFinal: isOurs && OF_WHO_ASKS.includes(status),
	};
}

// Are these refused, as who asks may not? A HEAD has no sentence.
export async function isForbidden(address, credentials) {
	const answer = await fetch(address, {
		method: "HEAD", cache: "no-store", credentials, headers: { Accept: "text/event-stream" },
	}).catch(() => null);
	return answer?.status === 403;
}

// Which of several topics are; `isRefused` is asked of some of them together.
// What is not found out in so many questions counts as refused.
export async function sift(topics, isRefused, questions = { left: 100 }) {
	if (topics.length === 0)
		return [];
	if (questions.left-- > 0 && !await isRefused(topics))
		return [];
	if (topics.length === 1)
		return topics;
	const middle = topics.length >> 1;
	return [
		...await sift(topics.slice(0, middle), isRefused, questions),
		...await sift(topics.slice(middle), isRefused, questions),
	];
}
