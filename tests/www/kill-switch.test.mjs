// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";

let answers, asked;
globalThis.location = { hostname: "127.0.0.1" };
globalThis.fetch = async (address, how) => {
	asked.push([how.method, how.body]);
	return answers.shift()(how);
};
const { killSwitch, Refusal } = await import("./kill-switch.js");

const json = (status, said, headers) => () => new Response(said === null ? null : JSON.stringify(said), { status, headers });
const token = json(200, { token: "t", inbox: "/inbox.db" });
const plays = (...all) => {
	[answers, asked] = [all, []];
};

test("the button sends the token of the process that answers now", async () => {
	plays(token, json(200, { token: "another's" }), json(202, { process: 7 }));
	const { kill, inbox } = await killSwitch();
	assert.equal(inbox, "/inbox.db");
	assert.deepEqual(await kill(), { process: 7 });
	assert.deepEqual(asked.at(-1), ["POST", '{"token":"another\'s"}']);
});

test("there is no button behind a proxy that says nothing of itself, whatever is answered", async () => {
	for (const hostname of ["site.example", "192.0.2.1", "127.0.0.1.site.example", "localhost.site.example"]) {
		globalThis.location.hostname = hostname;
		plays(token);
		assert.equal(await killSwitch(), null);
		assert.deepEqual(asked, []);
	}
	globalThis.location.hostname = "127.0.0.1";
});

test("there is no button where the answer is none of quickstart's", async () => {
	for (const answer of [json(204, null), json(200, { token: 5 }), json(404, { token: "t" }), () => new Response("<p>hello"),
		() => Promise.reject(new TypeError())]) {
		plays(answer);
		assert.equal(await killSwitch(), null);
	}
});

test("a refusal says why, and how long to wait", async () => {
	plays(token, token, json(429, { error: "too_young" }, { "Retry-After": "4" }));
	const { kill } = await killSwitch();
	await assert.rejects(kill(), (error) => error instanceof Refusal && error.code === "too_young" && error.wait === 4);
});

test("what something between answers, or keeps silent about, is no kill", async () => {
	let deadline = null;
	const silent = ({ signal }) => {
		deadline = signal;
		return Promise.reject(new DOMException("", "TimeoutError"));
	};
	for (const answer of [() => new Response("<p>hello"), silent]) {
		plays(token, token, answer);
		const { kill } = await killSwitch();
		await assert.rejects(kill(), (error) => error instanceof Refusal && error.code === "");
	}
	assert(deadline instanceof AbortSignal);
});
