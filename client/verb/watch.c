/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/watch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/http/interrupt.h"
#include "client/option/colour.h"
#include "client/show/listed.h"
#include "client/show/look.h"
#include "client/show/screen.h"
#include "client/show/spark.h"

enum {
	INDENT = 13,	 /* columns before a figure */
	SPARK_LEAST = 8, /* columns of a figure's course, if any */
	SPARK_WIDEST = 60,
	SPARKS = 4,
};

struct watch {
	const struct view *view;
	struct spark sparks[SPARKS];
	bool signs;
};

/* ---- the course of the figures */

static const char *const courses[SPARKS] = {
	"subscribers", "published", "delivered", "lag"};

static void remember(struct watch *watch)
{
	const struct view *view = watch->view;
	const struct scrape *now = &view->now, *before = view_since(view);
	double values[SPARKS] = {-1, -1, -1, -1};

	if (now->at != 0)
		values[0] = now->subscribers;
	if (now->at != 0 && before != NULL) {
		values[1] = view_rate(view, now->events, before->events);
		values[2] = view_rate(view, now->live, before->live);
		values[3] =
			scrape_quantile(&now->latency, &before->latency, 0.99);
	}
	for (size_t i = 0; i < SPARKS; i++)
		spark_add(&watch->sparks[i], values[i]);
}

/* At the right end of the line that was drawn last, if it leaves room. */
static void draw_course(const struct watch *watch, struct span line)
{
	int row = screen_rows() - screen_left() - 1;
	int used = (int)look_width(line) + 2;
	int room = screen_columns() - (used < 40 ? 40 : used);
	struct buf text = {0};

	if (room > SPARK_WIDEST)
		room = SPARK_WIDEST;
	for (size_t i = 0; i < SPARKS && room >= SPARK_LEAST; i++) {
		size_t len = strlen(courses[i]);

		if (line.len <= len || line.at[len] != ' ' ||
			memcmp(line.at, courses[i], len) != 0)
			continue;
		spark_draw(
			&watch->sparks[i], (size_t)room, watch->signs, &text);
		screen_put(row, screen_columns() - room, room, SCREEN_GOOD,
			buf_span(&text));
	}
	buf_release(&text);
}

/* ---- lines */

/* A line in as many as it takes, broken between words: no figure is cut. */
static void draw_figure(struct span line)
{
	size_t width = (size_t)screen_columns(), indent = 0;

	while (look_width(line) + indent > width) {
		size_t len = width > indent ? width - indent : 0;
		struct buf piece = {0};

		if (len >= line.len)
			break;
		while (len > 0 && line.at[len] != ' ')
			len--;
		if (len <= (indent > 0 ? 0u : INDENT))
			break;
		look_pad(&piece, span(NULL, 0), indent);
		buf_add_span(&piece, span(line.at, len));
		screen_line(SCREEN_PLAIN, buf_span(&piece));
		buf_release(&piece);
		line = span(line.at + len + 1, line.len - len - 1);
		indent = width > 3 * (size_t)INDENT ? INDENT : 1;
	}
	{
		struct buf rest = {0};

		look_pad(&rest, span(NULL, 0), indent);
		buf_add_span(&rest, line);
		screen_line(SCREEN_PLAIN, buf_span(&rest));
		buf_release(&rest);
	}
}

static void draw_figures(const struct watch *watch)
{
	struct buf text = {0};
	const char *line, *end;

	view_lines(watch->view, &text);
	line = text.at;
	end = line + text.len;
	while (line < end && screen_left() > 0) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		struct span all = span(
			line, (size_t)((stop == NULL ? end : stop) - line));

		draw_figure(all);
		draw_course(watch, all);
		line = all.at + all.len + 1;
	}
	buf_release(&text);
}

static void draw_channels(const struct view *view)
{
	size_t width = (size_t)screen_columns();
	struct listed listed;
	struct buf line = {0};

	screen_line(SCREEN_PLAIN, span(NULL, 0));
	listed_fit(&line, NULL, width);
	screen_line(SCREEN_BOLD, buf_span(&line));
	if (view->channels == NULL && view->fault.len > 1) {
		buf_clear(&line);
		buf_printf(&line, "none: %s", view->fault.at);
		screen_line(SCREEN_PLAIN, buf_span(&line));
	}
	for (size_t i = 0; screen_left() > 1; i++) {
		if (!view_channel(view, i, &listed))
			break;
		buf_clear(&line);
		listed_fit(&line, &listed, width);
		screen_line(SCREEN_PLAIN, buf_span(&line));
	}
	if (view->more)
		screen_line(SCREEN_DIM,
			span_of("and further ones: tidings channels"));
	buf_release(&line);
}

static void draw_head(const struct view *view)
{
	struct buf line = {0};
	char now[16] = "";
	time_t when = time(NULL);
	struct tm local;

	if (localtime_r(&when, &local) != NULL)
		strftime(now, sizeof(now), "%H:%M:%S", &local);
	buf_printf(&line, "Tidings   %s   q ends", now);
	screen_line(SCREEN_BOLD, buf_span(&line));
	if (view->exit_status != EXIT_OK) {
		buf_clear(&line);
		buf_printf(&line, " %s ", view->status.at);
		screen_line(SCREEN_ALARM, buf_span(&line));
	}
	buf_release(&line);
}

static void draw(const struct watch *watch)
{
	screen_begin();
	draw_head(watch->view);
	screen_line(SCREEN_PLAIN, span(NULL, 0));
	draw_figures(watch);
	if (watch->view->channels != NULL || watch->view->now.at != 0)
		draw_channels(watch->view);
	screen_end();
}

static bool is_end(int key)
{
	return key == 'q' || key == 'Q' || key == SCREEN_GONE;
}

enum exit_status watch_run(struct view *view, uint64_t interval)
{
	struct watch watch = {.view = view, .signs = colour_signs()};
	int key = SCREEN_NOTHING;

	if (!screen_open())
		return fail(EXIT_USAGE,
			"--watch: cannot draw on this terminal (TERM); use "
			"`tidings status --watch | cat`");
	while (!is_end(key) && !interrupt_caught()) {
		if (key == SCREEN_NOTHING) {
			view_ask(view, true);
			remember(&watch);
		}
		if (interrupt_caught() || view->unreadable)
			break;
		draw(&watch);
		key = screen_wait((int)interval);
	}
	screen_close();
	return EXIT_OK;
}
