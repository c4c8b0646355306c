/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/run/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "client/exit_status.h"
#include "lib/clock.h"

enum {
	AFTER_US = 100000, /* output is waited for so long after its end: what
			      it left running may hold the pipe */
	TERMINAL_BYTES = 64 << 10, /* more than one ever holds */
};

static const int sent_on[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD};

/* ---- its outputs */

/* A terminal that passes bytes as they are. */
static bool open_terminal(int like, int ends[2])
{
	struct winsize size = {0};
	struct termios mode;

	ioctl(like, TIOCGWINSZ, &size);
	if (openpty(&ends[0], &ends[1], NULL, NULL, &size) < 0)
		return false;
	tcgetattr(ends[1], &mode);
	mode.c_oflag &= ~(tcflag_t)OPOST;
	tcsetattr(ends[1], TCSANOW, &mode);
	return true;
}

static bool open_output(int ours, int ends[2])
{
	if (isatty(ours) ? !open_terminal(ours, ends) : pipe(ends) < 0)
		return false;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return true;
}

static void on_signals(struct child *child);

/* Until `fd` takes at least PIPE_BUF bytes; signals go on meanwhile. */
static void wait_for_room(struct child *child, int fd)
{
	struct pollfd fds[2] = {{fd, POLLOUT, 0}, {child->signals, POLLIN, 0}};

	do {
		fds[0].revents = 0;
		if (poll(fds, 2, -1) > 0 && fds[1].revents != 0)
			on_signals(child);
	} while (fds[0].revents == 0);
}

static bool pass_on(struct child *child, int fd, struct span left)
{
	while (left.len > 0) {
		ssize_t wrote;

		wait_for_room(child, fd);
		wrote = write(
			fd, left.at, left.len < PIPE_BUF ? left.len : PIPE_BUF);
		if (wrote < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (wrote < 0)
			return errno ==
			       EBADF; /* it was closed from the start */
		left = span(left.at + wrote, left.len - (size_t)wrote);
	}
	return true;
}

/* Reads once; what came goes on and is shown.  False at its end. */
static bool pass(struct child *child, int which)
{
	char bytes[16 << 10];
	size_t most = sizeof(bytes);
	ssize_t got;

	if (child->ended && child->left[which] < most)
		most = child->left[which];
	if (most == 0)
		return false;
	got = read(child->from[which], bytes, most);
	if (got < 0 && errno == EINTR)
		return true;
	if (got <= 0)
		return false; /* a pseudo-terminal ends with EIO */
	child->left[which] -= child->ended ? (size_t)got : 0;
	if (!pass_on(child, child->to[which], span(bytes, (size_t)got)))
		return false; /* then the child shall see it, too */
	child->output(child->arg, span(bytes, (size_t)got), which == 1);
	return true;
}

static void close_output(struct child *child, int which)
{
	if (child->from[which] >= 0)
		close(child->from[which]);
	child->from[which] = -1;
}

/* ---- signals */

static void set_of_signals(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < sizeof(sent_on) / sizeof(sent_on[0]); i++)
		sigaddset(set, sent_on[i]);
}

static int take_signals(void)
{
	sigset_t set;

	set_of_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What comes now is meant for this program. */
static void leave_signals(struct child *child)
{
	sigset_t set;

	on_signals(child);
	close(child->signals);
	set_of_signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	if (child->late != 0)
		raise(child->late);
}

/* The keyboard's SIGWINCH may have reached it before its terminal had the new
 * size: so it gets another. */
static void resize(const struct child *child)
{
	struct winsize ours, its;
	bool changed = false;

	for (int i = 0; i < 2; i++) {
		if (ioctl(child->to[i], TIOCGWINSZ, &ours) < 0 ||
			ioctl(child->from[i], TIOCGWINSZ, &its) < 0 ||
			memcmp(&ours, &its, sizeof(ours)) == 0)
			continue;
		ioctl(child->from[i], TIOCSWINSZ, &ours);
		changed = true;
	}
	if (changed)
		kill(0, SIGWINCH);
}

/* What it wrote before its end is all there; what comes after that is of others
 * that it left running. */
static void on_end(struct child *child)
{
	child->ended = true;
	for (int i = 0; i < 2; i++) {
		int size = fcntl(child->from[i], F_GETPIPE_SZ);

		child->left[i] = size > 0 ? (size_t)size : TERMINAL_BYTES;
	}
}

static void on_signals(struct child *child)
{
	struct signalfd_siginfo info;

	while (read(child->signals, &info, sizeof(info)) == sizeof(info)) {
		int number = (int)info.ssi_signo;

		if (number == SIGCHLD && waitpid(child->pid, &child->status,
						 WNOHANG) == child->pid)
			on_end(child);
		else if (number == SIGWINCH)
			resize(child);
		else if (number != SIGCHLD && child->ended)
			child->late = number;
		else if (number != SIGCHLD && info.ssi_code <= 0)
			kill(child->pid, number);
	}
}

/* ---- life */

static void become(char *const *command, int outputs[2][2])
{
	sigset_t none;
	int error;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(outputs[0][1], STDOUT_FILENO);
	dup2(outputs[1][1], STDERR_FILENO);
	execvp(command[0], command);
	error = errno;
	fail_errno(EXIT_FAILED, "%s", command[0]);
	_exit(error == ENOENT ? 127 : 126);
}

bool child_start(struct child *child, char *const *command, int *status)
{
	int outputs[2][2];

	*status = 126;
	child->to[0] = STDOUT_FILENO;
	child->to[1] = STDERR_FILENO;
	for (int i = 0; i < 2; i++) {
		if (!open_output(child->to[i], outputs[i])) {
			fail_errno(EXIT_FAILED,
				"cannot make a pipe for the command's output");
			return false;
		}
		child->from[i] = outputs[i][0];
	}
	child->signals = take_signals();
	child->pid = fork();
	if (child->pid == 0)
		become(command, outputs);
	close(outputs[0][1]);
	close(outputs[1][1]);
	if (child->pid < 0) {
		fail_errno(EXIT_FAILED, "cannot start %s", command[0]);
		return false;
	}
	return true;
}

static void turn(struct child *child, struct pollfd fds[3])
{
	for (int i = 0; i < 2; i++)
		if (fds[i].revents != 0 && !pass(child, i))
			close_output(child, i);
	if (fds[2].revents != 0)
		on_signals(child);
}

void child_wait(struct child *child)
{
	int64_t patience = AFTER_US;

	while (!child->ended || ((child->from[0] >= 0 || child->from[1] >= 0) &&
					patience > 0)) {
		uint64_t began = clock_mono_us();
		bool ended = child->ended;
		struct pollfd fds[3] = {
			{child->from[0], POLLIN, 0},
			{child->from[1], POLLIN, 0},
			{child->signals, POLLIN, 0},
		};

		if (poll(fds, 3, ended ? (int)(patience / 1000) + 1 : -1) < 0)
			continue;
		if (ended)
			patience -= (int64_t)(clock_mono_us() - began);
		turn(child, fds);
	}
	close_output(child, 0);
	close_output(child, 1);
	leave_signals(child);
}

int child_exit_status(const struct child *child)
{
	return WIFSIGNALED(child->status) ? 128 + WTERMSIG(child->status)
					  : WEXITSTATUS(child->status);
}

void child_follow(const struct child *child)
{
	sigset_t set;
	int number = WTERMSIG(child->status);

	if (!WIFSIGNALED(child->status))
		_exit(WEXITSTATUS(child->status));
	/* its core is enough */
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
	_exit(128 + number);
}
