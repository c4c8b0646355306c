// SPDX-License-Identifier: MIT
import assert from "node:assert";
import { beforeEach, test } from "node:test";
import { forget, listeners, open, settled, sources, timers } from "./fakes.mjs";
import { Pass } from "./pass.js";
import { placeIs } from "./place.js";
import { sift } from "./refusal.js";
import { Source } from "./source.js";

placeIs("http://site/tidings/");
const MINUTE = 60_000;
let given, asked, posts, answer;

globalThis.fetch = async (url, { headers = {} }) => {
	posts.push(`${new URL(url).pathname} ${headers.Authorization ?? ""}`.trim());
	const [status, body] = answer;
	return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
};
Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, writable: true });
globalThis.document = { visibilityState: "visible" };

beforeEach(() => {
	forget();
	[given, asked, posts, answer] = [{}, 0, [], [200, {}]];
});

const passOf = () => new Pass({
	authorize: () => {
		asked++;
		if (given instanceof Error)
			throw given;
		return given;
	},
});
const due = () => timers.filter(({ ms }) => ms !== null);
const turns = async () => {
	for (let i = 0; i < 50; i++)
		await settled();
};
const refusal = (pass) => pass.get().then(() => null, (why) => why);

test("without authorize nothing is shown, and nothing is waited for", () => {
	const pass = new Pass();
	assert.deepEqual([pass.isHeld, pass.isAsked, pass.into("http://site/stream")], [true, false, "http://site/stream"]);
});

test("each thing that authorize may return is shown as what it is", async () => {
	for (const [what, shown] of [
		[{ ticket: "a.b" }, "authorized=1&ticket=a.b"], [{ authorization: "t k" }, "authorized=1&authorization=t+k"],
		[{}, "authorized=1"], [undefined, "authorized=1"], [null, "authorized=1"]]) {
		given = what;
		const pass = passOf();
		await pass.get();
		assert.equal(pass.into("http://site/stream"), `http://site/stream?${shown}`);
		assert.equal(pass.into("http://site/stream?a=b"), `http://site/stream?a=b&${shown}`);
	}
	assert.deepEqual(posts, []);
});

test("a token goes into a header, and the ticket that it gets into addresses", async () => {
	given = "secret";
	answer = [200, { ticket: "a.b" }];
	const pass = passOf();
	await pass.get();
	assert.deepEqual(posts, ["/tidings/api/ticket Bearer secret"]);
	assert.ok(!pass.into("/stream").includes("secret"));
});

test("a token that is refused says why, and that it is final", async () => {
	given = "secret";
	for (const [status, isFinal] of [[401, true], [403, true], [404, false], [503, false]]) {
		answer = [status, { error: "code", message: "sentence" }];
		const why = await refusal(passOf());
		assert.deepEqual([why.status, why.isFinal, why.code, why.said, why.path], [status, isFinal, "code", "sentence", "/tidings/api/ticket"]);
	}
});

test("what is no answer of Tidings is no ticket", async () => {
	const fetch = globalThis.fetch;
	globalThis.fetch = async () => new Response("<p>", { headers: { "Content-Type": "text/html; charset=utf-8" } });
	given = "secret";
	const { kind, type } = await refusal(passOf());
	assert.deepEqual([kind, type], ["type", "text/html"]);
	given = "<p>log in\n</p>";
	assert.equal((await refusal(passOf())).kind, "authorize");
	globalThis.fetch = fetch;
});

test("what authorize throws is told", async () => {
	given = new Error("logged out");
	assert.deepEqual([(await refusal(passOf())).kind, (await refusal(passOf())).said], ["authorize", "logged out"]);
});

test("all who wait are served by one question", async () => {
	const pass = passOf();
	await Promise.all([pass.get(), pass.get(), pass.get()]);
	assert.equal(asked, 1);
	pass.spoil(pass.round - 1); // somebody else has renewed it meanwhile
	assert.ok(pass.isHeld);
	pass.spoil(pass.round);
	assert.ok(!pass.isHeld);
});

test("it is renewed a minute before its end, or a quarter of a short life", async () => {
	for (const [life, wait] of [[10 * MINUTE, 9 * MINUTE], [20_000, 15_000]]) {
		forget();
		given = { ticket: "a", expires: new Date(Date.now() + life).toISOString() };
		const pass = passOf();
		const rounds = [];
		pass.listen(() => rounds.push(pass.round));
		await pass.get();
		const [timer] = due();
		assert.ok(Math.abs(timer.ms - wait) < 1000, `${timer.ms} ms`);
		given = { ticket: "b", expires: Date.now() + 2 * life };
		timer.act();
		await turns();
		assert.deepEqual(rounds, [1, 2]);
		assert.ok(pass.into("/stream").endsWith("ticket=b"));
		pass.close();
		assert.equal(listeners.size, 0);
	}
});

