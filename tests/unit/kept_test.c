/* SPDX-License-Identifier: MIT */
/* kept: connections between two requests, and who closes them when */
#include <config.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/http/kept.h"
#include "fcgi/http/request.h"
#include "lib/loop.h"
#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

struct room {
	struct hand_clock hands;
	struct clock clock;
	struct loop *loop;
	struct kept *kept;
	int given; /* the descriptor that was handed back last, -1 = none */
	int count; /* of those */
	int here, there;
};

static void again(void *arg, int fd)
{
	struct room *room = arg;

	room->given = fd;
	room->count++;
}

static void open_pair(struct room *room)
{
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	room->here = ends[0];
	room->there = ends[1];
}

static int set_up(void **state)
{
	struct room *room = calloc(1, sizeof(*room));

	room->clock = hand_clock(&room->hands);
	room->loop = loop_new(&room->clock);
	room->kept = kept_new(room->loop);
	kept_serve(room->kept, again, room);
	room->given = -1;
	open_pair(room);
	*state = room;
	return 0;
}

static int tear_down(void **state)
{
	struct room *room = *state;

	kept_free(room->kept);
	loop_free(room->loop);
	close(room->there);
	free(room);
	return 0;
}

static void say(const struct room *room)
{
	assert_int_equal(send(room->there, "x", 1, MSG_NOSIGNAL), 1);
}

static bool is_closed(int there)
{
	char byte;

	return recv(there, &byte, 1, MSG_DONTWAIT) == 0;
}

static void test_what_says_something_is_handed_back(void **state)
{
	struct room *room = *state;

	kept_take(room->kept, room->here);
	loop_turn_over(room->loop);
	assert_int_equal(room->count, 0);
	say(room);
	loop_turn_over(room->loop);
	assert_int_equal(room->given, room->here);
	loop_turn_over(room->loop);
	assert_int_equal(room->count, 1);
	close(room->given);
}

static void test_what_ends_is_handed_back(void **state)
{
	struct room *room = *state;

	kept_take(room->kept, room->here);
	shutdown(room->there, SHUT_WR);
	loop_turn_over(room->loop);
	assert_int_equal(room->given, room->here);
	close(room->given);
}

static void test_what_is_idle_for_too_long_is_closed(void **state)
{
	struct room *room = *state;

	kept_take(room->kept, room->here);
	hand_clock_pass(&room->hands, (KEPT_IDLE_MS - 1) * 1000ull);
	loop_turn_over(room->loop);
	assert_false(is_closed(room->there));
	hand_clock_pass(&room->hands, 2000);
	loop_turn_over(room->loop);
	assert_true(is_closed(room->there));
	assert_int_equal(room->count, 0);
}

static void test_one_more_than_may_be_idle_is_closed(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < KEPT_MAX; i++)
		kept_take(room->kept, dup(room->here));
	kept_take(room->kept, room->here);
	assert_int_equal(kept_clear(room->kept), KEPT_MAX);
	assert_true(is_closed(room->there));
}

static void test_the_idle_give_way_but_not_who_has_said_something(void **state)
{
	struct room *room = *state;
	int first = room->here, other = room->there;

	kept_take(room->kept, first);
	open_pair(room);
	kept_take(room->kept, room->here);
	say(room);
	assert_int_equal(kept_clear(room->kept), 1);
	assert_true(is_closed(other));
	loop_turn_over(room->loop);
	assert_int_equal(room->given, room->here);
	close(room->given);
	close(other);
}

static void test_who_has_asked_when_all_ends_is_served(void **state)
{
	struct room *room = *state;

	kept_take(room->kept, room->here);
	say(room);
	kept_shut(room->kept);
	assert_int_equal(room->given, room->here);
	kept_take(room->kept, room->given);
	assert_int_equal(room->count, 1);
	assert_int_equal(send(room->there, "x", 1, MSG_NOSIGNAL), -1);
}

static void test_a_request_goes_where_it_says(void **state)
{
	struct room *room = *state;
	struct request *request = request_new();

	request->fd = dup(room->here);
	request->kept = room->kept;
	kept_answered(request);
	assert_int_equal(kept_clear(room->kept), 1);

	request = request_new();
	request->fd = room->here;
	kept_answered(request);
	assert_int_equal(kept_clear(room->kept), 0);
	assert_true(is_closed(room->there));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_what_says_something_is_handed_back, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_ends_is_handed_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_is_idle_for_too_long_is_closed, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_one_more_than_may_be_idle_is_closed, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_the_idle_give_way_but_not_who_has_said_something,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_who_has_asked_when_all_ends_is_served, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_request_goes_where_it_says, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
