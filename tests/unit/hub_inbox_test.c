/* SPDX-License-Identifier: MIT */
/* hub/peers/inbox: what the hub makes of whoever reads an inbox */
#include <config.h>

#include "lib/log.h"
#include "tests/unit/hub_desk.h"

enum { STRANGER = 4242 /* a user */, ROWS_AT_ONCE = 1000 };

static struct desk desk;
static struct config_inbox sections[2];

static int setup(void **state)
{
	static char one[] = "one", other[] = "other";
	struct room *room;

	log_faults_only();
	room_setup(state);
	room = *state;
	sections[0] = (struct config_inbox){.name = one, .path = one};
	sections[1] = (struct config_inbox){.name = other, .path = other};
	room->config.inboxes = sections;
	room->config.inbox_count = 2;
	desk_open(&desk, room);
	return 0;
}

static int teardown(void **state)
{
	desk_close(&desk);
	return room_teardown(state);
}

/* The hub is started again, with these sections. */
static void start_again(struct config_inbox *from, size_t count)
{
	struct room *room = desk.room;

	desk_close(&desk);
	room->config.inboxes = from;
	room->config.inbox_count = count;
	room_reopen(room);
	desk_open(&desk, room);
}

/* ---- what a reader says */

static void claim(struct peer *peer, const char *name)
{
	struct buf body = {0};

	wire_put_str8(&body, span_of(name));
	say(peer, WIRE_READER, &body);
}

static struct peer *reader_of(const char *name)
{
	struct peer *peer = desk_known(&desk);

	claim(peer, name);
	assert_false(peer->closed);
	return peer;
}

/* `mark` tells files apart. */
static void say_file(struct peer *peer, uint64_t number, char mark)
{
	struct buf body = {0};
	char identity[CURSOR_IDENTITY];

	memset(identity, mark, sizeof(identity));
	wire_put_u64(&body, number);
	wire_put_str8(&body, span(identity, sizeof(identity)));
	wire_put_str16(&body, span_of(""));
	say(peer, WIRE_INBOX, &body);
}

static void say_excuse(struct peer *peer, const char *why)
{
	struct buf body = {0};

	wire_put_u64(&body, 0);
	wire_put_str8(&body, span_of(""));
	wire_put_str16(&body, span_of(why));
	say(peer, WIRE_INBOX, &body);
}

static void put_row(struct buf *body, uint64_t id, char data)
{
	wire_put_u64(body, id);
	wire_put_u8(body, data == '!' ? WIRE_ROW_BAD : WIRE_ROW);
	if (data == '!') {
		wire_put_str16(body, span_of("is bad"));
		return;
	}
	wire_put_str16(body, span_of("main"));
	wire_put_str8(body, span_of(""));
	wire_put_str16(body, span_of(""));
	wire_put_str8(body, span_of(""));
	wire_put_blob(body, span(&data, 1));
}

/* Each letter is a row, ! is a bad one. */
static void say_rows(
	struct peer *peer, uint64_t number, uint64_t from, const char *letters)
{
	size_t count = strlen(letters);
	struct buf body = {0};

	wire_put_u64(&body, number);
	wire_put_u64(&body, from);
	wire_put_u64(&body, from + count);
	wire_put_u32(&body, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		put_row(&body, from + 1 + i, letters[i]);
	say(peer, WIRE_ROWS, &body);
}

/* The same, `count` times one letter. */
static void say_many(struct peer *peer, uint64_t number, uint64_t from,
	char letter, size_t count)
{
	char *letters = mem_new(count + 1);

	memset(letters, letter, count);
	say_rows(peer, number, from, letters);
	free(letters);
}

static void say_told(
	struct peer *peer, uint64_t number, uint64_t from, uint32_t count)
{
	struct buf body = {0};

