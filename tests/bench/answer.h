/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_BENCH_ANSWER_H
#define TIDINGS_TESTS_BENCH_ANSWER_H
/*
 * answer - what a server says to one POST
 *
 * As much of HTTP/1.1 as tells where an answer ends: Content-Length, chunks
 * (nothing but the last one is looked for), or no body.
 */
#include <stdbool.h>
#include <stddef.h>

enum { ANSWER_MAX = 8192 }; /* a longer one ends the process */

enum answer_progress { ANSWER_PART, ANSWER_WHOLE, ANSWER_CUT };

struct answer {
	size_t got;
	char text[ANSWER_MAX + 1];
};

void answer_clear(struct answer *answer);

/* Reads what `fd` has.  CUT: it has ended, or failed. */
enum answer_progress answer_take(struct answer *answer, int fd);

/* Of a whole one: is its status 2xx, and does the server hang up? */
bool answer_is_good(const struct answer *answer);
bool answer_is_last(const struct answer *answer);

#endif
