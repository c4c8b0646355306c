/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_COUNTS_H
#define TIDINGS_HUB_PEERS_COUNTS_H
/*
 * counts - every channel that holds events or is listened to, and by how many
 *
 * Responders say how many listen to what, each for itself (SUBSCRIBED); the sum
 * is here, and what one of them said goes with it, in steps, so that a million
 * names keep nobody waiting.  Other machines count likewise (elsewhere.h). What
 * is stored comes from the ledger, whose transactions this moves with: it is as
 * of the last COMMIT.
 *
 * What everybody sees is in one table; in another, of which nothing is said but
 * to who may read it, are private channels, and those that have nothing public:
 * so whoever asks for the one pays nothing for what is in the other.
 *
 * The order is the tables', under the log's identity as its secret: it stays as
 * channels come and go and when the hub starts again.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/channel.h"
#include "hub/log/party.h"
#include "lib/span.h"
#include "lib/table.h"
#include "lib/wire.h"

enum {
	COUNTS_STEP =
		2000, /* numbers of one that has left, taken off at once */
};

struct count;

struct counted {
	struct table_node node;
	struct count *counts;	 /* by whom */
	uint64_t subscribers;	 /* their sum */
	uint64_t elsewhere;	 /* those of them that other machines have */
	struct channel *channel; /* NULL = holds no events */
	bool is_private;	 /* its name is */
	bool is_hidden;		 /* it is in the other table */
	uint16_t len;
	char name[];
};

/* One who counts. */
struct counter {
	struct counter *next; /* among those that leave */
	struct count *counts;
	bool elsewhere; /* it is another machine */
};

struct counts {
	struct channels *channels;
	struct table names, hidden; /* of struct counted */
	struct counter *leaving;
	/* So many listen to it on this machine, since just now.  May be NULL.
	 */
	void (*changed)(void *arg, struct span name, uint64_t here);
	void *arg;
};

/* `identity`: the log's. */
void counts_open(struct counts *counts, struct channels *channels,
	const uint8_t identity[WIRE_IDENTITY]);
/* By which it is to join the ledger's transactions. */
struct party counts_party(struct counts *counts);
/* After the last commit. */
void counts_close(struct counts *counts);

/* Ended by counts_leave. */
struct counter *counts_join(void);
void counts_leave(struct counts *counts, struct counter *counter);
/* Takes off some of what those said that have left; true if there is more. */
bool counts_step(struct counts *counts);

/* So many listen to `name` at the counter's. */
void counts_set(struct counts *counts, struct counter *counter,
	struct span name, uint32_t subscribers);

/* SUBSCRIBED came; false if it is malformed.  Names that cannot be a channel's
 * are passed over. */
bool counts_take(
	struct counts *counts, struct counter *counter, struct wire_in *in);

static inline struct span counted_name(const struct counted *counted)
{
	return span(counted->name, counted->len);
}

/* NULL if it holds nothing and nobody listens. */
const struct counted *counts_find(
	const struct counts *counts, struct span name);
/* A place in the order. */
struct counts_place {
	const struct counted *open, *hidden; /* the next one of each table */
};

/* In front of the first behind `name`, which need not be there; or of all, if
 * it is empty.  `all`: also of those that are hidden. */
struct counts_place counts_after(
	const struct counts *counts, struct span name, bool all);
/* The one behind it, NULL at the end; and on to the next. */
const struct counted *counts_next(
	const struct counts *counts, struct counts_place *place);
static inline bool counts_is_end(const struct counts_place *place)
{
	return place->open == NULL && place->hidden == NULL;
}

#endif
