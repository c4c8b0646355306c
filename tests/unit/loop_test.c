/* SPDX-License-Identifier: MIT */
/* loop: who is called, in which order, and by whose clock */
#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/loop.h"
#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

enum { HOUR = 60 * 60 };
#define SECOND 1000000u

/* Whoever is called writes a letter. */
struct diary {
	char text[32];
	size_t len;
};

struct writer {
	struct diary *diary;
	char letter;
	struct loop *loop;
	struct timer timer;
	struct loop_turn turn;
	struct loop_io io;
	struct writer *victim; /* stops it */
	unsigned ready;
};

struct room {
	struct hand_clock hands;
	struct clock clock;
	struct loop *loop;
	struct diary diary;
	struct writer writers[4]; /* a, b, c, d */
	int ends[2];
};

static void put_down(struct writer *writer)
{
	struct diary *diary = writer->diary;

	assert_true(diary->len + 1 < sizeof(diary->text));
	diary->text[diary->len++] = writer->letter;
	if (writer->victim == NULL)
		return;
	timer_stop(loop_timers(writer->loop), &writer->victim->timer);
	loop_turn_stop(writer->loop, &writer->victim->turn);
	loop_io_want(writer->loop, &writer->victim->io, 0);
}

static void on_call(void *arg)
{
	put_down(arg);
}

static void on_ready(void *arg, unsigned events)
{
	struct writer *writer = arg;

	writer->ready = events;
	put_down(writer);
}

static void on_last(void *arg)
{
	struct writer *writer = arg;

	put_down(writer);
	loop_stop(writer->loop);
}

static void init_writer(struct room *room, size_t i)
{
	struct writer *writer = &room->writers[i];

	writer->loop = room->loop;
	writer->diary = &room->diary;
	writer->letter = (char)('a' + i);
	timer_init(&writer->timer, on_call, writer);
	loop_turn_init(&writer->turn, 0, on_call, writer);
	loop_io_init(&writer->io, room->ends[i % 2], on_ready, writer);
}

static void start(struct room *room, const struct clock *clock)
{
	*room = (struct room){.hands = {5 * SECOND, 9 * SECOND}};
	room->clock = hand_clock(&room->hands);
	room->loop = loop_new(clock == NULL ? &room->clock : clock);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0, room->ends),
		0);
	for (size_t i = 0; i < COUNT(room->writers); i++)
		init_writer(room, i);
}

static void end(struct room *room)
{
	loop_free(room->loop);
	close(room->ends[0]);
	close(room->ends[1]);
}

/* So much time passes, one turn is taken, and this was written. */
static void check_turn(struct room *room, uint64_t us, const char *want)
{
	hand_clock_pass(&room->hands, us);
	loop_turn_over(room->loop);
	CHECK_TEXT("the turn", span(room->diary.text, room->diary.len), want);
	room->diary.len = 0;
}

static void set(struct room *room, size_t i, uint64_t us, uint64_t every)
{
	timer_set(loop_timers(room->loop), &room->writers[i].timer, us, every);
}

/* ---- once a turn */

static void test_turns_are_in_their_order(void **state)
{
	struct room room;

	(void)state;
	start(&room, NULL);
	room.writers[0].turn.order = 1;
	room.writers[3].turn.order = -1;
	for (size_t i = 0; i < COUNT(room.writers); i++)
		loop_turn_start(room.loop, &room.writers[i].turn);
	loop_turn_start(room.loop, &room.writers[0].turn);
	set(&room, 1, 0, 0);
	check_turn(&room, 0, "bdbca");
	loop_turn_stop(room.loop, &room.writers[1].turn);
	loop_turn_stop(room.loop, &room.writers[1].turn);
	check_turn(&room, 0, "dca");
	end(&room);
}

static void test_one_may_stop_itself_or_the_next(void **state)
{
	struct room room;

	(void)state;
	start(&room, NULL);
	for (size_t i = 0; i < 3; i++)
		loop_turn_start(room.loop, &room.writers[i].turn);
	room.writers[0].victim = &room.writers[1];
	room.writers[2].victim = &room.writers[2];
	check_turn(&room, 0, "ac");
	check_turn(&room, 0, "a");
	end(&room);
}

/* ---- descriptors */

