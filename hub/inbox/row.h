/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_INBOX_ROW_H
#define TIDINGS_HUB_INBOX_ROW_H
/*
 * row - a row of an inbox becomes an event
 *
 * Whoever wrote it could switch the table's checks off, so that each value may
 * be of any type and hold anything.
 */
#include "hub/log/order.h"
#include "lib/db.h"

/* Proposes the event of `row` (id, channel, event, data, key), and that the
 * inbox's cursor passes it.  NULL if it is published, or had been, or the
 * transaction is in trouble; else why it never will be (static). */
const char *row_publish(struct ledger *ledger, const struct query *row,
	const struct order_cursor *cursor);

#endif
