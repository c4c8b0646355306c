/* SPDX-License-Identifier: MIT */
/* hub/together: who waits for a shared order */
#include <config.h>

#include "hub/together/behind.h"
#include "lib/event/active.h"
#include "tests/unit/hub_together_room.h"

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
	struct shared_entry entry = entry_at(id);

	entry.what.channel = span_of(ACTIVE_CHANNEL);
	come(&entry);
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
	};

	return cmocka_run_group_tests_name("together", tests, NULL, NULL);
}
