/* SPDX-License-Identifier: MIT */
/* hub/channel: those that come and go, and what is remembered of them */
#include <config.h>

#include "tests/unit/hub_room.h"

enum { MOST = 10 };

static struct channels *all(struct room *room)
{
	return &room->ledger.channels;
}

static bool is_there(struct room *room, const char *name)
{
	return channel_find(all(room), span_of(name)) != NULL;
}

static uint64_t mark_of(struct room *room, const char *name)
{
	return channels_mark(all(room), span_of(name), true).through;
}

static const char *numbered(const char *letter, int number)
{
	static char name[32];

	snprintf(name, sizeof(name), "%s%d", letter, number);
	return name;
}

/* An event each, on channels that come and, as one event is held, go. */
static uint64_t come_and_go(struct room *room, const char *letter, int count)
{
	uint64_t last = 0;

	for (int i = 0; i < count; i++) {
		last = room_publish(room, numbered(letter, i), "x");
		retention_step(&room->ledger.retention);
		ledger_commit(&room->ledger);
	}
	return last;
}

/* The ticks of a quiet minute. */
static void rest(struct room *room)
{
	for (int i = 0; i < 240; i++) {
		ledger_tend(&room->ledger);
		ledger_commit(&room->ledger);
	}
}

static int setup(void **state)
{
	struct room *room;

	room_setup(state);
	room = *state;
	room->config.keep.events = 1;
	all(room)->most = MOST;
	return 0;
}

static void reopen(struct room *room)
{
	room_reopen(room);
	all(room)->most = MOST;
}

static int64_t ask(struct room *room, const char *sql)
{
	int64_t value = -1;

	assert_int_equal(db_ask(&room->ledger.store.db, sql, &value), DB_DONE);
	return value;
}

static void test_as_many_go_as_come_the_longest_empty_first(void **state)
{
	struct room *room = *state;

	come_and_go(room, "c", 100);
	rest(room);
	assert_int_equal(all(room)->numbers.count, MOST);
	assert_int_equal(ask(room, "SELECT count(*) FROM channel"), MOST);
	assert_false(is_there(room, "c89"));
	assert_true(is_there(room, "c90"));
	assert_true(is_there(room, "c99"));
}

static void test_no_transaction_drops_many(void **state)
{
	struct room *room = *state;
	size_t before;

	all(room)->most = 1000;
	come_and_go(room, "c", 1000);
	all(room)->most = MOST;
	before = all(room)->numbers.count;
	room_publish(room, "one", "x");
	assert_int_equal(
		all(room)->numbers.count, before + 1 - (CHANNEL_DROPS + 2));
	before = all(room)->numbers.count;
	ledger_tend(&room->ledger);
	ledger_commit(&room->ledger);
	assert_int_equal(all(room)->numbers.count, before - CHANNEL_DROPS_IDLE);
}

static void test_a_name_that_never_had_an_event_is_told_of_no_gap(void **state)
{
	struct room *room = *state;
	uint64_t first = come_and_go(room, "c", 1);
	uint64_t last;

	last = come_and_go(room, "d", 100);
	rest(room);
	assert_false(is_there(room, "c0"));
	assert_int_equal(mark_of(room, "never"), 0);
	assert_int_equal(mark_of(room, "c0"), first);
	assert_int_equal(mark_of(room, "d50"), last - 49);
	assert_true(all(room)->sums.pruned_through >= last - 49);
	reopen(room);
	assert_int_equal(mark_of(room, "never"), 0);
	assert_int_equal(mark_of(room, "c0"), first);
	assert_int_equal(mark_of(room, "d50"), last - 49);
	assert_true(all(room)->sums.pruned_through >= last - 49);
}

static void test_a_channel_that_comes_back_has_its_mark_again(void **state)
{
	struct room *room = *state;
	uint64_t first = come_and_go(room, "c", 1);
	uint64_t again;

	come_and_go(room, "d", 100);
	rest(room);
	assert_int_equal(ask(room, "SELECT count(*) FROM gone"), 91);
	again = room_publish(room, "c0", "again");
	assert_int_equal(
		channel_find(all(room), span_of("c0"))->pruned_through, first);
	assert_int_equal(
		ask(room, "SELECT count(*) FROM gone"), all(room)->gone.count);
	come_and_go(room, "e", 100);
	rest(room);
	assert_false(is_there(room, "c0"));
	assert_int_equal(mark_of(room, "c0"), again);
	assert_int_equal(
		ask(room, "SELECT count(*) FROM gone"), all(room)->gone.count);
}

static void test_what_a_failed_transaction_dropped_is_there(void **state)
{
	struct room *room = *state;
	uint64_t first = come_and_go(room, "c", MOST);
	int64_t count;

	come_and_go(room, "d", 1);
	count = all(room)->gone.count;
	room_add(room, "e", "x");
	room_add(room, "f", "x");
	retention_step(&room->ledger.retention);
	room_roll_back(room);
	assert_int_equal(all(room)->gone.count, count);
	assert_int_equal(ask(room, "SELECT count(*) FROM gone"), count);
	assert_int_equal(ask(room, "SELECT count(*) FROM channel"),
		all(room)->numbers.count);
	assert_true(is_there(room, "c9"));
	assert_false(is_there(room, "e"));
	assert_int_equal(all(room)->sums.newest, first + 1);
	assert_int_equal(all(room)->sums.pool_events, 1);
	come_and_go(room, "g", 100);
	rest(room);
	assert_int_equal(all(room)->numbers.count, MOST);
	assert_int_equal(mark_of(room, "c9"), first);
}

