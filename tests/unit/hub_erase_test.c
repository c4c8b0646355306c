/* SPDX-License-Identifier: MIT */
/* hub/erase, hub/expire: what is deleted, or goes by itself, leaves neither a
 * gap nor a trace */
#include <config.h>

#include "hub/log/order.h"
#include "lib/event/traits.h"
#include "tests/unit/hub_room.h"

/* ---- with a random log beside a model of it */

enum { MODEL = 60 };

struct model {
	uint64_t ids[MODEL];
	bool held[MODEL];
	size_t count;
};

static void erase(struct room *room, const struct erasure *erasure)
{
	struct ledger *ledger = &room->ledger;
	struct buf traits = {0};

	assert_true(ledger_begin(ledger));
	erasure_put(&traits, erasure);
	assert_true(ledger_append(ledger,
			    channel_get(&ledger->channels,
				    span_of(ERASURE_CHANNEL)),
			    span_of(""), buf_span(&traits), span_of("")) > 0);
	buf_release(&traits);
}

static void erase_id(struct room *room, uint64_t id)
{
	erase(room, &(struct erasure){.first = id, .last = id});
}

static void erase_channel(struct room *room, const char *name)
{
	erase(room, &(struct erasure){.channel = span_of(name)});
}

static const struct channel *channel_of(struct room *room, const char *name)
{
	return channel_find(&room->ledger.channels, span_of(name));
}

/* What a reader of the channel is given, from the beginning; nothing is lost.
 */
static size_t walk(struct room *room, const char *name, uint64_t *ids)
{
	struct eventlog *log = &room->ledger.log;
	struct channel *channel =
		channel_find(&room->ledger.channels, span_of(name));
	struct wire_event event;
	size_t count = 0;

	eventlog_walk(log, channel, 0);
	while (eventlog_step(log, channel, log->newest, &event) ==
		EVENTLOG_EVENT)
		ids[count++] = event.id;
	eventlog_rest(log);
	assert_int_equal(log->losses, 0);
	assert_int_equal(channel->pruned_through, 0);
	return count;
}

static void is_as(struct room *room, const struct model *model)
{
	uint64_t ids[MODEL];
	size_t count = walk(room, "a", ids), left = 0;

	for (size_t i = 0; i < model->count; i++)
		if (model->held[i])
			assert_int_equal(ids[left++], model->ids[i]);
	assert_int_equal(count, left);
	assert_int_equal(channel_of(room, "a")->events, left);
}

static void publish_one(struct room *room, struct model *model)
{
	model->held[model->count] = true;
	model->ids[model->count++] = room_add(room, "a", "data");
	room_add(room, "b", "of another");
}

static void test_whatever_is_deleted_the_rest_is_whole(void **state)
{
	struct room *room = *state;

	for (unsigned seed = 1; seed <= 20; seed++) {
		struct model model = {0};

		srand(seed);
		while (model.count < MODEL) {
			size_t at = model.count == 0
					    ? 0
					    : (size_t)rand() % model.count;

			if (rand() % 5 < 3) {
				publish_one(room, &model);
			} else if (model.count > 0) {
				erase_id(room, model.ids[at]);
				model.held[at] = false;
			}
			if (rand() % 10 == 0)
				ledger_commit(&room->ledger);
			if (rand() % 20 == 0) {
				ledger_commit(&room->ledger);
				room_reopen(room);
			}
			if (model.count > 0)
				is_as(room, &model);
		}
		erase_channel(room, "a");
		ledger_commit(&room->ledger);
		while (erasures_wait(&room->ledger.erasures))
			ledger_prune(&room->ledger);
		ledger_commit(&room->ledger);
	}
}

static void test_what_could_not_be_committed_was_not_deleted(void **state)
{
	struct room *room = *state;
	struct model model = {0};

	for (int i = 0; i < 5; i++)
		publish_one(room, &model);
	ledger_commit(&room->ledger);
	erase_id(room, model.ids[0]);
	erase_id(room, model.ids[4]);
	erase_id(room, model.ids[2]);
	room_roll_back(room);
	is_as(room, &model);
	erase_channel(room, "a");
	room_roll_back(room);
	assert_true(erasures_wait(&room->ledger.erasures) == false);
	is_as(room, &model);
}

/* ---- a channel */

static int64_t rows(struct room *room, const char *sql)
{
	int64_t count = -1;

	assert_int_equal(db_ask(&room->ledger.store.db, sql, &count), DB_DONE);
	return count;
}

#define ROWS "SELECT count(*) FROM event WHERE channel = 1"

