// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { Delay } from "./delay.js";

const NOW = Date.parse("2026-11-30T12:00:00Z");

test("it is measured here, by the server's clock", () => {
	const delay = new Delay(() => ({ ahead: 3_600_000, error: 2 }));
	for (let n = 1; n <= 100; n++)
		delay.saw(NOW + 3_600_000 - n, NOW); // n ms ago
	assert.deepEqual(delay.p99(7, NOW), { ms: 99, from: "here", count: 100, error: 2 });
});

test("with too few events it is the server's, and without one nobody knows", () => {
	const delay = new Delay(() => ({ ahead: 0, error: 1 }));
	delay.saw(NOW - 5, NOW);
	assert.equal(delay.p99(null, NOW), null);
	assert.deepEqual(delay.p99(7.5, NOW), { ms: 7.5, from: "server", count: 1, error: 0 });
});

test("what is old, absurd, or without a time does not count", () => {
	let clock = null;
	const delay = new Delay(() => clock);
	delay.saw(NOW, NOW); // nobody knows the server's clock
	clock = { ahead: 0, error: 1 };
	delay.saw(NaN, NOW);
	delay.saw(undefined, NOW);
	delay.saw(NOW - 61_000, NOW);
	delay.saw(NOW + 10, NOW); // from the future
	assert.deepEqual(delay.p99(1, NOW), { ms: 1, from: "server", count: 0, error: 0 });
	for (let n = 0; n < 30; n++)
		delay.saw(NOW - 4, NOW);
	assert.equal(delay.p99(null, NOW).ms, 4);
	assert.equal(delay.p99(null, NOW + 181_000), null);
});
