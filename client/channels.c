/*
 * channels - those that are there, who listens, what is held
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "client/ask.h"
#include "client/http.h"
#include "client/listed.h"
#include "client/option.h"
#include "client/print.h"
#include "client/url.h"
#include "client/verbs.h"
#include "lib/json.h"

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
	struct listed listed;
	struct buf line = {0};
	struct row row;

	listed_read(channel, &listed);
	if (option_switch("json")) {
		json_write(channel, &line);
	} else {
		listed_add(&line, &listed);
		buf_add_char(&line, '\n');
	}
	row.name = mem_text(listed.name);
	row.line = mem_text(buf_span(&line));
	buf_add(&list->rows, &row, sizeof(row));
	buf_release(&line);
}

/* Pages come in the server's own order; an older server says no "next", and
 * goes on after the last name. */
static void add_page(struct list *list, struct json_object *answer,
	struct json_object *channels, bool more)
{
	size_t count = json_length(channels);
	struct listed last;
	struct span next;

	for (size_t i = 0; i < count; i++)
		add_row(list, json_item(channels, i));
	buf_clear(&list->after);
	if (!more)
		return;
	listed_read(json_item(channels, count - 1), &last);
	if (!json_text(answer, "next", &next))
		next = last.name;
	buf_add_span(&list->after, next);
}

static enum outcome read_page(struct http *http, struct list *list)
{
	struct json_object *answer, *channels;
	struct buf path = {0};
	enum outcome outcome;
	bool more = false;

	buf_add_span(&path, span_of("/api/channels?limit=1000&after="));
	url_encode(&path, buf_span(&list->after));
	buf_add_char(&path, '\0');
	answer = ask(http, path.at, &outcome);
	channels = listed_page(answer, &more);
	if (outcome == OUT_OK && channels == NULL)
		outcome = ask_is_no_answer(http, path.at);
	if (outcome == OUT_OK)
		add_page(list, answer, channels, more);
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
		buf_printf(&out, "%s\n", listed_head);
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

static enum outcome run_channels(void)
{
	struct http *http = http_new();
	enum outcome outcome = http == NULL ? OUT_USAGE : OUT_OK;
	struct list list = {0};

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
