#ifndef TIDINGS_ASK_H
#define TIDINGS_ASK_H
/*
 * ask - one question, its answer as JSON; what answers mean
 */
#include <stdbool.h>
#include <stdint.h>

#include "client/http.h"
#include "client/outcome.h"
#include "lib/buf.h"

struct json_object;

/* What `path` answers, freed by the caller with json_free.  NULL after a
 * sentence. */
struct json_object *ask(
	struct http *http, const char *path, enum outcome *outcome);

/* Says that what came from there cannot be read; OUT_TROUBLE. */
enum outcome ask_is_no_answer(const struct http *http, const char *path);
/* Says why `answer`, which is not OUT_OK, is none, in the server's own words if
 * it has any; `what` stands before it.  Returns its outcome. */
enum outcome ask_refused(const struct http_answer *answer, const char *what);

/* Does `answer` (to a POST) say that it is stored?  `lines` is how many events
 * were sent as lines, 0 if it was one event; `id`, unless NULL, becomes the
 * last one's. */
bool ask_is_stored(
	const struct http_answer *answer, uint64_t lines, struct buf *id);

#endif
