/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/publisher.h"

#include "client/http/backoff.h"
#include "client/http/get_json.h"
#include "client/http/interrupt.h"
#include "client/http/url.h"
#include "client/option/option.h"

static void make_path(struct publisher *publisher, bool lines)
{
	struct buf *path = &publisher->path;
	const char *type = option_text("event");
	char separator = '?';
	struct span also;

	buf_clear(path);
	buf_add_span(path, span_of("/realtime/"));
	url_encode(path, span_of(publisher->channel));
	if (lines) {
		buf_add_span(path, span_of("?lines=1"));
		separator = '&';
	}
	if (type != NULL) {
		buf_printf(path, "%cevent=", separator);
		url_encode(path, span_of(type));
		separator = '&';
	}
	for (size_t i = 0; option_item("also", i, &also); i++) {
		buf_printf(path, "%calso=", separator);
		url_encode(path, also);
		separator = '&';
	}
	if (option_text("ttl") != NULL) {
		buf_printf(path, "%cttl=", separator);
		url_encode(path, span_of(option_text("ttl")));
		separator = '&';
	}
	if (publisher->id.len > 0) {
		buf_printf(path, "%cid=", separator);
		url_encode(path, buf_span(&publisher->id));
		if (lines)
			buf_printf(path, "-%u", publisher->batches);
	}
	buf_add_char(path, '\0');
}

static bool may_help(const struct http_answer *answer)
{
	return answer->exit_status == EXIT_AWAY ||
	       answer->exit_status == EXIT_TROUBLE || answer->status == 429;
}

static enum exit_status no_answer(const struct publisher *publisher)
{
	return fail(EXIT_TROUBLE,
		"%s: the answer is not from Tidings; perhaps nothing was "
		"published",
		http_url(publisher->http));
}

enum exit_status publisher_post(
	struct publisher *publisher, struct span body, uint64_t lines)
{
	struct http_request request = {.method = "POST", .body = body};
	struct http_answer answer = {0};
	enum exit_status exit_status;
	bool told = false;

	make_path(publisher, lines > 0);
	request.path = publisher->path.at;
	for (unsigned tries = 1;; tries++) {
		http_perform(publisher->http, &request, &answer);
		if (interrupt_caught() || !option_switch("retry") ||
			!may_help(&answer))
			break;
		if (!told)
			say("%s; trying again", answer.sentence.at);
		told = true;
		backoff_wait(answer.retry_after_ms > 0 ? answer.retry_after_ms
						       : backoff_ms(tries),
			0);
		if (interrupt_caught())
			break;
	}
	if (answer.interrupted ||
		(interrupt_caught() && answer.exit_status != EXIT_OK))
		exit_status =
			fail(EXIT_AWAY, "interrupted: the message may or may "
					"not have been published");
	else if (answer.exit_status != EXIT_OK)
		exit_status = get_json_refused(&answer, "not published: ");
	else if (get_json_is_stored(&answer, lines, &publisher->last))
		exit_status = EXIT_OK;
	else
		exit_status = no_answer(publisher);
	answer_release(&answer);
	return exit_status;
}
