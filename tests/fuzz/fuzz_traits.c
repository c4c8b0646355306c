/* SPDX-License-Identifier: MIT */
/*
 * fuzz_traits - any bytes as an event's traits, and as a list of channels
 *
 * What is sound can be taken apart and put together again; each row of its
 * publish is shown under the same id.  A list of strings becomes traits that
 * are sound, or has a fault.
 */
#include <config.h>

#include "lib/buf.h"
#include "lib/event/erasure.h"
#include "lib/event/topic_list.h"
#include "lib/event/traits.h"
#include "lib/json/json.h"
#include "tests/fuzz/fuzz.h"

static void take_apart(struct span traits)
{
	struct trait_topics topics;
	struct buf again = {0};
	unsigned id;

	if (traits_fault(traits) != NULL || !trait_topics(traits, &topics))
		return;
	MUST(topics.count >= 2 && topics.index < topics.count);
	MUST(topics.count <= TRAIT_TOPICS_MAX);
	id = topics.index + traits_rise(traits);
	MUST(id == topics.count - 1u);
	buf_add_span(&again, traits);
	for (uint8_t i = 0; i < topics.count; i++) {
		MUST(trait_next_topic(&topics.names).len > 0);
		trait_set_index(&again, i);
		MUST(traits_fault(buf_span(&again)) == NULL);
		MUST(i + traits_rise(buf_span(&again)) == id);
	}
	MUST(topics.names.len == 0);
	buf_release(&again);
}

/* What says that something was deleted says it once more as it did. */
static void delete (struct span traits)
{
	struct erasure erasure, again;
	struct buf put = {0};

	traits_lasting(traits);
	if (!erasure_get(traits, &erasure))
		return;
	MUST((erasure.channel.len > 0) == (erasure.last == 0));
	MUST(erasure.last - erasure.first < TRAIT_TOPICS_MAX);
	erasure_put(&put, &erasure);
	MUST(erasure_get(buf_span(&put), &again));
	MUST(again.first == erasure.first && again.last == erasure.last &&
		span_equal(again.channel, erasure.channel));
	buf_release(&put);
}

static void put_together(struct span text)
{
	struct topic_list list;
	struct buf traits = {0};
	struct json_fault fault;

	if (!strict_json(text, &fault) || !json_is_strings(text))
		return;
	topic_list_begin(&list, span_of("main"));
	if (topic_list_add_json(&list, text) == NULL) {
		topic_list_put(&list, &traits);
		MUST(traits_fault(buf_span(&traits)) == NULL);
		MUST((traits.len == 0) == (list.count == 1));
	}
	topic_list_release(&list);
	buf_release(&traits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span(data, size);

	take_apart(bytes);
	delete (bytes);
	traits_are_guarded(bytes);
	trait_find(bytes, TRAIT_LABEL);
	put_together(bytes);
	return 0;
}
