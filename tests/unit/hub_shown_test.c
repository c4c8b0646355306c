/* SPDX-License-Identifier: MIT */
/* hub/shown: what is public of a channel that has private events, too */
#include <config.h>

#include "tests/unit/hub_sight_room.h"

/* What it says, and what is found by looking at every event, are the same. */
static void check(struct room *room, const char *name)
{
	struct channel *channel = find(room, name);
	struct shown before;

	if (channel == NULL || channel->shown == NULL)
		return;
	before = *channel->shown;
	before.oldest = shown_oldest(all(room), channel);
	shown_recount(all(room), channel);
	assert_int_equal(before.events, channel->shown->events);
	assert_int_equal(before.bytes, channel->shown->bytes);
	assert_int_equal(before.oldest, shown_oldest(all(room), channel));
	if (before.events > 0)
		assert_int_equal(before.newest, channel->shown->newest);
	*channel->shown = before;
}

static void publish_any(struct room *room, unsigned *seed)
{
	static const char *const names[] = {"a", "b", "secret/1", "team/1"};
	const char *name = names[(unsigned)rand_r(seed) % COUNT(names)];

	switch (rand_r(seed) % 4) {
	case 0:
		add_private(room, name);
		break;
	case 1:
		add_also(room, name, "secret/2");
		break;
	case 2:
		add_also(room, name, "team/2");
		break;
	default:
		add_with(room, name, span(NULL, 0));
	}
}

static void test_counts_are_right_whatever_happens(void **state)
{
	struct room *room = *state;
	unsigned seed = 7;

	for (int round = 0; round < 400; round++) {
		for (int i = rand_r(&seed) % 8; i >= 0; i--)
			publish_any(room, &seed);
		if (rand_r(&seed) % 6 == 0)
			room_roll_back(room);
		else
			commit(room);
		if (rand_r(&seed) % 6 == 0)
			prune_to(room, 1 + (uint64_t)rand_r(&seed) % 40);
		if (rand_r(&seed) % 20 == 0)
			configure(room, (size_t)rand_r(&seed) % 3);
		if (rand_r(&seed) % 10 == 0)
			reopen(room);
		check(room, "a");
		check(room, "b");
		check(room, "team/1");
	}
}

static void test_what_becomes_private_is_not_counted_after_the_next_start(
	void **state)
{
	struct room *room = *state;

	add_also(room, "chat", "team/1");
	room_publish(room, "chat", "x");
	room_publish(room, "team/1", "x");
	assert_int_equal(events_of("chat", ""), 2);
	assert_int_equal(events_of("team/1", ""), 1);
	configure(room, 2);
	reopen(room);
	assert_int_equal(events_of("chat", ""), 1);
	assert_int_equal(list("").count, 1);
	assert_int_equal(events_of("chat", "chat"), 2);
	configure(room, 0);
	reopen(room);
	assert_int_equal(events_of("chat", ""), 2);
	assert_int_equal(list("").count, 2);
}

static int64_t rows(struct room *room)
{
	int64_t count = -1;

	assert_int_equal(db_ask(&room->ledger.store.db,
				 "SELECT count(*) FROM shown", &count),
		DB_DONE);
	return count;
}

/* Or it would look damaged once the channel is public again. */
static void test_nothing_is_kept_of_a_channel_that_has_become_private(
	void **state)
{
	struct room *room = *state;

	room_publish(room, "team/1", "x");
	add_private(room, "team/1");
	commit(room);
	assert_int_equal(rows(room), 1);
	configure(room, 2);
	reopen(room);
	assert_int_equal(rows(room), 0);
	prune_to(room, 1);
	configure(room, 1);
	reopen(room);
	assert_int_equal(rows(room), 1);
	check(room, "team/1");
	assert_int_equal(find(room, "team/1")->shown->events, 0);
}

static void test_a_damaged_row_is_counted_anew(void **state)
{
	struct room *room = *state;

	add_private(room, "chat");
	room_publish(room, "chat", "x");
	commit(room);
	assert_true(store_begin(&room->ledger.store));
	assert_int_equal(db_run(&room->ledger.store.db,
				 "UPDATE shown SET events = 2, bytes = 130"),
		DB_DONE);
	commit(room);
	reopen(room);
	assert_int_equal(events_of("chat", ""), 1);
}

static void drop_all_that_is_empty(struct room *room)
{
	room->ledger.channels.most = 1;
	for (int i = 0; i < 3; i++) {
		ledger_tend(&room->ledger);
		commit(room);
	}
}

static void test_a_channel_that_was_dropped_and_comes_back_says_no_more(
	void **state)
{
	struct room *room = *state;
	uint64_t first = room_publish(room, "x", "x");

	add_private(room, "chat");
	commit(room);
	prune_to(room, 1); /* all but ... */
	room_publish(room, "x", "x");
	prune_to(room, 1);
	drop_all_that_is_empty(room);
	assert_null(find(room, "chat"));
	configure(room, 1);
	assert_false(judge("chat", first, "").gap);
	assert_true(judge("chat", first, "chat").gap);
	room_publish(room, "chat", "x");
	assert_false(judge("chat", first, "").gap);
	assert_true(judge("chat", first, "chat").gap);
}