static void want(struct room *room, size_t i, unsigned events)
{
	loop_io_want(room->loop, &room->writers[i].io, events);
	assert_int_equal(loop_io_wanted(&room->writers[i].io), events);
}

static void say(const struct room *room, size_t end)
{
	assert_int_equal(write(room->ends[end], "x", 1), 1);
}

static void test_who_is_ready_is_called_as_long_as_it_wants(void **state)
{
	struct room room;

	(void)state;
	start(&room, NULL);
	want(&room, 0, LOOP_READ);
	check_turn(&room, 0, "");
	say(&room, 1);
	check_turn(&room, 0, "a");
	assert_int_equal(room.writers[0].ready, LOOP_READ);
	want(&room, 0, LOOP_READ | LOOP_WRITE);
	check_turn(&room, 0, "a");
	assert_int_equal(room.writers[0].ready, LOOP_READ | LOOP_WRITE);
	want(&room, 0, LOOP_WRITE);
	check_turn(&room, 0, "a");
	assert_int_equal(room.writers[0].ready, LOOP_WRITE);
	want(&room, 0, 0);
	check_turn(&room, 0, "");
	end(&room);
}

static void test_no_descriptor_is_never_ready(void **state)
{
	struct room room;
	struct loop_io *io;

	(void)state;
	start(&room, NULL);
	io = &room.writers[0].io;
	assert_int_equal(loop_io_fd(io), room.ends[0]);
	loop_io_init(io, -1, on_ready, &room.writers[0]);
	loop_io_want(room.loop, io, LOOP_READ);
	check_turn(&room, 0, "");
	loop_io_want(room.loop, io, 0);
	end(&room);
}

/* Both ends are writable; whoever comes first stops the other. */
static void test_who_is_stopped_is_not_called_in_the_same_turn(void **state)
{
	struct room room;

	(void)state;
	start(&room, NULL);
	for (size_t i = 0; i < 2; i++) {
		want(&room, i, LOOP_WRITE);
		room.writers[i].victim = &room.writers[1 - i];
	}
	loop_turn_over(room.loop);
	assert_int_equal(room.diary.len, 1);
	end(&room);
}

static void test_who_is_fed_is_called_once(void **state)
{
	struct room room;

	(void)state;
	start(&room, NULL);
	loop_io_feed(room.loop, &room.writers[0].io, LOOP_READ);
	want(&room, 1, LOOP_READ);
	loop_io_feed(room.loop, &room.writers[1].io, LOOP_READ);
	loop_io_want(room.loop, &room.writers[1].io, LOOP_READ | LOOP_WRITE);
	want(&room, 1, LOOP_READ);
	loop_turn_over(room.loop);
	assert_int_equal(room.diary.len, 2);
	room.diary.len = 0;
	check_turn(&room, 0, "");
	loop_io_feed(room.loop, &room.writers[0].io, LOOP_READ);
	loop_io_want(room.loop, &room.writers[0].io, 0);
	check_turn(&room, 0, "");
	end(&room);
}

/* ---- asleep, by the system's clock */

/* Sleeps until a timer that is `us` away rings, and others before. */
static void sleep_for(uint64_t us)
{
	struct room room;
	uint64_t began;

	start(&room, &clock_system);
	began = loop_now_us(room.loop);
	timer_init(&room.writers[2].timer, on_last, &room.writers[2]);
	set(&room, 0, us / 10, 0);
	set(&room, 1, us / 5, 0);
	set(&room, 2, us, 0);
	set(&room, 3, us / 2, 0);
	timer_stop(loop_timers(room.loop), &room.writers[3].timer);
	loop_run(room.loop);
	assert_true(clock_now_us(&clock_system) - began >= us);
	CHECK_TEXT("order", span(room.diary.text, room.diary.len), "abc");
	assert_ptr_equal(loop_clock(room.loop), &clock_system);
	end(&room);
}

static void test_it_sleeps_until_the_first_timer(void **state)
{
	(void)state;
	sleep_for(3000);
}

static void test_it_sleeps_until_one_that_is_far(void **state)
{
	(void)state;
	sleep_for(30000);
}

/* Rings ten times. */
static void on_tenth(void *arg)
{
	struct writer *writer = arg;

	put_down(writer);
	if (writer->diary->len == 10)
		timer_stop(loop_timers(writer->loop), &writer->timer);
}

