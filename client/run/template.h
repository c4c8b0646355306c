/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_RUN_TEMPLATE_H
#define TIDINGS_CLIENT_RUN_TEMPLATE_H
/*
 * template - HTML with {names} in it, which get values
 *
 * What is in braces and no known name is left as it is: style sheets have
 * braces too.  Values are text, never HTML.
 */
#include "client/exit_status.h"
#include "lib/buf.h"
#include "lib/span.h"

/* In the order of the values. */
enum template_name {
	TEMPLATE_EVENT, /* start, progress, end or close */
	TEMPLATE_TASK,
	TEMPLATE_MESSAGE,
	TEMPLATE_PERCENT,
	TEMPLATE_OUTPUT,
	TEMPLATE_STATUS,
	TEMPLATE_SECONDS,
	TEMPLATE_TIMESTAMP,
	TEMPLATE_NAMES
};

/* Appends the template with its values. */
void template_fill(struct buf *out, struct span text,
	const struct span values[TEMPLATE_NAMES]);
/* Reads the template: HTML itself, or "@FILE"; NULL is none.  A name that is
 * nearly one of those is a fault.  EXIT_OK, or the sentence was said. */
enum exit_status template_take(struct buf *html, const char *text);

#endif
