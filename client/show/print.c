/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/print.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/option/option.h"
#include "client/show/moment.h"
#include "lib/escape.h"
#include "lib/json/json.h"

enum exit_status print_open(struct print *print, bool channels)
{
	bool terminal = isatty(STDOUT_FILENO) != 0;

	*print = (struct print){.format = option_text("format"),
		.channels = channels,
		.terminal = terminal};
	if (print->format != NULL && option_switch("json"))
		return fail(EXIT_USAGE,
			"--json and --format cannot be used together");
	if (print->format != NULL)
		print->kind = PRINT_FORMAT;
	else if (option_switch("json") || !terminal)
		print->kind = PRINT_NDJSON;
	print->colour = terminal && getenv("NO_COLOR") == NULL;
	return EXIT_OK;
}

void print_close(struct print *print)
{
	buf_release(&print->out);
}

/* `tidings history x | head -1` ends without a word, as others do. */
static void nobody_reads(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

static enum exit_status write_all(struct span text)
{
	struct pollfd room = {STDOUT_FILENO, POLLOUT, 0};

	while (text.len > 0) {
		ssize_t wrote = write(STDOUT_FILENO, text.at, text.len);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0 && errno == EAGAIN) {
			poll(&room, 1, -1);
			continue;
		}
		if (wrote < 0 && errno == EPIPE)
			nobody_reads();
		if (wrote < 0)
			return fail_errno(EXIT_FILE, "standard output");
		text = span(text.at + wrote, text.len - (size_t)wrote);
	}
	return EXIT_OK;
}

enum exit_status print_text(struct span text)
{
	enum exit_status exit_status;
	struct buf safe = {0};

	if (isatty(STDOUT_FILENO) == 0)
		return write_all(text);
	escape_add_lines(&safe, text);
	exit_status = write_all(buf_span(&safe));
	buf_release(&safe);
	return exit_status;
}

/* ---- for people */

static void add_dim(struct print *print, struct span text)
{
	if (print->colour)
		buf_add_span(&print->out, span_of("\033[2m"));
	escape_add(&print->out, text);
	if (print->colour)
		buf_add_span(&print->out, span_of("\033[0m"));
	buf_add_char(&print->out, ' ');
}

static void add_time(struct print *print, const struct follow_event *event)
{
	int64_t now = (int64_t)time(NULL), seconds = now;
	struct buf text = {0};

	if (moment_of(event->data, &seconds) ||
		(!event->replayed && !print->untimed))
		moment_add(&text, seconds, now);
	else if (!print->untimed)
		buf_add_span(&text, span_of("earlier ")); /* as wide */
	if (text.len > 0)
		add_dim(print, buf_span(&text));
	buf_release(&text);
}

/* Further lines of the data stand below the first. */
static void add_data(struct buf *out, struct span data)
{
	while (data.len > 0) {
		const char *end = memchr(data.at, '\n', data.len);
		size_t len = end == NULL ? data.len : (size_t)(end - data.at);

		escape_add(out, span(data.at, len));
		if (end == NULL)
			break;
		buf_add_span(out, span_of("\n         "));
		data = span(end + 1, data.len - len - 1);
	}
	buf_add_char(out, '\n');
}

static void add_line(struct print *print, const struct follow_event *event)
{
	add_time(print, event);
	if (print->channels)
		add_dim(print, event->channel);
	if (!span_is(event->type, "message"))
		add_dim(print, event->type);
	add_data(&print->out, event->data);
}

/* ---- for programs */

static void add_json(struct print *print, const struct follow_event *event)
{
	struct json_object *object = json_new();
	struct buf line = {0};

	if (event->id.len > 0)
		json_add_text(object, "id", event->id);
	else
		json_add_id(object, "id", 0);
	json_add_text(object, "channel", event->channel);
	json_add_text(object, "event", event->type);
	json_add_text(object, "data", event->data);
	if (!print->terminal) {
		json_end(object, &print->out);
		return;
	}
	json_end(object, &line);
	escape_add_lines(&print->out, buf_span(&line));
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
	return write_all(buf_span(&print->out));
}
