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
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/lines.h"
#include "lib/log.h"
#include "lib/service/handover.h"
#include "lib/service/old_workers.h"
#include "lib/service/signals.h"
#include "lib/service/workers.h"

enum {
	READY_LOOK_US = 50000, /* whether somebody counts as ready by now */
};

struct supervisor {
	const struct supervisor_job *job;
	struct workers workers;
	struct old_workers old_workers; /* workers of versions before */
	struct handover_test test;	/* of a new version's configuration */
	bool ending;
	bool killed;	   /* the deadline has passed */
	uint64_t deadline; /* ending: when those left are killed */
};

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
	else if (workers_are_ready(&supervisor->workers, now))
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

	workers_age(&supervisor->workers, &all);
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

static void reap(struct supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == supervisor->test.pid)
			end_test(supervisor, status);
		workers_note_end(
			&supervisor->workers, pid, status, supervisor->ending);
		if (old_workers_remove(&supervisor->old_workers, pid))
			log_info(WIFSIGNALED(status) ? LINE_OLD_KILLED
						     : LINE_OLD_ENDED,
				supervisor->job->name, (long)pid);
	}
}

static int living(const struct supervisor *supervisor)
{
	return (int)supervisor->old_workers.count +
	       workers_living(&supervisor->workers);
}

static void signal_all(const struct supervisor *supervisor, int number)
{
	workers_signal(&supervisor->workers, number);
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

/* Where one alone may be, those of before have to go first. */
static uint64_t start(struct supervisor *supervisor, uint64_t now)
{
	if (supervisor->job->alone && supervisor->old_workers.count > 0)
		return UINT64_MAX;
	return workers_start(&supervisor->workers, now);
}

static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* Does what is due and returns when to look again, UINT64_MAX = never. */
static uint64_t act(struct supervisor *supervisor)
{
	uint64_t now = clock_mono_us(), next;

	if (supervisor->ending)
		return go_on_ending(supervisor, now);
	next = start(supervisor, now);
	next = earlier(next, workers_end_silent(&supervisor->workers, now));
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
			workers_note_ready(&supervisor->workers, from);
	}
}

int supervisor_run(const struct supervisor_job *job)
{
	struct supervisor supervisor = {
		.job = job, .workers = {.job = job, .supervisor = getpid()}};
	struct signals signals;

	assert(job->workers >= 0 && job->workers <= SUPERVISOR_WORKERS_MAX);
	signals_block(&signals);
	handover_workers(&supervisor.old_workers);
	run(&supervisor, &signals);
	signals_let_go(&signals);
	return supervisor.killed ? 1 : 0;
}
