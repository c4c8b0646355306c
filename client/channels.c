/*
 * channels - those that are there, who listens, what is held
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

/* A channel and its line of the list. */
struct row {
	char *name, *line;
};

struct list {
	struct buf rows;  /* struct row */
	struct buf after; /* where the next page begins; empty = no more */
};

static void add_row(struct list *list, struct json_object *channel)
{
	struct span name = {0};
	struct buf line = {0};
	struct row row;

	json_text(channel, "channel", &name);
	if (option_switch("json"))
		json_write(channel, &line);
	else
		add_channel(&line, channel);
	row.name = mem_text(name);
	row.line = mem_text(buf_span(&line));
	buf_add(&list->rows, &row, sizeof(row));
	buf_release(&line);
}

/* Pages come in the server's own order. */
static enum outcome read_page(struct http *http, struct list *list)
{
	struct json_object *answer, *channels;
	struct span next = {0};
	struct buf path = {0};
	enum outcome outcome;

	buf_add_span(&path, span_of("/api/channels?limit=1000&after="));
	url_encode(&path, buf_span(&list->after));
	buf_add_char(&path, '\0');
	answer = ask(http, path.at, &outcome);
	channels = json_member(answer, "channels");
	for (size_t i = 0; i < json_length(channels); i++)
		add_row(list, json_item(channels, i));
	buf_clear(&list->after);
	if (json_text(answer, "next", &next))
		buf_add_span(&list->after, next);
	json_free(answer);
	buf_release(&path);
	return outcome;
}

static int compare(const void *one, const void *other)
{
	const struct row *a = one, *b = other;

	return strcmp(a->name, b->name);
}

static enum outcome print_list(struct list *list)
{
	struct row *rows = (struct row *)(void *)list->rows.at;
	size_t count = list->rows.len / sizeof(*rows);
	struct buf out = {0};
	enum outcome outcome;

	if (count > 1)
		qsort(rows, count, sizeof(*rows), compare);
	if (!option_switch("json"))
		buf_printf(&out, "%-24s %11s %11s  %s\n", "channel",
			"subscribers", "events", "newest");
	for (size_t i = 0; i < count; i++)
		buf_add_span(&out, span_of(rows[i].line));
	outcome = print_bytes(buf_span(&out));
	buf_release(&out);
	return outcome;
}

static void list_release(struct list *list)
{
	struct row *rows = (struct row *)(void *)list->rows.at;

	for (size_t i = 0; i < list->rows.len / sizeof(*rows); i++) {
		free(rows[i].name);
		free(rows[i].line);
	}
	buf_release(&list->rows);
	buf_release(&list->after);
}

static enum outcome run_channels(const struct verb *verb)
{
	struct http *http = http_new();
	enum outcome outcome = http == NULL ? OUT_USAGE : OUT_OK;
	struct list list = {0};

	(void)verb;
	while (outcome == OUT_OK) {
		outcome = read_page(http, &list);
		if (list.after.len == 0)
			break;
	}
	if (outcome == OUT_OK)
		outcome = print_list(&list);
	list_release(&list);
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
