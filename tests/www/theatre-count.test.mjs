// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { Count } from "./theatre-count.js";

// Numbers 0 to 59, one each 100 ms, acknowledged 2 ms and here 3 ms after they
// were sent; away from 2 s to 4.9 s, after which all of that time come at once.
function kill(count, { forgets = () => false, twice = () => false } = {}) {
	const late = [];
	for (let n = 0; n < 60; n++) {
		const at = n * 100;
		if (at >= 2000 && !count.isAway && count.away.length === 0)
			count.goes(1999);
		if (at >= 4900 && count.isAway) {
			count.returns(4899);
			late.splice(0).forEach((each) => count.came(each, 4899.5));
		}
		count.sent(n, at);
		count.acked(n, at + 2);
		if (forgets(n))
			continue;
		if (count.isAway)
			late.push(n);
		else
			count.came(n, at + 3);
		if (twice(n))
			count.came(n, at + 4);
	}
	return count.sum(6000);
}

test("what was published while the stream was away was missed, and is recovered", () => {
	const count = new Count();
	assert.deepEqual(kill(count), { away: 2900, sent: 60, unsent: 0, missed: 29, recovered: 29, lost: 0, doubled: 0 });
	assert.ok(count.isWhole);
});

test("what the server had and never came is lost, whenever that was", () => {
	for (const number of [3, 30, 55]) {
		const count = new Count();
		const { missed, recovered, lost } = kill(count, { forgets: (n) => n === number });
		assert.equal(lost, 1);
		assert.equal(recovered, number === 30 ? 28 : 29);
		assert.equal(missed >= recovered, true);
		assert.ok(!count.isWhole);
	}
});

test("what came twice is told", () => {
	assert.equal(kill(new Count(), { twice: (n) => n === 7 }).doubled, 1);
});

test("what was on its way when the stream went was missed, too", () => {
	const count = new Count();
	count.sent(0, 0);
	count.acked(0, 10);
	count.goes(11);
	count.returns(3000);
	assert.equal(count.stateOf(count.events[0]), "missed");
	count.came(0, 3001);
	assert.equal(count.stateOf(count.events[0]), "recovered");
	assert.equal(count.sum(4000).missed, 1);
});

test("what the server never acknowledged is no event, but it is said", () => {
	const count = new Count();
	count.sent(0, 0);
	assert.deepEqual(count.sum(10), { away: 0, sent: 1, unsent: 1, missed: 0, recovered: 0, lost: 0, doubled: 0 });
});

test("what comes before its answer, and all that comes at once, was not missed", () => {
	const count = new Count();
	count.sent(0, 0);
	count.came(0, 4);
	assert.equal(count.stateOf(count.events[0]), "came");
	count.acked(0, 5);
	count.goes(100);
	count.returns(200);
	assert.equal(count.stateOf(count.events[0]), "came");
	count.sent(1, 300);
	count.acked(1, 302);
	count.came(1, 303);
	assert.equal(count.stateOf(count.events[1]), "came");
	assert.equal(count.sum(400).missed, 0);
});

test("what may have been stored only when the stream was back is not called missed", () => {
	const count = new Count();
	count.sent(0, 50);
	count.goes(100);
	count.returns(200);
	count.came(0, 201);
	count.acked(0, 202); // it came first
	assert.equal(count.sum(300).lost, 0);
	assert.equal(count.sum(300).missed, 0);
});
