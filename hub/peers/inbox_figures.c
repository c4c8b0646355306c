/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/inbox_figures.h"

static void add(struct metrics_text *text, const struct inbox *inbox,
	const char *more, uint64_t value)
{
	metrics_add_labelled(
		text, "inbox", span_of(inbox->config->name), more, value);
}

static void write_read(struct metrics_text *text, const struct inbox *inbox)
{
	add(text, inbox, "", inbox->read);
}

static void write_confined(struct metrics_text *text, const struct inbox *inbox)
{
	if (inbox->peer != NULL)
		add(text, inbox, "", inbox->confined);
}

static void write_rows(struct metrics_text *text, const struct inbox *inbox)
{
	add(text, inbox, ",outcome=\"published\"", inbox->sums.published);
	add(text, inbox, ",outcome=\"refused\"", inbox->sums.refused);
}

static void write_cursor(struct metrics_text *text, const struct inbox *inbox)
{
	if (inbox->read)
		add(text, inbox, "", inbox->cursor);
}

static void write_reasons(struct metrics_text *text, const struct inbox *inbox)
{
	if (inbox->read)
		add(text, inbox, "", inbox->reasons);
}

static void write_stock(struct metrics_text *text, const struct inbox *inbox)
{
	if (inbox->read)
		add(text, inbox, "", inbox->stock);
}

static void write_lost(struct metrics_text *text, const struct inbox *inbox)
{
	if (inbox->read)
		add(text, inbox, "", inbox->lost);
}

static const struct row {
	struct metric_family family;
	void (*write)(struct metrics_text *text, const struct inbox *inbox);
} rows[] = {
	{{"tidings_inbox_read", GAUGE, NULL,
		 "1 if rows of the inbox are read, 0 if not: /health says "
		 "why."},
		write_read},
	{{"tidings_inbox_confined", GAUGE, NULL,
		 "1 if what reads the inbox is kept by Landlock to files of "
		 "its folder, 0 if only by their owner and mode."},
		write_confined},
	{{"tidings_inbox_rows", COUNTER, NULL,
		 "Rows of the inbox since the hub started, by whether they "
		 "were published."},
		write_rows},
	{{"tidings_inbox_cursor", GAUGE, NULL,
		 "Id up to which rows of the inbox were taken."},
		write_cursor},
	{{"tidings_inbox_untold_reasons", GAUGE, NULL,
		 "Rows that were refused and do not hold the reason yet."},
		write_reasons},
	{{"tidings_inbox_stock_rows", GAUGE, NULL,
		 "Published rows that may still be in the inbox, going by "
		 "their ids."},
		write_stock},
	{{"tidings_inbox_lost_tables", GAUGE, NULL,
		 "Tables of the inbox's database that have lost the triggers "
		 "by which they publish: tidings check names the command."},
		write_lost},
};

void inbox_figures_write(
	const struct inboxes *inboxes, struct metrics_text *text)
{
	if (inboxes->count == 0)
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		metrics_begin(text, &rows[i].family);
		for (size_t j = 0; j < inboxes->count; j++)
			rows[i].write(text, &inboxes->all[j]);
	}
}