test("what lasts no longer than the one before is no reason to begin anew", async () => {
	given = { ticket: "a", expires: Date.now() + MINUTE };
	const pass = passOf();
	await pass.get();
	const [timer] = due();
	given = { ...given, ticket: "b" };
	timer.ms = null;
	timer.act();
	await turns();
	assert.deepEqual([pass.round, pass.into("/stream").slice(-1), due().length], [1, "a", 0]);
	pass.spoil(1);
	await pass.get();
	assert.deepEqual([pass.round, pass.into("/stream").slice(-1)], [2, "b"]);
});

test("an end that the clock here has passed already is left to the stream", async () => {
	given = { ticket: "a", expires: Date.now() - MINUTE };
	await passOf().get();
	assert.deepEqual(due(), []);
});

// ---- in a source

const why = [];
async function sourceOf(pass) {
	why.length = 0;
	const source = new Source((last) => `http://site/stream?lastEventId=${last}`, "", ["message"], {
		open() {}, message() {}, down() {}, trouble: (what) => why.push(what),
	}, pass);
	await turns();
	return source;
}

async function passesAll() {
	for (const timer of due())
		if (timer.ms === 0) {
			timer.ms = null;
			timer.act();
		}
	await turns();
}

test("nothing is opened before there is something to show", async () => {
	given = { ticket: "a" };
	const source = await sourceOf(passOf());
	assert.deepEqual(sources.map(({ query }) => query.get("ticket")), ["a"]);
	source.close();
});

test("a stream that has expired is opened with another ticket, from its last id on", async () => {
	given = { ticket: "a" };
	const source = await sourceOf(passOf());
	open()[0].connects("5");
	open()[0].says("message", "6", "six");
	given = { ticket: "b" };
	source.expire(true);
	await turns();
	const [now, ...others] = open();
	assert.deepEqual([now.query.get("ticket"), now.query.get("lastEventId"), others.length], ["b", "6", 0]);
	source.expire(false); // it was only old
	await turns();
	assert.equal(open()[0].query.get("ticket"), "b");
	assert.equal(asked, 2);
});

test("while a new ticket is awaited nobody asks why there is no stream", async () => {
	given = { ticket: "a" };
	const source = await sourceOf(passOf());
	open()[0].breaks(true);
	assert.deepEqual(due().map(({ ms }) => ms), [5000]);
	given = new Promise(() => {});
	source.expire(true);
	await turns();
	assert.deepEqual([due(), posts], [[], []]);
	source.close();
});

test("a 401 is tried once more with another ticket, and then is final until something changes", async () => {
	given = { ticket: "a" };
	answer = [401, { error: "bad_token", message: "not good" }];
	const pass = passOf();
	await sourceOf(pass);
	open()[0].breaks(false);
	await passesAll();
	assert.deepEqual([asked, sources.length, why.length], [2, 2, 0]);
	open()[0].breaks(false);
	await passesAll();
	assert.deepEqual([why.at(-1).code, why.at(-1).isFinal], ["bad_token", true]);
	assert.deepEqual([open(), due()], [[], []]);
	for (const act of listeners)
		act();
	await turns();
	assert.equal(open().length, 1);
});

test("who shows nothing is refused likewise", async () => {
	answer = [403, { error: "not_granted", message: "not yours" }];
	const source = await sourceOf(new Pass());
	open()[0].breaks(false);
	await passesAll();
	assert.deepEqual([why.at(-1).code, open(), due()], ["not_granted", [], []]);
	source.close();
	assert.equal(listeners.size, 0);
});

test("what the web server refuses is tried again", async () => {
	answer = [403, {}];
	globalThis.Response = class extends Response {
		get headers() {
			return new Headers({ "Content-Type": "text/html" });
		}
	};
	await sourceOf(new Pass());
	open()[0].breaks(false);
	await passesAll();
	assert.deepEqual([why.at(-1).isFinal, due().length], [false, 1]);
});

// ---- which of several are refused

test("the few that are refused are found among many, and nobody else is suspected", async () => {
	const topics = Array.from({ length: 1000 }, (_, n) => `t${n}`);
	const bad = new Set(["t3", "t500", "t999"]);
	let questions = 0;
	const ask = async (some) => ++questions && some.some((topic) => bad.has(topic));
	assert.deepEqual(await sift(topics, ask), [...bad]);
	assert.ok(questions <= 70, `${questions} questions`);
	assert.deepEqual(await sift([], ask), []);
});

test("where nearly all are refused the questions have an end", async () => {
	const topics = Array.from({ length: 1000 }, (_, n) => n);
	let questions = 0;
	const refused = await sift(topics, async () => ++questions > 0);
	assert.equal(refused.length, 1000);
	assert.ok(questions <= 100);
});
