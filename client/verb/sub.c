/* SPDX-License-Identifier: MIT */
/*
 * sub, tail, history - events of some channels, printed or handed to a command
 *
 * An event counts as dealt with when it was written or its command has
 * succeeded; only then does the cursor move.  So nothing is lost, and what was
 * in flight when the program was killed comes twice.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "client/http/follow.h"
#include "client/http/get_json.h"
#include "client/http/http.h"
#include "client/http/interrupt.h"
#include "client/http/url.h"
#include "client/option/option.h"
#include "client/show/listed.h"
#include "client/show/print.h"
#include "client/verb/cursor.h"
#include "client/verb/hook.h"
#include "client/verbs.h"
#include "lib/json/json.h"
#include "lib/text.h"

enum mode { SUB, TAIL, HISTORY };

struct subscription {
	enum mode mode;
	struct cursor cursor;
	struct print print;
	const char *types; /* those wanted, or NULL = all */
	const char *command;
	uint64_t left;	 /* events, 0 = no limit */
	uint64_t newest; /* HISTORY: the last one to print */
	bool gap_allowed;
	enum exit_status exit_status; /* why it failed */
};

/* ---- what the stream brings */

/* Is `type` one of the words in "a,b c"? */
static bool is_among(struct span type, const char *words)
{
	while (*words != '\0') {
		size_t len = strcspn(words, ", ");

		if (len > 0 && span_equal(type, span(words, len)))
			return true;
		words += len + strspn(words + len, ", ");
	}
	return false;
}

static enum follow_word failed(
	struct subscription *sub, enum exit_status exit_status)
{
	sub->exit_status = exit_status;
	return FOLLOW_FAILED;
}

static enum follow_word move(struct subscription *sub, struct span id)
{
	enum exit_status exit_status =
		id.len == 0 ? EXIT_OK : cursor_move(&sub->cursor, id);

	return exit_status == EXIT_OK ? FOLLOW_ON : failed(sub, exit_status);
}

static bool is_last(const struct subscription *sub, struct span id)
{
	uint64_t number;

	return sub->mode == HISTORY && text_to_u64(id, &number) &&
	       number >= sub->newest;
}

static enum exit_status deal_with(
	struct subscription *sub, const struct follow_event *event)
{
	if (sub->command != NULL)
		return hook_run(sub->command, event);
	return print_event(&sub->print, event);
}

static enum follow_word on_event(void *arg, const struct follow_event *event)
{
	struct subscription *sub = arg;
	bool wanted = sub->types == NULL || is_among(event->type, sub->types);
	enum exit_status exit_status;

	if (wanted) {
		exit_status = deal_with(sub, event);
		if (exit_status != EXIT_OK)
			return failed(sub, exit_status);
		if (move(sub, event->id) != FOLLOW_ON)
			return FOLLOW_FAILED;
		if (sub->left > 0 && --sub->left == 0)
			return FOLLOW_DONE;
	}
	return is_last(sub, event->id) ? FOLLOW_DONE : FOLLOW_ON;
}

static enum follow_word on_gap(void *arg, struct span id)
{
	struct subscription *sub = arg;

	fail(EXIT_GAP, "there is a gap: some of the events that were asked for "
		       "are no longer held");
	if (!sub->gap_allowed)
		return failed(sub, EXIT_GAP);
	return move(sub, id);
}

/* The place where a stream begins is a cursor too: a kill before the first
 * event loses nothing. */
static enum follow_word on_begun(void *arg, struct span id)
{
	struct subscription *sub = arg;

	if (is_last(sub, id))
		return FOLLOW_DONE;
	return sub->cursor.id.len == 0 && sub->mode != HISTORY ? move(sub, id)
							       : FOLLOW_ON;
}

static enum follow_word on_live(void *arg)
{
	const struct subscription *sub = arg;

	return sub->mode == HISTORY ? FOLLOW_DONE : FOLLOW_ON;
}

/* ---- the verbs */

static enum exit_status check_channels(void)
{
	for (size_t i = 0; i < argument_count(); i++) {
		const char *fault = text_channel_fault(span_of(argument(i)));

		if (fault != NULL)
			return fail(EXIT_USAGE, "channel \"%s\": %s",
				argument(i), fault);
	}
	return EXIT_OK;
}

static enum exit_status follow_channels(
	struct subscription *sub, struct http *http)
{
	const struct follow follow = {
		.channels = (const char *const *)arguments_from(0),
		.count = argument_count(),
		.since = option_text("since"),
		.id = buf_span(&sub->cursor.id),
		.wait = option_switch("wait"),
		.deadline_ms = option_ms("timeout"),
	};
	const struct follower follower = {
		on_event, on_gap, on_begun, on_live, sub};
	enum exit_status exit_status = follow_run(http, &follow, &follower);

	return exit_status == EXIT_FAILED ? sub->exit_status : exit_status;
}

static enum exit_status newest_on(
	struct http *http, const char *channel, uint64_t *newest)
{
	struct json_object *answer;
	enum exit_status exit_status;
	struct listed listed;
	struct buf path = {0};

