/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_INTAKE_H
#define TIDINGS_FCGI_HTTP_INTAKE_H
/*
 * intake - the FastCGI records of one request, until all of them are there
 *
 *   WANTS      more bytes are needed
 *   COMPLETE   BEGIN, PARAMS and STDIN have come, each to its end
 *   REFUSED    this is nothing that anybody should read; `why` says what
 *
 * Who reads a request (parse.h) trusts it: so nothing is read before all of it
 * is here and each record and pair has been looked at.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

enum {
	ASSEMBLER_PARAMS_MAX = 64
			       << 10,	/* bytes of all PARAMS; more is refused:
					lighttpd sends them as one record */
	ASSEMBLER_EXCESS_MAX = 8 << 20, /* bytes of a body beyond the limit that
					are read and thrown away, so that the
					web server hears our 413; then the
					request counts as complete */
};

enum assembler_state {
	ASSEMBLER_WANTS,
	ASSEMBLER_COMPLETE,
	ASSEMBLER_REFUSED,
};

enum assembler_stage {
	ASSEMBLER_BEGIN,
	ASSEMBLER_PARAMS,
	ASSEMBLER_STDIN,
};

struct assembler {
	struct buf records; /* append what was received here, then look:
			       padding is taken out */
	size_t max_body;
	enum assembler_stage stage;
	size_t looked; /* bytes of whole records that have been checked */
	size_t params; /* content bytes so far */
	size_t body;   /* the same, what was thrown away included */
	uint16_t id;   /* FastCGI request id */
	bool keep; /* the connection is for further requests (FCGI_KEEP_CONN),
		      and the next byte on it is the next one's */
	bool too_long; /* the body passed max_body; only its begin is kept */
	const char *why;
};

void assembler_init(struct assembler *assembler, size_t max_body);
void assembler_release(struct assembler *assembler);

/* Looks at the records that have come since the last call.  When COMPLETE,
 * `records` holds exactly the request, STDIN's end included. */
enum assembler_state assembler_look(struct assembler *assembler);

/* ---- to read what is COMPLETE */

enum intake_type {
	INTAKE_PARAMS = 4, /* name-value pairs, which may run over the border
			      of two records */
	INTAKE_STDIN = 5,
};

/* The content of the next record of this type, borrowed; empty at the end of
 * what has this type.  *at is 0 at first.  False if there is none. */
bool assembler_next(const struct assembler *assembler, enum intake_type type,
	size_t *at, struct span *content);

/* Takes one name-value pair, without a zero in it, off all of them; false if
 * there is no whole one. */
bool intake_pair(struct span *rest, struct span *name, struct span *value);

#endif
