// SPDX-License-Identifier: MIT
import assert from "node:assert";
import { test } from "node:test";

const { parse } = await import(process.env.TIDINGS_STREAM);

const TEXT = "\ufeff: comment\nretry: 7\n\nid: 1\nevent: note\ndata: Grüße 👋\ndata\ndata:  two\n\n" +
	"data: x\r\rdata:y\r\nid\r\n\r\nid: 2\n\ndata: \n\nretry: 1s\nid: a\0b\nother: z\ndata: end\n\ndata: cut off";
const EVENTS = [
	{ retry: 7 }, { type: "note", id: "1", data: "Grüße 👋\n\n two" }, { type: "message", id: "", data: "x" },
	{ type: "message", id: "", data: "y" }, { type: "message", id: "2", data: undefined },
	{ type: "message", id: "", data: "" }, { type: "message", id: "", data: "end" },
];

async function parsed(...chunks) {
	const events = [];
	for await (const event of parse(new ReadableStream({
		start(to) {
			chunks.forEach((chunk) => to.enqueue(chunk));
			to.close();
		},
	})))
		events.push(event);
	return events;
}

test("a stream means the same wherever it is cut", async () => {
	const bytes = new TextEncoder().encode(TEXT);
	assert.deepEqual(await parsed(bytes), EVENTS);
	assert.deepEqual(await parsed(...Array.from(bytes, (byte) => new Uint8Array([byte]))), EVENTS);
	for (let at = 0; at <= bytes.length; at++)
		assert.deepEqual(await parsed(bytes.slice(0, at), bytes.slice(at)), EVENTS, `cut at ${at}`);
});

test("an event does not wait for what comes behind it, whatever its line ends", async () => {
	for (const end of ["\n", "\r", "\r\n"]) {
		let send;
		const events = parse(new ReadableStream({ start: (to) => send = (text) => to.enqueue(new TextEncoder().encode(text)) }));
		send(`data: 1${end}${end}`);
		assert.equal((await events.next()).value.data, "1");
		send(`data: 2${end}${end}`);
		assert.equal((await events.next()).value.data, "2");
	}
});
