/* SPDX-License-Identifier: MIT */
/* hub/sheet: a page of a pattern's older events */
#include <config.h>

#include "hub/peers/sheet.h"
#include "lib/event/selector.h"
#include "tests/unit/hub_desk.h"

enum { MOST = 200 };

struct answer {
	uint64_t through, mark;
	uint32_t count;
	uint64_t ids[MOST];
};

static struct wanted of(const char *pattern, uint64_t after)
{
	return (struct wanted){
		.tag = 7,
		.after = after,
		.upto = UINT64_MAX,
		.bytes = 1 << 20,
		.kind = (uint8_t)selector_kind(span_of(pattern)),
		.name = span_of(pattern),
	};
}

static struct answer put(struct room *room, const struct wanted *wanted)
{
	struct eventlog *log = &room->ledger.log;
	struct answer answer = {0};
	struct buf out = {0};
	struct wire_in in;

	assert_true(sheet_prepare(log, wanted, UINT64_MAX));
	while (!sheet_put(log, &out, wanted, log->committed))
		buf_clear(&out);
	in = wire_in(buf_span(&out));
	assert_int_equal(wire_get_u64(&in), wanted->tag);
	answer.through = wire_get_u64(&in);
	answer.mark = wire_get_u64(&in);
	answer.count = wire_get_u32(&in);
	assert_true(answer.count <= MOST);
	for (uint32_t i = 0; i < answer.count; i++) {
		struct wire_event event;

		assert_true(wire_get_event(wire_get_blob(&in), &event));
		answer.ids[i] = event.id;
	}
	assert_true(wire_done(&in));
	buf_release(&out);
	return answer;
}

static struct answer page(
	struct room *room, const char *pattern, uint64_t after)
{
	const struct wanted wanted = of(pattern, after);

	return put(room, &wanted);
}

static uint64_t publish_five(struct room *room)
{
	uint64_t first = room_publish(room, "a/1", "1");

	room_publish(room, "b/1", "2");
	room_publish(room, "a/2", "3");
	room_publish(room, "a/1", "4");
	room_publish(room, "b", "5");
	return first;
}

static void test_a_page_has_what_its_channels_have_in_the_order_of_the_log(
	void **state)
{
	struct room *room = *state;
	uint64_t first = publish_five(room);
	const uint64_t want[] = {first, first + 2, first + 3};
	struct answer answer = page(room, "a/{x}", first - 1);

	assert_int_equal(answer.count, 3);
	assert_memory_equal(answer.ids, want, sizeof(want));
	assert_int_equal(answer.through, first + 4);
	answer = page(room, "*", first);
	assert_int_equal(answer.count, 4);
	answer = page(room, "c{x}", first - 1);
	assert_int_equal(answer.count, 0);
	assert_int_equal(answer.through, first + 4);
}

static void test_who_is_at_the_end_is_given_nothing(void **state)
{
	struct room *room = *state;
	uint64_t first = publish_five(room);
	struct answer answer = page(room, "a/{x}", first + 4);

	assert_int_equal(answer.count, 0);
	assert_int_equal(answer.through, first + 4);
}

static void test_a_full_page_says_how_far_it_came(void **state)
{
	struct room *room = *state;
	uint64_t first = publish_five(room);
	struct wanted wanted = of("a/{x}", first - 1);
	struct answer answer;

	wanted.bytes = 1;
	answer = put(room, &wanted);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.through, first);
	wanted.after = first;
	answer = put(room, &wanted);
	assert_int_equal(answer.ids[0], first + 2);
	assert_int_equal(answer.through, first + 2);
}

static uint64_t hurry(void *arg)
{
	struct hand_clock *hands = arg;

	hand_clock_pass(hands, 500);
	return hands->mono_us;
}

/* A pattern that matches next to nothing: pages without events, but each comes
 * further. */
static void test_a_page_is_done_when_its_time_is_up(void **state)
{
	struct room *room = *state;
	uint64_t after = room_publish(room, "wanted", "x") - 1, last = 0;
	unsigned pages = 0, events = 0;
	struct answer answer;

	for (int i = 0; i < 50; i++)
		last = room_publish(room, "other", "x");
	room->clock.mono_us = hurry;
	do {
		answer = page(room, "want{x}", after);
		assert_true(answer.through > after);
		after = answer.through;
		events += answer.count;
		pages++;
	} while (after < last);
	assert_int_equal(events, 1);
	assert_true(pages > 5);
}

static void test_a_page_tells_what_was_pruned_of_its_channels(void **state)
{
	struct room *room = *state;
	uint64_t first = publish_five(room);
	struct channels *channels = &room->ledger.channels;

	assert_int_equal(page(room, "a/{x}", first - 1).mark, 0);
	assert_true(store_begin(&room->ledger.store));
	channel_uncount(channels, channel_find(channels, span_of("a/2")),
		first + 2, 65, 1000, false);
	channel_uncount(channels, channel_find(channels, span_of("b")),
		first + 4, 65, 1000, false);
	ledger_commit(&room->ledger);
	assert_int_equal(page(room, "a/{x}", first - 1).mark, first + 2);
	assert_int_equal(page(room, "*", first - 1).mark, first + 4);
}

