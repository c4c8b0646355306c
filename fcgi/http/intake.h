/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_INTAKE_H
#define TIDINGS_FCGI_HTTP_INTAKE_H
/*
 * intake - the FastCGI records of one request, until all of them are there
 *
 *   WANTS      more bytes are needed
 *   COMPLETE   BEGIN, PARAMS and STDIN have come, each to its end
 *   REFUSED    this is nothing that libfcgi may see; `why` says what
 *
 * libfcgi 2.4.2 trusts its peer: a management record smashes its stack, a
 * false length in PARAMS ends the process, a request that stops half-way holds
 * whoever reads it.  So nothing is given to it before the whole request is here
 * and has been looked at.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

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

#endif
