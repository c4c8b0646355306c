/* SPDX-License-Identifier: MIT */
/*
 * SQLite's ways to the kernel are functions that can be replaced: see
 * "xSetSystemCall" in its documentation.
 */
#include <config.h>

#include "lib/db/db_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/path.h"

enum {
	MEMORY_PAGE = 4096,
	SUPER_TAIL = 16, /* bytes at the end of a journal: u32 length of the
			    name before it, u32 checksum, 8 bytes of magic */
};

static struct {
	char path[PATH_MAX]; /* "" = not confined */
	char fault[256];     /* "" = none */
	volatile sig_atomic_t cut;
} files;

static int refuse(const char *path, const char *why)
{
	snprintf(files.fault, sizeof(files.fault), "%.100s %s", path_name(path),
		why);
	errno = EACCES;
	return -1;
}

/* ---- whose file it is */

enum part { FOREIGN, DATABASE, JOURNAL, WAL, SHM, FOLDER };

static enum part part_of(const char *path)
{
	static const char *const ends[] = {[DATABASE] = "",
		[JOURNAL] = "-journal",
		[WAL] = "-wal",
		[SHM] = "-shm"};
	size_t len = strlen(files.path);

	if (strncmp(path, files.path, len) == 0)
		for (enum part part = DATABASE; part <= SHM; part++)
			if (strcmp(path + len, ends[part]) == 0)
				return part;
	len = (size_t)(path_name(files.path) - files.path);
	/* SQLite leaves out the slash at its end, but for "/". */
	if (strncmp(path, files.path, len - 1) == 0 &&
		(path[len - 1] == '\0' || strcmp(path + len - 1, "/") == 0))
		return FOLDER;
	return FOREIGN;
}

/* ---- a file that strangers may have put there */

static bool names_super(int fd, off_t size)
{
	static const uint8_t magic[8] = {
		0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
	uint8_t first = 0, tail[SUPER_TAIL];

	/* What begins with 0 is no journal any more. */
	if (size < SUPER_TAIL || pread(fd, &first, 1, 0) != 1 || first == 0)
		return false;
	return pread(fd, tail, SUPER_TAIL, size - SUPER_TAIL) == SUPER_TAIL &&
	       memcmp(tail + 8, magic, sizeof(magic)) == 0 &&
	       (tail[0] | tail[1] | tail[2] | tail[3]) != 0;
}

/* NULL, or why it is not to be opened. */
static const char *objection(const struct stat *at, enum part part)
{
	if (!S_ISREG(at->st_mode))
		return "is not a regular file";
	/* Of whatever it is another name: closed, the locks on that are gone;
	 * and emptied, what is in it. */
	if (part != DATABASE && at->st_nlink > 1)
		return "has other names, too (hard links)";
	return NULL;
}

/* Looked at first: to open some is to do something to them. */
static int open_part(const char *path, int flags, int mode, enum part part)
{
	struct stat at;
	const char *why = NULL;
	int fd;

	if (lstat(path, &at) == 0)
		why = objection(&at, part);
	if (why != NULL)
		return refuse(path, why);
	fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		mode);
	if (fd < 0)
		return -1;
	if (fstat(fd, &at) < 0)
		why = "cannot be looked at";
	else
		why = objection(&at, part);
	if (why == NULL && part == JOURNAL && names_super(fd, at.st_size))
		why = "was left by a transaction over several databases (it "
		      "names a super-journal): its application is to open it "
		      "first";
	if (why == NULL)
		return fd;
	close(fd);
	return refuse(path, why);
}

static int confined_open(const char *path, int flags, int mode)
{
	enum part part = part_of(path);

	if (part == FOLDER)
		return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (part != FOREIGN)
		return open_part(path, flags, mode, part);
	/* SQLite begins its chance there. */
	if (strcmp(path, "/dev/urandom") == 0)
		return open(path, O_RDONLY | O_CLOEXEC);
	return refuse(path, "is none of its files");
}

static int confined_unlink(const char *path)
{
	enum part part = part_of(path);

	if (part == JOURNAL || part == WAL || part == SHM)
		return unlink(path);
	return refuse(path, "is not to be removed");
}

/* ---- mapped files */

/* Of all files only the -shm is mapped that others may cut short.  Where it was
 * there is empty memory now: SQLite finds nothing in it, and goes on. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
	int kept = errno;
	uintptr_t page = (uintptr_t)info->si_addr;

	(void)context;
	page -= page % MEMORY_PAGE;
	files.cut = 1;
	if (info->si_code != BUS_ADRERR ||
		mmap((void *)page, MEMORY_PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			0) == MAP_FAILED)
		signal(number, SIG_DFL);
	errno = kept;
}

static void replace_calls(void)
{
	const struct sigaction action = {
		.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	if (vfs == NULL || vfs->iVersion < 3)
		return;
	vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)confined_open);
	vfs->xSetSystemCall(
		vfs, "unlink", (sqlite3_syscall_ptr)confined_unlink);
	sigaction(SIGBUS, &action, NULL);
}

void db_files_confine(const char *path)
{
	if (files.path[0] == '\0')
		replace_calls();
	snprintf(files.path, sizeof(files.path), "%s", path);
	files.cut = 0;
	db_files_forget();
}

const char *db_files_fault(void)
{
	return files.fault[0] == '\0' ? NULL : files.fault;
}

void db_files_forget(void)
{
	files.fault[0] = '\0';
}

bool db_files_cut(void)
{
	return files.cut != 0;
}
