// A page that opens what a test tells it to, and remembers what it is told.
import { openFeeds } from "./feed.js";

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
