/* SPDX-License-Identifier: MIT */
/* db_join: what a commit writes, one that fails, and who reads beside it */
#include <config.h>

#include "lib/db/db_join.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/db/db.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/tidings-XXXXXX";
static char path[64], wal[80], shm[80];

/* ---- the disk: counts what is written to the -wal, and fails as it is told */

enum failure { NOTHING, WRITE, SHORT_WRITE, SYNC };

static struct {
	unsigned writes, syncs;
	size_t longest;
	enum failure failure;
	unsigned left; /* until the call that fails, and all after it */
	int error;
	uint32_t told; /* last frame that others were told of, at a write */
} disk;

/* Open as long as SQLite has it open: closed, its locks would be gone. */
static int shm_fd = -1;

/* mxFrame of the first copy in the -shm; see SQLite's file format. */
static uint32_t told(void)
{
	uint32_t frame = 0;

	if (shm_fd >= 0)
		assert_int_equal(pread(shm_fd, &frame, 4, 16), 4);
	return frame;
}

static bool is_wal(int fd)
{
	struct stat open, named;

	return fstat(fd, &open) == 0 && stat(wal, &named) == 0 &&
	       open.st_ino == named.st_ino;
}

static bool fails(enum failure failure)
{
	if (disk.failure != failure)
		return false;
	if (disk.left > 0)
		disk.left--;
	errno = disk.error;
	return disk.left == 0;
}

static ssize_t disk_write(int fd, const void *bytes, size_t len, off_t at)
{
	if (!is_wal(fd))
		return pwrite(fd, bytes, len, at);
	disk.writes++;
	disk.told = told();
	if (len > disk.longest)
		disk.longest = len;
	if (fails(WRITE))
		return -1;
	if (fails(SHORT_WRITE)) {
		disk.failure = WRITE;
		disk.left = 1;
		return pwrite(fd, bytes, len / 2, at);
	}
	return pwrite(fd, bytes, len, at);
}

