/* SPDX-License-Identifier: MIT */
/* link: whole frames that come over a real socket */
#include <config.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/link_room.h"

static void test_a_frame_that_comes_byte_by_byte_arrives_once(void **state)
{
	struct pair *pair = *state;
	struct buf out = {0};

	add_frame(&out, "hello");
	for (size_t i = 0; i < out.len; i++) {
		assert_int_equal(pair->frames, 0);
		peer_says(pair, span(out.at + i, 1));
		turn(pair);
	}
	assert_int_equal(pair->frames, 1);
	CHECK_TEXT("byte by byte", buf_span(&pair->got), "hello");
	buf_release(&out);
}

static void test_frames_that_come_together_arrive_in_order(void **state)
{
	struct pair *pair = *state;
	struct buf out = {0};
	struct buf want = {0};

	for (int i = 0; i < 1000; i++) {
		char body[16];

		snprintf(body, sizeof(body), "%d,", i);
		buf_add_span(&want, span_of(body));
		add_frame(&out, body);
	}
	peer_says(pair, buf_span(&out));
	while (pair->frames < 1000)
		wait_for(pair);
	assert_true(span_equal(buf_span(&pair->got), buf_span(&want)));
	buf_release(&out);
	buf_release(&want);
}

static void test_the_longest_frame_arrives(void **state)
{
	struct pair *pair = *state;
	struct buf out = {0};
	size_t begun;

	add_frame(&out, "before");
	begun = wire_begin(&out, WIRE_PING);
	memset(buf_reserve(&out, WIRE_FRAME_MAX), 'x', WIRE_FRAME_MAX);
	out.len += WIRE_FRAME_MAX - 1;
	wire_end(&out, begun);
	add_frame(&out, "behind");
	peer_says(pair, buf_span(&out));
	while (pair->frames < 3)
		wait_for(pair);
	assert_int_equal(pair->got.len, WIRE_FRAME_MAX - 1 + 12);
	buf_release(&out);
}

static void test_a_frame_above_the_limit_of_its_link_is_not_waited_for(
	void **state)
{
	struct pair *pair = *state;
	struct buf out = {0};

	pair->link.most = 1 << 20;
	add_frame(&out, "before");
	wire_put_u32(&out, (1 << 20) + 1); /* nothing of it comes */
	peer_says(pair, buf_span(&out));
	while (pair->closed == 0)
		wait_for(pair);
	assert_int_equal(pair->frames, 1);
	assert_string_equal(pair->why, "sent a frame of an impossible length");
	buf_release(&out);
}

static void test_an_idle_link_holds_no_memory_to_read(void **state)
{
	struct pair *pair = *state;
	struct buf out = {0};

	add_frame(&out, "hello");
	peer_says(pair, buf_span(&out));
	wait_for(pair);
	assert_int_equal(pair->link.in.size, 0);
	buf_release(&out);
}

static void test_what_came_behind_the_frame_that_closed_is_dropped(void **state)
{
	struct pair *pair = *state;
	struct buf out = {0};

	pair->close_after = 2;
	add_frame(&out, "1");
	add_frame(&out, "2");
	add_frame(&out, "3");
	peer_says(pair, buf_span(&out));
	wait_for(pair);
	assert_int_equal(pair->frames, 2);
	assert_int_equal(pair->closed, 1);
	assert_string_equal(pair->why, "enough");
	assert_int_equal(pair->link.fd, -1);
	link_close(&pair->link, "again");
	assert_int_equal(pair->closed, 1);
	buf_release(&out);
}

/* An owner that goes with its link: on_closed frees both. */
struct mortal {
	struct link link;
	unsigned *frames;
};

static void mortal_frame(void *owner, uint8_t type, struct span body)
{
	struct mortal *mortal = owner;

	(void)type;
	(void)body;
	(*mortal->frames)++;
	link_close(&mortal->link, NULL);
}

static void mortal_closed(void *owner, const char *why)
{
	(void)why;
	free(owner);
}

static void test_the_owner_may_be_freed_in_the_middle_of_a_frame(void **state)
{
	struct pair *pair = *state;
	struct mortal *mortal = mem_new(sizeof(*mortal));
	struct buf out = {0};
	unsigned frames = 0;
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	mortal->frames = &frames;
	mortal->link.owner = mortal;
	mortal->link.frame = mortal_frame;
	mortal->link.closed = mortal_closed;
	link_open(&mortal->link, pair->loop, ends[0]);
	add_frame(&out, "1");
	add_frame(&out, "2");
	assert_int_equal(write(ends[1], out.at, out.len), out.len);
	turn(pair);
	assert_int_equal(frames, 1);
	close(ends[1]);
	buf_release(&out);
}

static void test_a_peer_that_leaves_closes_without_a_reason(void **state)
{
	struct pair *pair = *state;

	shutdown(pair->peer, SHUT_RDWR);
	wait_for(pair);
	assert_int_equal(pair->closed, 1);
	assert_null(pair->why);
}

static void test_an_impossible_length_closes_with_a_reason(void **state)
{
	struct pair *pair = *state;

	peer_says(pair, span("\0\0\0\0", 4));
	wait_for(pair);
	assert_int_equal(pair->closed, 1);
	assert_non_null(pair->why);
	assert_int_equal(pair->frames, 0);
}

static void test_what_the_peer_said_before_it_left_is_heard(void **state)
{
	struct pair *pair = *state;
	struct buf out = {0};

	add_frame(&out, "last words");
	peer_says(pair, buf_span(&out));
	close(pair->peer);
	link_queue(&pair->link, buf_span(&out));
	link_flush(&pair->link); /* EPIPE */
	assert_int_equal(pair->closed, 0);
	while (pair->closed == 0)
		wait_for(pair);
	CHECK_TEXT("before closed", buf_span(&pair->got), "last words");
	assert_null(pair->why);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_frame_that_comes_byte_by_byte_arrives_once),
		TEST(test_frames_that_come_together_arrive_in_order),
		TEST(test_the_longest_frame_arrives),
		TEST(test_a_frame_above_the_limit_of_its_link_is_not_waited_for),
		TEST(test_an_idle_link_holds_no_memory_to_read),
		TEST(test_what_came_behind_the_frame_that_closed_is_dropped),
		TEST(test_the_owner_may_be_freed_in_the_middle_of_a_frame),
		TEST(test_a_peer_that_leaves_closes_without_a_reason),
		TEST(test_an_impossible_length_closes_with_a_reason),
		TEST(test_what_the_peer_said_before_it_left_is_heard),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
