// SPDX-License-Identifier: MIT
// What somebody is told who listens in Node. TIDINGS_CLIENT: which form of the package.
import assert from "node:assert";
import { afterEach, beforeEach, test } from "node:test";
import { Server, until } from "./server.mjs";

const { listen } = await import(process.env.TIDINGS_CLIENT);
const refusal = (status, error) => ({ status, body: JSON.stringify({ error, message: `${error}, says the server` }) });
let server, feeds;

beforeEach(async () => {
	server = await new Server().start();
	feeds = [];
});

afterEach(async () => {
	feeds.forEach((feed) => feed.close());
	await server.stop();
});

function told(options, url = server.url) {
	const feed = listen(url, options);
	feeds.push(feed);
	const all = { feed, states: [], data: [], events: [], lost: [], refused: [], away: [], presence: [] };
	for (const state of ["open", "away", "refused", "close"])
		feed.on(state, () => all.states.push(state));
	for (const type of ["lost", "refused", "away", "presence"])
		feed.on(type, (what) => all[type].push(what));
	feed.on("message", (event) => {
		all.events.push(event);
		all.data.push(event.data);
	});
	return all;
}

async function opened(options, url) {
	const all = told(options, url);
	await until(() => all.states.includes("open"), "being open");
	return all;
}

const has = async (all, ...data) => {
	await until(() => all.data.length >= data.length, `${data}, not ${all.data}, arriving`);
	assert.deepEqual(all.data, data);
};

test("what is published on its channels is told, and nothing else", async () => {
	const all = await opened({ channels: ["a", "b"] });
	const id = server.publish("a", "one");
	server.publish("c", "not for it");
	server.publish("b", "two", { type: "alert" });
	await has(all, "one", "two");
	assert.deepEqual(all.events[0], { type: "message", id, channel: "a", data: "one", replayed: false });
	assert.equal(all.events[1].type, "alert");
	assert.equal(all.feed.lastId, all.events[1].id);
	assert.deepEqual([...server.asked[0].query], [["envelope", "1"], ["keepalive", "20s"], ["channel", "a"], ["channel", "b"]]);
});

test("a server that goes away costs no event, however it goes", async () => {
	const all = await opened({ channels: ["a"] });
	let last = 0;
	for (let round = 0; round < 4; round++) {
		server.publish("a", ++last);
		await until(() => all.data.length === last);
		if (round === 0)
			server.answers.push({ status: 503, headers: { "Retry-After": "0" } }, { status: 502 }, { status: 200, headers: { "Content-Type": "text/event-stream" } });
		server.cut();
		server.publish("a", ++last);
		if (round === 1)
			await server.stop().then(() => new Promise((done) => setTimeout(done, 60))).then(() => server.start());
	}
	await until(() => all.data.length === last);
	assert.deepEqual(all.data.map(Number), [...Array(last).keys()].map((n) => n + 1));
	assert.equal(all.states.at(-1), "open");
	assert.ok(all.away.some(({ status }) => status === 503));
	assert.deepEqual(all.lost, []);
});

test("a gap is told", async () => {
	const all = await opened({ channels: ["a"] });
	server.says("reset", { requested: "1", oldest: "5", newest: "9" });
	await until(() => all.lost.length === 1);
	assert.deepEqual(all.lost, [{ requested: "1", oldest: "5", newest: "9" }]);
});

test("`for await` gives each event, and ends with close()", async () => {
	const { feed } = await opened({ channels: ["a"] });
	const got = [];
	const loop = (async () => {
		for await (const { data } of feed)
			got.push(data);
	})();
	await Promise.resolve();
	for (let n = 0; n < 5; n++)
		server.publish("a", n);
	await until(() => got.length === 5);
	feed.close();
	await loop;
	await until(() => server.streams.size === 0, "the stream's end");
});

test("a loop that is far behind is told so, and not given what it would lack", async () => {
	const { feed, events } = await opened({ channels: ["a"] });
	const loop = feed[Symbol.asyncIterator]();
	const first = loop.next();
	for (let n = 0; n < 10_100; n++)
		server.publish("a", n);
	assert.equal((await first).value.data, "0");
	await until(() => events.length === 10_100);
	await assert.rejects(loop.next(), /too slow/);
});

test("a feed that is opened when all others are closed is a new one", async () => {
	(await opened({ channels: ["a"], shared: true })).feed.close();
	const all = await opened({ channels: ["a"], shared: true });
	server.publish("a", "one");
	await has(all, "one");
});

