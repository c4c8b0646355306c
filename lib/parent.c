/*
 * Signals are blocked and waited for, one at a time, so there is no handler and
 * nothing that a handler may not do.  Only four things ever happen: a child
 * dies, a worker says that it is ready, a back-off ends, a deadline passes.
 */
#include <config.h>

#include "lib/parent.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/former.h"
#include "lib/handover.h"
#include "lib/log.h"
#include "lib/slot.h"

enum {
	WORKERS_MAX = 64,
	READY_LOOK_US = 50000, /* whether somebody counts as ready by now */
};

struct parent {
	const struct parent_job *job;
	struct slot slots[WORKERS_MAX];
	struct former former; /* workers of versions before */
	pid_t pid;
	struct handover_test test; /* of a new version's configuration */
	bool ending;
	bool killed;	   /* the deadline has passed */
	uint64_t deadline; /* ending: when those left are killed */
};

static bool has_parent; /* in a worker */

static int ready_signal(void)
{
	return SIGRTMIN; /* queued: none covers another's up */
}

void parent_ready(void)
{
	if (has_parent)
		sigqueue(getppid(), ready_signal(), (union sigval){0});
}

_Noreturn static void be_worker(const struct parent *parent, int index)
{
	sigset_t none;

	for (int number = 1; number <= SIGRTMAX; number++)
		signal(number, SIG_DFL); /* fails for the two that may not */
	/* The parent may have died before prctl: then nobody will tell us. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		log_fatal("parent: cannot ask for the parent's death");
	if (getppid() != parent->pid)
		exit(1);
	has_parent = true;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	exit(parent->job->work(parent->job->arg, index));
}

static void start(struct parent *parent, int index)
{
	struct slot *slot = &parent->slots[index];
	uint64_t now;
	pid_t pid;

	fflush(NULL); /* or the child would write it again */
	now = clock_mono_us();
	pid = fork();
	if (pid == 0)
		be_worker(parent, index);
	if (pid < 0) {
		log_warn("parent: cannot fork %s %d", parent->job->name, index);
		slot_not_started(slot, now);
		return;
	}
	slot_started(slot, pid, now);
	log_info("parent: started %s %d, pid %ld", parent->job->name, index,
		(long)pid);
}

static void report(const struct parent *parent, int index, int status)
{
	const char *name = parent->job->name;
	long pid = (long)parent->slots[index].pid;

	/* before it could catch the signal: it had nothing to end */
	if (parent->ending && WIFSIGNALED(status) &&
		WTERMSIG(status) == SIGTERM)
		return;
	if (WIFSIGNALED(status))
		log_warnx("parent: %s %d, pid %ld, was killed: %s", name, index,
			pid, strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0 || !parent->ending)
		log_warnx("parent: %s %d, pid %ld, exited with status %d", name,
			index, pid, WEXITSTATUS(status));
}

static bool are_ready(const struct parent *parent, uint64_t now)
{
	for (int i = 0; i < parent->job->workers; i++)
		if (!slot_is_ready(
			    &parent->slots[i], now, PARENT_READY_MS * 1000ull))
			return false;
	return true;
}

/* Asks those of before to go as soon as they may. */
static uint64_t part_with_former(struct parent *parent, uint64_t now)
{
	const struct parent_job *job = parent->job;

	if (parent->former.count == 0)
		return UINT64_MAX;
	if (job->alone)
		former_ask(&parent->former, SIGTERM,
			now + PARENT_END_DEADLINE_MS * 1000ull);
	else if (are_ready(parent, now))
		former_ask(&parent->former, SIGHUP,
			now + PARENT_GIVE_WAY_MS * 1000ull);
	else
		return now + READY_LOOK_US;
	return former_kill_late(&parent->former, now);
}

/* ---- becoming the new version */

static void begin_test(struct parent *parent)
{
	if (parent->job->argv == NULL || parent->ending)
		return;
	handover_test_begin(&parent->test, parent->job->argv,
		clock_mono_us() + PARENT_TEST_MS * 1000ull);
}

static void become_new(struct parent *parent)
{
	struct former all = parent->former;

	for (int i = 0; i < parent->job->workers; i++)
		if (parent->slots[i].pid != 0)
			former_add(&all, parent->slots[i].pid);
	log_info("parent: executes the program on the disk");
	handover_exec(parent->job->argv, parent->job->listener, &all);
}

static void end_test(struct parent *parent, int status)
{
	bool again = parent->test.again;

	parent->test = (struct handover_test){0};
	if (parent->ending)
		return;
	if (again)
		begin_test(parent); /* the file may be another by now */
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		become_new(parent);
	else
		log_warnx("parent: the new program or its configuration failed "
			  "its test; nothing has changed");
}

