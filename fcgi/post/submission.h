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

#include "fcgi/uplink/publishes.h"
#include "lib/buf.h"
#include "lib/span.h"

enum {
	SUBMISSION_LINES_MAX =
		100000, /* events of one ?lines=1; more is a 413 */
	FAULT_SENTENCE = 200,
};

struct fault {
	unsigned status; /* 0 = nothing is wrong */
	const char *code;
	const char *sentence;
};

struct submission {
	struct span channel;
	struct span type; /* empty if "message" was given: the same event */
	struct span key;
	struct item *items;
	uint32_t count;
	uint64_t now; /* ms since 1970, for a timestamp that is missing */
	struct buf texts[4];	       /* what had to be decoded or composed */
	char sentence[FAULT_SENTENCE]; /* of a fault that names a position */
};

void submission_release(struct submission *submission);

/* ?event= and ?id=. */
struct fault submission_queried(
	struct submission *submission, struct span query);
/* The body as the data of one event, or of one a line.  A line ends with LF or
 * CRLF, the last one also without; an empty line is an event with empty data.
 * A CR that no LF follows is data, at the very end of the body, too. */
struct fault submission_body(struct submission *submission, struct span body,
	bool lines, size_t max_event);
/* A JSON object: `message` and whatever else is the data; channel, event and
 * id are taken out, a timestamp is added if there is none. */
struct fault submission_object(
	struct submission *submission, struct span body, size_t max_event);
/* A JSON object whose `message` is a text: that is the data. */
struct fault submission_message(
	struct submission *submission, struct span body, size_t max_event);

#endif
