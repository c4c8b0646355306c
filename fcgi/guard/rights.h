/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_RIGHTS_H
#define TIDINGS_FCGI_GUARD_RIGHTS_H
/*
 * rights - what one proof lets its bearer do
 *
 * Shared: whoever keeps some holds them, and who holds them no more releases
 * them.  Once they are handed out nobody changes them.  The selectors of a list
 * are sorted and none is there twice, so that equal rights look equal.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

struct key;
struct selector;

#define RIGHTS_NO_END UINT64_MAX

struct rights {
	struct selector **publish, **subscribe; /* the exact ones come first */
	size_t publish_count, subscribe_count;
	uint64_t until_ms; /* since 1970; from then on they are none */
	char *subject;	   /* whose they are; NULL = nobody said */
	char *payload;	   /* JSON in one line, or NULL */
	struct key *key;   /* what signed them, held; NULL = none.  When it has
			      gone (key_is_gone) nobody may use them */
	size_t holders;
};

enum right {
	RIGHT_PUBLISH,
	RIGHT_SUBSCRIBE,
};

/* Without any, no end, held by the caller. */
struct rights *rights_new(void);
/* Returns them. */
struct rights *rights_hold(struct rights *rights);
void rights_release(struct rights *rights); /* NULL will do */

/* While they are made: takes the selector; and, when no further comes, sorts
 * the lists. */
void rights_add(
	struct rights *rights, enum right right, struct selector *selector);
void rights_sort(struct rights *rights);

/* Do they say the same, and of the same key? */
bool rights_equal(const struct rights *a, const struct rights *b);

/* Does a selector of that list match the channel? */
bool rights_may(
	const struct rights *rights, enum right right, struct span channel);

#endif
