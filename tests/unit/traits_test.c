/* SPDX-License-Identifier: MIT */
/* lib/event: traits, and the list of a publish's channels */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "lib/event/topic_list.h"
#include "lib/event/traits.h"
#include "lib/wire.h"
#include "tests/unit/unit.h"

static void add_names(struct topic_list *list, unsigned count, int width)
{
	for (unsigned i = 0; i < count; i++) {
		size_t opened = topic_list_open(list);

		buf_printf(&list->names, "%0*u", width, i);
		if (topic_list_close(list, opened) != NULL)
			return;
	}
}

/* The traits of an event on these. */
static struct buf on(const char *first, unsigned more, int width)
{
	struct topic_list list;
	struct buf traits = {0};

	topic_list_begin(&list, span_of(first));
	add_names(&list, more, width);
	topic_list_put(&list, &traits);
	topic_list_release(&list);
	return traits;
}

static void test_an_event_without_traits_is_sound(void **state)
{
	struct trait_topics topics;

	(void)state;
	assert_null(traits_fault(span(NULL, 0)));
	assert_false(trait_topics(span(NULL, 0), &topics));
	assert_int_equal(traits_rise(span(NULL, 0)), 0);
}

static void test_the_channels_come_back_in_their_order(void **state)
{
	struct buf traits = on("news", 2, 1);
	struct trait_topics topics;

	(void)state;
	assert_null(traits_fault(buf_span(&traits)));
	assert_true(trait_topics(buf_span(&traits), &topics));
	assert_int_equal(topics.count, 3);
	CHECK_TEXT("first", trait_next_topic(&topics.names), "news");
	CHECK_TEXT("second", trait_next_topic(&topics.names), "0");
	CHECK_TEXT("third", trait_next_topic(&topics.names), "1");
	assert_int_equal(topics.names.len, 0);
	buf_release(&traits);
}

static void test_all_rows_are_shown_under_the_last_ones_id(void **state)
{
	struct buf traits = on("news", 9, 1);

	(void)state;
	for (uint8_t index = 0; index < 10; index++) {
		trait_set_index(&traits, index);
		assert_null(traits_fault(buf_span(&traits)));
		assert_int_equal(index + traits_rise(buf_span(&traits)), 9);
	}
	buf_release(&traits);
}

static void test_one_channel_needs_no_trait(void **state)
{
	struct buf traits = on("0", 1, 1);

	(void)state;
	assert_int_equal(traits.len, 0);
	buf_release(&traits);
}

static void test_a_hundred_channels_and_8_kib_of_names_are_the_most(
	void **state)
{
	static const struct {
		unsigned more;
		int width;
		bool good;
	} lists[] = {{99, 2, true}, {100, 3, false}, {99, 82, true},
		{99, 83, false}, {32, 255, true}, {33, 255, false}};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct topic_list list;
		size_t opened;
		const char *fault;

		topic_list_begin(&list, span_of("x"));
		add_names(&list, lists[i].more - 1, lists[i].width);
		opened = topic_list_open(&list);
		buf_printf(
			&list.names, "%0*u", lists[i].width, lists[i].more - 1);
		fault = topic_list_close(&list, opened);
		assert_true(
			fault == (lists[i].good ? NULL : topic_list_too_long));
		topic_list_release(&list);
	}
}

static void test_what_is_no_run_of_traits_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{"\x01", 1},
		{"\x01\x02\x00x", 4},
		{"\x00\x01\x00x", 4},		      /* no kind is 0 */
		{"\x01\x00\x00", 3},		      /* an empty label */
		{"\x01\x01\x00x\x01\x01\x00y", 8},    /* twice */
		{"\x03\x00\x00\x01\x01\x00y", 7},     /* falling */
		{"\x02\x05\x00\x00\x01\x01\x00x", 8}, /* one channel */
		{"\x02\x08\x00\x02\x02\x01\x00x\x01\x00y", 11}, /* beyond */
		{"\x02\x08\x00\x00\x02\x01\x00x\x01\x00x", 11}, /* twins */
		{"\x02\x08\x00\x00\x02\x01\x00x\x01\x00\n", 11},
		{"\x02\x09\x00\x00\x02\x01\x00x\x01\x00yz", 12},
		{"\x02\x07\x00\x00\x02\x01\x00x\x01\x00", 10},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(traits_fault(span(bad[i].bytes, bad[i].len)));
}

static void test_a_kind_that_is_not_known_is_passed_over_or_kept_back(
	void **state)
{
	struct buf traits = {0};

	(void)state;
	trait_add(&traits, TRAIT_LABEL, span_of("mine"));
	trait_add(&traits, 77, span_of("?"));
	assert_null(traits_fault(buf_span(&traits)));
	assert_false(traits_are_guarded(buf_span(&traits)));
	CHECK_TEXT("label", trait_find(buf_span(&traits), TRAIT_LABEL), "mine");
	trait_add(&traits, 200, span_of(""));
	assert_null(traits_fault(buf_span(&traits)));
	assert_true(traits_are_guarded(buf_span(&traits)));
	buf_release(&traits);
}

static void test_an_event_on_many_channels_has_room_for_a_mebibyte(void **state)
{
	(void)state;
	assert_true(traits_have_room(1, 9, 100000, 16 << 20));
	assert_true(traits_have_room(16, 32, 1, 65536 - 96));
	assert_false(traits_have_room(16, 32, 1, 65536 - 95));
	assert_false(traits_have_room(2, 4, 100000, 100000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_event_without_traits_is_sound),
		cmocka_unit_test(test_the_channels_come_back_in_their_order),
		cmocka_unit_test(
			test_all_rows_are_shown_under_the_last_ones_id),
		cmocka_unit_test(test_one_channel_needs_no_trait),
		cmocka_unit_test(
			test_a_hundred_channels_and_8_kib_of_names_are_the_most),
		cmocka_unit_test(test_what_is_no_run_of_traits_is_refused),
		cmocka_unit_test(
			test_a_kind_that_is_not_known_is_passed_over_or_kept_back),
		cmocka_unit_test(
			test_an_event_on_many_channels_has_room_for_a_mebibyte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
