/* SPDX-License-Identifier: MIT */
/*
 * delete - takes back what was published: one event, or all that a channel has
 *
 * A person is asked first.
 */
#include <config.h>

#include <string.h>

#include "client/http/get_json.h"
#include "client/http/http.h"
#include "client/http/interrupt.h"
#include "client/http/url.h"
#include "client/option/option.h"
#include "client/show/print.h"
#include "client/verb/prompt.h"
#include "client/verbs.h"
#include "lib/escape.h"
#include "lib/json/json.h"

static void put_what(struct buf *out)
{
	if (argument(1) != NULL) {
		buf_add_span(out, span_of("event "));
		escape_add(out, span_of(argument(1)));
		buf_add_span(out, span_of(" of "));
	} else {
		buf_add_span(out, span_of("all events of "));
	}
	escape_add(out, span_of(argument(0)));
}

/* *exit_status: why it could not be asked. */
static bool is_meant(enum exit_status *exit_status)
{
	struct buf question = {0}, input = {0}, line = {0};
	bool yes;

	if (option_switch("yes") || !prompt_possible())
		return true;
	buf_add_span(&question, span_of("delete "));
	put_what(&question);
	buf_add_span(&question, span_of(" for everybody? [y/N]"));
	buf_add_char(&question, '\0');
	yes = prompt_line(question.at, &input, &line, exit_status) &&
	      (span_is(buf_span(&line), "y") ||
		      span_is(buf_span(&line), "yes"));
	buf_release(&question);
	buf_release(&input);
	buf_release(&line);
	if (!yes && *exit_status == EXIT_OK)
		*exit_status = fail(EXIT_FAILED, "nothing was deleted");
	return yes;
}

static void make_path(struct buf *path)
{
	buf_add_span(path, span_of("/api/channels/"));
	url_encode(path, span_of(argument(0)));
	if (argument(1) != NULL) {
		buf_add_span(path, span_of("/events/"));
		url_encode(path, span_of(argument(1)));
	}
	buf_add_char(path, '\0');
}

static enum exit_status tell(
	const struct http *http, const struct http_answer *answer)
{
	struct json_object *body = json_parse(buf_span(&answer->body));
	struct span status = {0}, id = {0};
	enum exit_status exit_status = EXIT_OK;
	struct buf out = {0};

	json_text(body, "status", &status);
	if (!span_is(status, "deleted") || !json_text(body, "id", &id))
		exit_status = fail(EXIT_TROUBLE,
			"%s: the answer is not from Tidings; perhaps nothing "
			"was deleted",
			http_url(http));
	buf_add_span(&out, id);
	buf_add_char(&out, '\n');
	if (exit_status == EXIT_OK && !option_switch("quiet"))
		exit_status = print_text(buf_span(&out));
	buf_release(&out);
	json_free(body);
	return exit_status;
}

static enum exit_status delete_it(struct http *http)
{
	struct http_request request = {.method = "DELETE"};
	struct http_answer answer = {0};
	enum exit_status exit_status;
	struct buf path = {0};

	make_path(&path);
	request.path = path.at;
	http_perform(http, &request, &answer);
	if (answer.interrupted ||
		(interrupt_caught() && answer.exit_status != EXIT_OK))
		exit_status = fail(EXIT_AWAY,
			"interrupted: it may or may not have been deleted");
	else if (answer.exit_status != EXIT_OK)
		exit_status = get_json_refused(&answer, "not deleted: ");
	else
		exit_status = tell(http, &answer);
	answer_release(&answer);
	buf_release(&path);
	return exit_status;
}

static enum exit_status run_delete(void)
{
	enum exit_status exit_status = EXIT_OK;
	const char *name = argument(0);
	struct http *http;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return fail(EXIT_USAGE,
			"channel \"%s\": a URL's path cannot name it, so "
			"nothing is there",
			name);
	http = http_new();
	if (http == NULL)
		return EXIT_USAGE;
	interrupt_catch();
	if (is_meant(&exit_status))
		exit_status = delete_it(http);
	http_free(http);
	if (interrupt_caught() && exit_status == EXIT_OK)
		interrupt_die();
	return exit_status;
}

static const struct option_row rows[] = {
	{"yes", 'y', SWITCH, NULL, NULL, "do not ask"},
	{0},
};

const struct verb verb_delete = {
	.name = "delete",
	.arguments = "CHANNEL [ID]",
	.summary = "delete an event, or all that a channel has",
	.more = "An event is named by the id that it is shown with; one that "
		"was published on\nseveral channels goes from all of them.  On "
		"a terminal it asks first.",
	.examples = "tidings delete alerts 1796065039086399\n"
		    "tidings delete users/42 --yes",
	.group = "Publish and listen",
	.rows = rows,
	.least = 1,
	.most = 2,
	.run = run_delete,
};
