/* SPDX-License-Identifier: MIT */
/* hub/entry, orphan, origin: what comes back from a shared order */
#include <config.h>

#include "hub/log/entry.h"
#include "hub/log/orphan.h"
#include "lib/event/active.h"
#include "lib/event/traits.h"
#include "tests/unit/hub_room.h"

static char server[] = "unix:/nowhere";
static char *servers[] = {server};

/* Its log has its order in common with others. */
static int setup(void **state)
{
	struct room *room;

	room_setup(state);
	room = *state;
	room->config.shared.redis = servers;
	room->config.shared.redis_count = 1;
	room_reopen(room);
	return 0;
}

static struct entry entry_of(uint64_t id, struct proposed *item)
{
	return (struct entry){
		.id = id,
		.at = 5000,
		.rows = 1,
		.what = {.channel = span_of("a"), .items = item, .count = 1},
		.origin = {.hub = {7}, .source = 3, .number = id},
	};
}

static void apply(struct room *room, const struct entry *entry)
{
	assert_null(entry_fault(&room->ledger, entry));
	assert_true(ledger_begin(&room->ledger));
	assert_true(entry_apply(&room->ledger, entry));
	ledger_commit(&room->ledger);
}

/* With the text as its key, too. */
static void apply_text(struct room *room, uint64_t id, const char *text)
{
	struct proposed item = {.key = span_of(text), .data = span_of(text)};
	struct entry entry = entry_of(id, &item);

	apply(room, &entry);
}

static int64_t ask(struct room *room, const char *sql)
{
	int64_t value = -1;

	assert_int_equal(db_ask(&room->ledger.store.db, sql, &value), DB_DONE);
	return value;
}

/* Above all that the room's clock has given out. */
static uint64_t base(const struct room *room)
{
	return room->ledger.log.newest + 1000;
}

static void test_an_entry_has_the_id_and_the_time_that_it_was_given(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	apply_text(room, id, "x");
	assert_int_equal(room->ledger.log.committed, id);
	assert_int_equal(ask(room, "SELECT max(id) FROM event"), id);
	assert_int_equal(ask(room, "SELECT at FROM event"), 5000);
	assert_int_equal(
		ask(room, "SELECT id FROM key WHERE name = x'78'"), id);
}

static void test_a_start_does_not_jump_where_the_order_is_shared(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);

	apply_text(room, id, "x");
	room_reopen(room);
	assert_int_equal(room->ledger.log.committed, id);
	apply_text(room, id + 1, "y");
	assert_true(eventlog_knows(&room->ledger.log, id));
}

static void test_rows_of_several_channels_end_at_the_entrys_id(void **state)
{
	struct room *room = *state;
	struct proposed items[] = {
		{.data = span_of("1")}, {.data = span_of("2")}};
	struct entry entry = entry_of(base(room), items);
	struct buf traits = {0}, names = {0};
	struct origin origin;
	struct wire_event event;

	wire_put_str16(&names, span_of("a"));
	wire_put_str16(&names, span_of("b"));
	trait_add_topics(&traits, buf_span(&names), 2);
	entry.what.traits = buf_span(&traits);
	entry.what.count = 2;
	entry.rows = 4;
	apply(room, &entry);
	assert_int_equal(items[0].id, entry.id - 2);
	assert_int_equal(items[1].id, entry.id);
	eventlog_read(&room->ledger.log, entry.id - 1, entry.id);
	assert_int_equal(eventlog_next(&room->ledger.log, entry.id - 1, &event),
		EVENTLOG_EVENT);
	assert_true(span_is(event.channel, "b"));
	assert_true(origin_find(event.traits, &origin));
	assert_int_equal(origin.index, 3);
	assert_int_equal(origin.source, 3);
	eventlog_rest(&room->ledger.log);
	buf_release(&traits);
	buf_release(&names);
}

