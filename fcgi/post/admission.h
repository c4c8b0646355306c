/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_ADMISSION_H
#define TIDINGS_FCGI_POST_ADMISSION_H
/*
 * admission - may this POST publish, and is its body there?
 *
 * In this order: by what it shows, by how much was published of late, by the
 * body's length.  Each returns a fault: status 0 if there is none.
 */
#include "fcgi/post/fault.h"
#include "lib/span.h"

struct post;
struct publisher;
struct request;

/* On what it may publish is asked later, once that is known: `publisher` is to
 * be released, also after a fault. */
struct fault admission_ask(const struct post *post,
	const struct request *request, struct publisher *publisher);
/* Likewise, where only a token counts. */
struct fault admission_ask_token(const struct post *post,
	const struct request *request, struct publisher *publisher);
/* Likewise, where a body says nothing. */
struct fault admission_ask_bare(const struct post *post,
	const struct request *request, struct publisher *publisher);

/* On this channel, and on all that the traits name, or on none. */
struct fault admission_on(const struct publisher *publisher,
	struct span channel, struct span traits);

#endif
