/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/match.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/event/selector.h"
#include "lib/wire.h"

enum { LOOKS = 64 }; /* channels, between two looks at the clock */

static struct match *match_of(struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct match, node);
}

static struct span key_of(const struct table_node *node)
{
	const struct match *match = table_entry(node, struct match, node);

	return span(match->key, match->key_len);
}

void matches_init(struct matches *matches)
{
	*matches = (struct matches){0};
	table_init(&matches->table, key_of, NULL);
	list_init(&matches->recent);
}

static size_t size_of(const struct match *match)
{
	return sizeof(*match) + match->key_len +
	       selector_size(match->selector) + scope_size(match->sight.scope);
}

static void forget(struct matches *matches, struct match *match)
{
	table_remove(&matches->table, &match->node);
	list_remove(&match->recent);
	matches->bytes -= size_of(match);
	selector_free(match->selector);
	scope_drop(match->sight.scope);
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
	buf_release(&matches->key);
}

/* The scratch has the key. */
static struct match *make(
	struct matches *matches, const struct sight *sight, struct span pattern)
{
	struct span key = buf_span(&matches->key);
	struct match *match = mem_new(sizeof(*match) + key.len);

	match->sight = *sight;
	scope_hold(match->sight.scope);
	match->key_len = key.len;
	memcpy(match->key, key.at, key.len);
	match->selector = selector_new(pattern);
	list_init(&match->recent);
	table_add(&matches->table, &match->node);
	matches->bytes += size_of(match);
	return match;
}

static void put_key(
	struct buf *key, const struct sight *sight, struct span pattern)
{
	buf_clear(key);
	wire_put_u64(key, sight->all ? UINT64_MAX : scope_serial(sight->scope));
	buf_add_span(key, pattern);
}

struct match *match_get(
	struct matches *matches, const struct sight *sight, struct span pattern)
{
	struct match *match;

	put_key(&matches->key, sight, pattern);
	match = match_of(table_find(&matches->table, buf_span(&matches->key)));
	if (match == NULL)
		match = make(matches, sight, pattern);
	list_remove(&match->recent);
	list_append(&matches->recent, &match->recent);
	while (oldest(matches) != match &&
		(matches->table.count > MATCH_KEPT ||
			matches->bytes > MATCH_BYTES))
		forget(matches, oldest(matches));
	return match;
}

/* ---- looking */

/* It may be gone. */
static void look_at(struct match *match, const struct channel *channel)
{
	struct mark mark;

	if (channel == NULL || channel->internal ||
		sight_of(&match->sight, channel) == SEEN_NOTHING)
		return;
	mark = sight_mark(&match->sight, channel);
	if ((mark.through > match->mark.through || mark.at > match->mark.at) &&
		selector_matches(match->selector, channel_name(channel)))
		mark_raise(&match->mark, &mark);
}

/* It knows nothing yet, or more has changed than is remembered. */
static void begin(struct match *match, const struct channels *channels)
{
	match->mark = (struct mark){0};
	match->through = 0;
	match->marks = channels->marks;
}

static void look_at_changes(
	struct match *match, const struct channels *channels)
{
	for (int i = 0; i < LOOKS && match->marks < channels->marks; i++)
		look_at(match, channel_changed(channels, match->marks++));
}

static void look_at_next(struct match *match, const struct channels *channels)
{
	for (int i = 0; i < LOOKS; i++) {
		uint64_t next = roll_next(&channels->roll, match->through);

		if (next == 0) {
			match->through = channels->last_number;
			return;
		}
		look_at(match, channel_numbered(channels, next));
		match->through = next;
	}
}

/* All that there is. */
static bool is_every(const struct match *match)
{
	return match->sight.all && span_is(selector_text(match->selector), "*");
}

static bool is_known(const struct match *match, const struct channels *channels,
	uint64_t after)
{
	return (match->marks == channels->marks &&
		       match->through >= channels->last_number) ||
	       channels->sums.pruned_through <= after || is_every(match);
}

bool match_look(struct match *match, const struct channels *channels,
	uint64_t after, uint64_t end)
{
	while (!is_known(match, channels, after)) {
		if (match->through == 0 ||
			channels->marks - match->marks > CHANNEL_CHANGES)
			begin(match, channels);
		look_at_changes(match, channels);
		look_at_next(match, channels);
		if (clock_now_us(channels->clock) >= end)
			break;
	}
	return is_known(match, channels, after);
}

struct mark match_mark(const struct match *match,
	const struct channels *channels, uint64_t after)
{
	const struct sight *sight = &match->sight;
	uint64_t gone = gone_newest(
		&channels->gone, sight->all || sight->scope != NULL);
	uint64_t now = clock_date_ms(channels->clock);
	struct mark mark = {channels->sums.pruned_through, now};

	if (is_every(match) || mark.through <= after)
		return mark;
	mark = match->mark;
	mark_raise(&mark, &(struct mark){channels->floor, channels->floor_at});
	if (gone > mark.through)
		mark = (struct mark){gone, now};
	return mark;
}
