/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_CGI_RECORDS_H
#define TIDINGS_FCGI_HTTP_CGI_RECORDS_H
/*
 * cgi_records - a CGI request said in FastCGI, and the answer read back
 *
 * The web server's half of FastCGI 1.0, as far as our own acceptor needs it.
 * Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/span.h"

/* Appends the request's begin and its variables, as far as a request reads
 * them.  If SCRIPT_NAME, the URL of this program, ends in a name with a dot in
 * it, what follows it in REQUEST_URI is the address that is meant: of
 * "/cgi-bin/tidings.fcgi/stream" that is "/stream" below the base; otherwise
 * the web server has mapped an address of ours to us.  The body's pieces follow
 * (at most 65,535 bytes each); an empty one ends it. */
void cgi_say_request(
	struct buf *out, char *const *environment, const char *base);
void cgi_say_body(struct buf *out, struct span piece);

/* Appends what the whole records in `heard` say to `answer`; returns how many
 * bytes they were.  *ended is set by the request's end. */
size_t cgi_hear(struct buf *answer, struct span heard, bool *ended);

#endif
