/* SPDX-License-Identifier: MIT */
/*
 * channels - those that are there, who listens, what is held
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/http/get_json.h"
#include "client/http/http.h"
#include "client/http/url.h"
#include "client/option/colour.h"
#include "client/option/option.h"
#include "client/show/listed.h"
#include "client/show/print.h"
#include "client/verb/who.h"
#include "client/verbs.h"
#include "lib/json/json.h"

enum { LEAST = 24, FIGURES = 42 }; /* columns: of names, of all else */

/* A channel and, for programs, its line of the list. */
struct row {
	char *name, *line;
	struct listed listed; /* but for its name */
};

struct list {
	struct buf rows;  /* struct row */
	struct buf after; /* where the next page begins; empty = no more */
};

static void add_row(struct list *list, struct json_object *channel)
{
	struct buf line = {0};
	struct row row;

	listed_read(channel, &row.listed);
	if (option_switch("json")) {
		json_write(channel, &line);
	} else {
		listed_add(&line, &row.listed);
		buf_add_char(&line, '\n');
	}
	row.name = mem_text(row.listed.name);
	row.listed.name = span_of(row.name);
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

static enum exit_status read_page(struct http *http, struct list *list)
{
	struct json_object *answer, *channels;
	struct buf path = {0};
	enum exit_status exit_status;
	bool more = false;

	buf_add_span(&path, span_of("/api/channels?limit=1000&after="));
	url_encode(&path, buf_span(&list->after));
	buf_add_char(&path, '\0');
	answer = get_json(http, path.at, &exit_status);
	channels = listed_page(answer, &more);
	if (exit_status == EXIT_OK && channels == NULL)
		exit_status = get_json_unreadable(http, path.at);
	if (exit_status == EXIT_OK)
		add_page(list, answer, channels, more);
	json_free(answer);
	buf_release(&path);
	return exit_status;
}

static int compare(const void *one, const void *other)
{
	const struct row *a = one, *b = other;

	return strcmp(a->name, b->name);
}

static void sort_list(struct list *list)
{
	size_t count = list->rows.len / sizeof(struct row);

	if (count > 1)
		qsort(list->rows.at, count, sizeof(struct row), compare);
}

/* As wide as the names are, of those that fit the terminal. */
static size_t find_width(const struct row *rows, size_t count)
{
	size_t most = print_width(), width = LEAST;

	for (size_t i = 0; i < count; i++) {
		size_t own = listed_width(&rows[i].listed);

		if (own > width && own + FIGURES <= most)
			width = own;
	}
	return width;
}

static enum exit_status show_list(const struct row *rows, size_t count)
{
	bool colour = colour_wanted(STDOUT_FILENO);
	size_t width = find_width(rows, count);
	struct buf out = {0};
	enum exit_status exit_status;

	listed_show(&out, NULL, width, colour);
	buf_add_char(&out, '\n');
	for (size_t i = 0; i < count; i++) {
		listed_show(&out, &rows[i].listed, width, colour);
		buf_add_char(&out, '\n');
	}
	exit_status = print_coloured(buf_span(&out));
	buf_release(&out);
	return exit_status;
}

static enum exit_status print_list(const struct list *list)
{
	const struct row *rows = (const struct row *)(void *)list->rows.at;
	size_t count = list->rows.len / sizeof(*rows);
	struct buf out = {0};
	enum exit_status exit_status;

	if (!option_switch("json") && colour_reader(STDOUT_FILENO))
		return show_list(rows, count);
	if (!option_switch("json"))
		buf_printf(&out, "%s\n", listed_head);
	for (size_t i = 0; i < count; i++)
		buf_add_span(&out, span_of(rows[i].line));
	exit_status = print_text(buf_span(&out));
	buf_release(&out);
	return exit_status;
}

/* Of the channels that are named, else of all that somebody listens to. */
static enum exit_status print_who(struct http *http, const struct list *list)
{
	const struct row *rows = (const struct row *)(void *)list->rows.at;
	size_t count = list->rows.len / sizeof(*rows);
	enum exit_status exit_status = EXIT_OK;
	struct buf out = {0};

	if (!option_switch("json"))
		who_add_head(&out);
	for (size_t i = 0; i < argument_count() && exit_status == EXIT_OK; i++)
		exit_status = who_add(http, &out, span_of(argument(i)));
	for (size_t i = 0; i < count && exit_status == EXIT_OK; i++)
		if (rows[i].listed.subscribers > 0)
			exit_status =
				who_add(http, &out, span_of(rows[i].name));
	if (exit_status == EXIT_OK)
		exit_status = option_switch("json")
				      ? print_text(buf_span(&out))
				      : print_coloured(buf_span(&out));
	buf_release(&out);
	return exit_status;
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

static enum exit_status read_list(struct http *http, struct list *list)
{
	enum exit_status exit_status;

	do
		exit_status = read_page(http, list);
	while (exit_status == EXIT_OK && list->after.len > 0);
	sort_list(list);
	return exit_status;
}

static enum exit_status run_channels(void)
{
	bool who = option_switch("who");
	struct http *http;
	enum exit_status exit_status = EXIT_OK;
	struct list list = {0};

	if (argument_count() > 0 && !who)
		return fail(EXIT_USAGE,
			"channels: a channel is named with --who only");
	http = http_new();
	if (http == NULL)
		return EXIT_USAGE;
	if (argument_count() == 0)
		exit_status = read_list(http, &list);
	if (exit_status == EXIT_OK)
		exit_status = who ? print_who(http, &list) : print_list(&list);
	list_release(&list);
	http_free(http);
	return exit_status;
}

static const struct option_row channels_rows[] = {
	{"json", 'j', SWITCH, NULL, NULL, "a JSON object per line"},
	{"who", 'w', SWITCH, NULL, NULL,
		"who is there, on these channels or on all"},
	{0},
};

const struct verb verb_channels = {
	.name = "channels",
	.arguments = "[CHANNEL ...]",
	.summary = "list the channels, who listens, and what is held",
	.examples = "tidings channels\n"
		    "tidings channels --who lobby\n"
		    "tidings channels --json",
	.group = "See what is there",
	.rows = channels_rows,
	.most = 1000,
	.run = run_channels,
};
