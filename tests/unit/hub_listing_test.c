/* SPDX-License-Identifier: MIT */
/* hub/listing: how much of the list an answer holds, and whose turn it is */
#include <config.h>

#include "tests/unit/hub_desk_fixture.h"

static void subscribe(struct peer *peer, int names)
{
	struct buf body = {0};

	wire_put_u32(&body, (uint32_t)names);
	for (int i = 0; i < names; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		wire_put_str16(&body, span_of(name));
		wire_put_u32(&body, 1);
	}
	say(peer, WIRE_SUBSCRIBED, &body);
}

static void ask(struct peer *peer, struct span after)
{
	struct buf body = {0};

	wire_put_u64(&body, 5);
	wire_put_str16(&body, after);
	wire_put_u16(&body, 1000);
	wire_put_str16(&body, span(NULL, 0));
	wire_put_u32(&body, 0); /* no grant */
	say(peer, WIRE_CHANNELS, &body);
}

struct page {
	bool more;
	uint32_t lines;
	struct span last; /* line's name */
};

static struct page page(struct peer *peer)
{
	struct wire_in in = heard(peer, WIRE_CHANNELED);
	struct page page = {0};

	wire_get_u64(&in);
	page.more = wire_get_u8(&in);
	page.lines = wire_get_u32(&in);
	for (uint32_t i = 0; i < page.lines; i++) {
		page.last = wire_get_str16(&in);
		wire_get_bytes(&in, 4 * 8 + 4);
	}
	if (page.more)
		assert_true(span_equal(wire_get_str16(&in), page.last));
	else
		assert_int_equal(wire_get_str16(&in).len, 0);
	assert_true(wire_done(&in));
	return page;
}

static void test_a_thousand_names_come_in_pages(void **state)
{
	struct peer *peer = desk_known(&desk);
	struct page told = {.more = true};
	uint32_t lines = 0, pages = 0;
	char after[16] = "";

	(void)state;
	subscribe(peer, 1000);
	for (; told.more; pages++) {
		ask(peer, span_of(after));
		assert_false(listing_run(&desk.counts, &desk.peers));
		told = page(peer);
		lines += told.lines;
		memcpy(after, told.last.at, told.last.len);
		after[told.last.len] = '\0';
	}
	assert_int_equal(lines, 1000);
	assert_int_equal(pages, 1 + 1000 / LISTING_LINES_MAX);
}

/* A clock that goes on with each look at it. */
static uint64_t pace;

static uint64_t hurry(void *arg)
{
	struct hand_clock *hands = arg;

	hand_clock_pass(hands, pace);
	return hands->mono_us;
}

static void test_a_page_ends_early_rather_than_take_long(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	struct page told;

	subscribe(peer, 1000);
	room->clock.mono_us = hurry;
	pace = 1;
	ask(peer, span(NULL, 0));
	assert_false(listing_run(&desk.counts, &desk.peers));
	told = page(peer);
	assert_true(told.more);
	assert_int_equal(told.lines, LISTING_ANSWER_US);
}

static void test_however_slow_it_is_a_page_has_a_line(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	struct page told;

	subscribe(peer, 2);
	room->clock.mono_us = hurry;
	pace = 1000000;
	ask(peer, span(NULL, 0));
	assert_false(listing_run(&desk.counts, &desk.peers));
	told = page(peer);
	assert_true(told.more);
	assert_int_equal(told.lines, 1);
	ask(peer, told.last);
	assert_false(listing_run(&desk.counts, &desk.peers));
	told = page(peer);
	assert_false(told.more);
	assert_int_equal(told.lines, 1);
}

static void test_who_asks_much_keeps_no_other_waiting(void **state)
{
	struct room *room = *state;
	struct peer *peers[3];

	for (size_t i = 0; i < COUNT(peers); i++)
		peers[i] = desk_known(&desk);
	subscribe(peers[0], 2);
	for (size_t i = 0; i < COUNT(peers); i++)
		for (int times = 0; times < 100; times++)
			ask(peers[i], span(NULL, 0));
	room->clock.mono_us = hurry;
	pace = LISTING_US;
	for (unsigned turns = 1; turns <= 9; turns++) {
		unsigned answers = 0;

		/* There is time for one answer. */
		assert_true(listing_run(&desk.counts, &desk.peers));
		for (size_t i = 0; i < COUNT(peers); i++)
			answers += link_pending(&peers[i]->link) > 0;
		assert_int_equal(answers, turns % 3 == 0 ? 3 : turns % 3);
		for (size_t i = 0; turns % 3 == 0 && i < COUNT(peers); i++)
			link_cut(&peers[i]->link, 0);
	}
}

static void test_the_turn_of_one_who_goes_is_the_next_ones(void **state)
{
	struct room *room = *state;
	struct peer *other = desk_known(&desk), *first = desk_known(&desk);
	struct peer *newest = desk_known(&desk);

	subscribe(other, 2);
	ask(newest, span(NULL, 0));
	ask(first, span(NULL, 0));
	ask(other, span(NULL, 0));
	room->clock.mono_us = hurry;
	pace = LISTING_US;
	assert_true(listing_run(&desk.counts, &desk.peers));
	assert_true(link_pending(&newest->link) > 0);
	peer_drop(first, NULL);
	peers_flush(&desk.peers);
	assert_false(listing_run(&desk.counts, &desk.peers));
	assert_int_equal(page(other).lines, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_thousand_names_come_in_pages),
		TEST(test_a_page_ends_early_rather_than_take_long),
		TEST(test_however_slow_it_is_a_page_has_a_line),
		TEST(test_who_asks_much_keeps_no_other_waiting),
		TEST(test_the_turn_of_one_who_goes_is_the_next_ones),
	};

	return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