	wire_put_u64(&body, number);
	wire_put_u32(&body, count);
	for (uint32_t i = 0; i < count; i++)
		wire_put_u64(&body, from + i);
	say(peer, WIRE_TOLD, &body);
}

/* Somebody waits for an answer in this turn. */
static void publish(struct peer *peer, uint64_t number)
{
	struct buf body = {0};

	wire_put_u64(&body, number);
	wire_put_u64(&body, 0);
	wire_put_u8(&body, 0);
	wire_put_str16(&body, span_of("elsewhere"));
	wire_put_str8(&body, span_of(""));
	wire_put_str16(&body, span_of(""));
	wire_put_u32(&body, 1);
	wire_put_str8(&body, span_of(""));
	wire_put_blob(&body, span_of("x"));
	say(peer, WIRE_PUBLISH, &body);
}

/* ---- what becomes of it */

/* A turn whose COMMIT finds no room on the disk. */
static void fail_turn(void)
{
	struct ledger *ledger = &desk.room->ledger;

	inboxes_pull(&desk.inboxes);
	assert_true(ledger->store.writing);
	ledger->store.trouble = DB_FULL;
	ledger_commit(ledger);
	inboxes_answer(&desk.inboxes);
	assert_false(ledger->writable);
	ledger->writable = true;
}

/* The reasons follow. */
static struct wire_in heard_taken(
	struct peer *peer, uint64_t number, uint64_t cursor, uint32_t refused)
{
	struct wire_in in = heard(peer, WIRE_TAKEN);

	assert_int_equal(wire_get_u64(&in), number);
	assert_int_equal(wire_get_u64(&in), cursor);
	assert_int_equal(wire_get_u32(&in), refused);
	return in;
}

struct at {
	bool known, stopped, more;
	uint64_t cursor;
	uint32_t reasons;
};

static struct wire_in heard_at(
	struct peer *peer, uint64_t number, struct at wanted)
{
	struct wire_in in = heard(peer, WIRE_AT);

	assert_int_equal(wire_get_u64(&in), number);
	assert_int_equal(wire_get_u8(&in), wanted.known);
	assert_int_equal(wire_get_u64(&in), wanted.cursor);
	assert_int_equal(wire_get_str16(&in).len > 0, wanted.stopped);
	assert_int_equal(wire_get_u8(&in), wanted.more);
	assert_int_equal(wire_get_u32(&in), wanted.reasons);
	return in;
}

/* A reader whose file is known to the hub, at its beginning. */
static struct peer *opened(const char *name, char mark)
{
	struct peer *peer = reader_of(name);

	say_file(peer, 1, mark);
	desk_turn(&desk);
	heard_at(peer, 1, (struct at){0});
	return peer;
}

static void check_reason(struct wire_in *in, uint64_t row)
{
	assert_int_equal(wire_get_u64(in), row);
	CHECK_TEXT("its reason", wire_get_str16(in), "is bad");
}

/* All that the log holds on the channel of the rows. */
static void check_log(const char *wanted)
{
	struct query query = {0};

	assert_int_equal(
		db_prepare(&desk.room->ledger.store.db, &query,
			"SELECT ifnull(group_concat(CAST(data AS TEXT), ''),"
			" '') FROM (SELECT data FROM event JOIN channel ON"
			" channel.number = event.channel WHERE"
			" CAST(channel.name AS TEXT) = 'main'"
			" ORDER BY event.id)"),
		DB_DONE);
	assert_true(query_next(&query));
	CHECK_TEXT("the log", query_bytes(&query, 0), wanted);
	assert_int_equal(query_end(&query), DB_DONE);
	query_release(&query);
}

static int64_t count(const char *table)
{
	char sql[64];
	int64_t found = -1;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	assert_int_equal(
		db_ask(&desk.room->ledger.store.db, sql, &found), DB_DONE);
	return found;
}

/* ---- rows and the cursor */

static void test_rows_are_stored_and_the_cursor_is_behind_them(void **state)
{
	struct peer *peer = opened("one", 'X');
	struct wire_in in;

	(void)state;
	say_rows(peer, 2, 0, "ab!c");
	desk_turn(&desk);
	in = heard_taken(peer, 2, 4, 1);
	check_reason(&in, 3);
	assert_true(wire_done(&in));
	check_log("abc");
}

static void test_nothing_is_said_before_the_commit(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "ab");
	inboxes_pull(&desk.inboxes);
	assert_int_equal(link_pending(&peer->link), 0);
	ledger_commit(&desk.room->ledger);
	inboxes_answer(&desk.inboxes);
	heard_taken(peer, 2, 2, 0);
}

