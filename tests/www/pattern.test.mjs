// SPDX-License-Identifier: MIT
// The server's own list of patterns and names (tests/unit/selector_test.c): page
// and server agree on each.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isPattern, looksLikePattern, matcherOf } from "./pattern.js";

const source = readFileSync(`${process.env.TIDINGS_TOP}/tests/unit/selector_test.c`, "utf8");

// The texts of a table in C, those that are UTF-8.
function textsOf(table) {
	const [, body] = source.match(new RegExp(`${table}\\[\\] = \\{(.*?)\\};`, "s"));
	return [...body.replace(/\/\*.*?\*\//g, "").matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => {
		const bytes = Buffer.from(text, "utf8").toString("latin1")
			.replace(/\\x(..)|\\(.)/g, (_, hex, c) => hex ? String.fromCharCode(parseInt(hex, 16))
				: ({ n: "\n", t: "\t" })[c] ?? c);
		return new TextDecoder("utf-8", { fatal: false }).decode(Buffer.from(bytes, "latin1"));
	});
}

const pairsOf = (table) => textsOf(table).flatMap((text, n, all) => n % 2 ? [] : [[text, all[n + 1]]]);
const matches = (pattern, name) => looksLikePattern(pattern) ? matcherOf(pattern)(name) : pattern === name;

test("a pattern matches what the server's matches", () => {
	const pairs = pairsOf("vectors");
	assert.ok(pairs.length > 100);
	for (const [pattern, name] of pairs)
		assert.ok(matches(pattern, name), `${pattern} ${name}`);
});

test("a pattern matches nothing else", () => {
	const pairs = pairsOf("misses");
	assert.ok(pairs.length > 20);
	for (const [pattern, name] of pairs)
		assert.ok(!matches(pattern, name), `${pattern} ${name}`);
});

test("what is no pattern for the server is none", () => {
	const faulty = textsOf("faulty").filter((text) => !text.includes("\ufffd"));
	assert.ok(faulty.length > 30);
	for (const text of faulty)
		assert.ok(!isPattern(text), text);
	for (const [pattern] of pairsOf("vectors").filter(([text]) => looksLikePattern(text)))
		assert.ok(isPattern(pattern), pattern);
	assert.ok(isPattern(`{a}${"x".repeat(997)}`));
	assert.ok(!isPattern(`{a}${"x".repeat(998)}`));
	assert.ok(!isPattern(`{a}${"ü".repeat(499)}`));
	assert.ok(!isPattern("{a}\ud83d"));
});

test("no pattern takes long", () => {
	const names = ["a", ".", ",", "/"].map((text) => text.repeat(255));
	for (const pattern of [...textsOf("hostile"), `{${"a,".repeat(400)}b*}!`, `{/${"a,".repeat(400)}b}!`])
		for (const name of names) {
			const began = performance.now();
			matcherOf(pattern)(name);
			assert.ok(performance.now() - began < 250, `${pattern} took ${performance.now() - began} ms`);
		}
});
