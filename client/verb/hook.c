/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/hook.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"

/* The data as a file: a command that does not read it blocks nobody. */
static int data_file(struct span data)
{
	int fd = memfd_create("event", MFD_CLOEXEC);

	while (fd >= 0 && data.len > 0) {
		ssize_t wrote = write(fd, data.at, data.len);

		if (wrote < 0) {
			close(fd);
			return -1;
		}
		data = span(data.at + wrote, data.len - (size_t)wrote);
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* An environment ends at a NUL, so an event type is cut there. */
static void set(const char *name, struct span text)
{
	char *value = mem_text(text);

	setenv(name, value, 1);
	free(value);
}

static void become(
	const char *command, const struct follow_event *event, int data)
{
	signal(SIGPIPE, SIG_DFL);
	dup2(data, STDIN_FILENO);
	set("TIDINGS_ID", event->id);
	set("TIDINGS_EVENT", event->type);
	set("TIDINGS_CHANNEL", event->channel);
	set("TIDINGS_AT", event->at);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static enum exit_status judge(int status, struct span id)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return EXIT_OK;
	if (WIFSIGNALED(status))
		return fail(EXIT_FAILED,
			"the command for event %.*s was ended by signal %d",
			(int)id.len, id.at, WTERMSIG(status));
	return fail(EXIT_FAILED,
		"the command for event %.*s ended with status %d", (int)id.len,
		id.at, WEXITSTATUS(status));
}

enum exit_status hook_run(const char *command, const struct follow_event *event)
{
	int status, data = data_file(event->data);
	pid_t pid;

	if (data < 0)
		return fail_errno(EXIT_FILE, "no memory for an event's data");
	pid = fork();
	if (pid == 0)
		become(command, event, data);
	close(data);
	if (pid < 0)
		return fail_errno(EXIT_FAILED, "cannot start the command");
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail_errno(EXIT_FAILED, "waitpid");
	return judge(status, event->id);
}
