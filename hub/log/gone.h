/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_GONE_H
#define TIDINGS_HUB_LOG_GONE_H
/*
 * gone - what is remembered of channels whose row was dropped
 *
 * Up to which event they were pruned, under a hash of their name with a secret
 * of the log's own: so a name that never had an event is not taken for one that
 * lost some.  Rows only; the oldest marks go when there are too many, and then
 * count for every name that has neither row nor mark (the floor).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/log/disk/store.h"
#include "lib/siphash.h"
#include "lib/span.h"

enum {
	GONE_MAX = 1000000, /* some 70 bytes of log.db each */
};

/* The highest id that was pruned, and its time. */
struct mark {
	uint64_t through, at;
};

static inline void mark_raise(struct mark *mark, const struct mark *other)
{
	if (other->through > mark->through)
		mark->through = other->through;
	if (other->at > mark->at)
		mark->at = other->at;
}

/* A name's two marks: of what everybody could see of it and, if that is another
 * one, of the rest as well. */
enum gone_part {
	GONE_SHOWN,
	GONE_REST,
	GONE_PARTS,
};

struct gone {
	struct store *store;
	struct siphash_key secret;
	size_t most;		     /* GONE_MAX, unless a test says less */
	int64_t count;		     /* rows, also in this transaction */
	int64_t committed;	     /* rows */
	uint64_t newest[GONE_PARTS]; /* no mark of that part is above it */
	struct query look, add, remove, oldest;
};

enum gone_found {
	GONE_NONE,
	GONE_MARK,
	GONE_DAMAGED, /* and is deleted, in a transaction that is left open */
};

/* False if marks were damaged; those are deleted. */
bool gone_open(struct gone *gone, struct store *store);
void gone_close(struct gone *gone);

/* Above it nothing was pruned that everybody could see; or, `all`, nothing at
 * all, of channels that are gone. */
static inline uint64_t gone_newest(const struct gone *gone, bool all)
{
	const uint64_t *newest = gone->newest;

	return all && newest[GONE_REST] > newest[GONE_SHOWN]
		       ? newest[GONE_REST]
		       : newest[GONE_SHOWN];
}

enum gone_found gone_look(struct gone *gone, struct span name,
	enum gone_part part, struct mark *mark);

/* In a transaction.  The name must have no such mark. */
void gone_add(struct gone *gone, struct span name, enum gone_part part,
	const struct mark *mark);
/* Its channel has a row again; the name has such a mark. */
void gone_remove(struct gone *gone, struct span name, enum gone_part part);
/* Takes the oldest marks out that are too many, at most `limit`, and raises
 * *floor to them. */
void gone_trim(struct gone *gone, unsigned limit, struct mark *floor);

/* After COMMIT, after its failure. */
void gone_settle(struct gone *gone);
void gone_revert(struct gone *gone);

#endif