static void test_a_channel_is_empty_at_once_and_its_rows_go_step_by_step(
	void **state)
{
	struct room *room = *state;
	int64_t before;

	for (int i = 0; i < 1000; i++)
		room_add(room, "a", "data");
	ledger_commit(&room->ledger);
	erase_channel(room, "a");
	room_add(room, "a", "new");
	ledger_commit(&room->ledger);
	assert_int_equal(channel_of(room, "a")->events, 1);
	assert_int_equal(rows(room, ROWS), 1001);
	while ((before = rows(room, ROWS)) > 1) {
		uint64_t id;

		ledger_prune(&room->ledger);
		ledger_commit(&room->ledger);
		assert_true(before - rows(room, ROWS) <= 200);
		assert_int_equal(walk(room, "a", &id), 1);
		if (before > 400 && before < 700)
			room_reopen(room);
		assert_true(erasures_wait(&room->ledger.erasures));
	}
	ledger_prune(&room->ledger);
	ledger_commit(&room->ledger);
	assert_false(erasures_wait(&room->ledger.erasures));
	assert_int_equal(rows(room, "SELECT count(*) FROM erasing"), 0);
}

/* Each is read and written over: a few hundred would hold up everybody. */
static void
test_large_events_of_a_deleted_channel_go_few_at_a_time_with_retention_too(
	void **state)
{
	enum { SIZE = 60000, MOST = (512 << 10) / SIZE + 1 };
	struct room *room = *state;
	char *data = mem_new(SIZE + 1);
	int64_t before;

	memset(data, 'x', SIZE);
	for (int i = 0; i < 40; i++)
		room_publish(room, "a", data);
	erase_channel(room, "a");
	ledger_commit(&room->ledger);
	while ((before = rows(room, ROWS)) > 0) {
		retention_step(&room->ledger.retention);
		ledger_prune(&room->ledger);
		ledger_commit(&room->ledger);
		assert_in_range(before - rows(room, ROWS), 1, MOST);
	}
	free(data);
}

static void test_a_deletion_that_was_put_back_takes_nothing_newer(void **state)
{
	struct room *room = *state;
	uint64_t ids[8], first = room_add(room, "a", "first"), last;

	last = room_add(room, "a", "last");
	room_add(room, "b", "another's");
	room_add(room, "a", "newer");
	ledger_commit(&room->ledger);
	erase(room, &(struct erasure){.last = last, .channel = span_of("a")});
	ledger_commit(&room->ledger);
	assert_int_equal(walk(room, "a", ids), 1);
	assert_true(ids[0] > last && last > first);
	assert_int_equal(walk(room, "b", ids), 1);
	erase(room, &(struct erasure){.last = ids[0], .channel = span_of("b")});
	ledger_commit(&room->ledger);
	assert_int_equal(walk(room, "b", ids), 0);
}

static void test_retention_passes_over_what_was_deleted(void **state)
{
	struct room *room = *state;
	uint64_t ids[8];

	for (int i = 0; i < 300; i++)
		room_add(room, "a", "data");
	ledger_commit(&room->ledger);
	erase_channel(room, "a");
	for (int i = 0; i < 8; i++)
		ids[i] = room_add(room, "a", "new");
	ledger_commit(&room->ledger);
	room->config.keep.events = 4;
	retention_step(&room->ledger.retention);
	ledger_commit(&room->ledger);
	/* The erasure before them is one, too. */
	assert_int_equal(channel_of(room, "a")->events, 4);
	assert_int_equal(channel_of(room, "a")->pruned_through, ids[3]);
	room->config.keep.events = 0;
}

/* ---- damage beside it */

static void run(struct room *room, const char *sql)
{
	assert_int_equal(db_run(&room->ledger.store.db, sql), DB_DONE);
}

static void test_what_is_damaged_beside_a_deleted_event_is_still_told(
	void **state)
{
	struct room *room = *state;
	struct eventlog *log = &room->ledger.log;
	struct wire_event event;
	uint64_t ids[4];
	char sql[100];

	for (int i = 0; i < 4; i++)
		ids[i] = room_publish(room, "a", "data");
	snprintf(sql, sizeof(sql),
		"UPDATE event SET data = x'00' WHERE id = %llu",
		(unsigned long long)ids[2]);
	run(room, sql);
	erase_id(room, ids[1]);
	ledger_commit(&room->ledger);
	eventlog_read(log, ids[0], log->committed);
	assert_int_equal(eventlog_next(log, ids[0], &event), EVENTLOG_LOSS);
	eventlog_rest(log);
	assert_int_equal(channel_of(room, "a")->pruned_through, ids[2]);
}

/* ---- nothing is left in the files */

