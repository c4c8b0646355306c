/* SPDX-License-Identifier: MIT */
/* buf: bytes that grow */
#include <config.h>

#include <stdlib.h>

#include "lib/buf.h"
#include "tests/unit/unit.h"

static void test_an_all_zero_buf_is_empty_and_can_be_released(void **state)
{
	struct buf buf = {0};

	(void)state;
	buf_add(&buf, NULL, 0);
	assert_int_equal(buf_span(&buf).len, 0);
	buf_drop(&buf, 0);
	buf_release(&buf);
	buf_release(&buf);
}

static void test_what_is_added_stays_while_it_grows(void **state)
{
	struct buf buf = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_add_char(&buf, (char)(i * 7));
	assert_int_equal(buf.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf.at[i], (char)(i * 7));
	buf_release(&buf);
}

static void test_reserve_gives_room_and_moves_nothing(void **state)
{
	struct buf buf = {0};
	char *room;

	(void)state;
	buf_add_span(&buf, span_of("abc"));
	room = buf_reserve(&buf, 1000);
	assert_ptr_equal(room, buf.at + 3);
	assert_true(buf.size >= 1003);
	assert_int_equal(buf.len, 3);
	memset(room, 'x', 1000);
	buf.len += 1000;
	assert_memory_equal(buf.at, "abcxxx", 6);
	buf_release(&buf);
}

static void test_a_number_is_added_in_digits(void **state)
{
	struct buf buf = {0};

	(void)state;
	buf_add_number(&buf, 0);
	buf_add_char(&buf, ' ');
	buf_add_number(&buf, 1203);
	buf_add_char(&buf, ' ');
	buf_add_number(&buf, UINT64_MAX);
	CHECK_TEXT("digits", buf_span(&buf), "0 1203 18446744073709551615");
	buf_release(&buf);
}

static void test_printf_appends_however_long_the_text_is(void **state)
{
	struct buf buf = {0};

	(void)state;
	buf_printf(&buf, "%d", 7);
	buf_printf(&buf, "%500d", 8);
	buf_printf(&buf, "%s", "");
	assert_int_equal(buf.len, 501);
	assert_int_equal(buf.at[0], '7');
	assert_int_equal(buf.at[500], '8');
	buf_clear(&buf);
	assert_int_equal(buf.len, 0);
	assert_true(buf.size > 0);
	buf_release(&buf);
}

static void test_drop_takes_from_the_front(void **state)
{
	struct buf buf = {0};

	(void)state;
	buf_add_span(&buf, span_of("0123456789"));
	buf_drop(&buf, 4);
	CHECK_TEXT("4 of 10", buf_span(&buf), "456789");
	buf_drop(&buf, 6);
	CHECK_TEXT("all", buf_span(&buf), "");
	buf_release(&buf);
}

static void test_a_copied_text_is_terminated(void **state)
{
	char *text = mem_text(span("abcdef", 3));
	char *empty = mem_text(span(NULL, 0));

	(void)state;
	assert_string_equal(text, "abc");
	assert_string_equal(empty, "");
	free(text);
	free(empty);
}

static void test_new_memory_is_zero(void **state)
{
	char *memory = mem_new(300);

	(void)state;
	for (int i = 0; i < 300; i++)
		assert_int_equal(memory[i], 0);
	free(memory);
	free(mem_new(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_an_all_zero_buf_is_empty_and_can_be_released),
		cmocka_unit_test(test_what_is_added_stays_while_it_grows),
		cmocka_unit_test(test_reserve_gives_room_and_moves_nothing),
		cmocka_unit_test(test_a_number_is_added_in_digits),
		cmocka_unit_test(test_printf_appends_however_long_the_text_is),
		cmocka_unit_test(test_drop_takes_from_the_front),
		cmocka_unit_test(test_a_copied_text_is_terminated),
		cmocka_unit_test(test_new_memory_is_zero),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
