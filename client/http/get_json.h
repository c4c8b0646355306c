/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_GET_JSON_H
#define TIDINGS_CLIENT_HTTP_GET_JSON_H
/*
 * get_json - one GET with its answer as JSON; what answers mean
 */
#include <stdbool.h>
#include <stdint.h>

#include "client/exit_status.h"
#include "client/http/http.h"
#include "lib/buf.h"

struct json_object;

/* The answer to GET `path`, freed by the caller with json_free.  NULL after a
 * sentence; *exit_status then is not EXIT_OK. */
struct json_object *get_json(
	struct http *http, const char *path, enum exit_status *exit_status);

/* Says that the answer from `path` cannot be read; returns EXIT_TROUBLE. */
enum exit_status get_json_unreadable(const struct http *http, const char *path);
/* Says why the request failed (`answer` is not EXIT_OK), in the server's own
 * words if it has any, after `what`.  Returns the answer's exit status. */
enum exit_status get_json_refused(
	const struct http_answer *answer, const char *what);

/* Does `answer` say that the POST is stored?  `lines` is how many events were
 * sent as lines, 0 if the POST was one event.  `id`, unless NULL, becomes that
 * of the last event. */
bool get_json_is_stored(
	const struct http_answer *answer, uint64_t lines, struct buf *id);

#endif
