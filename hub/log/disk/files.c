/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/disk/files.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "hub/lines.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/path.h"

enum {
	MASK = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
	       IN_DELETE_SELF | IN_MOVE_SELF,
	READS = 16, /* of what happens; beyond, it is asked how they are */
};

static void watch_folder(struct files *files)
{
	char *folder = path_folder(files->path);

	files->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (files->notify < 0 ||
		inotify_add_watch(files->notify, folder, MASK) < 0)
		log_warn(LINE_LOG_INOTIFY, files->path);
	free(folder);
}

static bool has_room(const struct files *files)
{
	struct statvfs disk;

	return statvfs(files->path, &disk) == 0 &&
	       disk.f_bavail * disk.f_frsize >
		       (uint64_t)FILES_WAL_BYTES * FILES_SPARE;
}

/* SQLite stops reading at the first frame that is not of the log's present
 * round; zeros never are.  It holds no locks on this file, so that closing a
 * descriptor of it does no harm. */
/* Some of it; true if it is as long as it gets. */
static bool lengthen_wal(const struct files *files, size_t most)
{
	static const char zeros[64 << 10];
	int fd = open(files->wal, O_WRONLY | O_CLOEXEC);
	off_t at, end;

	if (fd < 0 || !has_room(files)) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	at = lseek(fd, 0, SEEK_END);
	end = at + (off_t)most < FILES_WAL_BYTES ? at + (off_t)most
						 : FILES_WAL_BYTES;
	while (at >= 0 && at < end &&
		pwrite(fd, zeros, sizeof(zeros), at) == (ssize_t)sizeof(zeros))
		at += (off_t)sizeof(zeros);
	if (fsync(fd) < 0)
		log_fatal(LINE_LOG_FSYNC, files->wal);
	close(fd);
	return at < end || at >= FILES_WAL_BYTES;
}

void files_open(struct files *files, const char *path)
{
	struct buf wal = {0};
	struct stat now;

	files->path = path;
	buf_printf(&wal, "%s-wal", path);
	files->wal = mem_text(buf_span(&wal));
	buf_release(&wal);
	if (stat(path, &now) < 0)
		log_fatal(LINE_LOG_STAT, path);
	files->inode = now.st_ino;
	files->device = now.st_dev;
	files->size = now.st_size;
	if (stat(files->wal, &now) < 0)
		log_fatal(LINE_LOG_STAT, files->wal);
	files->wal_inode = now.st_ino;
	files->wal_size = now.st_size;
	lengthen_wal(files, FILES_WAL_BYTES);
	watch_folder(files);
}

void files_close(struct files *files)
{
	if (files->notify >= 0)
		close(files->notify);
	free(files->wal);
	files->wal = NULL;
}

void files_renew_wal(struct files *files)
{
	struct stat now;

	if (stat(files->wal, &now) == 0)
		files->wal_size = now.st_size;
	files->shortened = true;
}

void files_tend(struct files *files)
{
	if (files->shortened)
		files->shortened = !lengthen_wal(files, FILES_WAL_STEP);
}

static bool is_ours(const struct files *files, const char *path, ino_t inode)
{
	struct stat now;

	return stat(path, &now) == 0 && now.st_ino == inode &&
	       now.st_dev == files->device;
}

void files_move_wal_away(const struct files *files)
{
	struct buf path = {0};

	if (!is_ours(files, files->wal, files->wal_inode))
		return;
	buf_printf(&path, "%s.orphan", files->wal);
	buf_add_char(&path, '\0');
	if (rename(files->wal, path.at) == 0)
		log_warnx(LINE_LOG_OLD_WAL, files->path, path.at);
	buf_release(&path);
}

/* Nobody makes them shorter: room in them is used again. */
static bool is_cut(const char *path, off_t *size)
{
	struct stat now;
	off_t before = *size;

	if (stat(path, &now) < 0)
		return false;
	*size = now.st_size;
	return now.st_size < before;
}

enum files_state files_look(struct files *files)
{
	if (!is_ours(files, files->path, files->inode))
		return FILES_DB_GONE;
	if (!is_ours(files, files->wal, files->wal_inode))
		return FILES_WAL_GONE;
	if (is_cut(files->path, &files->size))
		return FILES_DB_CUT;
	return is_cut(files->wal, &files->wal_size) ? FILES_WAL_CUT
						    : FILES_FINE;
}

/* ---- what happens in the folder */

/* What has no name happened to the folder, or there was too much of it. */
static bool is_of_ours(
	const struct files *files, const struct inotify_event *event)
{
	return event->len == 0 ||
	       strcmp(event->name, path_name(files->path)) == 0 ||
	       strcmp(event->name, path_name(files->wal)) == 0;
}

static bool has_ours(const struct files *files, const char *news, size_t len)
{
	const struct inotify_event *event;

	for (size_t at = 0; at < len; at += sizeof(*event) + event->len) {
		event = (const void *)(news + at);
		if (is_of_ours(files, event))
			return true;
	}
	return false;
}

bool files_have_news(const struct files *files)
{
	_Alignas(struct inotify_event) char news[4096];

	for (int i = 0; i < READS && files->notify >= 0; i++) {
		ssize_t len = read(files->notify, news, sizeof(news));

		if (len <= 0)
			return false;
		if (has_ours(files, news, (size_t)len))
			return true;
	}
	return true;
}
