/* SPDX-License-Identifier: MIT */
/* fcgi/uplink/publishes: which publishes are sent when */
#include <config.h>

#include "fcgi/uplink/publishes.h"

#include <stdlib.h>

#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

static struct hand_clock hands;
static struct clock the_clock;
static struct publishes *publishes;
static uint64_t sent[64]; /* numbers, in the order of sending */
static size_t sent_count;
static unsigned answers, aways;

static void on_send(void *owner, struct span frame)
{
	struct wire_in in =
		wire_in(span(frame.at + WIRE_HEAD + 1, frame.len - 5));

	(void)owner;
	sent[sent_count++] = wire_get_u64(&in);
}

static void on_answer(void *arg, const struct stored *stored)
{
	(void)arg;
	answers += !stored->away;
	aways += stored->away;
}

static int setup(void **state)
{
	const struct hub_sender sender = {on_send, NULL};

	(void)state;
	hands = (struct hand_clock){1000000, 0};
	the_clock = hand_clock(&hands);
	publishes = publishes_new(&the_clock, &sender);
	sent_count = 0;
	answers = aways = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publishes_free(publishes);
	return 0;
}

/* Of so many lines with so many bytes each. */
static struct call *add(uint32_t lines, size_t bytes)
{
	struct item *items = mem_new(lines * sizeof(*items));
	char *data = mem_new(bytes + 1);
	struct publication publication = {
		.channel = span_of("a"), .items = items, .count = lines};
	struct call *call;

	for (uint32_t i = 0; i < lines; i++)
		items[i].data = span(data, bytes);
	call = publishes_add(publishes, &publication, on_answer, NULL);
	free(data);
	free(items);
	return call;
}

static void answer(uint64_t number)
{
	struct buf body = {0};
	struct wire_in in;

	wire_put_u64(&body, number);
	wire_put_u8(&body, WIRE_OUT_STORED);
	wire_put_u64(&body, 7);
	wire_put_u64(&body, 7);
	wire_put_str16(&body, span_of(""));
	in = wire_in(buf_span(&body));
	assert_true(publishes_stored(publishes, &in));
	buf_release(&body);
}

static void assert_sent(const char *expected)
{
	struct buf text = {0};

	for (size_t i = 0; i < sent_count; i++)
		buf_printf(&text, "%s%u", i == 0 ? "" : " ", (unsigned)sent[i]);
	buf_add_char(&text, '\0');
	assert_string_equal(text.at, expected);
	buf_release(&text);
}

static void test_short_ones_are_sent_at_once_past_long_ones(void **state)
{
	(void)state;
	add(UPLINK_AHEAD_EVENTS, 1);
	add(UPLINK_AHEAD_EVENTS, 1);
	add(1, 100);
	add(UPLINK_AHEAD_EVENTS, 1);
	add(1, 100);
	assert_sent("1 3 5");
	answer(1);
	assert_sent("1 3 5 2");
	answer(5);
	answer(3);
	assert_sent("1 3 5 2");
	answer(2);
	assert_sent("1 3 5 2 4");
	assert_int_equal(answers, 4);
}

static void test_long_ones_go_together_while_they_are_few_bytes(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		add(1, 65536);
	assert_int_equal(sent_count, 15);
	answer(2);
	assert_int_equal(sent_count, 16);
}

static void test_the_largest_is_sent_alone(void **state)
{
	(void)state;
	add(8, 1 << 20);
	add(8, 1 << 20);
	assert_sent("1");
	answer(1);
	assert_sent("1 2");
}

static void test_long_ones_that_are_too_many_leave_room_for_short_ones(
	void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		add(1, 1 << 20);
	assert_sent("1");
	add(1, 100);
	assert_int_equal(sent_count, 2);
	publishes_expire(publishes, hands.mono_us);
	assert_int_equal(aways, 40 - 31);
}

static void test_a_hub_that_comes_is_sent_what_was_sent_before(void **state)
{
	(void)state;
	add(UPLINK_AHEAD_EVENTS, 1);
	add(UPLINK_AHEAD_EVENTS, 1);
	add(1, 1);
	publishes_send(publishes);
	assert_sent("1 3 1 3");
	answer(1);
	assert_sent("1 3 1 3 2");
}

static void test_one_whose_time_is_over_makes_room(void **state)
{
	(void)state;
	add(UPLINK_AHEAD_EVENTS, 1);
	hands.mono_us += 1000;
	add(UPLINK_AHEAD_EVENTS, 1);
	publishes_expire(
		publishes, hands.mono_us + UPLINK_DEADLINE_MS * 1000ull - 500);
	assert_int_equal(aways, 1);
	assert_sent("1 2");
	publishes_expire(
		publishes, hands.mono_us + UPLINK_DEADLINE_MS * 1000ull);
	assert_int_equal(aways, 2);
}

static void test_one_that_was_never_sent_is_told_in_time(void **state)
{
	(void)state;
	add(UPLINK_AHEAD_EVENTS, 1);
	add(UPLINK_AHEAD_EVENTS, 1);
	publishes_expire(
		publishes, hands.mono_us + UPLINK_DEADLINE_MS * 1000ull);
	assert_int_equal(aways, 2);
	add(1, 1);
	assert_sent("1 3");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_short_ones_are_sent_at_once_past_long_ones),
		TEST(test_long_ones_go_together_while_they_are_few_bytes),
		TEST(test_the_largest_is_sent_alone),
		TEST(test_long_ones_that_are_too_many_leave_room_for_short_ones),
		TEST(test_a_hub_that_comes_is_sent_what_was_sent_before),
		TEST(test_one_whose_time_is_over_makes_room),
		TEST(test_one_that_was_never_sent_is_told_in_time),
	};

	return cmocka_run_group_tests_name("publishes", tests, NULL, NULL);
}
