/*
 * channels - those that are there, who listens, what is held
 */
#include <config.h>

#include "client/ask.h"
#include "client/http.h"
#include "client/listed.h"
#include "client/option.h"
#include "client/print.h"
#include "client/url.h"
#include "client/verbs.h"
#include "lib/json.h"

static enum outcome print_list(struct json_object *list, bool head)
{
	enum outcome outcome;
	struct buf out = {0};

	if (head && !option_switch("json"))
		buf_printf(&out, "%s\n", listed_head);
	for (size_t i = 0; i < json_length(list); i++) {
		struct listed listed;

		listed_read(json_item(list, i), &listed);
		if (option_switch("json")) {
			json_write(json_item(list, i), &out);
			continue;
		}
		listed_add(&out, &listed);
		buf_add_char(&out, '\n');
	}
	outcome = print_bytes(buf_span(&out));
	buf_release(&out);
	return outcome;
}

/* *after becomes the last name of the list, or empty if nothing follows it. */
static void go_on(struct buf *after, struct json_object *list, bool more)
{
	struct listed listed;

	buf_clear(after);
	if (!more)
		return;
	listed_read(json_item(list, json_length(list) - 1), &listed);
	buf_add_span(after, listed.name);
}

/* One page of names after *after; empty is the first, and says that this was
 * the last one. */
static enum outcome print_page(struct http *http, struct buf *after)
{
	struct json_object *answer, *list;
	enum outcome outcome;
	struct buf path = {0};
	bool more = false;

	buf_add_span(&path, span_of("/api/channels?limit=1000&after="));
	url_encode(&path, buf_span(after));
	buf_add_char(&path, '\0');
	answer = ask(http, path.at, &outcome);
	list = listed_page(answer, &more);
	if (outcome == OUT_OK && list == NULL)
		outcome = ask_is_no_answer(http, path.at);
	if (outcome == OUT_OK)
		outcome = print_list(list, after->len == 0);
	go_on(after, list, more && outcome == OUT_OK);
	json_free(answer);
	buf_release(&path);
	return outcome;
}

static enum outcome run_channels(void)
{
	struct http *http = http_new();
	enum outcome outcome = http == NULL ? OUT_USAGE : OUT_OK;
	struct buf after = {0};

	while (outcome == OUT_OK) {
		outcome = print_page(http, &after);
		if (after.len == 0)
			break;
	}
	buf_release(&after);
	http_free(http);
	return outcome;
}

static const struct option_row channels_rows[] = {
	{"json", 'j', SWITCH, NULL, NULL, "a JSON object per line"},
	{0},
};

const struct verb verb_channels = {
	.name = "channels",
	.arguments = "",
	.summary = "list the channels, who listens, and what is held",
	.rows = channels_rows,
	.most = 0,
	.run = run_channels,
};
