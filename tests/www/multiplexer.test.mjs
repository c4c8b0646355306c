// SPDX-License-Identifier: MIT
import assert from "node:assert";
import { beforeEach, test } from "node:test";
import { forget, listeners, open, settled, sources, timers } from "./fakes.mjs";
import { Coordinator } from "./coordinator.js";

const realNow = Date.now;
let told, coordinator;

beforeEach(() => {
	forget();
	told = [];
	coordinator = new Coordinator(new Set(["message"]), (message) => told.push(message));
	coordinator.enter("w", []);
	coordinator.begin();
});

let n = 0;

async function want(channel, more = {}) {
	const wanted = { n: ++n, stream: "channel", topic: channel, state: "connecting", ...more };
	coordinator.want("w", wanted);
	await settled();
	return wanted;
}

const channels = (source) => source.query.getAll("channel").sort();
const passed = () => told.filter(({ kind, to }) => kind === "event" && to === null).map(({ event }) => event.data);
const aside = () => told.filter(({ kind, to }) => kind === "event" && to !== null).map(({ event }) => event.data);
const welcomes = (wanted) => told.filter(({ kind, to }) => kind === "welcome" && to[0].n === wanted.n);

test("a connection that takes over passes on nothing twice and nothing late", async () => {
	await want("a");
	open()[0].connects("10");
	await want("b");
	const [current, next] = open();
	assert.deepEqual(channels(next), ["a", "b"]);
	assert.equal(next.query.get("lastEventId"), "10");
	current.brings("11", "a", "a11");
	next.connects("10", true);
	next.brings("11", "a", "a11");
	next.brings("12", "b", "b12, before b has begun");
	next.brings("13", "a", "a13");
	current.brings("13", "a", "a13");
	current.brings("14", "a", "a14");
	next.brings("14", "a", "a14");
	next.isLive();
	assert.deepEqual(open(), [next]);
	next.brings("15", "b", "b15");
	next.brings("16", "a", "a16");
	assert.deepEqual(passed(), ["a11", "a13", "a14", "b15", "a16"]);
});

test("a channel that is added begins where it became live", async () => {
	await want("a");
	open()[0].connects("10");
	const b = await want("b");
	const next = open()[1];
	next.connects("10", true);
	next.brings("12", "b", "old");
	assert.equal(welcomes(b).length, 0);
	next.isLive();
	assert.equal(welcomes(b)[0].after, "12");
});

test("a channel that is added to a quiet stream does not bring the past of days", async (t) => {
	const now = Date.now();
	await want("quiet");
	open()[0].connects("10");
	Date.now = () => now + 3600_000;
	t.after(() => Date.now = realNow);
	await want("busy");
	const [current, again] = open();
	assert.deepEqual(channels(again), ["quiet"]);
	assert.equal(again.query.get("lastEventId"), "10");
	current.brings("11", "quiet", "q11");
	again.connects("10", true);
	again.brings("11", "quiet", "q11");
	again.isLive("5000");
	const next = open()[1];
	assert.deepEqual(open(), [again, next]);
	assert.deepEqual(channels(next), ["busy", "quiet"]);
	assert.equal(next.query.get("lastEventId"), "5000");
	next.connects("5000");
	assert.deepEqual(open(), [next]);
	assert.deepEqual(passed(), ["q11"]);
});

test("a gap in a channel that is added is told to nobody", async () => {
	await want("a");
	open()[0].connects("10");
	await want("b");
	const next = open()[1];
	next.connects("40", true);
	next.says("reset", "40", JSON.stringify({ requested: "10", oldest: "41", newest: "50" }));
	next.isLive();
	assert.ok(!told.some(({ kind }) => kind === "gap"));
	next.breaks();
	next.connects("60", true);
	next.says("reset", "60", JSON.stringify({ requested: "50", oldest: "61", newest: "70" }));
	assert.equal(told.filter(({ kind }) => kind === "gap").length, 1);
});

