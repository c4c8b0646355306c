/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_SHELF_H
#define TIDINGS_FCGI_REPLAY_SHELF_H
/*
 * shelf - the strips that were read lately, by channel and range
 *
 * Thousands who come back lack the same events of the same few channels,
 * whatever else each of them listens to: what one has asked for is there for
 * the others.  When it is full the strip goes that nobody has held for longest;
 * those that are held stay, so it may have more than its limit: then it is
 * overfull, and who reads for others is to wait until it is not (fetch.h).
 *
 * A channel has a row for each kind of strip.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

enum {
	SHELF_LEAST = 8 << 20, /* bytes: of a thousand channels a short strip,
				  and the next one */
};

enum shelf_kind {
	SHELF_DRESS = 7,  /* bits: an enum event_dress, of the text */
	SHELF_SHORT = 8,  /* strips are short, for who reads very many at
			     once: they would be many writes for others */
	SHELF_PUBLIC = 16 /* without what is private, for who may not read
			    anything of it: how much there is of it would
			    show in the time that it takes */
};

struct shelf;
struct strip;

/* `limit`: bytes. */
struct shelf *shelf_new(size_t limit);
/* Nobody may hold a strip any more. */
void shelf_free(struct shelf *shelf);

/* The strip whose range has what comes after `cursor`; the caller holds it.
 * NULL if there is none. */
struct strip *shelf_find(struct shelf *shelf, unsigned kind,
	struct span channel, uint64_t cursor);
/* Where the next strip above `cursor` begins; UINT64_MAX if there is none. */
uint64_t shelf_next(struct shelf *shelf, unsigned kind, struct span channel,
	uint64_t cursor);
/* Takes the strip; the caller holds it. */
void shelf_add(struct shelf *shelf, unsigned kind, struct span channel,
	struct strip *strip);

void shelf_hold(struct strip *strip);
void shelf_let_go(struct shelf *shelf, struct strip *strip);
/* Nobody finds it any more; it goes once nobody holds it. */
void shelf_discard(struct shelf *shelf, struct strip *strip);
/* Likewise those that have ids from `first` to `last` in their range. */
void shelf_erase(struct shelf *shelf, uint64_t first, uint64_t last);
/* All of them. */
void shelf_clear(struct shelf *shelf);

/* Of all strips that are on it, or held. */
size_t shelf_bytes(const struct shelf *shelf);
/* Those that are held are more than its limit. */
bool shelf_is_overfull(const struct shelf *shelf);

#endif
