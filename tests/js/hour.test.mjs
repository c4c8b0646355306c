// SPDX-License-Identifier: MIT
// An hour of 200 events a second, in some minutes: what a program holds that listens.
// TIDINGS_CLIENT: as in client.test.mjs. TIDINGS_EVENTS: fewer than an hour's.
//
// The server, here, publishes in batches, and cuts all connections now and then; the
// program, a process of its own, counts what it is told by three feeds of one stream,
// and collects its garbage and measures at fixed points.
import assert from "node:assert";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Server, until } from "./server.mjs";

const EVENTS = Number(process.env.TIDINGS_EVENTS ?? 720_000);
const BATCH = 500;
const EVERY_MS = 100; // 5,000 a second
const POINTS = 40;
const CUTS = Math.round(EVENTS / 12_000);
const GROWTH_MAX = EVENTS; // bytes over the last half, by the line that fits best: two an event
const HELD = 20_000; // events that the server remembers

const PROGRAM = `
import { listen } from ${JSON.stringify(pathToFileURL(process.env.TIDINGS_CLIENT).href)};
const [url, step] = [process.argv[1], Number(process.argv[2])];
const counts = {};
const faults = [];
const count = (name, { data }) => {
	const n = Number(data);
	if (n !== (counts[name] ?? 0) + 1)
		faults.length < 5 && faults.push([name, counts[name], n]);
	counts[name] = n;
};
const how = { channels: ["a"], shared: true };
const main = listen(url, how);
listen(url, { ...how, channels: ["a", "b"] }).on("message", (event) => count("second", event));
const third = listen(url, how);
(async () => {
	for await (const event of third)
		count("loop", event);
})();
let aways = 0;
main.on("away", () => aways++);
main.on("open", () => console.log("open"));
main.on("message", (event) => {
	count("main", event);
	const n = counts.main;
	if (n % step !== 0)
		return;
	setImmediate(() => {
		gc();
		gc();
		const { heapUsed, arrayBuffers, external } = process.memoryUsage();
		console.log(JSON.stringify({ n, heap: heapUsed, buffers: arrayBuffers + external, aways, counts, faults }));
	});
});
`;

// Bytes over all of these, by the line that fits them best.
function growth(values) {
	const middle = (values.length - 1) / 2;
	const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
	const over = values.reduce((sum, value, n) => sum + (n - middle) * (value - mean), 0);
	const under = values.reduce((sum, _, n) => sum + (n - middle) ** 2, 0);
	return over / under * values.length;
}

test("an hour of events leaves nothing behind, and none is lost or told twice", async (t) => {
	const server = await new Server().start();
	t.after(() => server.stop());
	const step = EVENTS / POINTS;
	const child = spawn(process.execPath, ["--expose-gc", "--input-type=module", "--eval", PROGRAM, server.url, step],
		{ stdio: ["ignore", "pipe", "inherit"] });
	t.after(() => child.kill());
	const points = [];
	let isOpen = false;
	createInterface({ input: child.stdout }).on("line", (line) => line === "open" ? isOpen = true : points.push(JSON.parse(line)));
	await until(() => isOpen, "it listening");
	const told = () => points.at(-1)?.n ?? 0;
	for (let n = 0; n < EVENTS;) {
		const begun = Date.now();
		for (const end = n + BATCH; n < end;)
			server.publish("a", ++n);
		server.log.splice(0, server.log.length - HELD);
		if (n % 12_000 === 6000)
			server.cut();
		await new Promise((done) => setTimeout(done, Math.max(0, begun + EVERY_MS - Date.now())));
		await until(() => n - told() < HELD - BATCH, "it keeping up");
	}
	await until(() => points.length === POINTS, "the last ones");
	const { aways, counts, faults } = points.at(-1);
	const half = points.slice(POINTS / 2).map(({ heap }) => heap);
	t.diagnostic(`${EVENTS} events, ${aways} cuts; heap in kB at each ${step}: ${points.map(({ heap }) => Math.round(heap / 1000)).join(" ")}`);
	t.diagnostic(`over the last half: ${Math.round(growth(half))} bytes; buffers ${points[POINTS / 2].buffers}, at last ${points.at(-1).buffers}`);
	assert.deepEqual([faults, counts.main, counts.second], [[], EVENTS, EVENTS]);
	assert.ok(aways >= CUTS / 2);
	assert.ok(growth(half) < GROWTH_MAX, `${growth(half)} bytes over the last half`);
});
