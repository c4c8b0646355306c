/* SPDX-License-Identifier: MIT */
/* hub/cursor: what is a gap, and where a page then begins */
#include <config.h>

#include <limits.h>

#include "hub/peers/looks.h"
#include "hub/peers/resume.h"
#include "tests/unit/hub_room.h"

/* Asks on up to three channels, in order. */
static struct {
	uint16_t count, places[3];
	uint64_t through[3];
} told, marks; /* with the next question; of the last answer */
static uint16_t busy_count, busy[3];

static void note_busy(const struct question *question, uint64_t used)
{
	struct buf out = {0};
	struct wire_in in;

	question_put_busy(question, used, &out);
	in = wire_in(buf_span(&out));
	busy_count = wire_get_u16(&in);
	for (uint16_t i = 0; i < busy_count; i++)
		busy[i] = wire_get_u16(&in);
	assert_true(wire_done(&in));
	buf_release(&out);
}

static void note_marks(const struct question *question, uint64_t used)
{
	struct buf out = {0};
	struct wire_in in;

	question_put_marks(question, used, &out);
	in = wire_in(buf_span(&out));
	marks.count = wire_get_u16(&in);
	for (uint16_t i = 0; i < marks.count && i < 3; i++) {
		marks.places[i] = wire_get_u16(&in);
		marks.through[i] = wire_get_u64(&in);
		wire_get_u64(&in);
	}
	assert_true(marks.count > 3 || wire_done(&in));
	buf_release(&out);
}

static void resolve(struct room *room, struct question *question)
{
	struct looks looks = {0};

	assert_true(
		looks_go_on(&looks, question, &room->ledger.log, UINT64_MAX));
	question_resolve(question, &looks, &room->ledger.log);
	looks_release(&looks);
}

static struct verdict judge(struct room *room, enum wire_from from,
	uint64_t value, const char *const channels[3])
{
	static struct question question;
	struct buf body = {0};
	struct verdict verdict;
	struct wire_in in;
	uint16_t count = 0;

	while (count < 3 && channels[count] != NULL)
		count++;
	wire_put_u64(&body, 1);
	wire_put_u8(&body, (uint8_t)from);
	wire_put_u64(&body, value);
	wire_put_u64(&body, UINT64_MAX);
	wire_put_str16(&body, span(NULL, 0));
	wire_put_u16(&body, count);
	for (uint16_t i = 0; i < count; i++) {
		wire_put_u8(&body, 0);
		wire_put_str16(&body, span_of(channels[i]));
	}
	wire_put_u16(&body, told.count);
	for (uint16_t i = 0; i < told.count; i++) {
		wire_put_u16(&body, told.places[i]);
		wire_put_u64(&body, told.through[i]);
	}
	in = wire_in(buf_span(&body));
	assert_true(question_read(&question, &in) && wire_done(&in));
	question.sight = (struct sight){.all = true};
	resolve(room, &question);
	verdict = question_judge(
		&question, &room->ledger.log, room->ledger.log.committed);
	note_marks(&question, verdict.used);
	note_busy(&question, verdict.used);
	buf_release(&body);
	return verdict;
}

#define ON(...) ((const char *const[3]){__VA_ARGS__})

/* Keeps the newest `events` of the pool. */
static void prune_to(struct room *room, uint64_t events)
{
	room->config.keep.events = events;
	retention_step(&room->ledger.retention);
	ledger_commit(&room->ledger);
	room->config.keep.events = 0;
}

static void test_a_cursor_that_misses_nothing_is_used_as_it_is(void **state)
{
	struct room *room = *state;
	uint64_t one = room_publish(room, "a", "1");
	struct verdict verdict;

	room_publish(room, "a", "2");
	verdict = judge(room, WIRE_AFTER, one, ON("a"));
	assert_false(verdict.gap);
	assert_int_equal(verdict.used, one);
	assert_int_equal(verdict.limit, one + 1);
}

