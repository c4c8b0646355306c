/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_MATCH_H
#define TIDINGS_HUB_LOG_MATCH_H
/*
 * match - up to where the channels that a pattern matches were pruned
 *
 * For who sees only some of them (sight.h), of those alone: whether others are
 * there makes no difference to what is answered, nor to how long it takes.
 *
 * Channels are looked at by their numbers, which rise and are never used twice,
 * and then those of which more was pruned: so what is known of a pattern is
 * kept right by few looks when it is asked for again.  The patterns that were
 * asked for last are kept.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/channel.h"
#include "lib/buf.h"
#include "lib/list.h"
#include "lib/span.h"
#include "lib/table.h"

enum {
	MATCH_KEPT = 4096,	/* patterns ... */
	MATCH_BYTES = 16 << 20, /* ... and bytes of them */
};

struct selector;

struct match {
	struct table_node node; /* by its key */
	struct node recent;	/* among all, the last one that was asked for at
				   the end */
	struct sight sight;	/* its scope is held */
	struct selector *selector;
	/* The highest mark of channels up to number `through`, after so many
	 * changes (channel.h). */
	struct mark mark;
	uint64_t through, marks;
	size_t key_len;
	char key[]; /* of the sight, and the pattern's text */
};

struct matches {
	struct table table;
	struct node recent;
	size_t bytes;
	struct buf key; /* scratch */
};

void matches_init(struct matches *matches);
void matches_release(struct matches *matches);

/* Known or made, as who looks sees it; good until the next call. */
struct match *match_get(struct matches *matches, const struct sight *sight,
	struct span pattern);

/* Looks at channels until `end` (monotonic us), at some at least; false if
 * there are more.  None has to be looked at if nothing above `after` was
 * pruned. */
bool match_look(struct match *match, const struct channels *channels,
	uint64_t after, uint64_t end);

/* Up to where events of its channels were pruned, as far as was looked; of
 * those that are gone too: nobody knows what they were called, so these count
 * as its own; what was private of them for who may read anything that is.
 * What is below `after` may be said to be lower than it is. */
struct mark match_mark(const struct match *match,
	const struct channels *channels, uint64_t after);

#endif
