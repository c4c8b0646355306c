/* SPDX-License-Identifier: MIT */
/* hub/together: what the order has forgotten is proposed again */
#include <config.h>

#include "tests/unit/hub_together_room.h"

/* ---- orphans */

static void test_orphans_are_proposed_again_before_rows_of_inboxes(void **state)
{
	struct room *room = *state;
	const struct order *order = room->ledger.order;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};
	struct orphan_line line;

	assert_true(order->room(order->arg) > 0);
	follow(id, 0);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	assert_int_equal(order->room(order->arg), 0);
	together_step(together);
	assert_int_equal(wing.count, 1);
	assert_int_equal(wing.asked[0].orphan, id);
	assert_int_equal(order->room(order->arg), 0);
	answer(0, SHARED_STORED, hole.start + 1);
	assert_true(order->room(order->arg) > 0);
	assert_true(orphan_next(&room->ledger.store, 0, NULL, &line));
	follow(hole.start + 1, id);
	ledger_commit(&room->ledger);
	assert_false(orphan_next(&room->ledger.store, 0, NULL, &line));
}

static void test_an_orphan_that_is_there_already_is_one_no_more(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};
	struct orphan_line line;

	follow(id, 0);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	together_step(together);
	answer(0, SHARED_REPEATED, hole.start + 1);
	ledger_commit(&room->ledger);
	assert_true(orphan_next(&room->ledger.store, 0, NULL, &line));
	follow(hole.start + 1, 0);
	ledger_commit(&room->ledger);
	assert_false(orphan_next(&room->ledger.store, 0, NULL, &line));
}

static void test_an_old_orphan_is_left_where_it_is(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};

	now_ms -= room->config.key_age_ms;
	follow(id, 0);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	together_step(together);
	ledger_commit(&room->ledger);
	assert_int_equal(wing.count, 0);
	assert_true(room->ledger.order->room(room->ledger.order->arg) > 0);
}

static void test_many_old_orphans_are_left_in_several_turns(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 5000};

	now_ms -= room->config.key_age_ms;
	for (uint64_t i = 0; i < 300; i++)
		follow(id + i, 0);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	together_step(together);
	ledger_commit(&room->ledger);
	assert_int_equal(orphans_count(&room->ledger.store), 300 - 256);
	together_step(together);
	ledger_commit(&room->ledger);
	assert_int_equal(orphans_count(&room->ledger.store), 0);
}

/* Another machine took it. */
static void follow_others(uint64_t id)
{
	struct shared_entry entry = entry_at(id);

	entry.what.origin[0] = 9;
	come(&entry);
}

static void test_what_another_machine_took_is_put_back_here_only_later(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};

	follow_others(id);
	follow(id + 1, 0);
	follow_others(id + 2);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	together_step(together);
	assert_int_equal(wing.count, 1);
	assert_int_equal(wing.asked[0].orphan, id + 1);
	answer(0, SHARED_STORED, hole.start + 1);
	follow(hole.start + 1, id + 1);
	ledger_commit(&room->ledger);
	together_tend(together);
	together_step(together);
	assert_int_equal(wing.count, 1);
	hand_clock_pass(&room->hands, 11000000);
	is_here(room, hole.start + 1, room->hands.mono_us);
	together_tend(together);
	together_step(together);
	assert_int_equal(wing.count, 3);
	assert_int_equal(wing.asked[1].orphan, id);
	assert_int_equal(wing.asked[2].orphan, id + 2);
}

/* A later row of the inbox would tell that the first is published, too. */
static void test_after_an_orphan_that_failed_none_is_put_back_before_it(
	void **state)
{
	enum { MANY = 80, AT_ONCE = 64 };
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};

	for (uint64_t i = 0; i < MANY; i++)
		follow(id + i, 0);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	together_step(together);
	assert_int_equal(wing.count, AT_ONCE);
	answer(0, SHARED_FAILED, 0);
	for (uint64_t i = 1; i < AT_ONCE; i++) {
		answer(i, SHARED_STORED, hole.start + i);
		follow(hole.start + i, id + i);
		together_step(together);
		assert_int_equal(wing.count, AT_ONCE);
	}
	ledger_commit(&room->ledger);
	together_tend(together);
	together_step(together);
	assert_int_equal(wing.count, AT_ONCE + 1 + MANY - AT_ONCE);
	assert_int_equal(wing.asked[AT_ONCE].orphan, id);
	assert_int_equal(wing.asked[AT_ONCE + 1].orphan, id + AT_ONCE);
}

/* The log that founded the order does not say what an event was before. */
static void
test_an_orphan_whose_successor_was_in_the_log_that_founded_the_order_is_one_no_more(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};
	struct shared_entry entry = entry_at(id);
	struct orphan_line line;

	entry.what.source = 7;
	entry.what.number = 8;
	entry.what.origin[0] = 9;
	come(&entry);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	entry.founded = true;
	entry.id = hole.start + 1;
	entry.what.number = 9;
	come(&entry);
	ledger_commit(&room->ledger);
	assert_true(orphan_next(&room->ledger.store, 0, NULL, &line));
	entry.id++;
	entry.what.number = 8;
	come(&entry);
	ledger_commit(&room->ledger);
	assert_false(orphan_next(&room->ledger.store, 0, NULL, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_orphans_are_proposed_again_before_rows_of_inboxes),
		IN_ROOM(test_an_orphan_that_is_there_already_is_one_no_more),
		IN_ROOM(test_an_old_orphan_is_left_where_it_is),
		IN_ROOM(test_many_old_orphans_are_left_in_several_turns),
		IN_ROOM(test_what_another_machine_took_is_put_back_here_only_later),
		IN_ROOM(test_after_an_orphan_that_failed_none_is_put_back_before_it),
		IN_ROOM(test_an_orphan_whose_successor_was_in_the_log_that_founded_the_order_is_one_no_more),
	};

	return cmocka_run_group_tests_name("put_back", tests, NULL, NULL);
}