static void test_others_that_ring_meanwhile_do_not_move_a_far_one(void **state)
{
	struct room room;
	uint64_t began;

	(void)state;
	start(&room, &clock_system);
	began = loop_now_us(room.loop);
	timer_init(&room.writers[0].timer, on_last, &room.writers[0]);
	timer_init(&room.writers[1].timer, on_tenth, &room.writers[1]);
	set(&room, 0, 30000, 0);
	loop_turn_over(room.loop); /* it is all that is waited for */
	set(&room, 1, 1500, 1500);
	loop_run(room.loop);
	assert_true(clock_now_us(&clock_system) - began >= 30000);
	assert_int_equal(room.diary.text[room.diary.len - 1], 'a');
	end(&room);
}

/* A timer that is set by somebody who is ready, or was fed, wakes the loop. */
static void on_ready_set(void *arg, unsigned events)
{
	struct writer *writer = arg;

	(void)events;
	put_down(writer);
	loop_io_want(writer->loop, &writer->io, 0);
	timer_set(loop_timers(writer->loop), &writer->timer, 200, 0);
}

static void test_a_timer_that_is_set_late_in_a_turn_wakes_it(void **state)
{
	struct room room;
	struct writer *writer = room.writers;

	(void)state;
	start(&room, &clock_system);
	set(&room, 1, (uint64_t)HOUR * SECOND, 0);
	timer_init(&writer->timer, on_last, writer);
	loop_io_init(&writer->io, room.ends[0], on_ready_set, writer);
	want(&room, 0, LOOP_WRITE);
	loop_run(room.loop);
	loop_io_feed(room.loop, &writer->io, LOOP_READ);
	loop_run(room.loop);
	CHECK_TEXT("both", span(room.diary.text, room.diary.len), "aaaa");
	end(&room);
}

static void on_turn_again(void *arg)
{
	struct writer *writer = arg;

	put_down(writer);
	if (writer->diary->len < 3)
		loop_again(writer->loop);
	else
		timer_set(loop_timers(writer->loop), &writer->victim->timer, 0,
			0);
	if (writer->diary->len > 3)
		loop_stop(writer->loop);
}

static void test_who_has_work_left_is_asked_again_at_once(void **state)
{
	struct room room;
	struct writer *writer = room.writers;

	(void)state;
	start(&room, &clock_system);
	loop_turn_init(&writer->turn, 0, on_turn_again, writer);
	loop_turn_start(room.loop, &writer->turn);
	writer->victim = &room.writers[1];
	loop_run(room.loop);
	end(&room);
}

static void test_a_signal_is_called_once_it_was_caught(void **state)
{
	struct room room;

	(void)state;
	start(&room, &clock_system);
	loop_on_signal(room.loop, SIGUSR2, on_last, &room.writers[0]);
	loop_on_signal(room.loop, SIGUSR1, on_call, &room.writers[1]);
	raise(SIGUSR2);
	loop_run(room.loop);
	CHECK_TEXT("USR2", span(room.diary.text, room.diary.len), "a");
	end(&room);
}

/* ---- what it costs */

static void test_a_watcher_is_no_larger_than_it_must_be(void **state)
{
	(void)state;
	assert_true(sizeof(struct loop_io) <= 56);
	loop_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns_are_in_their_order),
		cmocka_unit_test(test_one_may_stop_itself_or_the_next),
		cmocka_unit_test(
			test_who_is_ready_is_called_as_long_as_it_wants),
		cmocka_unit_test(test_no_descriptor_is_never_ready),
		cmocka_unit_test(
			test_who_is_stopped_is_not_called_in_the_same_turn),
		cmocka_unit_test(test_who_is_fed_is_called_once),
		cmocka_unit_test(test_it_sleeps_until_the_first_timer),
		cmocka_unit_test(test_it_sleeps_until_one_that_is_far),
		cmocka_unit_test(
			test_others_that_ring_meanwhile_do_not_move_a_far_one),
		cmocka_unit_test(
			test_a_timer_that_is_set_late_in_a_turn_wakes_it),
		cmocka_unit_test(test_who_has_work_left_is_asked_again_at_once),
		cmocka_unit_test(test_a_signal_is_called_once_it_was_caught),
		cmocka_unit_test(test_a_watcher_is_no_larger_than_it_must_be),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
