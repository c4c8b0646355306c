/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_SPARK_H
#define TIDINGS_CLIENT_SHOW_SPARK_H
/*
 * spark - a figure over time, as a line of small bars.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

enum { SPARK_MOST = 120 }; /* values that are kept */

/* All zero is none yet. */
struct spark {
	double values[SPARK_MOST]; /* a ring; negative = not known */
	size_t count;		   /* that were ever added */
};

void spark_add(struct spark *spark, double value);
/* Appends a bar for each of the last `width` values, the newest at the right,
 * from 0 to the greatest of them; blanks where there are fewer.  `signs`: with
 * those of UTF-8, else with ASCII. */
void spark_draw(
	const struct spark *spark, size_t width, bool signs, struct buf *out);

#endif
