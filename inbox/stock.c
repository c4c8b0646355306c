/* SPDX-License-Identifier: MIT */
/*
 * stock - how many published rows an inbox still holds (inbox.h)
 *
 * To count them would keep writers waiting, for the sake of a figure.  From the
 * first one to the cursor there are at most as many as there are ids.
 */
#include "config.h"

#include "inbox/inbox.h"

/* The first that is not one of those that were refused, which stay; if the
 * query's end is reached before, the last of these. */
static enum db_result find_first(struct inbox *inbox, bool *any, int64_t *first)
{
	struct query *query = &inbox->file.below;
	bool found = false;

	*any = false;
	query_bind_int(query, 1, 0); /* no row below 1 was ever published */
	query_bind_int(query, 2, inbox->cursor);
	while (!found && query_next(query)) {
		*any = true;
		*first = (int64_t)query_int(query, 0);
		found = query_int(query, 1) != 0;
	}
	return query_end(query);
}

uint64_t inbox_stock(struct inbox *inbox)
{
	int64_t first = 0;
	bool any;

	if (inbox->state != OPEN || inbox->broken)
		inbox->stock = 0;
	else if (find_first(inbox, &any, &first) == DB_DONE)
		inbox->stock = any ? inbox->cursor - (uint64_t)first + 1 : 0;
	return inbox->stock;
}
