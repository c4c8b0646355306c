/* SPDX-License-Identifier: MIT */
/* hub/match: up to where the channels of a pattern were pruned */
#include <config.h>

#include "hub/log/match.h"
#include "lib/event/selector.h"
#include "tests/unit/hub_room.h"

static struct channels *all(struct room *room)
{
	return &room->ledger.channels;
}

static struct matches *known(struct room *room)
{
	return &room->ledger.log.matches;
}

static const struct sight everything = {.all = true};

/* One event of it, up to `id`, is no more. */
static void prune(struct room *room, const char *channel, uint64_t id)
{
	assert_true(store_begin(&room->ledger.store));
	channel_uncount(all(room), channel_get(all(room), span_of(channel)), id,
		64, 1000, false);
	ledger_commit(&room->ledger);
}

static uint64_t mark_above(
	struct room *room, const char *pattern, uint64_t after)
{
	struct match *match =
		match_get(known(room), &everything, span_of(pattern));

	assert_true(match_look(match, all(room), after, UINT64_MAX));
	return match_mark(match, all(room), after).through;
}

static uint64_t mark(struct room *room, const char *pattern)
{
	return mark_above(room, pattern, 0);
}

static void test_the_highest_of_those_that_match_counts(void **state)
{
	struct room *room = *state;

	prune(room, "a/1", 50);
	prune(room, "a/2", 70);
	prune(room, "b", 90);
	assert_int_equal(mark(room, "a/{x}"), 70);
	assert_int_equal(mark(room, "a/1{x}"), 50);
	assert_int_equal(mark(room, "{x}"), 90);
	assert_int_equal(mark(room, "c{x}"), 0);
	assert_int_equal(mark(room, "*"), 90);
}

static void test_what_changes_later_is_known(void **state)
{
	struct room *room = *state;

	prune(room, "a/1", 50);
	assert_int_equal(mark(room, "a/{x}"), 50);
	prune(room, "a/1", 60);
	assert_int_equal(mark(room, "a/{x}"), 60);
	prune(room, "a/new", 80);
	prune(room, "b", 90);
	assert_int_equal(mark(room, "a/{x}"), 80);
}

static void test_more_changes_than_are_remembered_are_known_too(void **state)
{
	struct room *room = *state;

	prune(room, "a/1", 50);
	assert_int_equal(mark(room, "a/{x}"), 50);
	prune(room, "a/2", 60);
	assert_true(store_begin(&room->ledger.store));
	for (unsigned i = 0; i <= CHANNEL_CHANGES; i++)
		channel_uncount(all(room), channel_get(all(room), span_of("b")),
			61 + i, 64, 1000, false);
	ledger_commit(&room->ledger);
	assert_int_equal(mark(room, "a/{x}"), 60);
}

/* From above all that was pruned nobody has missed anything. */
static void test_who_is_past_all_that_was_pruned_costs_no_look(void **state)
{
	struct room *room = *state;
	struct match *match;

	prune(room, "a/1", 50);
	prune(room, "b", 90);
	assert_true(mark_above(room, "a/{x}", 90) <= 90);
	match = match_get(known(room), &everything, span_of("a/{x}"));
	assert_int_equal(match->through, 0);
	assert_int_equal(mark_above(room, "a/{x}", 89), 50);
}

static uint64_t hurry(void *arg)
{
	struct hand_clock *hands = arg;

	hand_clock_pass(hands, 1000);
	return hands->mono_us;
}

static void test_very_many_are_looked_at_in_pieces(void **state)
{
	struct room *room = *state;
	struct match *match =
		match_get(known(room), &everything, span_of("{x}"));
	unsigned pieces = 1;

	assert_true(store_begin(&room->ledger.store));
	for (unsigned i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%u", i);
		channel_uncount(all(room),
			channel_get(all(room), span_of(name)), 1 + i, 64, 1,
			false);
	}
	ledger_commit(&room->ledger);
	room->clock.mono_us = hurry;
	while (!match_look(match, all(room), 0, 0))
		pieces++;
	assert_true(pieces > 10);
	assert_int_equal(match_mark(match, all(room), 0).through, 1000);
}

/* Nobody knows what those were called. */
static void test_a_channel_that_is_gone_counts_for_every_pattern(void **state)
{
	struct room *room = *state;
	const struct mark gone = {70, 1000};

	prune(room, "a/1", 50);
	assert_true(store_begin(&room->ledger.store));
	gone_add(&all(room)->gone, span_of("b"), GONE_SHOWN, &gone);
	all(room)->sums.pruned_through = 70;
	ledger_commit(&room->ledger);
	assert_int_equal(mark(room, "a/{x}"), 70);
}

static void test_after_a_start_the_same_is_known(void **state)
{
	struct room *room = *state;

	room_publish(room, "a/1", "x");
	prune(room, "a/1", 50);
	prune(room, "b", 70);
	room_reopen(room);
	assert_int_equal(mark(room, "a/{x}"), 50);
}

static bool is_kept(struct room *room, const char *pattern)
{
	struct node *at = known(room)->recent.next;

	while (at != &known(room)->recent &&
		!span_is(
			selector_text(
				list_entry(at, struct match, recent)->selector),
			pattern))
		at = at->next;
	return at != &known(room)->recent;
}

static void test_those_that_were_asked_for_last_are_kept(void **state)
{
	struct room *room = *state;

	match_get(known(room), &everything, span_of("first{x}"));
	for (unsigned i = 0; i <= MATCH_KEPT; i++) {
		char text[16];

		snprintf(text, sizeof(text), "n%u{x}", i);
		match_get(known(room), &everything, span_of(text));
		match_get(known(room), &everything, span_of("often{x}"));
	}
	assert_true(known(room)->table.count <= MATCH_KEPT);
	assert_false(is_kept(room, "first{x}"));
	assert_true(is_kept(room, "often{x}"));
}

/* As many variables as fit in. */
static void test_large_ones_take_no_more_room_than_there_is(void **state)
{
	struct room *room = *state;

	for (unsigned i = 0; i < MATCH_KEPT; i++) {
		struct buf text = {0};

		buf_printf(&text, "%u", i);
		while (text.len < 980)
			buf_printf(&text, "{/a,b}");
		match_get(known(room), &everything, buf_span(&text));
		buf_release(&text);
	}
	assert_true(known(room)->bytes <= MATCH_BYTES);
	assert_true(known(room)->table.count < MATCH_KEPT);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, room_setup, room_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_the_highest_of_those_that_match_counts),
		TEST(test_what_changes_later_is_known),
		TEST(test_more_changes_than_are_remembered_are_known_too),
		TEST(test_who_is_past_all_that_was_pruned_costs_no_look),
		TEST(test_very_many_are_looked_at_in_pieces),
		TEST(test_a_channel_that_is_gone_counts_for_every_pattern),
		TEST(test_after_a_start_the_same_is_known),
		TEST(test_those_that_were_asked_for_last_are_kept),
		TEST(test_large_ones_take_no_more_room_than_there_is),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
