/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/service/signals.h"

#include <stddef.h>
#include <time.h>

#include "lib/clock.h"

int signals_ready(void)
{
	return SIGRTMIN; /* queued: none covers another's up */
}

void signals_block(struct signals *signals)
{
	sigset_t *set = &signals->set;

	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGHUP);
	sigaddset(set, signals_ready());
	/* An ignored SIGCHLD, inherited, would take the children from us. */
	signal(SIGCHLD, SIG_DFL);
	/* Whoever reads our log lines may go. */
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, set, &signals->before);
}

int signals_wait(const struct signals *signals, uint64_t until, pid_t *from)
{
	uint64_t now = clock_mono_us();
	uint64_t left = until > now ? until - now : 0;
	struct timespec wait = {
		.tv_sec = (time_t)(left / 1000000),
		.tv_nsec = (long)(left % 1000000) * 1000,
	};
	siginfo_t info = {0};
	int number = until == UINT64_MAX
			     ? sigwaitinfo(&signals->set, &info)
			     : sigtimedwait(&signals->set, &info, &wait);

	*from = info.si_pid;
	return number < 0 ? 0 : number;
}

void signals_let_go(const struct signals *signals)
{
	/* What still waits unread would become our death when it is unblocked.
	 */
	for (int number = 1; number <= SIGRTMAX; number++)
		if (sigismember(&signals->set, number) == 1)
			signal(number, SIG_IGN);
	sigprocmask(SIG_SETMASK, &signals->before, NULL);
}
