/* SPDX-License-Identifier: MIT */
/*
 * fuzz_form - any bytes as the form of a Mercure update
 *
 * What gets past is what the hub would take, and what no stream could be
 * misled by: topics, id and type without anything unseen, sound traits.
 */
#include <config.h>

#include <string.h>

#include "fcgi/post/form.h"
#include "fcgi/post/update.h"
#include "lib/event/traits.h"
#include "lib/event_size.h"
#include "lib/text.h"
#include "lib/unseen.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_EVENT = 1024 };

static void check_topics(const struct form *form)
{
	struct span names = buf_span(&form->topics.names);
	uint8_t count = 0;

	for (; names.len > 0; count++) {
		struct span name = trait_next_topic(&names);

		MUST(text_topic_fault(name) == NULL && !unseen_in(name));
		MUST(!span_is(name, "*"));
		MUST(name.len < 20 ||
			memcmp(name.at, "/.well-known/mercure", 20) != 0 ||
			(name.len > 20 && strchr("/?#", name.at[20]) == NULL));
	}
	MUST(count >= 1 && count == form->topics.count);
}

static void check(const struct form *form)
{
	struct span traits = form_traits(form);
	struct span id = buf_span(&form->id);
	struct trait_topics topics;
	uint32_t retry = 0;

	check_topics(form);
	MUST(traits_fault(traits) == NULL);
	MUST(span_equal(trait_find(traits, TRAIT_LABEL), id));
	MUST(id.len == 0 || id.at[0] != '#');
	MUST(trait_topics(traits, &topics) == (form->topics.count > 1));
	MUST(trait_retry(traits, &retry) == form->has_retry);
	MUST(retry == form->retry || !form->has_retry);
	MUST(traits_are_private(traits) == form->is_private);
	MUST((form->key.len > 0) == (id.len > 0));
	MUST(text_event_fault(form_channel(form), buf_span(&form->type),
		     buf_span(&form->data)) == NULL);
	MUST(event_size(buf_span(&form->type), buf_span(&form->data)) <=
		MAX_EVENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct form form = {0};
	struct fault fault = form_read(&form, span(data, size), MAX_EVENT);
	uint32_t retry;

	if (fault.status == 0) {
		check(&form);
	} else {
		MUST(fault.status == 400 || fault.status == 413);
		MUST(fault.code[0] != '\0' && fault.sentence[0] != '\0');
	}
	form_release(&form);
	if (text_is_utf8(span(data, size), NULL)) {
		update_topic_fault(span(data, size));
		update_id_fault(span(data, size));
		update_type_fault(span(data, size));
	}
	update_retry(span(data, size), &retry);
	return 0;
}
