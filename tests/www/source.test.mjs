// SPDX-License-Identifier: MIT
import assert from "node:assert";
import { beforeEach, test } from "node:test";
import { forget, listeners, open, sources, timers } from "./fakes.mjs";
import { Source } from "./source.js";

let said, source;

beforeEach(() => {
	forget();
	said = [];
	source = new Source((last) => `/stream?lastEventId=${last}`, "", ["message", "error", "open"], {
		open: () => said.push("open"),
		message: ({ type, data }) => said.push(`${type} ${data}`),
		down: (givenUp) => said.push(givenUp ? "given up" : "down"),
	});
});

test("what was published as error or open is no state of the connection", () => {
	open()[0].connects("1");
	open()[0].says("error", "2", "published");
	open()[0].says("open", "3", "published");
	assert.deepEqual(said, ["open", "error published", "open published"]);
	assert.equal(source.lastId, "3");
});

test("a source that the browser has given up is opened again, later each time", () => {
	open()[0].says("message", "7", "seven");
	const delays = [];
	for (let i = 0; i < 8; i++) {
		sources.at(-1).breaks(false);
		delays.push(timers.at(-1).ms);
		timers.at(-1).act();
		assert.equal(sources.at(-1).address, "/stream?lastEventId=7");
	}
	for (const [i, delay] of delays.entries()) {
		const middle = Math.min(1000 * 2 ** i, 30000);
		assert.ok(delay >= middle / 2 && delay <= middle * 1.5, `${delay} ms the ${i + 1}th time`);
	}
	source.isGood();
	sources.at(-1).breaks(false);
	assert.ok(timers.at(-1).ms <= 1500);
});

test("while the browser comes back by itself nothing is opened", () => {
	sources[0].breaks();
	sources[0].breaks();
	assert.equal(sources.length, 1);
	assert.equal(timers.length, 0);
	assert.deepEqual(said, ["down", "down"]);
});

test("a machine that is online again does not wait", () => {
	sources[0].breaks(false);
	for (const act of listeners)
		act();
	assert.equal(open().length, 1);
	assert.equal(timers[0].ms, null);
	open()[0].connects("1");
	for (const act of listeners)
		act();
	assert.equal(sources.length, 2);
});

test("a closed source leaves nothing", () => {
	sources[0].breaks(false);
	source.close();
	assert.equal(timers[0].ms, null);
	assert.equal(listeners.size, 0);
	assert.deepEqual(open(), []);
});

test("an id counts once its event was dealt with", () => {
	const before = [];
	source.close();
	source = new Source((last) => `/stream?lastEventId=${last}`, "6", ["message"], {
		open() {},
		message: () => before.push(source.lastId),
		down() {},
	});
	sources.at(-1).says("message", "7", "seven");
	sources.at(-1).says("message", "8", "eight");
	assert.deepEqual(before, ["6", "7"]);
	assert.equal(source.lastId, "8");
});
