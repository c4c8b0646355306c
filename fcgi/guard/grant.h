/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_GRANT_H
#define TIDINGS_FCGI_GUARD_GRANT_H
/*
 * grant - what somebody may publish on and read, by all that he has shown
 *
 * Rights add up: a grant is made of a token's, and of those that sections
 * [access] give.  NULL is the grant of who has shown nothing: he reads what is
 * public.  Counted; the last ones are kept, so that who comes back has his at
 * once.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

struct grants;
struct key;
struct rights;
struct scope;
struct scope_item;
struct scopes;

struct grant {
	struct scope *publish, *subscribe;
	struct rights *token; /* held; NULL = there was none.  Its end and its
				 key are those of the grant */
	char *user; /* whom the web server has let in; NULL = nobody */
};

struct grants *grants_new(struct scopes *scopes);
/* Nobody may hold one any more. */
void grants_free(struct grants *grants);

/* What a grant is made of: selectors, whose texts borrow.  All zero is none. */
struct grant_list {
	struct scope_item *items;
	size_t count;
};

struct grant_parts {
	struct grant_list publish, subscribe;
	char **texts; /* owned */
	size_t text_count;
	struct rights *token; /* borrowed */
	struct span user;     /* borrowed; may be empty */
};

void grant_list_add(struct grant_list *list, struct span text, bool exact);
/* Takes a text that such a selector borrows from; returns it.  NULL will do. */
char *grant_parts_keep(struct grant_parts *parts, char *text);
void grant_parts_release(struct grant_parts *parts);

/* The one that was made of the same, held for the caller; NULL if it is not
 * kept.  `identity`: whatever tells one grant from all others. */
struct grant *grants_find(struct grants *grants, struct span identity);
/* Likewise a new one. */
struct grant *grants_make(struct grants *grants, struct span identity,
	const struct grant_parts *parts);
/* Nobody finds any of them again. */
void grants_forget(struct grants *grants);

struct grant *grant_hold(struct grant *grant); /* returns it */
void grant_drop(struct grant *grant);	       /* NULL will do */

/* Until when it is one, ms since 1970; RIGHTS_NO_END (rights.h).  And has the
 * key gone that it was got with? */
uint64_t grant_until(const struct grant *grant);
bool grant_is_void(const struct grant *grant);

/* Whose it is: the token's word, else the web server's; what the token says of
 * him, JSON; and what has signed it.  Each may be NULL, as the grant may. */
const char *grant_subject(const struct grant *grant);
const char *grant_payload(const struct grant *grant);
const struct key *grant_key(const struct grant *grant);

/* May he publish on that channel; may he read it if it is private? */
bool grant_publishes(const struct grant *grant, struct span channel);
bool grant_publishes_somewhere(const struct grant *grant);
bool grant_subscribes(const struct grant *grant, struct span channel);
/* What he may read if it is private; NULL = nothing. */
struct scope *grant_scope(const struct grant *grant);
/* Equal where two grants say the same of all that is private. */
uint64_t grant_serial(const struct grant *grant);
/* May he read this event, which is private?  It is on `channel` and on all that
 * its traits name: one of them that he may read is enough. */
bool grant_reads(
	const struct grant *grant, struct span channel, struct span traits);

#endif
