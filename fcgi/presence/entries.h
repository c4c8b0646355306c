/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_PRESENCE_ENTRIES_H
#define TIDINGS_FCGI_PRESENCE_ENTRIES_H
/*
 * entries - who is on one channel
 *
 * Streams, and users, of whom each may have several: a user is there with the
 * first of his streams, and has left ENTRIES_GRACE_US after the last, if none
 * comes until then; so a page that is loaded again is nobody's leaving.  A
 * stream of nobody in particular is a user of its own, who leaves at once.
 *
 * A list of them has no more than `most`, those who have been there longest,
 * and about ENTRIES_BYTES; it says how many there are.
 */
#include <stdint.h>

#include "lib/buf.h"
#include "lib/event/active.h"
#include "lib/list.h"
#include "lib/span.h"
#include "lib/table.h"

enum { ENTRIES_BYTES = 4 << 20 };

#define ENTRIES_GRACE_US UINT64_C(5000000)

/* As what the gathering's members see it. */
enum entries_by { BY_STREAM, BY_USER, ENTRIES_BYS };

struct entries {
	struct span channel; /* borrowed */
	uint32_t most;	     /* of a list */
	struct table streams, users;
	struct node in_order, users_in_order;
	struct node leaving; /* users without a stream, by when they leave */
	struct buf *news[ENTRIES_BYS]; /* events of what has changed go there;
					  NULL = nowhere */
};

void entries_open(struct entries *entries, struct span channel, uint32_t most);
void entries_close(struct entries *entries);

/* Once more is nothing. */
void entries_add(struct entries *entries, const struct active *active);
void entries_remove(
	struct entries *entries, const struct active *active, uint64_t now_us);
/* Users who have left by now; when the next one will, UINT64_MAX = nobody. */
uint64_t entries_tend(struct entries *entries, uint64_t now_us);

/* Appends the event `present`. */
void entries_present(
	const struct entries *entries, enum entries_by by, struct buf *out);

#endif
