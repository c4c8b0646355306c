/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "inbox/walls/shut_in.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inbox/walls/filter.h"
#include "inbox/walls/landlock.h"
#include "lib/path.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define SANITIZED true
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

enum { HOPS = 8 }; /* from link to link */

bool shut_in_is_watched(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	/* By this valgrind watches malloc. */
	return SANITIZED ||
	       (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL);
}

static const char *fault(const char *what)
{
	static char sentence[256];

	snprintf(sentence, sizeof(sentence), "%s: %s", what, strerror(errno));
	return sentence;
}

/* ---- where the database really is */

/* Puts what the link `path` says into its place. */
static const char *follow(char path[PATH_MAX])
{
	char said[PATH_MAX];
	ssize_t len = readlink(path, said, sizeof(said) - 1);
	size_t folder = (size_t)(path_name(path) - path);

	if (len < 0)
		return strerror(errno);
	said[len] = '\0';
	if (said[0] == '/')
		folder = 0;
	if (folder + (size_t)len >= PATH_MAX)
		return strerror(ENAMETOOLONG);
	memcpy(path + folder, said, (size_t)len + 1);
	return NULL;
}

/* `path` becomes that of no link.  Not realpath(3): whoever may write the
 * folder of an inbox of ours would choose by a link which folder is left open.
 */
static const char *resolve(const struct shut_in *how, char path[PATH_MAX])
{
	struct stat at;
	const char *why = NULL;

	for (int hop = 0; why == NULL && hop < HOPS; hop++) {
		if (lstat(path, &at) < 0)
			return errno == ENOENT ? NULL : strerror(errno);
		if (!S_ISLNK(at.st_mode))
			return NULL;
		if (how->own_folder && at.st_uid != 0 && at.st_uid != geteuid())
			return "is a link of another user";
		why = follow(path);
	}
	return why == NULL ? strerror(ELOOP) : why;
}

/* The folder, open, or a sentence. */
static const char *open_folder(
	const struct shut_in *how, char folder[PATH_MAX], int *fd)
{
	char path[PATH_MAX];
	const char *why;
	char *written;
	bool found;

	if (strlen(how->file) >= PATH_MAX)
		return strerror(ENAMETOOLONG);
	memcpy(path, how->file, strlen(how->file) + 1);
	why = resolve(how, path);
	if (why != NULL)
		return why;
	written = path_folder(path);
	found = realpath(written, folder) != NULL;
	free(written);
	if (!found)
		return fault("its folder");
	*fd = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *fd < 0 ? fault(folder) : NULL;
}

/* ---- the walls */

/* Never above what it is already. */
static bool limit(__rlimit_resource_t what, uint64_t most)
{
	struct rlimit now;

	if (getrlimit(what, &now) < 0)
		return false;
	if (now.rlim_max == RLIM_INFINITY || most < now.rlim_max)
		now.rlim_max = (rlim_t)most;
	now.rlim_cur = now.rlim_max;
	return setrlimit(what, &now) == 0;
}

/* An ordinary user's clone(2) is refused by NPROC, too; LeakSanitizer's is. */
static const char *set_limits(const struct shut_in *how, bool watched)
{
	if (!limit(RLIMIT_CORE, 0))
		return fault("no limit of core dumps");
	if (!watched && !limit(RLIMIT_NPROC, 0))
		return fault("no limit of processes");
	if (!watched && how->memory_max > 0 &&
		!limit(RLIMIT_AS, how->memory_max))
		return fault("no limit of memory");
	if (how->file_size_max > 0 && !limit(RLIMIT_FSIZE, how->file_size_max))
		return fault("no limit of file sizes");
	/* What is longer is EFBIG and not the end. */
	signal(SIGXFSZ, SIG_IGN);
	return NULL;
}

static const char *set_manners(bool watched)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fault("no_new_privs");
	/* Others of this user do not look into it; LeakSanitizer must. */
	if (!watched && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fault("not dumpable");
	return NULL;
}

static const char *set_landlock(
	int folder, bool watched, struct shut_in_report *report)
{
	report->landlock = landlock_version();
	if (report->landlock > 0)
		return landlock_restrict(report->landlock, folder, watched)
			       ? NULL
			       : fault("Landlock");
	snprintf(report->lacks, sizeof(report->lacks),
		"files elsewhere are kept from it by their owner and mode only,"
		" since %s",
		errno == EPERM	      ? "Landlock's calls are forbidden here"
		: errno == EOPNOTSUPP ? "Landlock was not switched on when "
					"this kernel started"
				      : "this kernel has no Landlock");
	return NULL;
}

static const char *put_up(
	const struct shut_in *how, int folder, struct shut_in_report *report)
{
	bool watched = shut_in_is_watched();
	const char *why = set_limits(how, watched);

	if (why == NULL)
		why = set_manners(watched);
	if (why == NULL)
		why = set_landlock(folder, watched, report);
	if (why != NULL)
		return why;
	if (watched && report->landlock > 0)
		snprintf(report->lacks, sizeof(report->lacks),
			"a sanitizer or valgrind runs along, for which some of"
			" the walls are left out");
	return filter_load(watched) ? NULL : fault("seccomp");
}

const char *shut_in(const struct shut_in *how, struct shut_in_report *report)
{
	int folder = -1;
	const char *why;

	*report = (struct shut_in_report){0};
	why = open_folder(how, report->folder, &folder);
	if (why == NULL)
		why = put_up(how, folder, report);
	if (folder >= 0)
		close(folder);
	return why;
}
