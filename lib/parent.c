/*
 * parent - see parent.h
 *
 * Signals are blocked and waited for, one at a time, so there is no handler and
 * nothing that a handler may not do.  Death of a worker, the end of a back-off
 * and the end's deadline are the only things that ever happen.
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
#include "lib/log.h"

enum {
	WORKERS_MAX = 64,
	QUICK_DEATH_US = 1000000,
	BACKOFF_FIRST_US = 50000,
	BACKOFF_LAST_US = 5000000,
};

struct slot {
	pid_t pid;	  /* 0 = no child */
	uint64_t started; /* clock_mono_us */
	uint64_t due;	  /* no child: when to start one */
	uint64_t backoff; /* the last one; 0 after a life of a second */
};

struct parent {
	const struct parent_job *job;
	struct slot slots[WORKERS_MAX];
	pid_t pid;
	bool ending;
	bool killed;	   /* the deadline has passed */
	uint64_t deadline; /* ending: when those left are killed */
};

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
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	exit(parent->job->work(parent->job->arg, index));
}

static void back_off(struct slot *slot, uint64_t now)
{
	slot->backoff =
		slot->backoff == 0 ? BACKOFF_FIRST_US : slot->backoff * 2;
	if (slot->backoff > BACKOFF_LAST_US)
		slot->backoff = BACKOFF_LAST_US;
	slot->due = now + slot->backoff;
}

static void start(struct parent *parent, int index)
{
	struct slot *slot = &parent->slots[index];
	pid_t pid;

	fflush(NULL); /* or the child would write it again */
	slot->started = clock_mono_us();
	pid = fork();
	if (pid == 0)
		be_worker(parent, index);
	if (pid < 0) {
		log_warn("parent: cannot fork %s %d", parent->job->name, index);
		back_off(slot, slot->started);
		return;
	}
	slot->pid = pid;
	log_info("parent: started %s %d, pid %ld", parent->job->name, index,
		(long)pid);
}

static void report(const struct parent *parent, int index, int status)
{
	const char *name = parent->job->name;
	long pid = (long)parent->slots[index].pid;

	if (WIFSIGNALED(status))
		log_warnx("parent: %s %d, pid %ld, was killed: %s", name, index,
			pid, strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0 || !parent->ending)
		log_warnx("parent: %s %d, pid %ld, exited with status %d", name,
			index, pid, WEXITSTATUS(status));
}

static void bury(struct parent *parent, int index, int status)
{
	struct slot *slot = &parent->slots[index];
	uint64_t now = clock_mono_us();

	report(parent, index, status);
	slot->pid = 0;
	slot->due = now;
	if (now - slot->started < QUICK_DEATH_US)
		back_off(slot, now);
	else
		slot->backoff = 0;
}

static void reap(struct parent *parent)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < parent->job->workers; i++)
			if (parent->slots[i].pid == pid)
				bury(parent, i, status);
}

static int living(const struct parent *parent)
{
	int count = 0;

	for (int i = 0; i < parent->job->workers; i++)
		count += parent->slots[i].pid != 0;
	return count;
}

static void signal_all(const struct parent *parent, int number)
{
	for (int i = 0; i < parent->job->workers; i++)
		if (parent->slots[i].pid != 0)
			kill(parent->slots[i].pid, number);
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

/* Does what is due and returns when to look again, UINT64_MAX = never. */
static uint64_t act(struct parent *parent)
{
	uint64_t now = clock_mono_us();
	uint64_t next = UINT64_MAX;

	if (parent->ending) {
		if (now < parent->deadline)
			return parent->deadline;
		if (!parent->killed)
			log_warnx("parent: %d of %s did not end, killed",
				living(parent), parent->job->name);
		parent->killed = true;
		signal_all(parent, SIGKILL);
		return UINT64_MAX;
	}
	for (int i = 0; i < parent->job->workers; i++) {
		struct slot *slot = &parent->slots[i];

		if (slot->pid == 0 && slot->due <= now)
			start(parent, i);
		if (slot->pid == 0 && slot->due < next)
			next = slot->due;
	}
	return next;
}

/* One signal of `set`, or 0 when `until` has come. */
static int wait_for(const sigset_t *set, uint64_t until)
{
	uint64_t now = clock_mono_us();
	uint64_t left = until > now ? until - now : 0;
	struct timespec wait = {
		.tv_sec = (time_t)(left / 1000000),
		.tv_nsec = (long)(left % 1000000) * 1000,
	};
	int number = until == UINT64_MAX ? sigwaitinfo(set, NULL)
					 : sigtimedwait(set, NULL, &wait);

	return number < 0 ? 0 : number;
}

static void run(struct parent *parent, const sigset_t *set)
{
	while (!parent->ending || living(parent) > 0) {
		int number = wait_for(set, act(parent));

		if (number == SIGTERM || number == SIGINT)
			begin_end(parent);
		else if (number == SIGCHLD)
			reap(parent);
	}
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
	/* An ignored SIGCHLD, inherited, would take the children from us. */
	signal(SIGCHLD, SIG_DFL);
	/* Whoever reads our log lines may go. */
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, &before);
	run(&parent, &set);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return parent.killed ? 1 : 0;
}
