/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/refusal.h"

#include "client/exit_status.h"
#include "client/http/http.h"
#include "lib/json/json.h"

enum { ASK_MS = 5000 };

static bool ignore(void *arg, struct span bytes)
{
	(void)arg;
	(void)bytes;
	return false;
}

void refusal_say(struct http *http, const char *path)
{
	static const char *const no_stream[] = {
		"Accept: application/json", NULL};
	const struct http_request request = {.path = path,
		.headers = no_stream,
		.silence_ms = ASK_MS,
		.deadline_ms = ASK_MS,
		.bytes = ignore};
	struct http_answer answer = {0};
	struct json_object *body;
	struct span message = {0};

	http_perform(http, &request, &answer);
	body = json_parse(buf_span(&answer.body));
	if (answer.status >= 400)
		json_text(body, "message", &message);
	if (message.len > 0)
		say("%.*s; reconnecting", (int)message.len, message.at);
	else
		say("the stream has ended; reconnecting");
	json_free(body);
	answer_release(&answer);
}
