/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/presence_figures.h"

#include "hub/peers/presence.h"

static void write_there(
	const struct presence *presence, struct metrics_text *text)
{
	metrics_add(text, "", presence->there);
}

static void write_subscriptions(
	const struct presence *presence, struct metrics_text *text)
{
	metrics_add(text, "", presence->attendance.ids.count);
}

static void write_changes(
	const struct presence *presence, struct metrics_text *text)
{
	metrics_add(text, "{kind=\"join\"}", presence->joins);
	metrics_add(text, "{kind=\"leave\"}", presence->leaves);
}

static void write_waiting(
	const struct presence *presence, struct metrics_text *text)
{
	metrics_add(text, "", presence->budget.waiting);
}

static void write_dropped(
	const struct presence *presence, struct metrics_text *text)
{
	metrics_add(text, "", presence->ledger->retention.crowded);
}

static const struct row {
	struct metric_family family;
	void (*write)(
		const struct presence *presence, struct metrics_text *text);
} rows[] = {
	{{"tidings_presence_subscribers", GAUGE, NULL,
		 "Streams that are there, as has been told."},
		write_there},
	{{"tidings_presence_subscriptions", GAUGE, NULL,
		 "What they listen to: each stream on each of its channels."},
		write_subscriptions},
	{{"tidings_presence_changes", COUNTER, NULL,
		 "Joins and leaves stored, each of a stream on a channel."},
		write_changes},
	{{"tidings_presence_waiting", GAUGE, NULL,
		 "Streams of which it is not told yet that they have come or "
		 "gone: their addresses change too often (presence_rate)."},
		write_waiting},
	{{"tidings_presence_dropped_events", COUNTER, NULL,
		 "Joins and leaves dropped before their time, as there were "
		 "more than are kept."},
		write_dropped},
};

void presence_figures_write(
	const struct presence *presence, struct metrics_text *text)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		metrics_begin(text, &rows[i].family);
		rows[i].write(presence, text);
	}
}
