/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/spark.h"

void spark_add(struct spark *spark, double value)
{
	spark->values[spark->count++ % SPARK_MOST] = value;
}

/* The value that was added so many before the newest; negative if none was. */
static double value_at(const struct spark *spark, size_t back)
{
	if (back >= spark->count || back >= SPARK_MOST)
		return -1;
	return spark->values[(spark->count - 1 - back) % SPARK_MOST];
}

static const char *bar(double value, double most, bool signs)
{
	static const char *const bars[2][8] = {
		{"_", ".", "-", "=", "+", "*", "#", "@"},
		{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}};
	size_t height;

	if (value < 0)
		return " ";
	height = most > 0 ? (size_t)(value / most * 7 + 0.5) : 0;
	if (height == 0 && value > 0)
		height = 1; /* little is not nothing */
	return bars[signs][height > 7 ? 7 : height];
}

void spark_draw(
	const struct spark *spark, size_t width, bool signs, struct buf *out)
{
	double most = 0;

	for (size_t i = 0; i < width; i++)
		if (value_at(spark, i) > most)
			most = value_at(spark, i);
	for (size_t i = width; i > 0; i--)
		buf_add_span(
			out, span_of(bar(value_at(spark, i - 1), most, signs)));
}
