/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_EXPIRY_H
#define TIDINGS_FCGI_STREAM_EXPIRY_H
/*
 * expiry - a stream ends when what it was opened with does
 *
 * With its token, with the key that has signed that, or because it is as old as
 * streams get (stream_age).  It is told so, and ended; its browser comes back
 * with whatever it then has to show.
 */
#include "fcgi/guard/lease.h"

struct audience;
struct expiry;
struct grant;
struct subscriber;
struct timers;

/* What a subscriber has that ends. */
struct expiry_lease {
	struct lease lease;
	struct subscriber *sub;
	const char *reason; /* as it is told */
};

/* When the grant ends, or when a stream that begins now is nearly as old as
 * they get (0 = they get no age); without a reason if neither does. */
struct expiry_lease expiry_of(
	const struct grant *grant, uint64_t now_ms, uint64_t stream_age_ms);

/* `postpone` ends one that has had no byte yet. */
struct expiry *expiry_new(
	struct timers *timers, void (*postpone)(struct subscriber *sub));
/* Nobody may be left in it. */
void expiry_free(struct expiry *expiry);

/* If it has an end. */
void expiry_enter(struct expiry *expiry, struct subscriber *sub);
void expiry_leave(struct expiry *expiry, struct subscriber *sub);

/* Keys have gone: ends the streams that were opened with what they signed. */
void expiry_of_keys(struct audience *audience, struct expiry *expiry);

#endif
