/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_FEED_H
#define TIDINGS_FCGI_FEED_H
/*
 * feed - what the hub says, to those whom it concerns
 *
 * Events go into the window and their channels become due; what is said of the
 * window itself (it begins anew, it is filled, nothing more will come) moves
 * the streams.  Plain data; borrows all of it.
 */
struct audience;
struct topics;
struct fanout;
struct history;
struct presence;
struct counters;
struct keyring;
struct streams;
struct tasks;
struct uplink_sink;
struct window;

struct feed {
	struct topics *topics;
	struct window *window;
	struct fanout *fanout;
	struct streams *streams;
	struct history *history; /* NULL = nobody asks for a page */
	struct audience *audience;
	const struct tasks *tasks;
	struct presence *presence; /* NULL = nobody says that he is there */
	struct counters *counters;
	const struct keyring *keyring; /* NULL = there is none */
};

/* What the uplink is to tell it. */
struct uplink_sink feed_sink(struct feed *feed);

#endif
