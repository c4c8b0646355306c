/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_UPLINK_H
#define TIDINGS_INBOX_UPLINK_H
/*
 * uplink - what the reader of one inbox says to the hub, and hears from it
 *
 * The connection was made, and named after the inbox, by the supervisor
 * (lib/wire.h: READER); where it ends, so does the process, and the supervisor
 * begins another.  So there is one hub and one log in its life.
 *
 * At most UPLINK_ROWS_AHEAD batches of rows wait for their answer.  Once one of
 * them was not stored in full, those behind it are void.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/link.h"
#include "lib/loop.h"
#include "lib/wire.h"

enum {
	UPLINK_ROWS_AHEAD = 2,
	UPLINK_PATIENCE_US = 30000000, /* for any sign of life of the hub */
	UPLINK_PING_US = 1000000,
};

struct uplink_sink {
	/* `reason` of refused rows follows, one by one, then `at`. */
	void (*reason)(void *arg, uint64_t row, struct span reason);
	/* Answer to INBOX. `stop`: why it must not be read, or empty. */
	void (*at)(void *arg, bool known, uint64_t cursor, struct span stop);
	/* Answer to ROWS: all up to `to` are stored, or the cursor is elsewhere
	 * and what was said behind it is void.  `refused` rows went before. */
	void (*refused)(void *arg, uint64_t row, struct span reason);
	void (*taken)(void *arg, uint64_t cursor, bool whole);
	void *arg;
	/* The hub has gone, or cannot be understood: `why`, or NULL. */
	void (*gone)(void *owner, const char *why);
	void *owner;
};

/* What waits for its answer. */
struct uplink_asked {
	uint8_t type;
	bool is_void; /* the answer is of no interest */
	uint64_t number, to;
};

/* What STOCK tells. */
struct uplink_stock {
	bool confined; /* by Landlock */
	uint64_t rows; /* published ones that are still there */
	uint32_t lost; /* tables without their triggers */
};

struct uplink {
	struct link link;
	struct uplink_sink sink;
	struct loop *loop;
	struct timer ping;
	uint64_t heard; /* monotonic us */
	uint64_t number;
	struct uplink_asked asked[WIRE_AHEAD];
	size_t asked_count;
	bool more;		   /* reasons, that AT had no room for */
	struct uplink_stock stock; /* as it was said last */
};

/* Takes `fd`. */
void uplink_open(struct uplink *uplink, struct loop *loop, int fd,
	const struct uplink_sink *sink);
void uplink_close(struct uplink *uplink);

/* False while too much waits: to be said later. */
bool uplink_identify(struct uplink *uplink, const uint8_t *identity);
/* Why the inbox is not read. */
void uplink_excuse(struct uplink *uplink, const char *why);
/* Whether a further batch of rows may be said. */
bool uplink_takes_rows(const struct uplink *uplink);
void uplink_rows(struct uplink *uplink, uint64_t from, uint64_t to,
	uint32_t count, struct span rows);
/* Whether TOLD may be said; one waits at a time. */
bool uplink_takes_told(const struct uplink *uplink);
void uplink_told(struct uplink *uplink, uint32_t count, struct span rows);
/* Says STOCK, if it is another than was said before. */
void uplink_stock(struct uplink *uplink, const struct uplink_stock *stock);

#endif
