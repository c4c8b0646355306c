/* SPDX-License-Identifier: MIT */
/* link: whole frames over a real socket */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/link.h"
#include "lib/wire.h"
#include "tests/unit/unit.h"

enum { PATIENCE_S = 20, TYPE_LAST = 99 };

/* A link and the bare socket at its other end. */
struct pair {
	struct loop *loop;
	struct link link;
	int peer;

	struct buf got;	      /* the bodies that came, in order */
	unsigned frames;      /* how many */
	unsigned closed;      /* times called */
	const char *why;      /* of the last */
	unsigned close_after; /* frame() closes at this frame, 0 = never */
	bool expired;
};

static void on_frame(void *owner, uint8_t type, struct span body)
{
	struct pair *pair = owner;

	(void)type;
	pair->frames++;
	buf_add_span(&pair->got, body);
	if (pair->frames == pair->close_after)
		link_close(&pair->link, "enough");
	loop_stop(pair->loop);
}

static void on_closed(void *owner, const char *why)
{
	struct pair *pair = owner;

	pair->closed++;
	pair->why = why;
	loop_stop(pair->loop);
}

static int open_pair(void **state)
{
	struct pair *pair = mem_new(sizeof(*pair));
	int ends[2];

	*state = pair;
	pair->loop = loop_new(&clock_system);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
		return -1;
	pair->peer = ends[1];
	pair->link.owner = pair;
	pair->link.frame = on_frame;
	pair->link.closed = on_closed;
	link_open(&pair->link, pair->loop, ends[0]);
	return 0;
}

static int close_pair(void **state)
{
	struct pair *pair = *state;

	link_close(&pair->link, NULL);
	close(pair->peer);
	buf_release(&pair->got);
	loop_free(pair->loop);
	free(pair);
	return 0;
}

static void on_timeout(void *arg)
{
	struct pair *pair = arg;

	pair->expired = true;
	loop_stop(pair->loop);
}

/* Runs the loop until a callback has been called. */
static void wait_for(struct pair *pair)
{
	struct timer timer;

	timer_init(&timer, on_timeout, pair);
	timer_set(loop_timers(pair->loop), &timer, PATIENCE_S * 1000000, 0);
	loop_run(pair->loop);
	timer_stop(loop_timers(pair->loop), &timer);
	assert_false(pair->expired);
}

/* Runs what is ready now. */
static void turn(struct pair *pair)
{
	loop_turn_over(pair->loop);
}

static void add_frame(struct buf *out, const char *body)
{
	size_t begun = wire_begin(out, WIRE_PING);

	buf_add_span(out, span_of(body));
	wire_end(out, begun);
}

/* Lets the peer write everything, the loop running where the socket is full. */
static void peer_says(struct pair *pair, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(pair->peer, bytes.at, bytes.len);

		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			turn(pair);
			continue;
		}
		bytes = span(bytes.at + n, bytes.len - (size_t)n);
	}
}

/* Takes what is there for the peer, up to `most`. */
static size_t peer_reads(struct pair *pair, char *at, size_t most)
{
	ssize_t n = read(pair->peer, at, most);

	return n < 0 ? 0 : (size_t)n;
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

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

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
