// SPDX-License-Identifier: MIT
// A page that opens what a test tells it to, and remembers what it is told.
// With ?alone, in a browser that has nothing to share streams by.
if (location.search === "?alone")
	delete Navigator.prototype.locks;
window.made = 0; // EventSources
window.addresses = []; // theirs
window.EventSource = class extends EventSource {
	constructor(address) {
		super(address);
		window.made++;
		window.addresses.push(address);
	}
};
const { openFeeds } = await import("./feed.js");

window.feeds = openFeeds();
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
	ticket: async (token, age) => (await post("/api/ticket", token, { age })).json(),
	untimed: async (token, age) => ({ ticket: (await (await post("/api/ticket", token, { age })).json()).ticket }),
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