static void note_end(struct parent *parent, pid_t pid, int status)
{
	for (int i = 0; i < parent->job->workers; i++) {
		if (parent->slots[i].pid != pid)
			continue;
		report(parent, i, status);
		slot_ended(&parent->slots[i], clock_mono_us());
	}
}

static void reap(struct parent *parent)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == parent->test.pid)
			end_test(parent, status);
		note_end(parent, pid, status);
		if (former_remove(&parent->former, pid))
			log_info("parent: the old %s, pid %ld, has ended%s",
				parent->job->name, (long)pid,
				WIFSIGNALED(status) ? ", killed" : "");
	}
}

static void note_ready(struct parent *parent, pid_t pid)
{
	for (int i = 0; i < parent->job->workers; i++)
		if (parent->slots[i].pid == pid)
			parent->slots[i].ready = true;
}

static int living(const struct parent *parent)
{
	int count = (int)parent->former.count;

	for (int i = 0; i < parent->job->workers; i++)
		count += parent->slots[i].pid != 0;
	return count;
}

static void signal_all(const struct parent *parent, int number)
{
	for (int i = 0; i < parent->job->workers; i++)
		if (parent->slots[i].pid != 0)
			kill(parent->slots[i].pid, number);
	former_signal(&parent->former, number);
}

static void begin_end(struct parent *parent)
{
	if (parent->ending)
		return;
	parent->ending = true;
	parent->deadline =
		clock_mono_us() + (uint64_t)PARENT_END_DEADLINE_MS * 1000;
	signal_all(parent, SIGTERM);
}

static uint64_t go_on_ending(struct parent *parent, uint64_t now)
{
	if (now < parent->deadline)
		return parent->deadline;
	if (!parent->killed)
		log_warnx("parent: %d of %s did not end in time, killed",
			living(parent), parent->job->name);
	parent->killed = true;
	signal_all(parent, SIGKILL);
	return UINT64_MAX;
}

static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

static uint64_t start_due(struct parent *parent, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	if (parent->job->alone && parent->former.count > 0)
		return next;
	for (int i = 0; i < parent->job->workers; i++) {
		struct slot *slot = &parent->slots[i];

		if (slot->pid == 0 && slot->due <= now)
			start(parent, i);
		if (slot->pid == 0 && slot->due < next)
			next = slot->due;
	}
	return next;
}

/* Does what is due and returns when to look again, UINT64_MAX = never. */
static uint64_t act(struct parent *parent)
{
	uint64_t now = clock_mono_us(), next;

	if (parent->ending)
		return go_on_ending(parent, now);
	next = start_due(parent, now);
	next = earlier(next, part_with_former(parent, now));
	return earlier(next, handover_test_watch(&parent->test, now));
}

/* One signal of `set`, from `*from`; or 0 when `until` has come. */
static int wait_for(const sigset_t *set, uint64_t until, pid_t *from)
{
	uint64_t now = clock_mono_us();
	uint64_t left = until > now ? until - now : 0;
	struct timespec wait = {
		.tv_sec = (time_t)(left / 1000000),
		.tv_nsec = (long)(left % 1000000) * 1000,
	};
	siginfo_t info = {0};
	int number = until == UINT64_MAX ? sigwaitinfo(set, &info)
					 : sigtimedwait(set, &info, &wait);

	*from = info.si_pid;
	return number < 0 ? 0 : number;
}

static void run(struct parent *parent, const sigset_t *set)
{
	reap(parent); /* who died while we became what we are */
	while (!parent->ending || living(parent) > 0) {
		pid_t from;
		int number = wait_for(set, act(parent), &from);

		if (number == SIGTERM || number == SIGINT)
			begin_end(parent);
		else if (number == SIGCHLD)
			reap(parent);
		else if (number == SIGHUP)
			begin_test(parent);
		else if (number == ready_signal())
			note_ready(parent, from);
	}
}

/* What still waits unread would become our death when it is unblocked. */
static void let_go(const sigset_t *set, const sigset_t *before)
{
	for (int number = 1; number <= SIGRTMAX; number++)
		if (sigismember(set, number) == 1)
			signal(number, SIG_IGN);
	sigprocmask(SIG_SETMASK, before, NULL);
}

int parent_run(const struct parent_job *job)
{
	struct parent parent = {.job = job, .pid = getpid()};
	sigset_t set, before;

	assert(job->workers >= 1 && job->workers <= WORKERS_MAX);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, ready_signal());
	/* An ignored SIGCHLD, inherited, would take the children from us. */
	signal(SIGCHLD, SIG_DFL);
	/* Whoever reads our log lines may go. */
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, &before);
	handover_workers(&parent.former);
	run(&parent, &set);
	let_go(&set, &before);
	return parent.killed ? 1 : 0;
}
