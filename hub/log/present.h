/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_PRESENT_H
#define TIDINGS_HUB_LOG_PRESENT_H
/*
 * present - who is there, as rows
 *
 * What was told of a subscriber's coming is a row until it is told that it has
 * gone, each in the transaction of the events that tell of it.  So a hub that
 * starts knows of whom it still has to be told.  Where the order is shared
 * these are the subscribers of all machines.
 */
#include <stdint.h>

#include "hub/log/disk/store.h"
#include "lib/event/active.h"
#include "lib/span.h"

struct present_row {
	uint8_t subscriber[ACTIVE_SUBSCRIBER];
	uint64_t joined;  /* id of its first event; the others follow it */
	uint64_t since;	  /* ms */
	struct span body; /* of its JOINED */
};

struct present_rows {
	struct store *store; /* borrowed */
	struct query add, remove, forget, all;
};

void present_rows_open(struct present_rows *rows, struct store *store);
void present_rows_close(struct present_rows *rows);

/* In a transaction. */
void present_add(struct present_rows *rows, const struct present_row *row);
void present_remove(
	struct present_rows *rows, const uint8_t subscriber[ACTIVE_SUBSCRIBER]);

/* In a transaction: those that joined above that id. */
void present_forget(struct present_rows *rows, uint64_t last);

/* Hands them out by `joined`. */
void present_each(struct present_rows *rows,
	void (*each)(void *arg, const struct present_row *row), void *arg);

#endif
