/* SPDX-License-Identifier: MIT */
/* lib/active, fcgi/stream/filter: who is there, as events tell it, and of whom
 * a stream wants to hear */
#include <config.h>

#include <string.h>

#include "fcgi/stream/filter.h"
#include "lib/event/active.h"
#include "lib/event/traits.h"
#include "tests/unit/unit.h"

static const uint8_t somebody[ACTIVE_SUBSCRIBER] = {0x01, 0x23, 0x45, 0x67,
	0x89, 0xab, 0x4c, 0xde, 0x8f, 1, 2, 3, 4, 5, 6, 7};
#define SOMEBODY "urn:uuid:01234567-89ab-4cde-8f01-020304050607"
#define ENCODED	 "urn%3Auuid%3A01234567-89ab-4cde-8f01-020304050607"

static void test_a_subscriber_is_read_as_he_is_written(void **state)
{
	char text[ACTIVE_TEXT];
	uint8_t read[ACTIVE_SUBSCRIBER];

	(void)state;
	active_subscriber_text(text, somebody);
	assert_string_equal(text, SOMEBODY);
	assert_true(active_subscriber_read(span_of(text), read));
	assert_memory_equal(read, somebody, sizeof(read));
}

static void test_what_is_no_subscriber_is_not_read(void **state)
{
	static const char *const cases[] = {
		"",
		"urn:uuid:",
		"urn:uuid:01234567-89ab-4cde-8f01-02030405060",
		"urn:uuid:01234567-89ab-4cde-8f01-0203040506070",
		"urn:uuid:01234567089ab-4cde-8f01-020304050607",
		"urn:uuid:01234567-89AB-4cde-8f01-020304050607",
		"urn:uuid:g1234567-89ab-4cde-8f01-020304050607",
		"urn-uuid:01234567-89ab-4cde-8f01-020304050607",
	};
	uint8_t read[ACTIVE_SUBSCRIBER];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(cases[i],
			!active_subscriber_read(span_of(cases[i]), read));
}

static struct active of(const char *topic)
{
	return (struct active){
		.here = true,
		.subscriber = somebody,
		.topic = span_of(topic),
	};
}

static void test_its_document_is_mercures(void **state)
{
	struct active active = of("https://example.com/a b?\"{x}");
	struct buf out = {0};

	(void)state;
	active.payload = span_of("{\"n\":1}");
	active_document(&out, &active);
	assert_true(span_is(buf_span(&out),
		"{\"@context\":\"https://mercure.rocks/\",\"id\":"
		"\"/.well-known/mercure/subscriptions/"
		"https%3A%2F%2Fexample.com%2Fa%20b%3F%22%7Bx%7D/" ENCODED
		"\",\"type\":\"Subscription\","
		"\"topic\":\"https://example.com/a b?\\\"{x}\","
		"\"subscriber\":\"" SOMEBODY "\",\"active\":true,"
		"\"payload\":{\"n\":1}}"));
	buf_clear(&out);
	active.here = false;
	active.payload = span(NULL, 0);
	active.user = span_of("ann");
	active.since = 1763626530123;
	active_members(&out, &active);
	assert_non_null(
		memmem(out.at, out.len, "\"active\":false,\"user\":", 22));
	assert_non_null(memmem(out.at, out.len,
		"\"ann\",\"since\":\"2025-11-20T08:15:30.123Z\"", 40));
	buf_release(&out);
}

static void put_traits(struct buf *out, const struct active *active)
{
	struct buf value = {0};

	active_put(&value, active);
	trait_add(out, TRAIT_ACTIVE, buf_span(&value));
	trait_add(out, TRAIT_PRIVATE, span("", 0));
	buf_release(&value);
}

static void test_its_trait_says_the_same(void **state)
{
	struct active active = of("room"), read;
	struct buf traits = {0};

	(void)state;
	active.user = span_of("ann");
	active.since = 7;
	put_traits(&traits, &active);
	assert_null(traits_fault(buf_span(&traits)));
	assert_true(active_get(buf_span(&traits), &read));
	assert_true(read.here && !read.open && read.since == 7);
	assert_true(span_is(read.topic, "room") && span_is(read.user, "ann"));
	assert_int_equal(read.payload.len, 0);
	assert_memory_equal(read.subscriber, somebody, ACTIVE_SUBSCRIBER);
	for (size_t len = 0; len < traits.len; len++)
		if (active_get(span(traits.at, len), &read))
			assert_true(len >= traits.len - 3); /* PRIVATE is cut */
	assert_false(active_get(span(NULL, 0), &read));
	buf_release(&traits);
}

