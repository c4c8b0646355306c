/* SPDX-License-Identifier: MIT */
/*
 * pub - publishes one event, or a line of standard input each
 *
 * The id is printed, and with it the event is on the server's disk.  With
 * --retry every request has an idempotency key, so that one whose answer was
 * lost is not published twice.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client/http/interrupt.h"
#include "client/option/option.h"
#include "client/show/print.h"
#include "client/verb/input.h"
#include "client/verb/line_batch.h"
#include "client/verb/prompt.h"
#include "client/verb/publisher.h"
#include "client/verbs.h"
#include "lib/json/strict_json.h"

enum { MESSAGE_MAX = 1 << 20 }; /* bytes: what any server takes at most */

static enum exit_status print_last(struct publisher *publisher)
{
	if (publisher->last.len == 0 || option_switch("quiet"))
		return EXIT_OK;
	buf_add_char(&publisher->last, '\n');
	return print_text(buf_span(&publisher->last));
}

/* ---- one event */

static enum exit_status read_all(struct buf *input)
{
	enum exit_status exit_status = EXIT_OK;

	while (input_read(input, &exit_status))
		if (input->len > MESSAGE_MAX)
			return fail(EXIT_REFUSED, "standard input: the message "
						  "is longer than 1 MiB");
	return exit_status;
}

static enum exit_status publish_text(
	struct publisher *publisher, struct span text)
{
	struct span data = option_switch("json") ? json_unmarked(text) : text;
	enum exit_status exit_status;
	struct json_fault fault;

	if (option_switch("json") && !strict_json(data, &fault))
		return fail(EXIT_USAGE, "the message is not JSON: byte %zu: %s",
			fault.at + 1 + text.len - data.len, fault.why);
	exit_status = publisher_post(publisher, data, 0);
	return exit_status == EXIT_OK ? print_last(publisher) : exit_status;
}

static enum exit_status publish_one(struct publisher *publisher)
{
	const char *message = argument(1);
	bool from_input = message == NULL || strcmp(message, "-") == 0;
	enum exit_status exit_status = EXIT_OK;
	struct buf body = {0};

	if (from_input)
		exit_status = read_all(&body);
	else
		buf_add_span(&body, span_of(message));
	/* after a signal the half of it is not the message */
	if (exit_status == EXIT_OK && !interrupt_caught())
		exit_status = publish_text(publisher, buf_span(&body));
	buf_release(&body);
	return exit_status;
}

/* ---- a line each */

static enum exit_status send_batch(
	struct publisher *publisher, struct buf *input, bool end)
{
	uint64_t lines;
	size_t len = line_batch_cut(input, end, &lines);
	enum exit_status exit_status;

	if (len == 0)
		return EXIT_OK;
	exit_status = publisher_post(publisher, span(input->at, len), lines);
	if (exit_status != EXIT_OK) {
		say("lines 1 to %" PRIu64 " are published; line %" PRIu64
		    " and those after it are not",
			publisher->lines, publisher->lines + 1);
		return exit_status;
	}
	publisher->lines += lines;
	publisher->batches++;
	buf_drop(input, len);
	return EXIT_OK;
}

static enum exit_status publish_lines(struct publisher *publisher)
{
	enum exit_status exit_status = EXIT_OK;
	struct buf input = {0};

	while (exit_status == EXIT_OK && input_read(&input, &exit_status)) {
		while (exit_status == EXIT_OK &&
			line_batch_is_due(&input, option_given("id")))
			exit_status = send_batch(publisher, &input, false);
		if (exit_status == EXIT_OK && input.len > MESSAGE_MAX)
			exit_status = fail(EXIT_REFUSED,
				"line %" PRIu64 " is longer than 1 MiB",
				publisher->lines + 1);
	}
	while (exit_status == EXIT_OK && !interrupt_caught() && input.len > 0)
		exit_status = send_batch(publisher, &input, true);
	if (exit_status == EXIT_OK && interrupt_caught())
		say("interrupted: %" PRIu64
		    " lines are published, and no line after them",
			publisher->lines);
	buf_release(&input);
	return exit_status == EXIT_OK ? print_last(publisher) : exit_status;
}

/* ---- the verb */

static void choose_id(struct buf *id)
{
	unsigned char random[16];

	if (option_given("id")) {
		buf_add_span(id, span_of(option_text("id")));
		return;
	}
	if (!option_switch("retry") ||
		getrandom(random, sizeof(random), 0) != sizeof(random))
		return;
	for (size_t i = 0; i < sizeof(random); i++)
		buf_printf(id, "%02x", random[i]);
}

