/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_ROSTER_H
#define TIDINGS_FCGI_GUARD_ROSTER_H
/*
 * roster - whom the sections [access NAME] mean, and what they give
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

struct config;
struct grant_parts;
struct request;
struct roster;

/* Borrows `config`. */
struct roster *roster_new(const struct config *config);
void roster_free(struct roster *roster);

bool roster_is_empty(const struct roster *roster);
/* Is there anybody who is known by an API token? */
bool roster_has_tokens(const struct roster *roster);

/* Is it the digest of an API token that a section means? */
bool roster_knows(const struct roster *roster, const uint8_t *digest);

/* Who is asking, as far as it counts. */
struct caller {
	struct span user;      /* empty = nobody's */
	const uint8_t *digest; /* of the API token; NULL = none */
	/* Whose address counts; NULL = of nobody. */
	const struct request *request;
	bool certain; /* ... also where not all addresses are meant */
};

/* Appends which sections mean him, as bytes that are the same for the same
 * ones; false if none does. */
bool roster_find(const struct roster *roster, const struct caller *caller,
	struct buf *sections);
/* Adds what these sections give. */
void roster_give(const struct roster *roster, struct span sections,
	struct span user, struct grant_parts *parts);

#endif
