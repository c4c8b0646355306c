// SPDX-License-Identifier: MIT
import assert from "node:assert";
import { beforeEach, test } from "node:test";
import { forget, open, settled, sources, timers } from "./fakes.mjs";
import { placeIs } from "./place.js";
import { Source } from "./source.js";

placeIs("http://site/tidings/");
const STREAM = "text/event-stream; charset=utf-8";
let said, asked, answers, source;

// `answers`: path -> what comes, or an error that is thrown.
globalThis.fetch = async (url, { method = "GET", headers = {} }) => {
	const path = new URL(url).pathname;
	asked.push(`${method} ${path}`);
	const [status, type, body] = answers[`${headers.Accept} ${path}`] ?? answers[path] ?? [];
	if (status === undefined)
		throw new TypeError("refused");
	return new Response(method === "HEAD" ? null : body, { status, headers: { "Content-Type": type } });
};
Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, writable: true });

beforeEach(() => {
	forget();
	[said, asked, answers] = [[], [], {}];
	navigator.onLine = true;
	source = new Source(() => "http://site/tidings/stream", "", ["message"], {
		open() {}, message() {}, down() {}, trouble: (why) => said.push(why),
	});
});

const due = () => timers.filter(({ ms }) => ms !== null);

// What is to happen after so many milliseconds happens.
async function passes(ms) {
	const timer = due().find((one) => one.ms === ms);
	assert.ok(timer, `no timer of ${ms} ms among ${due().map((one) => one.ms)}`);
	timer.ms = null;
	timer.act();
	for (let i = 0; i < 50; i++)
		await settled();
}

// The browser has given up, and another EventSource is made.
function isTriedAgain() {
	const [timer] = due();
	timer.ms = null;
	timer.act();
	return open()[0];
}

async function givesUp() {
	open()[0].breaks(false);
	await passes(0);
	return said.at(-1);
}

test("an answer that ends EventSource for good is told at once, with the server's sentence", async () => {
	answers["/tidings/stream"] = [404, "text/html", "<h1>not found</h1>"];
	const why = await givesUp();
	assert.deepEqual([why.kind, why.status, why.path, why.isOurs, why.said], ["status", 404, "/tidings/stream", false, ""]);
	assert.deepEqual(asked, ["HEAD /tidings/stream", "GET /tidings/stream"]);
});

test("Tidings' own refusal is known from that of the web server", async () => {
	answers["/tidings/stream"] = [403, "application/json", '{"error":"x","message":"not from there"}'];
	const why = await givesUp();
	assert.deepEqual([why.status, why.isOurs, why.said], [403, true, "not from there"]);
});

test("an answer of another type is named by its type", async () => {
	answers["/tidings/stream"] = [200, "text/html; charset=utf-8", "<p>"];
	const { kind, type } = await givesUp();
	assert.deepEqual([kind, type], ["type", "text/html"]);
});

test("no answer is told as none, and no network as that", async () => {
	assert.equal((await givesUp()).kind, "none");
	navigator.onLine = false;
	isTriedAgain().breaks(true);
	await passes(10000);
	assert.equal(said.at(-1).kind, "offline");
});

test("a stream that ends at once is explained by what /health says", async () => {
	answers["/tidings/stream"] = [200, STREAM, "retry: 1\n"];
	answers["/tidings/health"] = [503, "application/json", '{"status":"degraded","reason":"the hub is away"}'];
	const { kind, said: reason } = await givesUp();
	assert.deepEqual([kind, reason], ["ended", "the hub is away"]);
});

test("a stream that ends at once though all is well is explained by the server's own sentence", async () => {
	answers["/tidings/stream"] = [200, STREAM, "retry: 1\n"];
	answers["application/json /tidings/stream"] = [503, "application/json", '{"message":"too many"}'];
	answers["/tidings/health"] = [200, "application/json", '{"status":"ok"}'];
	const { kind, said: reason } = await givesUp();
	assert.deepEqual([kind, reason], ["ended", "too many"]);
});

test("a web server that answers for nobody is found out by /health", async () => {
	answers["/tidings/stream"] = [200, STREAM, "retry: 1\n"];
	answers["/tidings/health"] = [502, "text/html", "<h1>bad gateway</h1>"];
	const { kind, status, path } = await givesUp();
	assert.deepEqual([kind, status, path], ["status", 502, "/tidings/health"]);
});

test("a cut that the browser mends by itself is not asked about", async () => {
	open()[0].connects("1");
	source.isGood();
	open()[0].breaks(true);
	assert.deepEqual(due().map(({ ms }) => ms), [5000]);
	open()[0].connects("1");
	source.isGood();
	assert.deepEqual(due(), []);
	assert.deepEqual([asked, said], [[], [null, null]]);
});

test("what lasts is asked about less and less often", async () => {
	await givesUp();
	isTriedAgain();
	for (const ms of [10000, 20000, 40000, 60000, 60000]) {
		open()[0].breaks(true);
		open()[0].breaks(true);
		assert.deepEqual(due().map((one) => one.ms), [ms]);
		await passes(ms);
	}
});

test("a stream that has begun and brings nothing is held up", async () => {
	open()[0].readyState = 1;
	open()[0].dispatchEvent(new Event("open"));
	await passes(10000);
	assert.equal(said.at(-1).kind, "held");
	assert.deepEqual(asked, []);
	open()[0].connects("1");
	source.isGood();
	assert.equal(said.at(-1), null);
});

test("a closed source asks nothing more", async () => {
	open()[0].breaks(true);
	source.close();
	assert.deepEqual(due(), []);
});
