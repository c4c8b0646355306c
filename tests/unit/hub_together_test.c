/* SPDX-License-Identifier: MIT */
/* hub/together: who waits for a shared order, played by a wing of the test's */
#include <config.h>

#include "hub/log/entry.h"
#include "hub/log/orphan.h"
#include "hub/shared/shared.h"
#include "hub/together/behind.h"
#include "hub/together/together.h"
#include "lib/event/active.h"
#include "tests/unit/hub_room.h"

/* ---- a wing that says what the test wants */

enum { ASKED = 160 };

static struct wing {
	struct shared_notify notify;
	struct {
		void *whose;
		uint64_t orphan;
	} asked[ASKED];
	size_t count, waiting;
	unsigned follows, pauses;
	uint64_t from, blind;
	const struct shared_founding *founding;
} wing;

struct shared *shared_open(struct loop *loop,
	const struct shared_options *options,
	const struct shared_notify *notify, const char **fault)
{
	(void)loop;
	(void)options;
	(void)fault;
	wing = (struct wing){.notify = *notify};
	return (struct shared *)(void *)&wing;
}

void shared_close(struct shared *shared)
{
	(void)shared;
}

void shared_append(struct shared *shared,
	const struct shared_proposal *proposal, void *whose)
{
	(void)shared;
	assert_true(wing.count < ASKED);
	wing.asked[wing.count].whose = whose;
	wing.asked[wing.count++].orphan = proposal->orphan;
	wing.waiting++;
}

size_t shared_waiting(const struct shared *shared)
{
	(void)shared;
	return wing.waiting;
}

void shared_follow(struct shared *shared, uint64_t from,
	const uint8_t origin[SHARED_ID], const struct shared_hole *known,
	size_t count)
{
	(void)shared;
	(void)origin;
	(void)known;
	(void)count;
	wing.follows++;
	wing.from = from;
}

void shared_pause(struct shared *shared)
{
	(void)shared;
	wing.pauses++;
}

uint64_t shared_look(struct shared *shared)
{
	(void)shared;
	return 1;
}

void shared_ask_cursor(struct shared *shared, struct span name,
	const uint8_t identity[SHARED_ID], void *whose)
{
	(void)shared;
	(void)name;
	(void)identity;
	(void)whose;
}

void shared_count(struct shared *shared, struct span name, uint32_t number)
{
	(void)shared;
	(void)name;
	(void)number;
}

enum shared_there shared_there(
	const struct shared *shared, const uint8_t origin[SHARED_ID])
{
	(void)shared;
	(void)origin;
	return SHARED_THERE;
}

void shared_blind(struct shared *shared, uint64_t id)
{
	(void)shared;
	wing.blind = id;
}

uint64_t shared_blindest(const struct shared *shared)
{
	(void)shared;
	return wing.blind;
}

bool shared_identity(const struct shared *shared, uint8_t identity[SHARED_ID],
	uint8_t secret[SHARED_SECRET])
{
	(void)shared;
	(void)identity;
	(void)secret;
	return false;
}

void shared_found(struct shared *shared, const struct shared_founding *founding)
{
	(void)shared;
	wing.founding = founding;
}

/* ---- a ledger that has it */

static char server[] = "unix:/nowhere";
static char *servers[] = {server};
static struct together *together;
static unsigned renewals, states, moves;
static uint64_t now_ms;

static void on_renewed(void *arg)
{
	(void)arg;
	renewals++;
}

static void on_state(void *arg)
{
	(void)arg;
	states++;
}

static void on_moved(void *arg, struct span name,
	const uint8_t identity[ORIGIN_INBOX], uint64_t cursor)
{
	(void)arg;
	(void)name;
	(void)identity;
	(void)cursor;
	moves++;
}

static void is_here(struct room *room, uint64_t last, uint64_t heard_us)
{
	const struct shared_state state = {
		.where = SHARED_HERE, .last = last, .heard_us = heard_us};

	(void)room;
	wing.notify.state(wing.notify.arg, &state);
}

static int setup(void **state)
{
	static const struct together_sink sink = {
		.renewed = on_renewed, .state = on_state, .moved = on_moved};
	struct room *room;

	room_setup(state);
	room = *state;
	room->config.shared.redis = servers;
	room->config.shared.redis_count = 1;
	room->config.shared.give_up_ms = 5000;
	room_reopen(room);
	renewals = states = moves = 0;
	now_ms = room->hands.wall_us / 1000;
	together = together_open(NULL, &room->ledger, &sink);
	together_step(together);
	is_here(room, 0, 0);
	together_step(together);
	together_tend(together);
	return 0;
}

