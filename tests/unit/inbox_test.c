/* SPDX-License-Identifier: MIT */
/* inbox: what a lock, or another failure, of each single statement does to the
 * rows of an inbox, with the hub at the other end */
#include <config.h>

#include "inbox/inbox.h"
#include "inbox/rejects.h"
#include "lib/db/outbox_table.h"
#include "lib/log.h"
#include "tests/unit/failing_sqlite.h"
#include "tests/unit/hub_end.h"

enum {
	TURNS = 6,   /* looks at the file, after which all must be well again */
	ANSWERS = 4, /* that one look may have to wait for */
};

/* ---- an inbox */

int fsync(int fd);
int fdatasync(int fd);

/* What reaches the disk is not looked at here. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

struct house {
	struct room *room;
	struct hub_end *hub;
	struct config_inbox config;
	struct uplink uplink;
	struct inbox inbox;
	char path[96];
	uint64_t before; /* the newest event of the file before */
};

static void on_gone(void *owner, const char *why)
{
	(void)owner;
	fail_msg("the hub has gone: %s", why == NULL ? "" : why);
}

/* A reader begins, as the supervisor lets it. */
static void open_inbox(struct house *house)
{
	const struct uplink_sink sink = {
		.reason = inbox_on_reason,
		.at = inbox_on_at,
		.refused = inbox_on_refused,
		.taken = inbox_on_taken,
		.arg = &house->inbox,
		.gone = on_gone,
	};
	struct room *room = house->room;

	inbox_init(&house->inbox, &room->config, &house->config, &room->clock,
		&house->uplink);
	uplink_open(&house->uplink, hub_end_loop(house->hub),
		hub_end_connect(house->hub, house->config.name), &sink);
}

/* It dies, and leaves unsaid what it has not said yet. */
static void close_inbox(struct house *house)
{
	inbox_release(&house->inbox);
	uplink_close(&house->uplink);
	hub_end_turn(house->hub);
}

static int setup(void **state)
{
	static char name[] = "main";
	struct house *house = mem_new(sizeof(*house));
	void *room;

	log_faults_only();
	room_setup(&room);
	house->room = room;
	snprintf(house->path, sizeof(house->path), "%s/inbox.db",
		house->room->folder);
	house->config = (struct config_inbox){
		.name = name,
		.path = house->path,
		.consume = true,
		.consume_rows = 1,
		.consume_every_ms = 1000,
	};
	house->room->config.inboxes = &house->config;
	house->room->config.inbox_count = 1;
	house->hub = hub_end_new(house->room);
	*state = house;
	return 0;
}

static void remove_file(const struct house *house)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
	char name[128];

	for (size_t i = 0; i < COUNT(suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", house->path, suffixes[i]);
		unlink(name);
	}
}

static int teardown(void **state)
{
	struct house *house = *state;
	void *room = house->room;

	hub_end_free(house->hub);
	remove_file(house);
	room_teardown(&room);
	free(house);
	return 0;
}