/* As the log that founded the order had it. */
static void test_a_single_row_of_several_channels_is_applied(void **state)
{
	struct room *room = *state;
	struct proposed item = {.data = span_of("x")};
	struct entry entry = entry_of(base(room), &item);
	struct buf traits = {0}, names = {0};

	wire_put_str16(&names, span_of("b"));
	wire_put_str16(&names, span_of("a"));
	trait_add_topics(&traits, buf_span(&names), 2);
	trait_set_index(&traits, 1);
	entry.what.traits = buf_span(&traits);
	apply(room, &entry);
	assert_int_equal(ask(room, "SELECT count(*) FROM event"), 1);
	assert_int_equal(ask(room, "SELECT max(id) FROM event"), entry.id);
	entry.id++;
	entry.what.channel = span_of("c");
	assert_non_null(entry_fault(&room->ledger, &entry));
	buf_release(&traits);
	buf_release(&names);
}

static void test_what_no_hub_writes_is_not_applied(void **state)
{
	struct room *room = *state;
	struct proposed item = {.data = span_of("x")};
	struct entry entry = entry_of(base(room), &item);

	entry.rows = 2;
	assert_non_null(entry_fault(&room->ledger, &entry));
	entry.rows = 1;
	entry.what.channel = span_of("");
	assert_non_null(entry_fault(&room->ledger, &entry));
	entry.what.channel = span_of("a");
	entry.id = room->ledger.log.newest;
	assert_non_null(entry_fault(&room->ledger, &entry));
	entry.id = WIRE_ID_MAX;
	assert_non_null(entry_fault(&room->ledger, &entry));
}

/* ---- who is there */

static void put_who(struct buf *traits, const struct active *active)
{
	struct buf value = {0};

	buf_clear(traits);
	active_put(&value, active);
	trait_add(traits, TRAIT_ACTIVE, buf_span(&value));
	buf_release(&value);
}

static void test_who_is_there_is_an_event_for_each_of_his_topics(void **state)
{
	struct room *room = *state;
	const uint8_t subscriber[ACTIVE_SUBSCRIBER] = {1};
	struct proposed items[] = {
		{.data = span_of("room")}, {.data = span_of("other")}};
	struct entry entry = entry_of(base(room) + 1, items);
	struct active active = {.here = true,
		.subscriber = subscriber,
		.user = span_of("ann"),
		.payload = span_of("{}")};
	struct buf traits = {0};

	put_who(&traits, &active);
	entry.rows = entry.what.count = 2;
	entry.what.channel = span_of(ACTIVE_CHANNEL);
	entry.what.traits = buf_span(&traits);
	entry.at = 7000;
	apply(room, &entry);
	assert_int_equal(ask(room, "SELECT count(*) FROM event"), 2);
	assert_int_equal(ask(room, "SELECT count(*) FROM event"
				   " WHERE CAST(data AS TEXT) LIKE"
				   " '%\"topic\":\"other\"%\"active\":true,"
				   "\"payload\":{},\"user\":\"ann\","
				   "\"since\":\"1970-01-01T00:00:07.000Z\"}'"),
		1);
	buf_release(&traits);
}

static void test_what_does_not_say_who_is_there_is_refused(void **state)
{
	struct room *room = *state;
	const uint8_t subscriber[ACTIVE_SUBSCRIBER] = {1};
	struct proposed item = {.data = span_of("room")};
	struct entry entry = entry_of(base(room), &item);
	const struct active good = {.subscriber = subscriber};
	struct active bad = good;
	struct buf traits = {0};

	entry.what.channel = span_of(ACTIVE_CHANNEL);
	assert_non_null(entry_fault(&room->ledger, &entry));
	put_who(&traits, &good);
	entry.what.traits = buf_span(&traits);
	assert_null(entry_fault(&room->ledger, &entry));
	item.data = span_of("");
	assert_non_null(entry_fault(&room->ledger, &entry));
	item.data = span_of("room");
	entry.what.type = span_of("type");
	assert_non_null(entry_fault(&room->ledger, &entry));
	entry.what.type = span_of("");
	bad.payload = span_of("{\n}");
	put_who(&traits, &bad);
	entry.what.traits = buf_span(&traits);
	assert_non_null(entry_fault(&room->ledger, &entry));
	bad = good;
	bad.topic = span_of("room");
	put_who(&traits, &bad);
	entry.what.traits = buf_span(&traits);
	assert_non_null(entry_fault(&room->ledger, &entry));
	put_who(&traits, &good);
	trait_add(&traits, TRAIT_PRIVATE, span("", 0));
	entry.what.traits = buf_span(&traits);
	assert_non_null(entry_fault(&room->ledger, &entry));
	buf_release(&traits);
}

