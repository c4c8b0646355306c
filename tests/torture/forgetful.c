/* SPDX-License-Identifier: MIT */
/*
 * forgetful - a disk that keeps what was synced, and forgets the rest
 *
 * Preloaded into every program that writes a database below FORGETFUL_FOLDER.
 * What a power cut would leave of these files is kept in FORGETFUL_STATE:
 *
 *   shadow/INODE   a file's bytes as of its last fsync or fdatasync
 *   dirty/INODE    a bit for each of its pages that was written since
 *   durable/NAME   a link to a shadow: what its folder, when that was last
 *                  synced, had under this name
 *   control        struct control: how many steps are left until the cut
 *   lock           held (flock) during each step
 *
 * A step is an open, write, truncation, unlink, rename or sync of such a file.
 * The cut comes before a step; from then on whoever begins one is killed.
 * Nothing is really brought to the disk, which makes it quick.  Here is what
 * the programs call.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forgetful_disk.h"
#include "forgetful_steps.h"

static bool is_swallowed(const struct file *file)
{
	return control->swallow == SWALLOW_ALL ||
	       (control->swallow == SWALLOW_WAL && file != NULL &&
		       file->is_wal);
}

static int sync_it(int fd, int (*others)(int))
{
	struct file *file = disk_file(fd);
	char path[512];

	if (file == NULL && !disk_is_folder(fd, path, sizeof(path)))
		return others(fd);
	step_begin();
	if (!is_swallowed(file) && file != NULL)
		disk_sync_file(fd, file);
	else if (!is_swallowed(file))
		disk_sync_folder(path);
	step_end();
	return 0;
}

int fsync(int fd)
{
	return sync_it(fd, REAL(fsync));
}

int fdatasync(int fd)
{
	return sync_it(fd, REAL(fdatasync));
}

static int open_it(int (*how)(const char *, int, ...), const char *path,
	int flags, mode_t mode)
{
	bool existed;
	int fd;

	if (!disk_has(path))
		return how(path, flags, mode);
	if ((flags & O_ACCMODE) == O_RDONLY && access(path, F_OK) != 0)
		return how(path, flags, mode);
	step_begin();
	existed = access(path, F_OK) == 0;
	if (existed && (flags & O_TRUNC))
		give_up("O_TRUNC is not known here");
	fd = how(path, flags, mode);
	if (fd >= 0)
		disk_track(fd, disk_name(path), !existed);
	step_end();
	return fd;
}

#define MODE(flags)                                  \
	({                                           \
		mode_t mode = 0;                     \
		if ((flags)&O_CREAT) {               \
			va_list rest;                \
			va_start(rest, flags);       \
			mode = va_arg(rest, mode_t); \
			va_end(rest);                \
		}                                    \
		mode;                                \
	})

int open(const char *path, int flags, ...)
{
	return open_it(REAL(open), path, flags, MODE(flags));
}

int open64(const char *path, int flags, ...)
{
	return open_it(REAL(open64), path, flags, MODE(flags));
}

int close(int fd)
{
	disk_untrack(fd);
	return REAL(close)(fd);
}

/* Soiled before it is written, because we may be killed in between. */
static struct file *begin_write(int fd, off_t at, size_t length)
{
	struct file *file = disk_file(fd);

	if (file == NULL)
		return NULL;
	step_begin();
	disk_soil(file, at, (off_t)length);
	return file;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	struct file *file = disk_file(fd);
	ssize_t done;

	if (file != NULL)
		begin_write(fd, lseek(fd, 0, SEEK_CUR), length);
	done = REAL(write)(fd, bytes, length);
	if (file != NULL)
		step_end();
	return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at)
{
	struct file *file = begin_write(fd, at, length);
	ssize_t done = REAL(pwrite)(fd, bytes, length, at);

	if (file != NULL)
		step_end();
	return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	return pwrite(fd, bytes, length, at);
}

static int cut_off(int fd, off_t length)
{
	struct file *file = disk_file(fd);
	struct stat now;
	int done;

	if (file == NULL)
		return REAL(ftruncate)(fd, length);
	step_begin();
	if (fstat(fd, &now) == 0 && now.st_size > length)
		disk_soil(file, length, now.st_size - length);
	done = REAL(ftruncate)(fd, length);
	step_end();
	return done;
}

int ftruncate(int fd, off_t length)
{
	return cut_off(fd, length);
}

int ftruncate64(int fd, off64_t length)
{
	return cut_off(fd, length);
}

int unlink(const char *path)
{
	int done;

	if (!disk_has(path))
		return REAL(unlink)(path);
	step_begin();
	done = REAL(unlink)(path);
	step_end();
	return done;
}

int rename(const char *from, const char *to)
{
	int done;

	if (!disk_has(from) && !disk_has(to))
		return REAL(rename)(from, to);
	step_begin();
	done = REAL(rename)(from, to);
	step_end();
	return done;
}

/* What it would change could not be followed. */
void *mmap64(void *at, size_t length, int protection, int flags, int fd,
	off64_t from)
{
	if (disk_file(fd) != NULL && (protection & PROT_WRITE))
		give_up("a mapping that can be written");
	return REAL(mmap64)(at, length, protection, flags, fd, from);
}
