/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_TORTURE_FRAMING_H
#define TIDINGS_TESTS_TORTURE_FRAMING_H
/*
 * framing - the body of an answer, taken out of HTTP's chunks or of FastCGI's
 * records
 *
 * Bytes come in whatever pieces the socket has; the body goes to framing_body()
 * which whoever uses this has to write.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum framing_kind { FRAMING_HTTP, FRAMING_FCGI };
enum { FRAMING_HEAD = 4096 };

struct framing {
	enum framing_kind kind;
	enum { SIZE, CONTENT, TAIL } phase; /* of a chunk or record */
	size_t left;	    /* bytes of this phase; of SIZE: bytes had */
	size_t size, after; /* content and what follows it */
	uint8_t type;	    /* of the record */
	uint8_t record[8];
	bool headed; /* the answer's head is complete, and the status 200 */
	bool ended;  /* the answer is complete */
	bool whole;  /* it has a length, and no chunks */
	size_t head_len;
	char head[FRAMING_HEAD];
};

void framing_begin(struct framing *framing, enum framing_kind kind);

/* False: do not go on; framing_body() said so, or the answer is none (then
 * `headed` is false). */
bool framing_take(
	struct framing *framing, void *arg, const char *at, size_t len);

/* The next bytes of the body; false if no more are wanted. */
bool framing_body(void *arg, const char *at, size_t len);

/* Writes a request for `target`, a browser's at Mercure's path; returns its
 * length. */
size_t framing_request(char *out, size_t size, enum framing_kind kind,
	const char *target, uint64_t last_id);

#endif
