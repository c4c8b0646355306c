/* SPDX-License-Identifier: MIT */
/*
 * clocks - a wall clock that a test sets, and a count of what retention deletes
 *
 * For LD_PRELOAD.  TIDINGS_CLOCKS names a file that holds a struct page: the
 * test writes `offset` and `passed`, all else is written here.  The monotonic
 * clock is left alone, unless TIDINGS_CLOCKS_PASS is there.  SQLite's
 * statements go through sqlite3_step(), so that is where the deletions of one
 * transaction can be counted from outside.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { SQLITE_DONE = 101 };

struct page {
	int64_t offset;	  /* seconds ahead of the real clock */
	int64_t passed;	  /* the same of the monotonic clock */
	uint64_t deleted; /* events, in transactions that were committed */
	uint64_t most;	  /* ... in one of them */
	uint64_t steps;	  /* transactions that deleted any */
};

struct sqlite3_stmt;
const char *sqlite3_sql(struct sqlite3_stmt *stmt);

static struct page *page;
static int passes;
static uint64_t deleting;
static int (*real_step)(struct sqlite3_stmt *stmt);

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("TIDINGS_CLOCKS");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *at = fd < 0 ? MAP_FAILED
			  : mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
				    MAP_SHARED, fd, 0);

	passes = getenv("TIDINGS_CLOCKS_PASS") != NULL;
	if (fd >= 0)
		close(fd);
	if (at != MAP_FAILED)
		page = at;
}

static int64_t offset(clockid_t clock)
{
	if (page == NULL)
		return 0;
	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
		return __atomic_load_n(&page->offset, __ATOMIC_RELAXED);
	if (passes && clock == CLOCK_MONOTONIC)
		return __atomic_load_n(&page->passed, __ATOMIC_RELAXED);
	return 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int got = (int)syscall(SYS_clock_gettime, clock, now);

	if (got == 0)
		now->tv_sec += offset(clock);
	return got;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec at;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &at);
	now->tv_sec = at.tv_sec;
	now->tv_usec = at.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	if (out != NULL)
		*out = at.tv_sec;
	return at.tv_sec;
}

static void committed(void)
{
	page->deleted += deleting;
	page->steps += deleting > 0;
	if (deleting > page->most)
		page->most = deleting;
}

static void count(const char *sql)
{
	if (sql == NULL || page == NULL)
		return;
	if (strncmp(sql, "DELETE FROM event ", 18) == 0) {
		deleting++;
	} else if (strcmp(sql, "COMMIT") == 0) {
		committed();
		deleting = 0;
	} else if (strcmp(sql, "ROLLBACK") == 0) {
		deleting = 0;
	}
}

int sqlite3_step(struct sqlite3_stmt *stmt)
{
	int got;

	if (real_step == NULL)
		real_step = (int (*)(struct sqlite3_stmt *))dlsym(
			RTLD_NEXT, "sqlite3_step");
	got = real_step(stmt);
	if (got == SQLITE_DONE)
		count(sqlite3_sql(stmt));
	return got;
}
