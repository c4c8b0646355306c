/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_BENCH_ASKED_H
#define TIDINGS_TESTS_BENCH_ASKED_H
/*
 * asked - one request, as a web server says it in FastCGI records
 *
 * Nothing of it is checked: whoever sends it is trusted.
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

struct asked {
	bool post;
	bool keep;	 /* the connection is for further ones */
	struct span uri; /* in params */
	struct buf params, body;
};

/* Takes a request out of `in` into `asked`, which is all zero; false if it is
 * not whole yet.  Either way it is to be released. */
bool asked_read(struct asked *asked, struct buf *in);
void asked_release(struct asked *asked);

#endif
