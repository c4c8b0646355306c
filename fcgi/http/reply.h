/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_REPLY_H
#define TIDINGS_FCGI_HTTP_REPLY_H
/*
 * reply - an answer that ends
 *
 * Head, body and the request's end leave in one system call if the socket
 * takes them, as it nearly always does; what it does not take waits here.
 * Every reply takes the request: descriptor closed when all is sent, or kept
 * for the next one (kept.h), request freed.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/span.h"

struct buf;
struct loop;
struct counters;
struct replies;
struct unread;
struct request;

enum {
	REPLY_DEADLINE_MS = 10000, /* a web server that takes nothing of an
				      answer for so long is closed */
	REPLY_TOTAL_MS = 120000,   /* so is one that has not all of it then */
};

/* Counts them in `counters`, and what waits in `unread`; borrows all. */
struct replies *replies_new(
	struct loop *loop, struct counters *counters, struct unread *unread);
struct unread *replies_unread(const struct replies *replies);
void replies_free(struct replies *replies); /* closes what is still waiting */
size_t replies_count(const struct replies *replies);

struct answer {
	unsigned status;
	const char *type;    /* Content-Type; NULL = no body */
	const char *headers; /* further header lines, each ended by CRLF; NULL
				= none */
	const char *cache;   /* Cache-Control; NULL = nobody keeps it */
	struct span body;
	bool open; /* nobody knows how long it will be */
};

void reply(struct replies *replies, struct request *request,
	const struct answer *answer);
void reply_json(struct replies *replies, struct request *request,
	unsigned status, struct span body);

/* An answer {"error": code, "message": sentence}.  `reply_error_with` adds
 * header lines. */
void reply_error(struct replies *replies, struct request *request,
	unsigned status, const char *code, const char *message);
#define REPLY_RETRY "Retry-After: 1\r\n"
void reply_error_with(struct replies *replies, struct request *request,
	const char *headers, unsigned status, const char *code,
	const char *message);

/* 503: the hub is away, which `message` says. */
void reply_away(
	struct replies *replies, struct request *request, const char *message);

/* Appends the head of an answer, whose body somebody else sends. */
void reply_begin(struct replies *replies, const struct request *request,
	const struct answer *answer, struct buf *out);

/* Ends a request that nobody reads any more: its end record and nothing else,
 * which keeps the web server's log clean. */
void reply_end(struct request *request);

#endif
