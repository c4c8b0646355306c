/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/counts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

/* What one counter says of one name. */
struct count {
	struct count *same_name;
	struct count *same_counter, **before; /* that points to this */
	struct counter *counter;
	struct counted *counted;
	uint32_t number;
};

/* ---- the names */

static struct counted *entry(struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct counted, node);
}

static struct span name_of(const struct table_node *node)
{
	/* It is the first member. */
	return counted_name((const struct counted *)(const void *)node);
}

static struct counted *find(const struct counts *counts, struct span name)
{
	struct table_node *node = table_find(&counts->names, name);

	if (node == NULL)
		node = table_find(&counts->hidden, name);
	return entry(node);
}

static struct table *table_of(
	struct counts *counts, const struct counted *counted)
{
	return counted->is_hidden ? &counts->hidden : &counts->names;
}

static struct counted *get(struct counts *counts, struct span name)
{
	struct counted *counted = find(counts, name);

	if (counted != NULL)
		return counted;
	counted = mem_new(sizeof(*counted) + name.len);
	counted->len = (uint16_t)name.len;
	memcpy(counted->name, name.at, name.len);
	counted->is_private =
		privacy_hides_channel(&counts->channels->sights.privacy, name);
	counted->is_hidden = counted->is_private;
	table_add(table_of(counts, counted), &counted->node);
	return counted;
}

/* Is there nothing that everybody may know of it? */
static bool is_secret(const struct counted *counted)
{
	const struct channel *channel = counted->channel;

	return counted->is_private ||
	       (counted->counts == NULL && channel != NULL &&
		       channel->shown != NULL && channel->shown->events == 0);
}

static void place(struct counts *counts, struct counted *counted)
{
	bool is_hidden = is_secret(counted);

	if (is_hidden == counted->is_hidden)
		return;
	table_remove(table_of(counts, counted), &counted->node);
	counted->is_hidden = is_hidden;
	table_add(table_of(counts, counted), &counted->node);
}

/* It has changed: it goes if there is nothing left to say of it. */
static void tidy(struct counts *counts, struct counted *counted)
{
	if (counted->channel != NULL || counted->counts != NULL) {
		place(counts, counted);
		return;
	}
	table_remove(table_of(counts, counted), &counted->node);
	free(counted);
}

/* ---- who listens */

/* So many more at that counter's. */
static void add(struct counts *counts, struct counted *counted,
	const struct counter *counter, uint64_t more)
{
	counted->subscribers += more;
	if (counter->elsewhere)
		counted->elsewhere += more;
	else if (counts->changed != NULL && more != 0)
		counts->changed(counts->arg, counted_name(counted),
			counted->subscribers - counted->elsewhere);
}

static void count_free(struct counts *counts, struct count *count)
{
	struct counted *counted = count->counted;
	struct count **at = &counted->counts;

	while (*at != count)
		at = &(*at)->same_name;
	*at = count->same_name;
	*count->before = count->same_counter;
	if (count->same_counter != NULL)
		count->same_counter->before = count->before;
	add(counts, counted, count->counter, 0 - (uint64_t)count->number);
	free(count);
	tidy(counts, counted);
}

static struct count *count_new(struct counter *counter, struct counted *counted)
{
	struct count *count = mem_new(sizeof(*count));

	count->counter = counter;
	count->counted = counted;
	count->same_name = counted->counts;
	counted->counts = count;
	count->same_counter = counter->counts;
	if (counter->counts != NULL)
		counter->counts->before = &count->same_counter;
	count->before = &counter->counts;
	counter->counts = count;
	return count;
}

void counts_set(struct counts *counts, struct counter *counter,
	struct span name, uint32_t subscribers)
{
	struct counted *counted =
		subscribers == 0 ? find(counts, name) : get(counts, name);
	struct count *count = counted == NULL ? NULL : counted->counts;

	while (count != NULL && count->counter != counter)
		count = count->same_name;
	if (subscribers == 0) {
		if (count != NULL)
			count_free(counts, count);
		return;
	}
	if (count == NULL) {
		count = count_new(counter, counted);
		place(counts, counted);
	}
	add(counts, counted, counter, (uint64_t)subscribers - count->number);
	count->number = subscribers;
}

