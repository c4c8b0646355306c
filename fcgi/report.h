#ifndef TIDINGS_REPORT_H
#define TIDINGS_REPORT_H
/*
 * report - who listens to what, told to the hub
 *
 * A channel is in no list while nobody listens and the hub thinks so too; in
 * `changed` while the hub thinks otherwise; else in `told`.  What has changed
 * is said at the end of the turn (SUBSCRIBED), and no more of it at once than
 * the hub reads: a million names keep nobody waiting.  A hub that comes thinks
 * that nobody listens to anything.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/list.h"

enum {
	REPORT_FRAME = 64 << 10,  /* bytes of a frame, and one name more */
	REPORT_AHEAD = 256 << 10, /* that may wait for the hub to read them */
};

struct channel;
struct channels;
struct link;

struct report {
	struct channels *channels; /* borrowed */
	struct node changed, told; /* of struct channel.report */
	uint32_t hub;		   /* how many have come or gone */
};

void report_init(struct report *report, struct channels *channels);
/* How many listen to the channel has changed; it may be gone after this. */
void report_note(struct report *report, struct channel *channel);
/* A hub has come, or the one that was there is gone. */
void report_hub_came(struct report *report);
void report_hub_left(struct report *report);

/* Says what has changed; false if there is more, which the link has no room
 * for. */
bool report_say(struct report *report, struct link *link);

#endif
