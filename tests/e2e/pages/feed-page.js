// SPDX-License-Identifier: MIT
// A page that opens what a test tells it to, and remembers what it is told.
// With ?alone, in a browser that has nothing to share streams by.
if (location.search === "?alone")
	delete Navigator.prototype.locks;
window.made = 0; // streams
window.addresses = []; // theirs
const fetch = window.fetch;
window.fetch = (address, how) => {
	if (how?.headers?.Accept === "text/event-stream") {
		window.made++;
		window.addresses.push(address);
	}
	return fetch(address, how);
};
const leads = new Set(); // of which streams this window has the lead
const request = window.LockManager?.prototype.request;
if (request !== undefined)
	LockManager.prototype.request = function (name, how, act) {
		return request.call(this, name, how, async (lock) => {
			leads.add(name);
			await act(lock);
			leads.delete(name);
		});
	};
const { openFeeds } = await import("./feed.js");

window.feeds = openFeeds();
// Of what has no patterns.
window.leading = () => !navigator.locks || [...leads].some((name) => name.endsWith(" lead") && !name.includes('"pattern"'));
window.told = {}; // name -> { states, events, gaps, recovered }
window.opened = {};

window.listen = (name, source) => {
	const told = window.told[name] = { states: ["connecting"], events: [], gaps: [], recovered: [] };
	told.troubles = [];
	window.opened[name] = window.feeds.open(source, {
		trouble: (why) => told.troubles.push(why),
		state: (state) => told.states.push(state),
		event: (event) => told.events.push(event),
		gap: (said) => told.gaps.push(said),
		recovered: (count) => told.recovered.push(count),
	});
};

// What the streams show from now on: how, out of a token that lasts.
window.asked = 0; // times
const post = (path, token, wish) => fetch(path, {
	method: "POST", headers: { Authorization: `Bearer ${token}` }, body: wish && JSON.stringify(wish),
});
const WAYS = {
	token: (token) => token,
	timed: (token) => ({ token: token.split(" ").at(-1), expires: Date.now() + 2000 }),
	session: async (token, age) => void await post("/api/session", token, { age }),
	cookie: () => undefined,
	nothing: () => Promise.reject(new Error("nobody is logged in")),
};
window.shows = (way, token, age, as) => window.feeds.authorize(way && (() => {
	window.asked++;
	return WAYS[way](window.token ?? token, age);
}), as);

window.post = async (channel, message) => {
	const answer = await fetch(`/realtime/${encodeURIComponent(channel)}`, { method: "POST", body: message });
	return answer.status;
};

// Numbered events of one feed: whether any is missing, doubled or out of order.
window.sum = (name) => {
	const numbers = window.told[name].events.map((event) => Number(event.data));
	const faults = numbers.filter((number, i) => i > 0 && number !== numbers[i - 1] + 1);
	return { first: numbers[0], last: numbers.at(-1), faults: faults.slice(0, 5) };
};

// Does nothing else for so long, as a page with too much to do.
window.hang = (ms) => setTimeout(() => {
	const end = performance.now() + ms;
	while (performance.now() < end)
		;
});
