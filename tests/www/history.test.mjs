// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "./history.js";

const START = Date.parse("2026-11-30T12:00:00.000Z");
const sample = (n) => ({ timestamp: new Date(START + 2000 * n + 3).toISOString(), n });
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => sample(from + n));

let answer;
globalThis.fetch = async (address, { headers }) => {
	assert.equal(headers.Accept, "application/json");
	return answer();
};
const json = (samples) => () => new Response(JSON.stringify({ now: new Date().toISOString(), interval_ms: 2000, samples }),
	{ headers: { "Content-Type": "application/json" } });

function listen() {
	const given = [];
	const history = new History((said, missed) => given.push([said?.n ?? null, missed]));
	return { history, given };
}

test("the earlier ones come before those that came meanwhile, and each once", async () => {
	answer = json(range(0, 5));
	const { history, given } = listen();
	const asking = history.ask();
	history.hear(sample(5));
	history.hear(sample(6));
	assert.deepEqual(given, []);
	await asking;
	history.hear(sample(7));
	assert.deepEqual(given, range(0, 7).map(({ n }) => [n, 0]));
});

test("asked again it fills what was missed, and tells of what nobody has", async () => {
	answer = json(range(0, 1));
	const { history, given } = listen();
	await history.ask();
	answer = json([...range(0, 3), ...range(6, 7)]); // the hub was away for two
	const asking = history.ask();
	history.hear(sample(8));
	await asking;
	assert.deepEqual(given, [[0, 0], [1, 0], [2, 0], [3, 0], [6, 2], [7, 0], [8, 0]]);
});

test("without an answer the live ones are all there is", async () => {
	for (const none of [
		() => { throw new TypeError("no network"); },
		() => new Response("", { status: 503 }),
		() => new Response("retry: 2000\n", { headers: { "Content-Type": "text/event-stream" } }),
	]) {
		answer = none;
		const { history, given } = listen();
		const asking = history.ask();
		history.hear(sample(0));
		await asking;
		history.hear(sample(3));
		assert.deepEqual(given, [[0, 0], [3, 2]]);
	}
});

test("one that cannot be read has its place", async () => {
	answer = json(range(0, 0));
	const { history, given } = listen();
	await history.ask();
	history.hear(null);
	history.hear(sample(2));
	assert.deepEqual(given, [[0, 0], [null, 0], [2, 0]]);
});

test("a clock that was put back stops nothing", async () => {
	answer = json(range(1800, 1801));
	const { history, given } = listen();
	await history.ask();
	history.hear(sample(0));
	history.hear(sample(1));
	assert.deepEqual(given.slice(2), [[0, 0], [1, 0]]);
});

test("the server's clock is known, and how well", async () => {
	const ahead = 3_600_000;
	answer = () => new Response(JSON.stringify({ now: new Date(Date.now() + ahead).toISOString(), samples: [] }),
		{ headers: { "Content-Type": "application/json" } });
	const { history } = listen();
	await history.ask();
	assert.ok(Math.abs(history.clock.ahead - ahead) <= history.clock.error + 5);
});
