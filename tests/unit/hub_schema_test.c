/* SPDX-License-Identifier: MIT */
/* schema: an older log becomes a newer one, whole or not at all */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hub/log/disk/schema.h"
#include "tests/unit/unit.h"

static const char *const steps[] = {
	"ALTER TABLE event ADD COLUMN origin TEXT",
	"UPDATE event SET origin = 'before'; CREATE TABLE more(x)",
	"CREATE TABLE never(x); CREATE TABLE more(x)", /* there is one */
};

struct log {
	char folder[64];
	char path[96];
	struct db db;
};

static int setup(void **state)
{
	struct log *log = calloc(1, sizeof(*log));

	strcpy(log->folder, "/tmp/tidings-schema-XXXXXX");
	assert_non_null(mkdtemp(log->folder));
	snprintf(log->path, sizeof(log->path), "%s/log.db", log->folder);
	schema_open(&log->db, log->path);
	assert_int_equal(db_run(&log->db, "INSERT INTO event VALUES(1, 1, 1, "
					  "0, 0, '', x'78', NULL)"),
		DB_DONE);
	*state = log;
	return 0;
}

static int teardown(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	struct log *log = *state;
	char name[128];

	db_close(&log->db);
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", log->path, suffixes[i]);
		unlink(name);
	}
	rmdir(log->folder);
	free(log);
	return 0;
}

static int64_t ask(struct log *log, const char *sql)
{
	int64_t value = -1;

	assert_int_equal(db_ask(&log->db, sql, &value), DB_DONE);
	return value;
}

static void test_every_step_is_run_in_turn_and_the_events_stay(void **state)
{
	struct log *log = *state;

	schema_migrate(&log->db, log->path, 1, 3, steps);
	assert_int_equal(ask(log, "PRAGMA user_version"), 3);
	assert_int_equal(ask(log, "SELECT count(*) FROM event "
				  "WHERE origin = 'before' AND data = x'78'"),
		1);
}

static void test_only_the_steps_that_are_missing_are_run(void **state)
{
	struct log *log = *state;

	schema_migrate(&log->db, log->path, 1, 2, steps);
	schema_migrate(&log->db, log->path, 2, 3, steps);
	assert_int_equal(ask(log, "PRAGMA user_version"), 3);
	assert_int_equal(ask(log, "SELECT count(*) FROM more"), 0);
}

static void test_a_step_that_fails_changes_nothing_and_ends_the_start(
	void **state)
{
	struct log *log = *state;
	pid_t child;
	int status;

	db_close(&log->db);
	child = fork();
	if (child == 0) {
		schema_open(&log->db, log->path);
		schema_migrate(&log->db, log->path, 1, 4, steps);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 1);
	schema_open(&log->db, log->path);
	assert_int_equal(ask(log, "PRAGMA user_version"), SCHEMA_VERSION);
	assert_int_equal(ask(log, "SELECT count(*) FROM sqlite_schema "
				  "WHERE name IN ('more', 'never')"),
		0);
	assert_int_equal(ask(log, "SELECT count(*) FROM event"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_every_step_is_run_in_turn_and_the_events_stay,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_only_the_steps_that_are_missing_are_run, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			test_a_step_that_fails_changes_nothing_and_ends_the_start,
			setup, teardown),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
