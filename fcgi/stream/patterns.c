/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/patterns.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/stream/topic.h"
#include "lib/buf.h"
#include "lib/event/selector.h"

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
	patterns->count++;
	patterns->channels += topic_kind(topic) == SELECTOR_EXACT;
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
	patterns->count--;
	patterns->channels -= topic_kind(topic) == SELECTOR_EXACT;
	patterns->held -= topic->count;
	patterns->generation++;
}

/* ---- those that match a channel */

static void note(struct patterns *patterns, size_t count, struct topic *topic)
{
	if (count == patterns->room) {
		patterns->room = patterns->room * 2 + 16;
		patterns->scratch = mem_resize(patterns->scratch,
			patterns->room * sizeof(*patterns->scratch));
	}
	patterns->scratch[count] = topic;
}

static size_t match_prefix(struct patterns *patterns, size_t count,
	const struct prefix *prefix, struct span name)
{
	for (uint32_t i = 0; i < prefix->count; i++)
		if (selector_matches(prefix->topics[i]->selector, name))
			note(patterns, count++, prefix->topics[i]);
	return count;
}

/* Into the scratch. */
static size_t match(struct patterns *patterns, struct span name)
{
	size_t count = 0;

	for (size_t len = 0; len <= name.len && len <= SELECTOR_MAX; len++) {
		const struct prefix *prefix;

		if (patterns->by_len[len] == 0)
			continue;
		prefix = prefix_of(
			table_find(&patterns->prefixes, span(name.at, len)));
		if (prefix != NULL)
			count = match_prefix(patterns, count, prefix, name);
	}
	return count;
}

static void keep(struct patterns *patterns, struct topic *channel, size_t count)
{
	struct patterns_of *matched = channel->matched;

	channel->matched_in = patterns->generation;
	if (count == 0) {
		free(matched);
		channel->matched = NULL;
		return;
	}
	matched = mem_resize(
		matched, sizeof(*matched) + count * sizeof(matched->topics[0]));
	matched->count = (uint32_t)count;
	memcpy(matched->topics, patterns->scratch,
		count * sizeof(matched->topics[0]));
	channel->matched = matched;
}

const struct patterns_of *patterns_match(
	struct patterns *patterns, struct topic *channel)
{
	if (patterns->count == 0)
		return NULL;
	if (channel->matched_in != patterns->generation)
		keep(patterns, channel, match(patterns, topic_name(channel)));
	return channel->matched;
}
