/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/service/workers.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/lines.h"
#include "lib/log.h"
#include "lib/service/old_workers.h"
#include "lib/service/worker.h"

enum {
	PREPARE_US = 100000, /* what could not be prepared is tried again */
	SILENCE_LOOK_US = 500000,
};

/* ---- starting */

/* What watches it first: once the job has prepared, `forked` must follow. */
static bool prepare(
	const struct supervisor_job *job, struct slot *slot, int index)
{
	if ((job->silence_ms == 0 || pulse_begin(&slot->pulse)) &&
		(job->prepare == NULL || job->prepare(job->arg, index)))
		return true;
	slot->due = clock_mono_us() + PREPARE_US;
	return false;
}

static void start(struct workers *workers, int index)
{
	const struct supervisor_job *job = workers->job;
	struct slot *slot = &workers->slots[index];
	uint64_t now;
	pid_t pid;

	if (!prepare(job, slot, index))
		return;
	fflush(NULL); /* or the child would write it again */
	now = clock_mono_us();
	pid = fork();
	if (pid == 0)
		worker_be(workers, index);
	if (job->forked != NULL)
		job->forked(job->arg, index);
	if (pid < 0) {
		log_warn(LINE_CANNOT_FORK, job->name, index);
		slot_not_started(slot, now);
		return;
	}
	slot_started(slot, pid, now);
	log_info(LINE_STARTED, job->name, index, (long)pid);
}

uint64_t workers_start(struct workers *workers, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (int i = 0; i < workers->job->workers; i++) {
		struct slot *slot = &workers->slots[i];

		if (slot->pid == 0 && slot->due <= now)
			start(workers, i);
		if (slot->pid == 0 && slot->due < next)
			next = slot->due;
	}
	return next;
}

/* ---- what becomes of them */

void workers_note_ready(struct workers *workers, pid_t pid)
{
	for (int i = 0; i < workers->job->workers; i++)
		if (workers->slots[i].pid == pid)
			workers->slots[i].ready = true;
}

static void report(
	const struct workers *workers, int index, int status, bool expected)
{
	const char *name = workers->job->name;
	long pid = (long)workers->slots[index].pid;

	/* before it could catch the signal: it had nothing to end */
	if (expected && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)
		return;
	if (WIFSIGNALED(status))
		log_warnx(LINE_WAS_KILLED, name, index, pid,
			strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0 ||
		 !(expected || workers->job->renews))
		log_warnx(LINE_EXITED, name, index, pid, WEXITSTATUS(status));
}

void workers_note_end(
	struct workers *workers, pid_t pid, int status, bool expected)
{
	for (int i = 0; i < workers->job->workers; i++) {
		if (workers->slots[i].pid != pid)
			continue;
		report(workers, i, status, expected);
		slot_ended(&workers->slots[i], clock_mono_us());
	}
}

uint64_t workers_end_silent(struct workers *workers, uint64_t now)
{
	const struct supervisor_job *job = workers->job;

	if (job->silence_ms == 0)
		return UINT64_MAX;
	for (int i = 0; i < job->workers; i++) {
		struct slot *slot = &workers->slots[i];

		if (slot->pid == 0 || !pulse_is_lost(&slot->pulse, now,
					      job->silence_ms * 1000ull))
			continue;
		log_warnx(LINE_STUCK, job->name, i, (long)slot->pid,
			job->silence_ms / 1000);
		slot->stuck = true;
		kill(slot->pid, SIGKILL);
	}
	return now + SILENCE_LOOK_US;
}

bool workers_are_ready(const struct workers *workers, uint64_t now)
{
	for (int i = 0; i < workers->job->workers; i++)
		if (!slot_is_ready(&workers->slots[i], now,
			    SUPERVISOR_READY_MS * 1000ull))
			return false;
	return true;
}

int workers_living(const struct workers *workers)
{
	int count = 0;

	for (int i = 0; i < workers->job->workers; i++)
		count += workers->slots[i].pid != 0;
	return count;
}

void workers_signal(const struct workers *workers, int number)
{
	for (int i = 0; i < workers->job->workers; i++)
		if (workers->slots[i].pid != 0)
			kill(workers->slots[i].pid, number);
}

void workers_age(const struct workers *workers, struct old_workers *old)
{
	for (int i = 0; i < workers->job->workers; i++)
		if (workers->slots[i].pid != 0)
			old_workers_add(old, workers->slots[i].pid);
}