test("who may not hear is told why, and is not asked for again", async () => {
	server.refuses = () => refusal(403, "not_granted");
	const all = told({ channels: ["a"] });
	await until(() => all.refused.length === 1);
	assert.deepEqual(all.refused[0], { status: 403, type: "application/json", code: "not_granted", reason: "not_granted, says the server" });
	await assert.rejects(async () => {
		for await (const event of listen(server.url, { channels: ["a"] }))
			assert.fail(event);
	}, { status: 403 });
	const asked = server.asked.length;
	await new Promise((done) => setTimeout(done, 100));
	assert.equal(server.asked.length, asked);
});

test("several feeds have one connection, and one that is refused takes no other with it", async () => {
	server.refuses = ({ channels }) => channels.has("secret") ? refusal(403, "not_granted") : undefined;
	const names = ["a", "b", "secret", "c", "d"];
	const all = names.map((name) => told({ channels: [name], shared: true }));
	await until(() => all[2].refused.length === 1 && all.filter(({ states }) => states.includes("open")).length === 4);
	await until(() => server.streams.size === 1, "one connection");
	names.forEach((name) => server.publish(name, name));
	await Promise.all(all.map((one, n) => has(one, ...n === 2 ? [] : [names[n]])));
	assert.deepEqual([...server.streams][0].channels, new Set(["a", "b", "c", "d"]));
});

test("an event on several channels is told once, by the channel that is the feed's own", async () => {
	const both = await opened({ channels: ["b", "a"], shared: true });
	const one = await opened({ channels: ["b"], shared: true });
	server.publish("a", "for both", { also: ["b", "c"] });
	await has(both, "for both");
	await has(one, "for both");
	assert.deepEqual([both.events[0].channel, one.events[0].channel], ["a", "b"]);
	assert.ok(!("also" in one.events[0]));
});

test("a feed that comes later loses nothing of the others, nor of what it asks for", async () => {
	server.publish("b", "b 0");
	const first = await opened({ channels: ["a"], shared: true });
	let n = 0;
	const timer = setInterval(() => server.publish("a", n++) && server.publish("b", `b ${n}`), 1);
	const later = await opened({ channels: ["b"], since: "all", shared: true });
	const now = await opened({ channels: ["b"], shared: true });
	await until(() => n > 100);
	clearInterval(timer);
	await until(() => first.data.length === n && later.data.length === n + 1 && now.data.at(-1) === `b ${n}`);
	assert.deepEqual(first.data.map(Number), [...Array(n).keys()]);
	assert.deepEqual(later.data, [...Array(n + 1).keys()].map((n) => `b ${n}`));
	assert.deepEqual(now.data, later.data.slice(-now.data.length));
	await until(() => server.streams.size === 1, "one connection");
	assert.deepEqual(first.states, ["open"]);
});

test("a page goes on behind the id that it was rendered with, as a text or a number", async () => {
	const id = server.publish("a", "rendered");
	server.publish("a", "since then");
	for (const after of [id, Number(id)]) {
		const all = await opened({ channels: ["a"], after });
		await has(all, "since then");
		assert.ok(all.events[0].replayed);
		server.publish("b", "another's");
		assert.deepEqual(server.asked.at(-1).query.get("lastEventId"), id);
	}
});

test("ids beyond what a number can hold are told apart", async () => {
	const all = await opened({ channels: ["a"] });
	for (const id of ["9007199254740992", "9007199254740993", "9007199254740993", "10000000000000000000000"])
		[...server.streams][0].answer.write(`id: ${id}\ndata: {"channel":"a","data":"${id}"}\n\n`);
	await has(all, "9007199254740992", "9007199254740993", "10000000000000000000000");
});

test("feeds of patterns that are told apart have one connection, and each is told what is its own", async () => {
	const starting = (start) => (channel) => channel.startsWith(start);
	const all = [];
	for (const start of ["builds/", "news/"])
		all.push(await opened({ patterns: [`${start}{name}`], matches: starting(start), shared: true }));
	server.publish("news/1", "news");
	server.publish("builds/7", "build");
	server.publish("news/2", "both", { also: ["builds/8"] });
	await has(all[0], "build", "both");
	await has(all[1], "news", "both");
	assert.deepEqual(all.map(({ events }) => events[1].channel), ["builds/8", "news/2"]);
	await until(() => server.streams.size === 1, "one connection");
});

test("a feed that begins while there is no connection is told so at once", async () => {
	const first = await opened({ channels: ["a"], shared: true });
	await server.stop();
	await until(() => first.states.includes("away"));
	const late = told({ channels: ["b"], shared: true });
	await Promise.resolve();
	await Promise.resolve();
	assert.deepEqual([late.states, late.feed.state], [["away"], "away"]);
	await server.start();
	await until(() => late.states.includes("open"));
});

