/* SPDX-License-Identifier: MIT */
/* hub/peers/inbox: what whoever reads an inbox may say */
#include <config.h>

#include "tests/unit/hub_inbox_room.h"

enum { STRANGER = 4242 /* a user */ };

static void test_the_older_of_two_readers_is_closed(void **state)
{
	struct peer *old = opened("one", 'X'), *peer;

	(void)state;
	say_rows(old, 2, 0, "a");
	peer = reader_of("one");
	assert_true(old->closed);
	say_file(peer, 1, 'X');
	desk_turn(&desk);
	heard_at(peer, 1, (struct at){0});
	say_rows(peer, 2, 0, "a");
	desk_turn(&desk);
	heard_taken(peer, 2, 1, 0);
	check_log("a");
}

static void test_an_inbox_that_nobody_named_cannot_be_read(void **state)
{
	struct peer *peer = desk_known(&desk);

	(void)state;
	claim(peer, "third");
	assert_true(peer->closed);
	assert_null(peer->inbox);
}

static void test_a_responder_may_not_read_inboxes(void **state)
{
	struct room *room = *state;
	static uid_t responders[] = {STRANGER};
	struct peer *peer = desk_known(&desk);

	room->config.hub_users = responders;
	room->config.hub_user_count = 1;
	peer->uid = STRANGER;
	claim(peer, "one");
	assert_true(peer->closed);
	assert_null(desk.inboxes.all[0].peer);
}

/* Whether a peer that has said so much may say a frame of this type. */
static void check_allowed(struct peer *peer, unsigned type, bool allowed)
{
	char name[32];
	struct buf body = {0};

	snprintf(name, sizeof(name), "a frame of type %u", type);
	if (type == WIRE_PING)
		wire_put_u64(&body, 1);
	say(peer, (enum wire_type)type, &body);
	CHECK(name, peer->closed == !allowed);
	peer_drop(peer, NULL);
	peers_flush(&desk.peers);
}

static void test_who_speaks_for_an_inbox_may_say_nothing_else(void **state)
{
	(void)state;
	for (unsigned type = 0; type <= UINT8_MAX; type++)
		check_allowed(reader_of("one"), type, type == WIRE_PING);
}

static void test_a_user_who_only_reads_may_say_nothing_else(void **state)
{
	struct room *room = *state;
	static uid_t readers[] = {STRANGER};

	room->config.inbox_users = readers;
	room->config.inbox_user_count = 1;
	for (unsigned type = 0; type <= UINT8_MAX; type++) {
		struct peer *peer = desk_known(&desk);

		peer->uid = STRANGER;
		check_allowed(peer, type, false);
	}
	{
		struct peer *peer = desk_known(&desk);

		peer->uid = STRANGER;
		claim(peer, "one");
		assert_false(peer->closed);
		assert_ptr_equal(desk.inboxes.all[0].peer, peer);
	}
}

static void test_one_who_asks_too_much_ahead_is_closed(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	for (uint64_t i = 0; i < WIRE_AHEAD; i++)
		say_rows(peer, i, i, "a");
	assert_false(peer->closed);
	say_told(peer, 9, 1, 1);
	assert_true(peer->closed);
	desk_turn(&desk);
	check_log("");
}

/* Rows with so many bytes of data each. */
static void say_long(struct peer *peer, uint64_t number, uint64_t from,
	size_t count, size_t bytes)
{
	char *data = mem_new(bytes);
	struct buf body = {0};

	memset(data, 'x', bytes);
	wire_put_u64(&body, number);
	wire_put_u64(&body, from);
	wire_put_u64(&body, from + count);
	wire_put_u32(&body, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		wire_put_u64(&body, from + 1 + i);
		wire_put_u8(&body, WIRE_ROW);
		wire_put_str16(&body, span_of("main"));
		wire_put_str8(&body, span_of(""));
		wire_put_str16(&body, span_of(""));
		wire_put_str8(&body, span_of(""));
		wire_put_blob(&body, span(data, bytes));
	}
	say(peer, WIRE_ROWS, &body);
	free(data);
}

static void test_the_longest_that_a_reader_says_waits_and_more_does_not(
	void **state)
{
	enum { MOST = 1 << 20 /* of max_event */ };
	struct peer *peer = opened("one", 'X');

	(void)state;
	assert_int_equal(peer->link.most, WIRE_READER_MAX);
	say_long(peer, 2, 0, 2, MOST);
	assert_true(desk.inboxes.all[0].waiting[0].body.len < WIRE_READER_MAX);
	say_long(peer, 3, 2, 2, MOST);
	say_told(peer, 4, 1, WIRE_ROWS_MAX);
	assert_false(peer->closed);
	say_long(peer, 5, 4, 1, MOST);
	assert_true(peer->closed);
	assert_int_equal(desk.inboxes.all[0].waiting_count, 0);
}

static void test_a_reader_that_does_not_listen_is_closed(void **state)
{
	struct peer *peer = opened("one", 'X');
	uint64_t said = 0;

	(void)state;
	for (; !peer->closed; said++) {
		struct buf body = {0};

		wire_put_u64(&body, said);
		say(peer, WIRE_PING, &body);
		assert_true(
			link_pending(&peer->link) <= INBOX_UNHEARD_MAX + 64);
	}
	assert_true(said > WIRE_AHEAD);
}

