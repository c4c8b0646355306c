/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/disk/lock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "hub/lines.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/wire.h"

enum {
	LOCK_WAIT_US = 5000000, /* for the hub before us to end */
	DIGITS = 16,		/* of WIRE_ID_MAX */
};

static uint64_t read_newest(int fd)
{
	char text[DIGITS + 2];
	uint64_t newest;

	if (pread(fd, text, sizeof(text), 0) != DIGITS + 1 ||
		text[DIGITS] != '\n')
		return 0;
	text[DIGITS] = '\0';
	if (strspn(text, "0123456789") != DIGITS)
		return 0;
	newest = strtoull(text, NULL, 10);
	/* None of ours will be near the highest for a while. */
	return newest < WIRE_ID_MAX / 2 ? newest : 0;
}

void lock_note(const struct lock *lock, uint64_t newest)
{
	char text[DIGITS + 2];

	snprintf(text, sizeof(text), "%016" PRIu64 "\n", newest);
	if (pwrite(lock->fd, text, DIGITS + 1, 0) < 0)
		return; /* the one before stays, which says less */
}

/* A file of its own, because closing any descriptor of the database itself
 * would drop SQLite's locks. */
static char *path_of(const char *log)
{
	char *file = realpath(log, NULL); /* it may be a link */
	struct buf path = {0};
	char *text;

	buf_printf(&path, "%s.lock", file == NULL ? log : file);
	text = mem_text(buf_span(&path));
	buf_release(&path);
	free(file);
	return text;
}

void lock_take(struct lock *lock, const char *log)
{
	uint64_t end = clock_mono_us() + LOCK_WAIT_US;
	struct timespec pause = {.tv_nsec = 10000000};
	char *path = path_of(log);

	lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock->fd < 0)
		log_fatal(LINE_LOG_LOCK_FILE, log, path);
	while (flock(lock->fd, LOCK_EX | LOCK_NB) < 0) {
		if (clock_mono_us() > end)
			log_fatalx(LINE_LOG_LOCKED, log, path);
		nanosleep(&pause, NULL);
	}
	free(path);
	lock->newest = read_newest(lock->fd);
}