test("older events go to the one who wants them, and the newer ones follow", async () => {
	await want("a");
	open()[0].connects("10");
	const old = await want("a", { since: "10m" });
	const [current, side] = open();
	assert.equal(side.query.get("since"), "10m");
	side.connects("5", true);
	current.brings("11", "a", "a11");
	side.brings("6", "a", "a6");
	current.brings("12", "a", "a12");
	side.brings("11", "a", "a11");
	side.isLive();
	assert.deepEqual(open(), [current]);
	assert.deepEqual(aside(), ["a6", "a11"]);
	assert.deepEqual(passed(), ["a11", "a12"]);
	const [welcome] = welcomes(old);
	assert.deepEqual(welcome.events.map(({ data }) => data), ["a12"]);
	assert.equal(welcome.after, "11");
});

test("a channel is added while others look back", async () => {
	await want("a");
	open()[0].connects("10");
	await want("a", { since: "all" });
	const side = open()[1];
	side.connects("0", true);
	const b = await want("b");
	const next = open()[2];
	next.connects("10");
	assert.deepEqual(open(), [side, next]);
	assert.equal(welcomes(b).length, 1);
	next.brings("11", "a", "a11");
	side.brings("1", "a", "a1");
	side.isLive();
	assert.deepEqual(open(), [next]);
	assert.deepEqual(told.findLast(({ kind }) => kind === "welcome").events.map(({ data }) => data), ["a11"]);
});

test("who looks back while the connection is lost goes on where it was", async () => {
	await want("a");
	open()[0].connects("10");
	await want("a", { since: "all" });
	const [current, side] = open();
	side.connects("0", true);
	side.brings("1", "a", "a1");
	current.breaks();
	assert.deepEqual(open(), [current]);
	current.connects("10");
	const again = open()[1];
	assert.equal(again.query.get("lastEventId"), "1");
	assert.equal(again.query.get("since"), null);
	again.connects("1", true);
	again.brings("2", "a", "a2");
	again.isLive();
	assert.deepEqual(aside(), ["a1", "a2"]);
});

test("a new leader begins at the smallest id that a window has reached", async () => {
	coordinator = new Coordinator(new Set(["message"]), (message) => told.push(message));
	coordinator.enter("v", [{ n: 1, stream: "channel", topic: "a", after: "99", state: "live" }]);
	coordinator.enter("w", [
		{ n: 1, stream: "channel", topic: "b", after: "100", state: "live" },
		{ n: 2, stream: "channel", topic: "c", state: "connecting" },
	]);
	coordinator.begin();
	await settled();
	assert.equal(open().length, 1);
	assert.deepEqual(channels(open()[0]), ["a", "b"]);
	assert.equal(open()[0].query.get("lastEventId"), "99");
	open()[0].connects("99");
	assert.ok(told.every(({ kind, state }) => kind !== "state" || state === "live"));
	assert.deepEqual(channels(open()[1]), ["a", "b", "c"]);
});

test("who says late where it has got is given the rest", async () => {
	coordinator = new Coordinator(new Set(["message"]), (message) => told.push(message));
	coordinator.enter("w", [{ n: 1, stream: "channel", topic: "a", after: "10", state: "live" }]);
	coordinator.begin();
	await settled();
	const [current] = open();
	current.connects("10");
	current.brings("11", "a", "a11");
	current.brings("12", "a", "a12");
	coordinator.enter("held", [{ n: 71, stream: "channel", topic: "a", after: "11", state: "live" }]);
	await settled();
	assert.deepEqual(welcomes({ n: 71 })[0].events.map(({ data }) => data), ["a12"]);
	coordinator.enter("not held", [{ n: 72, stream: "channel", topic: "a", after: "9", state: "live" }]);
	await settled();
	assert.equal(open()[1].query.get("lastEventId"), "9");
});

test("events without an id come once, and from the current connection", async () => {
	await want("a");
	open()[0].connects("10");
	await want("b");
	const [current, next] = open();
	next.connects("10", true);
	current.brings("", "a", "volatile");
	next.brings("", "a", "volatile");
	next.isLive();
	next.brings("", "a", "another");
	assert.deepEqual(passed(), ["volatile", "another"]);
});

test("what is said in one breath takes one stream, and no more is left than was", async () => {
	for (const channel of ["a", "b", "c"])
		coordinator.want("w", { n: ++n, stream: "channel", topic: channel, state: "connecting" });
	await settled();
	assert.equal(sources.length, 1);
	assert.deepEqual(channels(sources[0]), ["a", "b", "c"]);
	coordinator.leave("w");
	await settled();
	assert.deepEqual(open(), []);
	assert.equal(listeners.size, 0);
});

