#ifndef TIDINGS_UPLINK_H
#define TIDINGS_UPLINK_H
/*
 * uplink - this responder's connection to the hub
 *
 * Connects, and again when the hub goes away (after 20 ms, doubling to 500 ms);
 * pings it, closes what is silent; sends what one turn of the loop has to say
 * in one system call.  What is said is dialogue.c's, who waits for an answer
 * answers.c's.
 *
 * Publishes, pages and questions are asked here and answered by callback, each
 * exactly once, on the loop thread, never from within the asking call.  What
 * is unanswered when the hub goes away is sent again to the one that comes
 * back, under the same number, until its deadline passes.
 */
#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/digest.h"
#include "lib/span.h"
#include "lib/wire.h"

enum {
	UPLINK_DEADLINE_MS = 5000,  /* an answer takes no longer, or it is "the
				       hub is away" */
	UPLINK_SILENCE_MS = 10000,  /* the hub is pinged each second; this long
				       without a byte and the connection is
				       closed */
	UPLINK_WAITING_MAX = 65536, /* unanswered publishes, and their bytes;
				       one more is answered "away" at once */
	UPLINK_WAITING_BYTES = 32 << 20, /* less than a link may have to send */
};

struct paged;
struct pending;
struct responder;
struct uplink;

/* Starts to connect to config.hub_socket; fills the responder's window. */
struct uplink *uplink_new(struct responder *responder);
/* Tells the hub what was measured since it last asked; uplink_free() is next.
 */
void uplink_farewell(struct uplink *uplink);
/* Unanswered callbacks are not called any more. */
void uplink_free(struct uplink *uplink);

/* ---- publishing */
struct item {
	struct span key;      /* idempotency key or empty */
	struct digest digest; /* only read if there is a key */
	struct span data;
};

struct publication {
	struct span channel;
	struct span type;
	bool is_volatile;
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
 * are never answered and have no handle.  Returns
 * a handle for uplink_forget, valid until `answer` was called. */
typedef void uplink_stored(void *arg, const struct stored *stored);
struct pending *uplink_publish(struct uplink *uplink,
	const struct publication *publication, uplink_stored *answer,
	void *arg);
/* The asker is gone: the publish goes on, nobody is told. */
void uplink_forget(struct pending *pending);

/* ---- questions */
struct channel_line {
	struct span name;
	uint64_t events, bytes, oldest, newest;
	uint32_t subscribers;
};

/* lines == NULL: the hub is away. */
typedef void uplink_channels_answer(
	void *arg, const struct channel_line *lines, size_t count, bool more);
/* `only` not empty: that channel (its line comes even if nothing is known of
 * it, with zeros); else up to `limit` names after `after`. */
struct pending *uplink_channels(struct uplink *uplink, struct span after,
	uint16_t limit, struct span only, uplink_channels_answer *answer,
	void *arg);

/* text.at == NULL: the hub is away.  Borrowed for the call. */
typedef void uplink_metered(void *arg, struct span text);
struct pending *uplink_metrics(struct uplink *uplink, enum wire_format format,
	uplink_metered *answer, void *arg);

/* `question`: the body of PAGE without its tag.  `paged` is the callback's to
 * change, its spans are borrowed for the call. */
typedef void uplink_paged(void *arg, struct paged *paged);
struct pending *uplink_page(struct uplink *uplink, struct span question,
	uplink_paged *answer, void *arg);

/* ---- state */
/* False while the window is being filled by a hub that is there: a place in it
 * would be one that nobody should start from. */
bool uplink_is_filled(const struct uplink *uplink);

struct health {
	bool away;
	bool writable;
	const char *reason; /* when away or not writable; borrowed */
};

struct health uplink_health(const struct uplink *uplink);

#endif