bool counts_take(
	struct counts *counts, struct counter *counter, struct wire_in *in)
{
	uint32_t count = wire_get_u32(in);

	for (uint32_t i = 0; i < count && !in->failed; i++) {
		struct span name = wire_get_str16(in);
		uint32_t subscribers = wire_get_u32(in);

		if (!in->failed && text_topic_fault(name) == NULL)
			counts_set(counts, counter, name, subscribers);
	}
	return wire_done(in);
}

struct counter *counts_join(void)
{
	return mem_new(sizeof(struct counter));
}

void counts_leave(struct counts *counts, struct counter *counter)
{
	counter->next = counts->leaving;
	counts->leaving = counter;
	counts_step(counts);
}

bool counts_step(struct counts *counts)
{
	for (int i = 0; counts->leaving != NULL && i < COUNTS_STEP; i++) {
		struct counter *counter = counts->leaving;

		if (counter->counts != NULL) {
			count_free(counts, counter->counts);
			continue;
		}
		counts->leaving = counter->next;
		free(counter);
	}
	return counts->leaving != NULL;
}

/* ---- what is stored */

static bool is_listed(const struct channel *channel)
{
	return channel->events > 0 && !channel->internal;
}

/* A channel got its first event, or lost its last. */
static void note(struct counts *counts, struct channel *channel)
{
	struct counted *counted = get(counts, channel_name(channel));

	counted->channel = is_listed(channel) ? channel : NULL;
	channel->listed = is_listed(channel) ? &counted->channel : NULL;
	tidy(counts, counted);
}

static void settle(void *arg)
{
	struct counts *counts = arg;
	struct channel *at = counts->channels->dirty;

	for (; at != NULL; at = at->next_dirty)
		if ((at->listed != NULL) != is_listed(at) || at->shown != NULL)
			note(counts, at);
}

static void note_all(struct counts *counts)
{
	const struct channels *channels = counts->channels;

	for (struct channel *at = channels_first(channels); at != NULL;
		at = channels_next(channels, at))
		if (is_listed(at))
			note(counts, at);
}

void counts_open(struct counts *counts, struct channels *channels,
	const uint8_t identity[WIRE_IDENTITY])
{
	struct siphash_key secret;

	_Static_assert(sizeof(secret) == WIRE_IDENTITY, "the key is the whole");
	memcpy(&secret, identity, sizeof(secret));
	counts->channels = channels;
	table_init(&counts->names, name_of, &secret);
	table_init(&counts->hidden, name_of, &secret);
	note_all(counts);
}

struct party counts_party(struct counts *counts)
{
	return (struct party){NULL, settle, NULL, counts};
}

static void release(struct table *names)
{
	struct counted *next, *at;

	for (at = entry(table_first(names)); at != NULL; at = next) {
		next = entry(table_next(names, &at->node));
		if (at->channel != NULL)
			at->channel->listed = NULL;
		free(at);
	}
	table_release(names);
}

void counts_close(struct counts *counts)
{
	while (counts_step(counts))
		;
	release(&counts->names);
	release(&counts->hidden);
}

/* ---- to be read */

const struct counted *counts_find(const struct counts *counts, struct span name)
{
	return find(counts, name);
}

static const struct counted *after(const struct table *names, struct span name)
{
	return entry(
		name.len == 0 ? table_first(names) : table_after(names, name));
}

struct counts_place counts_after(
	const struct counts *counts, struct span name, bool all)
{
	return (struct counts_place){
		.open = after(&counts->names, name),
		.hidden = all ? after(&counts->hidden, name) : NULL,
	};
}

static bool is_open_next(
	const struct counts *counts, const struct counts_place *place)
{
	if (place->open == NULL || place->hidden == NULL)
		return place->hidden == NULL;
	return table_stands_before(
		&counts->names, &place->open->node, &place->hidden->node);
}

const struct counted *counts_next(
	const struct counts *counts, struct counts_place *place)
{
	const struct counted *counted;

	if (counts_is_end(place))
		return NULL;
	if (is_open_next(counts, place)) {
		counted = place->open;
		place->open = entry(table_next(&counts->names, &counted->node));
	} else {
		counted = place->hidden;
		place->hidden =
			entry(table_next(&counts->hidden, &counted->node));
	}
	return counted;
}
