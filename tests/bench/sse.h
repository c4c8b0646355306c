/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_BENCH_SSE_H
#define TIDINGS_TESTS_BENCH_SSE_H
/*
 * sse - the body of a stream: chunks away, events out
 *
 *   SIZE -> DATA -> CRLF -> SIZE ...   a chunked body
 *   WHOLE                              one that ends with its connection
 *   END                                the last chunk was seen
 *
 * The cost of an event decides what the client can measure, so nothing walks
 * bytes: lines are found with memchr, a line of payload is stepped over because
 * its length is known, and a burst is read in place.  Only an event cut
 * by the end of a read is copied, into `carry`.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/ledger.h"

enum sse_phase { SSE_SIZE, SSE_DATA, SSE_CRLF, SSE_WHOLE, SSE_END };

enum {
	SSE_ID_MAX = 47,
	SSE_CARRY = 2 * PAYLOAD_MAX, /* bytes of one event, at most */
};

struct sse {
	enum sse_phase phase;
	size_t left; /* bytes of this chunk, or of its size so far */
	uint32_t stream;
	uint32_t retry_ms;
	uint32_t held; /* bytes in carry */
	char *carry;
	bool spoke; /* an event came since sse_begin() */
	uint8_t id_len;
	char id[SSE_ID_MAX + 1];
};

/* What all streams share. */
struct sse_sink {
	struct ledger *ledger;
	uint32_t size; /* of a payload */
	uint64_t now;
	uint64_t bytes;	  /* of bodies */
	uint64_t resets;  /* events `reset` */
	uint64_t damaged; /* as long as a payload, but none */
	uint64_t others;  /* events that carry no payload */
};

/* A new body; the last id and the retry time stay. */
void sse_begin(struct sse *sse, bool chunked);
void sse_release(struct sse *sse);

/* Reads the body's next bytes.  Before them there must be SSE_CARRY bytes of
 * room that may be written to. */
void sse_read(struct sse *sse, struct sse_sink *sink, char *at, size_t len);

#endif
