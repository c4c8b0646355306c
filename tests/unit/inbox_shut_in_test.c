/* SPDX-License-Identifier: MIT */
/* inbox/shut_in: what is left to a process that reads a stranger's database,
 * and what it tells where something lacks */
#include <config.h>

#include "inbox/walls/shut_in.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "inbox/walls/landlock.h"
#include "lib/db/db.h"
#include "lib/loop.h"
#include "lib/path.h"
#include "tests/unit/shut_room.h"

/* ---- what is left */

static bool runs(struct db *db, const char *sql)
{
	if (db_run(db, sql) == DB_DONE)
		return true;
	fprintf(stderr, "%s: %s\n", sql, db_error(db));
	return false;
}

static bool exists(const char *suffix)
{
	char path[160];
	struct stat at;

	snprintf(path, sizeof(path), "%s%s", house.database, suffix);
	return stat(path, &at) == 0;
}

/* Its journal has an answer, which db_run passes over. */
static bool inserts(struct db *db, const char *journal)
{
	int64_t count = 0;

	return db_open(db, how.file, DB_OWN) == DB_DONE &&
	       runs(db, "PRAGMA temp_store = MEMORY") && runs(db, journal) &&
	       runs(db, "CREATE TABLE broadcast(id INTEGER PRIMARY KEY, "
			"data)") &&
	       runs(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
			" SELECT i + 1 FROM n WHERE i < 500)"
			" INSERT INTO broadcast(data)"
			" SELECT randomblob(100) FROM n") &&
	       runs(db, "DELETE FROM broadcast WHERE id % 2 = 0") &&
	       runs(db, "SELECT data FROM broadcast ORDER BY data") &&
	       db_ask(db, "SELECT count(*) FROM broadcast", &count) ==
		       DB_DONE &&
	       count == 250;
}

static bool wal(void)
{
	struct db db = {0};
	bool done = inserts(&db, "PRAGMA journal_mode = WAL") &&
		    exists("-wal") && exists("-shm") &&
		    db_checkpoint(&db, false) == DB_DONE &&
		    runs(&db, "INSERT INTO broadcast(data) VALUES(1)") &&
		    db_checkpoint(&db, true) == DB_DONE;

	db_close(&db);
	return done && !exists("-wal") && !exists("-shm") && exists("");
}

static bool rollback_journal(void)
{
	struct db db = {0};
	bool done = inserts(&db, "PRAGMA journal_mode = DELETE") &&
		    runs(&db, "BEGIN IMMEDIATE") &&
		    runs(&db, "INSERT INTO broadcast(data) VALUES(1)") &&
		    exists("-journal") && runs(&db, "COMMIT") &&
		    !exists("-journal");

	db_close(&db);
	return done;
}

/* An inbox of this name, with what an application that died left in it. */
static void die_in_transaction(void)
{
	struct db db = {0};
	pid_t child = fork();

	if (child == 0) {
		if (db_open(&db, how.file, DB_OWN) == DB_DONE &&
			runs(&db, "CREATE TABLE broadcast(id, data)") &&
			runs(&db, "INSERT INTO broadcast VALUES(1, 'whole')") &&
			runs(&db,
				"PRAGMA cache_size = 1; PRAGMA cache_spill = 1;"
				"BEGIN; UPDATE broadcast SET data = 'half';"
				"INSERT INTO broadcast"
				" VALUES(2, randomblob(100000))"))
			raise(SIGKILL);
		_exit(FAILED);
	}
	waitpid(child, NULL, 0);
	if (!exists("-journal"))
		_exit(FAILED);
}

static bool half_a_transaction(void)
{
	struct db db = {0};
	bool whole = false;
	bool done = db_open(&db, how.file, DB_FOREIGN) == DB_DONE &&
		    db_answers(&db, "SELECT data FROM broadcast", "whole",
			    &whole) == DB_DONE;

	db_close(&db);
	return done && whole && !exists("-journal");
}

/* Salts and identities begin there. */
static bool chance(void)
{
	uint64_t drawn = 0;
	int fd = open("/dev/urandom", O_RDONLY);

	return fd >= 0 && read(fd, &drawn, sizeof(drawn)) == sizeof(drawn) &&
	       drawn != 0;
}

