/*
 * channels, status - what is going on at the server
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "client/http.h"
#include "client/print.h"
#include "client/safe.h"
#include "client/verbs.h"
#include "lib/json.h"

/* ---- asking */

/* The answer as JSON, freed by the caller; NULL after a sentence. */
static struct json_object *ask(
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
	http_answer_release(&answer);
	return object;
}

/* ---- channels */

static void add_channel(struct buf *out, struct json_object *channel)
{
	struct span name = {0}, newest = span_of("-");
	struct buf safe = {0};

	json_text(channel, "channel", &name);
	json_text(channel, "newest", &newest);
	safe_add(&safe, name);
	buf_printf(out, "%-24.*s %11" PRIu64 " %11" PRIu64 "  %.*s\n",
		(int)safe.len, safe.at, json_number(channel, "subscribers"),
		json_number(channel, "events"), (int)newest.len, newest.at);
	buf_release(&safe);
}

/* One page of names; *after is the last of them, empty after the last page. */
static enum outcome print_page(struct http *http, struct buf *after)
{
	struct buf path = {0}, out = {0};
	struct json_object *answer, *list;
	enum outcome outcome;

	buf_add_span(&path, span_of("/api/channels?limit=1000&after="));
	http_encode(&path, buf_span(after));
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

/* ---- status */

static enum outcome run_status(const struct verb *verb)
{
	struct http *http = http_new();
	struct json_object *health;
	struct span status = span_of("?"), reason = {0};
	enum outcome outcome = OUT_USAGE;
	struct buf out = {0};

	(void)verb;
	health = http == NULL ? NULL : ask(http, "/health", &outcome);
	if (health != NULL) {
		json_text(health, "status", &status);
		json_text(health, "reason", &reason);
		buf_printf(&out, "%.*s%s%.*s\n", (int)status.len, status.at,
			reason.len > 0 ? ": " : "", (int)reason.len, reason.at);
		print_bytes(buf_span(&out));
	}
	json_free(health);
	buf_release(&out);
	http_free(http);
	return outcome;
}

const struct verb verb_status = {
	.name = "status",
	.arguments = "",
	.summary = "say how the server is",
	.most = 0,
	.run = run_status,
};
