/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_ANSWER_H
#define TIDINGS_CLIENT_HTTP_ANSWER_H
/*
 * answer - the result of a request
 */
#include <stdbool.h>
#include <stdint.h>

#include "client/exit_status.h"
#include "lib/buf.h"

/* All zero is a valid answer. */
struct http_answer {
	enum exit_status exit_status; /* EXIT_OK = 200 to 299 */
	long status;		      /* 0 = none came */
	struct buf body;	      /* of any answer not given to `bytes` */
	struct buf type;	      /* Content-Type, terminated; as are ... */
	struct buf server;	      /* Server */
	struct buf origin;	      /* Access-Control-Allow-Origin */
	uint64_t date; /* of the server's clock, s since 1970; 0 = not said */
	uint64_t retry_after_ms;
	struct buf sentence; /* what went wrong, terminated */
	bool interrupted;    /* by a signal, or by `bytes` */
	double seconds;	     /* until the answer's first byte */
	bool http2;	     /* it came by HTTP/2 */
};

void answer_release(struct http_answer *answer);
/* Sets exit status and sentence by the status; the sentence names `url` and
 * `path`. */
void answer_judge(
	struct http_answer *answer, const char *url, const char *path);

/* What the user can do about it, to stand behind the sentence: "; is ...".  ""
 * if nobody knows.  `told`: the server has said why, in words of its own. */
const char *answer_advice(const struct http_answer *answer, bool told);

#endif
