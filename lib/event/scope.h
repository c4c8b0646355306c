/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_EVENT_SCOPE_H
#define TIDINGS_LIB_EVENT_SCOPE_H
/*
 * scope - a set of channels, as selectors say it
 *
 * What somebody may publish on, what he may read, what is private.  Each set is
 * there once, whoever has it, and is counted; the empty one is NULL.  What was
 * answered lately is remembered, by the scope and the channel's whole name: so
 * thousands with the same rights are one question, and an answer is never
 * another one's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"
#include "lib/wire.h"

struct scope;
struct scopes;

struct scopes *scopes_new(void);
/* Nobody may hold any more. */
void scopes_free(struct scopes *scopes);

/* A selector; what is no pattern (lib/event/selector.h) is a channel's name. */
struct scope_item {
	struct span text;
	bool exact; /* also if it looks like a pattern */
};

/* The scope of these, held for the caller; they are sorted where they are. */
struct scope *scope_get(
	struct scopes *scopes, struct scope_item *items, size_t count);
struct scope *scope_hold(struct scope *scope); /* returns it */
void scope_drop(struct scope *scope);	       /* NULL will do */

/* True if one of its selectors matches the channel. */
bool scope_has(const struct scope *scope, struct span channel);
/* Its selectors, one by one; false beyond the last. */
bool scope_item(
	const struct scope *scope, size_t index, struct scope_item *item);
/* Bytes that it takes; 0 of NULL. */
size_t scope_size(const struct scope *scope);
/* Its selectors in one text, that no other scope has. */
struct span scope_text(const struct scope *scope);
/* Another one for each scope that ever was; 0 of NULL. */
uint64_t scope_serial(const struct scope *scope);

/* ---- as it is on the wire (wire.h: a grant): scope_wire.c */

void scope_put(const struct scope *scope, struct buf *out);
/* The set of what is read, held for the caller; who reads looks at wire_done()
 * then. */
struct scope *scope_read(struct scopes *scopes, struct wire_in *in);
/* Passes over it. */
void scope_pass(struct wire_in *in);

#endif
