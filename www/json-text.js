// SPDX-License-Identifier: MIT
// json-text - JSON as it was written: numbers keep each digit, members their order
//
//   membersOf('{"n": 1.0}')   [["n", "1.0"]], or null for what is no object
//   pretty('{"n":1.0}')       one member a line, or null for what is no JSON

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;
const DEEPER = { "{": 1, "[": 1, "}": -1, "]": -1 };
const MOST = 65_536; // characters
const DEEPEST = 50; // steps to the right: each line has them

function isJson(text) {
	try {
		JSON.parse(text);
		return text.length <= MOST;
	} catch {
		return false;
	}
}

// The values stay JSON texts.
export function membersOf(text) {
	if (!text.startsWith("{") || !isJson(text))
		return null;
	const members = [];
	let [depth, key, value] = [0, null, ""];
	const end = () => {
		if (key !== null)
			members.push([JSON.parse(key), value]);
		[key, value] = [null, ""];
	};
	for (const [token] of text.matchAll(TOKENS)) {
		depth += DEEPER[token] ?? 0;
		if (depth === 0 || depth === 1 && token === ",")
			end();
		else if (key === null && token !== "{")
			key = token;
		else if (key !== null && !(depth === 1 && token === ":" && value === ""))
			value += token === "," || token === ":" ? `${token} ` : token;
	}
	return members;
}

export function pretty(text) {
	if (!isJson(text))
		return null;
	let [depth, made, last] = [0, "", ""];
	const line = () => `\n${"  ".repeat(Math.min(depth, DEEPEST))}`;
	for (const [token] of text.matchAll(TOKENS)) {
		const step = DEEPER[token] ?? 0;
		depth += Math.min(0, step);
		const isFirst = DEEPER[last] === 1;
		if (step < 0 ? !isFirst : isFirst || last === ",")
			made += line();
		depth += Math.max(0, step);
		made += token === ":" ? ": " : token;
		last = token;
	}
	return made;
}
