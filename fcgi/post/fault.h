/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_FAULT_H
#define TIDINGS_FCGI_POST_FAULT_H
/*
 * fault - why a POST is refused; plain data, its texts borrowed
 */
#include <stdbool.h>
#include <stddef.h>

#include "fcgi/guard/refusal.h"

struct deferred;
struct replies;
struct request;
struct stored;

struct fault {
	unsigned status; /* 0 = nothing is wrong */
	const char *code;
	const char *sentence;
	const char *headers; /* further lines of the answer's head, or NULL */
};

static inline struct fault fault_none(void)
{
	return (struct fault){0};
}

static inline struct fault fault_new(
	unsigned status, const char *code, const char *sentence)
{
	return (struct fault){status, code, sentence, NULL};
}

static inline struct fault fault_bad(const char *code, const char *sentence)
{
	return fault_new(400, code, sentence);
}

struct fault fault_of_word(enum access_word word);

/* Takes the request. */
void fault_reply(struct replies *replies, struct request *request,
	const struct fault *fault);
/* Answers whoever waits for the hub's word if nothing was stored, and takes
 * him; false if it was. */
bool fault_refuses(struct deferred *deferred, const struct stored *stored);

#endif
