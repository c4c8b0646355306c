/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/request.h"

#include <stdlib.h>

#include "client/option/option.h"

static void add_token(void (*add)(void *arg, const char *line), void *arg)
{
	const char *token = option_text("token");
	struct buf line = {0};

	if (token == NULL || *token == '\0')
		return;
	buf_printf(&line, "Authorization: Bearer %s", token);
	buf_add_char(&line, '\0');
	add(arg, line.at);
	buf_release(&line);
}

void request_lines(const struct http_request *request,
	void (*add)(void *arg, const char *line), void *arg)
{
	struct span header;

	/* Without these curl would wait for a "100 Continue", and call a body
	 * a form. */
	add(arg, "Expect:");
	add(arg, request->type != NULL
			 ? request->type
			 : "Content-Type: application/octet-stream");
	add_token(add, arg);
	for (size_t i = 0; option_item("header", i, &header); i++) {
		char *line = mem_text(header);

		add(arg, line);
		free(line);
	}
	for (size_t i = 0; request->headers != NULL && request->headers[i]; i++)
		add(arg, request->headers[i]);
}

static uint64_t deadline_ms(const struct http_request *request)
{
	if (request->deadline_ms != 0)
		return request->deadline_ms;
	return request->bytes == NULL ? REQUEST_ANSWER_MS : 0;
}

bool request_is_late(const struct http_request *request, uint64_t began,
	uint64_t heard, uint64_t now, const char *url,
	struct http_answer *answer)
{
	uint64_t most = deadline_ms(request), silence = request->silence_ms;

	if (most != 0 && now - began > most * 1000)
		buf_printf(&answer->sentence,
			"%s: no complete answer came in time", url);
	else if (silence != 0 && now - heard > silence * 1000)
		buf_printf(&answer->sentence,
			"%s: the stream has fallen silent", url);
	else
		return false;
	answer->exit_status = EXIT_AWAY;
	return true;
}