test("a page that was frozen says that it was away, and catches up", async (t) => {
	const page = new EventTarget();
	globalThis.addEventListener = page.addEventListener.bind(page);
	t.after(() => delete globalThis.addEventListener);
	const all = await opened({ channels: ["a"] });
	server.publish("a", "before");
	await has(all, "before");
	page.dispatchEvent(new Event("pagehide"));
	await until(() => server.streams.size === 0, "nothing being listened to");
	server.publish("a", "meanwhile");
	page.dispatchEvent(new Event("pageshow"));
	await has(all, "before", "meanwhile");
	await until(() => all.feed.state === "open");
	assert.deepEqual(all.states, ["open", "away", "open"]);
	assert.ok(all.events[1].replayed);
});

test("what cannot be read is a gap, and a word that is not known is none", async () => {
	const all = await opened({ channels: ["a"] });
	const [{ answer }] = server.streams;
	answer.write("event: later\ndata: {\"more\":1}\n\nevent: other\ndata: 5\n\nid: 2000\ndata: {\"chan\n\n");
	server.says("live", {}, "2001");
	await until(() => all.feed.lastId === "2001" || all.lost.length > 0);
	await until(() => all.lost.length > 0);
	assert.deepEqual(all.lost, [{ unreadable: "2000" }]);
});

// ---- what is shown

test("authorize() is asked once, and again when the server takes that no more", async () => {
	let asked = 0;
	server.refuses = ({ headers }) => headers.authorization === `Bearer t${asked}` ? undefined : refusal(401, "bad_token");
	const authorize = async () => `t${++asked}`;
	const all = await opened({ channels: ["a"], authorize });
	server.publish("a", "one");
	await has(all, "one");
	assert.equal(asked, 1);
	server.says("expired", { reason: "token" });
	server.publish("a", "two");
	await has(all, "one", "two");
	assert.equal(asked, 2);
	server.refuses = () => refusal(401, "bad_token");
	server.cut();
	await until(() => all.refused.length === 1);
	assert.equal(asked, 3);
	assert.equal(all.refused[0].code, "bad_token");
});

test("what says when it ends is renewed before, by a stream that takes over", async () => {
	const tokens = [];
	const authorize = () => {
		tokens.push(`t${tokens.length}`);
		return { token: tokens.at(-1), expires: Date.now() + 200 };
	};
	const all = await opened({ channels: ["a"], authorize });
	let n = 0;
	const timer = setInterval(() => server.publish("a", n++), 2);
	await until(() => tokens.length > 3);
	clearInterval(timer);
	await until(() => all.data.length === n);
	assert.deepEqual(all.data.map(Number), [...Array(n).keys()]);
	assert.deepEqual(all.states, ["open"]);
	assert.ok(new Set(server.asked.map(({ headers }) => headers.authorization)).size > 2);
});

test("what is private on several channels is told to each feed of a user", async (t) => {
	globalThis.location = new URL(server.url); // as in a browser
	t.after(() => delete globalThis.location);
	const names = [["a"], ["b"], ["b", "a"]];
	const all = await Promise.all(names.map((channels) => opened({ channels, as: "7", authorize: () => "token" })));
	const same = await opened({ channels: ["a", "b"], as: "7", authorize: () => "token" });
	server.publish("a", "private", { also: ["b"], isPrivate: true });
	await Promise.all([...all, same].map((one) => has(one, "private")));
	assert.deepEqual(all.map(({ events }) => events[0].channel), ["a", "b", "a"]);
	assert.equal(server.streams.size, 3, "feeds of the same channels have one connection");
});

test("who is closed while authorize() is under way asks no more", async () => {
	let asked = 0, give;
	const all = told({ channels: ["a"], authorize: () => {
		asked++;
		return new Promise((resolve) => give = () => resolve({ token: "t", expires: Date.now() + 20 }));
	} });
	await until(() => asked === 1);
	all.feed.close();
	give();
	await new Promise((done) => setTimeout(done, 100));
	assert.deepEqual([asked, server.asked.length], [1, 0]);
});

test("a JWT is renewed before its own end", async () => {
	let asked = 0;
	const authorize = () => {
		const claims = Buffer.from(JSON.stringify({ n: asked++, exp: Math.floor(Date.now() / 1000) + 2 })).toString("base64url");
		return `e30.${claims}.signature`;
	};
	await opened({ channels: ["a"], authorize });
	await until(() => asked > 1, "another one");
	await until(() => server.streams.size === 1);
});

test("an authorize() that throws is asked again later, and the reason is told", async () => {
	let asked = 0;
	const all = told({ channels: ["a"], authorize: () => {
		if (asked++ === 0)
			throw new Error("log in again");
	} });
	await until(() => all.states.includes("open"));
	assert.deepEqual(all.away[0], { code: "authorize", reason: "log in again" });
});