/* ---- what is forgotten */

/* Two that the order knows, and one that it forgets. */
static struct epoch forget_one(struct room *room, uint64_t id)
{
	struct epoch hole = {id + 1, id + 500};

	apply_text(room, id, "first");
	apply_text(room, id + 1, "second");
	apply_text(room, id + 2, "third");
	assert_true(entry_hole(&room->ledger, &hole, NULL));
	return hole;
}

static void test_what_the_order_forgot_leaves_the_log_as_an_orphan(void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	struct epoch hole = forget_one(room, id);
	struct eventlog *log = &room->ledger.log;

	assert_int_equal(ask(room, "SELECT count(*) FROM event"), 2);
	assert_int_equal(ask(room, "SELECT id FROM orphan"), id + 2);
	assert_int_equal(
		ask(room, "SELECT count(*) FROM key WHERE name = 'third'"), 0);
	assert_int_equal(log->committed, hole.start);
	assert_int_equal(log->newest_event, id + 1);
	assert_false(eventlog_knows(log, id + 2));
	assert_true(eventlog_knows(log, id + 1));
	assert_true(eventlog_knows(log, hole.start));
	apply_text(room, hole.start + 1, "next");
	room_reopen(room);
	assert_int_equal(room->ledger.log.committed, hole.start + 1);
	assert_int_equal(room->ledger.log.losses, 0);
	assert_false(eventlog_knows(&room->ledger.log, id + 2));
}

static void must_be_lost(struct room *room, const char *name, uint64_t upto)
{
	struct channels *channels = &room->ledger.channels;
	const struct channel *channel = channel_find(channels, span_of(name));

	assert_int_equal(
		channel != NULL
			? channel->pruned_through
			: channels_mark(channels, span_of(name), true).through,
		upto);
}

/* Of two masters this machine has followed the one that was given up, whose
 * ids began above a hole of its own. */
static void test_what_another_server_had_meanwhile_counts_as_pruned(
	void **state)
{
	struct room *room = *state;
	struct proposed item = {.data = span_of("x")};
	uint64_t id = base(room);
	struct epoch theirs = {id, id + 99}, hole = {id + 50, id + 500};
	struct entry entry = entry_of(id, &item);

	entry.what.channel = span_of("b");
	apply(room, &entry);
	assert_true(entry_hole(&room->ledger, &theirs, NULL));
	apply_text(room, id + 100, "here");
	assert_true(entry_hole(&room->ledger, &hole, NULL));
	must_be_lost(room, "a", hole.start);
	must_be_lost(room, "b", hole.start);
	must_be_lost(room, "never seen", hole.start);
	assert_int_equal(ask(room, "SELECT id FROM orphan"), id + 100);
}

/* It was there when the log came by. */
static void
test_who_had_seen_all_that_is_left_has_no_gap_though_its_newest_event_was_deleted(
	void **state)
{
	struct room *room = *state;
	struct proposed item = {.data = span_of("x")};
	uint64_t id = base(room);
	struct epoch hole = {id + 1, id + 500};
	struct entry entry = entry_of(id, &item);

	entry.what.channel = span_of("b");
	apply(room, &entry);
	apply_text(room, id + 1, "the newest that is left");
	apply_text(room, id + 2, "forgotten");
	assert_true(ledger_begin(&room->ledger));
	erasures_erase(&room->ledger.erasures, id + 1);
	ledger_commit(&room->ledger);
	assert_true(entry_hole(&room->ledger, &hole, NULL));
	must_be_lost(room, "a", hole.start);
	must_be_lost(room, "b", 0);
	must_be_lost(room, "never seen", 0);
}

