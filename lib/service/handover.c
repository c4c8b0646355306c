/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/service/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/lines.h"
#include "lib/log.h"
#include "lib/service/old_workers.h"

static const char variable[] = "TIDINGS_HANDOVER";

/* The numbers after our own pid; NULL if they are not meant for us. */
static const char *find(void)
{
	const char *text = getenv(variable);
	char *rest;

	if (text == NULL || strtol(text, &rest, 10) != (long)getpid())
		return NULL;
	return rest;
}

int handover_listener(void)
{
	const char *text = find();
	int fd = text == NULL ? -1 : (int)strtol(text, NULL, 10);

	if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		log_fatal(LINE_CANNOT_TAKE_OVER);
	return fd;
}

void handover_workers(struct old_workers *old_workers)
{
	const char *text = find();
	char *rest, *at;

	if (text == NULL)
		return;
	strtol(text, &rest, 10); /* the socket */
	for (;;) {
		long pid = strtol(at = rest, &rest, 10);

		if (rest == at)
			break;
		old_workers_add(old_workers, (pid_t)pid);
	}
	unsetenv(variable);
}

/* ---- the other side */

/* Not execvp where the path is known: that gives what is no program, an empty
 * file say, to a shell, which is content with it. */
static void execute(char *const *argv)
{
	if (strchr(argv[0], '/') != NULL)
		execv(argv[0], argv);
	else
		execvp(argv[0], argv);
}

static char **with_test(char *const *argv)
{
	static char test[] = "--test";
	size_t count = 0;
	char **words;

	while (argv[count] != NULL)
		count++;
	words = mem_new((count + 2) * sizeof(*words));
	memcpy(words, argv, count * sizeof(*words));
	words[count] = test;
	return words;
}

static pid_t start_test(char *const *argv)
{
	char **words = with_test(argv);
	sigset_t none;
	pid_t pid = fork();

	if (pid == 0) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execute(words);
		_exit(127);
	}
	if (pid < 0)
		log_warn(LINE_CANNOT_TRY);
	free(words);
	return pid;
}

void handover_test_begin(
	struct handover_test *test, char *const *argv, uint64_t end)
{
	test->again = test->pid != 0;
	if (test->again)
		return;
	test->pid = start_test(argv);
	if (test->pid < 0)
		test->pid = 0;
	test->end = end;
}

uint64_t handover_test_watch(const struct handover_test *test, uint64_t now)
{
	if (test->pid == 0)
		return UINT64_MAX;
	if (now < test->end)
		return test->end;
	kill(test->pid, SIGKILL);
	return UINT64_MAX;
}

void handover_exec(
	char *const *argv, int listener, const struct old_workers *old_workers)
{
	struct buf text = {0};

	buf_printf(&text, "%ld %d", (long)getpid(), listener);
	for (size_t i = 0; i < old_workers->count; i++)
		buf_printf(&text, " %ld", (long)old_workers->all[i].pid);
	buf_add_char(&text, '\0');
	if (listener >= 0)
		fcntl(listener, F_SETFD, 0);
	if (setenv(variable, text.at, 1) == 0) {
		fflush(NULL);
		execute(argv);
	}
	log_warn(LINE_CANNOT_EXECUTE, argv[0]);
	unsetenv(variable);
	if (listener >= 0)
		fcntl(listener, F_SETFD, FD_CLOEXEC);
	buf_release(&text);
}
