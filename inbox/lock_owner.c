/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/lock_owner.h"

#include <string.h>
#include <sys/stat.h>

#include "inbox/lines.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"

void lock_owner_init(struct lock_owner *lock_owner)
{
	memset(lock_owner, 0, sizeof(*lock_owner));
}

void lock_owner_open(struct lock_owner *lock_owner, const struct locks *locks)
{
	lock_owner_init(lock_owner);
	lock_owner->locks = locks;
}

void lock_owner_close(struct lock_owner *lock_owner)
{
	lock_owner_init(lock_owner);
}

static void add_process(struct buf *out, pid_t pid)
{
	if (pid == 0)
		buf_add_span(
			out, span_of("a process not to be seen from here"));
	else
		buf_printf(out, "process %d", (int)pid);
}

static void tell(const struct lock_owner *lock_owner, const char *inbox)
{
	struct buf who = {0};

	add_process(&who, lock_owner->pid);
	buf_add_char(&who, '\0');
	log_warnx(LINE_LOCKED, inbox, LOCK_OWNER_PATIENCE_US / 1000000, who.at);
	buf_release(&who);
}

static void begin(struct lock_owner *lock_owner, pid_t pid)
{
	lock_owner->state = HELD;
	lock_owner->pid = pid;
	lock_owner->since = clock_mono_us();
}

static void end(struct lock_owner *lock_owner, const char *inbox)
{
	if (lock_owner->state == NAMED)
		log_info(LINE_UNLOCKED, inbox,
			(int)((clock_mono_us() - lock_owner->since) / 1000000));
	lock_owner->state = FREE;
}

/* Has anybody committed since?  Where to read the version would take a lock,
 * the time tells at which the file was written. */
static bool has_news(struct lock_owner *lock_owner, struct query *version)
{
	uint64_t now = lock_owner->version;
	struct timespec written = lock_owner->written;
	struct stat file;
	bool news;

	if (!lock_owner->locks->wal) {
		if (fstat(lock_owner->locks->fd, &file) == 0)
			written = file.st_mtim;
	} else {
		if (query_next(version))
			now = query_int(version, 0);
		(void)!query_end(version);
	}
	news = now != lock_owner->version ||
	       written.tv_sec != lock_owner->written.tv_sec ||
	       written.tv_nsec != lock_owner->written.tv_nsec;
	lock_owner->version = now;
	lock_owner->written = written;
	return news;
}

void lock_owner_look(
	struct lock_owner *lock_owner, struct query *version, const char *inbox)
{
	bool news;
	pid_t pid;

	if (lock_owner->locks == NULL ||
		!locks_find_writer(lock_owner->locks, &pid)) {
		end(lock_owner, inbox);
		return;
	}
	news = has_news(lock_owner, version);
	if (lock_owner->state == FREE || pid != lock_owner->pid || news) {
		end(lock_owner, inbox);
		begin(lock_owner, pid);
	} else if (lock_owner->state == HELD &&
		   clock_mono_us() - lock_owner->since >=
			   LOCK_OWNER_PATIENCE_US) {
		tell(lock_owner, inbox);
		lock_owner->state = NAMED;
	}
}
