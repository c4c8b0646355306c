/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_EVENT_SELECTOR_H
#define TIDINGS_LIB_EVENT_SELECTOR_H
/*
 * selector - which channels somebody wants: one by its name, or many by a
 * pattern
 *
 *   EXACT     the channel of that name
 *   EVERY     `*`: all channels
 *   TEMPLATE  a text with a `{`: a URI template (template.h), and the channel
 *             that is named as the template is
 *
 * A template is matched without going back, in a memory that is bounded: no
 * pattern takes long, whoever wrote it.  One that would need more than that for
 * a name does not match it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

enum {
	SELECTOR_MAX = 1000, /* bytes */
};

/* As they are on the wire, and sorted. */
enum selector_kind {
	SELECTOR_EXACT = 0,
	SELECTOR_EVERY = 1,
	SELECTOR_TEMPLATE = 2,
};

struct selector;

/* What the text of a pattern is. */
enum selector_kind selector_kind(struct span text);
/* NULL if the text could be that of a selector of some kind, else a sentence:
 * its length, its encoding, its characters. */
const char *selector_text_fault(struct span text);
/* NULL, or a sentence for who asked with this pattern (static). */
const char *selector_fault(struct span text);
/* Likewise for a text that is to be of that kind, as it is on the wire. */
bool selector_is(uint8_t kind, struct span text);

/* Of a text without a fault; copies it. */
struct selector *selector_new(struct span text);
/* The same of a text that may have one: NULL then. */
struct selector *selector_try(struct span text);
/* The channel of that name, also if it looks like a pattern; of a text without
 * selector_text_fault(). */
struct selector *selector_exact(struct span name);
void selector_free(struct selector *selector); /* NULL will do */

/* A template is compiled when this is first asked: who may read a hundred
 * patterns is asked of one or two. */
bool selector_matches(struct selector *selector, struct span name);

enum selector_kind selector_kind_of(const struct selector *selector);
struct span selector_text(const struct selector *selector);
/* Bytes that it takes, or may once it is compiled. */
size_t selector_size(const struct selector *selector);
/* Each name that it matches begins with this; borrows. */
struct span selector_prefix(const struct selector *selector);

/* The order in which selectors are on the wire: by kind, then bytewise. */
int selector_order(enum selector_kind kind_a, struct span a,
	enum selector_kind kind_b, struct span b);

#endif
