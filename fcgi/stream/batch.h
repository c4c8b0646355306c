/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_BATCH_H
#define TIDINGS_FCGI_STREAM_BATCH_H
/*
 * batch - what one system call gives to one subscriber: FastCGI records, whole
 *
 * Some events joined up to RECORD_BODY bytes of text, or one event that is
 * longer, over several records.  Immutable, counted: everybody at the same
 * place of the same channels is given the same batch.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/http/unread.h"
#include "lib/buf.h"

struct batch {
	uint32_t refs;
	uint32_t len;
	uint32_t events; /* stored ones */
	bool replay;	 /* they come from the hub's log */
	bool common;	 /* others may be given the same */
	/* gzip.h's: */
	bool is_gzip;	      /* a piece, to be sent as it is */
	bool wanted;	      /* somebody with gzip has asked for it */
	bool in_vain;	      /* it becomes hardly shorter */
	struct batch *packed; /* held; the piece that all are given, or NULL */
	/* Where a subscriber is once it has been given this: position in the
	 * window (0 = not from the window) and cursor. */
	uint64_t pos, id;
	struct unread_text unread; /* its one holder's */
	char bytes[];
};

/* Frames `text`; the caller holds the one reference. */
struct batch *batch_new(uint16_t request, struct span text);
/* Bytes of its text. */
size_t batch_text_len(const struct batch *batch);
/* Appends its text from byte `begin` on and before `end`, without frames. */
void batch_text(
	const struct batch *batch, size_t begin, size_t end, struct buf *out);
struct batch *batch_hold(struct batch *batch);
void batch_drop(struct batch *batch); /* NULL will do */

#endif
