// SPDX-License-Identifier: MIT
import assert from "node:assert";
import { test } from "node:test";
import { NoAnswer, Sender } from "./sending.js";

const answers = (status, body) => {
	globalThis.fetch = async () => new Response(body, { status });
};
const send = () => new Sender().send({ channel: "a", type: "", data: "x" });

test("what was stored has an id", async () => {
	answers(200, '{"status":"ok","id":"7"}');
	assert.equal((await send()).id, "7");
});

test("an answer that cannot be read is not told as stored", async () => {
	for (const body of ["", "<html></html>", "null", "5", "{}", '{"id":null}', '{"id":7}']) {
		answers(200, body);
		await assert.rejects(send(), NoAnswer, body);
	}
});

test("a refusal is told in the server's words, or by its status", async () => {
	answers(403, '{"message":"not from there"}');
	await assert.rejects(send(), /not from there/);
	for (const body of ["", "<html></html>", "null", "{}"]) {
		answers(502, body);
		await assert.rejects(send(), /HTTP 502/);
	}
});