static void test_where_the_log_has_been_at_only_what_is_forgotten_is_a_gap(
	void **state)
{
	struct room *room = *state;
	struct proposed item = {.data = span_of("x")};
	uint64_t id = base(room);
	struct epoch hole = {id, id + 500}, next = {id + 500, id + 900};
	struct entry entry = entry_of(id, &item);

	entry.what.channel = span_of("b");
	apply(room, &entry);
	apply_text(room, id + 1, "forgotten");
	assert_true(entry_hole(&room->ledger, &hole, NULL));
	must_be_lost(room, "a", hole.start);
	must_be_lost(room, "b", 0);
	apply_text(room, id + 501, "forgotten, too");
	assert_true(entry_hole(&room->ledger, &next, NULL));
	must_be_lost(room, "a", next.start);
	must_be_lost(room, "b", 0);
	must_be_lost(room, "never seen", 0);
}

static void test_a_hole_that_is_known_changes_nothing(void **state)
{
	struct room *room = *state;
	struct epoch hole = forget_one(room, base(room));
	size_t count = room->ledger.log.epochs.count;

	assert_true(entry_hole(&room->ledger, &hole, NULL));
	assert_int_equal(room->ledger.log.epochs.count, count);
}

/* It was further, by another server that is none any more. */
static void test_a_hole_below_the_newest_event_takes_it_out_of_the_log(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	struct epoch first = {id, id + 500}, hole = {id, id + 100};
	struct eventlog *log = &room->ledger.log;

	apply_text(room, id, "first");
	assert_true(entry_hole(&room->ledger, &first, NULL));
	apply_text(room, id + 501, "second");
	assert_true(entry_hole(&room->ledger, &hole, NULL));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask(room, "SELECT count(*) FROM event"), 1);
		assert_int_equal(ask(room, "SELECT id FROM orphan"), id + 501);
		assert_int_equal(log->committed, id + 501);
		must_be_lost(room, "a", id + 501);
		must_be_lost(room, "never seen", id + 501);
		assert_true(eventlog_knows(log, id));
		assert_false(eventlog_knows(log, id + 99));
		assert_false(eventlog_knows(log, id + 101));
		assert_false(eventlog_knows(log, first.start));
		assert_true(eventlog_knows(log, id + 501));
		assert_true(epochs_begin_at(&log->epochs, hole.start));
		assert_true(epochs_begin_at(&log->epochs, id + 501));
		assert_true(entry_hole(&room->ledger, &hole, NULL));
		room_reopen(room);
	}
	apply_text(room, id + 502, "next");
	assert_int_equal(log->losses, 0);
}

static void test_a_hole_below_another_one_that_is_the_newest_id_is_written_down(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	struct epoch first = {id, id + 500}, hole = {id, id + 100};

	apply_text(room, id, "first");
	assert_true(entry_hole(&room->ledger, &first, NULL));
	assert_true(entry_hole(&room->ledger, &hole, NULL));
	assert_true(epochs_begin_at(&room->ledger.log.epochs, hole.start));
	assert_int_equal(room->ledger.log.committed, id + 500);
	must_be_lost(room, "a", id + 500);
	room_reopen(room);
	assert_true(epochs_begin_at(&room->ledger.log.epochs, hole.start));
	assert_true(epochs_begin_at(&room->ledger.log.epochs, first.start));
}

static void test_if_it_cannot_be_committed_nothing_has_left_the_log(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	struct epoch hole = {id, id + 500};

	apply_text(room, id, "first");
	apply_text(room, id + 1, "second");
	room_fail(room);
	assert_false(entry_hole(&room->ledger, &hole, NULL));
	room->ledger.writable = true;
	assert_int_equal(room->ledger.log.committed, id + 1);
	assert_true(eventlog_knows(&room->ledger.log, id + 1));
	assert_true(entry_hole(&room->ledger, &hole, NULL));
}

