// SPDX-License-Identifier: MIT
// pattern - which channels a pattern is for, as the server reads it
//
// `*` is all of them. A text with a `{` is a URI template (RFC 6570), read
// backwards: it matches what it may have become, and the channel that is called
// as itself. What is neither is a channel's name.
//
// A match is one walk over the name for each expression, without going back:
// no pattern takes long, whoever wrote it. Pure.

const BYTES_MAX = 1000;
const KNOWN_MAX = 1000; // names that a pattern remembers

const bytes = (text) => new TextEncoder().encode(text).length;

export const looksLikePattern = (text) => text === "*" || text.includes("{");

// ---- reading

const NAME = "(?:\\w|%[0-9A-Fa-f]{2})+(?:\\.(?:\\w|%[0-9A-Fa-f]{2})+)*";
const VARIABLE = `${NAME}(?:\\*|:[1-9]\\d{0,3})?`;
const EXPRESSION = new RegExp(`^\\{([+#./;?&]?)(${VARIABLE}(?:,${VARIABLE})*)\\}`);
// Where it begins; what is no character of a URI is none of a template.
const LITERAL = /^(?:[^\x00-\x20\x7f"'<>\\^`{|}%]|%[0-9A-Fa-f]{2})+/;

const UNRESERVED = /[-.\w~,]/;
const NAMED = /[-.\w~,=]/;
const RESERVED = /[-.\w~,=!#$&'()*+/:;?@[\\\]]/;
const FORMS = {
	"": { first: "", separator: ",", set: UNRESERVED },
	"+": { first: "", separator: ",", set: RESERVED },
	"#": { first: "#", separator: ",", set: RESERVED },
	".": { first: ".", separator: ".", set: UNRESERVED },
	"/": { first: "/", separator: "/", set: UNRESERVED },
	";": { first: ";", separator: ";", set: NAMED },
	"?": { first: "?", separator: "&", set: NAMED },
	"&": { first: "&", separator: "&", set: NAMED },
};

const wider = (set, explodes) => set === UNRESERVED && explodes ? NAMED : set;

function expression(sign, list) {
	const { first, separator, set } = FORMS[sign];
	const explodes = list.split(",").map((variable) => variable.endsWith("*"));
	const any = explodes.includes(true);
	return {
		first, separator, set: wider(set, explodes[0]), further: wider(set, any),
		most: any ? Infinity : explodes.length - 1,
	};
}

// The template's pieces, texts and expressions; null if it is none.
function read(text) {
	const pieces = [];
	for (let rest = text, found; rest !== ""; rest = rest.slice(found[0].length)) {
		found = rest.match(EXPRESSION) ?? rest.match(LITERAL);
		if (found === null)
			return null;
		pieces.push(found.length > 1 ? expression(found[1], found[2]) : found[0]);
	}
	return pieces;
}

// ---- matching: from the places in a name where one may be, to those behind a piece

const step = (name, places, text) =>
	new Set([...places].filter((at) => name.startsWith(text, at)).map((at) => at + text.length));

const isTriplet = (name, at) => /^%[0-9A-Fa-f]{2}/.test(name.slice(at, at + 3));

// Any number of characters of a set, and of %XX.
function run(name, places, set) {
	const all = new Set(places);
	for (let at = 0; at < name.length; at++)
		if (all.has(at) && set.test(name[at]))
			all.add(at + 1);
		else if (all.has(at) && isTriplet(name, at))
			all.add(at + 3);
	return all;
}

function pass(name, places, piece) {
	if (typeof piece === "string")
		return step(name, places, piece);
	const { first, separator, set, further, most } = piece;
	let ends = run(name, step(name, places, first), set);
	const all = new Set(ends);
	for (let n = 0, before = -1; n < most && all.size > before; n++) {
		before = all.size;
		ends = run(name, step(name, ends, separator), further);
		ends.forEach((at) => all.add(at));
	}
	return new Set([...places, ...all]); // it may be missing
}

const fits = (pieces, name) =>
	pieces.reduce((places, piece) => pass(name, places, piece), new Set([0])).has(name.length);

// ---- all

const isText = (text) => text.isWellFormed() && bytes(text) <= BYTES_MAX && !/[\x00-\x1f\x7f]/.test(text);

export const isPattern = (text) => typeof text === "string" &&
	(text === "*" || text.includes("{") && isText(text) && read(text) !== null);

function remembering(ask) {
	const known = new Map();
	return (name) => {
		if (!known.has(name)) {
			if (known.size === KNOWN_MAX)
				known.clear();
			known.set(name, ask(name));
		}
		return known.get(name);
	};
}

// (name) => does the pattern match it?
export function matcherOf(pattern) {
	if (pattern === "*")
		return () => true;
	const pieces = read(pattern);
	return remembering((name) => name === pattern || pieces !== null && fits(pieces, name));
}
