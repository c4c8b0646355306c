/* SPDX-License-Identifier: MIT */
/*
 * cursor - where the log is now, as a place to begin at
 */
#include <config.h>

#include "client/http/get_json.h"
#include "client/http/http.h"
#include "client/option/option.h"
#include "client/show/print.h"
#include "client/verbs.h"
#include "lib/json/json.h"

static const char path[] = "/api/cursor";

static enum exit_status print_cursor(struct http *http)
{
	enum exit_status exit_status;
	struct json_object *answer = get_json(http, path, &exit_status);
	struct buf line = {0};
	struct span id;

	if (exit_status == EXIT_OK && !json_text(answer, "id", &id))
		exit_status = get_json_unreadable(http, path);
	if (exit_status == EXIT_OK) {
		buf_add_span(&line, id);
		buf_add_char(&line, '\n');
		exit_status = print_text(buf_span(&line));
	}
	buf_release(&line);
	json_free(answer);
	return exit_status;
}

static enum exit_status run_cursor(void)
{
	struct http *http = http_new();
	enum exit_status exit_status =
		http == NULL ? EXIT_USAGE : print_cursor(http);

	http_free(http);
	return exit_status;
}

const struct verb verb_cursor = {
	.name = "cursor",
	.arguments = "",
	.summary = "print the id of now, to begin at later",
	.more = "Whatever is published after this has ended has a higher id.  "
		"So what begins at\n"
		"it, by --since here or by ?since= in a URL, misses nothing "
		"since.",
	.examples = "tidings cursor\n"
		    "tidings --url https://site.example/tidings cursor",
	.group = "See what is there",
	.run = run_cursor,
};
