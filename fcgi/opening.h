#ifndef TIDINGS_OPENING_H
#define TIDINGS_OPENING_H
/*
 * opening - what a stream wished for, until its first byte
 *
 *   WAITING   in the list here: the window is being filled, or was never;
 *             for OPENING_PATIENCE_MS at most, then stream_expire()
 *   JUDGED    the pager has asked the hub about the cursor
 *
 * Owns its texts; is owned by its subscriber.  Loop thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/list.h"
#include "lib/wire.h"

enum {
	OPENING_PATIENCE_MS = 5000, /* as long as an answer of the hub may
				       take */
};

struct responder;
struct subscriber;
struct wish;

struct opening {
	struct node node; /* in openings, while WAITING */
	struct subscriber *sub;
	uint64_t deadline; /* monotonic us */
	bool fresh;
	enum wire_from from;
	uint64_t value;
	char *requested;
	char *headers;
};

/* Copies what it needs of the wish. */
struct opening *opening_new(struct subscriber *sub, const struct wish *wish);
void opening_free(struct opening *opening); /* NULL will do */

/* ---- those who wait, oldest first */
struct openings;

struct openings *openings_new(struct responder *responder);
/* Nobody may be left. */
void openings_free(struct openings *openings);
void openings_add(struct openings *openings, struct opening *opening);
/* Takes the oldest out; NULL if nobody waits. */
struct opening *openings_take(struct openings *openings);

#endif
