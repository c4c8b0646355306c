/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/match.h"

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/event/selector.h"

enum { LOOKS = 64 }; /* channels, between two looks at the clock */

static struct match *match_of(struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct match, node);
}

static struct span key_of(const struct table_node *node)
{
	const struct match *match = table_entry(node, struct match, node);

	return selector_text(match->selector);
}

void matches_init(struct matches *matches)
{
	*matches = (struct matches){0};
	table_init(&matches->table, key_of, NULL);
	list_init(&matches->recent);
}

static void forget(struct matches *matches, struct match *match)
{
	table_remove(&matches->table, &match->node);
	list_remove(&match->recent);
	matches->numbers -= match->count;
	selector_free(match->selector);
	free(match->numbers);
	free(match);
}

static struct match *oldest(const struct matches *matches)
{
	return list_entry(matches->recent.next, struct match, recent);
}

void matches_release(struct matches *matches)
{
	while (!list_empty(&matches->recent))
		forget(matches, oldest(matches));
	table_release(&matches->table);
}

static struct match *get(struct matches *matches, struct span pattern)
{
	struct match *match = match_of(table_find(&matches->table, pattern));

	if (match == NULL) {
		match = mem_new(sizeof(*match));
		match->selector = selector_new(pattern);
		list_init(&match->recent);
		table_add(&matches->table, &match->node);
	}
	list_remove(&match->recent);
	list_append(&matches->recent, &match->recent);
	return match;
}

static void add(struct matches *matches, struct match *match, uint64_t number)
{
	if (match->count == match->room) {
		match->room = match->room * 2 + 16;
		match->numbers = mem_resize(
			match->numbers, match->room * sizeof(*match->numbers));
	}
	match->numbers[match->count++] = number;
	matches->numbers++;
}

/* At the next ones, some of them; they may be gone. */
static void look(struct matches *matches, struct match *match,
	const struct channels *channels)
{
	for (int i = 0; i < LOOKS && match->through < channels->last_number;
		i++) {
		const struct channel *channel =
			channel_numbered(channels, ++match->through);

		if (channel != NULL && selector_matches(match->selector,
					       channel_name(channel)))
			add(matches, match, match->through);
	}
}

static bool is_every(const struct match *match)
{
	return span_is(selector_text(match->selector), "*");
}

struct match *match_find(struct matches *matches,
	const struct channels *channels, struct span pattern, uint64_t end)
{
	struct match *match = get(matches, pattern);

	while (oldest(matches) != match &&
		(matches->table.count > MATCH_KEPT ||
			matches->numbers > MATCH_NUMBERS))
		forget(matches, oldest(matches));
	if (is_every(match))
		return match;
	do
		look(matches, match, channels);
	while (match->through < channels->last_number &&
		clock_now_us(channels->clock) < end);
	return match->through < channels->last_number ? NULL : match;
}

/* Those that are gone meanwhile are left out from now on. */
static void sum_up(struct match *match, const struct channels *channels)
{
	size_t kept = 0;

	match->mark = (struct mark){0};
	for (size_t i = 0; i < match->count; i++) {
		const struct channel *channel =
			channel_numbered(channels, match->numbers[i]);

		if (channel == NULL)
			continue;
		match->numbers[kept++] = match->numbers[i];
		mark_raise(&match->mark, &(struct mark){channel->pruned_through,
						 channel->pruned_at});
	}
	match->count = match->marked = kept;
	match->marks = channels->marks;
}

struct mark match_mark(
	struct match *match, const struct channels *channels, uint64_t after)
{
	struct mark mark = {
		channels->sums.pruned_through, clock_date_ms(channels->clock)};

	if (is_every(match) || mark.through <= after)
		return mark;
	if (match->marks != channels->marks || match->marked != match->count)
		sum_up(match, channels);
	mark = match->mark;
	mark_raise(&mark, &(struct mark){channels->floor, channels->floor_at});
	if (channels->gone.newest > mark.through)
		mark = (struct mark){
			channels->gone.newest, clock_date_ms(channels->clock)};
	return mark;
}
