/*
 * fuzz_post - any bytes as the body of a POST, and as its query
 *
 * What gets past is what the hub would take: names by the rules of text.h, data
 * that is UTF-8 and no longer than an event may be.
 */
#include <config.h>

#include <string.h>

#include "fcgi/draft.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_EVENT = 300 };

static void check(struct draft *draft, struct fault fault)
{
	if (fault.status != 0) {
		MUST(fault.status >= 400 && fault.status < 500);
		MUST(fault.code[0] != '\0' && fault.sentence[0] != '\0');
		draft_release(draft);
		return;
	}
	MUST(text_channel_fault(draft->channel) == NULL);
	MUST(text_type_fault(draft->type) == NULL);
	MUST(draft->count <= DRAFT_LINES_MAX);
	for (uint32_t i = 0; i < draft->count; i++) {
		const struct item *item = &draft->items[i];

		MUST(item->data.len <= MAX_EVENT);
		MUST(text_is_utf8(item->data, NULL));
		MUST(item->key.len <= 255);
		MUST(text_is_utf8(item->key, NULL));
	}
	draft_release(draft);
}

static struct draft fresh(void)
{
	return (struct draft){.channel = span_of("main")};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span body = span(data, size);
	struct draft draft;

	draft = fresh();
	check(&draft, draft_queried(&draft, body));
	draft = fresh();
	check(&draft, draft_body(&draft, body, false, MAX_EVENT));
	draft = fresh();
	draft.key = span_of("key");
	check(&draft, draft_body(&draft, body, true, MAX_EVENT));
	draft = fresh();
	check(&draft, draft_object(&draft, body, MAX_EVENT));
	draft = fresh();
	check(&draft, draft_message(&draft, body, MAX_EVENT));
	return 0;
}
