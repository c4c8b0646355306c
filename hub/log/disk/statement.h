/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_DISK_STATEMENT_H
#define TIDINGS_HUB_LOG_DISK_STATEMENT_H
/*
 * statement - what a room says to the database again and again: a table of the
 * queries in its struct, each with its text
 */
#include <stddef.h>

struct store;

struct statement {
	size_t at;	 /* of the query, in the room's struct */
	const char *sql; /* NULL = the table's end */
};

void statements_prepare(
	const struct statement *table, void *room, struct store *store);
void statements_release(const struct statement *table, void *room);

#endif
