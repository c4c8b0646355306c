/* SPDX-License-Identifier: MIT */
/* hub/shared/append: in which order proposals are stored, or fail */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "hub/shared/append.h"
#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

/* ---- a Redis that keeps what it is asked, and answers nothing by itself */

struct redis_reply {
	enum redis_kind kind;
	const char *text;
};

static char link_place;
static struct redis_hooks hooks;
static struct buf asked;
static size_t batches;

static struct redis_link *dial(const char *host, int port,
	const struct redis_hooks *with, char fault[REDIS_FAULT])
{
	(void)host;
	(void)port;
	(void)fault;
	hooks = *with;
	return (struct redis_link *)(void *)&link_place;
}

static int descriptor(const struct redis_link *link)
{
	(void)link;
	return -1;
}

static bool ask(struct redis_link *link, struct span command)
{
	(void)link;
	batches++;
	buf_clear(&asked);
	buf_add_span(&asked, command);
	return true;
}

static void hang_up(struct redis_link *link)
{
	(void)link;
}

static enum redis_kind kind(const struct redis_reply *reply)
{
	return reply->kind;
}

static struct span text(const struct redis_reply *reply)
{
	return span_of(reply->text);
}

static const struct redis redis = {.dial = dial,
	.descriptor = descriptor,
	.ask = ask,
	.hang_up = hang_up,
	.kind = kind,
	.text = text};

/* ---- what becomes of proposals */

static struct hand_clock hands;
static struct clock hand;
static struct loop *loop;
static struct conn conn;
static struct append append;
static size_t failed[64], failed_count;

static void on_answered(void *arg, const struct shared_answer *answer)
{
	(void)arg;
	assert_int_equal(answer->outcome, SHARED_FAILED);
	assert_true(failed_count < 64);
	failed[failed_count++] = (size_t)(uintptr_t)answer->whose;
}

static void on_stuck(void *arg)
{
	(void)arg;
}

static int setup(void **state)
{
	static const struct shared_options options = {.give_up_ms = 5000};
	static const struct append_notify notify = {
		.answered = on_answered, .stuck = on_stuck};
	char fault[REDIS_FAULT];

	(void)state;
	hands = (struct hand_clock){1000000, 1000000};
	hand = hand_clock(&hands);
	loop = loop_new(&hand);
	conn = (struct conn){.loop = loop, .redis = &redis};
	assert_true(conn_open(&conn, "", 0, fault));
	append_init(&append, loop, &conn, &options, "{t}", &notify);
	append.script.redis = &redis;
	append_open(&append, 0);
	failed_count = batches = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	append_release(&append);
	conn_close(&conn);
	buf_release(&asked);
	loop_free(loop);
	return 0;
}

/* Row `number` of an inbox; "row N." is to be found in the batch. */
static void add_row(size_t number, size_t size)
{
	char *data = mem_new(size + 32);
	int len = snprintf(data, 32, "row %zu.", number);
	struct shared_item item = {.data = {data, size + (size_t)len}};
	const struct shared_proposal what = {.channel = span_of("news"),
		.items = &item,
		.count = 1,
		.rows = 1,
		.cursor = {.name = span_of("orders"),
			.from = number - 1,
			.to = number}};

	memset(data + len, 'x', size);
	append_add(&append, &what, (void *)(uintptr_t)number);
	free(data);
}

static bool is_asked(const char *what)
{
	return memmem(asked.at, asked.len, what, strlen(what)) != NULL;
}

static void fail_batch(void)
{
	static const struct redis_reply reply = {
		REDIS_KIND_ERROR, "OOM command not allowed"};

	hooks.replied(hooks.arg, &reply);
}

static void test_rows_after_a_batch_that_failed_are_not_stored_over_it(
	void **state)
{
	(void)state;
	for (size_t n = 1; n <= 4; n++)
		add_row(n, 3u << 20);
	loop_turn_over(loop);
	assert_true(is_asked("row 1.") && !is_asked("row 2."));
	fail_batch();
	loop_turn_over(loop);
	assert_int_equal(batches, 1);
	assert_int_equal(failed_count, 4);
	for (size_t n = 0; n < 4; n++)
		assert_int_equal(failed[n], n + 1);
	add_row(1, 1);
	loop_turn_over(loop);
	assert_true(is_asked("row 1."));
}

static void test_a_row_that_finds_no_room_is_not_stored_before_the_others(
	void **state)
{
	size_t n = 1;

	(void)state;
	add_row(n++, 1);
	loop_turn_over(loop);
	while (append.bytes <= APPEND_QUEUE_BYTES)
		add_row(n++, 8u << 20);
	add_row(n++, 1);
	add_row(n, 1);
	fail_batch();
	loop_turn_over(loop);
	assert_int_equal(batches, 1);
	assert_int_equal(failed_count, n);
	assert_int_equal(append.bytes, 0);
}

static void test_what_finds_no_room_fails_at_once_though_a_batch_flies(
	void **state)
{
	(void)state;
	add_row(1, 1);
	loop_turn_over(loop);
	add_row(2, APPEND_QUEUE_BYTES);
	add_row(3, 1);
	loop_turn_over(loop);
	assert_int_equal(failed_count, 2);
	assert_int_equal(failed[0], 3);
	assert_int_equal(failed[1], 2);
}

static void test_rows_that_waited_too_long_take_the_later_ones_with_them(
	void **state)
{
	(void)state;
	append_lost(&append);
	add_row(1, 1);
	hand_clock_pass(&hands, 4900000);
	append_open(&append, 0);
	append.busy = true;
	add_row(2, 1);
	hand_clock_pass(&hands, 200000);
	loop_turn_over(loop);
	assert_int_equal(failed_count, 2);
}

/* What was forgotten is put back: said again, it would come before that. */
static void test_a_row_that_flew_when_others_were_forgotten_is_not_said_again(
	void **state)
{
	(void)state;
	add_row(1, 1);
	loop_turn_over(loop);
	append_hear_hole(&append, 7);
	assert_int_equal(failed_count, 0);
	add_row(2, 1);
	append_lost(&append);
	append_open(&append, 0);
	loop_turn_over(loop);
	assert_int_equal(failed_count, 2);
	assert_int_equal(failed[0], 1);
	assert_int_equal(failed[1], 2);
	assert_int_equal(batches, 1);
}

static void
test_what_is_put_back_after_a_hole_does_not_fail_with_rows_before_it(
	void **state)
{
	(void)state;
	append.busy = true;
	add_row(1, 1);
	append_hear_hole(&append, 7);
	assert_int_equal(failed_count, 1);
	add_row(2, 1);
	append.busy = false;
	loop_turn_over(loop);
	assert_int_equal(failed_count, 1);
	assert_int_equal(batches, 1);
}

static void test_a_row_whose_link_was_lost_is_said_again_otherwise(void **state)
{
	(void)state;
	add_row(1, 1);
	loop_turn_over(loop);
	append_lost(&append);
	append_open(&append, 0);
	loop_turn_over(loop);
	assert_int_equal(failed_count, 0);
	assert_int_equal(batches, 2);
	assert_true(is_asked("row 1."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_rows_after_a_batch_that_failed_are_not_stored_over_it,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_row_that_finds_no_room_is_not_stored_before_the_others,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_what_finds_no_room_fails_at_once_though_a_batch_flies,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_rows_that_waited_too_long_take_the_later_ones_with_them,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_row_that_flew_when_others_were_forgotten_is_not_said_again,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_what_is_put_back_after_a_hole_does_not_fail_with_rows_before_it,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_row_whose_link_was_lost_is_said_again_otherwise,
			setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
