/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/print.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/option/colour.h"
#include "client/option/option.h"
#include "client/show/look.h"
#include "client/show/moment.h"
#include "lib/escape.h"
#include "lib/json/json.h"
#include "lib/json/strict_json.h"

enum {
	CHANNEL_LEAST = 12, /* columns; of channels that are not known yet */
	TYPE_LEAST = 8,
	COLUMN_MOST = 24, /* they grow no further */
};

enum exit_status print_open(struct print *print, bool channels)
{
	bool terminal = colour_reader(STDOUT_FILENO);
	bool json = option_switch("json") || option_switch("parse");

	*print = (struct print){.format = option_text("format"),
		.parse = option_switch("parse"),
		.times = option_switch("time"),
		.channels = channels,
		.terminal = terminal,
		.colour = colour_wanted(STDOUT_FILENO)};
	if (print->format != NULL && json)
		return fail(EXIT_USAGE,
			"--%s and --format cannot be used together",
			print->parse ? "parse" : "json");
	if (channels) {
		print->channel_width = CHANNEL_LEAST;
		print->type_width = TYPE_LEAST;
	}
	if (print->format != NULL)
		print->kind = PRINT_FORMAT;
	else if (json || !terminal)
		print->kind = PRINT_NDJSON;
	return EXIT_OK;
}

void print_close(struct print *print)
{
	buf_release(&print->out);
}

/* ---- for people */

static void widen(size_t *column, size_t width)
{
	if (width > *column)
		*column = width < COLUMN_MOST ? width : COLUMN_MOST;
}

void print_widen(struct print *print, struct span channel)
{
	struct buf safe = {0};

	escape_add(&safe, channel);
	widen(&print->channel_width, look_width(buf_span(&safe)));
	buf_release(&safe);
}

static void add_look(
	struct print *print, enum look look, struct span text, size_t *column)
{
	struct buf safe = {0};
	size_t width;

	escape_add(&safe, text);
	width = look_width(buf_span(&safe));
	widen(column, width);
	look_add(&print->out, print->colour, look, buf_span(&safe));
	look_pad(&print->out, buf_span(&safe), *column);
	buf_add_char(&print->out, ' ');
	print->before += (width > *column ? width : *column) + 1;
	buf_release(&safe);
}

static void add_time(struct print *print, const struct follow_event *event)
{
	int64_t now = (int64_t)time(NULL), seconds;
	size_t column = 0;
	struct buf text = {0};

	if (moment_of(event, now, &seconds))
		moment_add(&text, seconds, now);
	else if (!print->untimed)
		buf_add_span(&text, span_of("earlier ")); /* as wide */
	if (text.len > 0)
		add_look(print, LOOK_DIM, buf_span(&text), &column);
	buf_release(&text);
}

/* Further lines of the data stand below the first. */
static void add_data(struct print *print, struct span data)
{
	struct buf *out = &print->out;

	while (data.len > 0) {
		const char *end = memchr(data.at, '\n', data.len);
		size_t len = end == NULL ? data.len : (size_t)(end - data.at);

		escape_add(out, span(data.at, len));
		if (end == NULL)
			break;
		buf_add_char(out, '\n');
		look_pad(out, span(NULL, 0), print->before);
		data = span(end + 1, data.len - len - 1);
	}
	buf_add_char(out, '\n');
}

static void add_line(struct print *print, const struct follow_event *event)
{
	bool typed = !span_is(event->type, "message");

	print->before = 0;
	add_time(print, event);
	if (print->channels)
		add_look(print, look_of_name(event->channel), event->channel,
			&print->channel_width);
	if (typed || print->type_width > 0)
		add_look(print, LOOK_BOLD, typed ? event->type : span(NULL, 0),
			&print->type_width);
	add_data(print, event->data);
}

enum exit_status print_aside(struct print *print, struct span text)
{
	struct buf safe = {0};

	if (print->kind != PRINT_LINES || option_switch("quiet"))
		return EXIT_OK;
	buf_clear(&print->out);
	escape_add(&safe, text);
	look_add(&print->out, print->colour, LOOK_DIM, buf_span(&safe));
	buf_add_char(&print->out, '\n');
	buf_release(&safe);
	return print_coloured(buf_span(&print->out));
}

/* ---- for programs */

/* Data that are JSON, in one line: outside of its texts a line's end is as good
 * as a space. */
static void add_parsed(struct buf *line, struct span data)
{
	line->len -= strlen("}\n");
	buf_add_span(line, span_of(",\"data\":"));
	for (size_t i = 0; i < data.len; i++) {
		bool end = data.at[i] == '\n' || data.at[i] == '\r';

		buf_add_char(line, end ? ' ' : data.at[i]);
	}
	buf_add_span(line, span_of("}\n"));
}

static void add_json(struct print *print, const struct follow_event *event)
{
	const struct span data = json_unmarked(event->data);
	struct json_object *object = json_new();
	struct json_fault fault;
	struct buf line = {0};
	bool parsed = print->parse && strict_json(data, &fault);

	if (event->id.len > 0)
		json_add_text(object, "id", event->id);
	else
		json_add_id(object, "id", 0);
	json_add_text(object, "channel", event->channel);
	json_add_text(object, "event", event->type);
	if (print->times && event->at.len > 0)
		json_add_text(object, "at", event->at);
	if (!parsed)
		json_add_text(object, "data", event->data);
	json_end(object, &line);
	if (parsed)
		add_parsed(&line, data);
	if (print->terminal)
		escape_add_lines(&print->out, buf_span(&line));
	else
		buf_add_span(&print->out, buf_span(&line));
	buf_release(&line);
}

static void add_value(struct print *print, struct span value)
{
	if (print->terminal)
		escape_add_lines(&print->out, value);
	else
		buf_add_span(&print->out, value);
}

static void add_field(
	struct print *print, char letter, const struct follow_event *event)
{
	struct buf *out = &print->out;

	switch (letter) {
	case 'i':
		add_value(print, event->id);
		break;
	case 't':
		add_value(print, event->type);
		break;
	case 'c':
		add_value(print, event->channel);
		break;
	case 'd':
		add_value(print, event->data);
		break;
	case 'a':
		add_value(print, event->at);
		break;
	case '%':
		buf_add_char(out, '%');
		break;
	default: /* left as it is written */
		buf_add_char(out, '%');
		buf_add_char(out, letter);
		break;
	}
}

static void add_format(struct print *print, const struct follow_event *event)
{
	static const char escapes[] = "n\nt\t\\\\0";
	struct buf *out = &print->out;

	for (const char *at = print->format; *at != '\0'; at++) {
		const char *found;

		if (*at == '%' && at[1] != '\0') {
			add_field(print, *++at, event);
		} else if (*at == '\\' && at[1] != '\0') {
			at++;
			found = strchr(escapes, *at);
			buf_add_char(out, found == NULL ? *at
					  : *at == '0'	? '\0'
							: found[1]);
		} else {
			buf_add_char(out, *at);
		}
	}
	buf_add_char(out, '\n');
}

enum exit_status print_event(
	struct print *print, const struct follow_event *event)
{
	static void (*const add[])(
		struct print *, const struct follow_event *) = {
		[PRINT_LINES] = add_line,
		[PRINT_NDJSON] = add_json,
		[PRINT_FORMAT] = add_format,
	};

	buf_clear(&print->out);
	add[print->kind](print, event);
	return print_coloured(buf_span(&print->out));
}
