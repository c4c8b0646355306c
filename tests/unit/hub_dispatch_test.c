/* SPDX-License-Identifier: MIT */
/* hub/dispatch, hub/peer, hub/publish: what becomes of a frame */
#include <config.h>

#include "tests/unit/hub_desk_fixture.h"

static void publish(struct peer *peer, uint64_t number, const char *data)
{
	struct buf body = {0};

	wire_put_u64(&body, number);
	wire_put_u64(&body, 0);
	wire_put_u8(&body, 0);
	wire_put_str16(&body, span_of("a"));
	wire_put_str8(&body, span_of(""));
	wire_put_str16(&body, span_of(""));
	wire_put_u32(&body, 1);
	wire_put_str8(&body, span_of(""));
	wire_put_blob(&body, span_of(data));
	say(peer, WIRE_PUBLISH, &body);
}

static void ask_to_delete(struct peer *peer, uint64_t number, uint64_t id)
{
	struct buf body = {0};

	wire_put_u64(&body, number);
	wire_put_u64(&body, 0);
	wire_put_str16(&body, span_of("a"));
	wire_put_u64(&body, id);
	wire_put_u8(&body, 1);
	wire_put_u32(&body, 0); /* no grant */
	say(peer, WIRE_DELETE, &body);
}

static void subscribe(struct peer *peer, const char *name, uint32_t count)
{
	struct buf body = {0};

	wire_put_u32(&body, 1);
	wire_put_str16(&body, span_of(name));
	wire_put_u32(&body, count);
	say(peer, WIRE_SUBSCRIBED, &body);
}

static void ask_for_channels(struct peer *peer)
{
	struct buf body = {0};

	wire_put_u64(&body, 5);
	wire_put_str16(&body, span(NULL, 0));
	wire_put_u16(&body, 10);
	wire_put_str16(&body, span(NULL, 0));
	wire_put_u32(&body, 0); /* no grant */
	say(peer, WIRE_CHANNELS, &body);
}

static void test_hello_is_answered_with_the_log_and_its_state(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_peer(&desk);
	struct wire_in in;

	hello(peer, WIRE_VERSION, 7);
	in = heard(peer, WIRE_WELCOME);
	assert_int_equal(wire_get_u16(&in), WIRE_VERSION);
	assert_memory_equal(wire_get_bytes(&in, WIRE_IDENTITY).at,
		room->ledger.log.identity, WIRE_IDENTITY);
	assert_int_equal(wire_get_u64(&in), room->ledger.log.committed);
	assert_memory_equal(wire_get_bytes(&in, WIRE_SECRET).at,
		room->ledger.log.secret, WIRE_SECRET);
	assert_true(wire_done(&in));
	in = heard(peer, WIRE_STATE);
	assert_int_equal(wire_get_u8(&in), 1);
}

static void test_another_version_is_refused(void **state)
{
	struct peer *peer = desk_peer(&desk);

	(void)state;
	hello(peer, WIRE_VERSION + 1, 7);
	assert_true(peer->closed);
	assert_true(desk.peers.refused.len > 0);
}

static void test_frames_before_hello_end_the_connection(void **state)
{
	struct peer *peer = desk_peer(&desk);

	(void)state;
	publish(peer, 1, "x");
	assert_true(peer->closed);
}

static void test_a_second_hello_ends_the_connection(void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	hello(peer, WIRE_VERSION, 8);
	assert_true(peer->closed);
}

static void test_a_malformed_frame_ends_the_connection_whatever_its_type(
	void **state)
{
	(void)state;
	for (unsigned type = 0; type <= UINT8_MAX; type++) {
		struct peer *peer = desk_known(&desk);
		struct buf body = {0};

		buf_add_char(&body, '?');
		say(peer, (enum wire_type)type, &body);
		assert_true(peer->closed);
		peers_flush(&desk.peers);
	}
	assert_int_equal(desk.peers.count, 0);
}