/* As an application does it, whom nothing disturbs. */
static void write_file(const struct house *house, const char *sql)
{
	sqlite3 *db;
	char *error = NULL;

	assert_int_equal(sqlite3_open(house->path, &db), SQLITE_OK);
	if (real_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* One text, to be freed by sqlite3_free. */
static char *ask_file(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	char *answer;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(real_prepare(db, sql, -1, 0, &stmt, NULL), SQLITE_OK);
	assert_int_equal(real_step(stmt), SQLITE_ROW);
	answer = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return answer;
}

static void make_file(struct house *house, const char *journal)
{
	struct db db = {0};

	remove_file(house);
	house->config.create = journal == NULL;
	if (journal == NULL)
		return;
	assert_int_equal(db_open(&db, house->path, DB_OWN), DB_DONE);
	assert_int_equal(db_run(&db, journal), DB_DONE);
	assert_int_equal(outbox_table_make(&db), DB_DONE);
	db_close(&db);
}

/* Says what there is to say, and hears what becomes of it. */
static void converse(struct house *house)
{
	for (int i = 0; i < ANSWERS; i++) {
		while (inbox_pull(&house->inbox))
			;
		link_flush(&house->uplink.link);
		hub_end_turn(house->hub);
	}
}

/* What the reader's timers and turns do. */
static void pass(struct house *house, bool tidy)
{
	failing.armed = true;
	for (int i = 0; i < TURNS; i++) {
		inbox_look(&house->inbox);
		converse(house);
		if (tidy)
			inbox_tidy(&house->inbox);
		converse(house);
		hand_clock_pass(&house->room->hands, 250000);
	}
	failing.armed = false;
}

/* ---- its life: rows, one that is none, a restart before they are
 * deleted, a migration, a row below */

static void live(struct house *house)
{
	open_inbox(house);
	pass(house, true);
	write_file(house, "INSERT INTO broadcast(data) VALUES('a'), ('b');"
			  "PRAGMA ignore_check_constraints = ON;"
			  "INSERT INTO broadcast(channel, data)"
			  " VALUES('', 'bad')");
	pass(house, false);
	write_file(house, "INSERT INTO broadcast(data) VALUES('c'), ('d')");
	close_inbox(house);
	open_inbox(house);
	pass(house, true);
	write_file(house, "CREATE TABLE more(x);"
			  "INSERT INTO broadcast(data) VALUES('e')");
	pass(house, true);
	write_file(house, "DROP TRIGGER broadcast_insert;"
			  "INSERT OR IGNORE INTO broadcast(id, data)"
			  " VALUES(1, 'below')");
	pass(house, true);
	close_inbox(house);
}

static void expect(
	const char *how, const char *path, const char *sql, const char *wanted)
{
	char *got = ask_file(path, sql);

	CHECK_TEXT(how, span_of(got), wanted);
	sqlite3_free(got);
}

/* What was published since the last time. */
static void check_events(
	struct house *house, const char *how, const char *wanted)
{
	char *sql = sqlite3_mprintf(
		"SELECT ifnull(group_concat(CAST(data AS TEXT), ' '), '') FROM"
		" (SELECT data FROM event WHERE id > %lld ORDER BY id)",
		(long long)house->before);
	struct db *log = &house->room->ledger.store.db;
	struct query query = {0};

	assert_int_equal(db_prepare(log, &query, sql), DB_DONE);
	assert_true(query_next(&query));
	CHECK_TEXT(how, query_bytes(&query, 0), wanted);
	assert_int_equal(query_end(&query), DB_DONE);
	query_release(&query);
	sqlite3_free(sql);
	house->before = house->room->ledger.log.newest;
}

/* Each row once, in order. */
static void check_log(struct house *house, const char *how)
{
	check_events(house, how, "a b c d e");
}

/* All that is left, and why. */
static void check_rows(struct house *house, const char *how)
{
	expect(how, house->path,
		"SELECT group_concat(data || ': ' || ifnull(error, '-'), '; ')"
		" FROM (SELECT * FROM broadcast ORDER BY id)",
		"below: its id is not above those published before; "
		"bad: a channel name has 1 to 255 bytes");
}

/* Once rows could not be deleted, for another reason than a lock, they stay
 * until the file is opened again; so does what came in among them. */
static void check_reasons(struct house *house, const char *how)
{
	expect(how, house->path,
		"SELECT group_concat(data || ': ' || error, '; ')"
		" FROM broadcast WHERE error IS NOT NULL AND data <> 'below'",
		"bad: a channel name has 1 to 255 bytes");
}

/* One life after another, until the k-th statement is behind its end. */
static void try_all(struct house *house, const char *journal, int code,
	unsigned times, void (*check)(struct house *, const char *))
{
	char how[128];
	unsigned k = 0;

	do {
		k += k == 0 ? 1 : times;
		failing_set(k, times, code);
		snprintf(how, sizeof(how),
			"%s, code %d, statement %u, %u times",
			journal == NULL ? "made by the reader" : journal, code,
			k, times);
		make_file(house, journal);
		live(house);
		check_log(house, how);
		check(house, how);
	} while (failing.count >= k);
	assert_true(k > 100); /* it was called at all */
}

static const char rollback[] = "PRAGMA journal_mode = DELETE";
static const char wal[] = "PRAGMA journal_mode = WAL";

static void test_rows_met_by_a_lock_are_published_once_and_removed(void **state)
{
	try_all(*state, NULL, SQLITE_BUSY, 1, check_rows);
	try_all(*state, rollback, SQLITE_BUSY, 1, check_rows);
	try_all(*state, rollback, SQLITE_LOCKED, 3, check_rows);
	try_all(*state, wal, SQLITE_BUSY_SNAPSHOT, 2, check_rows);
}

static void test_rows_met_by_a_failed_read_are_published_once(void **state)
{
	try_all(*state, rollback, SQLITE_IOERR_READ, 1, check_reasons);
}

/* ---- an inbox that the log does not know, with start = new */

static void test_rows_that_come_while_nobody_reads_a_new_inbox_are_published(
	void **state)
{
	struct house *house = *state;

	house->config.start_new = house->config.create = true;
	open_inbox(house);
	pass(house, true);
	close_inbox(house);
	write_file(house, "INSERT INTO broadcast(data) VALUES('a'), ('b')");
	open_inbox(house);
	pass(house, true);
	close_inbox(house);
	check_events(house, "those that came later", "a b");
}

static void test_rows_that_were_there_are_passed_over_though_the_disk_is_full(
	void **state)
{
	struct house *house = *state;

	house->config.start_new = true;
	make_file(house, wal);
	house->config.create = false;
	write_file(house, "INSERT INTO broadcast(data) VALUES('a'), ('b')");
	hub_end_fail(house->hub);
	open_inbox(house);
	pass(house, true);
	write_file(house, "INSERT INTO broadcast(data) VALUES('c')");
	pass(house, true);
	close_inbox(house);
	check_events(house, "that which came later", "c");
}

static void test_rows_of_negative_ids_stop_nobody_with_start_new(void **state)
{
	struct house *house = *state;

	house->config.start_new = true;
	make_file(house, wal);
	write_file(house,
		"DROP TRIGGER broadcast_insert;"
		"PRAGMA ignore_check_constraints = ON;"
		"INSERT INTO broadcast(id, data) VALUES(-5, 'never')");
	open_inbox(house);
	pass(house, false);
	write_file(house, "INSERT INTO broadcast(data) VALUES('a')");
	pass(house, true);
	close_inbox(house);
	check_events(house, "the one above", "a");
}

/* ---- a file that is exchanged while the hub is being asked about it */

static void test_the_reasons_of_a_file_are_not_written_into_the_next(
	void **state)
{
	struct house *house = *state;

	make_file(house, wal);
	write_file(house,
		"PRAGMA ignore_check_constraints = ON;"
		"INSERT INTO broadcast(channel, data) VALUES('', 'bad')");
	open_inbox(house);
	pass(house, false);
	close_inbox(house); /* the hub keeps the reason of row 1 */
	open_inbox(house);
	inbox_look(&house->inbox);
	assert_int_equal(house->inbox.state, ASKING);
	make_file(house, wal);
	write_file(house, "INSERT INTO broadcast(data) VALUES('a')");
	inbox_look(&house->inbox);
	assert_int_equal(house->inbox.state, AWAY);
	converse(house);
	pass(house, true);
	close_inbox(house);
	check_events(house, "the row of the next", "a");
	expect("the next", house->path,
		"SELECT count(*) FROM broadcast WHERE error IS NOT NULL", "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_rows_met_by_a_lock_are_published_once_and_removed,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_rows_met_by_a_failed_read_are_published_once,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_rows_that_come_while_nobody_reads_a_new_inbox_are_published,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_rows_that_were_there_are_passed_over_though_the_disk_is_full,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_rows_of_negative_ids_stop_nobody_with_start_new,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_the_reasons_of_a_file_are_not_written_into_the_next,
			setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