static int teardown(void **state)
{
	struct room *room = *state;
	char origin[128];

	together_close(together);
	snprintf(origin, sizeof(origin), "%s.origin", room->path);
	unlink(origin);
	return room_teardown(state);
}

static bool propose(struct room *room, uint64_t number, struct ack *ack)
{
	struct proposed item = {.data = span_of("x")};
	const struct proposal proposal = {
		.channel = span_of("a"), .items = &item, .count = 1};

	*ack = (struct ack){.peer = room, .number = number};
	return order_propose(&room->ledger, &proposal, ack);
}

static void must_wait(struct room *room, uint64_t number)
{
	struct ack ack;

	assert_false(propose(room, number, &ack));
}

static void answer(size_t at, enum shared_outcome outcome, uint64_t id)
{
	const struct shared_answer answer = {.whose = wing.asked[at].whose,
		.outcome = outcome,
		.first = id,
		.last = id,
		.entry = outcome == SHARED_STORED ? id : 0};

	wing.waiting--;
	wing.notify.answered(wing.notify.arg, &answer);
}

static void follow(uint64_t id, uint64_t orphan)
{
	const struct shared_item item = {.data = span_of("x")};
	const struct shared_entry entry = {
		.id = id,
		.at = now_ms,
		.rows = 1,
		.what = {.channel = span_of("a"),
			.items = &item,
			.count = 1,
			.rows = 1,
			.orphan = orphan},
	};

	wing.notify.entry(wing.notify.arg, &entry);
}

static size_t told(const struct room *room)
{
	return room->acks.len / sizeof(struct ack);
}

static const struct ack *ack_at(const struct room *room, size_t at)
{
	return (const struct ack *)(const void *)room->acks.at + at;
}

static uint64_t base(const struct room *room)
{
	return room->ledger.log.newest + 1000;
}

/* ---- acks */

static void test_an_ack_comes_after_the_commit_of_its_entry(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	must_wait(room, 1);
	answer(0, SHARED_STORED, id);
	ledger_commit(&room->ledger);
	assert_int_equal(told(room), 0);
	follow(id, 0);
	assert_int_equal(told(room), 0);
	ledger_commit(&room->ledger);
	assert_int_equal(told(room), 1);
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_STORED);
	assert_int_equal(ack_at(room, 0)->last, id);
	assert_int_equal(room->ledger.log.committed, id);
}

static void test_the_entry_may_come_before_the_answer(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	must_wait(room, 1);
	follow(id, 0);
	ledger_commit(&room->ledger);
	answer(0, SHARED_STORED, id);
	ledger_commit(&room->ledger);
	assert_int_equal(told(room), 1);
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_STORED);
}

static void test_what_is_repeated_is_told_once_it_is_here(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	must_wait(room, 1);
	answer(0, SHARED_REPEATED, id);
	ledger_commit(&room->ledger);
	assert_int_equal(told(room), 0);
	follow(id, 0);
	ledger_commit(&room->ledger);
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_REPEATED);
}

static void test_what_is_repeated_waits_for_the_newest_of_its_events(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	must_wait(room, 1);
	wing.waiting--;
	wing.notify.answered(wing.notify.arg,
		&(struct shared_answer){.whose = wing.asked[0].whose,
			.outcome = SHARED_REPEATED,
			.first = id + 1,
			.last = id,
			.entry = id + 1});
	follow(id, 0);
	ledger_commit(&room->ledger);
	assert_int_equal(told(room), 0);
	follow(id + 1, 0);
	ledger_commit(&room->ledger);
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_REPEATED);
}

static void test_a_conflict_is_told_at_once(void **state)
{
	struct room *room = *state;

	must_wait(room, 1);
	answer(0, SHARED_CONFLICT, 0);
	assert_int_equal(told(room), 1);
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_CONFLICT);
}