struct frame {
	const char *name;
	uint64_t from, to, ids[2];
	uint32_t count;
	uint8_t kind;
	const char *more;
};

static void test_malformed_rows_close_the_connection(void **state)
{
	static const struct frame frames[] = {
		{"back", 2, 1, {0}, 0, 0, ""},
		{"beyond", 0, (uint64_t)INT64_MAX + 1, {0}, 0, 0, ""},
		{"fewer than said", 0, 2, {1, 0}, 2, 0, ""},
		{"more than said", 0, 2, {1, 2}, 1, 0, ""},
		{"bytes behind", 0, 2, {1, 0}, 1, 0, "x"},
		{"at the cursor", 1, 2, {1, 0}, 1, 0, ""},
		{"above the end", 0, 2, {3, 0}, 1, 0, ""},
		{"twice", 0, 2, {2, 2}, 2, 0, ""},
		{"not rising", 0, 3, {2, 1}, 2, 0, ""},
		{"of no kind", 0, 2, {1, 0}, 1, 2, ""},
		{"too many", 0, 2, {1, 2}, UINT32_MAX, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(frames); i++) {
		const struct frame *frame = &frames[i];
		struct peer *peer = reader_of("one");
		struct buf body = {0};

		wire_put_u64(&body, 1);
		wire_put_u64(&body, frame->from);
		wire_put_u64(&body, frame->to);
		wire_put_u32(&body, frame->count);
		for (size_t j = 0; j < 2 && frame->ids[j] != 0; j++) {
			put_row(&body, frame->ids[j], 'a');
			body.at[28 + 8] = (char)frame->kind;
		}
		buf_add_span(&body, span_of(frame->more));
		say(peer, WIRE_ROWS, &body);
		CHECK(frame->name, peer->closed);
		peers_flush(&desk.peers);
	}
}

static void test_a_malformed_reason_closes_the_connection(void **state)
{
	static const char *const reasons[] = {"", "two\nlines", "\xff"};
	char is_long[WIRE_REASON_MAX + 2];

	(void)state;
	memset(is_long, 'x', sizeof(is_long) - 1);
	is_long[sizeof(is_long) - 1] = '\0';
	for (size_t i = 0; i <= COUNT(reasons); i++) {
		const char *why = i < COUNT(reasons) ? reasons[i] : is_long;
		struct peer *peer = reader_of("one");
		struct buf body = {0};

		wire_put_u64(&body, 1);
		wire_put_u64(&body, 0);
		wire_put_u64(&body, 1);
		wire_put_u32(&body, 1);
		wire_put_u64(&body, 1);
		wire_put_u8(&body, WIRE_ROW_BAD);
		wire_put_str16(&body, span_of(why));
		say(peer, WIRE_ROWS, &body);
		CHECK(why, peer->closed);
		peers_flush(&desk.peers);
	}
}

static void test_what_a_publisher_may_not_send_is_refused_with_a_reason(
	void **state)
{
	static const struct {
		const char *name, *channel, *type, *key, *data;
	} rows[] = {
		{"no channel", "", "", "", "x"},
		{"a channel of two lines", "a\nb", "", "", "x"},
		{"a type of two lines", "a", "b\nc", "", "x"},
		{"a key of two lines", "a", "", "b\nc", "x"},
		{"data that is no text", "a", "", "", "\xff"},
		{"data that is too long", "a", "", "", "xxxxxxxxx"},
	};
	struct room *room = *state;
	struct peer *peer = opened("one", 'X');

	room->config.max_event = 29 + 8;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf body = {0};

		wire_put_u64(&body, 2);
		wire_put_u64(&body, i);
		wire_put_u64(&body, i + 1);
		wire_put_u32(&body, 1);
		wire_put_u64(&body, i + 1);
		wire_put_u8(&body, WIRE_ROW);
		wire_put_str16(&body, span_of(rows[i].channel));
		wire_put_str8(&body, span_of(rows[i].type));
		wire_put_str16(&body, span_of(""));
		wire_put_str8(&body, span_of(rows[i].key));
		wire_put_blob(&body, span_of(rows[i].data));
		say(peer, WIRE_ROWS, &body);
		desk_turn(&desk);
		CHECK(rows[i].name, !peer->closed);
		heard_taken(peer, 2, i + 1, 1);
	}
	assert_int_equal(count("event"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_older_of_two_readers_is_closed),
		TEST(test_an_inbox_that_nobody_named_cannot_be_read),
		TEST(test_a_responder_may_not_read_inboxes),
		TEST(test_who_speaks_for_an_inbox_may_say_nothing_else),
		TEST(test_a_user_who_only_reads_may_say_nothing_else),
		TEST(test_one_who_asks_too_much_ahead_is_closed),
		TEST(test_the_longest_that_a_reader_says_waits_and_more_does_not),
		TEST(test_a_reader_that_does_not_listen_is_closed),
		TEST(test_malformed_rows_close_the_connection),
		TEST(test_a_malformed_reason_closes_the_connection),
		TEST(test_what_a_publisher_may_not_send_is_refused_with_a_reason),
	};

	return cmocka_run_group_tests_name(
		"readers of inboxes", tests, NULL, NULL);
}
