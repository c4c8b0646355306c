/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_REPORT_H
#define TIDINGS_FCGI_STREAM_REPORT_H
/*
 * report - who listens to what, told to the hub
 *
 * A channel is in no list while nobody listens and the hub thinks so too; in
 * `changed` while the hub thinks otherwise; else in `told`.  A hub that comes
 * thinks that nobody listens to anything.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"

enum {
	REPORT_FRAME = 64 << 10, /* bytes of a frame, and one name more */
};

struct buf;
struct topic;
struct topics;

struct report {
	struct topics *topics;	   /* borrowed */
	struct node changed, told; /* of struct topic.report */
	uint32_t hub;		   /* how many have come or gone */
};

void report_init(struct report *report, struct topics *topics);
/* How many listen to the channel has changed; it may be gone after this. */
void report_note(struct report *report, struct topic *topic);
/* The hub that was told is gone: the next one is to be told all of it. */
void report_hub_left(struct report *report);

/* Appends a body of SUBSCRIBED: what has changed, as far as a frame takes it;
 * false, and nothing, if nothing has. */
bool report_put(struct report *report, struct buf *out);

#endif
