/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "inbox/walls/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc has no functions for them, and an older one no numbers: they are the
 * same on every machine but Alpha. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule	    445
#define SYS_landlock_restrict_self  446
#endif
/* Debian 12's header is older than its rights. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

enum { NEWEST = 7 };

/* As the kernel has it from version 6 on; what an older one does not know must
 * be 0, or is not looked at. */
struct ruleset {
	uint64_t files, net, scopes;
};

#define BITS(n) ((UINT64_C(1) << (n)) - 1)

static const struct ruleset known[NEWEST + 1] = {
	[1] = {BITS(13), 0, 0},
	[2] = {BITS(14), 0, 0},		    /* REFER: to another folder */
	[3] = {BITS(15), 0, 0},		    /* TRUNCATE */
	[4] = {BITS(15), BITS(2), 0},	    /* TCP: bind, connect */
	[5] = {BITS(16), BITS(2), 0},	    /* ioctl of devices */
	[6] = {BITS(16), BITS(2), BITS(2)}, /* abstract sockets, signals */
	[7] = {BITS(16), BITS(2), BITS(2)},
};

/* READ_DIR: to bring the folder itself to the disk. */
static const uint64_t in_folder =
	LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
	LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_READ_DIR |
	LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;

int landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
		LANDLOCK_CREATE_RULESET_VERSION);

	return version < 0 ? 0 : (int)version;
}

static bool allow(int ruleset, int place, uint64_t rights)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = rights, .parent_fd = place};

	return syscall(SYS_landlock_add_rule, ruleset,
		       LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* A place that is not there needs no leave. */
static bool allow_path(int ruleset, const char *path, uint64_t rights)
{
	int place = open(path, O_PATH | O_CLOEXEC);
	bool done = place < 0 || allow(ruleset, place, rights);
	int kept = errno;

	if (place >= 0)
		close(place);
	errno = kept;
	return done;
}

bool landlock_restrict(int version, int folder, bool watched)
{
	const struct ruleset *all = &known[version < NEWEST ? version : NEWEST];
	int ruleset =
		(int)syscall(SYS_landlock_create_ruleset, all, sizeof(*all), 0);
	bool done;
	int kept;

	if (ruleset < 0)
		return false;
	/* SQLite begins its chance there: salts, an inbox's identity. */
	done = allow(ruleset, folder, in_folder & all->files) &&
	       allow_path(
		       ruleset, "/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE) &&
	       (!watched || allow_path(ruleset, "/",
				    LANDLOCK_ACCESS_FS_READ_FILE |
					    LANDLOCK_ACCESS_FS_READ_DIR)) &&
	       syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	kept = errno;
	close(ruleset);
	errno = kept;
	return done;
}
