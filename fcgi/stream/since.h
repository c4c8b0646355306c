/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_SINCE_H
#define TIDINGS_FCGI_STREAM_SINCE_H
/*
 * since - where in the past somebody wants to begin, as `?since=` says it
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"
#include "lib/wire.h"

struct since {
	bool last; /* with the last value of each channel; nothing else is set
		    */
	enum wire_from from;
	uint64_t value; /* what `from` says */
};

/* NULL, or what is wrong with the text; `now` in ms since 1970. */
const char *since_read(struct since *since, struct span text, uint64_t now);

#endif