test("a stream has at most a thousand channels", async () => {
	const name = (number) => `${number}-${"é".repeat(3)}`;
	coordinator.enter("w", Array.from({ length: 1100 }, (_, number) =>
		({ n: number, stream: "channel", topic: name(number), state: "connecting" })));
	await settled();
	assert.equal(channels(open()[0]).length <= 1000, true);
	assert.equal(open()[0].address.length < 28 * 1024, true);
});

test("what is published in the server's words does not hold up a plain stream", async () => {
	coordinator.want("w", { n: ++n, stream: "plain", topic: "sse", state: "connecting" });
	await settled();
	const [plain] = open();
	plain.connects("10");
	plain.says("connected", "11", '{"channels": [], "behind": true}');
	plain.says("message", "12", "text");
	assert.deepEqual(passed(), ["text"]);
	const states = told.filter(({ kind }) => kind === "state").map(({ state }) => state);
	assert.deepEqual(states, ["live"]);
});

test("a window that joins while the connection is lost is told so, once it knows who leads", async () => {
	await want("a");
	open()[0].connects("10");
	open()[0].breaks();
	told = [];
	coordinator.enter("v", [{ n: 1, stream: "channel", topic: "a", state: "connecting" }]);
	assert.deepEqual(told.map(({ kind, state }) => state ?? kind), ["windows", "lost"]);
});

test("an event that cannot be read is told, and those behind it come", async () => {
	await want("a");
	const [source] = open();
	source.connects("10");
	source.brings("11", "a", "a11");
	const damaged = [
		"{", "null", "5", "[]", "{}", '"a"', '{"channel":"a"}', '{"data":"lost"}',
		'{"channel":"a","data":{}}', '{"channel":1,"data":"lost"}',
		'{"channel":"a","data":"lost","also":"b"}', '{"channel":"a","data":"lost","also":[1]}',
	];
	for (const [n, data] of damaged.entries())
		source.says("message", `${20 + n}`, data);
	for (const [n, type] of ["connected", "live", "reset"].entries())
		source.says(type, `${40 + n}`, "{");
	source.brings("50", "a", "a50");
	const gaps = told.filter(({ kind }) => kind === "gap").map(({ said }) => said.unreadable);
	assert.deepEqual(gaps, [...damaged.map((_, n) => `${20 + n}`), "40", "41", "42"]);
	assert.deepEqual(passed(), ["a11", "a50"]);
});

// ---- what is of several topics

const given = (wanted) => told.filter(({ kind, to }) => kind === "event" && (to === null || to[0].n === wanted.n))
	.map(({ event }) => event.data);
const patterns = (source) => source.query.getAll("pattern").sort();
const wantPattern = (pattern, more = {}) => want(pattern, { stream: "pattern", ...more });

test("an event on several channels is passed on with all of them", async () => {
	await want("a");
	await want("b");
	const source = open().at(-1);
	source.connects("10");
	source.brings("12", "a", "both", "message", ["b"]);
	assert.deepEqual(told.at(-1).event.also, ["b"]);
});

test("an event on a channel that is there and on one that joins is passed on, whichever stream brings it", async () => {
	await want("b");
	open()[0].connects("10");
	await want("a");
	const [current, next] = open();
	next.connects("10", true);
	next.brings("12", "a", "both", "message", ["b"]);
	current.brings("14", "b", "both again", "message", ["a"]);
	next.brings("14", "a", "both again", "message", ["b"]);
	next.isLive();
	assert.deepEqual(passed(), ["both", "both again"]);
});

test("patterns have a stream of their own", async () => {
	await want("a");
	await wantPattern("builds/{n}");
	const [channel, pattern] = open();
	assert.deepEqual([channels(channel), patterns(channel)], [["a"], []]);
	assert.deepEqual([channels(pattern), patterns(pattern)], [[], ["builds/{n}"]]);
	assert.equal(pattern.query.get("envelope"), "1");
});

