// SPDX-License-Identifier: MIT
// What a feed says of its stream, and what the page is told of it.
import assert from "node:assert";
import { beforeEach, test } from "node:test";
import { placeIs } from "./place.js";
import { Trouble, whyOf } from "./trouble.js";

globalThis.navigator ??= { onLine: true };
placeIs("http://localhost/tidings/");
const URL_ = "http://localhost/tidings/stream?channel=main";
const place = { path: "/tidings/stream", host: "localhost" };
const settled = () => new Promise((resolve) => setImmediate(resolve));
let timers, now = 0, answers;

beforeEach(() => {
	timers = [];
	answers = {};
	now += 100_000;
	performance.now = () => now;
	globalThis.setTimeout = (act, ms) => timers.push({ act, ms });
	globalThis.clearTimeout = (n) => n > 0 && (timers[n - 1].ms = null);
	globalThis.fetch = async (address) => answers[new URL(address).pathname]?.() ?? Promise.reject(new TypeError("no answer"));
});

const json = (status, said) => () => Response.json(said, { status });
const due = () => timers.filter(({ ms }) => ms !== null);

async function rings() {
	const [timer] = due().splice(0, 1);
	now += timer.ms;
	timer.ms = null;
	timer.act();
	await settled();
	await settled();
	return timer;
}

function troubled() {
	const said = [];
	return { said, trouble: new Trouble(URL_, (why) => said.push(why)) };
}

test("what an answer says is told at once, and in whose words", () => {
	const ours = { status: 403, type: "application/json", code: "not_granted", reason: "not for you" };
	assert.deepEqual(whyOf(ours, URL_), { kind: "status", status: 403, isOurs: true, code: "not_granted", said: "not for you", isFinal: true, ...place });
	assert.deepEqual(whyOf({ status: 403, type: "text/html", reason: "no event stream" }, URL_),
		{ kind: "status", status: 403, isOurs: false, code: "", said: "", isFinal: false, ...place });
	assert.deepEqual(whyOf({ status: 200, type: "text/html; charset=utf-8" }, URL_), { kind: "type", type: "text/html", ...place });
	assert.deepEqual(whyOf({ code: "authorize", reason: "log in" }, URL_), { kind: "authorize", said: "log in", path: "", host: "" });
	assert.equal(whyOf({ reason: "connection lost" }, URL_), null);
});

test("a cut that is soon over is no trouble", async () => {
	const { said, trouble } = troubled();
	trouble.good();
	trouble.failed({ reason: "connection lost" });
	trouble.good();
	assert.deepEqual([said, due()], [[null, null], []]);
});

test("what ends again and again is told with what /health says", async () => {
	answers["/tidings/health"] = json(503, { status: "degraded", reason: "the hub is away" });
	const { said, trouble } = troubled();
	trouble.failed({ reason: "connection lost" });
	trouble.failed({ reason: "connection lost" });
	await rings();
	assert.deepEqual(said, [{ kind: "ended", said: "the hub is away", ...place }]);
});

test("a server that is gone is told as that, and asked about less and less often", async () => {
	const { said, trouble } = troubled();
	const waits = [];
	for (let n = 0; n < 6; n++) {
		trouble.failed({ reason: "Failed to fetch" });
		waits.push(due()[0].ms);
		await rings();
	}
	assert.deepEqual(waits, [5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
	assert.deepEqual(said[0], { kind: "none", ...place });
});

test("a stream of which nothing comes is held up", async () => {
	answers["/tidings/health"] = json(200, { status: "ok" });
	const { said } = troubled();
	assert.equal(due()[0].ms, 10_000);
	await rings();
	assert.deepEqual(said, [{ kind: "held", ...place }]);
});

test("what has failed once and then brings nothing is held up, too", async () => {
	answers["/tidings/health"] = json(200, { status: "ok" });
	answers["/tidings/stream"] = json(200, {});
	const { said, trouble } = troubled();
	trouble.good();
	trouble.failed({ reason: "connection lost" });
	await rings();
	await rings();
	assert.deepEqual(said, [null, { kind: "held", ...place }]);
});

test("feeds that are troubled together ask together, and one that is over is told nothing", async () => {
	let asked = 0;
	answers["/tidings/health"] = () => ++asked && Response.json({ reason: "full" }, { status: 503 });
	const all = [troubled(), troubled(), troubled()];
	all.forEach(({ trouble }) => [1, 2].forEach(() => trouble.failed({ reason: "connection lost" })));
	const timersNow = due();
	all[2].trouble.close();
	timersNow.forEach(({ act, ms }) => ms !== null && act());
	await settled();
	await settled();
	assert.deepEqual([asked, ...all.map(({ said }) => said.length)], [1, 1, 1, 0]);
});
