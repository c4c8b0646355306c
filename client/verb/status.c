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
#include <time.h>
#include <unistd.h>

#include "client/http/backoff.h"
#include "client/http/interrupt.h"
#include "client/option/option.h"
#include "client/show/listed.h"
#include "client/show/print.h"
#include "client/show/screen.h"
#include "client/show/view.h"
#include "client/verbs.h"

enum { INTERVAL_LEAST_MS = 100 };

/* ---- as text */

static enum exit_status print_view(const struct view *view)
{
	struct buf out = {0};
	enum exit_status exit_status;

	(option_switch("json") ? view_json : view_lines)(view, &out);
	if (option_switch("watch") && !option_switch("json"))
		buf_add_char(&out, '\n');
	exit_status = print_text(buf_span(&out));
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

/* ---- as a screen */

static void draw_text(enum screen_look look, struct buf *text)
{
	char *line = text->at, *end = text->at + text->len;

	while (line < end) {
		char *stop = memchr(line, '\n', (size_t)(end - line));
		char *upto = stop == NULL ? end : stop;

		screen_line(look, span(line, (size_t)(upto - line)));
		line = upto + 1;
	}
	buf_clear(text);
}

static void draw_channels(const struct view *view)
{
	struct buf line = {0};

	screen_line(SCREEN_PLAIN, span(NULL, 0));
	screen_line(SCREEN_BOLD, span_of(listed_head));
	if (view->channels == NULL && view->fault.len > 1) {
		buf_printf(&line, "none: %s", view->fault.at);
		draw_text(SCREEN_PLAIN, &line);
	}
	for (size_t i = 0; screen_left() > 1; i++) {
		if (!view_channel(view, i, &line))
			break;
		draw_text(SCREEN_PLAIN, &line);
	}
	if (view->more)
		screen_line(SCREEN_DIM,
			span_of("and further ones: tidings channels"));
	buf_release(&line);
}

static void draw_head(const struct view *view, struct buf *line)
{
	char now[16] = "";
	time_t when = time(NULL);
	struct tm local;

	if (localtime_r(&when, &local) != NULL)
		strftime(now, sizeof(now), "%H:%M:%S", &local);
	buf_printf(line, "Tidings   %s   q ends", now);
	draw_text(SCREEN_BOLD, line);
	if (view->exit_status != EXIT_OK) {
		buf_printf(line, " %s ", view->status.at);
		draw_text(SCREEN_ALARM, line);
	}
}

static void draw(const struct view *view)
{
	struct buf text = {0};

	screen_begin();
	draw_head(view, &text);
	screen_line(SCREEN_PLAIN, span(NULL, 0));
	view_lines(view, &text);
	draw_text(SCREEN_PLAIN, &text);
	if (view->channels != NULL || view->now.at != 0)
		draw_channels(view);
	screen_end();
	buf_release(&text);
}

static enum exit_status show(struct view *view, uint64_t interval)
{
	enum screen_key key = SCREEN_NOTHING;

	if (!screen_open())
		return fail(EXIT_USAGE,
			"--watch: cannot draw on this terminal (TERM); use "
			"`tidings status --watch | cat`");
	while (key != SCREEN_QUIT && !interrupt_caught()) {
		if (key == SCREEN_NOTHING)
			view_ask(view, true);
		if (interrupt_caught() || view->unreadable)
			break;
		draw(view);
		key = screen_wait((int)interval);
	}
	screen_close();
	return interrupt_caught() ? EXIT_OK : judge(view);
}

/* ---- the verb */

static enum exit_status watch(struct view *view)
{
	uint64_t interval = option_ms("interval");
	bool screen = isatty(STDOUT_FILENO) != 0 && isatty(STDIN_FILENO) != 0;

	if (interval < INTERVAL_LEAST_MS || interval > 3600000)
		return fail(EXIT_USAGE, "--interval must be from 100ms to 1h");
	interrupt_catch();
	return screen && !option_switch("json")
		       ? show(view, interval)
		       : again_and_again(view, interval);
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
