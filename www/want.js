// SPDX-License-Identifier: MIT
// want - what a page asks for (feed.js), in the words of js/ and of the server

import { isPattern, matcherOf } from "./pattern.js";

const bytes = (text) => new TextEncoder().encode(text).length;

// What a channel may be called: see docs/concepts.md.
export function isChannelName(name) {
	return typeof name === "string" && name !== "" && name.isWellFormed() && bytes(name) <= 255 &&
		!/\p{Cc}/u.test(name);
}

const isSince = (since) => /^(all|\d{1,20}|\d{1,10}[smhd])$/.test(since);
const isInterval = (seconds) => seconds >= 0.05 && seconds <= 60;

function check(condition, what) {
	if (!condition)
		throw new TypeError(`not ${what}`);
}

// What the server would refuse is refused here: it would refuse a whole stream.
function beginning({ since }) {
	check(!since || isSince(since), "a time span, an id or all");
	return { since: since || undefined };
}

const KINDS = {
	channel({ channel, ...begin }) {
		check(isChannelName(channel), "a channel's name");
		return { path: "stream", options: { channels: [channel], ...beginning(begin) } };
	},
	pattern({ pattern, ...begin }) {
		check(isPattern(pattern), "a pattern");
		return { path: "stream", options: { patterns: [pattern], matches: matcherOf(pattern), ...beginning(begin) } };
	},
	plain: () => ({ path: "sse/events", options: { channels: ["sse"] } }),
	tasks({ interval }) {
		check(interval === undefined || isInterval(interval), "0.05 to 60 seconds");
		return { path: "tasks/stream", interval, options: {} };
	},
};

// { path, options: of listen(), interval: of the tasks }; throws a TypeError for
// what is none.
export function wantOf(source) {
	check(Object.hasOwn(KINDS, source.kind), "a kind of feed");
	return KINDS[source.kind](source);
}
