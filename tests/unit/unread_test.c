/* SPDX-License-Identifier: MIT */
/* fcgi/unread: long texts that nobody reads */
#include <config.h>

#include "fcgi/http/unread.h"

#include "lib/loop.h"
#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

enum { TEXT = 1 << 20, MOST = UNREAD_BYTES / TEXT };

struct reader {
	struct unread *unread;
	struct unread_text text;
	bool ended;
};

static struct hand_clock hands = {1000000, 1000000};
static struct clock by_hand;
static struct loop *loop;
static struct unread *unread;
static struct reader readers[MOST + 2];

static int enter(void **state)
{
	(void)state;
	by_hand = hand_clock(&hands);
	loop = loop_new(&by_hand);
	unread = unread_new(loop);
	return 0;
}

static void end(void *arg)
{
	struct reader *reader = arg;

	unread_remove(unread, &reader->text);
	reader->ended = true;
}

static int leave(void **state)
{
	(void)state;
	for (int i = 0; i < MOST + 2; i++) {
		unread_remove(unread, &readers[i].text);
		readers[i] = (struct reader){0};
	}
	assert_int_equal(unread_bytes(unread), 0);
	unread_free(unread);
	loop_free(loop);
	return 0;
}

static void begin(int i)
{
	readers[i].text.end = end;
	readers[i].text.arg = &readers[i];
	unread_note(unread, &readers[i].text, TEXT);
}

static void test_as_many_as_there_is_room_for_wait(void **state)
{
	(void)state;
	for (int i = 0; i < MOST; i++)
		begin(i);
	loop_turn_over(loop);
	for (int i = 0; i < MOST; i++)
		assert_false(readers[i].ended);
	assert_int_equal(unread_bytes(unread), UNREAD_BYTES);
}

static void test_beyond_it_he_ends_who_has_not_read_for_longest(void **state)
{
	(void)state;
	for (int i = 0; i < MOST; i++)
		begin(i);
	begin(0); /* reads */
	begin(MOST);
	assert_false(readers[1].ended); /* not while others are at work */
	loop_turn_over(loop);
	assert_true(readers[1].ended);
	begin(MOST + 1);
	loop_turn_over(loop);
	assert_true(readers[2].ended);
	for (int i = 0; i < MOST + 2; i++)
		assert_true(readers[i].ended == (i == 1 || i == 2));
	assert_int_equal(unread_bytes(unread), UNREAD_BYTES);
}

static void test_who_has_read_all_counts_no_more(void **state)
{
	(void)state;
	for (int i = 0; i < MOST; i++)
		begin(i);
	unread_remove(unread, &readers[5].text);
	unread_remove(unread, &readers[5].text);
	begin(MOST);
	loop_turn_over(loop);
	for (int i = 0; i < MOST + 2; i++)
		assert_false(readers[i].ended);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

	const struct CMUnitTest tests[] = {
		TEST(test_as_many_as_there_is_room_for_wait),
		TEST(test_beyond_it_he_ends_who_has_not_read_for_longest),
		TEST(test_who_has_read_all_counts_no_more),
	};

	return cmocka_run_group_tests_name("unread", tests, NULL, NULL);
}
