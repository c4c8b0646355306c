/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/diagnosis.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/path.h"

/* "Database File Format" in SQLite's documentation. */
enum {
	HEADER = 48,
	WRITE_VERSION = 18,
	READ_VERSION = 19,
	VERSION_MAX = 2,
	SCHEMA_FORMAT = 44, /* 4 bytes, the highest first */
	SCHEMA_FORMAT_MAX = 4,
	ROOM_MIN = 64 << 10, /* bytes; for less, what is written fails */
};

static const char magic[] = "SQLite format 3";

static bool read_header(const char *path, unsigned char header[HEADER])
{
	/* A FIFO would keep us waiting for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat at;
	bool done = fd >= 0 && fstat(fd, &at) == 0 && S_ISREG(at.st_mode) &&
		    pread(fd, header, HEADER, 0) == HEADER;

	if (fd >= 0)
		close(fd);
	return done && memcmp(header, magic, sizeof(magic)) == 0;
}

static bool is_of_tomorrow(const char *path)
{
	unsigned char header[HEADER];

	return read_header(path, header) &&
	       (header[WRITE_VERSION] > VERSION_MAX ||
		       header[READ_VERSION] > VERSION_MAX ||
		       header[SCHEMA_FORMAT] > 0 ||
		       header[SCHEMA_FORMAT + 1] > 0 ||
		       header[SCHEMA_FORMAT + 2] > 0 ||
		       header[SCHEMA_FORMAT + 3] > SCHEMA_FORMAT_MAX);
}

static bool has_no_room(const char *folder)
{
	struct statvfs at;

	return statvfs(folder, &at) == 0 &&
	       (uint64_t)at.f_bavail * at.f_frsize < ROOM_MIN;
}

const char *diagnosis_unwritable(const char *path, const char *otherwise)
{
	char *folder = path_folder(path);
	bool may = access(folder, W_OK) == 0 && access(path, W_OK) == 0;
	int why = errno;
	bool full = may && has_no_room(folder);

	free(folder);
	if (!may && why == EROFS)
		return "its folder is read-only for tidings-inbox (systemd: it"
		       " needs ReadWritePaths=)";
	if (!may && why == EACCES)
		return "tidings-inbox may not write file and folder";
	return full ? "its disk is full" : otherwise;
}

/* SQLite's words for what it did not look into. */
static bool is_vague(const char *sentence)
{
	return strcmp(sentence, "unable to open database file") == 0 ||
	       strcmp(sentence, "attempt to write a readonly database") == 0;
}

const char *diagnosis(const char *path, const char *otherwise)
{
	if (access(path, R_OK) < 0 && errno == EACCES)
		return "tidings-inbox may not read it";
	if (is_of_tomorrow(path))
		return "its file format is newer than this SQLite knows";
	return is_vague(otherwise) ? diagnosis_unwritable(path, otherwise)
				   : otherwise;
}
