/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_SHEET_H
#define TIDINGS_HUB_PEERS_SHEET_H
/*
 * sheet - one page of older events: of a channel, or of a pattern
 *
 * A channel's are read straight from the index.  For a pattern's the log is
 * read on in the order of ids, whatever it has, for as long as a page may take:
 * so such a page may end anywhere, and may be empty.  It costs what is passed
 * over, too, but others never more than that time.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/eventlog.h"
#include "lib/buf.h"
#include "lib/span.h"
#include "lib/wire.h"

enum {
	PAGE_BYTES_MAX = 4 << 20, /* whatever was asked for */
	PAGE_EVENTS = 64,	  /* a page has as many, if there are, however
				     long they take */
	SHEET_US = 2000,	  /* for one page */
};

/* What a PAGE asks. */
struct wanted {
	uint64_t tag, after, upto;
	uint32_t bytes;
	struct sight sight; /* all, or nobody's */
	uint8_t kind;	    /* enum selector_kind */
	struct span name;
};

/* False if it is malformed; the same for one that was read before. */
bool wanted_read(struct wanted *wanted, struct wire_in *in);
void wanted_read_again(struct wanted *wanted, struct wire_in *in);

/* False if it needs more time than until `end` before it can be put. */
bool sheet_prepare(
	struct eventlog *log, const struct wanted *wanted, uint64_t end);
/* Puts the page into the frame `out`; false if it has to be put once more. */
bool sheet_put(struct eventlog *log, struct buf *out,
	const struct wanted *wanted, uint64_t limit);

#endif
