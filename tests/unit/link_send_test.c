/* SPDX-License-Identifier: MIT */
/* link: what is sent leaves whole, and nobody waits for it for ever */
#include <config.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/link_room.h"

static void test_what_is_sent_arrives_however_slowly_it_is_read(void **state)
{
	struct pair *pair = *state;
	struct buf sent = {0};
	struct buf got = {0};

	for (int i = 0; i < 3000; i++) {
		char piece[1000];
		size_t len = (size_t)i % sizeof(piece);

		memset(piece, i, sizeof(piece));
		buf_add(&sent, piece, len);
		link_queue(&pair->link, span(piece, len));
		link_flush(&pair->link);
		if (i % 7 == 0)
			got.len +=
				peer_reads(pair, buf_reserve(&got, 512), 512);
	}
	assert_true(link_pending(&pair->link) > 0);
	while (got.len < sent.len) {
		got.len += peer_reads(pair, buf_reserve(&got, 5000), 5000);
		turn(pair);
	}
	assert_true(span_equal(buf_span(&sent), buf_span(&got)));
	turn(pair);
	assert_int_equal(link_pending(&pair->link), 0);
	assert_false(link_is_full(&pair->link));
	buf_release(&sent);
	buf_release(&got);
}

static void test_a_peer_that_stops_reading_is_closed_by_the_loop(void **state)
{
	static char piece[1 << 20];
	struct pair *pair = *state;

	for (int i = 0; i < (LINK_OUT_MAX >> 20) + 2; i++)
		link_queue(&pair->link, span(piece, sizeof(piece)));
	assert_int_equal(pair->closed, 0);
	assert_int_equal(link_pending(&pair->link), 0); /* given up */
	link_queue(&pair->link, span_of("nothing"));
	assert_int_equal(link_try(&pair->link, span_of("nothing")), 0);
	wait_for(pair);
	assert_int_equal(pair->closed, 1);
	assert_string_equal(pair->why, "has stopped reading");
}

static void test_until_the_flush_nothing_leaves(void **state)
{
	struct pair *pair = *state;
	char got[16];

	link_queue(&pair->link, span_of("ab"));
	link_queue(&pair->link, span_of("cd"));
	turn(pair);
	assert_int_equal(link_pending(&pair->link), 4);
	assert_int_equal(peer_reads(pair, got, sizeof(got)), 0);
	link_flush(&pair->link);
	assert_int_equal(link_pending(&pair->link), 0);
	assert_int_equal(peer_reads(pair, got, sizeof(got)), 4);
	assert_memory_equal(got, "abcd", 4);
}

static void say_ping(struct link *link, uint64_t tag)
{
	wire_put_u64(link_begin(link, WIRE_PING), tag);
	link_end(link);
}

static void test_frames_made_in_place_leave_together_and_whole(void **state)
{
	struct pair *pair = *state;
	struct buf want = {0};
	char got[64];

	for (uint64_t tag = 1; tag <= 2; tag++) {
		size_t begun = wire_begin(&want, WIRE_PING);

		wire_put_u64(&want, tag);
		wire_end(&want, begun);
		say_ping(&pair->link, tag);
	}
	turn(pair);
	assert_int_equal(peer_reads(pair, got, sizeof(got)), 0);
	link_flush(&pair->link);
	assert_int_equal(peer_reads(pair, got, sizeof(got)), want.len);
	assert_memory_equal(got, want.at, want.len);
	buf_release(&want);
}

static void test_what_was_taken_back_never_leaves(void **state)
{
	struct pair *pair = *state;
	char got[64];
	size_t before;

	say_ping(&pair->link, 1);
	before = link_pending(&pair->link);
	say_ping(&pair->link, 2);
	say_ping(&pair->link, 3);
	link_cut(&pair->link, before);
	link_cut(&pair->link, before + 1000); /* nothing to take back */
	link_queue(&pair->link, span_of("abc"));
	link_flush(&pair->link);
	assert_int_equal(peer_reads(pair, got, sizeof(got)), before + 3);
	assert_memory_equal(got + before, "abc", 3);
}

static void test_frames_made_in_place_for_nobody_are_dropped(void **state)
{
	static char piece[1 << 20];
	struct pair *pair = *state;

	for (int i = 0; i < (LINK_OUT_MAX >> 20) + 2; i++) {
		struct buf *out = link_begin(&pair->link, WIRE_PING);

		wire_put_bytes(out, piece, sizeof(piece));
		link_end(&pair->link);
	}
	assert_true(link_pending(&pair->link) < LINK_OUT_MAX);
	wait_for(pair);
	assert_string_equal(pair->why, "has stopped reading");
	say_ping(&pair->link, 1);
	link_queue(&pair->link, span_of("abc"));
	assert_int_equal(link_pending(&pair->link), 0);
}

static void test_try_says_how_much_went_and_when_to_go_on(void **state)
{
	static char bytes[4 << 20];
	struct pair *pair = *state;
	size_t taken = link_try(&pair->link, span(bytes, sizeof(bytes)));

	assert_in_range(taken, 1, sizeof(bytes) - 1);
	assert_int_equal(link_pending(&pair->link), 0);
	turn(pair);
	assert_true(link_is_full(&pair->link));
	while (link_is_full(&pair->link)) {
		peer_reads(pair, bytes, sizeof(bytes));
		turn(pair);
	}
	assert_int_equal(link_try(&pair->link, span_of("abc")), 3);
}

static void test_try_takes_nothing_while_earlier_bytes_wait(void **state)
{
	static char bytes[4 << 20];
	struct pair *pair = *state;

	link_queue(&pair->link, span(bytes, sizeof(bytes)));
	assert_true(link_pending(&pair->link) > 0);
	assert_int_equal(link_try(&pair->link, span_of("abc")), 0);
}

static void test_a_closed_link_takes_nothing_and_does_no_harm(void **state)
{
	struct pair *pair = *state;

	link_queue(&pair->link, span_of("x"));
	link_close(&pair->link, NULL);
	link_queue(&pair->link, span_of("y"));
	assert_int_equal(link_try(&pair->link, span_of("y")), 0);
	link_flush(&pair->link);
	assert_int_equal(link_pending(&pair->link), 0);
	turn(pair);
	assert_int_equal(pair->closed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_sent_arrives_however_slowly_it_is_read),
		TEST(test_a_peer_that_stops_reading_is_closed_by_the_loop),
		TEST(test_until_the_flush_nothing_leaves),
		TEST(test_frames_made_in_place_leave_together_and_whole),
		TEST(test_what_was_taken_back_never_leaves),
		TEST(test_frames_made_in_place_for_nobody_are_dropped),
		TEST(test_try_says_how_much_went_and_when_to_go_on),
		TEST(test_try_takes_nothing_while_earlier_bytes_wait),
		TEST(test_a_closed_link_takes_nothing_and_does_no_harm),
	};

	return cmocka_run_group_tests_name("link, sending", tests, NULL, NULL);
}
