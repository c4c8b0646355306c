/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_LEASE_H
#define TIDINGS_FCGI_GUARD_LEASE_H
/*
 * lease - what ends at a time of day
 *
 * A wheel of slots, one for each second of the next LEASE_SLOTS; what ends
 * later goes round with it.  It turns only while there is a lease, so who has
 * none pays nothing, and at the beginning of each second, so that nothing ends
 * a second late.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/timer.h"

enum { LEASE_SLOTS = 1024 };

/* A part of its owner. */
struct lease {
	struct node node;
	uint64_t second; /* since 1970; it ends when this begins */
};

struct leases;

/* `end` is told of each whose time has come, once; it is none any more then. */
struct leases *leases_new(struct timers *timers,
	void (*end)(void *arg, struct lease *lease), void *arg);
/* Nobody may be left. */
void leases_free(struct leases *leases);

/* One that is past ends when the next second begins. */
void leases_add(struct leases *leases, struct lease *lease);
/* Also of one that has ended. */
void leases_remove(struct leases *leases, struct lease *lease);
size_t leases_count(const struct leases *leases);

#endif