static void test_only_channels_with_news_are_busy(void **state)
{
	struct room *room = *state;
	uint64_t one = room_publish(room, "a", "1");

	room_publish(room, "c", "2");
	judge(room, WIRE_AFTER, one, ON("a", "b", "c"));
	assert_int_equal(busy_count, 1);
	assert_int_equal(busy[0], 2);
	judge(room, WIRE_AFTER, one - 1, ON("a", "b", "c"));
	assert_int_equal(busy_count, 2);
	assert_int_equal(busy[0], 0);
	judge(room, WIRE_AFTER, one + 1, ON("a", "b", "c"));
	assert_int_equal(busy_count, 0);
}

/* All of them have something before the time and after it. */
static void test_very_many_channels_are_judged_with_few_looks(void **state)
{
	static struct question question;
	enum { MANY = JUDGE_LOOKS + 20 };
	struct room *room = *state;
	struct buf body = {0};
	struct verdict verdict;
	struct wire_in in;
	char names[MANY][16];
	uint64_t first = 0;

	for (int round = 0; round < 2; round++) {
		room->hands.wall_us += 1000000;
		for (int i = 0; i < MANY; i++) {
			snprintf(names[i], sizeof(names[i]), "n%03d", i);
			first = room_publish(room, names[i], "x");
		}
	}
	first -= MANY - 1; /* of the second round */
	wire_put_u64(&body, 1);
	wire_put_u8(&body, WIRE_SINCE);
	wire_put_u64(&body, room->ledger.log.at);
	wire_put_u64(&body, UINT64_MAX);
	wire_put_str16(&body, span(NULL, 0));
	wire_put_u16(&body, MANY);
	for (int i = 0; i < MANY; i++) {
		wire_put_u8(&body, 0);
		wire_put_str16(&body, span_of(names[i]));
	}
	wire_put_u16(&body, 0);
	in = wire_in(buf_span(&body));
	assert_true(question_read(&question, &in) && wire_done(&in));
	question.sight = (struct sight){.all = true};
	resolve(room, &question);
	verdict = question_judge(
		&question, &room->ledger.log, room->ledger.log.committed);
	assert_int_equal(verdict.used, first - 1);
	assert_false(verdict.gap);
	buf_release(&body);
}

static void test_a_pruned_cursor_is_a_gap_up_to_the_oldest_held(void **state)
{
	struct room *room = *state;
	uint64_t first = room_publish(room, "a", "1");
	struct verdict verdict;

	for (int i = 0; i < 5; i++)
		room_publish(room, "a", "x");
	prune_to(room, 3);
	verdict = judge(room, WIRE_AFTER, first, ON("a"));
	assert_true(verdict.gap);
	assert_int_equal(verdict.used, first + 2);
	assert_int_equal(verdict.oldest, first + 3);
	assert_int_equal(verdict.newest, first + 5);
	verdict = judge(room, WIRE_AFTER, verdict.used, ON("a"));
	assert_false(verdict.gap);
}

static void test_the_last_pruned_event_itself_is_no_gap(void **state)
{
	struct room *room = *state;
	uint64_t first = room_publish(room, "a", "1");

	room_publish(room, "a", "2");
	prune_to(room, 1);
	assert_false(judge(room, WIRE_AFTER, first, ON("a")).gap);
	assert_true(judge(room, WIRE_AFTER, first - 1, ON("a")).gap);
}

static void test_another_channels_pruning_is_no_gap(void **state)
{
	struct room *room = *state;
	uint64_t first = room_publish(room, "a", "1");

	room_publish(room, "b", "2");
	room_publish(room, "a", "3");
	prune_to(room, 1);
	assert_true(judge(room, WIRE_AFTER, first, ON("b")).gap);
	assert_true(judge(room, WIRE_AFTER, first, ON("a", "b")).gap);
	assert_false(judge(room, WIRE_AFTER, first, ON("a")).gap);
	assert_false(judge(room, WIRE_AFTER, first, ON("never")).gap);
}