static bool is_in(const char *path, const char *text)
{
	size_t len = strlen(text), size;
	FILE *file = fopen(path, "r");
	static char bytes[16 << 20];

	assert_non_null(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return memmem(bytes, size, text, len) != NULL;
}

static bool is_in_the_files(struct room *room, const char *text)
{
	char wal[128];

	snprintf(wal, sizeof(wal), "%s-wal", room->path);
	return is_in(room->path, text) || is_in(wal, text);
}

static void test_what_was_deleted_is_in_no_file_any_more(void **state)
{
	struct room *room = *state;
	struct ledger *ledger = &room->ledger;
	struct buf big = {0};
	uint64_t id;

	for (int i = 0; i < 4000; i++)
		buf_add_span(&big, span_of("all about alice "));
	buf_add_char(&big, '\0');
	room_publish(room, "a", "before");
	id = room_publish(room, "a", big.at);
	room_publish(room, "a", "alice's small one");
	room_publish(room, "b", "bob's");
	assert_true(is_in_the_files(room, "about alice"));
	ledger_tend(ledger);
	erase_id(room, id);
	erase_id(room, id + 1);
	ledger_commit(ledger);
	ledger_tend(ledger);
	assert_false(is_in_the_files(room, "about alice"));
	assert_false(is_in_the_files(room, "alice's small"));
	assert_true(is_in_the_files(room, "bob's"));
	room_publish(room, "a", "after"); /* it can be written as before */
	room_reopen(room);
	assert_int_equal(channel_of(room, "a")->events, 2);
	buf_release(&big);
}

static void test_nor_is_what_retention_came_by_in_a_channel_that_was_deleted(
	void **state)
{
	struct room *room = *state;
	struct ledger *ledger = &room->ledger;

	for (int i = 0; i < 500; i++)
		room_add(room, "a", "all about alice");
	ledger_commit(ledger);
	erase_channel(room, "a");
	ledger_commit(ledger);
	retention_step(&ledger->retention);
	ledger_commit(ledger);
	while (erasures_wait(&ledger->erasures)) {
		ledger_prune(ledger);
		ledger_commit(ledger);
	}
	ledger_tend(ledger);
	ledger_commit(ledger);
	assert_int_equal(rows(room, ROWS), 0);
	assert_false(is_in_the_files(room, "about alice"));
}

/* ---- those that are good until a time */

static uint64_t add_with(struct room *room, const char *channel,
	const char *data, uint64_t ms_from_now)
{
	struct ledger *ledger = &room->ledger;
	struct buf traits = {0};
	uint64_t id;

	trait_add_expires(&traits, room->hands.wall_us / 1000 + ms_from_now);
	assert_true(ledger_begin(ledger));
	id = ledger_append(ledger,
		channel_get(&ledger->channels, span_of(channel)), span_of(""),
		buf_span(&traits), span_of(data));
	buf_release(&traits);
	return id;
}

static uint64_t add_until(
	struct room *room, const char *channel, uint64_t ms_from_now)
{
	return add_with(room, channel, "data", ms_from_now);
}

static void pass(struct room *room, uint64_t ms)
{
	hand_clock_pass(&room->hands, ms * 1000);
	ledger_tend(&room->ledger);
	ledger_prune(&room->ledger);
	ledger_commit(&room->ledger);
}

static void test_an_event_goes_when_its_time_has_come_and_not_before(
	void **state)
{
	struct room *room = *state;
	uint64_t ids[8];

	room_add(room, "a", "before");
	add_until(room, "a", 3000);
	add_until(room, "a", 1000);
	room_add(room, "a", "after");
	ledger_commit(&room->ledger);
	pass(room, 900);
	assert_int_equal(walk(room, "a", ids), 4);
	pass(room, 200);
	assert_int_equal(walk(room, "a", ids), 3);
	room_reopen(room);
	pass(room, 3000);
	assert_int_equal(walk(room, "a", ids), 2);
	assert_int_equal(rows(room, "SELECT count(*) FROM due"), 0);
	assert_false(room->ledger.store.tainted);
}

static void test_what_is_deleted_before_its_time_is_not_due_any_more(
	void **state)
{
	struct room *room = *state;
	uint64_t id = 0;

	add_until(room, "a", 3000);
	ledger_commit(&room->ledger);
	assert_int_equal(rows(room, "SELECT count(*) FROM due"), 1);
	assert_int_equal(walk(room, "a", &id), 1);
	erase_id(room, id);
	ledger_commit(&room->ledger);
	assert_int_equal(rows(room, "SELECT count(*) FROM due"), 0);
}

static void test_many_that_are_due_go_a_few_at_a_time(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < 250; i++)
		add_until(room, i % 2 == 0 ? "a" : "b", 1000);
	room_add(room, "c", "newest");
	ledger_commit(&room->ledger);
	pass(room, 2000);
	assert_int_equal(rows(room, "SELECT count(*) FROM event"), 151);
	assert_true(ledger_is_behind(&room->ledger));
	pass(room, 0);
	pass(room, 0);
	assert_int_equal(rows(room, "SELECT count(*) FROM event"), 1);
	assert_false(ledger_is_behind(&room->ledger));
}

