#include <config.h>

#include "client/ask.h"

#include "lib/json.h"

struct json_object *ask(
	struct http *http, const char *path, enum outcome *outcome)
{
	struct http_request request = {.path = path};
	struct http_answer answer = {0};
	struct json_object *object;

	http_perform(http, &request, &answer);
	object = json_parse(buf_span(&answer.body));
	*outcome = answer.outcome;
	if (answer.outcome != OUT_OK && answer.status != 503) {
		fail(answer.outcome, "%s", answer.sentence.at);
		json_free(object);
		object = NULL;
	} else if (object == NULL) {
		*outcome =
			fail(OUT_TROUBLE, "%s%s: that is no answer of Tidings",
				http_url(http), path);
	}
	answer_release(&answer);
	return object;
}
