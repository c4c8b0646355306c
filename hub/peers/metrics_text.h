/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_METRICS_TEXT_H
#define TIDINGS_HUB_PEERS_METRICS_TEXT_H
/*
 * metrics_text - families of samples, in one of two forms
 *
 * The text format 0.0.4 and OpenMetrics 1.0.0.  A family is its head, then its
 * samples; `labels` come with their braces, or are "".
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/histogram.h"

enum metric_type { COUNTER, GAUGE, INFO, HISTOGRAM };

/* The name is without `_total` or `_info`; a unit is part of it, at its end. */
struct metric_family {
	const char *name;
	enum metric_type type;
	const char *unit, *help; /* unit: NULL = none */
};

struct metrics_text {
	struct buf *out;
	bool open;			    /* OpenMetrics */
	const struct metric_family *family; /* the one that was begun last */
};

void metrics_begin(
	struct metrics_text *text, const struct metric_family *family);
void metrics_add(struct metrics_text *text, const char *labels, uint64_t value);
/* Its label is `name="value"`, and all of `more` ("" = none) behind that. */
void metrics_add_labelled(struct metrics_text *text, const char *name,
	struct span label, const char *more, uint64_t value);
void metrics_add_seconds(
	struct metrics_text *text, const char *labels, uint64_t us);
/* All of its samples; it has no labels. */
void metrics_add_histogram(
	struct metrics_text *text, const struct histogram *histogram);
void metrics_end(struct metrics_text *text);

#endif