static void test_whose_it_is_is_left_out_unless_it_is_open(void **state)
{
	struct active active = of("room"), read;
	struct buf traits = {0};

	(void)state;
	active.here = false;
	active.open = true;
	active.user = span_of("ann");
	active.payload = span_of("1");
	put_traits(&traits, &active);
	assert_true(active_get(buf_span(&traits), &read));
	assert_true(!read.here && read.open);
	active_veil(&read);
	assert_true(span_is(read.user, "ann") && span_is(read.payload, "1"));
	read.open = false;
	active_veil(&read);
	assert_true(read.user.len == 0 && read.payload.len == 0);
	assert_true(span_is(read.topic, "room"));
	buf_release(&traits);
}

static void test_nobody_else_may_use_its_channel(void **state)
{
	(void)state;
	assert_true(active_is_reserved(span_of(ACTIVE_CHANNEL)));
	assert_true(active_is_reserved(span_of(ACTIVE_CHANNEL "/a")));
	assert_false(active_is_reserved(span_of(ACTIVE_CHANNEL "x")));
	assert_false(active_is_reserved(span_of("/.well-known/mercure")));
	assert_false(active_is_reserved(span_of("")));
}

static bool takes(const char *topic, const char *other, const char *of_topic)
{
	struct span topics[] = {span_of(topic), span_of(other)};
	struct active active = of(of_topic);
	struct buf text = {0}, traits = {0};
	struct filter *filter;
	bool yes;

	put_traits(&traits, &active);
	filter_put(&text, topics, other == NULL ? 1 : 2);
	assert_true(filter_is(buf_span(&text)));
	filter = filter_new(buf_span(&text));
	yes = filter_takes(filter, buf_span(&traits));
	filter_free(filter);
	buf_release(&text);
	buf_release(&traits);
	return yes;
}

static void test_a_filter_takes_what_one_of_its_selectors_matches(void **state)
{
	(void)state;
	assert_true(takes(ACTIVE_CHANNEL "/{topic}/{subscriber}", NULL, "a/b"));
	assert_true(takes(ACTIVE_CHANNEL "{/topic}{/subscriber}", NULL, "a"));
	assert_true(takes(ACTIVE_CHANNEL "/a/{subscriber}", NULL, "a"));
	assert_false(takes(ACTIVE_CHANNEL "/a/{subscriber}", NULL, "b"));
	assert_true(
		takes(ACTIVE_CHANNEL "/b/{s}", ACTIVE_CHANNEL "/a/{s}", "a"));
	assert_true(takes(ACTIVE_CHANNEL "/a/" ENCODED, NULL, "a"));
	assert_false(takes(ACTIVE_CHANNEL "/a/" SOMEBODY, NULL, "a"));
	assert_false(takes(ACTIVE_CHANNEL "/{topic}", NULL, "a"));
	assert_false(takes(ACTIVE_CHANNEL "/{", NULL, "a"));
}

static void test_a_filter_is_known_from_types_and_takes_no_other_event(
	void **state)
{
	struct span topic = span_of(ACTIVE_CHANNEL "/{t}/{s}");
	struct buf text = {0};
	struct filter *filter;

	(void)state;
	assert_true(filter_concerns(topic));
	assert_true(filter_concerns(span_of(ACTIVE_CHANNEL "{/t}{/s}")));
	assert_false(filter_concerns(span_of(ACTIVE_CHANNEL)));
	assert_false(filter_concerns(span_of("/{x}")));
	assert_false(filter_is(span_of("\005alert")));
	assert_false(filter_is(span(NULL, 0)));
	assert_null(filter_new(span_of("\005alert")));
	assert_true(filter_takes(NULL, span(NULL, 0)));
	filter_put(&text, &topic, 1);
	filter = filter_new(buf_span(&text));
	assert_false(filter_takes(filter, span(NULL, 0)));
	filter_free(filter);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_subscriber_is_read_as_he_is_written),
		cmocka_unit_test(test_what_is_no_subscriber_is_not_read),
		cmocka_unit_test(test_its_document_is_mercures),
		cmocka_unit_test(test_its_trait_says_the_same),
		cmocka_unit_test(
			test_whose_it_is_is_left_out_unless_it_is_open),
		cmocka_unit_test(test_nobody_else_may_use_its_channel),
		cmocka_unit_test(
			test_a_filter_takes_what_one_of_its_selectors_matches),
		cmocka_unit_test(
			test_a_filter_is_known_from_types_and_takes_no_other_event),
	};

	return cmocka_run_group_tests_name("active", tests, NULL, NULL);
}
