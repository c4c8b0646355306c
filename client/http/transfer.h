/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_TRANSFER_H
#define TIDINGS_CLIENT_HTTP_TRANSFER_H
/*
 * transfer - one request in libcurl's hands
 *
 * http.c and transfer.c are libcurl's room: nobody else includes this.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/http/answer.h"
#include "client/http/request.h"

struct http;

struct transfer {
	struct transfer *next;
	struct http *owner; /* these two are its owner's */
	CURLM *multi;
	CURL *easy;
	struct curl_slist *lines;
	const char *url; /* of the server; borrowed */
	const struct http_request *request;
	struct http_answer *answer;
	uint64_t began, heard; /* monotonic us */
	bool too_long, done;
	char error[CURL_ERROR_SIZE];
};

/* Begins a request to the server at `url` among those of `multi`.  The answer
 * becomes empty; it and the request stay the caller's. */
struct transfer *transfer_new(CURLM *multi, const char *url,
	const struct http_request *request, struct http_answer *answer);
/* Ends it, wherever it is. */
void transfer_free(struct transfer *transfer);

/* curl has ended it: says in the answer what came of it. */
void transfer_judge(struct transfer *transfer, CURLcode code);
/* True, and the answer says so, if the server has had its time. */
bool transfer_is_late(struct transfer *transfer);
/* Takes it from curl; the answer is complete.  Idempotent. */
void transfer_end(struct transfer *transfer);

#endif
