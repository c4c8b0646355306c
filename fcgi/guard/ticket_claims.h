/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_TICKET_CLAIMS_H
#define TIDINGS_FCGI_GUARD_TICKET_CLAIMS_H
/*
 * ticket_claims - what a ticket says, in JSON
 *
 *   {"exp": SECONDS, "names": [...], "patterns": [...], "sub": TEXT,
 *    "payload": ANY, "key": MARK}
 *
 * The last three only if there are any.  The mark says which key has signed the
 * token that got the ticket, to who has the log's secret and the key.  Pure.
 */
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

struct rights;
struct ticket;

/* Appends them; an empty mark is none. */
void ticket_claims_write(
	struct buf *out, const struct ticket *ticket, struct span mark);
/* NULL, the rights, held by the caller, and the mark, appended; or why they
 * are bad. */
const char *ticket_claims_read(struct span payload, uint64_t now_ms,
	struct rights **rights, struct buf *mark);

#endif
