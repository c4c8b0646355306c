/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/mercure.h"

#include "fcgi/http/query.h"
#include "fcgi/stream/asked.h"
#include "fcgi/stream/subscribe.h"

static const struct asked_fault fine;

static struct asked_fault add(struct asked *asked, struct span value)
{
	struct buf text = {0};
	struct asked_fault fault = {"bad_topic",
		"?topic= has a '%' without two hexadecimal digits"};

	if (query_decode_value(&text, value))
		fault = asked_add_topic(asked, buf_span(&text));
	buf_release(&text);
	return fault;
}

static struct asked_fault read_topics(struct asked *asked, struct span query)
{
	struct asked_fault fault = {"no_topic", "?topic= is missing"};
	struct pair pair;

	while (query_next(&query, &pair)) {
		if (!query_named(&pair, "topic"))
			continue;
		fault = add(asked, pair.value);
		if (fault.sentence != NULL)
			return fault;
	}
	return asked->channel_count + asked->pattern_count == 0 ? fault : fine;
}

void mercure_subscribe(
	void *room, struct request *request, const struct target *target)
{
	struct asked asked;
	struct asked_fault fault;

	asked_init(&asked, target->query.len);
	fault = read_topics(&asked, target->query);
	subscribe_asked(room, request, target, &asked, fault);
}
