/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_PARSE_H
#define TIDINGS_FCGI_HTTP_PARSE_H
/*
 * parse - collected FastCGI records become a request
 *
 * libfcgi's room.
 */
struct assembler;
struct parser;
struct request;

struct parser *parser_new(void);
void parser_free(struct parser *parser);

/* Reads what an assembler has that is COMPLETE.  The request has no descriptor
 * yet and is the caller's. */
struct request *parser_read(
	struct parser *parser, const struct assembler *assembler);

#endif
