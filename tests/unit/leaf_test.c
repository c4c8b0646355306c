/* SPDX-License-Identifier: MIT */
/* leaf: a page of a channel's events, as JSON */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fcgi/history/leaf.h"
#include "lib/event/traits.h"
#include "tests/unit/unit.h"

static struct wire_event event(uint64_t id, const char *data)
{
	return (struct wire_event){.id = id,
		.at = UINT64_C(1796064695007),
		.channel = span_of("a"),
		.data = span_of(data)};
}

static void test_an_empty_page_says_where_to_go_on(void **state)
{
	struct leaf object = {.limit = 2};
	struct leaf lines = {.limit = 2, .lines = true};

	(void)state;
	leaf_end(&object, 7, false);
	leaf_end(&lines, 7, true);
	CHECK_TEXT("object", buf_span(&object.text),
		"{\"events\":[],\"next\":\"7\",\"gap\":false}\n");
	CHECK_TEXT("lines", buf_span(&lines.text),
		"{\"next\":\"7\",\"gap\":true}\n");
	leaf_release(&object);
	leaf_release(&lines);
}

static void test_events_are_written_with_id_type_data_and_time(void **state)
{
	struct leaf leaf = {.limit = 3};
	struct wire_event typed = event(12, "a\n\"b\"");

	(void)state;
	typed.type = span_of("paid");
	typed.at += 1993; /* in another second */
	leaf_add(&leaf,
		&(struct wire_event){.id = 5, .at = 1, .data = span_of("")});
	leaf_add(&leaf, &typed);
	leaf_end(&leaf, 12, false);
	CHECK_TEXT("both", buf_span(&leaf.text),
		"{\"events\":["
		"{\"id\":\"5\",\"event\":\"message\",\"data\":\"\","
		"\"at\":\"1970-01-01T00:00:00.001Z\"},"
		"{\"id\":\"12\",\"event\":\"paid\",\"data\":\"a\\n\\\"b\\\"\","
		"\"at\":\"2026-11-30T18:51:37.000Z\"}],"
		"\"next\":\"12\",\"gap\":false}\n");
	leaf_release(&leaf);
}

static void test_a_page_is_full_at_its_limit_and_at_its_bytes(void **state)
{
	struct leaf leaf = {.limit = 2};
	struct wire_event one = event(1, "x");
	char *text = mem_new(LEAF_BYTES);

	(void)state;
	leaf_add(&leaf, &one);
	CHECK("one of two", !leaf_is_full(&leaf));
	leaf_add(&leaf, &one);
	CHECK("two of two", leaf_is_full(&leaf));
	leaf_clear(&leaf);
	CHECK("none", !leaf_is_full(&leaf) && leaf.last == 0);
	memset(text, 'x', LEAF_BYTES);
	one.data = span(text, LEAF_BYTES);
	leaf_add(&leaf, &one);
	CHECK("a long one", leaf_is_full(&leaf));
	free(text);
	leaf_release(&leaf);
}

static void test_an_event_on_several_channels_has_the_id_of_its_last_row(
	void **state)
{
	struct leaf leaf = {.limit = 2};
	struct wire_event first = event(10, "x");
	struct buf names = {0}, traits = {0};

	(void)state;
	wire_put_str16(&names, span_of("a"));
	wire_put_str16(&names, span_of("b"));
	trait_add_topics(&traits, buf_span(&names), 2);
	first.traits = buf_span(&traits);
	leaf_add(&leaf, &first);
	CHECK("its id", leaf.last == 11 && !leaf.mortal);
	leaf_release(&leaf);
	buf_release(&names);
	buf_release(&traits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_page_says_where_to_go_on),
		cmocka_unit_test(
			test_events_are_written_with_id_type_data_and_time),
		cmocka_unit_test(
			test_a_page_is_full_at_its_limit_and_at_its_bytes),
		cmocka_unit_test(
			test_an_event_on_several_channels_has_the_id_of_its_last_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
