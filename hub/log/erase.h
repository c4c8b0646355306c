/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_ERASE_H
#define TIDINGS_HUB_LOG_ERASE_H
/*
 * erase - events that were deleted go, and nobody misses them
 *
 * What is to go an erasure says (lib/event/erasure.h), which is an event itself
 * and applied in the transaction that stores it.  The rows of one publish go
 * there and then; the channel's event after each takes the one before it for
 * its neighbour.  Of a channel that is deleted whole it is only noted up to
 * where (channel->erased): from then on nobody is given those rows, and they
 * go in later transactions, a few in each.  The rooms that read the log pass
 * over them.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/eventlog.h"
#include "hub/log/party.h"
#include "lib/buf.h"
#include "lib/event/erasure.h"

struct erasures {
	struct eventlog *log;
	struct buf waiting; /* numbers of channels that have rows left */
	struct query above, next, previous, link, rows, remove, note, done,
		told, orphan, orphans;
};

void erasures_open(struct erasures *erasures, struct eventlog *log);
void erasures_close(struct erasures *erasures);
struct party erasures_party(struct erasures *erasures);

/* What would delete a publish; and of one of its rows the channel and the
 * traits, which borrow. */
struct erasable {
	struct erasure erasure;
	struct span channel, traits;
};

/* That of the publish that is shown as `id`, if a row of it is held; its texts
 * are put into `texts`. */

bool erasures_find(struct erasures *erasures, uint64_t id, struct buf *texts,
	struct erasable *found);

/* Was it deleted by the request of that number of that publisher?  *id is then
 * the erasure's.  Of a shared order only, where no receipt of it is kept here;
 * and of the last ones. */
bool erasures_find_done(struct erasures *erasures, uint64_t source,
	uint64_t number, uint64_t *id);

/* The first column of the first row, asked with both; 0 if there is none. */
uint64_t erasures_ask(
	struct erasures *erasures, struct query *query, uint64_t a, uint64_t b);

/* In the transaction: what the traits of the event `id` say, if they say
 * anything. */
void erasures_apply(struct erasures *erasures, struct span traits, uint64_t id);

/* In the transaction: that row, if there is one.  Unlike one that was deleted
 * it may leave its bytes in the write-ahead log (store_secure). */
void erasures_erase(struct erasures *erasures, uint64_t id);

/* Are there channels with rows left? */
static inline bool erasures_wait(const struct erasures *erasures)
{
	return erasures->waiting.len > 0;
}

/* Some of those rows, in a transaction that it begins. */
void erasures_step(struct erasures *erasures);

/* ---- between its own rooms */

/* Which channels have rows left, as the file says. */
void erasures_look(struct erasures *erasures);
/* In the transaction: all that the channel has; or that row, whose neighbours
 * the caller sees to. */
void erasures_erase_channel(struct erasures *erasures, struct channel *channel);
void erasures_remove(struct erasures *erasures, uint64_t id, bool has_traits);

#endif