/* ---- what a person types */

static bool is_typed(void)
{
	return argument(1) == NULL && !option_switch("lines") &&
	       prompt_possible();
}

/* An event a line, until the input ends.  What is refused is said, and the next
 * may be better; an id is good for one. */
static enum exit_status publish_typed(
	struct publisher *publisher, struct buf *input)
{
	enum exit_status exit_status = EXIT_OK, trouble = EXIT_OK;
	struct buf line = {0};

	say("publishing to %s at %s, an event a line; Ctrl-D ends",
		publisher->channel, http_url(publisher->http));
	while (prompt_line("message:", input, &line, &trouble)) {
		if (line.len == 0)
			continue;
		exit_status = publish_text(publisher, buf_span(&line));
		if (interrupt_caught() || option_given("id"))
			break;
		buf_clear(&publisher->id);
		choose_id(&publisher->id);
	}
	buf_release(&line);
	return trouble == EXIT_OK ? exit_status : trouble;
}

/* The channel that is named, or typed; NULL after a sentence. */
static const char *choose_channel(
	struct buf *input, struct buf *line, enum exit_status *exit_status)
{
	const char *name = argument(0);

	if (name == NULL && !is_typed()) {
		*exit_status = fail(EXIT_USAGE,
			"pub: expected %s (tidings pub --help)",
			verb_pub.arguments);
		return NULL;
	}
	if (name == NULL) {
		if (!prompt_line("channel:", input, line, exit_status))
			return NULL;
		if (line->len == 0)
			buf_add_span(line, span_of("main"));
		buf_add_char(line, '\0');
		name = line->at;
	}
	if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
		return name;
	*exit_status = fail(EXIT_USAGE,
		"channel \"%s\": a URL's path cannot name it, so nothing can "
		"be published there",
		name);
	return NULL;
}

static enum exit_status publish(struct publisher *publisher, struct buf *input)
{
	choose_id(&publisher->id);
	if (is_typed())
		return publish_typed(publisher, input);
	if (!option_switch("lines"))
		return publish_one(publisher);
	if (argument(1) != NULL && strcmp(argument(1), "-") != 0)
		return fail(EXIT_USAGE,
			"--lines reads standard input and takes no MESSAGE");
	return publish_lines(publisher);
}

static enum exit_status run_pub(void)
{
	struct publisher publisher = {.http = http_new()};
	enum exit_status exit_status = EXIT_OK;
	struct buf input = {0}, name = {0};

	if (publisher.http == NULL)
		return EXIT_USAGE;
	interrupt_catch();
	publisher.channel = choose_channel(&input, &name, &exit_status);
	if (publisher.channel != NULL)
		exit_status = publish(&publisher, &input);
	http_free(publisher.http);
	buf_release(&input);
	buf_release(&name);
	buf_release(&publisher.path);
	buf_release(&publisher.id);
	buf_release(&publisher.last);
	if (exit_status == EXIT_OK && interrupt_caught())
		interrupt_die();
	return exit_status;
}

static const struct option_row rows[] = {
	{"also", 'a', LIST, "CHANNEL", NULL,
		"on this channel, too; may be repeated"},
	{"event", 'e', TEXT, "TYPE", NULL, "event type, for addEventListener"},
	{"id", 'i', TEXT, "KEY", NULL,
		"publish this key once, however often it is sent"},
	{"json", 'j', SWITCH, NULL, NULL, "the message must be JSON"},
	{"lines", 'l', SWITCH, NULL, NULL,
		"an event for each line of standard input, in order"},
	{"retry", 'r', SWITCH, NULL, NULL,
		"try again, for as long as it takes; published once"},
	{"ttl", 't', TEXT, "TIME", NULL,
		"nobody is given it later than that: 30s, 10m, 2h, 7d"},
	{0},
};

const struct verb verb_pub = {
	.name = "pub",
	.arguments = "CHANNEL [MESSAGE|-]",
	.summary = "publish an event and print its id",
	.more = "Without MESSAGE, or with -, the message is standard input, to "
		"its end and byte\n"
		"for byte.  On a terminal without either it asks, and each "
		"line is an event.",
	.examples = "tidings pub alerts \"disk almost full\"\n"
		    "tidings pub orders '{\"id\": 7}' --json --event new\n"
		    "tidings pub backups done --retry\n"
		    "seq 1 1000 | tidings pub numbers --lines",
	.group = "Publish and listen",
	.rows = rows,
	.least = 0,
	.most = 2,
	.run = run_pub,
};
