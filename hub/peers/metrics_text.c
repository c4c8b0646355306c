/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/metrics_text.h"

#include <inttypes.h>

/* The two forms differ in the name of the family, and in what it may say. */
void metrics_begin(
	struct metrics_text *text, const struct metric_family *family)
{
	static const char *const types[][2] = {
		[COUNTER] = {"counter", "counter"},
		[GAUGE] = {"gauge", "gauge"},
		[INFO] = {"gauge", "info"},
		[HISTOGRAM] = {"histogram", "histogram"},
	};
	struct buf *out = text->out;
	const char *suffix = "";

	text->family = family;
	if (!text->open && family->type == COUNTER)
		suffix = "_total";
	if (!text->open && family->type == INFO)
		suffix = "_info";
	buf_printf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", family->name,
		suffix, family->help, family->name, suffix,
		types[family->type][text->open]);
	if (text->open && family->unit != NULL)
		buf_printf(out, "# UNIT %s %s\n", family->name, family->unit);
}

static void add_name(struct metrics_text *text, const char *labels)
{
	static const char *const suffixes[] = {
		[COUNTER] = "_total",
		[GAUGE] = "",
		[INFO] = "_info",
		[HISTOGRAM] = "",
	};
	const struct metric_family *family = text->family;

	buf_printf(text->out, "%s%s%s ", family->name, suffixes[family->type],
		labels);
}

void metrics_add(struct metrics_text *text, const char *labels, uint64_t value)
{
	add_name(text, labels);
	buf_printf(text->out, "%" PRIu64 "\n", value);
}

static void add_escaped(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\\' || text.at[i] == '"')
			buf_add_char(out, '\\');
		buf_add_char(out, text.at[i]);
	}
}

void metrics_add_labelled(struct metrics_text *text, const char *name,
	struct span label, const char *more, uint64_t value)
{
	struct buf labels = {0};

	buf_printf(&labels, "{%s=\"", name);
	add_escaped(&labels, label);
	buf_printf(&labels, "\"%s}", more);
	buf_add_char(&labels, '\0');
	metrics_add(text, labels.at, value);
	buf_release(&labels);
}

void metrics_add_seconds(
	struct metrics_text *text, const char *labels, uint64_t us)
{
	add_name(text, labels);
	buf_printf(text->out, "%" PRIu64 ".%06u\n", us / 1000000,
		(unsigned)(us % 1000000));
}

void metrics_add_histogram(
	struct metrics_text *text, const struct histogram *histogram)
{
	static const struct {
		uint64_t us;
		const char *seconds;
	} bounds[] = {
		{100, "0.0001"},
		{250, "0.00025"},
		{500, "0.0005"},
		{1000, "0.001"},
		{2500, "0.0025"},
		{5000, "0.005"},
		{10000, "0.01"},
		{25000, "0.025"},
		{50000, "0.05"},
		{100000, "0.1"},
		{250000, "0.25"},
		{500000, "0.5"},
		{1000000, "1.0"},
		{2500000, "2.5"},
		{5000000, "5.0"},
		{10000000, "10.0"},
	};
	const char *name = text->family->name;
	struct buf *out = text->out;

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		buf_printf(out, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name,
			bounds[i].seconds,
			histogram_within(histogram, bounds[i].us));
	buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name,
		histogram->count);
	buf_printf(out, "%s_sum %" PRIu64 ".%06u\n", name,
		histogram->sum / 1000000, (unsigned)(histogram->sum % 1000000));
	buf_printf(out, "%s_count %" PRIu64 "\n", name, histogram->count);
}

void metrics_end(struct metrics_text *text)
{
	if (text->open)
		buf_printf(text->out, "# EOF\n");
}
