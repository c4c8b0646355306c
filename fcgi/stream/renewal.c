/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/renewal.h"

#include "fcgi/stream/audience.h"
#include "fcgi/stream/fanout.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/topic.h"
#include "fcgi/stream/window.h"

static bool lacks_nothing(const struct subscriber *sub)
{
	for (uint16_t i = 0; i < sub->count; i++) {
		const struct topic *topic = sub->memberships[i].topic;

		if (topic_after(topic, sub->pos) < topic->count)
			return false;
	}
	return true;
}

static void remember(void *arg, struct subscriber *sub)
{
	const struct window *window = sub->home->window;

	(void)arg;
	if (!sub->opens && !subscriber_is_below(sub) && lacks_nothing(sub) &&
		sub->id < window_newest(window))
		sub->id = window_newest(window);
}

void renewal_begin(struct audience *audience, const struct window *window)
{
	if (window_valid(window))
		audience_each(audience, remember, NULL);
}

static void kick(void *arg, struct subscriber *sub)
{
	if (!sub->opens)
		fanout_subscriber(arg, sub);
}

void renewal_end(struct audience *audience, struct fanout *fanout)
{
	audience_each(audience, kick, fanout);
}
