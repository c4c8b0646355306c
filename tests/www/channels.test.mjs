// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";

let ask, answer;
globalThis.document = { hidden: false, addEventListener() {} };
globalThis.setInterval = (act) => {
	ask = act;
};
let asked = 0;
globalThis.fetch = async () => {
	asked++;
	return answer;
};
const { Channels } = await import("./channels.js");

const status = (code, said = {}) => new Response(JSON.stringify(said), { status: code });
const turn = () => new Promise((done) => setImmediate(done));

function sidebar() {
	const bus = new EventTarget();
	const told = [];
	bus.addEventListener("channels", ({ detail }) => told.push([...detail.keys()]));
	new Channels({ bus, token: { headers: {} }, connections: { all: [{ state: "live" }] } });
	asked = 0;
	const sees = async (next) => {
		answer = next;
		ask();
		await turn();
		return asked;
	};
	return { bus, told, sees };
}
const channels = { channels: [{ channel: "news", subscribers: 1, events: 3, newest: "7" }] };

test("the sidebar goes on after an answer that the server cannot give just now", async () => {
	for (const code of [500, 502, 503, 429]) {
		const { told, sees } = sidebar();
		assert.equal(await sees(status(code)), 1);
		assert.equal(await sees(status(200, channels)), 2);
		assert.deepEqual(told, [["news"]]);
	}
});

test("who is refused is not asked again before there is another token", async () => {
	const { bus, told, sees } = sidebar();
	assert.equal(await sees(status(403)), 1);
	assert.equal(await sees(status(200, channels)), 1);
	bus.dispatchEvent(new Event("token"));
	assert.equal(await sees(status(200, channels)), 2);
	assert.deepEqual(told, [["news"]]);
});
