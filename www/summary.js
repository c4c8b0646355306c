// SPDX-License-Identifier: MIT
// summary - an event's data in one line
//
// What an object says in words comes first and stands out, then its other members;
// its `timestamp` is left out where it is the row's time. What is no object stays as
// it came.

import { el } from "./dom.js";
import { membersOf } from "./json-text.js";
import { timeOf } from "./moment.js";

const WORDS = ["title", "message", "text"];
const MEMBERS_MAX = 12;
const SHOWN_MAX = 300; // characters, of one line
const ABOUT_MS = 1000;
const PARSED_MAX = 8192; // of longer data nobody reads a member in one line

const cut = (text) => text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)} …`;
const isText = (value) => value.startsWith('"');
const plain = (value) => cut(isText(value) ? JSON.parse(value) : value);
const isAbout = (moment, [key, value]) => key === "timestamp" && isText(value) &&
	Math.abs(timeOf(JSON.parse(value)) - moment) < ABOUT_MS;

function spansOf(members, moment) {
	const isWords = ([key, value]) => WORDS.includes(key) && isText(value) && value !== '""';
	const words = members.filter(isWords).sort(([a], [b]) => WORDS.indexOf(a) - WORDS.indexOf(b));
	const others = members.filter((member) => !isWords(member) && !isAbout(moment, member)).slice(0, MEMBERS_MAX);
	return [
		...words.map(([, value]) => el("b", {}, plain(value))),
		...others.map(([key, value]) => el("span", {}, el("i", {}, cut(key)), " ", plain(value))),
	];
}

// moment: the row's time, ms or NaN.
export function summaryOf(text, moment) {
	const members = text.length <= PARSED_MAX ? membersOf(text) : null;
	if (members === null || members.length === 0)
		return el("span", { class: "data" }, cut(text));
	const spans = spansOf(members, moment);
	return el("span", { class: "data object" }, ...spans.flatMap((span, n) => n === 0 ? [span] : [" ", span]));
}
