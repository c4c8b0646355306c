/* SPDX-License-Identifier: MIT */
/* hub/presence where the order is shared, which the test plays */
#include <config.h>

#include "hub/log/entry.h"
#include "hub/log/order.h"
#include "lib/event/traits.h"
#include "tests/unit/hub_presence_room.h"

/* ---- an order */

enum { ASKED = 8, OTHER = 9, GONE_US = 10000000 };

static const uint8_t own[ORIGIN_HUB] = {1};
static char server[] = "unix:/nowhere";
static char *servers[] = {server};

static struct asked {
	struct ack ack;
	struct buf traits, topics, once;
	uint32_t count;
} asked[ASKED];
static size_t count_asked;
static enum order_there there;
static struct order_blind blind;

static bool on_propose(
	void *arg, const struct proposal *proposal, struct ack *ack)
{
	struct asked *to = &asked[count_asked];

	(void)arg;
	assert_true(count_asked++ < ASKED);
	*to = (struct asked){.ack = *ack, .count = proposal->count};
	buf_add_span(&to->traits, proposal->traits);
	buf_add_span(&to->once, proposal->once);
	for (uint32_t i = 0; i < proposal->count; i++)
		wire_put_str16(&to->topics, proposal->items[i].data);
	assert_true(proposal->source != 0);
	return false;
}

static enum order_there is_there(void *arg, const uint8_t *hub)
{
	(void)arg;
	assert_int_equal(hub[0], OTHER);
	return there;
}

static struct order_blind on_blind(void *arg)
{
	(void)arg;
	return blind;
}

static const struct order order = {.propose = on_propose,
	.is_there = is_there,
	.blind = on_blind,
	.hub = own};

static struct ledger *ledger_of(void)
{
	return &desk.room->ledger;
}

static void forget_asked(void)
{
	for (size_t i = 0; i < ASKED; i++) {
		buf_release(&asked[i].traits);
		buf_release(&asked[i].topics);
		buf_release(&asked[i].once);
	}
	count_asked = 0;
}

static void share(void)
{
	ledger_of()->order = &order;
	presence_share(&desk.presence);
}

static int setup(void **state)
{
	struct room *room;

	room_setup(state);
	room = *state;
	room->config.shared.redis = servers;
	room->config.shared.redis_count = 1;
	room_reopen(room);
	desk_open(&desk, room);
	there = ORDER_THERE;
	blind = (struct order_blind){0};
	share();
	return 0;
}

static int teardown(void **state)
{
	struct room *room = *state;

	forget_asked();
	room->ledger.order = NULL;
	desk_close(&desk);
	return room_teardown(state);
}

static void again(bool shared)
{
	struct room *room = desk.room;

	forget_asked();
	room->ledger.order = NULL;
	desk_close(&desk);
	room->config.shared.redis_count = shared;
	room_reopen(room);
	desk_open(&desk, room);
	if (shared)
		share();
}

/* ---- what is said there */

static struct active said(size_t at)
{
	struct active active;

	assert_true(at < count_asked);
	assert_true(active_get(buf_span(&asked[at].traits), &active));
	return active;
}

static void put(const struct asked *from, uint8_t hub)
{
	struct wire_in topics = wire_in(buf_span(&from->topics));
	struct proposed items[4] = {0};
	struct ledger *ledger = ledger_of();
	struct entry entry = {
		.id = ledger->log.newest + from->count,
		.at = clock_date_ms(ledger->clock),
		.rows = from->count,
		.what = {.channel = span_of(ACTIVE_CHANNEL),
			.traits = buf_span(&from->traits),
			.items = items,
			.count = from->count},
		.origin = {.hub = {hub}},
	};

	for (uint32_t i = 0; i < from->count; i++)
		items[i].data = wire_get_str16(&topics);
	assert_null(entry_fault(ledger, &entry));
	assert_true(ledger_begin(ledger));
	assert_true(entry_apply(ledger, &entry));
	presence_came(&desk.presence, &entry);
}

/* It has its place, and has come back. */
static void come(size_t at)
{
	struct ack ack = asked[at].ack;

	put(&asked[at], own[0]);
	ack.outcome = WIRE_OUT_STORED;
	ledger_ack(ledger_of(), &ack);
	ledger_commit(ledger_of());
}

static void answer(size_t at, enum wire_outcome outcome)
{
	struct ack ack = asked[at].ack;

	ack.outcome = outcome;
	ledger_ack(ledger_of(), &ack);
	ledger_commit(ledger_of());
}