static void test_a_publisher_is_told_after_the_commit(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	struct wire_in in;

	publish(peer, 1, "x");
	assert_int_equal(link_pending(&peer->link), 0);
	ledger_commit(&room->ledger);
	in = heard(peer, WIRE_STORED);
	assert_int_equal(wire_get_u64(&in), 1);
	assert_int_equal(wire_get_u8(&in), WIRE_OUT_STORED);
	assert_int_equal(wire_get_u64(&in), room->ledger.log.committed);
}

static void test_deletions_wait_their_turn_as_publishes_do(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	const struct channel *channel;

	publish(peer, 1, "x");
	publish(peer, 2, "y");
	hand_clock_pass(&room->hands, PUBLISH_US);
	ask_to_delete(peer, 3, 0); /* all there is, also what waits before it */
	publish(peer, 4, "z");
	channel = channel_find(&room->ledger.channels, span_of("a"));
	assert_int_equal(channel->events, 2);
	assert_true(publish_queue_waits(&desk.publishes));
	desk_turn(&desk);
	assert_int_equal(channel->events, 2);
	desk_turn(&desk);
	assert_int_equal(channel->events, 1);
	assert_false(publish_queue_waits(&desk.publishes));
	for (uint64_t number = 1; number <= 4; number++) {
		struct wire_in in = heard(peer, WIRE_STORED);

		assert_int_equal(wire_get_u64(&in), number);
		assert_int_equal(wire_get_u8(&in), WIRE_OUT_STORED);
	}
}

static void test_one_who_left_before_the_commit_is_told_nothing(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t before = room->ledger.log.committed;

	publish(peer, 1, "x");
	peer_drop(peer, NULL);
	ledger_commit(&room->ledger);
	assert_int_equal(room->ledger.log.committed, before + 1);
	peers_flush(&desk.peers);
	assert_int_equal(desk.peers.count, 0);
}

static void test_who_goes_takes_its_counts_and_questions_along(void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	subscribe(peer, "a", 3);
	subscribe(peer, "bad\nname", 3);
	assert_int_equal(desk.counts.names.count, 1);
	ask_for_channels(peer);
	peer_drop(peer, NULL);
	assert_int_equal(desk.counts.names.count, 0);
	assert_false(listing_run(&desk.counts, &desk.peers));
}

static void test_channels_are_told_with_what_is_held_and_who_listens(
	void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);
	uint64_t id = room_publish(room, "a", "x");
	struct wire_in in;

	subscribe(peer, "a", 3);
	ask_for_channels(peer);
	assert_false(listing_run(&desk.counts, &desk.peers));
	in = heard(peer, WIRE_CHANNELED);
	assert_int_equal(wire_get_u64(&in), 5);
	assert_int_equal(wire_get_u8(&in), 0);
	assert_int_equal(wire_get_u32(&in), 1);
	CHECK_TEXT("its name", wire_get_str16(&in), "a");
	assert_int_equal(wire_get_u64(&in), 1);
	assert_true(wire_get_u64(&in) > 0);
	assert_int_equal(wire_get_u64(&in), id);
	assert_int_equal(wire_get_u64(&in), id);
	assert_int_equal(wire_get_u32(&in), 3);
	assert_int_equal(wire_get_str16(&in).len, 0); /* all of them */
	assert_true(wire_done(&in));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hello_is_answered_with_the_log_and_its_state),
		TEST(test_another_version_is_refused),
		TEST(test_frames_before_hello_end_the_connection),
		TEST(test_a_second_hello_ends_the_connection),
		TEST(test_a_malformed_frame_ends_the_connection_whatever_its_type),
		TEST(test_a_publisher_is_told_after_the_commit),
		TEST(test_deletions_wait_their_turn_as_publishes_do),
		TEST(test_one_who_left_before_the_commit_is_told_nothing),
		TEST(test_who_goes_takes_its_counts_and_questions_along),
		TEST(test_channels_are_told_with_what_is_held_and_who_listens),
	};

	return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
