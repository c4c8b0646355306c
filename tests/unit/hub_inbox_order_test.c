/* SPDX-License-Identifier: MIT */
/* hub/inbox_order: rows of inboxes, where the order of events is shared */
#include <config.h>

#include <stdlib.h>

#include "hub/log/order.h"
#include "tests/unit/hub_inbox_room.h"

/* ---- an order that says what the test wants */

enum { ASKED = 16 };

static struct {
	struct order order;
	struct ack asked[ASKED];
	struct order_cursor cursors[ASKED];
	size_t count, room;
	struct order_question *question;
	struct order_look *look;
} fake;

static bool propose(void *arg, const struct proposal *proposal, struct ack *ack)
{
	(void)arg;
	assert_true(fake.count < ASKED);
	fake.cursors[fake.count] = proposal->cursor;
	fake.asked[fake.count++] = *ack;
	return false;
}

static void forget(void *arg, const void *peer)
{
	(void)arg;
	(void)peer;
}

static size_t room_for(void *arg)
{
	(void)arg;
	return fake.room;
}

static void look(void *arg, struct order_look *look)
{
	(void)arg;
	fake.look = look;
}

static void ask_cursor(void *arg, struct span name, const uint8_t *identity,
	struct order_question *question)
{
	(void)arg;
	(void)name;
	(void)identity;
	fake.question = question;
}

static int setup(void **state)
{
	hub_inbox_setup(state);
	memset(&fake, 0, sizeof(fake));
	fake.room = ASKED;
	fake.order = (struct order){.propose = propose,
		.forget = forget,
		.room = room_for,
		.look = look,
		.ask_cursor = ask_cursor};
	desk.room->ledger.order = &fake.order;
	return 0;
}

static int teardown(void **state)
{
	free(fake.question);
	return hub_inbox_teardown(state);
}

static void say_cursor(uint64_t cursor)
{
	struct order_question *question = fake.question;

	assert_non_null(question);
	fake.question = NULL;
	question->answered(question->asker, cursor);
	free(question);
}

static void reach(uint64_t last)
{
	fake.look->answered = true;
	fake.look->last = last;
}

/* One whose file the order knows to be published up to there. */
static struct peer *opened_at(uint64_t cursor)
{
	struct peer *peer = reader_of("one");

	say_file(peer, 1, 'a');
	desk_turn(&desk);
	say_cursor(cursor);
	reach(0);
	desk_turn(&desk);
	heard_at(peer, 1, (struct at){.known = cursor > 0, .cursor = cursor});
	return peer;
}

static void tell(size_t at, enum wire_outcome outcome)
{
	struct ack ack = fake.asked[at];

	ack.outcome = outcome;
	ack.reason = "is bad";
	ack.tell(ack.peer, &ack);
}

static void apply(uint64_t row)
{
	const struct inbox *inbox = &desk.inboxes.all[0];

	assert_true(ledger_begin(&desk.room->ledger));
	inboxes_moved(&desk.inboxes, span_of("one"), inbox->identity, row);
}

/* ---- */

static void test_a_reader_begins_where_the_order_says_once_that_is_here(
	void **state)
{
	uint64_t ahead = desk.room->ledger.log.committed + 1;
	struct peer *peer = reader_of("one");

	(void)state;
	say_file(peer, 1, 'a');
	desk_turn(&desk);
	say_cursor(7);
	reach(ahead);
	desk_turn(&desk);
	assert_int_equal(link_pending(&peer->link), 0);
	reach(ahead - 1);
	desk_turn(&desk);
	heard_at(peer, 1, (struct at){.known = true, .cursor = 7});
}

