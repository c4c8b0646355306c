// SPDX-License-Identifier: MIT
// A page that opens what a test tells it to, and remembers what it is told.
// With ?alone, in a browser that has nothing to share streams by.
if (location.search === "?alone")
	delete Navigator.prototype.locks;
window.made = 0; // EventSources
window.EventSource = class extends EventSource {
	constructor(address) {
		super(address);
		window.made++;
	}
};
const { openFeeds } = await import("./feed.js");

window.feeds = openFeeds();
window.told = {}; // name -> { states, events, gaps, recovered }
window.opened = {};

window.listen = (name, source) => {
	const told = window.told[name] = { states: ["connecting"], events: [], gaps: [], recovered: [] };
	window.opened[name] = window.feeds.open(source, {
		state: (state) => told.states.push(state),
		event: (event) => told.events.push(event),
		gap: (said) => told.gaps.push(said),
		recovered: (count) => told.recovered.push(count),
	});
};

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
