/* SPDX-License-Identifier: MIT */
/* timer: rings once, or beats, when it was told to */
#include <config.h>

#include "lib/timer.h"
#include "tests/unit/hand_clock.h"
#include "tests/unit/unit.h"

/* Whoever rings writes a letter. */
struct bell {
	struct room *room;
	struct timer timer;
	char letter;
	struct bell *victim; /* is stopped by it */
	bool again;	     /* sets itself anew */
};

struct room {
	struct hand_clock hands;
	struct clock clock;
	struct timers timers;
	struct bell a, b, c;
	char diary[16];
	size_t len;
};

static void set(struct bell *bell, uint64_t us, uint64_t every)
{
	timer_set(&bell->room->timers, &bell->timer, us, every);
}

static void on_ring(void *arg)
{
	const struct bell *bell = arg;
	struct room *room = bell->room;

	assert_true(room->len < sizeof(room->diary));
	room->diary[room->len++] = bell->letter;
	if (bell->victim != NULL)
		timer_stop(&room->timers, &bell->victim->timer);
	if (bell->again)
		set(arg, 0, 0);
}

static void hang(struct room *room, struct bell *bell, char letter)
{
	*bell = (struct bell){.room = room, .letter = letter};
	timer_init(&bell->timer, on_ring, bell);
}

static void start(struct room *room)
{
	*room = (struct room){.hands = {5000000, 9000000}};
	room->clock = hand_clock(&room->hands);
	room->timers.clock = &room->clock;
	hang(room, &room->a, 'a');
	hang(room, &room->b, 'b');
	hang(room, &room->c, 'c');
}

/* So much time passes, and these ring. */
static void check(struct room *room, uint64_t us, const char *want)
{
	hand_clock_pass(&room->hands, us);
	timers_ring(&room->timers);
	CHECK_TEXT("rang", span(room->diary, room->len), want);
	room->len = 0;
}

static void test_it_rings_once_and_not_before_its_time(void **state)
{
	struct room room;

	(void)state;
	start(&room);
	assert_true(timers_next(&room.timers) == UINT64_MAX);
	set(&room.a, 20000, 0);
	assert_true(timer_is_set(&room.a.timer));
	assert_true(timers_next(&room.timers) == 5020000);
	check(&room, 19999, "");
	check(&room, 1, "a");
	assert_false(timer_is_set(&room.a.timer));
	check(&room, 1000000, "");
	timers_release(&room.timers);
}

static void test_zero_is_the_next_round(void **state)
{
	struct room room;

	(void)state;
	start(&room);
	set(&room.a, 0, 0);
	check(&room, 0, "a");
	check(&room, 0, "");
	timers_release(&room.timers);
}

static void test_a_second_call_moves_the_first(void **state)
{
	struct room room;

	(void)state;
	start(&room);
	set(&room.a, 100, 0);
	set(&room.a, 30000, 0);
	check(&room, 29999, "");
	check(&room, 1, "a");
	set(&room.a, 3600000000, 0);
	set(&room.a, 100, 0);
	check(&room, 100, "a");
	timers_release(&room.timers);
}

static void test_a_stopped_timer_does_not_ring(void **state)
{
	struct room room;

	(void)state;
	start(&room);
	set(&room.a, 100, 0);
	set(&room.b, 200, 0);
	timer_stop(&room.timers, &room.a.timer);
	timer_stop(&room.timers, &room.a.timer);
	timer_stop(&room.timers, &room.c.timer);
	check(&room, 300, "b");
	timers_release(&room.timers);
}

static void test_what_is_due_first_rings_first(void **state)
{
	struct room room;

	(void)state;
	start(&room);
	set(&room.a, 300, 0);
	set(&room.b, 100, 0);
	set(&room.c, 200, 0);
	check(&room, 1000, "bca");
	timers_release(&room.timers);
}

static void test_one_that_rings_may_stop_another_that_is_due(void **state)
{
	struct room room;

	(void)state;
	start(&room);
	set(&room.a, 100, 0);
	set(&room.b, 200, 0);
	set(&room.c, 300, 0);
	room.a.victim = &room.b;
	check(&room, 1000, "ac");
	timers_release(&room.timers);
}

/* Three beats are missed: one is made, and the next comes a beat later. */
static void test_a_beat_goes_on_and_makes_up_for_nothing(void **state)
{
	struct room room;

	(void)state;
	start(&room);
	set(&room.a, 0, 100);
	check(&room, 0, "a");
	check(&room, 99, "");
	check(&room, 1, "a");
	check(&room, 130, "a");
	check(&room, 70, "a");
	check(&room, 350, "a");
	check(&room, 99, "");
	check(&room, 1, "a");
	timer_stop(&room.timers, &room.a.timer);
	check(&room, 100, "");
	timers_release(&room.timers);
}

static void test_one_that_sets_itself_lets_the_round_end(void **state)
{
	struct room room;

	(void)state;
	start(&room);
	room.a.again = true;
	set(&room.a, 0, 0);
	check(&room, 0, "a");
	check(&room, 0, "a");
	room.a.again = false;
	check(&room, 0, "a");
	check(&room, 0, "");
	timers_release(&room.timers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_rings_once_and_not_before_its_time),
		cmocka_unit_test(test_zero_is_the_next_round),
		cmocka_unit_test(test_a_second_call_moves_the_first),
		cmocka_unit_test(test_a_stopped_timer_does_not_ring),
		cmocka_unit_test(test_what_is_due_first_rings_first),
		cmocka_unit_test(
			test_one_that_rings_may_stop_another_that_is_due),
		cmocka_unit_test(test_a_beat_goes_on_and_makes_up_for_nothing),
		cmocka_unit_test(test_one_that_sets_itself_lets_the_round_end),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