static void test_rows_are_taken_once_all_of_them_are_answered(void **state)
{
	struct peer *peer = opened_at(0);

	(void)state;
	say_rows(peer, 2, 0, "abc");
	desk_turn(&desk);
	assert_int_equal(fake.count, 3);
	assert_int_equal(fake.cursors[2].from, 2);
	assert_int_equal(fake.cursors[2].to, 3);
	tell(0, WIRE_OUT_STORED);
	tell(1, WIRE_OUT_REPEATED);
	desk_turn(&desk);
	assert_int_equal(link_pending(&peer->link), 0);
	tell(2, WIRE_OUT_STORED);
	desk_turn(&desk);
	desk_turn(&desk);
	heard_taken(peer, 2, 3, 0);
	assert_int_equal(fake.count, 3);
}

static void test_no_more_rows_are_proposed_than_go_together(void **state)
{
	struct peer *peer = opened_at(0);

	(void)state;
	fake.room = 2;
	say_rows(peer, 2, 0, "abc");
	desk_turn(&desk);
	desk_turn(&desk);
	assert_int_equal(fake.count, 2);
	tell(0, WIRE_OUT_STORED);
	tell(1, WIRE_OUT_STORED);
	desk_turn(&desk);
	assert_int_equal(fake.count, 3);
}

static void test_a_row_that_came_meanwhile_is_not_proposed_again(void **state)
{
	struct peer *peer = opened_at(0);

	(void)state;
	fake.room = 0;
	say_rows(peer, 2, 0, "abc");
	desk_turn(&desk);
	apply(2);
	ledger_commit(&desk.room->ledger);
	fake.room = ASKED;
	hand_clock_pass(&desk.room->hands, 1000000);
	desk_turn(&desk);
	assert_int_equal(fake.count, 1);
	assert_int_equal(fake.cursors[0].from, 2);
	assert_int_equal(fake.cursors[0].to, 3);
}

static void test_rows_that_will_not_do_are_refused_and_passed(void **state)
{
	struct peer *peer = opened_at(0);
	struct wire_in in;

	(void)state;
	say_rows(peer, 2, 0, "a!c");
	desk_turn(&desk);
	assert_int_equal(fake.count, 2);
	tell(0, WIRE_OUT_CONFLICT);
	tell(1, WIRE_OUT_STORED);
	desk_turn(&desk);
	desk_turn(&desk);
	in = heard_taken(peer, 2, 3, 2);
	check_reason(&in, 2);
	check_reason(&in, 1);
	assert_int_equal(count("inbox_error"), 2);
}

static void test_what_got_no_place_is_for_the_reader_to_send_again(void **state)
{
	struct peer *peer = opened_at(0);

	(void)state;
	say_rows(peer, 2, 0, "abc");
	desk_turn(&desk);
	tell(0, WIRE_OUT_STORED);
	tell(1, WIRE_OUT_AWAY);
	tell(2, WIRE_OUT_AWAY);
	desk_turn(&desk);
	heard_taken(peer, 2, 1, 0);
}

static void test_another_machines_inbox_moves_in_the_log_only(void **state)
{
	uint8_t identity[CURSOR_IDENTITY] = {9};

	(void)state;
	opened_at(0);
	assert_true(ledger_begin(&desk.room->ledger));
	inboxes_moved(&desk.inboxes, span_of("one"), identity, 5);
	inboxes_moved(&desk.inboxes, span_of("one"), identity, 8);
	ledger_commit(&desk.room->ledger);
	assert_int_equal(desk.inboxes.all[0].cursor, 0);
	assert_int_equal(count("inbox WHERE cursor = 8"), 1);
}

#define HERE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(test_a_reader_begins_where_the_order_says_once_that_is_here),
		HERE(test_rows_are_taken_once_all_of_them_are_answered),
		HERE(test_no_more_rows_are_proposed_than_go_together),
		HERE(test_a_row_that_came_meanwhile_is_not_proposed_again),
		HERE(test_rows_that_will_not_do_are_refused_and_passed),
		HERE(test_what_got_no_place_is_for_the_reader_to_send_again),
		HERE(test_another_machines_inbox_moves_in_the_log_only),
	};

	return cmocka_run_group_tests_name(
		"inbox, a shared order", tests, NULL, NULL);
}