static void test_a_cursor_from_the_future_is_unknown(void **state)
{
	struct room *room = *state;
	uint64_t one = room_publish(room, "a", "1");
	struct verdict verdict = judge(room, WIRE_AFTER, one + 1, ON("a"));

	assert_true(verdict.gap);
	assert_int_equal(verdict.used, one - 1);
	verdict = judge(room, WIRE_UNKNOWN, 0, ON("a"));
	assert_true(verdict.gap);
	assert_int_equal(verdict.used, one - 1);
}

static void test_ids_between_two_starts_are_lost(void **state)
{
	struct room *room = *state;
	uint64_t last = room_publish(room, "a", "1");
	uint64_t start, next;

	room_reopen(room);
	start = room->ledger.log.committed;
	assert_true(start > last + 1);
	next = room_publish(room, "a", "2");
	assert_int_equal(next, start + 1);
	assert_false(judge(room, WIRE_AFTER, last, ON("a")).gap);
	assert_true(judge(room, WIRE_AFTER, last + 1, ON("a")).gap);
	assert_true(judge(room, WIRE_AFTER, start - 1, ON("a")).gap);
	assert_int_equal(
		judge(room, WIRE_AFTER, start - 1, ON("a")).used, start);
	assert_false(judge(room, WIRE_AFTER, start, ON("a")).gap);
}

static void test_where_nothing_is_held_a_gap_leads_to_the_end(void **state)
{
	struct room *room = *state;
	uint64_t one = room_publish(room, "a", "1");
	struct verdict verdict = judge(room, WIRE_UNKNOWN, 0, ON("empty"));

	assert_true(verdict.gap);
	assert_int_equal(verdict.used, one);
	assert_int_equal(verdict.oldest, 0);
	assert_int_equal(verdict.newest, 0);
}

static void test_all_never_is_a_gap(void **state)
{
	struct room *room = *state;
	struct verdict verdict;

	for (int i = 0; i < 5; i++)
		room_publish(room, "a", "x");
	prune_to(room, 2);
	verdict = judge(room, WIRE_ALL, 0, ON("a"));
	assert_false(verdict.gap);
	assert_int_equal(verdict.used, room->ledger.log.committed - 2);
	assert_false(judge(room, WIRE_AFTER, verdict.used, ON("a")).gap);
}

static void test_zero_is_an_old_cursor(void **state)
{
	struct room *room = *state;

	room_publish(room, "a", "1");
	room_publish(room, "a", "2");
	assert_false(judge(room, WIRE_AFTER, 0, ON("a")).gap);
	prune_to(room, 1);
	assert_true(judge(room, WIRE_AFTER, 0, ON("a")).gap);
}

static void test_since_is_a_gap_if_something_since_then_is_gone(void **state)
{
	struct room *room = *state;
	uint64_t before = room->hands.wall_us / 1000;
	struct verdict verdict;
	uint64_t first = room_publish(room, "a", "1");

	room_publish(room, "a", "2");
	verdict = judge(room, WIRE_SINCE, before, ON("a"));
	assert_false(verdict.gap);
	assert_int_equal(verdict.used, first - 1);
	prune_to(room, 1);
	verdict = judge(room, WIRE_SINCE, before, ON("a"));
	assert_true(verdict.gap);
	assert_int_equal(verdict.used, first);
	verdict = judge(room, WIRE_SINCE, room->ledger.log.at + 1, ON("a"));
	assert_false(verdict.gap);
	assert_int_equal(verdict.used, room->ledger.log.committed);
}

