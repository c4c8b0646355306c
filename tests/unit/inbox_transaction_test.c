/* SPDX-License-Identifier: MIT */
/* inbox/transaction: what an application meets of ours, and we of its */
#include <config.h>

#include "inbox/transaction.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char folder[] = "/tmp/tidings-XXXXXX";
static char path[64];
static struct inbox_file file;

/* ---- an application, which is another process: it does what it is told */

struct application {
	pid_t pid;
	int line;
};

static int obey(int line)
{
	struct db db = {0};
	char order[256];
	ssize_t len;

	while ((len = read(line, order, sizeof(order) - 1)) > 0) {
		order[len] = '\0';
		char answer = db.handle != NULL || db_open(&db, path, DB_OWN) ==
							   DB_DONE
				      ? (char)('0' + db_run(&db, order))
				      : '?';
		if (write(line, &answer, 1) != 1)
			return 1;
	}
	return 0;
}

/* Before this process has used SQLite: it is not carried over a fork(2). */
static struct application application_new(void)
{
	struct application application;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	application.pid = fork();
	assert_true(application.pid >= 0);
	if (application.pid == 0) {
		close(pair[0]);
		_exit(obey(pair[1]));
	}
	close(pair[1]);
	application.line = pair[0];
	return application;
}

static void application_free(struct application *application)
{
	close(application->line);
	waitpid(application->pid, NULL, 0);
}

static void order(const struct application *application, const char *sql)
{
	assert_int_equal(write(application->line, sql, strlen(sql)),
		(ssize_t)strlen(sql));
}

static enum db_result answer(const struct application *application)
{
	char said;

	assert_int_equal(read(application->line, &said, 1), 1);
	return (enum db_result)(said - '0');
}

static enum db_result does(
	const struct application *application, const char *sql)
{
	order(application, sql);
	return answer(application);
}

/* ---- an inbox, and an application that has it open too */

static struct application shop;

static const char *const modes[] = {
	"PRAGMA journal_mode = WAL", "PRAGMA journal_mode = DELETE"};

static const char insert[] = "INSERT INTO broadcast(data) VALUES ('x')";

static const char reads[] = "BEGIN; SELECT count(*) FROM broadcast";

static void begin(const char *mode)
{
	const struct config_inbox config = {.path = path, .create = true};

	snprintf(path, sizeof(path), "%s/inbox.db", folder);
	shop = application_new();
	assert_int_equal(does(&shop, mode), DB_DONE);
	assert_int_equal(does(&shop, "CREATE TABLE own(x)"), DB_DONE);
	assert_null(inbox_file_open(&file, &config, "/nowhere"));
	for (int i = 0; i < 10; i++)
		assert_int_equal(does(&shop, insert), DB_DONE);
}

static void end(void)
{
	char command[96];

	inbox_file_close(&file);
	memset(&file, 0, sizeof(file));
	application_free(&shop);
	snprintf(command, sizeof(command), "rm -f %s/*", folder);
	assert_int_equal(system(command), 0);
}

static enum db_result removes(void)
{
	return db_run(&file.db, "DELETE FROM broadcast");
}

static int64_t held(void)
{
	int64_t count = -1;

	assert_int_equal(
		db_ask(&file.db, "SELECT count(*) FROM broadcast", &count),
		DB_DONE);
	return count;
}

/* ---- */

static void test_a_connection_that_is_merely_open_stops_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		begin(modes[i]);
		CHECK(modes[i], transaction_begin(&file) == DB_DONE);
		CHECK(modes[i], transaction_end(&file, removes()) == DB_DONE);
		CHECK(modes[i], held() == 0);
		CHECK(modes[i], does(&shop, insert) == DB_DONE);
		end();
	}
}

static void test_a_transaction_of_others_is_let_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		begin(modes[i]);
		CHECK(modes[i], does(&shop, reads) == DB_DONE);
		CHECK(modes[i], locks_are_held(&file.locks));
		CHECK(modes[i], transaction_begin(&file) == DB_BUSY);
		CHECK(modes[i], does(&shop, insert) == DB_DONE);
		CHECK(modes[i], transaction_begin(&file) == DB_BUSY);
		CHECK(modes[i], does(&shop, "COMMIT") == DB_DONE);
		CHECK(modes[i], !locks_are_held(&file.locks));
		CHECK(modes[i], transaction_begin(&file) == DB_DONE);
		CHECK(modes[i], transaction_end(&file, removes()) == DB_DONE);
		CHECK(modes[i], held() == 0);
		end();
	}
}

/* `before` we begin: so that the write-ahead log begins anew, or not. */
static void begin_meanwhile(const char *before)
{
	struct timespec while_it_tries = {0, 20000000};

	begin(modes[0]);
	CHECK(before, does(&shop, before) == DB_DONE);
	CHECK(before, transaction_begin(&file) == DB_DONE);
	CHECK(before, removes() == DB_DONE);
	/* It waits for no lock. */
	order(&shop, "BEGIN; SELECT count(*) FROM broadcast;"
		     "INSERT INTO broadcast(data) VALUES ('y'); COMMIT");
	nanosleep(&while_it_tries, NULL);
	CHECK(before, transaction_end(&file, DB_DONE) == DB_DONE);
	CHECK(before, answer(&shop) == DB_DONE);
	CHECK(before, held() == 1);
	end();
}

static void test_who_begins_beside_ours_waits_and_does_not_fail(void **state)
{
	(void)state;
	begin_meanwhile(insert);
	begin_meanwhile("PRAGMA wal_checkpoint(TRUNCATE)");
	begin_meanwhile("PRAGMA wal_checkpoint(PASSIVE)");
}

static void test_what_failed_is_as_if_it_had_not_been(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		begin(modes[i]);
		CHECK(modes[i], transaction_begin(&file) == DB_DONE);
		CHECK(modes[i], removes() == DB_DONE);
		CHECK(modes[i],
			transaction_end(&file, db_run(&file.db, "no SQL")) ==
				DB_BROKEN);
		CHECK(modes[i], strstr(file.fault, "syntax error") != NULL);
		CHECK(modes[i], held() == 10);
		CHECK(modes[i], does(&shop, "BEGIN EXCLUSIVE") == DB_DONE);
		CHECK(modes[i], does(&shop, "COMMIT") == DB_DONE);
		end();
	}
}

static void test_in_another_journal_mode_nothing_is_written(void **state)
{
	(void)state;
	begin(modes[1]);
	assert_int_equal(does(&shop, modes[0]), DB_DONE);
	assert_int_equal(does(&shop, insert), DB_DONE);
	assert_int_equal(transaction_begin(&file), DB_BUSY);
	assert_non_null(inbox_file_ruined(&file));
	end();
}

static int make_folder(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_connection_that_is_merely_open_stops_nothing),
		cmocka_unit_test(test_a_transaction_of_others_is_let_alone),
		cmocka_unit_test(
			test_who_begins_beside_ours_waits_and_does_not_fail),
		cmocka_unit_test(test_what_failed_is_as_if_it_had_not_been),
		cmocka_unit_test(
			test_in_another_journal_mode_nothing_is_written),
	};

	return cmocka_run_group_tests_name(
		"inbox_transaction", tests, make_folder, remove_folder);
}
