/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_LOSSES_H
#define TIDINGS_INBOX_LOSSES_H
/*
 * losses - tables of a database that publish their changes no more
 *
 * `tidings inbox init --on` has given them triggers and recorded these
 * (lib/db/outbox_triggers.h); a migration that makes a table anew drops them.
 * Each loss is one log line, with the command that mends it, once.
 */
#include <stdint.h>

#include "lib/buf.h"
#include "lib/db/db.h"

/* All zero is a good one. */
struct losses {
	uint64_t schema;  /* the version that was looked at; 0 = none */
	uint32_t count;	  /* tables, as they were found last */
	struct buf known; /* what has been said of them */
};

/* Looks if `schema` is another version than the last one; what a lock hides is
 * found out by the next look.  `inbox`: its name, for the log. */
void losses_look(struct losses *losses, struct db *db, uint64_t schema,
	const char *inbox);
void losses_release(struct losses *losses);

#endif
