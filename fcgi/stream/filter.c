/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/filter.h"

#include <stdlib.h>

#include "lib/event/active.h"
#include "lib/event/selector.h"
#include "lib/wire.h"

struct filter {
	size_t count;
	struct selector *selectors[];
};

bool filter_concerns(struct span topic)
{
	static const char name[] = ACTIVE_CHANNEL;
	const size_t len = sizeof(name) - 1;

	return topic.len > len && memcmp(topic.at, name, len) == 0 &&
	       (topic.at[len] == '/' || topic.at[len] == '{');
}

static int in_order(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	return selector_order(SELECTOR_EXACT, *a, SELECTOR_EXACT, *b);
}

void filter_put(struct buf *out, struct span *topics, size_t count)
{
	if (count > 1)
		qsort(topics, count, sizeof(*topics), in_order);
	buf_add_char(out, '\0');
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !span_equal(topics[i], topics[i - 1]))
			wire_put_str16(out, topics[i]);
}

bool filter_is(struct span types)
{
	return types.len > 0 && types.at[0] == '\0';
}

struct span filter_of_none(void)
{
	return span("", 1);
}

/* ---- made of its text */

static struct wire_in topics_of(struct span types)
{
	struct wire_in in = wire_in(types);

	wire_get_u8(&in);
	return in;
}

size_t filter_templates(struct span types)
{
	struct wire_in in = topics_of(types);
	size_t count = 0;

	if (!filter_is(types))
		return 0;
	while (in.at < in.end && !in.failed)
		count += selector_kind(wire_get_str16(&in)) != SELECTOR_EXACT;
	return count;
}

/* A template, or the name that it would be if it is none. */
static struct selector *selector_of(struct span topic)
{
	struct selector *selector = selector_kind(topic) == SELECTOR_EXACT
					    ? NULL
					    : selector_try(topic);

	return selector != NULL ? selector : selector_exact(topic);
}

struct filter *filter_new(struct span types)
{
	struct wire_in in = topics_of(types);
	struct filter *filter;
	size_t count = 0;

	if (!filter_is(types))
		return NULL;
	for (; in.at < in.end && !in.failed; count++)
		wire_get_str16(&in);
	filter =
		mem_new(sizeof(*filter) + count * sizeof(filter->selectors[0]));
	in = topics_of(types);
	while (filter->count < count)
		filter->selectors[filter->count++] =
			selector_of(wire_get_str16(&in));
	return filter;
}

void filter_free(struct filter *filter)
{
	if (filter == NULL)
		return;
	for (size_t i = 0; i < filter->count; i++)
		selector_free(filter->selectors[i]);
	free(filter);
}

bool filter_takes(const struct filter *filter, struct span traits)
{
	struct active active;
	struct buf path = {0};
	bool takes = false;

	if (filter == NULL)
		return true;
	if (!active_get(traits, &active))
		return false;
	active_path(&path, &active);
	for (size_t i = 0; i < filter->count && !takes; i++)
		takes = selector_matches(filter->selectors[i], buf_span(&path));
	buf_release(&path);
	return takes;
}
