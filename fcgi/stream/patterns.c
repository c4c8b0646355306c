/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/patterns.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/stream/filter.h"
#include "fcgi/stream/topic.h"
#include "lib/buf.h"
#include "lib/event/selector.h"
#include "lib/search.h"

enum {
	FEW = 16, /* new patterns that are looked at one by one */
};

/* The patterns that begin with the same. */
struct prefix {
	struct table_node node;
	struct topic **topics;
	uint32_t count;
	uint16_t len;
	char text[];
};

static struct prefix *prefix_of(const struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct prefix, node);
}

static struct span key_of(const struct table_node *node)
{
	const struct prefix *prefix = prefix_of(node);

	return span(prefix->text, prefix->len);
}

void patterns_init(struct patterns *patterns)
{
	*patterns = (struct patterns){.generation = 1};
	table_init(&patterns->prefixes, key_of, NULL);
}

static void prefix_free(struct prefix *prefix)
{
	free(prefix->topics);
	free(prefix);
}

void patterns_release(struct patterns *patterns)
{
	struct table_node *node, *next;

	for (node = table_first(&patterns->prefixes); node != NULL;
		node = next) {
		next = table_next(&patterns->prefixes, node);
		prefix_free(prefix_of(node));
	}
	table_release(&patterns->prefixes);
	free(patterns->by_len);
	free(patterns->scratch);
	free(patterns->all);
}

static struct prefix *get_prefix(struct patterns *patterns, struct span text)
{
	struct prefix *prefix =
		prefix_of(table_find(&patterns->prefixes, text));

	if (prefix != NULL)
		return prefix;
	prefix = mem_new(sizeof(*prefix) + text.len);
	prefix->len = (uint16_t)text.len;
	memcpy(prefix->text, text.at, text.len);
	table_add(&patterns->prefixes, &prefix->node);
	patterns->by_len[text.len]++;
	return prefix;
}

/* ---- in order of their numbers */

static uint64_t number_at(const void *of, uint64_t index)
{
	const struct patterns *patterns = of;

	return patterns->all[index]->number;
}

/* The index of the first one above `number`; `count` if there is none. */
static size_t above(const struct patterns *patterns, uint64_t number)
{
	return (size_t)search_above(
		0, patterns->count, number_at, patterns, number);
}

static bool is_there(const struct patterns *patterns, uint64_t number)
{
	size_t at = above(patterns, number);

	return at > 0 && patterns->all[at - 1]->number == number;
}

static void add_last(struct patterns *patterns, struct topic *topic)
{
	size_t count = patterns->count;

	if ((count & (count - 1)) == 0)
		patterns->all = mem_resize(patterns->all,
			(count == 0 ? 1 : 2 * count) * sizeof(topic));
	patterns->all[count] = topic;
	topic->number = ++patterns->newest;
	patterns->count++;
}

static void take_out(struct patterns *patterns, const struct topic *topic)
{
	size_t behind = above(patterns, topic->number);
	struct topic **at = patterns->all + behind;

	memmove(at - 1, at, (patterns->count - behind) * sizeof(*at));
	patterns->count--;
	patterns->removals++;
}

void patterns_add(struct patterns *patterns, struct topic *topic)
{
	struct prefix *prefix;

	if (patterns->by_len == NULL)
		patterns->by_len =
			mem_new((SELECTOR_MAX + 1) * sizeof(*patterns->by_len));
	prefix = get_prefix(patterns, selector_prefix(topic->selector));
	prefix->topics = mem_resize(
		prefix->topics, (prefix->count + 1) * sizeof(*prefix->topics));
	prefix->topics[prefix->count++] = topic;
	add_last(patterns, topic);
	patterns->channels += topic_kind(topic) == SELECTOR_EXACT;
	patterns->templates += filter_templates(topic_types(topic));
	patterns->generation++;
}

void patterns_remove(struct patterns *patterns, struct topic *topic)
{
	struct prefix *prefix = prefix_of(table_find(
		&patterns->prefixes, selector_prefix(topic->selector)));
	uint32_t i = 0;

	while (prefix->topics[i] != topic)
		i++;
	prefix->topics[i] = prefix->topics[--prefix->count];
	if (prefix->count == 0) {
		patterns->by_len[prefix->len]--;
		table_remove(&patterns->prefixes, &prefix->node);
		prefix_free(prefix);
	}
	take_out(patterns, topic);
	patterns->channels -= topic_kind(topic) == SELECTOR_EXACT;
	patterns->templates -= filter_templates(topic_types(topic));
	patterns->held -= topic->count;
	patterns->generation++;
}

/* ---- those that match a channel */

/* Into the scratch, if it is above that number and matches. */
static size_t look_at(struct patterns *patterns, size_t count,
	struct topic *topic, const struct topic *channel)
{
	if (topic->number <= channel->number ||
		!selector_matches(topic->selector, topic_name(channel)))
		return count;
	if (count == patterns->room) {
		patterns->room = patterns->room * 2 + 16;
		patterns->scratch = mem_resize(patterns->scratch,
			patterns->room * sizeof(*patterns->scratch));
	}
	patterns->scratch[count] = topic;
	return count + 1;
}

/* All those whose beginnings are the channel's. */
static size_t look_at_prefixes(
	struct patterns *patterns, const struct topic *channel)
{
	const struct span name = topic_name(channel);
	size_t count = 0;

	for (size_t len = 0; len <= name.len && len <= SELECTOR_MAX; len++) {
		const struct prefix *prefix;

		if (patterns->by_len[len] == 0)
			continue;
		prefix = prefix_of(
			table_find(&patterns->prefixes, span(name.at, len)));
		for (uint32_t i = 0; prefix != NULL && i < prefix->count; i++)
			count = look_at(
				patterns, count, prefix->topics[i], channel);
	}
	return count;
}

static size_t look_at_new(
	struct patterns *patterns, const struct topic *channel)
{
	size_t begin = above(patterns, channel->number), count = 0;

	if (patterns->count - begin > FEW)
		return look_at_prefixes(patterns, channel);
	for (size_t i = begin; i < patterns->count; i++)
		count = look_at(patterns, count, patterns->all[i], channel);
	return count;
}

/* So many of the scratch. */
static void keep(struct patterns *patterns, struct topic *channel, size_t added)
{
	struct patterns_of *matched = channel->matched;
	size_t count = matched == NULL ? 0 : matched->count;

	channel->number = patterns->newest;
	if (added == 0)
		return;
	matched = mem_resize(matched,
		sizeof(*matched) + (count + added) * sizeof(matched->of[0]));
	for (size_t i = 0; i < added; i++)
		matched->of[count + i] = (struct pattern_of){
			patterns->scratch[i]->number, patterns->scratch[i]};
	matched->count = (uint32_t)(count + added);
	matched->removals = patterns->removals;
	channel->matched = matched;
}

static void forget_gone(const struct patterns *patterns, struct topic *channel)
{
	struct patterns_of *matched = channel->matched;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < matched->count; i++)
		if (is_there(patterns, matched->of[i].number))
			matched->of[kept++] = matched->of[i];
	matched->count = kept;
	matched->removals = patterns->removals;
	if (kept > 0)
		return;
	free(matched);
	channel->matched = NULL;
}

const struct patterns_of *patterns_match(
	struct patterns *patterns, struct topic *channel)
{
	if (patterns->count == 0)
		return NULL;
	if (channel->matched != NULL &&
		channel->matched->removals != patterns->removals)
		forget_gone(patterns, channel);
	if (channel->number != patterns->newest)
		keep(patterns, channel, look_at_new(patterns, channel));
	return channel->matched;
}
