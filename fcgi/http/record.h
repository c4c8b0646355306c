/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_RECORD_H
#define TIDINGS_FCGI_HTTP_RECORD_H
/*
 * record - FastCGI framing, the responder's half (FastCGI 1.0 section 3.3)
 *
 * Padding is never sent: lighttpd then moves the record on instead of copying
 * it (measured).  Pure.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

enum {
	RECORD_HEAD = 8,
	RECORD_BODY = 31 << 10, /* bytes of content we put into one record */
	RECORD_END = 24,	/* bytes of record_end() */
	RECORD_ABORT = 2,	/* type of FCGI_ABORT_REQUEST */
};

/* Appends `content` as STDOUT records of at most RECORD_BODY bytes; nothing
 * for empty content (an empty record would end the stream). */
void record_stdout(struct buf *out, uint16_t request, struct span content);
/* Appends the end of a request: empty STDOUT and END_REQUEST, status 0. */
void record_end(struct buf *out, uint16_t request);

#endif
