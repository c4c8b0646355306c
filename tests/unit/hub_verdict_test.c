/* SPDX-License-Identifier: MIT */
/* hub/page, hub/question: where a stream goes on, however many channels it has
 */
#include <config.h>

#include "hub/peers/resume.h"
#include "tests/unit/hub_desk_fixture.h"

/* Marks of channels called gone/1 to gone/`count`, and events up to them. */
static uint64_t leave_marks(struct room *room, unsigned count)
{
	struct ledger *ledger = &room->ledger;
	uint64_t newest = room_publish(room, "a", "x");

	assert_true(store_begin(&ledger->store));
	for (unsigned i = 1; i <= count; i++) {
		struct mark mark = {newest, clock_date_ms(&room->clock)};
		char name[32];

		snprintf(name, sizeof(name), "gone/%u", i);
		gone_add(&ledger->channels.gone, span_of(name), GONE_SHOWN,
			&mark);
	}
	ledger_commit(ledger);
	return newest;
}

enum { MOST = QUESTION_CHANNELS_MAX };

/* On as many channels as one may have; `of` is before their numbers. */
static void ask_judge(struct peer *peer, const char *of, uint64_t after)
{
	struct buf body = {0};

	wire_put_u64(&body, 5);
	wire_put_u8(&body, WIRE_AFTER);
	wire_put_u64(&body, after);
	wire_put_u64(&body, UINT64_MAX);
	wire_put_str16(&body, span(NULL, 0));
	wire_put_u16(&body, MOST);
	for (unsigned i = 0; i < MOST; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%s/%u", of, 1000 + i);
		wire_put_u8(&body, 0);
		wire_put_str16(&body, span_of(name));
	}
	wire_put_u16(&body, 0);
	wire_put_u32(&body, 0); /* no grant */
	say(peer, WIRE_JUDGE, &body);
}

/* Is it a gap? */
static bool judged(struct peer *peer)
{
	struct wire_in in = heard(peer, WIRE_JUDGED);

	assert_int_equal(wire_get_u64(&in), 5);
	return wire_get_u8(&in) != 0;
}

/* A clock that goes on by a millisecond with each look at it. */
static uint64_t hurry(void *arg)
{
	struct hand_clock *hands = arg;

	hand_clock_pass(hands, 1000);
	return hands->mono_us;
}

static uint64_t publish_five(struct room *room)
{
	uint64_t first = room_publish(room, "a", "1");

	room_publish(room, "b", "2");
	room_publish(room, "c", "3");
	room_publish(room, "b", "4");
	room_publish(room, "a", "5");
	return first;
}

static void test_a_verdict_names_the_channels_that_have_news(void **state)
{
	struct peer *peer = desk_known(&desk);
	uint64_t first = publish_five(*state);
	struct buf body = {0};
	struct wire_in in;

	wire_put_u64(&body, 5);
	wire_put_u8(&body, WIRE_AFTER);
	wire_put_u64(&body, first + 3);
	wire_put_u64(&body, first + 4);
	wire_put_str16(&body, span(NULL, 0));
	wire_put_u16(&body, 2);
	wire_put_u8(&body, 0);
	wire_put_str16(&body, span_of("a"));
	wire_put_u8(&body, 0);
	wire_put_str16(&body, span_of("b"));
	wire_put_u16(&body, 0);
	wire_put_u32(&body, 0); /* no grant */
	say(peer, WIRE_JUDGE, &body);
	run_pages(&desk);
	in = heard(peer, WIRE_JUDGED);
	assert_int_equal(wire_get_u64(&in), 5);
	assert_int_equal(wire_get_u8(&in), 0);
	assert_int_equal(wire_get_u64(&in), first + 3); /* used */
	assert_int_equal(wire_get_u64(&in), first + 4); /* limit */
	for (int i = 0; i < 2; i++)
		assert_int_equal(wire_get_u64(&in), 0);
	assert_int_equal(wire_get_u16(&in), 1);
	assert_int_equal(wire_get_u16(&in), 0); /* a */
	assert_int_equal(wire_get_u16(&in), 0); /* nothing was pruned */
	assert_true(wire_done(&in));
}

