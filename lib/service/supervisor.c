/* SPDX-License-Identifier: MIT */
/*
 * Only four things ever happen: a child dies, a worker says that it is ready, a
 * back-off ends, a deadline passes.
 */
#include <config.h>

#include "lib/service/supervisor.h"

#include <assert.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/lines.h"
#include "lib/log.h"
#include "lib/service/handover.h"
#include "lib/service/old_workers.h"
#include "lib/service/signals.h"
#include "lib/service/slot.h"
#include "lib/service/worker.h"

enum {
	READY_LOOK_US = 50000, /* whether somebody counts as ready by now */
	PREPARE_US = 100000,   /* what could not be prepared is tried again */
	SILENCE_LOOK_US = 500000,
};

struct supervisor {
	const struct supervisor_job *job;
	struct slot slots[SUPERVISOR_WORKERS_MAX];
	struct old_workers old_workers; /* workers of versions before */
	pid_t pid;
	struct handover_test test; /* of a new version's configuration */
	bool ending;
	bool killed;	   /* the deadline has passed */
	uint64_t deadline; /* ending: when those left are killed */
};

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

static void start(struct supervisor *supervisor, int index)
{
	const struct supervisor_job *job = supervisor->job;
	struct slot *slot = &supervisor->slots[index];
	uint64_t now;
	pid_t pid;

	if (!prepare(job, slot, index))
		return;
	fflush(NULL); /* or the child would write it again */
	now = clock_mono_us();
	pid = fork();
	if (pid == 0)
		worker_be(job, supervisor->pid, supervisor->slots, index);
	if (job->forked != NULL)
		job->forked(job->arg, index);
	if (pid < 0) {
		log_warn(LINE_CANNOT_FORK, supervisor->job->name, index);
		slot_not_started(slot, now);
		return;
	}
	slot_started(slot, pid, now);
	log_info(LINE_STARTED, supervisor->job->name, index, (long)pid);
}

static void report(const struct supervisor *supervisor, int index, int status)
{
	const char *name = supervisor->job->name;
	long pid = (long)supervisor->slots[index].pid;

	/* before it could catch the signal: it had nothing to end */
	if (supervisor->ending && WIFSIGNALED(status) &&
		WTERMSIG(status) == SIGTERM)
		return;
	if (WIFSIGNALED(status))
		log_warnx(LINE_WAS_KILLED, name, index, pid,
			strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0 ||
		 !(supervisor->ending || supervisor->job->renews))
		log_warnx(LINE_EXITED, name, index, pid, WEXITSTATUS(status));
}

static bool are_ready(const struct supervisor *supervisor, uint64_t now)
{
	for (int i = 0; i < supervisor->job->workers; i++)
		if (!slot_is_ready(&supervisor->slots[i], now,
			    SUPERVISOR_READY_MS * 1000ull))
			return false;
	return true;
}

/* Asks those of before to go as soon as they may. */
static uint64_t part_with_old_workers(
	struct supervisor *supervisor, uint64_t now)
{
	const struct supervisor_job *job = supervisor->job;

	if (supervisor->old_workers.count == 0)
		return UINT64_MAX;
	if (job->alone)
		old_workers_ask(&supervisor->old_workers, SIGTERM,
			now + SUPERVISOR_END_DEADLINE_MS * 1000ull);
	else if (are_ready(supervisor, now))
		old_workers_ask(&supervisor->old_workers, SIGHUP,
			now + SUPERVISOR_GIVE_WAY_MS * 1000ull);
	else
		return now + READY_LOOK_US;
	return old_workers_kill_late(&supervisor->old_workers, now);
}

/* ---- becoming the new version */

static void begin_test(struct supervisor *supervisor)
{
	if (supervisor->job->argv == NULL || supervisor->ending)
		return;
	handover_test_begin(&supervisor->test, supervisor->job->argv,
		clock_mono_us() + SUPERVISOR_TEST_MS * 1000ull);
}

static void become_new(struct supervisor *supervisor)
{
	struct old_workers all = supervisor->old_workers;

	for (int i = 0; i < supervisor->job->workers; i++)
		if (supervisor->slots[i].pid != 0)
			old_workers_add(&all, supervisor->slots[i].pid);
	log_info(LINE_EXECUTES);
	handover_exec(supervisor->job->argv, supervisor->job->listener, &all);
}

static void end_test(struct supervisor *supervisor, int status)
{
	bool again = supervisor->test.again;

	supervisor->test = (struct handover_test){0};
	if (supervisor->ending)
		return;
	if (again)
		begin_test(supervisor); /* the file may be another by now */
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		become_new(supervisor);
	else
		log_warnx(LINE_NOTHING_CHANGED);
}