static void check_third(void *arg, const struct orphan *orphan)
{
	bool *found = arg;

	*found = true;
	assert_true(span_is(orphan->what.channel, "a"));
	assert_int_equal(orphan->what.count, 1);
	assert_int_equal(orphan->what.traits.len, 0);
	assert_true(span_is(orphan->what.items[0].data, "third"));
	assert_true(span_is(orphan->what.items[0].key, "third"));
	assert_int_equal(orphan->origin.source, 3);
	assert_int_equal(orphan->origin.hub[0], 7);
}

static void test_an_orphan_can_be_proposed_again_and_goes_with_its_successor(
	void **state)
{
	struct room *room = *state;
	uint64_t id = base(room);
	struct epoch hole = forget_one(room, id);
	struct store *store = &room->ledger.store;
	struct proposed item = {.data = span_of("third")};
	struct entry entry = entry_of(hole.start + 1, &item);
	struct orphan_line line;
	bool found = false;

	assert_true(orphan_next(store, 0, NULL, &line));
	assert_int_equal(line.id, id + 2);
	assert_true(orphan_read(store, line.id, check_third, &found));
	assert_true(found);
	entry.orphan = line.id;
	apply(room, &entry);
	assert_false(orphan_next(store, 0, NULL, &line));
}

static void test_an_orphan_that_is_left_stays_and_is_asked_for_no_more(
	void **state)
{
	struct room *room = *state;
	struct store *store = &room->ledger.store;
	struct orphan_line line;

	forget_one(room, base(room));
	assert_true(orphan_next(store, 0, NULL, &line));
	assert_true(ledger_begin(&room->ledger));
	orphan_leave(store, line.id);
	ledger_commit(&room->ledger);
	assert_false(orphan_next(store, 0, NULL, &line));
	assert_int_equal(ask(room, "SELECT count(*) FROM orphan"), 1);
}

static void test_what_was_missed_counts_as_pruned(void **state)
{
	struct room *room = *state;
	struct channels *channels = &room->ledger.channels;
	uint64_t id = base(room);

	apply_text(room, id, "first");
	assert_true(entry_missed(&room->ledger, id + 9));
	assert_int_equal(room->ledger.log.committed, id + 9);
	assert_int_equal(
		channel_find(channels, span_of("a"))->pruned_through, id + 9);
	assert_int_equal(
		channels_mark(channels, span_of("other"), true).through,
		id + 9);
	apply_text(room, id + 10, "next");
	assert_int_equal(ask(room, "SELECT count(*) FROM event"), 2);
}

#define IN_ROOM(test) \
	cmocka_unit_test_setup_teardown(test, setup, room_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_an_entry_has_the_id_and_the_time_that_it_was_given),
		IN_ROOM(test_a_start_does_not_jump_where_the_order_is_shared),
		IN_ROOM(test_rows_of_several_channels_end_at_the_entrys_id),
		IN_ROOM(test_a_single_row_of_several_channels_is_applied),
		IN_ROOM(test_what_no_hub_writes_is_not_applied),
		IN_ROOM(test_what_the_order_forgot_leaves_the_log_as_an_orphan),
		IN_ROOM(test_what_another_server_had_meanwhile_counts_as_pruned),
		IN_ROOM(test_who_had_seen_all_that_is_left_has_no_gap_though_its_newest_event_was_deleted),
		IN_ROOM(test_where_the_log_has_been_at_only_what_is_forgotten_is_a_gap),
		IN_ROOM(test_a_hole_that_is_known_changes_nothing),
		IN_ROOM(test_who_is_there_is_an_event_for_each_of_his_topics),
		IN_ROOM(test_what_does_not_say_who_is_there_is_refused),
		IN_ROOM(test_a_hole_below_the_newest_event_takes_it_out_of_the_log),
		IN_ROOM(test_a_hole_below_another_one_that_is_the_newest_id_is_written_down),
		IN_ROOM(test_if_it_cannot_be_committed_nothing_has_left_the_log),
		IN_ROOM(test_an_orphan_can_be_proposed_again_and_goes_with_its_successor),
		IN_ROOM(test_an_orphan_that_is_left_stays_and_is_asked_for_no_more),
		IN_ROOM(test_what_was_missed_counts_as_pruned),
	};

	return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
