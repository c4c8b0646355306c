/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_REQUEST_H
#define TIDINGS_CLIENT_HTTP_REQUEST_H
/*
 * request - a request to the server, and how long it may take
 */
#include <stdbool.h>
#include <stdint.h>

#include "client/http/answer.h"
#include "lib/span.h"

enum {
	REQUEST_CONNECT_MS = 10000,  /* to connect, TLS included */
	REQUEST_ANSWER_MS = 30000,   /* for an answer that is no stream */
	REQUEST_BODY_MAX = 64 << 20, /* bytes of it; more ends the request */
};

/* False ends the request. */
typedef bool request_bytes(void *arg, struct span bytes);

struct http_request {
	const char *method; /* NULL = GET */
	const char *path;   /* with its query, encoded */
	bool at_root;	    /* ... of the server, whatever the URL's own path */
	const char *type;   /* the line "Content-Type: ..."; NULL = octets */
	const char *const *headers; /* further lines, NULL-ended; or NULL */
	struct span body;	    /* of a POST */
	uint64_t withheld; /* a POST instead of `body`: so many bytes are said
			      to come, and none does */
	uint64_t deadline_ms; /* the whole of it; 0 = REQUEST_ANSWER_MS unless
				 `bytes` is given */
	uint64_t silence_ms;  /* longest time without a byte; 0 = any */
	request_bytes *bytes; /* a stream: gets the body of a 200 as it comes */
	void *arg;
};

/* Calls `add` with each header line of the request, those of --header included;
 * the line is borrowed for the call. */
void request_lines(const struct http_request *request,
	void (*add)(void *arg, const char *line), void *arg);

/* True if the server at `url` has used up its time; the answer then says so.
 * The request was sent at `began`, the last byte came at `heard` (monotonic
 * us). */
bool request_is_late(const struct http_request *request, uint64_t began,
	uint64_t heard, uint64_t now, const char *url,
	struct http_answer *answer);

#endif
