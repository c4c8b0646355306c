// SPDX-License-Identifier: MIT
import assert from "node:assert";
import { beforeEach, test } from "node:test";
import { compareIds, earliest } from "./ids.js";
import { Subscriber } from "./subscriber.js";
import { Replay } from "./replay.js";

let said, subscriber;
const event = (id, channel = "a") => ({ type: "message", id, channel, data: `e${id}`, at: 0 });
const welcome = (after, ...[state, events = []]) =>
	subscriber.hear({ kind: "welcome", to: [{}], state, after, events });
const comes = (id, channel, cursor = id) =>
	subscriber.hear({ kind: "event", to: null, event: event(id, channel), cursor });

beforeEach(() => {
	said = [];
	subscriber = new Subscriber({ n: 1, stream: "channel", topic: "a" }, {
		state: (name) => said.push(name),
		event: ({ id, replayed }) => said.push(replayed ? `${id} again` : id),
		recovered: (count) => said.push(`recovered ${count}`),
	});
});

test("what another leader brings again is told once", () => {
	welcome("5", "live");
	comes("6");
	comes("8");
	subscriber.wait();
	comes("9");
	welcome("8", undefined);
	for (const id of ["7", "8", "9", "10"])
		comes(id);
	assert.deepEqual(said, ["live", "6", "8", "9", "10"]);
});

test("it goes on from what passed on other channels too", () => {
	welcome("5", "live");
	comes("6");
	comes("9", "other");
	assert.equal(subscriber.request.after, "9");
	comes("12", "other", "");
	assert.equal(subscriber.request.after, "9");
});

test("a connection that comes back is caught up with, and counted once", () => {
	welcome("5", "live");
	const state = (name) => subscriber.hear({ kind: "state", to: null, state: name });
	state("lost");
	state("catching up");
	comes("6");
	comes("7");
	state("live");
	comes("8");
	state("lost");
	state("live");
	assert.deepEqual(said, ["live", "lost", "catching up", "6 again", "7 again", "live", "recovered 2",
		"8", "lost", "catching up", "live", "recovered 0"]);
});

test("who has slept is given what it missed as such", () => {
	welcome("5", "live");
	subscriber.wait();
	subscriber.loses();
	welcome("5", "live", [event("6"), event("7")]);
	assert.deepEqual(said, ["live", "lost", "catching up", "6 again", "7 again", "live", "recovered 2"]);
});

test("a page's fault does not stop the stream", () => {
	const faults = [];
	globalThis.reportError = (fault) => faults.push(fault.message);
	const seen = [];
	subscriber = new Subscriber({ n: 1, stream: "channel", topic: "a" }, {
		event({ id }) {
			seen.push(id);
			throw new Error(id);
		},
	});
	welcome("5", "live");
	comes("6");
	comes("7");
	assert.deepEqual(seen, ["6", "7"]);
	assert.deepEqual(faults, ["6", "7"]);
});

test("ids are compared as numbers of any length", () => {
	assert.ok(compareIds("9", "10") < 0);
	assert.ok(compareIds("18446744073709551615", "18446744073709551614") > 0);
	assert.equal(compareIds("7", "7"), 0);
	assert.ok(compareIds("1795232262243-5000-9", "1795232262243-5000-10") < 0);
	assert.ok(compareIds("1795232262243-5000-10", "1795232262244-50-0") < 0);
	assert.equal(earliest(["10", "9", "100"]), "9");
	assert.equal(earliest(["10", ""]), "");
});

test("a replay is bounded, and knows what it no longer holds", () => {
	const replay = new Replay((topic, { channel }) => topic === channel);
	replay.begin("a", "100");
	for (let i = 101; i <= 10_000; i++)
		replay.add(event(String(i)));
	const held = replay.between("a", "100", "30000");
	assert.ok(held.length <= 2000 && held.at(-1).id === "10000");
	assert.equal(replay.isComplete("a", "100"), false);
	assert.equal(replay.isComplete("a", String(held[0].id - 1)), true);
	assert.equal(replay.isComplete("b", "10000"), false);
	for (let i = 0; i < 100; i++)
		replay.add({ ...event(String(20_000 + i)), data: "x".repeat(1 << 20) });
	assert.ok(replay.between("a", "100", "30000").length <= 4);
});

test("a leader that is not connected yet makes nobody catch up", () => {
	welcome("5", "live");
	subscriber.wait();
	subscriber.loses();
	welcome("5", undefined);
	assert.equal(subscriber.state, "lost");
});

test("a replay gives what several have brought once, and in order", () => {
	const replay = new Replay(() => true);
	replay.begin("*", "0");
	for (const [id, channel] of [["9", "a"], ["10", "b"], ["8", "c"], ["10", "d"], ["12", "a"]])
		replay.add(event(id, channel));
	assert.deepEqual(replay.between("*", "8", "11").map(({ id }) => id), ["9", "10"]);
});

function subscribe(stream, topic) {
	const heard = [];
	subscriber = new Subscriber({ n: 1, stream, topic }, {
		event: ({ id, channel, also }) => heard.push(`${id} ${channel} ${also}`),
	});
	welcome("5", "live");
	return heard;
}

const brings = (id, channel, ...also) =>
	subscriber.hear({ kind: "event", to: null, event: { ...event(id, channel), also }, cursor: id });

test("an event on several channels is given by the one that is listened to", () => {
	const heard = subscribe("channel", "b");
	brings("6", "a", "b");
	brings("7", "a", "c");
	brings("8", "b", "a");
	assert.deepEqual(heard, ["6 b undefined", "8 b undefined"]);
});

test("a pattern gives what it matches, by that channel", () => {
	const heard = subscribe("pattern", "builds/{n}");
	brings("6", "builds/1");
	brings("7", "builds/1/log");
	brings("8", "staff", "builds/2");
	brings("9", "news");
	assert.deepEqual(heard, ["6 builds/1 undefined", "8 builds/2 undefined"]);
});

test("what is not stored comes by no pattern", () => {
	const heard = subscribe("pattern", "*");
	brings("", "metrics");
	brings("6", "metrics");
	assert.deepEqual(heard, ["6 metrics undefined"]);
});
