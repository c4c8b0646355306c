/* SPDX-License-Identifier: MIT */
/*
 * sub, tail, history - events of some channels or patterns, printed or handed
 * to a command
 */
#include <config.h>

#include <string.h>

#include "client/http/get_json.h"
#include "client/http/http.h"
#include "client/http/interrupt.h"
#include "client/http/url.h"
#include "client/option/option.h"
#include "client/show/listed.h"
#include "client/verb/subscription.h"
#include "client/verbs.h"
#include "lib/json/json.h"
#include "lib/text.h"

static enum exit_status check_channels(void)
{
	for (size_t i = 0; i < argument_count(); i++) {
		const char *fault = text_topic_fault(span_of(argument(i)));

		if (fault != NULL)
			return fail(EXIT_USAGE, "channel \"%s\": %s",
				argument(i), fault);
		if (strchr(argument(i), '{') != NULL ||
			strcmp(argument(i), "*") == 0)
			say("%s is taken as the name of one channel; "
			    "--pattern is for all that match",
				argument(i));
	}
	return EXIT_OK;
}

/* Each --event is a list of types, "a,b". */
static enum exit_status take_types(struct subscription *sub)
{
	struct span list, type;

	for (size_t i = 0; option_item("event", i, &list); i++)
		while (list.len > 0) {
			size_t len = 0;

			while (len < list.len && list.at[len] != ',' &&
				list.at[len] != ' ')
				len++;
			type = span(list.at, len);
			if (len > 0)
				buf_add(&sub->types, &type, sizeof(type));
			len += len < list.len;
			list = span(list.at + len, list.len - len);
		}
	if (option_given("event") && sub->types.len == 0)
		return fail(EXIT_USAGE, "--event names no type");
	return EXIT_OK;
}

/* The server knows best what a pattern is. */
static enum exit_status take_patterns(struct subscription *sub)
{
	static const char *const names[] = {
		[SUB] = "sub", [TAIL] = "tail", [HISTORY] = "history"};
	struct span pattern;

	for (size_t i = 0; option_item("pattern", i, &pattern); i++) {
		if (pattern.len == 0)
			return fail(EXIT_USAGE, "--pattern: \"\" is not a "
						"pattern");
		buf_add(&sub->patterns, &pattern, sizeof(pattern));
	}
	if (argument_count() == 0 && sub->patterns.len == 0)
		return fail(EXIT_USAGE,
			"%s: expected CHANNEL... or --pattern "
			"(tidings %s --help)",
			names[sub->mode], names[sub->mode]);
	return EXIT_OK;
}

static enum exit_status follow_channels(
	struct subscription *sub, struct http *http)
{
	const struct follow follow = {
		.channels = (const char *const *)arguments_from(0),
		.count = argument_count(),
		.patterns = (const struct span *)(void *)sub->patterns.at,
		.pattern_count = sub->patterns.len / sizeof(struct span),
		.types = (const struct span *)(void *)sub->types.at,
		.type_count = sub->types.len / sizeof(struct span),
		.since = option_text("since"),
		.id = buf_span(&sub->cursor.id),
		.wait = option_switch("wait"),
		.deadline_ms = option_ms("timeout"),
	};
	const struct follower follower = subscription_follower(sub);
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

	sub->newest = UINT64_MAX;
	if (sub->mode == HISTORY && sub->patterns.len == 0) {
		exit_status = find_newest(http, &sub->newest);
		if (exit_status != EXIT_OK || sub->newest == 0)
			return exit_status;
	}
	return follow_channels(sub, http);
}

static enum exit_status subscribe(enum mode mode)
{
	struct subscription sub = {.mode = mode,
		.command = mode == SUB ? option_text("exec") : NULL,
		.left = option_given("count") ? option_number("count") : 0,
		.gap_allowed = mode != SUB || option_switch("allow-gap")};
	enum exit_status exit_status = check_channels();
	struct http *http = NULL;

