/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "forgetful_steps.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

struct control *control;
const char *folder, *state;
static int lock_fd = -1;
static pid_t locker;

void *real(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (function == NULL)
		abort();
	return function;
}

_Noreturn void give_up(const char *what)
{
	dprintf(STDERR_FILENO, "forgetful: %s: %s\n", what, strerror(errno));
	abort();
}

int state_open(const char *kind, const char *name, int flags)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", state, kind, name);
	fd = REAL(open)(path, flags | O_CLOEXEC, 0600);
	if (fd < 0 && errno != ENOENT && errno != EEXIST)
		give_up(path);
	return fd;
}

bool state_begin(void)
{
	if (control != NULL)
		return true;
	folder = getenv("FORGETFUL_FOLDER");
	state = getenv("FORGETFUL_STATE");
	if (folder == NULL || state == NULL)
		return false;
	int fd = state_open(".", "control", O_RDWR);

	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, 0);
	if (control == MAP_FAILED)
		give_up("control");
	REAL(close)(fd);
	return true;
}

/* A child has the description of its parent's lock, so it takes its own. */
static void lock(void)
{
	if (locker != getpid()) {
		lock_fd = state_open(".", "lock", O_RDWR);
		locker = getpid();
	}
	while (flock(lock_fd, LOCK_EX) < 0)
		if (errno != EINTR)
			give_up("lock");
}

void step_end(void)
{
	int kept = errno;

	flock(lock_fd, LOCK_UN);
	errno = kept;
}

void step_begin(void)
{
	lock();
	control->steps++;
	if (control->left > 0 && --control->left == 0)
		control->cut = 1;
	if (control->cut) {
		step_end();
		kill(getpid(), SIGKILL);
		pause();
	}
}