/* Another machine says so of one of its own. */
static void other(unsigned number, bool here)
{
	struct buf subscriber = {0}, value = {0};
	struct asked from = {.count = 1};
	struct active active = {.here = here, .open = true};

	put_subscriber(&subscriber, number);
	active.subscriber = (const uint8_t *)subscriber.at;
	active.user = span_of("bob");
	active_put(&value, &active);
	trait_add(&from.traits, TRAIT_ACTIVE, buf_span(&value));
	wire_put_str16(&from.topics, span_of("room"));
	put(&from, OTHER);
	ledger_commit(ledger_of());
	buf_release(&from.traits);
	buf_release(&from.topics);
	buf_release(&subscriber);
	buf_release(&value);
}

/* So many more are proposed in a turn. */
static size_t proposed(void)
{
	size_t before = count_asked;

	assert_false(presence_step(&desk.presence));
	ledger_commit(ledger_of());
	return count_asked - before;
}

static size_t proposed_after(uint64_t us)
{
	hand_clock_pass(&desk.room->hands, us);
	presence_tend(&desk.presence);
	return proposed();
}

/* ---- who is here */

static void test_who_joins_is_there_once_his_entry_has_come_back(void **state)
{
	struct peer *peer = desk_known(&desk);
	struct wire_event event;
	struct active active;

	(void)state;
	join_two(peer, 1, "192.0.2.1", "room", "other");
	assert_int_equal(proposed(), 1);
	assert_int_equal(count(peer, ""), 0);
	assert_true(said(0).here && said(0).since == 0);
	assert_int_equal(asked[0].once.len, 0);
	come(0);
	assert_int_equal(count(peer, ""), 2);
	newest(&event);
	assert_true(traits_are_private(event.traits));
	assert_true(active_get(event.traits, &active) && active.here);
	assert_true(span_is(active.topic, "other"));
	assert_int_equal(active.since, event.at);
	eventlog_rest(&ledger_of()->log);
	leave(peer, 1);
	assert_int_equal(proposed(), 1);
	assert_false(said(1).here);
	come(1);
	assert_int_equal(count(peer, ""), 0);
	assert_int_equal(proposed(), 0);
	assert_int_equal(desk.presence.presents.count, 0);
}

static void test_who_leaves_before_it_came_back_is_told_to_have_left(
	void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	join(peer, 1);
	assert_int_equal(proposed(), 1);
	leave(peer, 1);
	assert_int_equal(proposed(), 0);
	come(0);
	assert_int_equal(proposed(), 1);
	assert_false(said(1).here);
	come(1);
	assert_int_equal(desk.presence.presents.count, 0);
}

static void test_what_fails_is_proposed_again_a_moment_later(void **state)
{
	(void)state;
	join(desk_known(&desk), 1);
	assert_int_equal(proposed(), 1);
	answer(0, WIRE_OUT_AWAY);
	assert_int_equal(proposed(), 0);
	assert_int_equal(proposed_after(250000), 1);
}

static void test_while_the_order_is_away_he_waits(void **state)
{
	(void)state;
	ledger_of()->away = "it is away";
	join(desk_known(&desk), 1);
	assert_int_equal(proposed(), 0);
	ledger_of()->away = NULL;
	assert_int_equal(proposed(), 1);
}

static void test_whose_leaving_others_told_is_told_of_again(void **state)
{
	struct peer *peer = desk_known(&desk);
	uint64_t since;

	(void)state;
	join(peer, 1);
	proposed();
	come(0);
	since = clock_date_ms(ledger_of()->clock);
	hand_clock_pass(&desk.room->hands, 5000000);
	other(1, false);
	assert_int_equal(count(peer, "room"), 0);
	assert_int_equal(proposed(), 1);
	assert_true(said(1).here);
	assert_int_equal(said(1).since, since);
	come(1);
	assert_int_equal(count(peer, "room"), 1);
	assert_int_equal(proposed(), 0);
}

static void test_whom_nobody_here_knows_leaves_after_a_moment(void **state)
{
	struct asked from = {0};

	(void)state;
	join(desk_known(&desk), 1);
	proposed();
	from = asked[0];
	leave(desk.peers.first, 1);
	answer(0, WIRE_OUT_AWAY); /* it is not known whether it was stored */
	assert_int_equal(desk.presence.presents.count, 0);
	put(&from, own[0]);
	ledger_commit(ledger_of());
	assert_int_equal(count(desk.peers.first, "room"), 1);
	assert_int_equal(proposed_after(1000), 0);
	assert_int_equal(proposed_after(WIRE_GONE_MS * 1000), 1);
	assert_false(said(1).here);
}

/* ---- who is at other machines */

static void test_who_comes_and_goes_elsewhere_is_seen_here(void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	other(1, true);
	other(2, true);
	assert_int_equal(count(peer, "room"), 2);
	other(1, false);
	assert_int_equal(count(peer, "room"), 1);
	assert_int_equal(proposed_after(WIRE_GONE_MS * 2000), 0);
	assert_int_equal(desk.presence.presents.count, 1);
}