static void test_what_cannot_be_written_is_refused_and_followed_again(
	void **state)
{
	struct room *room = *state;
	uint64_t had = room->ledger.log.committed, id = base(room);

	must_wait(room, 1);
	answer(0, SHARED_STORED, id);
	follow(id, 0);
	room_fail(room);
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_FULL);
	assert_int_equal(wing.pauses, 1);
	assert_int_equal(wing.follows, 1);
	room->ledger.writable = true;
	together_tend(together);
	assert_int_equal(wing.follows, 2);
	assert_int_equal(wing.from, had);
	follow(id, 0);
	ledger_commit(&room->ledger);
	assert_int_equal(room->ledger.log.committed, id);
}

static void test_who_is_gone_is_told_nothing(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	must_wait(room, 1);
	order_forget(&room->ledger, room);
	answer(0, SHARED_STORED, id);
	follow(id, 0);
	ledger_commit(&room->ledger);
	assert_int_equal(told(room), 0);
}

static void test_what_does_not_come_back_is_given_up(void **state)
{
	struct room *room = *state;

	must_wait(room, 1);
	answer(0, SHARED_STORED, base(room));
	hand_clock_pass(&room->hands, 5100000);
	together_tend(together);
	assert_int_equal(told(room), 1);
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_AWAY);
	assert_non_null(ack_at(room, 0)->reason);
}

static void test_what_the_order_forgot_before_it_came_is_refused(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};

	must_wait(room, 1);
	answer(0, SHARED_STORED, id);
	wing.notify.hole(wing.notify.arg, &hole);
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_AWAY);
	assert_int_equal(room->ledger.log.committed, hole.start);
	assert_int_equal(renewals, 1);
}

static void test_what_has_its_place_and_cannot_be_had_is_not_acknowledged(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	must_wait(room, 1);
	must_wait(room, 2);
	answer(0, SHARED_STORED, id);
	wing.notify.missed(
		wing.notify.arg, room->ledger.log.newest, id + 3, NULL);
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_AWAY);
	answer(1, SHARED_STORED, id + 1);
	assert_int_equal(ack_at(room, 1)->outcome, WIRE_OUT_AWAY);
	ledger_commit(&room->ledger);
	assert_int_equal(told(room), 2);
}

static void test_what_was_removed_before_it_came_is_not_acknowledged(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	must_wait(room, 1);
	wing.notify.missed(wing.notify.arg, room->ledger.log.newest, id, NULL);
	answer(0, SHARED_STORED, id);
	must_wait(room, 2);
	answer(1, SHARED_REPEATED, id);
	ledger_commit(&room->ledger);
	assert_int_equal(told(room), 2);
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_AWAY);
	assert_int_equal(ack_at(room, 1)->outcome, WIRE_OUT_AWAY);
}

/* ---- what a stranger wrote */

static void follow_unfit(uint64_t id)
{
	const struct shared_item item = {.data = span_of("x")};
	const struct shared_entry entry = {
		.id = id,
		.at = now_ms,
		.rows = 1,
		.what = {.channel = span_of(ACTIVE_CHANNEL),
			.items = &item,
			.count = 1,
			.rows = 1},
	};

	wing.notify.entry(wing.notify.arg, &entry);
}

static void test_entries_that_will_not_do_are_left_out_together(void **state)
{
	struct room *room = *state;
	struct eventlog *log = &room->ledger.log;
	uint64_t id = base(room);
	uint64_t had = log->committed;

	for (uint64_t i = 0; i < 100; i++)
		follow_unfit(id + i);
	assert_int_equal(log->committed, had);
	follow(id + 100, 0);
	assert_int_equal(log->committed, id + 99);
	ledger_commit(&room->ledger);
	assert_int_equal(log->committed, id + 100);
	assert_int_equal(renewals, 1);
	follow_unfit(id + 101);
	together_step(together);
	assert_int_equal(log->committed, id + 101);
	assert_int_equal(renewals, 2);
}

/* ---- who has come and gone meanwhile is not known */

static void test_a_log_that_may_lack_entries_says_up_to_where(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	follow(id, 0);
	ledger_commit(&room->ledger);
	wing.blind = 0;
	wing.notify.missed(wing.notify.arg, id, id + 5, "broken");
	assert_int_equal(wing.blind, 0);
	wing.notify.missed(wing.notify.arg, id + 5, id + 9, NULL);
	assert_int_equal(wing.blind, id + 9);
	wing.notify.hole(
		wing.notify.arg, &(struct shared_hole){id + 9, id + 500});
	assert_int_equal(wing.blind, id + 9);
	wing.notify.hole(
		wing.notify.arg, &(struct shared_hole){id + 300, id + 900});
	assert_int_equal(wing.blind, id + 900);
}

