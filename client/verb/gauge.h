/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_GAUGE_H
#define TIDINGS_CLIENT_VERB_GAUGE_H
/*
 * gauge - how far something is, in a line of a terminal that goes again
 *
 * On standard error, if that is a terminal and nobody wants quiet; else nothing
 * is shown.
 */
#include <stdbool.h>
#include <stdint.h>

struct gauge {
	bool shown;
	uint64_t last; /* monotonic us, when it was drawn */
};

void gauge_begin(struct gauge *gauge);
/* `part` of the whole, 0 to 1; what is being done, and a figure.  Drawn a few
 * times a second at most. */
void gauge_show(struct gauge *gauge, double part, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void gauge_end(struct gauge *gauge);

#endif
