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
 * Nothing is really brought to the disk, which makes it quick.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS = 256, PAGE = 4096, PAGES_MAX = 1 << 16 };

enum swallow { SWALLOW_NOTHING, SWALLOW_WAL, SWALLOW_ALL };

struct control {
	int32_t cut;	 /* the power is gone */
	int32_t left;	 /* steps until it goes, -1 = never */
	int32_t steps;	 /* that there were */
	int32_t swallow; /* which syncs do nothing, and say that they did */
};

struct file {
	bool tracked, is_wal;
	ino_t inode;
	uint8_t *dirty; /* shared, a bit a page */
};

static struct file files[FDS];
static struct control *control;
static const char *folder, *state;
static int lock_fd = -1;
static pid_t locker;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (function == NULL)
		abort();
	return function;
}

_Noreturn static void give_up(const char *what)
{
	dprintf(STDERR_FILENO, "forgetful: %s: %s\n", what, strerror(errno));
	abort();
}

static int open_state(const char *kind, const char *name, int flags)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", state, kind, name);
	fd = REAL(open)(path, flags | O_CLOEXEC, 0600);
	if (fd < 0 && errno != ENOENT && errno != EEXIST)
		give_up(path);
	return fd;
}

static bool begin(void)
{
	if (control != NULL)
		return true;
	folder = getenv("FORGETFUL_FOLDER");
	state = getenv("FORGETFUL_STATE");
	if (folder == NULL || state == NULL)
		return false;
	int fd = open_state(".", "control", O_RDWR);

	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, 0);
	if (control == MAP_FAILED)
		give_up("control");
	REAL(close)(fd);
	return true;
}

/* ---- steps */

/* A child has the description of its parent's lock, so it takes its own. */
static void lock(void)
{
	if (locker != getpid()) {
		lock_fd = open_state(".", "lock", O_RDWR);
		locker = getpid();
	}
	while (flock(lock_fd, LOCK_EX) < 0)
		if (errno != EINTR)
			give_up("lock");
}

static void leave(void)
{
	int kept = errno;

	flock(lock_fd, LOCK_UN);
	errno = kept;
}

static void enter(void)
{
	lock();
	control->steps++;
	if (control->left > 0 && --control->left == 0)
		control->cut = 1;
	if (control->cut) {
		leave();
		kill(getpid(), SIGKILL);
		pause();
	}
}

/* ---- which files */

static const char *name_of(const char *path)
{
	size_t length = begin() ? strlen(folder) : 0;

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
static bool is_tracked(const char *path)
{
	const char *name = name_of(path);

	return name != NULL && strstr(name, ".db") != NULL &&
	       !ends_with(name, "-shm") && !ends_with(name, ".lock");
}

static struct file *file_of(int fd)
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
	int shadow = open_state(
		"shadow", number(inode), O_WRONLY | O_CREAT | O_EXCL);

	if (shadow < 0)
		return; /* known */
	copy(fd, shadow, 0, (size_t)size);
	REAL(close)(shadow);
	if (size >= 0 && name != NULL)
		make_durable(inode, name);
}

