/*
 * pub - publishes one event, or a line of standard input each
 *
 * The id is printed, and with it the event is on the server's disk.  With
 * --retry every request has an idempotency key, so that one whose answer was
 * lost is not published twice.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "client/ask.h"
#include "client/backoff.h"
#include "client/http.h"
#include "client/interrupt.h"
#include "client/option.h"
#include "client/print.h"
#include "client/url.h"
#include "client/verbs.h"
#include "lib/strict_json.h"

enum {
	BATCH_LINES = 1000,	  /* of one request with --lines */
	BATCH_BYTES = 256 << 10,  /* the same; under any sensible max_body */
	LINE_MAX_BYTES = 1 << 20, /* the server's limit for an event, at most */
};

struct publisher {
	struct http *http;
	struct buf path;  /* of the request at hand */
	struct buf id;	  /* the key, or empty */
	struct buf last;  /* id of the last event stored */
	uint64_t lines;	  /* published so far */
	unsigned batches; /* of them */
};

/* ---- one request */

static void make_path(struct publisher *publisher, bool lines)
{
	struct buf *path = &publisher->path;
	const char *type = option_text("event");
	char separator = '?';

	buf_clear(path);
	buf_add_span(path, span_of("/realtime/"));
	url_encode(path, span_of(argument(0)));
	if (lines) {
		buf_add_span(path, span_of("?lines=1"));
		separator = '&';
	}
	if (type != NULL) {
		buf_printf(path, "%cevent=", separator);
		url_encode(path, span_of(type));
		separator = '&';
	}
	if (publisher->id.len > 0) {
		buf_printf(path, "%cid=", separator);
		url_encode(path, buf_span(&publisher->id));
		if (lines)
			buf_printf(path, "-%u", publisher->batches);
	}
	buf_add_char(path, '\0');
}

static bool may_help(const struct http_answer *answer)
{
	return answer->outcome == OUT_AWAY || answer->outcome == OUT_TROUBLE ||
	       answer->status == 429;
}

static enum outcome no_answer(const struct publisher *publisher)
{
	return fail(OUT_TROUBLE,
		"%s: the answer is not from Tidings; perhaps nothing was "
		"published",
		http_url(publisher->http));
}

/* Until it is acknowledged, refused, or (without --retry) failed once; `lines`
 * is how many the body has, 0 if it is one event. */
static enum outcome post(
	struct publisher *publisher, struct span body, uint64_t lines)
{
	struct http_request request = {.method = "POST", .body = body};
	struct http_answer answer = {0};
	enum outcome outcome;
	bool told = false;

	make_path(publisher, lines > 0);
	request.path = publisher->path.at;
	for (unsigned tries = 1;; tries++) {
		http_perform(publisher->http, &request, &answer);
		if (interrupt_caught() || !option_switch("retry") ||
			!may_help(&answer))
			break;
		if (!told)
			say("%s; trying again", answer.sentence.at);
		told = true;
		backoff_wait(answer.retry_after_ms > 0 ? answer.retry_after_ms
						       : backoff_ms(tries),
			0);
		if (interrupt_caught())
			break;
	}
	if (answer.interrupted ||
		(interrupt_caught() && answer.outcome != OUT_OK))
		outcome = fail(OUT_AWAY, "interrupted: the message may or may "
					 "not have been published");
	else if (answer.outcome != OUT_OK)
		outcome = ask_refused(&answer, "not published: ");
	else if (ask_is_stored(&answer, lines, &publisher->last))
		outcome = OUT_OK;
	else
		outcome = no_answer(publisher);
	answer_release(&answer);
	return outcome;
}

static enum outcome print_last(struct publisher *publisher)
{
	if (publisher->last.len == 0 || option_switch("quiet"))
		return OUT_OK;
	buf_add_char(&publisher->last, '\n');
	return print_bytes(buf_span(&publisher->last));
}

/* ---- one event */

/* False at the end, after an error or a signal. */
static bool read_more(struct buf *input, enum outcome *outcome)
{
	struct pollfd fds[2] = {
		{STDIN_FILENO, POLLIN, 0}, {interrupt_fd(), POLLIN, 0}};
	char *at = buf_reserve(input, 64 << 10);
	ssize_t got;

	poll(fds, 2, -1);
	if (interrupt_caught())
		return false;
	got = read(STDIN_FILENO, at, 64 << 10);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (got < 0)
		*outcome = fail_errno(OUT_FILE, "standard input");
	if (got > 0)
		input->len += (size_t)got;
	return got > 0;
}

static enum outcome read_all(struct buf *input)
{
	enum outcome outcome = OUT_OK;

	while (read_more(input, &outcome))
		if (input->len > LINE_MAX_BYTES)
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
		outcome = post(publisher, buf_span(&body), 0);
	buf_release(&body);
	return outcome == OUT_OK ? print_last(publisher) : outcome;
}

/* ---- a line each */

/* How much of the input is one request: whole lines, or at its end all. */
static size_t take_batch(const struct buf *input, bool end, uint64_t *lines)
{
	size_t taken = 0;

	*lines = 0;
	while (*lines < BATCH_LINES && taken < input->len) {
		const char *at = input->at + taken;
		const char *stop = memchr(at, '\n', input->len - taken);
		size_t len = stop != NULL ? (size_t)(stop - at) + 1
					  : input->len - taken;

		if (stop == NULL && !end)
			break;
		if (taken > 0 && taken + len > BATCH_BYTES)
			break;
		taken += len;
		++*lines;
	}
	return taken;
}

static enum outcome send_batch(
	struct publisher *publisher, struct buf *input, bool end)
{
	uint64_t lines;
	size_t len = take_batch(input, end, &lines);
	enum outcome outcome;

	if (len == 0)
		return OUT_OK;
	outcome = post(publisher, span(input->at, len), lines);
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

/* With an id of the user's the batches must be cut at the same lines each
 * time; otherwise what is there goes out, and more under load. */
static bool is_due(const struct buf *input)
{
	struct pollfd more = {STDIN_FILENO, POLLIN, 0};
	uint64_t lines;
	size_t len = take_batch(input, false, &lines);

	if (lines == BATCH_LINES || input->len > BATCH_BYTES)
		return len > 0;
	if (option_given("id"))
		return false;
	return len > BATCH_BYTES / 2 || (len > 0 && poll(&more, 1, 0) == 0);
}

static enum outcome publish_lines(struct publisher *publisher)
{
	enum outcome outcome = OUT_OK;
	struct buf input = {0};

	while (outcome == OUT_OK && read_more(&input, &outcome)) {
		while (outcome == OUT_OK && is_due(&input))
			outcome = send_batch(publisher, &input, false);
		if (outcome == OUT_OK && input.len > LINE_MAX_BYTES)
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