static void test_rows_that_do_not_begin_at_the_cursor_are_not_stored(
	void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "ab");
	desk_turn(&desk);
	heard_taken(peer, 2, 2, 0);
	say_rows(peer, 3, 1, "bc");
	say_rows(peer, 4, 0, "abc");
	say_rows(peer, 5, 5, "f!");
	for (uint64_t number = 3; number <= 5; number++) {
		desk_turn(&desk);
		heard_taken(peer, number, 2, 0);
	}
	check_log("ab");
	assert_int_equal(count("inbox_error"), 0);
}

static void test_rows_of_a_file_that_is_not_known_are_not_stored(void **state)
{
	struct peer *peer = reader_of("one");

	(void)state;
	say_rows(peer, 1, 0, "a");
	desk_turn(&desk);
	heard_taken(peer, 1, 0, 0);
	say_file(peer, 2, 'X');
	desk_turn(&desk);
	heard_at(peer, 2, (struct at){0});
	say_excuse(peer, "is locked");
	say_rows(peer, 3, 0, "a");
	desk_turn(&desk);
	heard_taken(peer, 3, 0, 0);
	check_log("");
}

static void test_a_batch_is_taken_in_slices_while_publishers_wait(void **state)
{
	struct peer *publisher = desk_known(&desk);
	struct peer *peer = opened("one", 'X');
	uint64_t number = 0;
	unsigned turns = 0;

	(void)state;
	say_many(peer, 2, 0, 'a', ROWS_AT_ONCE);
	while (link_pending(&peer->link) == 0) {
		publish(publisher, ++number);
		desk_turn(&desk);
		heard(publisher, WIRE_STORED);
		turns++;
		assert_true(count("event") <=
			    (int64_t)turns * (INBOX_ROWS_BESIDE + 1));
	}
	assert_int_equal(turns, ROWS_AT_ONCE / INBOX_ROWS_BESIDE + 1);
	heard_taken(peer, 2, ROWS_AT_ONCE, 0);
	assert_int_equal(count("event"), ROWS_AT_ONCE + turns);
}

static void test_two_inboxes_share_a_turn(void **state)
{
	struct peer *publisher = desk_known(&desk);
	struct peer *one = opened("one", 'X'), *other = opened("other", 'Y');

	(void)state;
	say_many(one, 2, 0, 'a', ROWS_AT_ONCE);
	say_rows(other, 2, 0, "b");
	for (uint64_t number = 1; number <= 2; number++) {
		publish(publisher, number);
		desk_turn(&desk);
	}
	heard_taken(other, 2, 1, 0);
	assert_int_equal(link_pending(&one->link), 0);
}

/* However many are between them that want nothing. */
static void test_an_inbox_waits_at_most_a_turn_for_one_that_wants_all(
	void **state)
{
	static char names[64][8];
	static struct config_inbox many[COUNT(names)];
	struct peer *publisher, *one, *other;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		many[i] = (struct config_inbox){
			.name = names[i], .path = names[i]};
	}
	start_again(many, COUNT(many));
	publisher = desk_known(&desk);
	one = opened("n0", 'X');
	other = opened("n1", 'Y');
	say_many(one, 0, 0, 'a', INBOX_ROWS_BESIDE);
	for (uint64_t number = 1; number <= 8; number++) {
		uint64_t from = number * INBOX_ROWS_BESIDE;

		say_many(one, number, from, 'a', INBOX_ROWS_BESIDE);
		if (number % 2 == 1)
			say_rows(other, number, number / 2, "b");
		publish(publisher, number);
		desk_turn(&desk);
		if (number % 2 == 0)
			heard_taken(other, number - 1, number / 2, 0);
	}
}

