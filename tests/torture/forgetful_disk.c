/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "forgetful_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forgetful_steps.h"

enum { FDS = 256, PAGE = 4096, PAGES_MAX = 1 << 16 };

static struct file files[FDS];

/* ---- which files */

const char *disk_name(const char *path)
{
	size_t length = state_begin() ? strlen(folder) : 0;

	return length > 0 && strncmp(path, folder, length) == 0 &&
			       path[length] == '/'
		       ? path + length + 1
		       : NULL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length >= strlen(end) &&
	       strcmp(text + length - strlen(end), end) == 0;
}

/* The index in shared memory is made anew after a cut: nobody syncs it. */
bool disk_has(const char *path)
{
	const char *name = disk_name(path);

	return name != NULL && strstr(name, ".db") != NULL &&
	       !ends_with(name, "-shm") && !ends_with(name, ".lock");
}

struct file *disk_file(int fd)
{
	return fd >= 0 && fd < FDS && files[fd].tracked ? &files[fd] : NULL;
}

static const char *number(ino_t inode)
{
	static char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)inode);
	return text;
}

/* "inbox/inbox.db" is durable/inbox%inbox.db. */
static const char *flat(const char *name)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s", name);
	for (char *at = text; *at != '\0'; at++)
		if (*at == '/')
			*at = '%';
	return text;
}

/* ---- what would survive */

static void copy(int from, int to, off_t at, size_t length)
{
	static char bytes[1 << 16];

	while (length > 0) {
		size_t piece = length < sizeof(bytes) ? length : sizeof(bytes);
		ssize_t got = REAL(pread)(from, bytes, piece, at);

		if (got == 0)
			return;
		if (got < 0 || REAL(pwrite)(to, bytes, (size_t)got, at) != got)
			give_up("copy");
		at += got;
		length -= (size_t)got;
	}
}

/* Swapped in whole, because its program may be killed at any time. */
static void make_durable(ino_t inode, const char *name)
{
	char from[512], to[512], link_path[512];

	snprintf(from, sizeof(from), "%s/shadow/%s", state, number(inode));
	snprintf(to, sizeof(to), "%s/durable/%s", state, flat(name));
	snprintf(link_path, sizeof(link_path), "%s/new", state);
	REAL(unlink)(link_path);
	if (link(from, link_path) < 0)
		return; /* another program's file, or gone */
	if (REAL(rename)(link_path, to) < 0)
		give_up(to);
	REAL(unlink)(link_path); /* both were the same file */
}

static void start_afresh(ino_t inode)
{
	char path[512];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", state,
			i == 0 ? "shadow" : "dirty", number(inode));
		REAL(unlink)(path);
	}
}

/* A file that was there before is on the disk. */
static void adopt(int fd, ino_t inode, const char *name, off_t size)
{
	int shadow = state_open(
		"shadow", number(inode), O_WRONLY | O_CREAT | O_EXCL);

	if (shadow < 0)
		return; /* known */
	copy(fd, shadow, 0, (size_t)size);
	REAL(close)(shadow);
	if (size >= 0 && name != NULL)
		make_durable(inode, name);
}

void disk_track(int fd, const char *name, bool created)
{
	struct file *file = &files[fd];
	struct stat now;
	int dirty;

	if (fd >= FDS || fstat(fd, &now) < 0)
		give_up(name);
	if (created)
		start_afresh(now.st_ino);
	adopt(fd, now.st_ino, created ? NULL : name, now.st_size);
	dirty = state_open("dirty", number(now.st_ino), O_RDWR | O_CREAT);
	if (REAL(ftruncate)(dirty, PAGES_MAX / 8) < 0)
		give_up("dirty");
	*file = (struct file){
		.tracked = true,
		.is_wal = ends_with(name, "-wal"),
		.inode = now.st_ino,
		.dirty = mmap(NULL, PAGES_MAX / 8, PROT_READ | PROT_WRITE,
			MAP_SHARED, dirty, 0),
	};
	if (file->dirty == MAP_FAILED)
		give_up("dirty");
	REAL(close)(dirty);
}

void disk_untrack(int fd)
{
	struct file *file = disk_file(fd);

	if (file == NULL)
		return;
	munmap(file->dirty, PAGES_MAX / 8);
	*file = (struct file){0};
}

void disk_soil(struct file *file, off_t at, off_t length)
{
	for (off_t page = at / PAGE; page * PAGE < at + length; page++) {
		if (page >= PAGES_MAX)
			give_up("too large a file");
		file->dirty[page / 8] |= (uint8_t)(1 << page % 8);
	}
}

/* A page is clean only once it was copied: we may be killed in between. */
void disk_sync_file(int fd, struct file *file)
{
	int shadow = state_open("shadow", number(file->inode), O_RDWR);
	char self[64];
	struct stat now;
	int from;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	from = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY
		       ? REAL(open)(self, O_RDONLY | O_CLOEXEC)
		       : fd;
	if (shadow < 0 || from < 0 || fstat(fd, &now) < 0 ||
		REAL(ftruncate)(shadow, now.st_size) < 0)
		give_up("sync");
	for (int page = 0; page < PAGES_MAX; page++) {
		if ((file->dirty[page / 8] & 1 << page % 8) == 0)
			continue;
		copy(from, shadow, (off_t)page * PAGE, PAGE);
		file->dirty[page / 8] &= (uint8_t) ~(1 << page % 8);
	}
	REAL(close)(shadow);
	if (from != fd)
		REAL(close)(from);
}

/* ---- names */

static void keep_present(const char *path)
{
	DIR *all = opendir(path);
	struct dirent *one;
	struct stat now;
	char whole[768];

	while (all != NULL && (one = readdir(all)) != NULL) {
		snprintf(whole, sizeof(whole), "%s/%s", path, one->d_name);
		if (disk_has(whole) && stat(whole, &now) == 0)
			make_durable(now.st_ino, disk_name(whole));
	}
	if (all != NULL)
		closedir(all);
}

static void forget_absent(const char *path)
{
	char durable[512], whole[768];
	DIR *all;
	struct dirent *one;

	snprintf(durable, sizeof(durable), "%s/durable", state);
	all = opendir(durable);
	while (all != NULL && (one = readdir(all)) != NULL) {
		size_t length;

		if (one->d_name[0] == '.')
			continue;
		snprintf(whole, sizeof(whole), "%s/%s", folder, one->d_name);
		for (char *at = whole + strlen(folder); *at != '\0'; at++)
			if (*at == '%')
				*at = '/';
		length = (size_t)(strrchr(whole, '/') - whole);
		if (strncmp(whole, path, length) != 0 || path[length] != '\0' ||
			access(whole, F_OK) == 0)
			continue;
		snprintf(whole, sizeof(whole), "%s/%s", durable, one->d_name);
		REAL(unlink)(whole);
	}
	if (all != NULL)
		closedir(all);
}

bool disk_is_folder(int fd, char *path, size_t size)
{
	struct stat now;
	char self[64];
	ssize_t length;

	if (!state_begin() || fstat(fd, &now) < 0 || !S_ISDIR(now.st_mode))
		return false;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	length = readlink(self, path, size - 1);
	path[length < 0 ? 0 : length] = '\0';
	return strncmp(path, folder, strlen(folder)) == 0;
}

void disk_sync_folder(const char *path)
{
	keep_present(path);
	forget_absent(path);
}
