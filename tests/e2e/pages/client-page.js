// SPDX-License-Identifier: MIT
// A page that listens by js/, as a test tells it to, and remembers what it is told.
// With ?alone, in a browser that has nothing to share streams by.
if (location.search === "?alone")
	delete Navigator.prototype.locks;
const { listen } = await import("./js/index.js");

window.feeds = {}; // so that a test knows the page is there
window.told = {}; // name -> { states, events, lost, refused, presence }
window.sums = {}; // name -> { first, last, faults }: of numbers that nobody keeps
window.asked = 0; // times

// shows: a path that answers with a token, or a token
window.opens = (name, { url = "stream", shows, counts, ...options }) => {
	const told = window.told[name] = { states: ["connecting"], events: [], lost: [], refused: [], presence: [] };
	const sum = window.sums[name] = { faults: [] };
	const authorize = async () => {
		window.asked++;
		return shows.startsWith("/") ? (await (await fetch(shows)).text()) : shows;
	};
	const feed = window.feeds[name] = listen(url, { ...options, ...shows && { authorize } });
	for (const [type, state] of [["open", "open"], ["away", "away"], ["refused", "refused"], ["close", "closed"]])
		feed.on(type, () => told.states.push(state));
	for (const type of ["lost", "refused", "presence"])
		feed.on(type, (what) => told[type].push(what));
	feed.on("message", (event) => {
		const number = Number(event.data);
		if (sum.last !== undefined && number !== sum.last + 1 && sum.faults.length < 5)
			sum.faults.push([sum.last, number]);
		sum.first ??= number;
		sum.last = number;
		if (!counts)
			told.events.push(event);
	});
};
window.sum = (name) => window.sums[name];