/* A batch of which the first slice is committed, the second is not. */
static void test_a_commit_that_fails_in_the_middle_of_a_batch_doubles_nothing(
	void **state)
{
	struct peer *publisher = desk_known(&desk);
	struct peer *peer = opened("one", 'X');
	char letters[INBOX_ROWS_BESIDE * 2 + 1] = "";
	char wanted[INBOX_ROWS_BESIDE * 2 + 1] = "";
	struct wire_in in;

	(void)state;
	memset(letters, 'a', INBOX_ROWS_BESIDE);
	memset(letters + INBOX_ROWS_BESIDE, 'b', INBOX_ROWS_BESIDE);
	letters[9] = letters[INBOX_ROWS_BESIDE + 9] = '!';
	say_rows(peer, 2, 0, letters);
	publish(publisher, 1);
	desk_turn(&desk);
	publish(publisher, 2);
	fail_turn();
	in = heard_taken(peer, 2, INBOX_ROWS_BESIDE, 1);
	check_reason(&in, 10);
	assert_int_equal(count("inbox_error"), 1);
	say_rows(peer, 3, INBOX_ROWS_BESIDE, letters + INBOX_ROWS_BESIDE);
	desk_turn(&desk);
	in = heard_taken(peer, 3, sizeof(letters) - 1, 1);
	check_reason(&in, INBOX_ROWS_BESIDE + 10);
	assert_int_equal(count("inbox_error"), 2);
	memset(wanted, 'a', INBOX_ROWS_BESIDE - 1);
	memset(wanted + INBOX_ROWS_BESIDE - 1, 'b', INBOX_ROWS_BESIDE - 1);
	check_log(wanted);
}

static void test_rows_behind_a_failed_commit_are_not_stored(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "a!");
	say_rows(peer, 3, 2, "c");
	fail_turn();
	heard_taken(peer, 2, 0, 0);
	desk_turn(&desk);
	heard_taken(peer, 3, 0, 0);
	assert_int_equal(count("inbox_error"), 0);
	say_rows(peer, 4, 0, "a!c");
	desk_turn(&desk);
	heard_taken(peer, 4, 3, 1);
	check_log("ac");
}

static void test_a_reader_that_dies_unanswered_leaves_its_rows_to_the_next(
	void **state)
{
	struct peer *peer = opened("one", 'X');
	struct wire_in in;

	(void)state;
	say_rows(peer, 2, 0, "a!b");
	inboxes_pull(&desk.inboxes);
	ledger_commit(&desk.room->ledger);
	peer_drop(peer, NULL);
	inboxes_answer(&desk.inboxes);
	peer = reader_of("one");
	say_file(peer, 1, 'X');
	desk_turn(&desk);
	in = heard_at(
		peer, 1, (struct at){.known = true, .cursor = 3, .reasons = 1});
	check_reason(&in, 2);
	say_rows(peer, 2, 3, "c");
	desk_turn(&desk);
	heard_taken(peer, 2, 4, 0);
	check_log("abc");
}

/* ---- reasons */

static void say_bad_rows(struct peer *peer, uint64_t number, size_t batches)
{
	for (size_t i = 0; i < batches; i++) {
		say_many(peer, number, i * ROWS_AT_ONCE, '!', ROWS_AT_ONCE);
		desk_turn(&desk);
		heard_taken(peer, number, (i + 1) * ROWS_AT_ONCE, ROWS_AT_ONCE);
	}
}

