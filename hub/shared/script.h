/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_SCRIPT_H
#define TIDINGS_HUB_SHARED_SCRIPT_H
/*
 * script - what is done within Redis, in one go: append.lua, trim.lua and
 * found.lua
 *
 * A script is sent once, and called by its name from then on; Redis may forget
 * it at any time, and says so.
 */
#include <stdbool.h>

#include "hub/shared/conn.h"
#include "lib/buf.h"
#include "lib/span.h"

enum { SCRIPT_NAME = 40 }; /* bytes of its digest */

struct script {
	struct span text;	    /* static */
	const struct redis *redis;  /* since script_load() */
	char name[SCRIPT_NAME + 1]; /* empty: it is not known to be there */
};

extern const struct span script_append, script_trim, script_found;

/* Another link: nothing is known to be there.  Asks for it to be loaded. */
void script_load(struct script *script, struct conn *conn);
/* Begins a call with so many words to come. */
void script_call(const struct script *script, struct buf *out, size_t words);
/* True if that is what the reply says; the next call sends the text. */
bool script_is_gone(struct script *script, const struct redis_reply *reply);

#endif
