/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/service/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/lines.h"
#include "lib/log.h"
#include "lib/service/signals.h"
#include "lib/service/workers.h"

static bool has_supervisor; /* in a worker */
static struct pulse *own_pulse;

void supervisor_alive(void)
{
	if (own_pulse != NULL)
		pulse_beat(own_pulse);
}

void supervisor_ready(void)
{
	if (has_supervisor)
		sigqueue(getppid(), signals_ready(), (union sigval){0});
}

static void leave_others(struct workers *workers, int index)
{
	for (int i = 0; i < workers->job->workers; i++)
		if (i != index)
			pulse_leave(&workers->slots[i].pulse);
}

_Noreturn void worker_be(struct workers *workers, int index)
{
	const struct supervisor_job *job = workers->job;
	sigset_t none;

	for (int number = 1; number <= SIGRTMAX; number++)
		signal(number, SIG_DFL); /* fails for the two that may not */
	/* The supervisor may have died before prctl: then nobody will tell us.
	 */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		log_fatal(LINE_CANNOT_OUTLIVE);
	if (getppid() != workers->supervisor)
		exit(1);
	has_supervisor = true;
	own_pulse = &workers->slots[index].pulse;
	leave_others(workers, index);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	exit(job->work(job->arg, index));
}