static void test_reasons_are_kept_until_they_are_told(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_bad_rows(peer, 2, 2);
	peer_drop(peer, NULL);
	peer = reader_of("one");
	say_file(peer, 1, 'X');
	desk_turn(&desk);
	heard_at(peer, 1,
		(struct at){.known = true,
			.cursor = 2000,
			.reasons = 1000,
			.more = true});
	say_told(peer, 2, 1, 900);
	say_told(peer, 3, 901, 100);
	say_file(peer, 4, 'X');
	for (int i = 0; i < 3; i++)
		desk_turn(&desk);
	heard_taken(peer, 2, 2000, 0);
	heard_taken(peer, 3, 2000, 0);
	heard_at(peer, 4,
		(struct at){.known = true, .cursor = 2000, .reasons = 1000});
	say_told(peer, 5, 1001, 1000);
	desk_turn(&desk);
	heard_taken(peer, 5, 2000, 0);
	assert_int_equal(count("inbox_error"), 0);
}

static void test_what_was_told_into_a_failed_commit_is_told_again(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "!");
	desk_turn(&desk);
	heard_taken(peer, 2, 1, 1);
	say_told(peer, 3, 1, 1);
	fail_turn();
	assert_int_equal(link_pending(&peer->link), 0);
	assert_int_equal(count("inbox_error"), 1);
	desk_turn(&desk);
	heard_taken(peer, 3, 1, 0);
	assert_int_equal(count("inbox_error"), 0);
	assert_int_equal(desk.inboxes.all[0].reasons, 0);
}

static void test_with_too_many_reasons_no_row_is_taken(void **state)
{
	struct peer *peer = opened("one", 'X');
	uint64_t end = INBOX_REASONS_MAX;

	(void)state;
	say_bad_rows(peer, 2, INBOX_REASONS_MAX / ROWS_AT_ONCE);
	say_rows(peer, 3, end, "!a");
	desk_turn(&desk);
	heard_taken(peer, 3, end, 0);
	assert_int_equal(count("inbox_error"), INBOX_REASONS_MAX);
	say_told(peer, 4, 1, 1);
	say_rows(peer, 5, end, "!a");
	desk_turn(&desk);
	desk_turn(&desk);
	heard_taken(peer, 4, end, 0);
	heard_taken(peer, 5, end + 2, 1);
	check_log("a");
}

/* ---- whose file it is */

/* It is asked about its file, which must not be read. */
static void check_stopped(const char *name, char mark, uint64_t cursor)
{
	struct peer *peer = reader_of(name);

	say_file(peer, 1, mark);
	desk_turn(&desk);
	heard_at(peer, 1,
		(struct at){.known = true, .stopped = true, .cursor = cursor});
	say_rows(peer, 2, cursor, "evil");
	desk_turn(&desk);
	heard_taken(peer, 2, cursor, 0);
	assert_false(peer->inbox->read);
	assert_true(peer->inbox->why.len > 1);
	peer_drop(peer, NULL);
	peers_flush(&desk.peers);
}

static void test_a_file_that_belongs_to_another_name_is_not_read(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "a!");
	desk_turn(&desk);
	heard_taken(peer, 2, 2, 1);
	check_stopped("other", 'X', 2);
	peer_drop(peer, NULL);
	check_stopped("other", 'X', 2);
	check_log("a");
}

static void test_a_section_that_was_renamed_goes_on(void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "ab");
	desk_turn(&desk);
	start_again(&sections[1], 1);
	peer = reader_of("other");
	say_file(peer, 1, 'X');
	desk_turn(&desk);
	heard_at(peer, 1, (struct at){.known = true, .cursor = 2});
	/* It is this one's from now on. */
	start_again(sections, 2);
	check_stopped("one", 'X', 2);
}

static void test_one_new_file_of_two_sections_is_read_by_the_first(void **state)
{
	struct peer *peer = opened("one", 'X');
	struct peer *other = reader_of("other");

	(void)state;
	say_file(other, 1, 'X');
	desk_turn(&desk);
	heard_at(other, 1, (struct at){.stopped = true});
	say_rows(peer, 2, 0, "a");
	desk_turn(&desk);
	heard_taken(peer, 2, 1, 0);
	assert_true(desk.inboxes.all[0].read);
	assert_false(desk.inboxes.all[1].read);
}

