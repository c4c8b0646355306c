/* SPDX-License-Identifier: MIT */
/* types: the types of event that a stream wants */
#include <config.h>

#include "fcgi/stream/types.h"
#include "tests/unit/unit.h"

static struct buf put(const char *a, const char *b, const char *c)
{
	struct span types[] = {span_of(a), span_of(b), span_of(c)};
	struct buf out = {0};

	types_put(&out, types, 3);
	return out;
}

static void test_they_are_sorted_and_each_is_there_once(void **state)
{
	struct buf types = put("live", "alert", "live");
	struct span rest = buf_span(&types), type;

	(void)state;
	assert_true(types_next(&rest, &type));
	CHECK_TEXT("the first", type, "alert");
	assert_true(types_next(&rest, &type));
	CHECK_TEXT("the second", type, "live");
	assert_false(types_next(&rest, &type));
	buf_release(&types);
}

static void test_only_what_was_named_is_wanted(void **state)
{
	struct buf types = put("alert", "live", "message");

	(void)state;
	assert_true(types_want(buf_span(&types), span_of("live")));
	assert_true(types_want(buf_span(&types), span_of("alert")));
	assert_false(types_want(buf_span(&types), span_of("aler")));
	assert_false(types_want(buf_span(&types), span_of("alerts")));
	assert_true(types_want(buf_span(&types), span_of("message")));
	buf_release(&types);
}

static void test_an_event_without_a_type_is_a_message(void **state)
{
	struct buf with = put("a", "message", "b"),
		   without = put("a", "b", "c");

	(void)state;
	assert_true(types_want(buf_span(&with), span_of("")));
	assert_false(types_want(buf_span(&without), span_of("")));
	buf_release(&with);
	buf_release(&without);
}

static void test_who_names_none_wants_all(void **state)
{
	struct buf none = {0};

	(void)state;
	types_put(&none, NULL, 0);
	assert_int_equal(none.len, 0);
	assert_true(types_want(buf_span(&none), span_of("")));
	assert_true(types_want(buf_span(&none), span_of("anything")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_they_are_sorted_and_each_is_there_once),
		cmocka_unit_test(test_only_what_was_named_is_wanted),
		cmocka_unit_test(test_an_event_without_a_type_is_a_message),
		cmocka_unit_test(test_who_names_none_wants_all),
	};

	return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