/* A stranger's thousand names, of which nothing is known but that they were. */
static void test_a_verdict_on_very_many_names_is_made_in_pieces(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk), *other = desk_known(&desk);
	uint64_t newest = leave_marks(room, 2 * MOST);
	unsigned turns = 1;

	ask_judge(peer, "gone", newest - 1);
	ask_judge(other, "never", newest);
	room->clock.mono_us = hurry;
	while (run_pages(&desk))
		turns++;
	assert_true(turns > MOST / 10);
	assert_true(judged(peer));
	assert_false(judged(other));
}

/* What comes between two pieces is for the next verdict to tell. */
static void test_a_verdict_in_pieces_is_of_when_it_began(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t newest = leave_marks(room, 1);
	struct wire_in in;

	ask_judge(peer, "never", newest - 1);
	room->clock.mono_us = hurry;
	assert_true(run_pages(&desk));
	room_publish(room, "never/1000", "x");
	while (run_pages(&desk))
		;
	in = heard(peer, WIRE_JUDGED);
	wire_get_u64(&in);
	assert_int_equal(wire_get_u8(&in), 0);
	assert_int_equal(wire_get_u64(&in), newest - 1); /* used */
	assert_int_equal(wire_get_u64(&in), newest);	 /* limit */
}

/* It had a row when its piece was made: what it lost is told. */
static void test_a_channel_that_is_dropped_between_two_pieces_is_a_gap(
	void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t newest = leave_marks(room, 1);

	room_publish(room, "never/1000", "x");
	room->config.keep.events = 1;
	room->ledger.channels.most = 1;
	ask_judge(peer, "never", newest - 1);
	room->clock.mono_us = hurry;
	assert_true(run_pages(&desk));
	for (int i = 0; i < 3; i++) {
		room_publish(room, "a", "x");
		ledger_tend(&room->ledger);
		ledger_commit(&room->ledger);
	}
	assert_null(
		channel_find(&room->ledger.channels, span_of("never/1000")));
	while (run_pages(&desk))
		;
	assert_true(judged(peer));
}

static int compare(const void *one, const void *two)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)two;

	return (a > b) - (a < b);
}

/* The longest turn that a verdict took, in work: the median of some. */
static uint64_t longest_turn(struct peer *peer)
{
	enum { ASKED = 15 };
	uint64_t longest[ASKED] = {0};

	for (unsigned i = 0; i < ASKED; i++) {
		char of[32];
		bool more = true;

		snprintf(of, sizeof(of), "unheard-of/%u", i);
		ask_judge(peer, of, 1);
		while (more) {
			uint64_t began = clock_work_us(), took;

			more = run_pages(&desk);
			took = clock_work_us() - began;
			longest[i] = took > longest[i] ? took : longest[i];
		}
		judged(peer);
	}
	qsort(longest, ASKED, sizeof(longest[0]), compare);
	return longest[ASKED / 2];
}

static void test_a_verdict_takes_no_turn_for_long_however_many_are_gone(
	void **state)
{
	/* With TIDINGS_FULL a million: that takes ten seconds. */
	unsigned count = getenv("TIDINGS_FULL") == NULL ? 50000 : GONE_MAX;
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t took;

	leave_marks(room, count);
	room->clock = clock_system;
	took = longest_turn(peer);
	printf("%u marks: %d us a turn\n", count, (int)took);
	assert_true(took < PAGE_US + PAGE_US / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_verdict_names_the_channels_that_have_news),
		TEST(test_a_verdict_on_very_many_names_is_made_in_pieces),
		TEST(test_a_verdict_in_pieces_is_of_when_it_began),
		TEST(test_a_channel_that_is_dropped_between_two_pieces_is_a_gap),
		TEST(test_a_verdict_takes_no_turn_for_long_however_many_are_gone),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