	if (exit_status == EXIT_OK)
		exit_status = take_patterns(&sub);
	if (exit_status == EXIT_OK)
		exit_status = take_types(&sub);
	if (exit_status == EXIT_OK)
		exit_status = print_open(&sub.print,
			argument_count() > 1 || sub.patterns.len > 0);
	sub.print.untimed = mode == HISTORY;
	if (exit_status == EXIT_OK)
		exit_status = cursor_open(&sub.cursor,
			mode == SUB ? option_text("cursor") : NULL);
	if (exit_status == EXIT_OK) {
		http = http_new();
		if (http != NULL)
			subscription_greet(&sub, http_url(http));
		exit_status = http == NULL ? EXIT_USAGE : run(&sub, http);
	}
	http_free(http);
	cursor_close(&sub.cursor);
	print_close(&sub.print);
	buf_release(&sub.patterns);
	buf_release(&sub.types);
	buf_release(&sub.greeting);
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

#define ROWS_OF_ALL                                                           \
	{"pattern", 'p', LIST, "PATTERN", NULL,                               \
		"all channels it matches (builds/{name}, *), repeatable"},    \
		{"event", 'e', LIST, "TYPES", NULL,                           \
			"only events of these types (a,b); may be repeated"}, \
		{"count", 'n', NUMBER, "N", NULL, "end after N events"},      \
		{"timeout", 't', DURATION, "TIME", NULL,                      \
			"end after TIME, with status 9"},                     \
		{"json", 'j', SWITCH, NULL, NULL,                             \
			"a JSON object per line, also on a terminal"},        \
		{"parse", 'P', SWITCH, NULL, NULL,                            \
			"as --json, with data that are JSON as such"},        \
		{"time", 'T', SWITCH, NULL, NULL,                             \
			"with --json, when it was published, as \"at\""},     \
		{"format", 'f', TEXT, "FORMAT", NULL,                         \
			"%i id, %t type, %c channel, %d data, %a time, \\n "  \
			"\\t"},                                               \
	{                                                                     \
		"wait", 'w', SWITCH, NULL, NULL,                              \
			"wait for a server that is not there yet"             \
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
	.arguments = "[CHANNEL...]",
	.summary = "print events as they come, and lose none",
	.more = "With --cursor nothing is lost: after a cut of any length, a "
		"restart of anything\n"
		"or a kill of this program it goes on after the last event "
		"that was printed, or\n"
		"whose command succeeded.  The one in flight at that moment "
		"may come twice.\n"
		"\n"
		"COMMAND gets the data on its standard input, and TIDINGS_ID, "
		"TIDINGS_EVENT,\n"
		"TIDINGS_CHANNEL and TIDINGS_AT, when it was published, in its "
		"environment.  If\n"
		"it fails, this ends with status 1.",
	.examples = "tidings sub alerts\n"
		    "tidings sub orders --since 10m --event new,paid\n"
		    "tidings sub --pattern 'builds/{name}'\n"
		    "tidings sub orders --cursor orders.id --exec 'cat "
		    ">>orders.log'",
	.group = "Publish and listen",
	.rows = sub_rows,
	.most = -1,
	.run = run_sub,
};

const struct verb verb_tail = {
	.name = "tail",
	.arguments = "[CHANNEL...]",
	.summary = "print what was, then what comes",
	.examples = "tidings tail alerts\n"
		    "tidings tail --pattern '*' --since 10m",
	.group = "Publish and listen",
	.rows = tail_rows,
	.most = -1,
	.run = run_tail,
};

const struct verb verb_history = {
	.name = "history",
	.arguments = "[CHANNEL...]",
	.summary = "print the events that are held, and end",
	.examples = "tidings history alerts --since 1d\n"
		    "tidings history jobs --format '%i %t %d'\n"
		    "tidings history alerts --json | tail -n 1",
	.group = "Publish and listen",
	.rows = history_rows,
	.most = -1,
	.run = run_history,
};