test("a 403 without a sentence is a refusal as any", async () => {
	for (const [body, type] of [["null", "application/json"], ["", "application/json"], ["\"no\"", "application/problem+json"], ["<p>no", "text/html"]]) {
		server.answers.push({ status: 403, body, headers: { "Content-Type": type } });
		const all = told({ channels: [`a${body}`] });
		await until(() => all.refused.length === 1, `a refusal with ${body}`);
		assert.deepEqual(all.refused[0], { status: 403, type, code: undefined, reason: "no event stream" });
	}
});

test("one feed instead of another is one connection after another", async () => {
	const first = await opened({ channels: ["a"], shared: true, presence: true });
	const second = told({ channels: ["b"], shared: true, presence: true });
	first.feed.close();
	await until(() => second.states.includes("open"));
	server.publish("a", "not for it");
	server.publish("b", "one");
	await has(second, "one");
	assert.deepEqual(server.asked.map(({ query }) => query.getAll("channel")), [["a"], ["b"]]);
});

test("presence is told as who is there", async () => {
	const all = await opened({ channels: ["room"], presence: true });
	const names = () => all.presence.at(-1)?.members.map(({ user }) => user);
	server.says("present", { channel: "room", subscribers: [{ id: "1", user: "ann" }], count: 1 });
	server.says("join", { channel: "room", id: "2", user: "bob" });
	await until(() => all.presence.length === 2);
	assert.deepEqual(names(), ["ann", "bob"]);
	assert.equal(all.presence[1].join.user, "bob");
	server.says("leave", { channel: "room", id: "1", user: "ann" });
	await until(() => all.presence.length === 3);
	assert.deepEqual(names(), ["bob"]);
	assert.equal(server.asked[0].query.get("presence"), "1");
});

// ---- any server of event streams

test("a plain server is gone on with by Last-Event-ID, also after a 503", async () => {
	let n = 0;
	server.isPlain = ({ answer, headers }) => {
		const from = Number(headers["last-event-id"] ?? 0);
		for (n = from + 1; n <= from + 3; n++)
			answer.write(`${n === 1 ? "retry: 10\n" : ""}id: ${n}\r\nevent: tick\r\ndata: ${n}\r\n\r\n`);
		answer.end();
		if (from === 3)
			server.answers.push({ status: 503 });
	};
	const all = told({}, `${server.url}?of=theirs`);
	await until(() => all.data.length >= 9);
	assert.deepEqual(all.data.slice(0, 9), ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
	assert.deepEqual(all.events[0], { type: "tick", id: "1", data: "1", replayed: false });
	assert.deepEqual(Object.fromEntries(server.asked[0].query), { of: "theirs" });
});

test("of a plain server's events those are told that are of the types that are asked for", async () => {
	server.isPlain = ({ answer }) => answer.write("data: 1\n\nevent: tick\ndata: 2\n\nevent: tock\ndata: 3\n\nevent: tick\ndata: 4\n\n");
	const all = told({ types: ["tick", "message"] });
	await has(all, "1", "2", "4");
	assert.deepEqual([...server.asked[0].query], [], "the URL is as it was given");
});

test("a server that says retry: 0 is not asked all the time, even if it is away", async (t) => {
	server.isPlain = ({ answer }) => answer.end("retry: 0\n\n");
	told({});
	const begun = Date.now();
	await until(() => server.asked.length >= 3);
	assert.ok(Date.now() - begun >= 300, `3 requests in ${Date.now() - begun} ms`); // 100 and 200
	await until(() => server.asked.length >= 4);
	assert.ok(Date.now() - begun >= 700, `4 requests in ${Date.now() - begun} ms`);
});

test("a plain server that says 204 is left alone", async () => {
	server.answers.push({ status: 204 });
	const all = told({});
	await until(() => all.states.includes("close"));
	assert.equal(server.asked.length, 1);
});

test("a connection on which nothing comes any more is given up", async () => {
	const all = await opened({ channels: ["a"], silence: 150 });
	server.streams.clear(); // it hangs
	server.publish("a", "meanwhile");
	await has(all, "meanwhile");
	assert.deepEqual(all.states.slice(0, 3), ["open", "away", "open"]);
});

test("a listener that throws stops nobody else", async (t) => {
	const faults = [];
	t.mock.method(console, "error", (fault) => faults.push(fault.message));
	const all = await opened({ channels: ["a"] });
	const off = all.feed.on("message", () => {
		throw new Error("mine");
	});
	server.publish("a", "one");
	await has(all, "one");
	off();
	server.publish("a", "two");
	await has(all, "one", "two");
	assert.deepEqual(faults, ["mine"]);
});