static void note_end(struct supervisor *supervisor, pid_t pid, int status)
{
	for (int i = 0; i < supervisor->job->workers; i++) {
		if (supervisor->slots[i].pid != pid)
			continue;
		report(supervisor, i, status);
		slot_ended(&supervisor->slots[i], clock_mono_us());
	}
}

static void reap(struct supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == supervisor->test.pid)
			end_test(supervisor, status);
		note_end(supervisor, pid, status);
		if (old_workers_remove(&supervisor->old_workers, pid))
			log_info(WIFSIGNALED(status) ? LINE_OLD_KILLED
						     : LINE_OLD_ENDED,
				supervisor->job->name, (long)pid);
	}
}

static void note_ready(struct supervisor *supervisor, pid_t pid)
{
	for (int i = 0; i < supervisor->job->workers; i++)
		if (supervisor->slots[i].pid == pid)
			supervisor->slots[i].ready = true;
}

static int living(const struct supervisor *supervisor)
{
	int count = (int)supervisor->old_workers.count;

	for (int i = 0; i < supervisor->job->workers; i++)
		count += supervisor->slots[i].pid != 0;
	return count;
}

static void signal_all(const struct supervisor *supervisor, int number)
{
	for (int i = 0; i < supervisor->job->workers; i++)
		if (supervisor->slots[i].pid != 0)
			kill(supervisor->slots[i].pid, number);
	old_workers_signal(&supervisor->old_workers, number);
}

static void begin_end(struct supervisor *supervisor)
{
	if (supervisor->ending)
		return;
	supervisor->ending = true;
	supervisor->deadline =
		clock_mono_us() + (uint64_t)SUPERVISOR_END_DEADLINE_MS * 1000;
	signal_all(supervisor, SIGTERM);
}

static uint64_t go_on_ending(struct supervisor *supervisor, uint64_t now)
{
	if (now < supervisor->deadline)
		return supervisor->deadline;
	if (!supervisor->killed)
		log_warnx(LINE_NOT_IN_TIME, living(supervisor),
			supervisor->job->name);
	supervisor->killed = true;
	signal_all(supervisor, SIGKILL);
	return UINT64_MAX;
}

static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

static uint64_t start_due(struct supervisor *supervisor, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	if (supervisor->job->alone && supervisor->old_workers.count > 0)
		return next;
	for (int i = 0; i < supervisor->job->workers; i++) {
		struct slot *slot = &supervisor->slots[i];

		if (slot->pid == 0 && slot->due <= now)
			start(supervisor, i);
		if (slot->pid == 0 && slot->due < next)
			next = slot->due;
	}
	return next;
}

/* Kills who has said nothing for too long; when to look again. */
static uint64_t end_silent(struct supervisor *supervisor, uint64_t now)
{
	const struct supervisor_job *job = supervisor->job;

	if (job->silence_ms == 0)
		return UINT64_MAX;
	for (int i = 0; i < job->workers; i++) {
		struct slot *slot = &supervisor->slots[i];

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

/* Does what is due and returns when to look again, UINT64_MAX = never. */
static uint64_t act(struct supervisor *supervisor)
{
	uint64_t now = clock_mono_us(), next;

	if (supervisor->ending)
		return go_on_ending(supervisor, now);
	next = start_due(supervisor, now);
	next = earlier(next, end_silent(supervisor, now));
	next = earlier(next, part_with_old_workers(supervisor, now));
	return earlier(next, handover_test_watch(&supervisor->test, now));
}

static void run(struct supervisor *supervisor, const struct signals *signals)
{
	reap(supervisor); /* who died while we became what we are */
	while (!supervisor->ending || living(supervisor) > 0) {
		pid_t from;
		int number = signals_wait(signals, act(supervisor), &from);

		if (number == SIGTERM || number == SIGINT)
			begin_end(supervisor);
		else if (number == SIGCHLD)
			reap(supervisor);
		else if (number == SIGHUP)
			begin_test(supervisor);
		else if (number == signals_ready())
			note_ready(supervisor, from);
	}
}

int supervisor_run(const struct supervisor_job *job)
{
	struct supervisor supervisor = {.job = job, .pid = getpid()};
	struct signals signals;

	assert(job->workers >= 0 && job->workers <= SUPERVISOR_WORKERS_MAX);
	signals_block(&signals);
	handover_workers(&supervisor.old_workers);
	run(&supervisor, &signals);
	signals_let_go(&signals);
	return supervisor.killed ? 1 : 0;
}