/* SQLite calls it by its name. */
int fdatasync(int fd)
{
	if (is_wal(fd)) {
		disk.syncs++;
		if (fails(SYNC))
			return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static void watch_disk(void)
{
	static const char *const names[] = {"pwrite", "pwrite64"};
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	for (size_t i = 0; i < COUNT(names); i++)
		vfs->xSetSystemCall(
			vfs, names[i], (sqlite3_syscall_ptr)disk_write);
}

/* ---- somebody else, who has the same database open in another process */

struct other {
	pid_t pid;
	int line;
};

static struct other other;

static void obey(int line)
{
	struct db db = {0};
	char order[256];
	ssize_t len;

	while ((len = read(line, order, sizeof(order) - 1)) > 0) {
		int64_t said = -1;

		order[len] = '\0';
		if (db.handle == NULL &&
			db_open(&db, path, DB_FOREIGN) != DB_DONE)
			break;
		if (strncmp(order, "SELECT", 6) != 0)
			said = (int64_t)db_run(&db, order);
		else if (db_ask(&db, order, &said) != DB_DONE)
			said = -2;
		if (write(line, &said, sizeof(said)) != sizeof(said))
			break;
	}
	db_close(&db);
	_exit(0);
}

static int64_t asks(const char *sql)
{
	int64_t said;

	assert_int_equal(
		write(other.line, sql, strlen(sql)), (ssize_t)strlen(sql));
	assert_int_equal(read(other.line, &said, sizeof(said)), sizeof(said));
	return said;
}

/* Before this process has used SQLite: it is not carried over a fork(2). */
static void other_begin(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	other.pid = fork();
	assert_true(other.pid >= 0);
	if (other.pid == 0) {
		close(pair[0]);
		obey(pair[1]);
	}
	close(pair[1]);
	other.line = pair[0];
}

static void other_end(void)
{
	close(other.line);
	waitpid(other.pid, NULL, 0);
}

/* ---- a database, as the hub has it */

static const char count[] = "SELECT count(*) FROM event";
static const char sound[] = "SELECT count(*) FROM pragma_integrity_check"
			    " WHERE integrity_check = 'ok'";

/* `rows` events; of 3,000 bytes, so that each has a page. */
#define ROWS(rows)                                                         \
	"WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT " rows \
	") INSERT INTO event(data) SELECT randomblob(3000) FROM n"

static struct db db;

static void does(const char *sql)
{
	CHECK(sql, db_run(&db, sql) == DB_DONE);
}

static int64_t own(const char *sql)
{
	int64_t value = -1;

	CHECK(sql, db_ask(&db, sql, &value) == DB_DONE);
	return value;
}

static void begin(void)
{
	other_begin();
	assert_int_equal(db_open(&db, path, DB_OWN), DB_DONE);
	does("PRAGMA journal_mode = WAL");
	does("PRAGMA synchronous = FULL");
	does("CREATE TABLE event(id INTEGER PRIMARY KEY, data BLOB NOT NULL)");
	watch_disk();
	shm_fd = open(shm, O_RDONLY | O_CLOEXEC);
	assert_true(shm_fd >= 0);
	does(ROWS("10"));
	memset(&disk, 0, sizeof(disk));
}

/* Whoever closes it last removes what belongs to it. */
static void end(void)
{
	memset(&disk, 0, sizeof(disk));
	db_close(&db);
	close(shm_fd);
	shm_fd = -1;
	other_end();
	unlink(path);
}

/* Its pages go to the file before it ends. */
static void spill(void)
{
	does("PRAGMA cache_size = 5");
	does("BEGIN IMMEDIATE");
	does(ROWS("50"));
}

/* ---- */

static void test_a_commit_is_one_write_and_one_sync(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 5; i++)
		does(ROWS("1"));
	assert_int_equal(disk.writes, 5);
	assert_int_equal(disk.syncs, 5);
	end();
}

static void test_no_write_is_longer_than_sqlite_can_say(void **state)
{
	(void)state;
	begin();
	does(ROWS("300"));
	assert_in_range(disk.longest, 60 << 10, DB_JOIN_MOST);
	assert_in_range(disk.writes, 300 * 4 / 64, 300 * 5 / 60);
	assert_int_equal(asks(count), 310);
	assert_int_equal(asks(sound), 1);
	end();
}

static void test_who_reads_beside_it_sees_each_commit(void **state)
{
	static const char *const ways[] = {
		"PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL"};

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		begin();
		does(ways[i]);
		for (int n = 1; n <= 20; n++) {
			uint32_t before = told();

			does(ROWS("3"));
			CHECK(ways[i], disk.told == before);
			CHECK(ways[i], told() > before);
			CHECK(ways[i], asks(count) == 10 + 3 * n);
			CHECK(ways[i], asks(sound) == 1);
		}
		end();
	}
}

static void test_who_reads_on_keeps_what_he_saw(void **state)
{
	(void)state;
	begin();
	assert_int_equal(asks("BEGIN"), DB_DONE);
	assert_int_equal(asks(count), 10);
	does(ROWS("30"));
	does("DELETE FROM event WHERE id < 5");
	assert_int_equal(asks(count), 10);
	assert_int_equal(asks(sound), 1);
	assert_int_equal(asks("COMMIT"), DB_DONE);
	assert_int_equal(asks(count), 36);
	end();
}

static void test_nobody_sees_what_is_not_committed(void **state)
{
	(void)state;
	begin();
	spill();
	assert_int_equal(own(count), 60);
	assert_int_equal(asks(count), 10);
	does("COMMIT");
	assert_int_equal(asks(count), 60);
	assert_int_equal(asks(sound), 1);
	end();
}

static void test_what_was_rolled_back_spoils_nothing_of_others(void **state)
{
	(void)state;
	begin();
	spill();
	does("ROLLBACK");
	assert_int_equal(asks(ROWS("20")), DB_DONE);
	does("PRAGMA cache_size = 100");
	does(ROWS("1"));
	assert_int_equal(asks(count), 31);
	assert_int_equal(asks(sound), 1);
	assert_int_equal(own(sound), 1);
	end();
}

/* Nor what the disk refuses in a transaction that is then rolled back. */
static void test_what_could_not_be_written_is_never_written_later(void **state)
{
	(void)state;
	begin();
	disk.failure = WRITE;
	disk.left = 1;
	disk.error = ENOSPC;
	does("PRAGMA cache_size = 5");
	does("BEGIN IMMEDIATE");
	(void)!db_run(&db, ROWS("3"));
	(void)!db_run(&db, ROWS("50"));
	db_roll_back(&db);
	disk.failure = NOTHING;
	assert_int_equal(asks(ROWS("20")), DB_DONE);
	does(ROWS("1"));
	assert_int_equal(asks(count), 31);
	assert_int_equal(asks(sound), 1);
	end();
}

