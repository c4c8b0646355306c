/* SPDX-License-Identifier: MIT */
/*
 * view_json - the view for programs
 */
#include <config.h>

#include <stdio.h>

#include "client/show/unread.h"
#include "client/show/view.h"
#include "lib/json/json.h"

static const struct number {
	const char *name;
	size_t offset;
	bool rate; /* also by how much a second it grows */
} numbers[] = {
	{"subscribers", offsetof(struct scrape, subscribers), false},
	{"responders", offsetof(struct scrape, responders), false},
	{"present", offsetof(struct scrape, there), false},
	{"joins", offsetof(struct scrape, joins), true},
	{"leaves", offsetof(struct scrape, leaves), true},
	{"told_later", offsetof(struct scrape, told_later), false},
	{"events", offsetof(struct scrape, events), true},
	{"deliveries", offsetof(struct scrape, live), true},
	{"replayed", offsetof(struct scrape, replayed), false},
	{"requests_refused", offsetof(struct scrape, wrong), false},
	{"requests_failed", offsetof(struct scrape, failed), false},
	{"log_events", offsetof(struct scrape, log_events), false},
	{"log_bytes", offsetof(struct scrape, log_bytes), false},
};

static double at(const struct scrape *scrape, const struct number *number)
{
	const char *from = (const char *)scrape + number->offset;

	return *(const double *)(const void *)from;
}

/* A server may say anything. */
static uint64_t whole(double value)
{
	return value >= 0 && value < 1e18 ? (uint64_t)value : 0;
}

static void add_rate(struct json_object *object, const struct view *view,
	const struct number *number)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_per_second", number->name);
	json_add_decimal(object, name,
		view_rate(view, at(&view->now, number),
			at(&view->before, number)));
}

static void add_times(struct json_object *object, const char *p50,
	const char *p99, const struct scrape_curve *now,
	const struct scrape_curve *before)
{
	double half = scrape_quantile(now, before, 0.5);

	if (half < 0)
		return;
	json_add_decimal(object, p50, half);
	json_add_decimal(object, p99, scrape_quantile(now, before, 0.99));
}

static void add_figures(struct json_object *object, const struct view *view)
{
	const struct scrape *now = &view->now, *from = view_since(view);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		json_add_number(
			object, numbers[i].name, whole(at(now, &numbers[i])));
		if (numbers[i].rate && from != NULL)
			add_rate(object, view, &numbers[i]);
	}
	json_add_id(object, "newest", whole(now->newest));
	json_add_bool(object, "writable", now->writable != 0);
	add_times(object, "lag_p50_ms", "lag_p99_ms", &now->latency,
		from == NULL ? NULL : &from->latency);
	add_times(object, "commit_p50_ms", "commit_p99_ms", &now->commits,
		from == NULL ? NULL : &from->commits);
}

static void add_unread(struct json_object *object, const struct view *view)
{
	struct json_object *from = unread_list(view->health), *to, *item;
	struct unread unread;

	if (json_length(from) == 0)
		return;
	to = json_add_list(object, "inboxes");
	for (size_t i = 0; i < json_length(from); i++) {
		if (!unread_read(json_item(from, i), &unread))
			continue;
		item = json_add_item(to);
		json_add_text(item, "inbox", unread.inbox);
		json_add_text(item, "file", unread.file);
		json_add_text(item, "reason", unread.reason);
	}
}

void view_json(const struct view *view, struct buf *out)
{
	struct json_object *object = json_new();

	json_add_text(object, "status", span_of(view->status.at));
	json_add_text(object, "server", span_of(http_url(view->http)));
	add_unread(object, view);
	if (view->now.at != 0)
		add_figures(object, view);
	json_end(object, out);
}
