/* SPDX-License-Identifier: MIT */
/* hub/sight: what is private tells nobody else that it is there */
#include <config.h>

#include "tests/unit/hub_sight_room.h"

/* ---- lists */

static void test_a_private_channel_is_listed_to_who_may_read_it(void **state)
{
	struct room *room = *state;

	room_publish(room, "chat", "x");
	room_publish(room, "secret/1", "x");
	assert_int_equal(list("").count, 1);
	assert_int_equal(list("secret/2").count, 1);
	assert_int_equal(list("secret/1").count, 2);
	assert_int_equal(list("*").count, 2);
}

static void test_private_events_are_in_nobodys_counts_but_their_readers(
	void **state)
{
	struct room *room = *state;
	uint64_t first, last;
	struct list found;

	add_private(room, "chat");
	first = add_with(room, "chat", span(NULL, 0));
	last = add_with(room, "chat", span(NULL, 0));
	add_also(room, "chat", "secret/1");
	commit(room);
	found = list("");
	assert_int_equal(found.count, 1);
	assert_int_equal(found.lines[0].events, 2);
	assert_int_equal(found.lines[0].oldest, first);
	assert_int_equal(found.lines[0].newest, last);
	assert_int_equal(events_of("chat", "secret/1"), 2);
	assert_int_equal(events_of("chat", "chat"), 4);
}

static void test_a_channel_with_private_events_alone_is_not_there_for_others(
	void **state)
{
	struct room *room = *state;
	struct counter *one = counts_join();

	add_private(room, "chat");
	commit(room);
	assert_int_equal(list("").count, 0);
	assert_int_equal(events_of("chat", "chat"), 1);
	counts_set(&desk.counts, one, span_of("chat"), 1);
	assert_int_equal(events_of("chat", ""), 0);
	counts_set(&desk.counts, one, span_of("chat"), 0);
	assert_int_equal(list("").count, 0);
	add_with(room, "chat", span(NULL, 0));
	commit(room);
	assert_int_equal(events_of("chat", ""), 1);
	counts_leave(&desk.counts, one);
}

static void publish_many_private(struct room *room, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "secret/%u", i);
		room_add(room, name, "x");
	}
	commit(room);
}

/* A clock that goes on by a microsecond with each look at it. */
static uint64_t hurry(void *arg)
{
	struct hand_clock *hands = arg;

	hand_clock_pass(hands, 1);
	return hands->mono_us;
}

static void test_who_sees_nothing_private_goes_through_nothing_private(
	void **state)
{
	struct room *room = *state;

	for (int i = 0; i < 10; i++)
		room_add(room, (const char[]){(char)('a' + i), '\0'}, "x");
	publish_many_private(room, 20000);
	room->clock.mono_us = hurry;
	assert_int_equal(list("").answers, 1);
	assert_int_equal(list("").count, 10);
}

static void test_who_has_a_grant_is_answered_in_pieces_that_end_in_time(
	void **state)
{
	struct room *room = *state;
	struct list found;

	room_add(room, "a", "x");
	publish_many_private(room, 2000);
	room->clock.mono_us = hurry;
	found = list("secret/7 secret/100{n}");
	assert_int_equal(found.count, 1 + 1 + 11);
	assert_true(found.answers >= 2000 / LISTING_ANSWER_US);
}

/* ---- verdicts */

static void test_a_gap_of_a_private_channel_is_told_to_its_readers(void **state)
{
	struct room *room = *state;
	uint64_t first = room_publish(room, "a", "x");

	room_publish(room, "secret/42", "x");
	room_publish(room, "a", "x");
	prune_to(room, 1);
	room_publish(room, "b", "x");
	assert_false(judge("secret/4{x}", first, "").gap);
	assert_false(judge("secret/5{x}", first, "").gap);
	assert_false(judge("secret/4{x}", first, "secret/5{x}").gap);
	assert_true(judge("secret/4{x}", first, "secret/{n}").gap);
	assert_true(judge("secret/4{x}", first, "secret/42").gap);
	assert_false(judge("*", first, "").gap);
	assert_true(judge("*", first - 1, "").gap);
	assert_true(judge("*", first, "*").gap);
}

static void test_a_private_channel_that_was_dropped_is_a_gap_for_its_readers(
	void **state)
{
	struct room *room = *state;
	uint64_t first = room_publish(room, "a", "x");

	room_publish(room, "secret/42", "x");
	room_publish(room, "a", "x");
	prune_to(room, 1);
	all(room)->most = 1;
	ledger_tend(&room->ledger);
	commit(room);
	assert_null(find(room, "secret/42"));
	assert_true(judge("secret/42", first, "secret/42").gap);
	assert_false(judge("secret/42", first, "secret/5").gap);
	assert_false(judge("secret/42", first, "").gap);
}

