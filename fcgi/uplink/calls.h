/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_UPLINK_CALLS_H
#define TIDINGS_FCGI_UPLINK_CALLS_H
/*
 * calls - what is asked of the hub, and who waits for which answer
 *
 * Publishes, pages and questions are asked here and answered by callback, each
 * exactly once, never from within the asking call.  What is unanswered when
 * the hub goes away is sent again to the one that comes back, under the same
 * number, until its deadline passes.
 *
 *   WAITING    in the list of its kind; sent, or to be sent when a hub comes
 *   ANSWERED   its callback was called, it is freed
 *   EXPIRED    the same, with "away", UPLINK_DEADLINE_MS after it was asked
 *
 * A publish keeps its number and its frame, so that it can be sent again to
 * the next hub, which knows the number if the last one committed it.  A
 * volatile publish waits for nothing and is lost while the hub is away.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/digest.h"
#include "lib/span.h"
#include "lib/wire.h"

enum {
	UPLINK_DEADLINE_MS = 5000,  /* an answer takes no longer, or it is "the
				       hub is away" */
	UPLINK_WAITING_MAX = 65536, /* unanswered publishes, and their bytes;
				       one more is answered "away" at once */
	UPLINK_WAITING_BYTES = 32 << 20, /* less than a link may have to send */
};

struct calls;
struct clock;
struct call;

/* `send` gives a whole frame to the hub, or drops it while it is away. */
struct calls *calls_new(const struct clock *clock,
	void (*send)(void *owner, struct span frame), void *owner);
void calls_free(struct calls *calls);

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
 * are never answered and have no handle.  Returns a handle for
 * calls_forget, valid until `answer` was called. */
typedef void uplink_stored(void *arg, const struct stored *stored);
struct call *calls_publish(struct calls *calls,
	const struct publication *publication, uplink_stored *answer,
	void *arg);
/* The one who waits is gone: the publish goes on, nobody is told. */
void calls_forget(struct call *call);

/* ---- questions */
struct channel_question {
	struct span after; /* up to `limit` names after this one ... */
	uint16_t limit;
	struct span only; /* ... or, not empty, that channel: its line comes
			     even if nothing is known of it, with zeros */
};

struct channel_line {
	struct span name;
	uint64_t events, bytes, oldest, newest;
	uint32_t subscribers;
};

/* lines == NULL: the hub is away. */
typedef void uplink_channels_answer(
	void *arg, const struct channel_line *lines, size_t count, bool more);
struct call *calls_channels(struct calls *calls,
	const struct channel_question *question, uplink_channels_answer *answer,
	void *arg);

/* text.at == NULL: the hub is away.  Borrowed for the call. */
typedef void uplink_metrics_text(void *arg, struct span text);
struct call *calls_metrics(struct calls *calls, enum wire_format format,
	uplink_metrics_text *answer, void *arg);

/* A page of older events. */
struct paged {
	bool away; /* no hub answered in time; nothing else is set */
	bool gap;
	uint64_t used, through, mark, oldest, newest;
	uint32_t count;
	struct wire_in events; /* `count` blobs; borrowed for the call */
};

/* `question`: the body of PAGE without its tag. */
typedef void uplink_paged(void *arg, const struct paged *paged);
struct call *calls_page(struct calls *calls, struct span question,
	uplink_paged *answer, void *arg);

/* ---- what the session does with them */
/* A hub has come: everything unanswered, publishes first and in order. */
void calls_send_all(struct calls *calls);
/* `now`: monotonic us. */
void calls_expire(struct calls *calls, uint64_t now);

/* The bodies of STORED, PAGED, CHANNELED and METERED; false if malformed.  An
 * answer that nobody waits for is ignored: it came too late. */
bool calls_stored(struct calls *calls, struct wire_in *in);
bool calls_paged(struct calls *calls, struct wire_in *in);
bool calls_channeled(struct calls *calls, struct wire_in *in);
bool calls_metrics_text(struct calls *calls, struct wire_in *in);

#endif
