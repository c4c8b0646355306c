/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_GZIP_H
#define TIDINGS_FCGI_STREAM_GZIP_H
/*
 * gzip - what streams are given whose clients accept gzip
 *
 * Each is one gzip member without an end, made of pieces, one for each batch,
 * that know nothing of each other.  What several are given is deflated once and
 * by itself, and hangs beside its batch: so a stream may begin at any piece,
 * and has nothing of its own.  What only one is given, what is short, and what
 * becomes hardly shorter is in stored blocks, ten bytes longer than it is.
 *
 * Only who has shown nothing has such a stream (entrance.c): how long a piece
 * is tells something of what is in it, and whoever could have texts of his own
 * published beside a secret would read that from afar.
 */
#include <stdbool.h>
#include <stdint.h>

struct batch;
struct buf;
struct deflater;
struct gzip;
struct loop;

enum {
	GZIP_LEAST = 256,      /* bytes; what is shorter is not deflated */
	GZIP_TURN = 256 << 10, /* bytes that are deflated in one turn of the
				  loop, which takes some 2 ms */
	GZIP_ORDER = 3,	       /* in a turn: after the replay */
};

/* NULL if zlib cannot be had, which is logged. */
struct gzip *gzip_open(struct loop *loop);
/* NULL if there is no memory for it. */
struct gzip *gzip_new(struct loop *loop, const struct deflater *deflater);
void gzip_free(struct gzip *gzip); /* NULL will do */

/* What is sent instead of `batch`, whose reference it takes; the caller holds
 * the other one.  `likely`: somebody else will be given the same. */
struct batch *gzip_piece(
	struct gzip *gzip, struct batch *batch, uint16_t request, bool likely);

/* Makes the first bytes of a stream's answer, whose head says that it is gzip,
 * those of such a stream: what is behind the head begins a member. */
void gzip_answer(struct buf *text);

#endif
