/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_EVENT_TEMPLATE_H
#define TIDINGS_LIB_EVENT_TEMPLATE_H
/*
 * template - a URI template (RFC 6570) as a regular expression
 *
 * Read backwards, as hubs of the Mercure protocol do: which texts may the
 * template have become?  `{a}` is any number of unreserved characters, commas
 * and %XX, so it never crosses a `/`; `{+a}` and `{#a}` take the reserved ones
 * too.  An operator's own character comes before (`{/a}`, `{?a}` ...), and each
 * expression may be missing as a whole.  What variables are called says
 * nothing.  Pure.
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

/* Appends the expression; false if `text` is no template, and then what was
 * appended means nothing. */
bool template_regex(struct span text, struct buf *out);

#endif
