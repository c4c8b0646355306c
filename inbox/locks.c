/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"

enum { COUNTER = 24 }; /* "file change counter" in SQLite's file format */

struct range {
	off_t begin, bytes;
};

/* See "locking_byte" and "WAL-index format" in SQLite's documentation. */
static const struct range writer[] = {
	[false] = {0x40000000, 2}, /* PENDING and RESERVED, in the file */
	[true] = {120, 1},	   /* WAL_WRITE_LOCK, in the -shm file */
};
static const struct range readers[] = {
	[false] = {0x40000000, 2 + 510}, /* and SHARED */
	[true] = {123, 5},		 /* WAL_READ_LOCK(0) to (4) */
};

/* What SQLite is kept from: NULL = nothing. */
static const struct range *shut;

/* SQLite's fcntl.  What is ours already it gets without asking the kernel. */
static int call(int fd, int command, ...)
{
	const struct flock *lock;
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	lock = argument;
	if (shut != NULL && command == F_SETLK && lock->l_len > 0 &&
		lock->l_start >= shut->begin &&
		lock->l_start + lock->l_len <= shut->begin + shut->bytes)
		return 0;
	return fcntl(fd, command, argument);
}

bool locks_open(struct locks *locks, const struct db *db, bool wal)
{
	struct buf path = {0};
	struct stat at;

	db_lock_by(call);
	buf_printf(&path, "%s%s", db_path(db), wal ? "-shm" : "");
	buf_add_char(&path, '\0');
	locks->fd = open(path.at,
		O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	locks->wal = wal;
	buf_release(&path);
	if (locks->fd < 0) {
		locks->fd = 0;
		return false;
	}
	errno = EINVAL;
	return fstat(locks->fd, &at) == 0 && S_ISREG(at.st_mode);
}

void locks_close(struct locks *locks)
{
	if (locks->fd > 0)
		close(locks->fd);
	*locks = (struct locks){0};
}

static struct flock flock_of(const struct range *range, short type)
{
	return (struct flock){
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = range->begin,
		.l_len = range->bytes,
	};
}

/* False if nobody but us holds any of them. */
static bool find(
	const struct locks *locks, const struct range *range, pid_t *pid)
{
	struct flock lock = flock_of(range, F_WRLCK);

	if (locks->fd <= 0 || fcntl(locks->fd, F_GETLK, &lock) < 0 ||
		lock.l_type == F_UNLCK)
		return false;
	*pid = lock.l_pid > 0 ? lock.l_pid : 0;
	return true;
}

bool locks_find_writer(const struct locks *locks, pid_t *pid)
{
	return find(locks, &writer[locks->wal], pid);
}

bool locks_are_held(const struct locks *locks)
{
	pid_t pid;

	return find(locks, &readers[locks->wal], &pid);
}

bool locks_read_counter(const struct locks *locks, uint32_t *counter)
{
	return !locks->wal && locks->fd > 0 &&
	       pread(locks->fd, counter, sizeof(*counter), COUNTER) ==
		       sizeof(*counter);
}

bool locks_shut(struct locks *locks)
{
	struct flock lock = flock_of(&readers[locks->wal], F_WRLCK);

	if (locks->fd <= 0 || fcntl(locks->fd, F_SETLK, &lock) < 0)
		return false;
	shut = &readers[locks->wal];
	return true;
}

void locks_open_up(struct locks *locks)
{
	struct flock lock = flock_of(&readers[locks->wal], F_UNLCK);

	shut = NULL;
	(void)!fcntl(locks->fd, F_SETLK, &lock);
}