test("a pattern that joins misses nothing that another one brought before", async () => {
	await wantPattern("builds/{n}");
	open()[0].connects("10");
	const every = await wantPattern("*");
	const [current, next] = open();
	next.connects("10", true);
	next.brings("12", "news", "n12");
	current.brings("14", "builds/1", "b14"); // ahead of the next one
	next.isLive();
	const [{ after, events }] = welcomes(every);
	assert.deepEqual([after, events], ["12", []]);
	next.brings("13", "news", "n13");
	next.brings("14", "builds/1", "b14");
	next.brings("15", "builds/2", "b15");
	const later = told.slice(told.findIndex(({ kind, to }) => kind === "welcome" && to[0].n === every.n));
	assert.deepEqual(later.filter(({ kind }) => kind === "event").map(({ event }) => event.data), ["n13", "b14", "b15"]);
});

test("who comes back to a pattern is given what it lacks in order", async () => {
	await wantPattern("builds/{n}");
	open()[0].connects("10");
	await wantPattern("*");
	const [current, next] = open();
	next.connects("10", true);
	current.brings("14", "builds/1", "b14");
	next.brings("12", "news", "n12");
	next.brings("14", "builds/1", "b14");
	next.isLive();
	coordinator.enter("v", [{ n: 90, stream: "pattern", topic: "*", after: "10", state: "live" }]);
	await settled();
	assert.deepEqual(welcomes({ n: 90 })[0].events.map(({ data }) => data), ["n12", "b14"]);
});

test("older events of a pattern go to the one who wants them", async () => {
	await wantPattern("*");
	open()[0].connects("10");
	const old = await wantPattern("builds/{n}", { since: "all" });
	const [current, next] = open();
	next.connects("10");
	const side = open()[1];
	assert.deepEqual([patterns(side), side.query.get("since")], [["builds/{n}"], "all"]);
	side.connects("0", true);
	side.brings("3", "builds/1", "b3");
	side.isLive("10");
	assert.deepEqual(given(old), ["b3"]);
	assert.notDeepEqual(open(), [current, next]);
});

test("what the server refuses is told to who wants it, and holds up nobody else", async () => {
	const refused = { status: 503, ok: false, headers: new Headers({ "content-type": "application/json" }),
		json: async () => ({ message: "no room" }) };
	globalThis.fetch = async () => refused;
	globalThis.navigator ??= {};
	await wantPattern("a/{x}");
	open()[0].connects("10");
	const bad = await wantPattern("b/{x}");
	const [current, next] = open();
	next.breaks(false);
	for (const { act, ms } of timers.filter(({ ms }) => ms === 0))
		await act();
	await new Promise(setImmediate);
	const [trouble] = told.filter(({ kind, why }) => kind === "trouble" && why !== null);
	assert.deepEqual([trouble.to[0].n, trouble.why.said], [bad.n, "no room"]);
	assert.equal(current.readyState, 1);
	coordinator.drop("w", bad.n);
	await settled();
	assert.deepEqual(open(), [current]);
	await wantPattern("c/{x}");
	assert.deepEqual(patterns(open().at(-1)), ["a/{x}", "c/{x}"]);
});

// ---- what is shown, and what is refused

const { Pass } = await import("./pass.js");
const TURNS = 60;
const turns = async () => {
	for (let i = 0; i < TURNS; i++)
		await settled();
};

function granted(names, begin = () => ({ ticket: "a" })) {
	const { placeIs } = places;
	placeIs("http://site/");
	globalThis.fetch = async (address, { method = "GET" } = {}) => {
		const isRefused = new URL(address).searchParams.getAll("channel").some((name) => !names.includes(name));
		const body = method === "HEAD" ? null : '{"error":"not_granted","message":"not yours"}';
		return new Response(isRefused ? body : null, { status: isRefused ? 403 : 200,
			headers: { "Content-Type": isRefused ? "application/json" : "text/event-stream" } });
	};
	const pass = new Pass({ authorize: begin });
	coordinator = new Coordinator(new Set(["message"]), (message) => told.push(message), pass);
	coordinator.enter("w", []);
	coordinator.begin();
	return pass;
}
const places = await import("./place.js");
const finals = () => told.filter(({ kind, why }) => kind === "trouble" && why?.isFinal)
	.flatMap(({ to }) => to.map(({ n }) => n));

async function isRefused(source) {
	source.breaks(false);
	for (const timer of timers.filter(({ ms }) => ms === 0)) {
		timer.ms = null;
		timer.act();
	}
	for (let i = 0; i < 40; i++)
		await new Promise(setImmediate);
}

