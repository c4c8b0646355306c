/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_SUBMISSION_H
#define TIDINGS_FCGI_POST_SUBMISSION_H
/*
 * submission - what a POST says, read and checked, before the hub has seen it
 *
 * Spans borrow from the body they were read from or from the submission's own
 * texts.  All zero is a submission without anything; set `channel` to the
 * default and `now` first.  Each submission_ function returns a fault: status 0
 * if there is none.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/http/spelling.h"
#include "fcgi/post/fault.h"
#include "fcgi/uplink/publishes.h"
#include "lib/buf.h"
#include "lib/span.h"

enum {
	SUBMISSION_LINES_MAX = 10000, /* events of one ?lines=1; more is a 413:
					 others wait for that transaction */
	FAULT_SENTENCE = 200,
};

/* Which of its texts holds what. */
enum {
	SUBMISSION_CHANNEL,
	SUBMISSION_TYPE,
	SUBMISSION_KEY,
	SUBMISSION_DATA,
	SUBMISSION_TRAITS,
	SUBMISSION_TEXTS,
};

struct submission {
	struct span channel;
	struct span type; /* empty if "message" was given: the same event */
	struct span key;
	struct span traits; /* of each item; also.h */
	struct item *items;
	uint32_t count;
	uint64_t now; /* ms since 1970, for a timestamp that is missing */
	struct buf texts[SUBMISSION_TEXTS]; /* what had to be decoded or
					       composed */
	char sentence[FAULT_SENTENCE]; /* of a fault that names a position */
};

void submission_release(struct submission *submission);

/* ?event= and ?id=. */
struct fault submission_queried(
	struct submission *submission, struct span query);
/* What `channel=` in the query says must be the channel that it is published
 * on, which is known by now. */
struct fault submission_check_query(
	struct submission *submission, struct span query);
/* What is nearly a parameter of a publish, and is none, is a fault. */
struct fault submission_check_words(
	struct submission *submission, struct span query);
/* The body as the data of one event, or of one a line.  A line ends with LF or
 * CRLF, the last one also without; an empty line is an event with empty data.
 * A CR that no LF follows is data, at the very end of the body, too. */
struct fault submission_body(struct submission *submission, struct span body,
	bool lines, size_t max_event);
/* ---- for who reads a body of another kind (object.h) */

/* A 400 of this code and sentence. */
struct fault submission_misspelt(struct submission *submission,
	const char *code, const struct misspelt *misspelt);

/* Its data is in the texts, or borrowed as the body is. */
struct fault submission_add(struct submission *submission, struct span data,
	struct digest digest, size_t max_event);
/* For its key; all zero without one. */
struct digest submission_digest(
	const struct submission *submission, struct span data);
struct fault submission_check_channel(const struct submission *submission);
struct fault submission_check_type(struct submission *submission);
struct fault submission_check_key(const struct submission *submission);
/* A 400 that says at which byte of the body. */
struct fault submission_bad_at(struct submission *submission, const char *code,
	const char *sentence, size_t at);

#endif
