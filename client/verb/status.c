/* SPDX-License-Identifier: MIT */
/*
 * status - how the server is, once or all the time
 *
 *   once     a line for each figure, or JSON; the exit status says if it is ok
 *   --watch  on a terminal a screen that is drawn anew until q or Ctrl-C,
 *            anywhere else the same as once, again and again
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/http/backoff.h"
#include "client/http/interrupt.h"
#include "client/option/colour.h"
#include "client/option/option.h"
#include "client/show/look.h"
#include "client/show/print.h"
#include "client/show/view.h"
#include "client/verb/watch.h"
#include "client/verbs.h"
#include "lib/escape.h"

enum { INTERVAL_LEAST_MS = 100 };

/* ---- as text */

enum { NAME = 13 }; /* columns before the figure */

static enum look look_of(const struct view *view, struct span line)
{
	static const struct span status = {"status ", 7};
	static const struct span unread = {"not read ", 9};

	if (line.len > status.len &&
		memcmp(line.at, status.at, status.len) == 0)
		return view->exit_status == EXIT_OK ? LOOK_GOOD : LOOK_BAD;
	if (line.len > unread.len &&
		memcmp(line.at, unread.at, unread.len) == 0)
		return LOOK_WARN;
	return LOOK_PLAIN;
}

static void paint_line(
	struct buf *out, const struct view *view, struct span line)
{
	struct buf safe = {0};
	size_t name;

	escape_add(&safe, line);
	name = safe.len < NAME ? safe.len : NAME;
	look_add(out, true, LOOK_DIM, span(safe.at, name));
	look_add(out, true, look_of(view, line),
		span(safe.at + name, safe.len - name));
	buf_add_char(out, '\n');
	buf_release(&safe);
}

/* The same for people whom colours help. */
static void paint(const struct view *view, struct buf *out)
{
	struct buf text = {0};
	const char *at, *end, *stop;

	view_lines(view, &text);
	end = text.at + text.len;
	for (at = text.at; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		paint_line(out, view, span(at, (size_t)(stop - at)));
	}
	buf_release(&text);
}

static enum exit_status print_view(const struct view *view)
{
	bool json = option_switch("json");
	bool colour = !json && colour_wanted(STDOUT_FILENO);
	struct buf out = {0};
	enum exit_status exit_status;

	(json ? view_json : colour ? paint : view_lines)(view, &out);
	if (option_switch("watch") && !json)
		buf_add_char(&out, '\n');
	exit_status = colour ? print_coloured(buf_span(&out))
			     : print_text(buf_span(&out));
	buf_release(&out);
	return exit_status;
}

/* What cannot be read is no figure, and no news of a server that is away. */
static enum exit_status judge(const struct view *view)
{
	return view->unreadable ? fail(EXIT_TROUBLE, "%s", view->fault.at)
				: EXIT_OK;
}

static enum exit_status once(struct view *view)
{
	enum exit_status exit_status;

	view_ask(view, false);
	if (!view->known)
		return fail(view->exit_status, "%s%s", view->status.at,
			view->unreadable ? ""
					 : answer_advice(&view->answer, false));
	exit_status = print_view(view);
	if (exit_status == EXIT_OK)
		exit_status = judge(view);
	return exit_status == EXIT_OK ? view->exit_status : exit_status;
}

static enum exit_status again_and_again(struct view *view, uint64_t interval)
{
	enum exit_status exit_status = EXIT_OK;

	while (exit_status == EXIT_OK && !interrupt_caught()) {
		view_ask(view, false);
		if (interrupt_caught())
			break;
		exit_status = print_view(view);
		if (exit_status == EXIT_OK)
			exit_status = judge(view);
		if (exit_status == EXIT_OK)
			backoff_wait(interval, 0);
	}
	return exit_status;
}

/* ---- the verb */

static enum exit_status watch(struct view *view)
{
	uint64_t interval = option_ms("interval");
	bool screen = isatty(STDOUT_FILENO) != 0 && isatty(STDIN_FILENO) != 0;
	enum exit_status exit_status;

	if (interval < INTERVAL_LEAST_MS || interval > 3600000)
		return fail(EXIT_USAGE, "--interval must be from 100ms to 1h");
	interrupt_catch();
	if (!screen || option_switch("json"))
		return again_and_again(view, interval);
	exit_status = watch_run(view, interval);
	return exit_status == EXIT_OK && !interrupt_caught() ? judge(view)
							     : exit_status;
}

static enum exit_status run_status(void)
{
	struct view view = {.http = http_new()};
	enum exit_status exit_status;

	if (view.http == NULL)
		return EXIT_USAGE;
	exit_status = option_switch("watch") ? watch(&view) : once(&view);
	view_release(&view);
	http_free(view.http);
	if (exit_status == EXIT_OK && interrupt_caught())
		interrupt_die();
	return exit_status;
}

static const struct option_row rows[] = {
	{"watch", 'w', SWITCH, NULL, NULL, "show it all the time, until q"},
	{"interval", 'i', DURATION, "TIME", "2s", "how often --watch looks"},
	{"json", 'j', SWITCH, NULL, NULL, "a JSON object, also on a terminal"},
	{0},
};

const struct verb verb_status = {
	.name = "status",
	.arguments = "",
	.summary = "say how the server is",
	.more = "Health, subscribers, lag, sizes.  Status 0 if it is ok, 7 if "
		"it is degraded.",
	.examples = "tidings status\n"
		    "tidings status --watch\n"
		    "tidings status --json",
	.group = "See what is there",
	.rows = rows,
	.most = 0,
	.run = run_status,
};