/* ---- whether it will do */

static void test_who_is_too_far_behind_proposes_nothing(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	struct ack ack;

	is_here(room, id, room->hands.mono_us);
	must_wait(room, 1);
	hand_clock_pass(&room->hands, 1100000);
	is_here(room, id + 5, room->hands.mono_us);
	assert_false(propose(room, 2, &ack));
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_BEHIND);
	assert_non_null(room->ledger.away);
	follow(id, 0);
	ledger_commit(&room->ledger);
	together_tend(together);
	assert_null(room->ledger.away);
	must_wait(room, 3);
}

static void test_an_order_that_is_stopped_refuses_at_once_and_says_why(
	void **state)
{
	static const struct shared_state stopped = {
		.where = SHARED_STOPPED, .sentence = "it is a cluster"};
	struct room *room = *state;
	struct ack ack;

	wing.notify.state(wing.notify.arg, &stopped);
	assert_false(propose(room, 1, &ack));
	assert_int_equal(ack_at(room, 0)->outcome, WIRE_OUT_AWAY);
	assert_non_null(strstr(room->ledger.away, "it is a cluster"));
	assert_true(states > 0);
}

static void test_hearing_newer_ids_does_not_make_it_less_behind(void **state)
{
	struct behind behind = {0};

	(void)state;
	behind_hear(&behind, 10, 1000, 0);
	behind_hear(&behind, 20, 900000, 5);
	assert_false(behind_is(&behind, 5, 1000 + BEHIND_US));
	assert_true(behind_is(&behind, 5, 1001 + BEHIND_US));
	assert_false(behind_is(&behind, 10, 1001 + BEHIND_US));
}

/* ---- orphans */

static void test_orphans_are_proposed_again_before_rows_of_inboxes(void **state)
{
	struct room *room = *state;
	const struct order *order = room->ledger.order;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};
	struct orphan_line line;

	assert_true(order->room(order->arg) > 0);
	follow(id, 0);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	assert_int_equal(order->room(order->arg), 0);
	together_step(together);
	assert_int_equal(wing.count, 1);
	assert_int_equal(wing.asked[0].orphan, id);
	assert_int_equal(order->room(order->arg), 0);
	answer(0, SHARED_STORED, hole.start + 1);
	assert_true(order->room(order->arg) > 0);
	assert_true(orphan_next(&room->ledger.store, 0, NULL, &line));
	follow(hole.start + 1, id);
	ledger_commit(&room->ledger);
	assert_false(orphan_next(&room->ledger.store, 0, NULL, &line));
}

static void test_an_orphan_that_is_there_already_is_one_no_more(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};
	struct orphan_line line;

	follow(id, 0);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	together_step(together);
	answer(0, SHARED_REPEATED, hole.start + 1);
	ledger_commit(&room->ledger);
	assert_true(orphan_next(&room->ledger.store, 0, NULL, &line));
	follow(hole.start + 1, 0);
	ledger_commit(&room->ledger);
	assert_false(orphan_next(&room->ledger.store, 0, NULL, &line));
}

static void test_an_old_orphan_is_left_where_it_is(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};

	now_ms -= room->config.key_age_ms;
	follow(id, 0);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	together_step(together);
	ledger_commit(&room->ledger);
	assert_int_equal(wing.count, 0);
	assert_true(room->ledger.order->room(room->ledger.order->arg) > 0);
}

static void test_many_old_orphans_are_left_in_several_turns(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 5000};

	now_ms -= room->config.key_age_ms;
	for (uint64_t i = 0; i < 300; i++)
		follow(id + i, 0);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	together_step(together);
	ledger_commit(&room->ledger);
	assert_int_equal(orphans_count(&room->ledger.store), 300 - 256);
	together_step(together);
	ledger_commit(&room->ledger);
	assert_int_equal(orphans_count(&room->ledger.store), 0);
}

/* Another machine took it. */
static void follow_others(uint64_t id)
{
	const struct shared_item item = {.data = span_of("x")};
	const struct shared_entry entry = {
		.id = id,
		.at = now_ms,
		.rows = 1,
		.what = {.channel = span_of("a"),
			.items = &item,
			.count = 1,
			.rows = 1,
			.origin = {9}},
	};

	wing.notify.entry(wing.notify.arg, &entry);
}