static const struct {
	const char *name;
	enum failure failure;
	int error;
	enum db_result told;
} failures[] = {
	{"the disk is full", WRITE, ENOSPC, DB_FULL},
	{"the disk is broken", WRITE, EIO, DB_BROKEN},
	{"half of it is written", SHORT_WRITE, ENOSPC, DB_FULL},
	{"it is written and not synced", SYNC, EIO, DB_BROKEN},
};

/* True if it failed; then nothing of it is there, and one can go on. */
static bool fails_whole(size_t i, unsigned k, const char *sql)
{
	const char *name = failures[i].name;
	int64_t before = own(count);
	enum db_result result;

	disk.failure = failures[i].failure;
	disk.error = failures[i].error;
	disk.left = k;
	result = db_run(&db, "BEGIN IMMEDIATE");
	if (result == DB_DONE)
		result = db_run(&db, sql);
	if (result == DB_DONE)
		result = db_run(&db, "COMMIT");
	disk.failure = NOTHING;
	if (result == DB_DONE)
		return false;
	db_roll_back(&db);
	CHECK(name, result == failures[i].told);
	CHECK(name, asks(count) == before);
	CHECK(name, own(count) == before);
	does(ROWS("1"));
	CHECK(name, asks(count) == before + 1);
	CHECK(name, asks(sound) == 1);
	return true;
}

static void test_a_commit_that_the_disk_refuses_has_not_happened(void **state)
{
	static const char *const caches[] = {
		"PRAGMA cache_size = 5", "PRAGMA cache_size = 500"};

	(void)state;
	for (size_t i = 0; i < COUNT(failures); i++)
		for (size_t c = 0; c < COUNT(caches); c++) {
			unsigned k = 1;

			begin();
			does(caches[c]);
			while (fails_whole(i, k, ROWS("40")))
				k++;
			CHECK(failures[i].name, k > 1);
			CHECK(failures[i].name, asks(sound) == 1);
			end();
		}
}

/* It reads what an earlier one has written, for which there is no room; that is
 * still due. */
static void test_a_statement_that_fails_loses_nothing_of_earlier_ones(
	void **state)
{
	(void)state;
	begin();
	does("PRAGMA cache_size = 5");
	does("BEGIN IMMEDIATE");
	does(ROWS("7"));
	disk.failure = WRITE;
	disk.error = ENOSPC;
	disk.left = 1;
	assert_int_equal(
		db_run(&db, "INSERT INTO event(data) SELECT data FROM event"
			    " WHERE id > 10 ORDER BY id"),
		DB_FULL);
	disk.failure = NOTHING;
	assert_true(db_in_transaction(&db));
	does("COMMIT");
	assert_int_equal(asks(count), 17);
	assert_int_equal(asks(sound), 1);
	end();
}

static void test_the_file_is_emptied_and_begun_again(void **state)
{
	(void)state;
	begin();
	for (int i = 1; i <= 5; i++) {
		does(ROWS("3"));
		assert_int_equal(db_checkpoint(&db, i % 2 == 0), DB_DONE);
		assert_int_equal(asks(count), 10 + 3 * i);
	}
	assert_int_equal(asks(sound), 1);
	end();
}

static int make_folder(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/log.db", folder);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	snprintf(shm, sizeof(shm), "%s-shm", path);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_commit_is_one_write_and_one_sync),
		cmocka_unit_test(test_no_write_is_longer_than_sqlite_can_say),
		cmocka_unit_test(test_who_reads_beside_it_sees_each_commit),
		cmocka_unit_test(test_who_reads_on_keeps_what_he_saw),
		cmocka_unit_test(test_nobody_sees_what_is_not_committed),
		cmocka_unit_test(
			test_what_was_rolled_back_spoils_nothing_of_others),
		cmocka_unit_test(
			test_what_could_not_be_written_is_never_written_later),
		cmocka_unit_test(
			test_a_commit_that_the_disk_refuses_has_not_happened),
		cmocka_unit_test(
			test_a_statement_that_fails_loses_nothing_of_earlier_ones),
		cmocka_unit_test(test_the_file_is_emptied_and_begun_again),
	};

	return cmocka_run_group_tests_name(
		"db_join", tests, make_folder, remove_folder);
}
