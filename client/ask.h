#ifndef TIDINGS_ASK_H
#define TIDINGS_ASK_H
/*
 * ask - one GET with its answer as JSON; what answers mean
 */
#include <stdbool.h>
#include <stdint.h>

#include "client/http.h"
#include "client/outcome.h"
#include "lib/buf.h"

struct json_object;

/* The answer to GET `path`, freed by the caller with json_free.  NULL after a
 * sentence; *outcome then is not OUT_OK. */
struct json_object *ask(
	struct http *http, const char *path, enum outcome *outcome);

/* Says that the answer from `path` cannot be read; returns OUT_TROUBLE. */
enum outcome ask_is_no_answer(const struct http *http, const char *path);
/* Says why the request failed (`answer` is not OUT_OK), in the server's own
 * words if it has any, after `what`.  Returns the answer's outcome. */
enum outcome ask_refused(const struct http_answer *answer, const char *what);

/* Does `answer` say that the POST is stored?  `lines` is how many events were
 * sent as lines, 0 if the POST was one event.  `id`, unless NULL, becomes that
 * of the last event. */
bool ask_is_stored(
	const struct http_answer *answer, uint64_t lines, struct buf *id);

#endif