static void test_who_was_told_of_a_pruned_mark_is_not_told_again_below_it(
	void **state)
{
	struct config_channel own = {.name = (char[]){"quiet"}};
	struct room *room = *state;
	struct verdict verdict;
	uint64_t quiet;

	room->config.channels = &own;
	room->config.channel_count = 1;
	quiet = room_publish(room, "quiet", "kept");
	for (int i = 0; i < 4; i++)
		room_publish(room, "busy", "x");
	prune_to(room, 1);
	verdict = judge(room, WIRE_AFTER, quiet - 1, ON("busy", "quiet"));
	assert_true(verdict.gap);
	assert_int_equal(verdict.used, quiet - 1);
	assert_int_equal(marks.count, 1);
	assert_int_equal(marks.places[0], 0);
	assert_int_equal(marks.through[0], quiet + 3);
	told = marks;
	verdict = judge(room, WIRE_AFTER, quiet, ON("busy", "quiet"));
	assert_false(verdict.gap);
	assert_int_equal(verdict.used, quiet);
	room_publish(room, "busy", "x");
	prune_to(room, 1);
	assert_true(judge(room, WIRE_AFTER, quiet, ON("busy", "quiet")).gap);
	told.through[0] = room->ledger.log.committed + 1; /* of another log */
	assert_true(judge(room, WIRE_AFTER, quiet, ON("busy", "quiet")).gap);
	memset(&told, 0, sizeof(told));
	room->config.channel_count = 0;
}

/* Less was pruned of it than the stream was told of the other. */
static void test_a_gap_of_one_channel_hides_none_of_another(void **state)
{
	struct config_channel own = {
		.name = (char[]){"quiet"}, .keep = {.events = 2}};
	struct room *room = *state;
	struct verdict verdict;
	uint64_t quiet;

	room->config.channels = &own;
	room->config.channel_count = 1;
	quiet = room_publish(room, "quiet", "1");
	room_publish(room, "quiet", "2");
	for (int i = 0; i < 4; i++)
		room_publish(room, "busy", "x");
	prune_to(room, 1);
	assert_true(
		judge(room, WIRE_AFTER, quiet - 1, ON("busy", "quiet")).gap);
	told = marks;
	room_publish(room, "quiet", "3"); /* pushes out the first */
	prune_to(room, 1);
	verdict = judge(room, WIRE_AFTER, quiet - 1, ON("busy", "quiet"));
	assert_true(verdict.gap);
	assert_int_equal(verdict.used, quiet);
	assert_int_equal(marks.count, 1);
	told = marks;
	assert_false(judge(room, WIRE_AFTER, quiet, ON("busy", "quiet")).gap);
	memset(&told, 0, sizeof(told));
	room->config.channel_count = 0;
}

static void test_what_was_rolled_back_never_was(void **state)
{
	struct room *room = *state;
	uint64_t one = room_publish(room, "a", "1");
	struct verdict verdict;

	assert_int_equal(room_add(room, "a", "2"), one + 1);
	room_add(room, "new", "3");
	room_roll_back(room);
	assert_int_equal(room->ledger.log.newest, one);
	assert_null(channel_find(&room->ledger.channels, span_of("new")));
	verdict = judge(room, WIRE_ALL, 0, ON("a", "new"));
	assert_int_equal(verdict.used, one - 1);
	assert_int_equal(busy_count, 1);
	assert_int_equal(room_publish(room, "a", "2"), one + 1);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, room_setup, room_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_cursor_that_misses_nothing_is_used_as_it_is),
		TEST(test_only_channels_with_news_are_busy),
		TEST(test_very_many_channels_are_judged_with_few_looks),
		TEST(test_a_pruned_cursor_is_a_gap_up_to_the_oldest_held),
		TEST(test_the_last_pruned_event_itself_is_no_gap),
		TEST(test_another_channels_pruning_is_no_gap),
		TEST(test_a_cursor_from_the_future_is_unknown),
		TEST(test_ids_between_two_starts_are_lost),
		TEST(test_where_nothing_is_held_a_gap_leads_to_the_end),
		TEST(test_all_never_is_a_gap),
		TEST(test_zero_is_an_old_cursor),
		TEST(test_since_is_a_gap_if_something_since_then_is_gone),
		TEST(test_who_was_told_of_a_pruned_mark_is_not_told_again_below_it),
		TEST(test_a_gap_of_one_channel_hides_none_of_another),
		TEST(test_what_was_rolled_back_never_was),
	};

	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