/* As where only events are private, each for itself. */
static void test_a_gap_of_private_events_outlasts_the_row_of_their_channel(
	void **state)
{
	struct room *room = *state;
	uint64_t first;

	configure(room, 0);
	reopen(room);
	first = room_publish(room, "x", "x");
	add_private(room, "chat");
	commit(room);
	room_publish(room, "x", "x");
	prune_to(room, 1);
	drop_all_that_is_empty(room);
	assert_null(find(room, "chat"));
	assert_true(judge("chat", first, "chat").gap);
	assert_false(judge("chat", first, "").gap);
	room_publish(room, "chat", "x");
	assert_true(judge("chat", first, "chat").gap);
	assert_false(judge("chat", first, "").gap);
}

static void test_a_private_channel_that_was_dropped_is_known_to_its_readers(
	void **state)
{
	struct room *room = *state;
	uint64_t first = room_publish(room, "x", "x");

	room_publish(room, "secret/1", "x");
	room_publish(room, "x", "x");
	prune_to(room, 1);
	drop_all_that_is_empty(room);
	assert_null(find(room, "secret/1"));
	assert_false(judge("secret/1", first, "").gap);
	assert_false(judge("secret/1", first, "secret/2").gap);
	assert_true(judge("secret/1", first, "secret/1").gap);
	room_publish(room, "secret/1", "x");
	assert_false(judge("secret/1", first, "").gap);
	assert_false(judge("secret/1", first, "secret/2").gap);
	assert_true(judge("secret/1", first, "secret/1").gap);
}

/* Nobody knows what those were called, but whether they were private. */
static void test_no_pattern_of_a_strangers_is_told_of_private_channels_dropped(
	void **state)
{
	struct room *room = *state;
	uint64_t first = room_publish(room, "x", "x");

	room_publish(room, "secret/1", "x");
	prune_to(room, 1);
	room_publish(room, "y", "x");
	prune_to(room, 1);
	drop_all_that_is_empty(room);
	for (int starts = 0; starts < 2; starts++) {
		assert_null(find(room, "secret/1"));
		assert_false(judge("z{n}", first, "").gap);
		assert_true(judge("z{n}", first, "secret/2").gap);
		assert_int_equal(page("z{n}", true).mark, first);
		assert_true(page("z{n}", false).mark > first);
		reopen(room);
	}
	room_publish(room, "z1", "x");
	room_publish(room, "y", "x");
	prune_to(room, 1);
	assert_true(judge("z{n}", first, "").gap);
}

static void test_nor_of_private_events_where_no_channel_is_private(void **state)
{
	struct room *room = *state;
	uint64_t first;

	configure(room, 0);
	reopen(room);
	first = room_publish(room, "x", "x");
	add_private(room, "chat");
	commit(room);
	room_publish(room, "y", "x");
	prune_to(room, 1);
	drop_all_that_is_empty(room);
	for (int starts = 0; starts < 2; starts++) {
		assert_null(find(room, "chat"));
		assert_false(judge("c{n}", first, "").gap);
		assert_true(judge("c{n}", first, "chat").gap);
		assert_int_equal(page("c{n}", true).mark, first);
		reopen(room);
	}
}

/* With marks of both kinds, too many of them. */
static void test_the_oldest_marks_go_whosever_they_are(void **state)
{
	struct room *room = *state;
	uint64_t first = room_publish(room, "x", "x"), last = first;

	all(room)->gone.most = 4;
	for (char name[] = "secret/0"; name[7] <= '9'; name[7]++) {
		last = room_publish(room, name[7] % 2 ? name : name + 7, "x");
	}
	room_publish(room, "x", "x");
	prune_to(room, 1);
	drop_all_that_is_empty(room);
	assert_int_equal(all(room)->gone.count, 4);
	assert_int_equal(all(room)->floor, last - 4);
	assert_true(judge("never", last - 5, "").gap);
	assert_false(judge("never", last - 4, "").gap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counts_are_right_whatever_happens),
		TEST(test_what_becomes_private_is_not_counted_after_the_next_start),
		TEST(test_nothing_is_kept_of_a_channel_that_has_become_private),
		TEST(test_a_damaged_row_is_counted_anew),
		TEST(test_a_channel_that_was_dropped_and_comes_back_says_no_more),
		TEST(test_a_gap_of_private_events_outlasts_the_row_of_their_channel),
		TEST(test_a_private_channel_that_was_dropped_is_known_to_its_readers),
		TEST(test_no_pattern_of_a_strangers_is_told_of_private_channels_dropped),
		TEST(test_nor_of_private_events_where_no_channel_is_private),
		TEST(test_the_oldest_marks_go_whosever_they_are),
	};

	return cmocka_run_group_tests_name("shown", tests, NULL, NULL);
}
