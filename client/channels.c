/*
 * channels - those that are there, who listens, what is held
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "client/ask.h"
#include "client/http.h"
#include "client/print.h"
#include "client/safe.h"
#include "client/url.h"
#include "client/verbs.h"
#include "lib/json.h"

static void add_channel(struct buf *out, struct json_object *channel)
{
	struct span name = {0}, newest = span_of("-");
	struct buf safe = {0};

	json_text(channel, "channel", &name);
	json_text(channel, "newest", &newest);
	safe_add(&safe, name);
	buf_printf(out, "%-24.*s %11" PRIu64 " %11" PRIu64 "  ", (int)safe.len,
		safe.at, json_number(channel, "subscribers"),
		json_number(channel, "events"));
	safe_add(out, newest);
	buf_add_char(out, '\n');
	buf_release(&safe);
}

/* One page of names; *after is the last of them, empty after the last page. */
static enum outcome print_page(struct http *http, struct buf *after)
{
	struct buf path = {0}, out = {0};
	struct json_object *answer, *list;
	enum outcome outcome;

	buf_add_span(&path, span_of("/api/channels?limit=1000&after="));
	url_encode(&path, buf_span(after));
	buf_add_char(&path, '\0');
	answer = ask(http, path.at, &outcome);
	list = json_member(answer, "channels");
	if (after->len == 0 && outcome == OUT_OK && !option_switch("json"))
		buf_printf(&out, "%-24s %11s %11s  %s\n", "channel",
			"subscribers", "events", "newest");
	buf_clear(after);
	for (size_t i = 0; i < json_length(list); i++) {
		struct span name = {0};

		if (option_switch("json"))
			json_write(json_item(list, i), &out);
		else
			add_channel(&out, json_item(list, i));
		json_text(json_item(list, i), "channel", &name);
		buf_clear(after);
		buf_add_span(after, name);
	}
	if (!json_is_true(answer, "more"))
		buf_clear(after);
	if (outcome == OUT_OK)
		outcome = print_bytes(buf_span(&out));
	json_free(answer);
	buf_release(&path);
	buf_release(&out);
	return outcome;
}

static enum outcome run_channels(const struct verb *verb)
{
	struct http *http = http_new();
	enum outcome outcome = http == NULL ? OUT_USAGE : OUT_OK;
	struct buf after = {0};

	(void)verb;
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
