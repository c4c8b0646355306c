/* SPDX-License-Identifier: MIT */
/* triggers: what `inbox init` makes of a database of which it cannot read all
 */
#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/inbox/triggers.h"
#include "lib/db/outbox_table.h"
#include "lib/db/outbox_triggers.h"
#include "tests/unit/failing_sqlite.h"
#include "tests/unit/unit.h"

struct shop {
	char folder[64];
	char path[96];
	struct db db;
};

static void run(struct shop *shop, const char *sql)
{
	assert_int_equal(db_run(&shop->db, sql), DB_DONE);
}

static int setup(void **state)
{
	struct shop *shop = mem_new(sizeof(*shop));
	struct buf sql = {0};

	snprintf(shop->folder, sizeof(shop->folder), "/tmp/shop-XXXXXX");
	assert_non_null(mkdtemp(shop->folder));
	snprintf(shop->path, sizeof(shop->path), "%s/inbox.db", shop->folder);
	assert_int_equal(db_open(&shop->db, shop->path, DB_OWN), DB_DONE);
	assert_int_equal(outbox_table_make(&shop->db), DB_DONE);
	run(shop, "CREATE TABLE orders(id INTEGER PRIMARY KEY, a, b, c)");
	assert_int_equal(
		triggers_sql(&shop->db, "orders", "orders", &sql), DB_DONE);
	buf_add_char(&sql, '\0');
	run(shop, sql.at);
	buf_release(&sql);
	assert_int_equal(
		outbox_triggers_record(&shop->db, "orders", "sales"), DB_DONE);
	*state = shop;
	return 0;
}

static int teardown(void **state)
{
	struct shop *shop = *state;

	db_close(&shop->db);
	unlink(shop->path);
	rmdir(shop->folder);
	free(shop);
	return 0;
}

/* All that it says of a table; false if it says that it could not look. */
static bool tell(struct shop *shop, struct buf *out)
{
	const char *fault, *unfit;
	struct buf name = {0};
	bool found, done;

	buf_clear(out);
	failing.armed = true;
	done = outbox_table_look(&shop->db, &found, &unfit) == DB_DONE &&
	       triggers_table(&shop->db, "Orders", &name, &fault) == DB_DONE &&
	       triggers_sql(&shop->db, "orders", "orders", out) == DB_DONE &&
	       triggers_off_sql(&shop->db, "orders", out) == DB_DONE;
	failing.armed = false;
	if (done)
		buf_printf(out, "%d %s %s %s", found, name.at,
			fault == NULL ? "-" : fault,
			unfit == NULL ? "-" : unfit);
	buf_add_char(out, '\0');
	buf_release(&name);
	return done;
}

static void test_init_makes_whole_triggers_or_says_what_failed(void **state)
{
	static const int codes[] = {SQLITE_BUSY, SQLITE_IOERR_READ};
	struct buf whole = {0}, got = {0};

	for (size_t i = 0; i < COUNT(codes); i++) {
		unsigned k = 0;

		failing_set(UINT_MAX, 1, codes[i]);
		assert_true(tell(*state, &whole));
		do {
			failing_set(++k, 1, codes[i]);
			if (tell(*state, &got))
				assert_string_equal(got.at, whole.at);
		} while (failing.count >= k);
		assert_true(k > 15);
	}
	buf_release(&whole);
	buf_release(&got);
}

/* What it says of the recorded tables; false if it could not look. */
static bool look(struct shop *shop, struct buf *out)
{
	struct outbox_faults faults;
	enum db_result got;

	buf_clear(out);
	failing.armed = true;
	got = outbox_triggers_look(&shop->db, &faults);
	failing.armed = false;
	buf_printf(out, "%zu %zu %zu", faults.tables, faults.unrecorded,
		faults.more);
	for (size_t i = 0; i < faults.count; i++)
		buf_printf(out, " %s: %s: %s", faults.items[i].table,
			faults.items[i].wrong, faults.items[i].command);
	buf_add_char(out, '\0');
	if (got != DB_DONE)
		assert_string_equal(out->at, "0 0 0");
	outbox_faults_release(&faults);
	return got == DB_DONE;
}

static void assert_told(struct shop *shop, const char *text)
{
	struct buf got = {0};

	failing_set(UINT_MAX, 1, 0);
	assert_true(look(shop, &got));
	assert_non_null(strstr(got.at, text));
	buf_release(&got);
}

static void test_a_table_made_anew_is_told_or_it_is_said_what_failed(
	void **state)
{
	static const int codes[] = {SQLITE_BUSY, SQLITE_IOERR_READ};
	struct buf whole = {0}, got = {0};

	assert_told(*state, "1 0 0");
	run(*state, "CREATE TABLE n(id INTEGER PRIMARY KEY, a, b, c);"
		    "DROP TABLE orders; ALTER TABLE n RENAME TO orders");
	assert_told(*state, "1 0 0 orders: its triggers are gone");
	assert_told(*state, "inbox.db --on orders --channel sales");
	for (size_t i = 0; i < COUNT(codes); i++) {
		unsigned k = 0;

		failing_set(UINT_MAX, 1, codes[i]);
		assert_true(look(*state, &whole));
		do {
			failing_set(++k, 1, codes[i]);
			if (look(*state, &got))
				assert_string_equal(got.at, whole.at);
		} while (failing.count >= k);
		assert_true(k > 7);
	}
	buf_release(&whole);
	buf_release(&got);
}

static void test_a_trigger_that_was_changed_by_hand_is_told(void **state)
{
	run(*state, "DROP TRIGGER tidings_orders_delete;"
		    "CREATE TRIGGER tidings_orders_delete AFTER DELETE ON"
		    " orders BEGIN SELECT 1; END");
	assert_told(*state, "are not those that were made");
}

static void test_what_is_forgotten_leaves_nothing_behind(void **state)
{
	struct shop *shop = *state;
	int64_t count;

	assert_int_equal(outbox_triggers_forget(&shop->db, "ORDERS"), DB_DONE);
	assert_told(shop, "0 1 0");
	assert_int_equal(db_ask(&shop->db,
				 "SELECT count(*) FROM sqlite_schema WHERE"
				 " name = 'tidings_trigger'",
				 &count),
		DB_DONE);
	assert_int_equal(count, 0);
	assert_int_equal(outbox_triggers_forget(&shop->db, "orders"), DB_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_init_makes_whole_triggers_or_says_what_failed,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_table_made_anew_is_told_or_it_is_said_what_failed,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_trigger_that_was_changed_by_hand_is_told, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			test_what_is_forgotten_leaves_nothing_behind, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
