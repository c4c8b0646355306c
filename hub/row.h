#ifndef TIDINGS_ROW_H
#define TIDINGS_ROW_H
/*
 * row - a row of an inbox becomes an event
 *
 * Whoever wrote it could switch the table's checks off, so that each value may
 * be of any type and hold anything.
 */
#include "lib/db.h"

struct hub;

/* Puts the event of `row` (id, channel, event, data, key) into the transaction.
 * NULL if it is published, or had been, or the transaction is in trouble; else
 * why it never will be (static). */
const char *row_publish(struct hub *hub, const struct query *row);

#endif
