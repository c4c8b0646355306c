/* SPDX-License-Identifier: MIT */
/*
 * view_text - the view for people: lines of figures, a line for a channel
 */
#include <config.h>

#include <stdio.h>
#include <time.h>

#include "client/show/listed.h"
#include "client/show/unread.h"
#include "client/show/view.h"
#include "lib/json/json.h"

/* 1234567 as 1,234,567 */
static void add_count(struct buf *out, double value)
{
	char digits[320]; /* 1e308 has 309 */
	int len = snprintf(digits, sizeof(digits), "%.0f", value);

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
			buf_add_char(out, ',');
		buf_add_char(out, digits[i]);
	}
}

static void add_bytes(struct buf *out, double bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
	size_t unit = 0;

	for (; bytes >= 1024 && unit < 3; unit++)
		bytes /= 1024;
	buf_printf(out, "%.*f %s", unit > 0, bytes, units[unit]);
}

static void add_span_of_time(struct buf *out, double seconds)
{
	static const struct {
		double seconds;
		const char *name;
	} units[] = {
		{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	size_t unit = 0;
	double count;

	while (unit < 3 && seconds < 2 * units[unit].seconds)
		unit++;
	count = seconds < 0 ? 0 : seconds / units[unit].seconds;
	buf_printf(out, "%.0f %ss", count, units[unit].name);
}

static void add_rate(
	struct buf *out, const struct view *view, double now, double before)
{
	if (view_since(view) != NULL)
		buf_printf(
			out, ", %.1f a second", view_rate(view, now, before));
}

static void add_times(struct buf *out, const struct view *view,
	const struct scrape_curve *now, const struct scrape_curve *before)
{
	const struct scrape_curve *from =
		view_since(view) == NULL ? NULL : before;
	double half = scrape_quantile(now, from, 0.5);

	if (half < 0)
		buf_add_span(out, span_of(from == NULL ? "none yet" : "none"));
	else
		buf_printf(out, "p50 %.1f ms, p99 %.1f ms", half,
			scrape_quantile(now, from, 0.99));
	if (half >= 0 && from == NULL)
		buf_add_span(out, span_of(", since the start"));
}

static void add_subscribers(struct buf *out, const struct view *view)
{
	add_count(out, view->now.subscribers);
	buf_printf(out, ", on %.0f responder%s", view->now.responders,
		view->now.responders == 1 ? "" : "s");
}

/* Has anybody ever said that he is there? */
static bool has_presence(const struct view *view)
{
	return view->now.there + view->now.joins > 0;
}

static void add_presence(struct buf *out, const struct view *view)
{
	const struct scrape *now = &view->now;

	add_count(out, now->there);
	buf_add_span(out, span_of("; joins "));
	add_count(out, now->joins);
	add_rate(out, view, now->joins, view->before.joins);
	buf_add_span(out, span_of("; leaves "));
	add_count(out, now->leaves);
	add_rate(out, view, now->leaves, view->before.leaves);
	if (now->told_later > 0) {
		buf_add_span(out, span_of("; told later "));
		add_count(out, now->told_later);
	}
}

static void add_events(struct buf *out, const struct view *view)
{
	add_count(out, view->now.events);
	add_rate(out, view, view->now.events, view->before.events);
}

static void add_deliveries(struct buf *out, const struct view *view)
{
	add_count(out, view->now.live);
	add_rate(out, view, view->now.live, view->before.live);
	if (view->now.replayed > 0) {
		buf_add_span(out, span_of("; replayed "));
		add_count(out, view->now.replayed);
	}
}

static void add_lag(struct buf *out, const struct view *view)
{
	add_times(out, view, &view->now.latency, &view->before.latency);
}

static void add_commits(struct buf *out, const struct view *view)
{
	add_times(out, view, &view->now.commits, &view->before.commits);
}

static void add_requests(struct buf *out, const struct view *view)
{
	const struct scrape *now = &view->now;

	add_count(out, now->good + now->moved + now->wrong + now->failed);
	buf_add_span(out, span_of("; refused "));
	add_count(out, now->wrong);
	buf_add_span(out, span_of(", failed "));
	add_count(out, now->failed);
}

static void add_log(struct buf *out, const struct view *view)
{
	add_count(out, view->now.log_events);
	buf_add_span(out, span_of(" events, "));
	add_bytes(out, view->now.log_bytes);
	if (view->now.newest > 0)
		buf_printf(out, ", newest id %.0f", view->now.newest);
	if (view->now.writable == 0)
		buf_add_span(out, span_of("; cannot be written"));
}

static void add_up(struct buf *out, const struct view *view)
{
	add_span_of_time(out, (double)time(NULL) - view->now.began);
}

static const struct line {
	const char *name;
	void (*add)(struct buf *out, const struct view *view);
} lines[] = {
	{"subscribers", add_subscribers},
	{"present", add_presence},
	{"published", add_events},
	{"delivered", add_deliveries},
	{"lag", add_lag},
	{"commit", add_commits},
	{"requests", add_requests},
	{"log", add_log},
	{"hub up", add_up},
};

static void add_unread(const struct view *view, struct buf *out)
{
	struct json_object *list = unread_list(view->health);
	struct unread unread;

	for (size_t i = 0; i < json_length(list); i++) {
		if (!unread_read(json_item(list, i), &unread))
			continue;
		buf_printf(out, "%-12s ", "not read");
		unread_add(out, &unread);
		buf_add_char(out, '\n');
	}
}

void view_lines(const struct view *view, struct buf *out)
{
	buf_printf(out, "%-12s %s\n", "status", view->status.at);
	add_unread(view, out);
	buf_printf(out, "%-12s %s\n", "server", http_url(view->http));
	if (view->now.at == 0) {
		if (view->fault.len > 1)
			buf_printf(out, "%-12s none: %s\n", "figures",
				view->fault.at);
		return;
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (lines[i].add == add_presence && !has_presence(view))
			continue;
		buf_printf(out, "%-12s ", lines[i].name);
		lines[i].add(out, view);
		buf_add_char(out, '\n');
	}
}

/* ---- the channels */

bool view_channel(const struct view *view, size_t index, struct listed *listed)
{
	if (index >= view_channels(view))
		return false;
	return listed_read(json_item(json_list(view->channels, "channels"),
				   view->order[index]),
		listed);
}