	buf_add_span(&path, span_of("/api/channels/"));
	url_encode(&path, span_of(channel));
	buf_add_char(&path, '\0');
	answer = get_json(http, path.at, &exit_status);
	if (exit_status == EXIT_OK && !listed_read(answer, &listed))
		exit_status = get_json_unreadable(http, path.at);
	if (exit_status == EXIT_OK && listed.newest > *newest)
		*newest = listed.newest;
	json_free(answer);
	buf_release(&path);
	return exit_status;
}

/* The newest id held on any of the channels, 0 if nothing is. */
static enum exit_status find_newest(struct http *http, uint64_t *newest)
{
	enum exit_status exit_status = EXIT_OK;

	*newest = 0;
	for (size_t i = 0; i < argument_count() && exit_status == EXIT_OK; i++)
		exit_status = newest_on(http, argument(i), newest);
	return exit_status;
}

static enum exit_status run(struct subscription *sub, struct http *http)
{
	enum exit_status exit_status = EXIT_OK;

	if (sub->mode == HISTORY) {
		exit_status = find_newest(http, &sub->newest);
		if (exit_status != EXIT_OK || sub->newest == 0)
			return exit_status;
	}
	return follow_channels(sub, http);
}

static enum exit_status subscribe(enum mode mode)
{
	struct subscription sub = {.mode = mode,
		.types = option_text("event"),
		.command = mode == SUB ? option_text("exec") : NULL,
		.left = option_given("count") ? option_number("count") : 0,
		.gap_allowed = mode != SUB || option_switch("allow-gap")};
	enum exit_status exit_status = check_channels();
	struct http *http = NULL;

	if (exit_status == EXIT_OK)
		exit_status = print_open(&sub.print, argument_count() > 1);
	sub.print.untimed = mode == HISTORY;
	if (exit_status == EXIT_OK)
		exit_status = cursor_open(&sub.cursor,
			mode == SUB ? option_text("cursor") : NULL);
	if (exit_status == EXIT_OK) {
		http = http_new();
		exit_status = http == NULL ? EXIT_USAGE : run(&sub, http);
	}
	http_free(http);
	cursor_close(&sub.cursor);
	print_close(&sub.print);
	/* failed: Ctrl-C has ended the command, too */
	if ((exit_status == EXIT_OK || exit_status == EXIT_FAILED) &&
		interrupt_caught())
		interrupt_die();
	return exit_status;
}

static enum exit_status run_sub(void)
{
	return subscribe(SUB);
}

static enum exit_status run_tail(void)
{
	return subscribe(TAIL);
}

static enum exit_status run_history(void)
{
	return subscribe(HISTORY);
}

/* ---- their tables */

#define ROWS_OF_ALL                                                          \
	{"event", 'e', TEXT, "TYPES", NULL,                                  \
		"only events of these types (a,b)"},                         \
		{"count", 'n', NUMBER, "N", NULL, "end after N events"},     \
		{"timeout", 't', DURATION, "TIME", NULL,                     \
			"end after TIME, with status 9"},                    \
		{"json", 'j', SWITCH, NULL, NULL,                            \
			"a JSON object per line, also on a terminal"},       \
		{"format", 'f', TEXT, "FORMAT", NULL,                        \
			"%i id, %t type, %c channel, %d data; \\n and \\t"}, \
	{                                                                    \
		"wait", 'w', SWITCH, NULL, NULL,                             \
			"wait for a server that is not there yet"            \
	}

static const struct option_row sub_rows[] = {
	{"since", 's', TEXT, "WHEN", NULL,
		"begin in the past: 10m, an id, or all"},
	{"cursor", 'C', TEXT, "FILE", NULL,
		"keep the last id in FILE, and go on from there"},
	{"exec", 'x', TEXT, "COMMAND", NULL,
		"run COMMAND for each event instead of printing it"},
	{"allow-gap", 'g', SWITCH, NULL, NULL,
		"go on where events are no longer held (else status 3)"},
	ROWS_OF_ALL,
	{0},
};

static const struct option_row tail_rows[] = {
	{"since", 's', TEXT, "WHEN", "1h", "begin there: 10m, an id, or all"},
	ROWS_OF_ALL,
	{0},
};

static const struct option_row history_rows[] = {
	{"since", 's', TEXT, "WHEN", "all", "begin there: 10m, an id, or all"},
	ROWS_OF_ALL,
	{0},
};

const struct verb verb_sub = {
	.name = "sub",
	.arguments = "CHANNEL...",
	.summary = "print events as they come, and lose none",
	.more = "With --cursor nothing is lost: after a cut of any length, a "
		"restart of anything or\na kill of this program it goes on "
		"after the last event that was printed, or whose\ncommand "
		"succeeded.  The one in flight at that moment may come twice.\n"
		"\n"
		"COMMAND gets the data on its standard input, and TIDINGS_ID, "
		"TIDINGS_EVENT and\nTIDINGS_CHANNEL in its environment.  If "
		"it fails, this ends with status 1.",
	.rows = sub_rows,
	.least = 1,
	.most = -1,
	.run = run_sub,
};

const struct verb verb_tail = {
	.name = "tail",
	.arguments = "CHANNEL...",
	.summary = "print what was, then what comes",
	.rows = tail_rows,
	.least = 1,
	.most = -1,
	.run = run_tail,
};

const struct verb verb_history = {
	.name = "history",
	.arguments = "CHANNEL...",
	.summary = "print the events that are held, and end",
	.rows = history_rows,
	.least = 1,
	.most = -1,
	.run = run_history,
};