static void track(int fd, const char *name, bool created)
{
	struct file *file = &files[fd];
	struct stat now;
	int dirty;

	if (fd >= FDS || fstat(fd, &now) < 0)
		give_up(name);
	if (created)
		start_afresh(now.st_ino);
	adopt(fd, now.st_ino, created ? NULL : name, now.st_size);
	dirty = open_state("dirty", number(now.st_ino), O_RDWR | O_CREAT);
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

static void untrack(int fd)
{
	struct file *file = file_of(fd);

	if (file == NULL)
		return;
	munmap(file->dirty, PAGES_MAX / 8);
	*file = (struct file){0};
}

static void soil(struct file *file, off_t at, off_t length)
{
	for (off_t page = at / PAGE; page * PAGE < at + length; page++) {
		if (page >= PAGES_MAX)
			give_up("too large a file");
		file->dirty[page / 8] |= (uint8_t)(1 << page % 8);
	}
}

/* A page is clean only once it was copied: we may be killed in between. */
static void clean(int fd, struct file *file)
{
	int shadow = open_state("shadow", number(file->inode), O_RDWR);
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
		if (is_tracked(whole) && stat(whole, &now) == 0)
			make_durable(now.st_ino, name_of(whole));
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

static bool is_our_folder(int fd, char *path, size_t size)
{
	struct stat now;
	char self[64];
	ssize_t length;

	if (!begin() || fstat(fd, &now) < 0 || !S_ISDIR(now.st_mode))
		return false;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	length = readlink(self, path, size - 1);
	path[length < 0 ? 0 : length] = '\0';
	return strncmp(path, folder, strlen(folder)) == 0;
}

/* ---- what the programs call */

static bool is_swallowed(const struct file *file)
{
	return control->swallow == SWALLOW_ALL ||
	       (control->swallow == SWALLOW_WAL && file != NULL &&
		       file->is_wal);
}

static int sync_it(int fd, int (*others)(int))
{
	struct file *file = file_of(fd);
	char path[512];

	if (file == NULL && !is_our_folder(fd, path, sizeof(path)))
		return others(fd);
	enter();
	if (!is_swallowed(file)) {
		if (file != NULL) {
			clean(fd, file);
		} else {
			keep_present(path);
			forget_absent(path);
		}
	}
	leave();
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

	if (!is_tracked(path))
		return how(path, flags, mode);
	if ((flags & O_ACCMODE) == O_RDONLY && access(path, F_OK) != 0)
		return how(path, flags, mode);
	enter();
	existed = access(path, F_OK) == 0;
	if (existed && (flags & O_TRUNC))
		give_up("O_TRUNC is not known here");
	fd = how(path, flags, mode);
	if (fd >= 0)
		track(fd, name_of(path), !existed);
	leave();
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
	untrack(fd);
	return REAL(close)(fd);
}

/* Soiled before it is written, because we may be killed in between. */
static struct file *begin_write(int fd, off_t at, size_t length)
{
	struct file *file = file_of(fd);

	if (file == NULL)
		return NULL;
	enter();
	soil(file, at, (off_t)length);
	return file;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	struct file *file = file_of(fd);
	ssize_t done;

	if (file != NULL)
		begin_write(fd, lseek(fd, 0, SEEK_CUR), length);
	done = REAL(write)(fd, bytes, length);
	if (file != NULL)
		leave();
	return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at)
{
	struct file *file = begin_write(fd, at, length);
	ssize_t done = REAL(pwrite)(fd, bytes, length, at);

	if (file != NULL)
		leave();
	return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	return pwrite(fd, bytes, length, at);
}

static int cut_off(int fd, off_t length)
{
	struct file *file = file_of(fd);
	struct stat now;
	int done;

	if (file == NULL)
		return REAL(ftruncate)(fd, length);
	enter();
	if (fstat(fd, &now) == 0 && now.st_size > length)
		soil(file, length, now.st_size - length);
	done = REAL(ftruncate)(fd, length);
	leave();
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

	if (!is_tracked(path))
		return REAL(unlink)(path);
	enter();
	done = REAL(unlink)(path);
	leave();
	return done;
}

int rename(const char *from, const char *to)
{
	int done;

	if (!is_tracked(from) && !is_tracked(to))
		return REAL(rename)(from, to);
	enter();
	done = REAL(rename)(from, to);
	leave();
	return done;
}

/* What it would change could not be followed. */
void *mmap64(void *at, size_t length, int protection, int flags, int fd,
	off64_t from)
{
	if (file_of(fd) != NULL && (protection & PROT_WRITE))
		give_up("a mapping that can be written");
	return REAL(mmap64)(at, length, protection, flags, fd, from);
}
