/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/lock_owner.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Where SQLite has the lock of whoever writes: see "locking_byte" and
 * "WAL-index format" in its documentation. */
static const struct place {
	off_t byte, bytes;
} places[] = {
	[false] = {0x40000000, 2}, /* PENDING and RESERVED, in the file */
	[true] = {120, 1},	   /* WAL_WRITE_LOCK, in the -shm file */
};

void lock_owner_init(struct lock_owner *lock_owner)
{
	memset(lock_owner, 0, sizeof(*lock_owner));
	lock_owner->fd = -1;
}

void lock_owner_open(
	struct lock_owner *lock_owner, const struct db *db, bool wal)
{
	struct buf path = {0};

	lock_owner_close(lock_owner);
	buf_printf(&path, "%s%s", db_path(db), wal ? "-shm" : "");
	buf_add_char(&path, '\0');
	/* A FIFO would keep us waiting for its writer. */
	lock_owner->fd = open(
		path.at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	lock_owner->wal = wal;
	buf_release(&path);
}

void lock_owner_close(struct lock_owner *lock_owner)
{
	if (lock_owner->fd >= 0)
		close(lock_owner->fd);
	lock_owner_init(lock_owner);
}

/* False if nobody but us holds it. */
static bool find(const struct lock_owner *lock_owner, pid_t *pid)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = places[lock_owner->wal].byte,
		.l_len = places[lock_owner->wal].bytes,
	};

	if (lock_owner->fd < 0 || fcntl(lock_owner->fd, F_GETLK, &lock) < 0 ||
		lock.l_type == F_UNLCK)
		return false;
	*pid = lock.l_pid > 0 ? lock.l_pid : 0;
	return true;
}

static void add_process(struct buf *out, pid_t pid)
{
	if (pid == 0)
		buf_add_span(out,
			span_of("a process not to be seen from here"));
	else
		buf_printf(out, "process %d", (int)pid);
}

static void tell(const struct lock_owner *lock_owner, const char *inbox)
{
	struct buf who = {0};

	add_process(&who, lock_owner->pid);
	buf_add_char(&who, '\0');
	log_warnx("inbox %s: has been locked for %d s by %s: nobody else can "
		  "insert",
		inbox, LOCK_OWNER_PATIENCE_US / 1000000, who.at);
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
		log_info("inbox %s: is no longer locked, after %d s", inbox,
			(int)((clock_mono_us() - lock_owner->since) / 1000000));
	lock_owner->state = FREE;
}

/* Has anybody committed since?  A lock may keep the version from being read;
 * then the time tells at which the file was written. */
static bool has_news(struct lock_owner *lock_owner, struct query *version)
{
	uint64_t now = lock_owner->version;
	struct timespec written = lock_owner->written;
	struct stat file;
	bool news;

	if (query_next(version))
		now = query_int(version, 0);
	if (query_end(version) != DB_DONE && !lock_owner->wal &&
		fstat(lock_owner->fd, &file) == 0)
		written = file.st_mtim;
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

	if (!find(lock_owner, &pid)) {
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