static void test_a_machine_that_has_left_takes_along_who_was_there(void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	other(1, true);
	there = ORDER_GONE_OURS;
	assert_int_equal(proposed_after(250000), 1);
	assert_false(said(0).here);
	assert_true(asked[0].once.len > 0);
	assert_memory_equal(asked[0].once.at, "left:urn:uuid:", 14);
	come(0);
	assert_int_equal(count(peer, "room"), 0);
	assert_int_equal(desk.presence.presents.count, 0);
}

static void test_the_others_say_so_only_if_the_first_does_not(void **state)
{
	(void)state;
	other(1, true);
	there = ORDER_GONE;
	assert_int_equal(proposed_after(250000), 0);
	assert_int_equal(proposed_after(2000000), 0);
	assert_int_equal(proposed_after(1100000), 1);
}

static void test_what_was_said_once_and_did_not_come_here_is_said_again(
	void **state)
{
	(void)state;
	other(1, true);
	there = ORDER_GONE_OURS;
	assert_int_equal(proposed_after(250000), 1);
	answer(0, WIRE_OUT_REPEATED);
	assert_int_equal(proposed(), 1);
	assert_int_equal(asked[1].once.len, 0);
	come(1);
	assert_int_equal(desk.presence.presents.count, 0);
}

static void test_a_machine_that_is_back_in_time_keeps_who_was_there(
	void **state)
{
	(void)state;
	other(1, true);
	there = ORDER_GONE;
	ledger_of()->away = "it is away";
	assert_int_equal(proposed_after(250000), 0);
	assert_int_equal(proposed_after(4000000), 0);
	there = ORDER_THERE;
	assert_int_equal(proposed_after(250000), 0);
	ledger_of()->away = NULL;
	assert_int_equal(proposed(), 0);
	assert_int_equal(desk.presence.presents.count, 1);
}

static void test_who_leaves_a_machine_that_was_away_is_told_so_by_one_of_them(
	void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	join(peer, 1);
	assert_int_equal(proposed(), 1);
	come(0);
	ledger_of()->away = "it is away";
	assert_int_equal(proposed_after(250000), 0);
	leave(peer, 1);
	ledger_of()->away = NULL;
	assert_int_equal(proposed_after(250000), 1);
	assert_true(asked[1].once.len > 0);
	assert_memory_equal(asked[1].once.at, "left:urn:uuid:", 14);
	other(1, false);
	answer(1, WIRE_OUT_REPEATED);
	assert_int_equal(proposed_after(250000), 0);
	assert_int_equal(desk.presence.presents.count, 0);
}

static void test_a_stream_that_changes_machine_with_its_name_is_here(
	void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	other(1, true);
	join(peer, 1);
	assert_int_equal(proposed(), 1);
	assert_true(said(0).here);
	come(0);
	assert_int_equal(count(peer, "room"), 1);
	there = ORDER_GONE_OURS;
	assert_int_equal(proposed_after(250000), 0);
}

/* ---- who may not know of all */

static void test_who_is_here_is_told_of_again_where_a_machine_missed_it(
	void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	join(peer, 1);
	proposed();
	come(0);
	blind.anywhere = ledger_of()->log.newest;
	join(peer, 2);
	assert_int_equal(proposed_after(250000), 2);
	assert_true(said(1).here && said(2).here);
	come(1);
	come(2);
	assert_int_equal(count(peer, "room"), 2);
	assert_int_equal(proposed_after(250000), 0);
}

static void test_whom_nobody_tells_of_again_has_left(void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	other(1, true);
	other(2, true);
	blind.here = blind.anywhere = ledger_of()->log.newest;
	assert_int_equal(proposed_after(250000), 0);
	other(1, true);
	assert_int_equal(proposed_after(29000000), 0);
	assert_int_equal(proposed_after(2000000), 1);
	assert_false(said(0).here);
	come(0);
	assert_int_equal(count(peer, "room"), 1);
}

/* ---- what the order forgets */

static void forget_above(uint64_t last)
{
	struct ledger *ledger = ledger_of();

	assert_true(ledger_begin(ledger));
	presence_forgot(&desk.presence, last);
	ledger_commit(ledger);
}

static void test_who_came_by_what_was_forgotten_is_told_of_again(void **state)
{
	struct peer *peer = desk_known(&desk);
	uint64_t last = ledger_of()->log.newest;

	(void)state;
	join(peer, 1);
	proposed();
	come(0);
	other(2, true);
	assert_int_equal(count(peer, "room"), 2);
	forget_above(last);
	assert_int_equal(count(peer, "room"), 0);
	assert_int_equal(desk.presence.presents.count, 1);
	assert_int_equal(proposed(), 1);
	assert_true(said(1).here);
}

