/* alarm: fires once, when it was told to */
#include <config.h>

#include "lib/alarm.h"
#include "lib/clock.h"
#include "tests/unit/unit.h"

struct bell {
	struct alarm alarm;
	struct ev_loop *loop;
	int rung;
	uint64_t at;
};

static void on_ring(void *owner)
{
	struct bell *bell = owner;

	bell->rung++;
	bell->at = clock_mono_us();
	ev_break(bell->loop, EVBREAK_ONE);
}

/* A bell and, by `watchdog`, an end to every wait. */
static struct bell new_bell(void)
{
	return (struct bell){.loop = ev_loop_new(EVFLAG_AUTO)};
}

static void on_timeout(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ONE);
}

static void run(struct bell *bell, double deadline)
{
	struct ev_timer timer;

	ev_timer_init(&timer, on_timeout, deadline, 0);
	ev_timer_start(bell->loop, &timer);
	ev_run(bell->loop, 0);
	ev_timer_stop(bell->loop, &timer);
}

static void end(struct bell *bell)
{
	alarm_release(&bell->alarm);
	alarm_release(&bell->alarm);
	ev_loop_destroy(bell->loop);
}

static void test_it_rings_once_and_not_before_its_time(void **state)
{
	struct bell bell = new_bell();
	uint64_t start = clock_mono_us();

	(void)state;
	alarm_init(&bell.alarm, bell.loop, on_ring, &bell);
	alarm_set(&bell.alarm, 20000);
	run(&bell, 10);
	assert_int_equal(bell.rung, 1);
	assert_true(bell.at - start >= 20000);
	run(&bell, 0.05);
	assert_int_equal(bell.rung, 1);
	end(&bell);
}

static void test_zero_rings_as_soon_as_possible(void **state)
{
	struct bell bell = new_bell();

	(void)state;
	alarm_init(&bell.alarm, bell.loop, on_ring, &bell);
	alarm_set(&bell.alarm, 0);
	run(&bell, 10);
	assert_int_equal(bell.rung, 1);
	end(&bell);
}

static void test_a_second_call_moves_the_first(void **state)
{
	struct bell bell = new_bell();
	uint64_t start = clock_mono_us();

	(void)state;
	alarm_init(&bell.alarm, bell.loop, on_ring, &bell);
	alarm_set(&bell.alarm, 100);
	alarm_set(&bell.alarm, 30000);
	run(&bell, 10);
	assert_int_equal(bell.rung, 1);
	assert_true(bell.at - start >= 30000);
	alarm_set(&bell.alarm, 3600000000);
	alarm_set(&bell.alarm, 100);
	run(&bell, 10);
	assert_int_equal(bell.rung, 2);
	end(&bell);
}

static void test_a_stopped_alarm_does_not_ring(void **state)
{
	struct bell bell = new_bell();
	struct bell other = {.loop = bell.loop};

	(void)state;
	alarm_init(&bell.alarm, bell.loop, on_ring, &bell);
	alarm_init(&other.alarm, bell.loop, on_ring, &other);
	alarm_set(&bell.alarm, 100);
	alarm_set(&other.alarm, 30000);
	alarm_stop(&bell.alarm);
	run(&bell, 10);
	assert_int_equal(bell.rung, 0);
	assert_int_equal(other.rung, 1);
	alarm_release(&other.alarm);
	end(&bell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_rings_once_and_not_before_its_time),
		cmocka_unit_test(test_zero_rings_as_soon_as_possible),
		cmocka_unit_test(test_a_second_call_moves_the_first),
		cmocka_unit_test(test_a_stopped_alarm_does_not_ring),
	};

	return cmocka_run_group_tests_name("alarm", tests, NULL, NULL);
}
