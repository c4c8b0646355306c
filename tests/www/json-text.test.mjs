// SPDX-License-Identifier: MIT
// JSON as it was written, a member a line, and the members of an object.

import assert from "node:assert/strict";
import { test } from "node:test";

import { membersOf, pretty } from "./json-text.js";

test("a member a line, in its order and with each digit", () => {
	assert.equal(pretty('{"b":1.50,"a":[{"n":12345678901234567890},[]],"e":{}}'), [
		"{", '  "b": 1.50,', '  "a": [', "    {", '      "n": 12345678901234567890', "    },", "    []", "  ],", '  "e": {}', "}",
	].join("\n"));
});

test("what stands in a text is no token", () => {
	const text = '{"a{":"}[\\"],:","b":"x\\\\"}';
	assert.equal(pretty(text), '{\n  "a{": "}[\\"],:",\n  "b": "x\\\\"\n}');
	assert.deepEqual(membersOf(text), [["a{", '"}[\\"],:"'], ["b", '"x\\\\"']]);
});

test("pretty says the same as the text", () => {
	for (const text of ["1", '"x"', "null", "[]", "[1,[2,{}],{\"a\":[null]}]", " [ 1 , 2 ] ", '{"__proto__":1,"a":{"b":{"c":[]}}}'])
		assert.deepEqual(JSON.parse(pretty(text)), JSON.parse(text));
});

test("what is no JSON, or no object, is none", () => {
	assert.equal(pretty("{no"), null);
	for (const text of ["{no", "[1]", "1", "", '"{"', " {}x"])
		assert.equal(membersOf(text), null);
	assert.deepEqual(membersOf("{}"), []);
});

test("members keep what they hold as text", () => {
	assert.deepEqual(membersOf('{"a":{"b":[1,2]},"c":1.0,"d":null,"":"x"}'),
		[["a", '{"b": [1, 2]}'], ["c", "1.0"], ["d", "null"], ["", '"x"']]);
});