static void test_who_left_by_what_was_forgotten_is_told_to_have_left_again(
	void **state)
{
	struct peer *peer = desk_known(&desk);
	uint64_t last;

	(void)state;
	join_two(peer, 1, "192.0.2.1", "room", "other");
	proposed();
	come(0);
	other(2, true);
	last = ledger_of()->log.newest;
	leave(peer, 1);
	proposed();
	come(1);
	other(2, false);
	other(3, true);
	other(3, false);
	assert_int_equal(count(peer, ""), 0);
	forget_above(last);
	assert_int_equal(count(peer, "room"), 2);
	assert_int_equal(count(peer, "other"), 1);
	assert_int_equal(proposed_after(WIRE_GONE_MS * 1000 + 1), 1);
	assert_false(said(2).here);
	assert_int_equal(asked[2].count, 2);
	come(2);
	assert_int_equal(count(peer, ""), 1);
}

static void test_a_transaction_that_fails_tells_nothing(void **state)
{
	struct room *room = *state;
	struct peer *peer = desk_known(&desk);

	join(peer, 1);
	proposed();
	put(&asked[0], own[0]);
	room_roll_back(room);
	assert_int_equal(count(peer, "room"), 0);
	answer(0, WIRE_OUT_FULL);
	assert_int_equal(proposed_after(250000), 1);
	come(1);
	assert_int_equal(count(peer, "room"), 1);
}

/* ---- beginning */

static void test_a_hub_that_starts_again_knows_whose_they_are(void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	join(peer, 1);
	proposed();
	come(0);
	other(2, true);
	again(true);
	peer = desk_known(&desk);
	assert_int_equal(count(peer, "room"), 2);
	assert_int_equal(proposed_after(WIRE_GONE_MS * 1000 + 1), 1);
	assert_memory_equal(said(0).subscriber, "subscriber000001", 16);
	come(0);
	there = ORDER_GONE_OURS;
	assert_int_equal(proposed_after(250000), 1);
	assert_memory_equal(said(1).subscriber, "subscriber000002", 16);
}

static void test_who_was_there_before_it_was_shared_is_told_of_again(
	void **state)
{
	(void)state;
	again(false);
	join(desk_known(&desk), 1);
	assert_int_equal(told(), 1);
	again(true);
	assert_int_equal(proposed(), 0);
	join(desk_known(&desk), 1);
	assert_int_equal(proposed(), 1);
	assert_true(said(0).here && said(0).since > 0);
	come(0);
	assert_int_equal(count(desk.peers.first, "room"), 1);
	assert_int_equal(proposed(), 0);
}

static void test_where_it_is_shared_no_more_the_others_leave(void **state)
{
	(void)state;
	other(1, true);
	again(false);
	assert_int_equal(count(desk_known(&desk), "room"), 1);
	assert_int_equal(told_after(WIRE_GONE_MS + 1), 1);
	assert_int_equal(count(desk.peers.first, "room"), 0);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_joins_is_there_once_his_entry_has_come_back),
		TEST(test_who_leaves_before_it_came_back_is_told_to_have_left),
		TEST(test_what_fails_is_proposed_again_a_moment_later),
		TEST(test_while_the_order_is_away_he_waits),
		TEST(test_whose_leaving_others_told_is_told_of_again),
		TEST(test_whom_nobody_here_knows_leaves_after_a_moment),
		TEST(test_who_comes_and_goes_elsewhere_is_seen_here),
		TEST(test_a_machine_that_has_left_takes_along_who_was_there),
		TEST(test_the_others_say_so_only_if_the_first_does_not),
		TEST(test_what_was_said_once_and_did_not_come_here_is_said_again),
		TEST(test_a_machine_that_is_back_in_time_keeps_who_was_there),
		TEST(test_who_leaves_a_machine_that_was_away_is_told_so_by_one_of_them),
		TEST(test_a_stream_that_changes_machine_with_its_name_is_here),
		TEST(test_who_is_here_is_told_of_again_where_a_machine_missed_it),
		TEST(test_whom_nobody_tells_of_again_has_left),
		TEST(test_who_came_by_what_was_forgotten_is_told_of_again),
		TEST(test_who_left_by_what_was_forgotten_is_told_to_have_left_again),
		TEST(test_a_transaction_that_fails_tells_nothing),
		TEST(test_a_hub_that_starts_again_knows_whose_they_are),
		TEST(test_who_was_there_before_it_was_shared_is_told_of_again),
		TEST(test_where_it_is_shared_no_more_the_others_leave),
	};

	return cmocka_run_group_tests_name(
		"presence, shared", tests, NULL, NULL);
}
