// SPDX-License-Identifier: MIT
// feed - what the page listens to, by the package for JavaScript (js/)
//
//   const feeds = openFeeds();
//   const feed = feeds.open({ kind: "channel", channel: "main", since: "10m" }, {
//           state(name) {}, event(event) {}, gap(said) {}, recovered(count) {},
//           trouble(why) {} });
//   feed.close(); feeds.close();
//
// source: { kind: "channel", channel, since?: "10m" | "all" | id },
// { kind: "pattern", pattern: "builds/{name}" | "*", since? } for all channels
// that it matches, { kind: "plain" } (/sse/events) or { kind: "tasks",
// interval?: seconds }; what is none of these is a TypeError. Patterns are
// explained in docs/http-api.md; events that are not stored come by none.
// event: { type, id ("" if volatile), channel, data (text), at (ms, when it
// came), published (ms, when it was published; NaN if nobody says), replayed (it
// came while catching up) }.
//
// why: as in trouble.js, what keeps the stream away; null once it is good again.
// What isFinal (who asks may not) is not tried again by itself, but when the page
// is looked at again, or there is something else to show; other feeds go on.
//
//   openFeeds(base, { authorize, as, credentials });
//   feeds.authorize(authorize, as);      from now on; without arguments nothing
//
// authorize(), as in js/pass.js, gets what the streams show. Only windows with the
// same `as`, such as the user's name, share streams.
//
//   connecting   nothing heard yet
//   live         what is published comes
//   catching up  back again, or begun in the past: what was stored comes first
//   lost         no connection; it comes back by itself
//   ended        the tasks are done, or close() was called
//
//   connecting -> live | catching up -> live
//   live, catching up -> lost -> catching up -> live, then recovered(count)
//   any -> ended
//
// All windows of a browser share four streams at most: the log's channels, its
// patterns (the server may have no room for patterns), /sse/events and the tasks.

import { placeIs } from "./place.js";
import { Subscriber } from "./subscriber.js";
import { wantOf } from "./want.js";

export { isChannelName } from "./want.js";

// Who shows something shares with nobody who shows nothing.
const showing = ({ authorize, as = "", credentials }) => ({ credentials, ...authorize && { authorize, as } });

class Feeds {
	#how;
	#subscribers = new Set();

	constructor(how) {
		this.#how = how;
	}

	open(source, on) {
		const subscriber = new Subscriber(wantOf(source), on);
		this.#subscribers.add(subscriber);
		subscriber.begin(showing(this.#how));
		return {
			close: () => {
				this.#subscribers.delete(subscriber);
				subscriber.end();
			},
		};
	}

	// As openFeeds() takes them.
	authorize(authorize, as) {
		this.#how = { ...this.#how, authorize, as };
		for (const subscriber of this.#subscribers)
			if (subscriber.state !== "ended")
				subscriber.begin(showing(this.#how));
	}

	close() {
		for (const subscriber of this.#subscribers)
			subscriber.end();
		this.#subscribers.clear();
	}
}

// base: the address of Tidings, if these files do not come from there.
export function openFeeds(base, how = {}) {
	if (base !== undefined)
		placeIs(base);
	return new Feeds(how);
}