static void test_what_another_machine_took_is_put_back_here_only_later(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};

	follow_others(id);
	follow(id + 1, 0);
	follow_others(id + 2);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	together_step(together);
	assert_int_equal(wing.count, 1);
	assert_int_equal(wing.asked[0].orphan, id + 1);
	answer(0, SHARED_STORED, hole.start + 1);
	follow(hole.start + 1, id + 1);
	ledger_commit(&room->ledger);
	together_tend(together);
	together_step(together);
	assert_int_equal(wing.count, 1);
	hand_clock_pass(&room->hands, 11000000);
	is_here(room, hole.start + 1, room->hands.mono_us);
	together_tend(together);
	together_step(together);
	assert_int_equal(wing.count, 3);
	assert_int_equal(wing.asked[1].orphan, id);
	assert_int_equal(wing.asked[2].orphan, id + 2);
}

/* A later row of the inbox would tell that the first is published, too. */
static void test_after_an_orphan_that_failed_none_is_put_back_before_it(
	void **state)
{
	enum { MANY = 80, AT_ONCE = 64 };
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};

	for (uint64_t i = 0; i < MANY; i++)
		follow(id + i, 0);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	together_step(together);
	assert_int_equal(wing.count, AT_ONCE);
	answer(0, SHARED_FAILED, 0);
	for (uint64_t i = 1; i < AT_ONCE; i++) {
		answer(i, SHARED_STORED, hole.start + i);
		follow(hole.start + i, id + i);
		together_step(together);
		assert_int_equal(wing.count, AT_ONCE);
	}
	ledger_commit(&room->ledger);
	together_tend(together);
	together_step(together);
	assert_int_equal(wing.count, AT_ONCE + 1 + MANY - AT_ONCE);
	assert_int_equal(wing.asked[AT_ONCE].orphan, id);
	assert_int_equal(wing.asked[AT_ONCE + 1].orphan, id + AT_ONCE);
}

/* The log that founded the order does not say what an event was before. */
static void
test_an_orphan_whose_successor_was_in_the_log_that_founded_the_order_is_one_no_more(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	const struct shared_hole hole = {id - 1, id + 500};
	const struct shared_item item = {.data = span_of("x")};
	struct shared_entry entry = {
		.id = id,
		.at = now_ms,
		.rows = 1,
		.what = {.channel = span_of("a"),
			.items = &item,
			.count = 1,
			.rows = 1,
			.source = 7,
			.number = 8,
			.origin = {9}},
	};
	struct orphan_line line;

	wing.notify.entry(wing.notify.arg, &entry);
	ledger_commit(&room->ledger);
	wing.notify.hole(wing.notify.arg, &hole);
	entry.founded = true;
	entry.id = hole.start + 1;
	entry.what.number = 9;
	wing.notify.entry(wing.notify.arg, &entry);
	ledger_commit(&room->ledger);
	assert_true(orphan_next(&room->ledger.store, 0, NULL, &line));
	entry.id++;
	entry.what.number = 8;
	wing.notify.entry(wing.notify.arg, &entry);
	ledger_commit(&room->ledger);
	assert_false(orphan_next(&room->ledger.store, 0, NULL, &line));
}

/* ---- an order is founded */

static const struct shared_founding *found(void)
{
	wing.notify.may_found(wing.notify.arg);
	assert_non_null(wing.founding);
	return wing.founding;
}

/* Its first entry has that id; all others come right after it. */
static void must_have(
	const struct shared_founding *founding, uint64_t first, uint64_t count)
{
	struct shared_entry entry;
	uint64_t shown = 0;

	for (uint64_t i = 0; i < count; i++) {
		assert_true(founding->entry(founding->arg, &entry, &shown));
		assert_int_equal(entry.id, first + i);
	}
	assert_false(founding->entry(founding->arg, &entry, &shown));
}

static void keep(struct room *room, uint64_t age_ms, uint64_t bytes)
{
	room->config.shared.keep_age_ms = age_ms;
	room->config.shared.keep_bytes = bytes;
}

static void test_a_log_that_lost_nothing_is_put_there_whole(void **state)
{
	struct room *room = *state;
	const struct shared_founding *founding;
	uint64_t id = base(room);

	keep(room, 3600000, 1 << 20);
	for (uint64_t i = 0; i < 3; i++)
		follow(id + i, 0);
	ledger_commit(&room->ledger);
	founding = found();
	assert_false(founding->cut);
	assert_int_equal(founding->last, id + 2);
	must_have(founding, id, 3);
}

