#ifndef TIDINGS_ANSWER_H
#define TIDINGS_ANSWER_H
/*
 * answer - the result of a request
 */
#include <stdbool.h>
#include <stdint.h>

#include "client/outcome.h"
#include "lib/buf.h"

/* All zero is a valid answer. */
struct http_answer {
	enum outcome outcome; /* OUT_OK = 200 to 299 */
	long status;	      /* 0 = none came */
	struct buf body;      /* of any answer not given to `bytes` */
	struct buf type;      /* Content-Type, terminated; as are ... */
	struct buf server;    /* Server */
	struct buf origin;    /* Access-Control-Allow-Origin */
	uint64_t retry_after_ms;
	struct buf sentence; /* what went wrong, terminated */
	bool interrupted;    /* by a signal, or by `bytes` */
	double seconds;	     /* until the answer's first byte */
};

void answer_release(struct http_answer *answer);
/* Sets outcome and sentence by the status; the sentence names `url` and
 * `path`. */
void answer_judge(
	struct http_answer *answer, const char *url, const char *path);

#endif
