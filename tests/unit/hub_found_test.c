/* SPDX-License-Identifier: MIT */
/* hub/together: an empty order is founded by this log */
#include <config.h>

#include "lib/event/active.h"
#include "tests/unit/hub_together_room.h"

/* ---- an order is founded */

static const struct shared_founding *found(void)
{
	wing.notify.may_found(wing.notify.arg);
	assert_non_null(wing.founding);
	return wing.founding;
}

/* Its first entry has that id; all others come right after it. */
static void must_have(
	const struct shared_founding *founding, uint64_t first, uint64_t count)
{
	struct shared_entry entry;
	uint64_t shown = 0;

	for (uint64_t i = 0; i < count; i++) {
		assert_true(founding->entry(founding->arg, &entry, &shown));
		assert_int_equal(entry.id, first + i);
	}
	assert_false(founding->entry(founding->arg, &entry, &shown));
}

static void keep(struct room *room, uint64_t age_ms, uint64_t bytes)
{
	room->config.shared.keep_age_ms = age_ms;
	room->config.shared.keep_bytes = bytes;
}

static void test_a_log_that_lost_nothing_is_put_there_whole(void **state)
{
	struct room *room = *state;
	const struct shared_founding *founding;
	uint64_t id = base(room);

	keep(room, 3600000, 1 << 20);
	for (uint64_t i = 0; i < 3; i++)
		follow(id + i, 0);
	ledger_commit(&room->ledger);
	founding = found();
	assert_false(founding->cut);
	assert_int_equal(founding->last, id + 2);
	must_have(founding, id, 3);
}

static void test_what_is_older_than_redis_keeps_it_is_not_put_there(
	void **state)
{
	struct room *room = *state;
	const struct shared_founding *founding;
	uint64_t id = base(room);

	keep(room, 3600000, 1 << 20);
	now_ms -= 3600001;
	follow(id, 0);
	follow(id + 1, 0);
	now_ms += 3600001;
	follow(id + 2, 0);
	ledger_commit(&room->ledger);
	founding = found();
	assert_true(founding->cut);
	must_have(founding, id + 2, 1);
}

static void test_what_is_more_than_redis_keeps_is_not_put_there(void **state)
{
	struct room *room = *state;
	const struct shared_founding *founding;
	uint64_t id = base(room);

	for (uint64_t i = 0; i < 20; i++)
		follow(id + i, 0);
	ledger_commit(&room->ledger);
	keep(room, 3600000, 2 * 5 * room->ledger.channels.sums.pool_bytes / 20);
	founding = found();
	assert_true(founding->cut);
	must_have(founding, id + 15, 5);
}

static void test_what_was_pruned_before_is_a_gap_for_who_joins(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	keep(room, 3600000, 1 << 20);
	follow(id, 0);
	ledger_commit(&room->ledger);
	wing.notify.missed(wing.notify.arg, id, id + 5, NULL);
	follow(id + 6, 0);
	ledger_commit(&room->ledger);
	assert_true(found()->cut);
}

static void test_who_was_there_is_not_put_there(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	keep(room, 3600000, 1 << 20);
	follow(id, 0);
	ledger_commit(&room->ledger);
	room_publish(room, ACTIVE_CHANNEL, "x");
	assert_int_equal(room->ledger.log.committed, id + 1);
	must_have(found(), id, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_a_log_that_lost_nothing_is_put_there_whole),
		IN_ROOM(test_what_is_older_than_redis_keeps_it_is_not_put_there),
		IN_ROOM(test_what_is_more_than_redis_keeps_is_not_put_there),
		IN_ROOM(test_what_was_pruned_before_is_a_gap_for_who_joins),
		IN_ROOM(test_who_was_there_is_not_put_there),
	};

	return cmocka_run_group_tests_name("found", tests, NULL, NULL);
}
