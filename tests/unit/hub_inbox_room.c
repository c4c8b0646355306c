/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "tests/unit/hub_inbox_room.h"

#include "lib/log.h"

struct desk desk;
struct config_inbox sections[2];

int hub_inbox_setup(void **state)
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

int hub_inbox_teardown(void **state)
{
	desk_close(&desk);
	return room_teardown(state);
}

void start_again(struct config_inbox *from, size_t count)
{
	struct room *room = desk.room;

	desk_close(&desk);
	room->config.inboxes = from;
	room->config.inbox_count = count;
	room_reopen(room);
	desk_open(&desk, room);
}

/* ---- what a reader says */

void claim(struct peer *peer, const char *name)
{
	struct buf body = {0};

	wire_put_str8(&body, span_of(name));
	say(peer, WIRE_READER, &body);
}

struct peer *reader_of(const char *name)
{
	struct peer *peer = desk_known(&desk);

	claim(peer, name);
	assert_false(peer->closed);
	return peer;
}

void say_file(struct peer *peer, uint64_t number, char mark)
{
	struct buf body = {0};
	char identity[CURSOR_IDENTITY];

	memset(identity, mark, sizeof(identity));
	wire_put_u64(&body, number);
	wire_put_str8(&body, span(identity, sizeof(identity)));
	wire_put_str16(&body, span_of(""));
	say(peer, WIRE_INBOX, &body);
}

void say_excuse(struct peer *peer, const char *why)
{
	struct buf body = {0};

	wire_put_u64(&body, 0);
	wire_put_str8(&body, span_of(""));
	wire_put_str16(&body, span_of(why));
	say(peer, WIRE_INBOX, &body);
}

void put_row(struct buf *body, uint64_t id, char data)
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

void say_rows(
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

void say_many(struct peer *peer, uint64_t number, uint64_t from, char letter,
	size_t count)
{
	char *letters = mem_new(count + 1);

	memset(letters, letter, count);
	say_rows(peer, number, from, letters);
	free(letters);
}

void say_told(struct peer *peer, uint64_t number, uint64_t from, uint32_t count)
{
	struct buf body = {0};

	wire_put_u64(&body, number);
	wire_put_u32(&body, count);
	for (uint32_t i = 0; i < count; i++)
		wire_put_u64(&body, from + i);
	say(peer, WIRE_TOLD, &body);
}

void publish(struct peer *peer, uint64_t number)
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

void fail_turn(void)
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

struct wire_in heard_taken(
	struct peer *peer, uint64_t number, uint64_t cursor, uint32_t refused)
{
	struct wire_in in = heard(peer, WIRE_TAKEN);

	assert_int_equal(wire_get_u64(&in), number);
	assert_int_equal(wire_get_u64(&in), cursor);
	assert_int_equal(wire_get_u32(&in), refused);
	return in;
}

struct wire_in heard_at(struct peer *peer, uint64_t number, struct at wanted)
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

struct peer *opened(const char *name, char mark)
{
	struct peer *peer = reader_of(name);

	say_file(peer, 1, mark);
	desk_turn(&desk);
	heard_at(peer, 1, (struct at){0});
	return peer;
}

void check_reason(struct wire_in *in, uint64_t row)
{
	assert_int_equal(wire_get_u64(in), row);
	CHECK_TEXT("its reason", wire_get_str16(in), "is bad");
}

void check_log(const char *wanted)
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

int64_t count(const char *table)
{
	char sql[64];
	int64_t found = -1;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	assert_int_equal(
		db_ask(&desk.room->ledger.store.db, sql, &found), DB_DONE);
	return found;
}
