/* SPDX-License-Identifier: MIT */
/*
 * fuzz_presence - any bytes as what a responder says of who is there, and as
 * what an event says of it
 *
 * A body of JOINED that is sound lies within its limits, and each of its topics
 * makes an event whose trait says the same again, and whose path can be read.
 */
#include "config.h"

#include <string.h>

#include "hub/peers/present.h"
#include "lib/event/active.h"
#include "lib/event/traits.h"
#include "lib/json/json.h"
#include "tests/fuzz/fuzz.h"

static void is_same(const struct active *left, const struct active *right)
{
	MUST(left->here == right->here && left->since == right->since);
	MUST(left->open == right->open);
	MUST(memcmp(left->subscriber, right->subscriber, ACTIVE_SUBSCRIBER) ==
		0);
	MUST(span_equal(left->topic, right->topic));
	MUST(span_equal(left->user, right->user));
	MUST(span_equal(left->payload, right->payload));
}

static void make_event(const struct active *active)
{
	struct buf value = {0}, traits = {0}, path = {0};
	struct active back;

	active_put(&value, active);
	trait_add(&traits, TRAIT_ACTIVE, buf_span(&value));
	MUST(traits_fault(buf_span(&traits)) == NULL);
	MUST(active_get(buf_span(&traits), &back));
	is_same(active, &back);
	active_path(&path, active);
	MUST(active_is_reserved(buf_span(&path)));
	buf_release(&value);
	buf_release(&traits);
	buf_release(&path);
}

/* The document is JSON if the payload is, which the responder sees to. */
static void make_document(const struct active *from)
{
	struct active active = *from;
	struct json_fault fault;
	struct buf document = {0};

	active.payload = span_of("{\"a\": [1]}");
	active_document(&document, &active);
	MUST(strict_json(buf_span(&document), &fault));
	MUST(memchr(document.at, '\n', document.len) == NULL);
	buf_release(&document);
}

static void read_joined(struct span body)
{
	struct wire_in in = wire_in(body), topics;
	struct active active = {.here = true, .since = 1};
	struct joined joined;

	if (!joined_get(&in, &joined))
		return;
	MUST(joined.subscriber.len == ACTIVE_SUBSCRIBER);
	MUST(joined.count > 0 && joined.count <= ACTIVE_TOPICS_MAX);
	active.subscriber = (const uint8_t *)joined.subscriber.at;
	active.user = joined.user;
	active.payload = joined.payload;
	active.open = joined.open;
	topics = wire_in(joined.topics);
	for (uint16_t i = 0; i < joined.count; i++) {
		active.topic = wire_get_str16(&topics);
		MUST(active.topic.len > 0);
		MUST(active.topic.len <= ACTIVE_TOPIC_MAX);
		make_event(&active);
		make_document(&active);
	}
	MUST(wire_done(&topics));
}

static void read_event(struct span traits)
{
	struct active active;

	if (traits_fault(traits) != NULL || !active_get(traits, &active))
		return;
	make_event(&active);
}

static void read_subscriber(struct span text)
{
	uint8_t subscriber[ACTIVE_SUBSCRIBER];
	char again[ACTIVE_TEXT];

	if (!active_subscriber_read(text, subscriber))
		return;
	active_subscriber_text(again, subscriber);
	MUST(text.len == strlen(again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span(data, size);

	read_joined(bytes);
	read_event(bytes);
	read_subscriber(bytes);
	return 0;
}
