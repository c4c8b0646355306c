/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_UPLINK_PUBLISHES_H
#define TIDINGS_FCGI_UPLINK_PUBLISHES_H
/*
 * publishes - what the hub is asked to store, and who waits for its word
 *
 * Calls (call.h).  A publish keeps its number and its frame, so that it can be
 * sent again to the next hub, which knows the number if the last one committed
 * it.  A volatile publish waits for nothing and is lost while the hub is away.
 *
 * A question stands in line behind what was sent before it.  So long publishes
 * are kept here while the hub has not answered so many of them; short ones are
 * sent at once, past those.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/uplink/call.h"
#include "lib/digest.h"
#include "lib/wire.h"

enum {
	UPLINK_WAITING_MAX = 65536, /* unanswered publishes, and their bytes;
				       one more is answered "away" at once */
	UPLINK_WAITING_BYTES = 40 << 20, /* less than a link may have to send */
	UPLINK_LONG_BYTES = 32 << 20,	 /* of those, for long ones */
	UPLINK_SHORT = 16 << 10,	 /* bytes of a frame; longer ones ... */
	UPLINK_AHEAD_BYTES = 1 << 20,	 /* ... are sent up to so many bytes, */
	UPLINK_AHEAD_EVENTS = 10000,	 /* and events, ahead of their answers;
					    one in any case */
};

struct publishes;
struct scope;

struct publishes *publishes_new(
	const struct clock *clock, const struct hub_sender *sender);
/* Callbacks are not called any more. */
void publishes_free(struct publishes *publishes);

struct item {
	struct span key;      /* idempotency key or empty */
	struct digest digest; /* only read if there is a key */
	struct span data;
};

struct publication {
	struct span channel;
	struct span type;
	struct span traits; /* lib/event/traits.h; empty = none */
	bool is_volatile;
	bool is_brief;		  /* its keys (WIRE_BRIEF) */
	const struct item *items; /* at least one */
	uint32_t count;
};

/* What became of it.  away: no hub answered in time; it may or may not have
 * been stored. */
struct stored {
	bool away;
	enum wire_outcome outcome;
	uint64_t first, last;
	struct span reason; /* borrowed for the call */
};

/* Copies what it needs.  `answer` may be NULL only for volatile ones, which
 * are never answered and have no handle.  Returns a handle for call_forget,
 * valid until `answer` was called. */
typedef void uplink_stored(void *arg, const struct stored *stored);
struct call *publishes_add(struct publishes *publishes,
	const struct publication *publication, uplink_stored *answer,
	void *arg);

/* Likewise: deletes the publish that is shown as `id` or, if it is 0, all that
 * the channel has.  Unless `anywhere`, `scope` is what who asks may publish
 * on. */
struct deletion {
	struct span channel;
	uint64_t id;
	bool anywhere;
	const struct scope *scope; /* NULL = nothing */
};

struct call *publishes_delete(struct publishes *publishes,
	const struct deletion *deletion, uplink_stored *answer, void *arg);

/* ---- what the session does with them */
/* A hub has come: what was sent and is unanswered, in order. */
void publishes_send(struct publishes *publishes);
/* `now`: monotonic us. */
void publishes_expire(struct publishes *publishes, uint64_t now);
/* The body of STORED; false if malformed.  An answer that nobody waits for is
 * ignored: it came too late. */
bool publishes_stored(struct publishes *publishes, struct wire_in *in);

#endif
