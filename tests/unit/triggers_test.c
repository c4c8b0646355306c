/* SPDX-License-Identifier: MIT */
/* triggers: what `inbox init` makes of a database of which it cannot read all
 */
#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/verb/triggers.h"
#include "lib/outbox_table.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_init_makes_whole_triggers_or_says_what_failed,
			setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
