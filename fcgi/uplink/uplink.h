/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_UPLINK_UPLINK_H
#define TIDINGS_FCGI_UPLINK_UPLINK_H
/*
 * uplink - this responder's connection to the hub
 *
 * Connects, and again when the hub goes away (after 20 ms, doubling to 500 ms);
 * pings it, closes what is silent; sends what one turn of the loop has to say
 * in one system call.  What is said is session.c's, who waits for an answer
 * call.h's.
 */
#include <stdbool.h>
#include <stdint.h>

enum {
	UPLINK_SILENCE_MS = 10000, /* the hub is pinged each second; this long
				      without a byte and the connection is
				      closed */
};

struct session;
struct loop;
struct uplink;
struct uplink_sink;

struct uplink_settings {
	const char *socket; /* the hub's; borrowed */
	uint64_t fill;	    /* bytes of the newest events to begin with */
	bool lone; /* one of perhaps a thousand processes: looks less often */
};

struct uplink *uplink_new(
	struct loop *loop, const struct uplink_settings *settings);
/* Starts to connect; the sink is copied and told whatever comes. */
void uplink_start(struct uplink *uplink, const struct uplink_sink *sink);
/* Tells the hub what was measured since it last asked; uplink_free() is next.
 */
void uplink_farewell(struct uplink *uplink);
/* Unanswered callbacks are not called any more. */
void uplink_free(struct uplink *uplink);

/* What is being said; who wants something of the hub has it from its
 * `publishes` and `questions`. */
const struct session *uplink_session(const struct uplink *uplink);

#endif
