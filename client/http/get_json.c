/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/get_json.h"

#include "lib/json/json.h"

enum exit_status get_json_unreadable(const struct http *http, const char *path)
{
	return fail(EXIT_TROUBLE, "%s%s: the answer is not from Tidings",
		http_url(http), path);
}

enum exit_status get_json_refused(
	const struct http_answer *answer, const char *what)
{
	struct json_object *body = json_parse(buf_span(&answer->body));
	struct span message = {0};

	json_text(body, "message", &message);
	fail(answer->exit_status, "%s%s%s%.*s%s", what, answer->sentence.at,
		message.len > 0 ? ": " : "", (int)message.len, message.at,
		answer_advice(answer, message.len > 0));
	json_free(body);
	return answer->exit_status;
}

struct json_object *get_json(
	struct http *http, const char *path, enum exit_status *exit_status)
{
	struct http_request request = {.path = path};
	struct http_answer answer = {0};
	struct json_object *object = NULL;

	http_perform(http, &request, &answer);
	if (answer.exit_status == EXIT_OK)
		object = json_parse(buf_span(&answer.body));
	if (answer.exit_status != EXIT_OK)
		*exit_status = get_json_refused(&answer, "");
	else if (object == NULL)
		*exit_status = get_json_unreadable(http, path);
	else
		*exit_status = EXIT_OK;
	answer_release(&answer);
	return object;
}

/* Only lines are counted. */
static bool counts(struct json_object *body, uint64_t lines)
{
	uint64_t count;

	return lines == 0 ||
	       (json_number(body, "count", &count) && count == lines);
}

bool get_json_is_stored(
	const struct http_answer *answer, uint64_t lines, struct buf *id)
{
	struct json_object *body = json_parse(buf_span(&answer->body));
	struct span text = {0};
	uint64_t number;
	bool good;

	good = json_id(body, "id", &number) && number > 0 &&
	       json_text(body, "id", &text) && counts(body, lines);
	if (good && id != NULL) {
		buf_clear(id);
		buf_add_span(id, text);
	}
	json_free(body);
	return good;
}