static void test_a_gap_of_private_events_is_told_to_nobody_who_reads_none(
	void **state)
{
	struct room *room = *state;
	uint64_t first = add_with(room, "chat", span(NULL, 0)), held;
	struct told told;

	add_also(room, "chat", "secret/1");
	held = add_with(room, "chat", span(NULL, 0));
	add_private(room, "chat");
	commit(room);
	prune_to(room, 2);
	assert_false(judge("chat", first, "").gap);
	assert_false(judge("c{x}", first, "").gap);
	told = judge("chat", first - 1, "");
	assert_true(told.gap);
	assert_int_equal(told.used, held - 1);
	assert_int_equal(told.oldest, held);
	assert_int_equal(told.newest, held);
	told = judge("chat", first, "chat");
	assert_true(told.gap);
	assert_int_equal(told.newest, held + 1);
	/* Nobody remembers whose it was: better a gap too many. */
	told = judge("chat", first, "secret/{n}");
	assert_true(told.gap);
	assert_int_equal(told.newest, held);
}

/* ---- pages */

static void test_a_page_for_everybody_is_without_what_is_private(void **state)
{
	struct room *room = *state;

	add_with(room, "chat", span(NULL, 0));
	add_private(room, "chat");
	add_also(room, "chat", "secret/1");
	add_with(room, "secret/1", span(NULL, 0));
	commit(room);
	assert_int_equal(page("chat", true).events, 1);
	assert_int_equal(page("chat", false).events, 3);
	assert_int_equal(page("*", true).events, 1);
	assert_int_equal(page("*", false).events, 4);
	assert_int_equal(page("secret/{n}", true).events, 0);
	prune_to(room, 2);
	assert_true(page("chat", true).mark < page("chat", false).mark);
	assert_true(page("c{x}", true).mark < page("c{x}", false).mark);
}

static void test_a_page_with_nothing_for_everybody_ends_in_time(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < 10000; i++)
		add_private(room, "chat");
	commit(room);
	room->clock.mono_us = hurry;
	assert_int_equal(page("chat", true).events, 0);
	assert_true(room->hands.mono_us < 1000000 + 2 * 10000000ull);
}

/* ---- labels */

/* Is the label a cursor for who asks? */
static bool knows(const char *label, const char *grant)
{
	struct peer *peer = desk_known(&desk);
	struct buf body = {0};
	struct wire_in in;

	wire_put_u64(&body, 5);
	wire_put_u8(&body, WIRE_LABEL);
	wire_put_u64(&body, 0);
	wire_put_u64(&body, UINT64_MAX);
	wire_put_str16(&body, span_of(label));
	wire_put_u16(&body, 1);
	wire_put_u8(&body, SELECTOR_EXACT);
	wire_put_str16(&body, span_of("chat"));
	wire_put_u16(&body, 0);
	put_grant(&body, grant);
	say(peer, WIRE_JUDGE, &body);
	while (run_pages(&desk))
		;
	in = heard(peer, WIRE_JUDGED);
	wire_get_u64(&in);
	return wire_get_u8(&in) == 0;
}

static void label(
	struct room *room, const char *text, const char *channel, bool hide)
{
	struct buf traits = {0};
	uint64_t id;

	trait_add(&traits, TRAIT_LABEL, span_of(text));
	if (hide)
		trait_add(&traits, TRAIT_PRIVATE, span(NULL, 0));
	id = add_with(room, channel, buf_span(&traits));
	labels_add(&room->ledger.log.labels, buf_span(&traits), id);
	commit(room);
	buf_release(&traits);
}

static void test_the_label_of_a_private_event_is_known_to_its_readers(
	void **state)
{
	struct room *room = *state;

	label(room, "open", "chat", false);
	label(room, "marked", "chat", true);
	label(room, "order 7", "secret/1", false);
	assert_true(knows("open", ""));
	assert_false(knows("nothing", ""));
	assert_false(knows("marked", ""));
	assert_false(knows("order 7", ""));
	assert_true(knows("marked", "chat"));
	assert_true(knows("order 7", "secret/1"));
	assert_false(knows("order 7", "secret/2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_private_channel_is_listed_to_who_may_read_it),
		TEST(test_private_events_are_in_nobodys_counts_but_their_readers),
		TEST(test_a_channel_with_private_events_alone_is_not_there_for_others),
		TEST(test_who_sees_nothing_private_goes_through_nothing_private),
		TEST(test_who_has_a_grant_is_answered_in_pieces_that_end_in_time),
		TEST(test_a_gap_of_a_private_channel_is_told_to_its_readers),
		TEST(test_a_private_channel_that_was_dropped_is_a_gap_for_its_readers),
		TEST(test_a_gap_of_private_events_is_told_to_nobody_who_reads_none),
		TEST(test_a_page_for_everybody_is_without_what_is_private),
		TEST(test_a_page_with_nothing_for_everybody_ends_in_time),
		TEST(test_the_label_of_a_private_event_is_known_to_its_readers),
	};

	return cmocka_run_group_tests_name("sight", tests, NULL, NULL);
}
