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

#include "client/input.h"
#include "client/interrupt.h"
#include "client/line_batch.h"
#include "client/option.h"
#include "client/print.h"
#include "client/publisher.h"
#include "client/verbs.h"
#include "lib/strict_json.h"

enum { MESSAGE_MAX = 1 << 20 }; /* bytes: what any server takes at most */

static enum outcome print_last(struct publisher *publisher)
{
	if (publisher->last.len == 0 || option_switch("quiet"))
		return OUT_OK;
	buf_add_char(&publisher->last, '\n');
	return print_bytes(buf_span(&publisher->last));
}

/* ---- one event */

static enum outcome read_all(struct buf *input)
{
	enum outcome outcome = OUT_OK;

	while (input_read(input, &outcome))
		if (input->len > MESSAGE_MAX)
			return fail(OUT_REFUSED, "standard input: the message "
						 "is longer than 1 MiB");
	return outcome;
}

static enum outcome publish_one(struct publisher *publisher)
{
	const char *message = argument(1);
	bool from_input = message == NULL || strcmp(message, "-") == 0;
	enum outcome outcome = OUT_OK;
	struct json_fault fault;
	struct buf body = {0};

	if (from_input)
		outcome = read_all(&body);
	else
		buf_add_span(&body, span_of(message));
	if (outcome == OUT_OK && interrupt_caught()) {
		buf_release(&body);
		return OUT_OK; /* the half of it is not the message */
	}
	if (outcome == OUT_OK && option_switch("json") &&
		!strict_json(buf_span(&body), &fault))
		outcome =
			fail(OUT_USAGE, "the message is not JSON: byte %zu: %s",
				fault.at + 1, fault.why);
	if (outcome == OUT_OK)
		outcome = publisher_post(publisher, buf_span(&body), 0);
	buf_release(&body);
	return outcome == OUT_OK ? print_last(publisher) : outcome;
}

/* ---- a line each */

static enum outcome send_batch(
	struct publisher *publisher, struct buf *input, bool end)
{
	uint64_t lines;
	size_t len = line_batch_cut(input, end, &lines);
	enum outcome outcome;

	if (len == 0)
		return OUT_OK;
	outcome = publisher_post(publisher, span(input->at, len), lines);
	if (outcome != OUT_OK) {
		say("lines 1 to %" PRIu64 " are published; line %" PRIu64
		    " and those after it are not",
			publisher->lines, publisher->lines + 1);
		return outcome;
	}
	publisher->lines += lines;
	publisher->batches++;
	buf_drop(input, len);
	return OUT_OK;
}

static enum outcome publish_lines(struct publisher *publisher)
{
	enum outcome outcome = OUT_OK;
	struct buf input = {0};

	while (outcome == OUT_OK && input_read(&input, &outcome)) {
		while (outcome == OUT_OK &&
			line_batch_is_due(&input, option_given("id")))
			outcome = send_batch(publisher, &input, false);
		if (outcome == OUT_OK && input.len > MESSAGE_MAX)
			outcome = fail(OUT_REFUSED,
				"line %" PRIu64 " is longer than 1 MiB",
				publisher->lines + 1);
	}
	while (outcome == OUT_OK && !interrupt_caught() && input.len > 0)
		outcome = send_batch(publisher, &input, true);
	if (outcome == OUT_OK && interrupt_caught())
		say("interrupted: %" PRIu64
		    " lines are published, and no line after them",
			publisher->lines);
	buf_release(&input);
	return outcome == OUT_OK ? print_last(publisher) : outcome;
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

static enum outcome run_pub(void)
{
	struct publisher publisher = {.http = http_new()};
	enum outcome outcome;

	if (publisher.http == NULL)
		return OUT_USAGE;
	if (strcmp(argument(0), ".") == 0 || strcmp(argument(0), "..") == 0) {
		http_free(publisher.http);
		return fail(OUT_USAGE,
			"channel \"%s\": a URL's path cannot name it, so "
			"nothing can be published there",
			argument(0));
	}
	choose_id(&publisher.id);
	interrupt_catch();
	if (!option_switch("lines"))
		outcome = publish_one(&publisher);
	else if (argument(1) != NULL && strcmp(argument(1), "-") != 0)
		outcome = fail(OUT_USAGE,
			"--lines reads standard input and takes no MESSAGE");
	else
		outcome = publish_lines(&publisher);
	http_free(publisher.http);
	buf_release(&publisher.path);
	buf_release(&publisher.id);
	buf_release(&publisher.last);
	if (outcome == OUT_OK && interrupt_caught())
		interrupt_die();
	return outcome;
}

static const struct option_row rows[] = {
	{"event", 'e', TEXT, "TYPE", NULL, "event type, for addEventListener"},
	{"id", 'i', TEXT, "KEY", NULL,
		"publish this key once, however often it is sent"},
	{"json", 'j', SWITCH, NULL, NULL, "the message must be JSON"},
	{"lines", 'l', SWITCH, NULL, NULL,
		"an event for each line of standard input, in order"},
	{"retry", 'r', SWITCH, NULL, NULL,
		"try again, for as long as it takes; published once"},
	{0},
};

const struct verb verb_pub = {
	.name = "pub",
	.arguments = "CHANNEL [MESSAGE|-]",
	.summary = "publish an event and print its id",
	.more = "Without MESSAGE, or with -, the message is standard input, to "
		"its end and byte for byte.",
	.rows = rows,
	.least = 1,
	.most = 2,
	.run = run_pub,
};
