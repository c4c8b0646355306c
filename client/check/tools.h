/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_CHECK_TOOLS_H
#define TIDINGS_CLIENT_CHECK_TOOLS_H
/*
 * tools - what `tidings check` tries, one after the other
 *
 * Each goes through the web server as browsers do, on a channel of its own.
 * What fails leaves a hint, which names the directive where the web server is
 * one that we know.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/http/http.h"
#include "lib/buf.h"

struct check {
	struct http *http;
	uint64_t patience_ms;	   /* a first event, an answer, an arrival */
	struct http_answer answer; /* of the last question */
	struct buf path, text;	   /* for the step at hand */
	char channel[32], server[32];
	bool http2;	  /* the server speaks it with us, so with browsers */
	struct buf heard; /* data of the last event that was heard */
	uint64_t heard_at;
	struct buf note;   /* on success: a figure; else what is wrong: a line
			      for each */
	bool warns;	   /* ... which is no failure */
	bool misplaced;	   /* Tidings answered that it is not at this address */
	const char *hint;  /* what to do about it; static, or NULL */
	struct buf advice; /* the same, in lines, if it is not static */
};

/* False after a sentence. */
bool check_open(struct check *check);
void check_close(struct check *check);

#endif
