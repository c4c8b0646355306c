/* SPDX-License-Identifier: MIT */
/* hub/page, hub/follow: older events, and who follows the log */
#include <config.h>

#include "tests/unit/hub_desk_fixture.h"

/* On channel b; `bytes` is what a page holds. */
static void ask(struct peer *peer, uint64_t after, uint32_t bytes)
{
	struct buf body = {0};

	wire_put_u64(&body, 1);
	wire_put_u64(&body, after);
	wire_put_u64(&body, UINT64_MAX);
	wire_put_u32(&body, bytes);
	wire_put_u8(&body, 1); /* public */
	wire_put_u8(&body, 0);
	wire_put_str16(&body, span_of("b"));
	say(peer, WIRE_PAGE, &body);
}

struct answer {
	uint64_t through, mark;
	uint32_t count;
	uint64_t ids[128];
};

static struct answer paged(struct peer *peer)
{
	struct wire_in in = heard(peer, WIRE_PAGED);
	struct answer answer = {0};

	wire_get_u64(&in);
	answer.through = wire_get_u64(&in);
	answer.mark = wire_get_u64(&in);
	answer.count = wire_get_u32(&in);
	for (uint32_t i = 0; i < answer.count; i++) {
		struct wire_event event;

		assert_true(wire_get_event(wire_get_blob(&in), &event));
		answer.ids[i] = event.id;
	}
	assert_true(wire_done(&in));
	return answer;
}

static uint64_t publish_six(struct room *room)
{
	uint64_t first = room_publish(room, "a", "1");

	room_publish(room, "b", "2");
	room_publish(room, "c", "3");
	room_publish(room, "b", "4");
	room_publish(room, "a", "5");
	room_publish(room, "c", "6");
	return first;
}

static void test_a_page_has_its_channels_events_in_the_order_of_the_log(
	void **state)
{
	struct peer *peer = desk_known(&desk);
	uint64_t first = publish_six(*state);
	const uint64_t want[] = {first + 1, first + 3};
	struct answer answer;

	ask(peer, first - 1, 1 << 20);
	assert_false(run_pages(&desk));
	answer = paged(peer);
	assert_int_equal(answer.count, 2);
	assert_memory_equal(answer.ids, want, sizeof(want));
	assert_int_equal(answer.through, first + 5);
	assert_int_equal(answer.mark, 0);
}

static void test_a_full_page_says_how_far_it_came(void **state)
{
	struct peer *peer = desk_known(&desk);
	uint64_t first = publish_six(*state);
	struct answer answer;

	ask(peer, first - 1, 1);
	ask(peer, first + 1, 1);
	run_pages(&desk);
	answer = paged(peer);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.through, first + 1);
	answer = paged(peer);
	assert_int_equal(answer.ids[0], first + 3);
	assert_int_equal(answer.through, first + 3);
}

static void test_a_channel_of_which_nothing_is_known_has_nothing(void **state)
{
	struct peer *peer = desk_known(&desk);
	uint64_t newest = room_publish(*state, "a", "1");
	struct answer answer;

	ask(peer, newest - 1, 1);
	run_pages(&desk);
	answer = paged(peer);
	assert_int_equal(answer.count, 0);
	assert_int_equal(answer.through, newest);
}

/* It was there when the stream was judged; then its events and its row went. */
static void test_a_page_of_a_channel_that_was_dropped_tells_what_was_pruned(
	void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t first = room_publish(room, "b", "1");
	struct answer answer;

	room->config.keep.events = 1;
	room->ledger.channels.most = 1;
	for (int i = 0; i < 3; i++) {
		room_publish(room, "a", "x");
		ledger_tend(&room->ledger);
		ledger_commit(&room->ledger);
	}
	assert_null(channel_find(&room->ledger.channels, span_of("b")));
	ask(peer, first - 1, 1);
	run_pages(&desk);
	answer = paged(peer);
	assert_int_equal(answer.count, 0);
	assert_int_equal(answer.mark, first);
}

/* A clock that goes on by a millisecond with each look at it. */
static uint64_t hurry(void *arg)
{
	struct hand_clock *hands = arg;

	hand_clock_pass(hands, 1000);
	return hands->mono_us;
}

static void test_when_time_is_up_the_rest_waits_for_the_next_turn(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t first = publish_six(room);
	unsigned turns = 1, answers = 0;

	for (int i = 0; i < 9; i++)
		ask(peer, first - 1, 1 << 20);
	room->clock.mono_us = hurry;
	while (run_pages(&desk))
		turns++;
	for (; link_pending(&peer->link) > 0; answers++)
		assert_true(paged(peer).count > 0);
	assert_in_range(turns, 3, 9);
	assert_int_equal(answers, 9);
}

