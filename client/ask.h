#ifndef TIDINGS_ASK_H
#define TIDINGS_ASK_H
/*
 * ask - one question, its answer as JSON
 */
#include "client/http.h"
#include "client/outcome.h"

struct json_object;

/* What `path` answers, freed by the caller with json_free; also where it is a
 * 503 with JSON, which says why (*outcome is OUT_TROUBLE then).  NULL after a
 * sentence. */
struct json_object *ask(
	struct http *http, const char *path, enum outcome *outcome);

#endif
