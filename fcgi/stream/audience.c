/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/audience.h"

#include <assert.h>
#include <stdlib.h>

#include "fcgi/stream/filter.h"
#include "fcgi/stream/report.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/topic.h"
#include "lib/buf.h"
#include "lib/event/active.h"

enum { SECOND_US = 1000000 };

struct audience {
	struct timers *timers;
	struct topics *topics;
	struct report report; /* to the hub, of who listens to what */
	struct timer tick;
	struct node *beats; /* a list of subscribers for each second */
	uint32_t interval;  /* seconds, also the number of lists */
	uint32_t second;
	uint32_t joined; /* spreads the first beats */
	size_t count;
};

/* So many seconds from now, at most an interval. */
static struct node *list_in(struct audience *audience, uint32_t seconds)
{
	return &audience->beats[(audience->second + seconds) %
				audience->interval];
}

static void tick(void *arg)
{
	struct audience *audience = arg;
	struct node waiting;

	audience->second++;
	list_init(&waiting);
	list_move(&waiting, list_in(audience, 0));
	while (!list_empty(&waiting)) {
		struct subscriber *sub =
			list_entry(waiting.next, struct subscriber, beat);

		list_remove(&sub->beat);
		list_append(list_in(audience, sub->keepalive), &sub->beat);
		subscriber_beat(sub);
	}
}

struct audience *audience_new(
	struct timers *timers, struct topics *topics, uint32_t interval)
{
	struct audience *audience = mem_new(sizeof(*audience));

	audience->timers = timers;
	audience->topics = topics;
	report_init(&audience->report, topics);
	audience->interval = interval > 0 ? interval : 1;
	audience->beats =
		mem_new(audience->interval * sizeof(*audience->beats));
	for (uint32_t i = 0; i < audience->interval; i++)
		list_init(&audience->beats[i]);
	timer_init(&audience->tick, tick, audience);
	timer_set(timers, &audience->tick, SECOND_US, SECOND_US);
	return audience;
}

void audience_free(struct audience *audience)
{
	if (audience == NULL)
		return;
	assert(audience->count == 0);
	timer_stop(audience->timers, &audience->tick);
	free(audience->beats);
	free(audience);
}

/* Its first beat is in one of the next `keepalive` seconds, of which each gets
 * as many. */
static void begin_beat(struct audience *audience, struct subscriber *sub)
{
	uint32_t next = audience->second + 1;
	uint32_t every, wait;

	if (sub->keepalive == 0 || sub->keepalive > audience->interval)
		sub->keepalive = (uint16_t)audience->interval;
	every = sub->keepalive;
	wait = (audience->joined++ % every + every - next % every) % every;
	list_append(list_in(audience, 1 + wait), &sub->beat);
}

/* The hub is told of channels; patterns are nobody's business but ours. */
static void note(struct audience *audience, struct topic *topic)
{
	if (topic_is_pattern(topic))
		topic_tidy(audience->topics, topic);
	else
		report_note(&audience->report, topic);
}

/* The channel whose listener is counted too, though he wants only some of its
 * types; NULL if there is none. */
static struct topic *counted(struct audience *audience, struct topic *topic)
{
	return topic_is_pattern(topic) && topic_kind(topic) == SELECTOR_EXACT
		       ? topic_get(audience->topics, topic_name(topic))
		       : NULL;
}

static void join(struct audience *audience, struct membership *membership)
{
	struct topic *topic = membership->topic;
	struct topic *channel = counted(audience, topic);

	list_init(&membership->node);
	list_append(&topic->memberships, &membership->node);
	topic->subscribers++;
	note(audience, topic);
	if (channel == NULL)
		return;
	channel->subscribers++;
	note(audience, channel);
}

static void leave(struct audience *audience, struct membership *membership)
{
	struct topic *topic = membership->topic;
	struct topic *channel = counted(audience, topic);

	list_remove(&membership->node);
	topic->subscribers--;
	note(audience, topic);
	if (channel == NULL)
		return;
	channel->subscribers--;
	note(audience, channel);
}

/* What is wanted of that channel or pattern. */
static struct span types_of(struct span name, struct span types)
{
	return filter_is(types) && !span_is(name, ACTIVE_CHANNEL)
		       ? span(NULL, 0)
		       : types;
}

static struct topic *find(
	struct audience *audience, const struct topic_pattern *wanted)
{
	return wanted->kind == SELECTOR_EXACT && wanted->types.len == 0
		       ? topic_get(audience->topics, wanted->text)
		       : topic_get_pattern(audience->topics, wanted);
}

void audience_join(struct audience *audience, struct subscriber *sub,
	const struct span *names, struct span types)
{
	uint16_t channels = (uint16_t)(sub->count - sub->patterns);

	for (uint16_t i = 0; i < sub->count; i++) {
		struct membership *membership = &sub->memberships[i];
		const struct topic_pattern wanted = {
			i < channels ? SELECTOR_EXACT : selector_kind(names[i]),
			names[i], types_of(names[i], types)};

		membership->sub = sub;
		membership->topic = find(audience, &wanted);
		join(audience, membership);
	}
	begin_beat(audience, sub);
	audience->count++;
}

void audience_leave(struct audience *audience, struct subscriber *sub)
{
	for (uint16_t i = 0; i < sub->count; i++)
		leave(audience, &sub->memberships[i]);
	list_remove(&sub->beat);
	audience->count--;
}

struct report *audience_report(struct audience *audience)
{
	return &audience->report;
}

size_t audience_count(const struct audience *audience)
{
	return audience->count;
}

void audience_each(struct audience *audience,
	void (*visit)(void *arg, struct subscriber *sub), void *arg)
{
	for (uint32_t i = 0; i < audience->interval; i++) {
		struct node *list = &audience->beats[i];
		struct node *node = list->next;

		while (node != list) {
			struct subscriber *sub =
				list_entry(node, struct subscriber, beat);

			node = node->next;
			visit(arg, sub);
		}
	}
}
