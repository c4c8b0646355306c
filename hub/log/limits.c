/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/limits.h"

#include <stdlib.h>

#include "hub/log/channel.h"
#include "lib/buf.h"
#include "lib/event/active.h"
#include "lib/event/selector.h"

/* Who is there pushes nothing out of the pool: this, or what its own section
 * says. */
static const struct keep active_keep = {
	.age_ms = 3600000,
	.events = 100000,
};

void limits_open(struct limits *limits, const struct config *config)
{
	size_t count = config->channel_count;

	*limits = (struct limits){.config = config, .count = count};
	limits->selectors = mem_new((count + 1) * sizeof(*limits->selectors));
	for (size_t i = 0; i < count; i++) {
		struct span name = span_of(config->channels[i].name);

		if (selector_kind(name) != SELECTOR_EXACT)
			limits->selectors[i] = selector_new(name);
	}
}

void limits_close(struct limits *limits)
{
	for (size_t i = 0; i < limits->count; i++)
		selector_free(limits->selectors[i]);
	free(limits->selectors);
	heap_release(&limits->dates);
}

static const struct keep *limits_of_name(
	const struct config *config, struct span name)
{
	for (size_t i = 0; i < config->channel_count; i++)
		if (span_is(name, config->channels[i].name))
			return &config->channels[i].keep;
	return NULL;
}

const struct keep *limits_of(const struct limits *limits, struct span name)
{
	const struct keep *keep = limits_of_name(limits->config, name);

	if (keep == NULL && span_is(name, ACTIVE_CHANNEL))
		return &active_keep;
	for (size_t i = 0; keep == NULL && i < limits->count; i++)
		if (limits->selectors[i] != NULL &&
			selector_matches(limits->selectors[i], name))
			keep = &limits->config->channels[i].keep;
	return keep;
}

/* ---- dates */

void limits_look(struct limits *limits, struct channel *channel, uint64_t date)
{
	if (date == UINT64_MAX)
		heap_remove(&limits->dates, &channel->look);
	else if (heap_has(&channel->look))
		heap_move(&limits->dates, &channel->look, date);
	else
		heap_add(&limits->dates, &channel->look, date);
}

void limits_count(struct limits *limits, struct channel *channel)
{
	const struct keep *keep = channel->keep;
	bool above = (keep->events != 0 && channel->events > keep->events) ||
		     (keep->bytes != 0 && channel->bytes > keep->bytes);

	if (above || (keep->age_ms != 0 && !heap_has(&channel->look)))
		limits_look(limits, channel, 0);
}

void limits_forget(struct limits *limits, struct channel *channel)
{
	heap_remove(&limits->dates, &channel->look);
}

struct channel *limits_due(const struct limits *limits, uint64_t date)
{
	struct heap_node *first = heap_first(&limits->dates);

	return first == NULL || first->key > date
		       ? NULL
		       : heap_entry(first, struct channel, look);
}