static void test_a_page_has_some_events_however_long_they_take(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t first = room_publish(room, "b", "1");

	for (int i = 0; i < PAGE_EVENTS + 20; i++)
		room_publish(room, "b", "x");
	ask(peer, first - 1, 1 << 20);
	room->clock.mono_us = hurry;
	run_pages(&desk);
	assert_in_range(paged(peer).count, PAGE_EVENTS, PAGE_EVENTS + 4);
}

static void test_who_asks_for_much_keeps_no_other_waiting(void **state)
{
	struct room *room = *state;
	struct peer *one = desk_known(&desk), *other = desk_known(&desk);
	uint64_t first = publish_six(room);
	unsigned turns = 0;

	for (int i = 0; i < 9; i++)
		ask(one, first - 1, 1 << 20);
	for (int i = 0; i < 9; i++)
		ask(other, first - 1, 1 << 20);
	room->clock.mono_us = hurry;
	for (; link_pending(&one->link) == 0 || link_pending(&other->link) == 0;
		turns++)
		assert_true(pages_run(
			&room->ledger.log, &room->ledger.ring, &desk.peers));
	assert_in_range(turns, 1, 2);
}

static void test_who_asks_too_much_at_once_is_closed(void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	for (int i = 0; !peer->closed; i++) {
		assert_true(i < PEER_ASKED_MAX);
		ask(peer, 0, 1);
	}
	assert_null(peer->pages);
}

static void follow(struct peer *peer, uint64_t after)
{
	struct buf body = {0};

	wire_put_u64(&body, after);
	wire_put_u64(&body, 1 << 20);
	say(peer, WIRE_FOLLOW, &body);
}

/* What the next frame is. */
static unsigned says(const struct peer *peer)
{
	const struct link *link = &peer->link;
	struct span body;
	uint8_t found = 0;
	bool bad;

	wire_frame(span(link->out.at + link->out_done, link_pending(link)),
		&found, &body, &bad);
	return found;
}

/* It was told "the hub is away" after five seconds, which no web server is for
 * who resumes. */
static void test_who_is_behind_all_the_time_is_answered(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t first = publish_six(room);

	ring_restart(&room->ledger.ring, room->ledger.log.committed);
	follow(peer, first - 1);
	heard(peer, WIRE_FOLLOWING);
	assert_int_equal(peer->follow, BEHIND);
	ask(peer, first - 1, 1 << 20);
	room->clock.mono_us = hurry;
	pages_run(&room->ledger.log, &room->ledger.ring, &desk.peers);
	assert_int_equal(peer->follow, BEHIND);
	while (says(peer) == WIRE_EVENT)
		heard(peer, WIRE_EVENT);
	assert_in_range(paged(peer).count, 1, 2);
}

static void test_a_follower_goes_on_where_it_was(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t first = publish_six(room);
	struct wire_in in;

	follow(peer, first + 3);
	in = heard(peer, WIRE_FOLLOWING);
	assert_int_equal(wire_get_u64(&in), first + 3);
	assert_int_equal(wire_get_u64(&in), first + 5);
	follow_move(&room->ledger.ring, peer);
	for (uint64_t id = first + 4; id <= first + 5; id++) {
		in = heard(peer, WIRE_EVENT);
		assert_int_equal(wire_get_u64(&in), id);
	}
	assert_int_equal(link_pending(&peer->link), 0);
	assert_int_equal(peer->follow, ON_RING);
}

static void test_a_follower_from_elsewhere_begins_anew(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t first = publish_six(room);
	struct wire_in in;

	follow(peer, first + 100);
	in = heard(peer, WIRE_FOLLOWING);
	assert_true(wire_get_u64(&in) < first);
	assert_int_equal(wire_get_u64(&in), first + 5);
}

static void test_a_follower_sees_nothing_that_is_not_committed(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t first = publish_six(room);

	follow(peer, first + 5);
	heard(peer, WIRE_FOLLOWING);
	room_add(room, "a", "7");
	follow_move(&room->ledger.ring, peer);
	assert_int_equal(link_pending(&peer->link), 0);
	ledger_commit(&room->ledger);
	follow_move(&room->ledger.ring, peer);
	heard(peer, WIRE_EVENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_page_has_its_channels_events_in_the_order_of_the_log),
		TEST(test_a_channel_of_which_nothing_is_known_has_nothing),
		TEST(test_a_page_of_a_channel_that_was_dropped_tells_what_was_pruned),
		TEST(test_a_page_has_some_events_however_long_they_take),
		TEST(test_a_full_page_says_how_far_it_came),
		TEST(test_when_time_is_up_the_rest_waits_for_the_next_turn),
		TEST(test_who_asks_for_much_keeps_no_other_waiting),
		TEST(test_who_asks_too_much_at_once_is_closed),
		TEST(test_who_is_behind_all_the_time_is_answered),
		TEST(test_a_follower_goes_on_where_it_was),
		TEST(test_a_follower_from_elsewhere_begins_anew),
		TEST(test_a_follower_sees_nothing_that_is_not_committed),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
