/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_HTTP_H
#define TIDINGS_CLIENT_HTTP_HTTP_H
/*
 * http - requests and streams to one server
 *
 * libcurl's room, together with transfer.c.  http_perform blocks until its
 * request has ended, its deadline has passed, or interrupt_caught(); http_start
 * and http_turn do the same for many at once.  An answer says what went wrong
 * by its exit status and a sentence; nothing is printed here.
 */
#include <stdbool.h>

#include "client/http/answer.h"
#include "client/http/request.h"

struct http;
struct transfer;

/* Takes --url, --user and the like from the options; NULL after a sentence if
 * the URL will not do. */
struct http *http_new(void);
void http_free(struct http *http);
const char *http_url(const struct http *http); /* without a slash at its end */

/* `answer` is all zero or one used before. */
void http_perform(struct http *http, const struct http_request *request,
	struct http_answer *answer);

/* ---- many at once.  `request` and `answer` stay the caller's and must be
 * there until http_stop. */
struct transfer *http_start(struct http *http,
	const struct http_request *request, struct http_answer *answer);
/* Works for at most `ms`; returns once something has happened. */
void http_turn(struct http *http, int ms);
/* http_turn() returns also once this can be read; -1: nothing else. */
void http_watch(struct http *http, int fd);
/* The answer is complete: it ended, was late, or interrupted. */
bool http_is_done(const struct transfer *transfer);
/* Ends it, wherever it is. */
void http_stop(struct transfer *transfer);

#endif