static void test_an_empty_inbox_is_known_once_its_reader_says_where_it_begins(
	void **state)
{
	struct peer *peer = opened("one", 'X');

	(void)state;
	say_rows(peer, 2, 0, "");
	desk_turn(&desk);
	heard_taken(peer, 2, 0, 0);
	start_again(sections, 2);
	check_stopped("other", 'X', 0);
	peer = reader_of("one");
	say_file(peer, 1, 'X');
	desk_turn(&desk);
	heard_at(peer, 1, (struct at){.known = true});
}

static void test_files_made_anew_again_and_again_are_forgotten(void **state)
{
	struct peer *peer = reader_of("one");

	(void)state;
	for (int i = 0; i <= CURSOR_PER_NAME; i++) {
		say_file(peer, 1, (char)('A' + i));
		say_rows(peer, 2, 0, "a!");
		desk_turn(&desk);
		desk_turn(&desk);
		heard_at(peer, 1, (struct at){0});
		heard_taken(peer, 2, 2, 1);
	}
	assert_int_equal(count("inbox"), CURSOR_PER_NAME);
	assert_int_equal(count("inbox_error"), CURSOR_PER_NAME);
	say_file(peer, 3, 'A');
	desk_turn(&desk);
	heard_at(peer, 3, (struct at){0});
	say_file(peer, 4, 'B');
	desk_turn(&desk);
	heard_at(
		peer, 4, (struct at){.known = true, .cursor = 2, .reasons = 1});
}

static void test_why_an_inbox_is_not_read_is_passed_on(void **state)
{
	struct peer *peer = reader_of("one");
	const struct inbox *inbox = &desk.inboxes.all[0];

	(void)state;
	say_excuse(peer, "is not a regular file");
	assert_string_equal(inbox->why.at, "is not a regular file");
	say_excuse(peer, "two\nlines");
	assert_string_equal(inbox->why.at, "its reader does not say why");
	assert_false(peer->closed);
	peer_drop(peer, NULL);
	assert_true(strstr(inbox->why.at, "nobody reads it") != NULL);
}

/* ---- who may say what */

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

	room->config.max_event = 8;
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_rows_are_stored_and_the_cursor_is_behind_them),
		TEST(test_nothing_is_said_before_the_commit),
		TEST(test_rows_that_do_not_begin_at_the_cursor_are_not_stored),
		TEST(test_rows_of_a_file_that_is_not_known_are_not_stored),
		TEST(test_a_batch_is_taken_in_slices_while_publishers_wait),
		TEST(test_two_inboxes_share_a_turn),
		TEST(test_an_inbox_waits_at_most_a_turn_for_one_that_wants_all),
		TEST(test_a_commit_that_fails_in_the_middle_of_a_batch_doubles_nothing),
		TEST(test_rows_behind_a_failed_commit_are_not_stored),
		TEST(test_a_reader_that_dies_unanswered_leaves_its_rows_to_the_next),
		TEST(test_reasons_are_kept_until_they_are_told),
		TEST(test_what_was_told_into_a_failed_commit_is_told_again),
		TEST(test_with_too_many_reasons_no_row_is_taken),
		TEST(test_a_file_that_belongs_to_another_name_is_not_read),
		TEST(test_a_section_that_was_renamed_goes_on),
		TEST(test_one_new_file_of_two_sections_is_read_by_the_first),
		TEST(test_an_empty_inbox_is_known_once_its_reader_says_where_it_begins),
		TEST(test_files_made_anew_again_and_again_are_forgotten),
		TEST(test_why_an_inbox_is_not_read_is_passed_on),
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

	return cmocka_run_group_tests_name("inboxes", tests, NULL, NULL);
}