static void test_who_has_a_key_stays_as_long_as_the_key(void **state)
{
	struct room *room = *state;
	uint64_t id = room_add(room, "keyed", "x");

	keys_add(&room->ledger.keys, channel_find(all(room), span_of("keyed")),
		span_of("key"), (struct digest){1, 2}, id, room->ledger.log.at);
	ledger_commit(&room->ledger);
	come_and_go(room, "c", 100);
	rest(room);
	assert_true(is_there(room, "keyed"));
	assert_int_equal(all(room)->numbers.count, MOST);
	hand_clock_pass(&room->hands, 1000 * (room->config.key_age_ms + 2000));
	rest(room);
	come_and_go(room, "d", 2);
	assert_false(is_there(room, "keyed"));
	assert_int_equal(mark_of(room, "keyed"), id);
}

static void test_when_there_are_too_many_marks_the_oldest_raise_the_floor(
	void **state)
{
	struct room *room = *state;
	uint64_t last;

	all(room)->gone.most = 20;
	last = come_and_go(room, "c", 100);
	rest(room);
	assert_int_equal(all(room)->gone.count, 20);
	assert_int_equal(ask(room, "SELECT count(*) FROM gone"), 20);
	assert_int_equal(mark_of(room, "c89"), last - 10);
	assert_int_equal(mark_of(room, "c70"), last - 29);
	assert_int_equal(mark_of(room, "c69"), last - 30);
	assert_int_equal(mark_of(room, "never"), last - 30);
	assert_int_equal(
		ask(room, "SELECT value FROM meta WHERE name = 'floor'"),
		last - 30);
	reopen(room);
	assert_int_equal(mark_of(room, "never"), last - 30);
}

/* The least work of five turns, us, in each of which two hundred channels come
 * and as many go, while there are so many. */
static uint64_t cost_among(struct room *room, size_t channels)
{
	uint64_t best = UINT64_MAX;

	all(room)->most = channels;
	for (int i = 0; all(room)->numbers.count < channels; i++) {
		room_add(room, numbered("early", i), "x");
		retention_keep_up(&room->ledger.retention);
	}
	ledger_commit(&room->ledger);
	for (int turn = 0; turn < 5; turn++) {
		uint64_t began = clock_work_us(), took;

		for (int i = 0; i < 200; i++)
			room_add(room, numbered("c", 200 * turn + i), "x");
		ledger_commit(&room->ledger);
		ledger_tend(&room->ledger);
		ledger_commit(&room->ledger);
		took = clock_work_us() - began;
		best = took < best ? took : best;
	}
	return best;
}

/* Files, and rows that are further apart, cost something; that all channels are
 * looked at or sorted would cost a hundred times as much. */
static void test_that_channels_come_and_go_costs_the_same_among_many(
	void **state)
{
	struct room *room = *state;
	uint64_t few = cost_among(room, 1000);
	uint64_t many;

	many = cost_among(room, 60000);
	assert_true(all(room)->numbers.count <= 60000 + 400);
	if (many > 10 * few + 20000)
		fail_msg("%llu us, %llu us among many", (unsigned long long)few,
			(unsigned long long)many);
}

static void spoil(struct room *room, const char *sql)
{
	assert_int_equal(db_run(&room->ledger.store.db, sql), DB_DONE);
}

static void test_a_mark_that_was_changed_is_not_believed(void **state)
{
	struct room *room = *state;
	uint64_t last = come_and_go(room, "c", 50);

	rest(room);
	spoil(room, "UPDATE gone SET mark = mark - 20 WHERE mark ="
		    " (SELECT min(mark) FROM gone)");
	assert_int_equal(mark_of(room, "never"), 0);
	assert_int_equal(mark_of(room, "c0"), last);
	assert_int_equal(mark_of(room, "never"), last);
	ledger_save_losses(&room->ledger);
	spoil(room, "UPDATE gone SET mark = 4503599627370496 WHERE mark ="
		    " (SELECT max(mark) FROM gone)");
	reopen(room);
	assert_int_equal(mark_of(room, "never"), last);
	assert_int_equal(all(room)->sums.pruned_through, last);
	assert_int_equal(
		ask(room, "SELECT count(*) FROM gone"), all(room)->gone.count);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, room_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_as_many_go_as_come_the_longest_empty_first),
		TEST(test_no_transaction_drops_many),
		TEST(test_a_name_that_never_had_an_event_is_told_of_no_gap),
		TEST(test_a_channel_that_comes_back_has_its_mark_again),
		TEST(test_what_a_failed_transaction_dropped_is_there),
		TEST(test_who_has_a_key_stays_as_long_as_the_key),
		TEST(test_when_there_are_too_many_marks_the_oldest_raise_the_floor),
		TEST(test_a_mark_that_was_changed_is_not_believed),
		TEST(test_that_channels_come_and_go_costs_the_same_among_many),
	};

	return cmocka_run_group_tests_name("channels", tests, NULL, NULL);
}