test("a newer ticket takes over without a word, and nothing is lost or told twice", async () => {
	let round = 0;
	const pass = granted(["a"], () => ({ ticket: `t${++round}` }));
	await want("a");
	await turns();
	const [current] = open();
	current.connects("10");
	current.brings("11", "a", "a11");
	told.length = 0;
	pass.spoil(1);
	await pass.get();
	await turns();
	const [, next] = open();
	assert.deepEqual([next.query.get("ticket"), next.query.get("lastEventId")], ["t2", "11"]);
	current.brings("12", "a", "a12");
	next.connects("11", true);
	next.brings("12", "a", "a12");
	next.brings("13", "a", "a13");
	current.brings("13", "a", "a13");
	next.isLive();
	assert.deepEqual(open(), [next]);
	next.brings("14", "a", "a14");
	assert.deepEqual(passed(), ["a12", "a13", "a14"]);
	assert.deepEqual(told.filter(({ kind }) => kind === "state"), []);
});

test("channels that are refused are told as that, and the others begin", async () => {
	granted(["a", "b"]);
	const wants = await Promise.all(["a", "x", "b", "y"].map((name) => want(name)));
	await turns();
	await isRefused(open()[0]);
	assert.deepEqual(channels(open()[0]), ["a", "b"]);
	assert.deepEqual([...new Set(finals())], [wants[1].n, wants[3].n]);
	open()[0].connects("10");
	assert.deepEqual([welcomes(wants[0]).length, welcomes(wants[2]).length, welcomes(wants[1]).length], [1, 1, 0]);
	// the stream is well again: what is refused is told anew
	assert.deepEqual(told.filter(({ kind }) => kind === "trouble").at(-1).why.code, "not_granted");
});

test("a channel that is refused beside a stream that is live disturbs nobody", async () => {
	granted(["a"]);
	await want("a");
	await turns();
	open()[0].connects("10");
	const bad = await want("x");
	const [current, next] = open();
	await isRefused(next);
	assert.deepEqual(open(), [current]);
	assert.deepEqual(finals(), [bad.n]);
	assert.deepEqual(told.filter(({ kind, state }) => kind === "state" && state === "lost"), []);
});

test("a live stream of which one channel is refused later goes on with the others from where it was", async () => {
	const names = ["a", "x"];
	granted(names);
	const [a, x] = await Promise.all([want("a"), want("x")]);
	await turns();
	open()[0].connects("10");
	open()[0].brings("12", "a", "a12");
	names.pop();
	await isRefused(open()[0]);
	const [now] = open();
	assert.deepEqual([channels(now), now.query.get("lastEventId")], [["a"], "12"]);
	assert.deepEqual([...new Set(finals())], [x.n]);
	now.connects("12", true);
	now.brings("13", "a", "a13");
	now.isLive();
	assert.deepEqual(passed(), ["a12", "a13"]);
	assert.equal(a.phase, "joined");
});

test("what was refused is tried again with another ticket", async () => {
	const names = ["a"];
	const pass = granted(names);
	const [, x] = await Promise.all([want("a"), want("x")]);
	await turns();
	await isRefused(open()[0]);
	open()[0].connects("10");
	names.push("x");
	pass.spoil(1);
	await pass.get();
	await turns();
	const next = open().at(-1);
	assert.deepEqual(channels(next), ["a", "x"]);
	next.connects("10");
	assert.equal(welcomes(x).length, 1);
});

test("if nothing is left that may be heard, nothing is asked for", async () => {
	const pass = granted([]);
	const x = await want("x");
	await turns();
	await isRefused(open()[0]);
	assert.deepEqual([open(), finals()], [[], [x.n]]);
	pass.spoil(1);
	await pass.get();
	await turns();
	assert.equal(open().length, 1);
});

test("an address has room for the ticket", async () => {
	granted([], () => ({ ticket: "t".repeat(8000) }));
	for (let i = 0; i < 200; i++)
		coordinator.want("w", { n: ++n, stream: "channel", topic: `${i} ${"x".repeat(240)}`, state: "connecting" });
	await turns();
	assert.ok(open()[0].address.length < 28_000, `${open()[0].address.length} characters`);
});