static void test_of_large_ones_that_are_due_still_fewer_go_at_a_time(
	void **state)
{
	enum { SIZE = 60000 };
	struct room *room = *state;
	char *data = mem_new(SIZE + 1);
	int64_t before;

	memset(data, 'x', SIZE);
	for (int i = 0; i < 40; i++) {
		add_with(room, "a", data, 1000);
		ledger_commit(&room->ledger);
	}
	room_publish(room, "b", "newest");
	pass(room, 900);
	assert_int_equal(rows(room, ROWS), 40);
	for (uint64_t ms = 200; (before = rows(room, ROWS)) > 0; ms = 0) {
		pass(room, ms);
		assert_in_range(
			before - rows(room, ROWS), 1, EXPIRE_BYTES / SIZE + 1);
		assert_true(rows(room, ROWS) == 0 ||
			    ledger_is_behind(&room->ledger));
	}
	free(data);
}

static void test_the_newest_event_goes_too_and_no_id_is_used_again(void **state)
{
	struct room *room = *state;
	uint64_t newest;

	add_until(room, "a", 1000);
	ledger_commit(&room->ledger);
	pass(room, 2000);
	assert_int_equal(channel_of(room, "a")->events, 0);
	newest = room->ledger.log.newest_event;
	assert_int_equal(newest, room->ledger.log.committed);
	pass(room, 2000);
	assert_false(ledger_is_behind(&room->ledger));
	assert_int_equal(room->ledger.log.newest_event, newest);
	room_reopen(room);
	assert_true(room_publish(room, "a", "x") > newest);
}

static void test_who_was_there_goes_by_other_rules(void **state)
{
	struct room *room = *state;

	add_until(room, "/.well-known/mercure/subscriptions", 1000);
	ledger_commit(&room->ledger);
	assert_int_equal(rows(room, "SELECT count(*) FROM due"), 0);
}

/* ---- found by what is shown */

static void test_a_publish_is_found_by_the_id_that_is_shown(void **state)
{
	struct room *room = *state;
	struct erasures *erasures = &room->ledger.erasures;
	static const char names[] = "\1\0a\1\0b\1\0c";
	struct buf traits = {0}, texts = {0};
	struct proposed item = {.data = span_of("data")};
	struct proposal proposal = {
		.channel = span_of("a"), .items = &item, .count = 1};
	struct erasable found;
	struct ack ack = {.peer = room};

	trait_add_topics(&traits, span(names, sizeof(names) - 1), 3);
	proposal.traits = buf_span(&traits);
	assert_true(order_propose(&room->ledger, &proposal, &ack));
	ledger_commit(&room->ledger);
	assert_false(erasures_find(erasures, ack.last - 1, &texts, &found));
	assert_true(erasures_find(erasures, ack.last, &texts, &found));
	assert_int_equal(found.erasure.first, ack.last - 2);
	/* Of its rows the last may go first. */
	assert_true(ledger_begin(&room->ledger));
	erasures_erase(erasures, ack.last);
	assert_true(erasures_find(erasures, ack.last, &texts, &found));
	assert_int_equal(found.erasure.first, ack.last - 2);
	erase(room, &found.erasure);
	assert_false(erasures_find(erasures, ack.last, &texts, &found));
	ledger_commit(&room->ledger);
	buf_release(&traits);
	buf_release(&texts);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, room_setup, room_teardown)

	const struct CMUnitTest tests[] = {
		TEST(test_whatever_is_deleted_the_rest_is_whole),
		TEST(test_what_could_not_be_committed_was_not_deleted),
		TEST(test_a_channel_is_empty_at_once_and_its_rows_go_step_by_step),
		TEST(test_large_events_of_a_deleted_channel_go_few_at_a_time_with_retention_too),
		TEST(test_a_deletion_that_was_put_back_takes_nothing_newer),
		TEST(test_retention_passes_over_what_was_deleted),
		TEST(test_what_is_damaged_beside_a_deleted_event_is_still_told),
		TEST(test_what_was_deleted_is_in_no_file_any_more),
		TEST(test_nor_is_what_retention_came_by_in_a_channel_that_was_deleted),
		TEST(test_an_event_goes_when_its_time_has_come_and_not_before),
		TEST(test_what_is_deleted_before_its_time_is_not_due_any_more),
		TEST(test_many_that_are_due_go_a_few_at_a_time),
		TEST(test_of_large_ones_that_are_due_still_fewer_go_at_a_time),
		TEST(test_the_newest_event_goes_too_and_no_id_is_used_again),
		TEST(test_who_was_there_goes_by_other_rules),
		TEST(test_a_publish_is_found_by_the_id_that_is_shown),
	};

	return cmocka_run_group_tests_name("erase", tests, NULL, NULL);
}
