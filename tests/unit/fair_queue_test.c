/* SPDX-License-Identifier: MIT */
/* fair_queue: whose turn it is */
#include <config.h>

#include "fcgi/replay/fair_queue.h"
#include "tests/unit/unit.h"

/* The queue knows clients by who they are, and looks no further. */
static void test_one_visitors_thousands_keep_another_waiting_for_one_turn(
	void **state)
{
	static char clients[2];
	struct fair_queue *queue = fair_queue_new();
	struct fair_place places[10], *place;

	(void)state;
	for (int i = 0; i < 10; i++) {
		fair_place_init(&places[i]);
		fair_queue_add(queue, &places[i], &clients[i == 9]);
	}
	assert_ptr_equal(fair_queue_take(queue), &places[0]);
	assert_ptr_equal(fair_queue_take(queue), &places[9]);
	fair_queue_add(queue, &places[9], &clients[1]);
	fair_queue_add(queue, &places[0], &clients[0]);
	assert_ptr_equal(fair_queue_take(queue), &places[1]);
	assert_ptr_equal(fair_queue_take(queue), &places[9]);
	fair_queue_remove(&places[9]); /* harmless */
	fair_queue_remove(&places[2]);
	for (int i = 3; i < 9; i++)
		assert_ptr_equal(fair_queue_take(queue), &places[i]);
	place = fair_queue_take(queue);
	assert_ptr_equal(place, &places[0]);
	assert_null(fair_queue_take(queue));
	fair_queue_free(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_one_visitors_thousands_keep_another_waiting_for_one_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