static void test_what_is_older_than_redis_keeps_it_is_not_put_there(
	void **state)
{
	struct room *room = *state;
	const struct shared_founding *founding;
	uint64_t id = base(room);

	keep(room, 3600000, 1 << 20);
	now_ms -= 3600001;
	follow(id, 0);
	follow(id + 1, 0);
	now_ms += 3600001;
	follow(id + 2, 0);
	ledger_commit(&room->ledger);
	founding = found();
	assert_true(founding->cut);
	must_have(founding, id + 2, 1);
}

static void test_what_is_more_than_redis_keeps_is_not_put_there(void **state)
{
	struct room *room = *state;
	const struct shared_founding *founding;
	uint64_t id = base(room);

	for (uint64_t i = 0; i < 20; i++)
		follow(id + i, 0);
	ledger_commit(&room->ledger);
	keep(room, 3600000, 2 * 5 * room->ledger.channels.sums.pool_bytes / 20);
	founding = found();
	assert_true(founding->cut);
	must_have(founding, id + 15, 5);
}

static void test_what_was_pruned_before_is_a_gap_for_who_joins(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	keep(room, 3600000, 1 << 20);
	follow(id, 0);
	ledger_commit(&room->ledger);
	wing.notify.missed(wing.notify.arg, id, id + 5, NULL);
	follow(id + 6, 0);
	ledger_commit(&room->ledger);
	assert_true(found()->cut);
}

static void test_who_was_there_is_not_put_there(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	keep(room, 3600000, 1 << 20);
	follow(id, 0);
	ledger_commit(&room->ledger);
	room_publish(room, ACTIVE_CHANNEL, "x");
	assert_int_equal(room->ledger.log.committed, id + 1);
	must_have(found(), id, 1);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_an_ack_comes_after_the_commit_of_its_entry),
		IN_ROOM(test_the_entry_may_come_before_the_answer),
		IN_ROOM(test_what_is_repeated_is_told_once_it_is_here),
		IN_ROOM(test_what_is_repeated_waits_for_the_newest_of_its_events),
		IN_ROOM(test_a_conflict_is_told_at_once),
		IN_ROOM(test_what_cannot_be_written_is_refused_and_followed_again),
		IN_ROOM(test_who_is_gone_is_told_nothing),
		IN_ROOM(test_what_does_not_come_back_is_given_up),
		IN_ROOM(test_what_the_order_forgot_before_it_came_is_refused),
		IN_ROOM(test_what_has_its_place_and_cannot_be_had_is_not_acknowledged),
		IN_ROOM(test_what_was_removed_before_it_came_is_not_acknowledged),
		IN_ROOM(test_entries_that_will_not_do_are_left_out_together),
		IN_ROOM(test_a_log_that_may_lack_entries_says_up_to_where),
		IN_ROOM(test_who_is_too_far_behind_proposes_nothing),
		IN_ROOM(test_an_order_that_is_stopped_refuses_at_once_and_says_why),
		cmocka_unit_test(
			test_hearing_newer_ids_does_not_make_it_less_behind),
		IN_ROOM(test_orphans_are_proposed_again_before_rows_of_inboxes),
		IN_ROOM(test_an_orphan_that_is_there_already_is_one_no_more),
		IN_ROOM(test_an_old_orphan_is_left_where_it_is),
		IN_ROOM(test_many_old_orphans_are_left_in_several_turns),
		IN_ROOM(test_what_another_machine_took_is_put_back_here_only_later),
		IN_ROOM(test_after_an_orphan_that_failed_none_is_put_back_before_it),
		IN_ROOM(test_an_orphan_whose_successor_was_in_the_log_that_founded_the_order_is_one_no_more),
		IN_ROOM(test_a_log_that_lost_nothing_is_put_there_whole),
		IN_ROOM(test_what_is_older_than_redis_keeps_it_is_not_put_there),
		IN_ROOM(test_what_is_more_than_redis_keeps_is_not_put_there),
		IN_ROOM(test_what_was_pruned_before_is_a_gap_for_who_joins),
		IN_ROOM(test_who_was_there_is_not_put_there),
	};

	return cmocka_run_group_tests_name("together", tests, NULL, NULL);
}
