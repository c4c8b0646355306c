/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_ROW_H
#define TIDINGS_INBOX_ROW_H
/*
 * row - a row of an inbox, as ROWS tells it (lib/wire.h)
 *
 * Whoever wrote it could switch the table's checks off, so that each value may
 * be of any type and hold anything.
 */
#include <stddef.h>

#include "lib/buf.h"
#include "lib/db/db.h"

/* Appends `row` (id, channel, event, data, key, also,
 * and until when it is good, in ms); one that cannot be
 * published with the reason instead.  `limit`: bytes of an event's data. */
void row_put(struct buf *out, const struct query *row, size_t limit);
/* Likewise one whose values cannot even be read. */
void row_put_bad(struct buf *out, uint64_t id, const char *reason);

#endif