/* ---- in the hub's turns */

static struct desk desk;

static void ask(struct peer *peer, const char *pattern, uint64_t after)
{
	struct buf body = {0};

	wire_put_u64(&body, 1);
	wire_put_u64(&body, after);
	wire_put_u64(&body, UINT64_MAX);
	wire_put_u32(&body, 64 << 10);
	wire_put_u8(&body, 1); /* public */
	wire_put_u8(&body, SELECTOR_TEMPLATE);
	wire_put_str16(&body, span_of(pattern));
	say(peer, WIRE_PAGE, &body);
}

/* How far the page came; *events: so many more. */
static uint64_t through(struct peer *peer, uint64_t *events)
{
	struct wire_in in = heard(peer, WIRE_PAGED);
	uint64_t id;

	wire_get_u64(&in);
	id = wire_get_u64(&in);
	wire_get_u64(&in);
	*events += wire_get_u32(&in);
	return id;
}

/* An event on each of them; the first one's is no more. */
static uint64_t fill(struct room *room, unsigned channels)
{
	struct channels *all = &room->ledger.channels;
	uint64_t first = 0;

	for (unsigned i = 0; i < channels; i++) {
		char name[32];
		uint64_t id;

		snprintf(name, sizeof(name), "n%u/x", i);
		id = room_add(room, name, "a hundred bytes, or nearly so");
		first = i == 0 ? id : first;
	}
	channel_uncount(all, channel_find(all, span_of("n0/x")), first, 64,
		1000, false);
	ledger_commit(&room->ledger);
	return first;
}

static int in_order(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* Page after page; *turns of the hub, and how much work each was, in us. */
static uint64_t read_all(
	struct room *room, uint64_t after, uint64_t *took, unsigned *turns)
{
	struct ledger *ledger = &room->ledger;
	struct peer *peer = desk_known(&desk);
	uint64_t end = ledger->log.committed, events = 0;

	for (*turns = 0; after < end; after = through(peer, &events)) {
		bool more = true;

		ask(peer, "n{x}/{y}", after);
		for (; more && *turns < 10000; ++*turns) {
			uint64_t began = clock_work_us();

			more = pages_run(
				&ledger->log, &ledger->ring, &desk.peers);
			took[*turns] = clock_work_us() - began;
		}
	}
	return events;
}

static void test_a_pattern_over_very_many_channels_takes_no_turn_for_long(
	void **state)
{
	static uint64_t took[10000];
	unsigned count = getenv("TIDINGS_FULL") == NULL ? 5000 : 100000, turns;
	struct room *room = *state;
	uint64_t first = fill(room, count), sum = 1, events;

	desk_open(&desk, room);
	room->clock = clock_system;
	events = read_all(room, first - 1, took, &turns);
	assert_true(events >= count - 1);
	qsort(took, turns, sizeof(took[0]), in_order);
	for (unsigned i = 0; i < turns; i++)
		sum += took[i];
	printf("%u channels: %u turns, median %u us, p90 %u us, longest %u us;"
	       " %u events/s\n",
		count, turns, (unsigned)took[turns / 2],
		(unsigned)took[turns * 9 / 10], (unsigned)took[turns - 1],
		(unsigned)(events * 1000000 / sum));
	assert_true(took[turns * 9 / 10] < 2 * SHEET_US);
	desk_close(&desk);
}

static void test_a_question_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *name;
		uint8_t kind;
		const char *text;
		bool sound;
	} cases[] = {
		{"a channel", SELECTOR_EXACT, "a", true},
		{"a channel with a brace", SELECTOR_EXACT, "a{", true},
		{"every channel", SELECTOR_EVERY, "*", true},
		{"a template", SELECTOR_TEMPLATE, "a{b}", true},
		{"an empty one", SELECTOR_EXACT, "", false},
		{"every channel, called otherwise", SELECTOR_EVERY, "a", false},
		{"a template that is none", SELECTOR_TEMPLATE, "a{", false},
		{"a name as a template", SELECTOR_TEMPLATE, "a", false},
		{"a kind that nobody knows", 3, "a", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf body = {0};
		struct wanted wanted;
		struct wire_in in;

		for (int k = 0; k < 3; k++)
			wire_put_u64(&body, 1);
		wire_put_u32(&body, 1);
		wire_put_u8(&body, 0);
		wire_put_u8(&body, cases[i].kind);
		wire_put_str16(&body, span_of(cases[i].text));
		in = wire_in(buf_span(&body));
		CHECK(cases[i].name,
			wanted_read(&wanted, &in) == cases[i].sound);
		buf_release(&body);
	}
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, room_setup, room_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_page_has_what_its_channels_have_in_the_order_of_the_log),
		TEST(test_who_is_at_the_end_is_given_nothing),
		TEST(test_a_full_page_says_how_far_it_came),
		TEST(test_a_page_is_done_when_its_time_is_up),
		TEST(test_a_page_tells_what_was_pruned_of_its_channels),
		TEST(test_a_pattern_over_very_many_channels_takes_no_turn_for_long),
		TEST(test_a_question_that_is_none_is_refused),
	};

	return cmocka_run_group_tests_name("sheet", tests, NULL, NULL);
}