static void on_readable(void *arg, unsigned events)
{
	(void)events;
	loop_stop(arg);
}

static bool notices(void)
{
	char buffer[1024];
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct loop *loop = loop_new(&clock_system);
	struct loop_io io = {0};
	int fd;

	if (watch < 0 || loop == NULL ||
		inotify_add_watch(watch, house.inbox, IN_CREATE) < 0)
		return false;
	loop_io_init(&io, watch, on_readable, loop);
	loop_io_want(loop, &io, LOOP_READ);
	fd = open(house.database, O_RDWR | O_CREAT, 0600);
	loop_run(loop);
	loop_io_want(loop, &io, 0);
	loop_free(loop);
	return fd >= 0 && read(watch, buffer, sizeof(buffer)) > 0;
}

static bool speaks(void)
{
	char got[4] = {0};

	return send(pair[0], "ping", 4, MSG_NOSIGNAL) == 4 &&
	       recv(pair[1], got, 4, 0) == 4 && memcmp(got, "ping", 4) == 0;
}

static bool aborts(void)
{
	abort();
}

static bool syncs_folder(void)
{
	int fd = open(house.inbox, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0;
}

static void what_an_inbox_needs_is_left(void **state)
{
	static const struct {
		const char *name;
		bool (*deed)(void);
	} cases[] = {
		{"an inbox with a write-ahead log", wal},
		{"an inbox with a rollback journal", rollback_journal},
		{"its folder is brought to the disk", syncs_folder},
		{"/dev/urandom", chance},
		{"a loop that waits for inotify", notices},
		{"a socket from before", speaks},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unlink(house.database);
		CHECK(cases[i].name, succeeds(cases[i].deed));
	}
}

static void what_an_application_left_half_done_is_rolled_back(void **state)
{
	(void)state;
	assert_true(succeeds_after(die_in_transaction, half_a_transaction));
}

static void a_fault_of_ours_still_ends_it(void **state)
{
	(void)state;
	assert_true(dies_by(SIGABRT, aborts));
}

/* ---- amounts */

static bool much_memory(void)
{
	void *some = mmap(NULL, MEMORY_MAX / 4, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *more = mmap(NULL, MEMORY_MAX, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return some != MAP_FAILED && more == MAP_FAILED && errno == ENOMEM;
}

static void memory_ends_where_it_was_said(void **state)
{
	(void)state;
	if (shut_in_is_watched()) {
		print_message("a sanitizer needs more memory than any limit\n");
		skip();
	}
	assert_true(succeeds(much_memory));
}

static bool long_file(void)
{
	char bytes[16] = {0};
	int fd = open(house.database, O_RDWR | O_CREAT, 0600);

	return pwrite(fd, bytes, sizeof(bytes), FILE_MAX - 8) == 8 &&
	       refused(pwrite(fd, bytes, sizeof(bytes), FILE_MAX), EFBIG) &&
	       refused(ftruncate(fd, FILE_MAX + 1), EFBIG);
}

static void a_file_that_grows_too_long_is_an_error_and_no_death(void **state)
{
	(void)state;
	assert_true(succeeds(long_file));
}

static bool long_database(void)
{
	struct db db = {0};
	bool done = inserts(&db, "PRAGMA journal_mode = WAL") &&
		    db_run(&db, "INSERT INTO broadcast(data)"
				" VALUES(zeroblob(3000000))") != DB_DONE &&
		    runs(&db, "INSERT INTO broadcast(data) VALUES(1)");

	db_close(&db);
	return done;
}

static void a_database_that_grows_too_long_can_still_be_used(void **state)
{
	(void)state;
	assert_true(succeeds(long_database));
}

static bool unlimited(void)
{
	struct rlimit size;
	int fd = open(house.database, O_RDWR | O_CREAT, 0600);

	return getrlimit(RLIMIT_FSIZE, &size) == 0 &&
	       (size.rlim_cur < RLIM_INFINITY ||
		       pwrite(fd, "end", 3, 2 * FILE_MAX) == 3);
}

static void a_database_of_an_application_may_grow(void **state)
{
	(void)state;
	how.file_size_max = 0;
	assert_true(succeeds(unlimited));
}

/* ---- what is told */

/* Where the database is a link to the folder outside. */
static void link_database(uid_t owner)
{
	assert_int_equal(symlink("../log/log.db", house.database), 0);
	assert_int_equal(lchown(house.database, owner, (gid_t)-1), 0);
}

static bool may_write_outside(void)
{
	int fd = open(house.database, O_RDWR);

	return fd >= 0 && strcmp(path_name(report.folder), "log") == 0 &&
	       (report.landlock == 0 ||
		       !opens_in_inbox("elsewhere", O_RDWR | O_CREAT));
}

static void a_link_leads_to_the_folder_of_the_database(void **state)
{
	(void)state;
	link_database(geteuid());
	assert_true(succeeds(may_write_outside));
}

static bool refuses(const char *sentence)
{
	int status = -1;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		const char *why = shut_in(&how, &report);

		if (why == NULL || strcmp(why, sentence) != 0)
			fprintf(stderr, "%s\n", why == NULL ? "shut in" : why);
		_exit(why != NULL && strcmp(why, sentence) == 0 ? DONE
								: FAILED);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == DONE;
}

static void a_link_of_another_user_leads_nowhere(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("only root makes links of others\n");
		skip();
	}
	link_database(12345);
	assert_true(refuses("is a link of another user"));
	/* In a folder of an application, whose affair that is. */
	how.own_folder = false;
	assert_true(succeeds(may_write_outside));
}

static void links_in_a_circle_and_a_missing_folder_are_told(void **state)
{
	(void)state;
	assert_int_equal(symlink("inbox.db", house.database), 0);
	assert_true(refuses("Too many levels of symbolic links"));
	how.file = "/nonexistent/inbox.db";
	assert_true(refuses("its folder: No such file or directory"));
}

static bool nothing_lacks(void)
{
	return report.lacks[0] == '\0' && report.landlock > 0 &&
	       strcmp(path_name(report.folder), "inbox") == 0;
}

static void whoever_is_shut_in_whole_has_nothing_to_tell(void **state)
{
	(void)state;
	if (landlock_version() == 0 || shut_in_is_watched())
		skip();
	assert_true(succeeds(nothing_lacks));
}

/* As older kernels do, and systemd; by hand, since libseccomp keeps in mind
 * what it was once given. */
static void forbid(long call, unsigned error)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {COUNT(lines), lines};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		_exit(FAILED);
}

static bool no_socket(void)
{
	return refused(socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
}

static void without_landlock(void)
{
	forbid(444, ENOSYS);
}

static void landlock_forbidden(void)
{
	forbid(444, EPERM);
}

static void seccomp_forbidden(void)
{
	forbid(SYS_seccomp, EPERM);
}

static bool says_no_landlock(void)
{
	return strstr(report.lacks, "this kernel has no Landlock") != NULL &&
	       report.landlock == 0 && no_socket();
}

static bool says_forbidden(void)
{
	return strstr(report.lacks, "calls are forbidden here") != NULL &&
	       report.landlock == 0 && no_socket();
}

static void a_kernel_without_landlock_is_told_and_the_rest_holds(void **state)
{
	static const struct {
		const char *name;
		void (*before)(void);
		bool (*deed)(void);
	} cases[] = {
		{"an old kernel", without_landlock, says_no_landlock},
		{"a unit that does not name the calls", landlock_forbidden,
			says_forbidden},
		{"a unit that does not name seccomp(2)", seccomp_forbidden,
			no_socket},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK(cases[i].name,
			succeeds_after(cases[i].before, cases[i].deed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_an_inbox_needs_is_left),
		TEST(what_an_application_left_half_done_is_rolled_back),
		TEST(a_fault_of_ours_still_ends_it),
		TEST(memory_ends_where_it_was_said),
		TEST(a_file_that_grows_too_long_is_an_error_and_no_death),
		TEST(a_database_that_grows_too_long_can_still_be_used),
		TEST(a_database_of_an_application_may_grow),
		TEST(a_link_leads_to_the_folder_of_the_database),
		TEST(a_link_of_another_user_leads_nowhere),
		TEST(links_in_a_circle_and_a_missing_folder_are_told),
		TEST(whoever_is_shut_in_whole_has_nothing_to_tell),
		TEST(a_kernel_without_landlock_is_told_and_the_rest_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
