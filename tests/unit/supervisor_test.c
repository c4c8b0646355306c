/* SPDX-License-Identifier: MIT */
/* supervisor: real processes, really killed */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/service/supervisor.h"
#include "tests/unit/unit.h"

enum { PATIENCE_MS = 20000 };

static int no_memory; /* so many times, in a supervisor */

/* What the supervisor shares with a worker. */
void *mmap(void *at, size_t len, int access, int flags, int fd, off_t from)
{
	if ((flags & MAP_SHARED) != 0 && no_memory > 0) {
		no_memory--;
		errno = ENOMEM;
		return MAP_FAILED;
	}
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	return (void *)syscall(SYS_mmap, at, len, access, flags, fd, from);
}

/* What a worker says about itself when it has started. */
struct hello {
	pid_t pid;
	int index;
	bool mask_is_empty;
	bool signals_are_default;
	uint64_t at;
};

/* A supervisor in a process of its own.  Its workers hold the pipe's other end,
 * so that the pipe ends when the last of them has. */
struct family {
	struct supervisor_job job;
	int ends[2];
	pid_t supervisor;
};

static bool are_default(void)
{
	static const int numbers[] = {
		SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR1};
	struct sigaction now;

	for (size_t i = 0; i < COUNT(numbers); i++)
		if (sigaction(numbers[i], NULL, &now) != 0 ||
			now.sa_handler != SIG_DFL)
			return false;
	return true;
}

static void say_hello(const struct family *family, int index)
{
	struct hello hello = {.pid = getpid(), .index = index};
	sigset_t mask;

	hello.at = clock_mono_us();
	hello.mask_is_empty = sigprocmask(SIG_BLOCK, NULL, &mask) == 0 &&
			      sigisemptyset(&mask);
	hello.signals_are_default = are_default();
	if (write(family->ends[1], &hello, sizeof(hello)) != sizeof(hello))
		_exit(9);
}

static int work_until_killed(void *arg, int index)
{
	say_hello(arg, index);
	while (pause() < 0)
		;
	return 9;
}

static int fail_at_once(void *arg, int index)
{
	say_hello(arg, index);
	return 1;
}

static int refuse_to_end(void *arg, int index)
{
	signal(SIGTERM, SIG_IGN);
	return work_until_killed(arg, index);
}

static int end_well(void *arg, int index)
{
	sigset_t term;
	int number;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	say_hello(arg, index);
	sigwait(&term, &number);
	return 0;
}

static void begin_job(struct family *family, const struct supervisor_job *job)
{
	*family = (struct family){.job = *job};
	family->job.name = "test";
	family->job.arg = family;
	assert_int_equal(pipe(family->ends), 0);
	family->supervisor = fork();
	if (family->supervisor == 0) {
		signal(SIGUSR1, SIG_IGN);
		signal(SIGPIPE, SIG_IGN);
		signal(SIGCHLD, SIG_IGN);
		close(family->ends[0]);
		exit(supervisor_run(&family->job));
	}
	close(family->ends[1]);
}

static void begin(struct family *family, int workers, int (*work)(void *, int))
{
	begin_job(family,
		&(struct supervisor_job){.workers = workers, .work = work});
}

/* The next worker's hello; pid 0 at the pipe's end. */
static struct hello meet(const struct family *family)
{
	struct pollfd poll_fd = {.fd = family->ends[0], .events = POLLIN};
	struct hello hello = {0};
	ssize_t n;

	assert_int_equal(poll(&poll_fd, 1, PATIENCE_MS), 1);
	n = read(family->ends[0], &hello, sizeof(hello));
	assert_true(n == 0 || n == sizeof(hello));
	return hello;
}

static int supervisor_status(struct family *family)
{
	int status;

	assert_int_equal(
		waitpid(family->supervisor, &status, 0), family->supervisor);
	family->supervisor = 0;
	return status;
}

/* Ends the family by SIGTERM and returns the supervisor's exit status. */
static int end(struct family *family)
{
	int status;

	kill(family->supervisor, SIGTERM);
	while (meet(family).pid != 0)
		;
	status = supervisor_status(family);
	close(family->ends[0]);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_each_slot_gets_a_worker_with_clean_signals(void **state)
{
	struct family family;
	bool seen[3] = {false};

	(void)state;
	begin(&family, 3, work_until_killed);
	for (int i = 0; i < 3; i++) {
		struct hello hello = meet(&family);

		assert_in_range(hello.index, 0, 2);
		assert_false(seen[hello.index]);
		seen[hello.index] = true;
		assert_true(hello.mask_is_empty);
		assert_true(hello.signals_are_default);
	}
	assert_int_equal(end(&family), 0);
}

/* The best of five, because a busy machine may hold any process up. */
static void test_a_killed_worker_is_replaced_within_200_ms(void **state)
{
	uint64_t best = UINT64_MAX;

	(void)state;
	for (int try = 0; try < 5 && best >= 200000; try++) {
		struct family family;
		struct hello first, second;
		uint64_t killed;

		begin(&family, 1, work_until_killed);
		first = meet(&family);
		killed = clock_mono_us();
		kill(first.pid, SIGKILL);
		second = meet(&family);
		assert_int_equal(second.index, 0);
		assert_int_not_equal(second.pid, first.pid);
		if (second.at - killed < best)
			best = second.at - killed;
		assert_int_equal(end(&family), 0);
	}
	assert_true(best < 200000);
}

static void test_only_the_killed_worker_is_replaced(void **state)
{
	struct family family;
	struct hello hello[3];

	(void)state;
	begin(&family, 2, work_until_killed);
	hello[0] = meet(&family);
	hello[1] = meet(&family);
	kill(hello[1].pid, SIGKILL);
	hello[2] = meet(&family);
	assert_int_equal(hello[2].index, hello[1].index);
	assert_int_equal(kill(hello[0].pid, 0), 0);
	assert_int_equal(end(&family), 0);
}

static void test_a_worker_that_cannot_start_is_tried_again_with_back_off(
	void **state)
{
	struct family family;
	struct hello first, last;

	(void)state;
	begin(&family, 1, fail_at_once);
	first = meet(&family);
	meet(&family);
	meet(&family);
	last = meet(&family);
	assert_true(last.at - first.at >= 50000 + 100000 + 200000);
	assert_int_equal(end(&family), 0);
}

static void test_a_worker_ends_when_its_supervisor_is_killed(void **state)
{
	struct family family;

	(void)state;
	begin(&family, 2, work_until_killed);
	meet(&family);
	meet(&family);
	kill(family.supervisor, SIGKILL);
	supervisor_status(&family);
	assert_int_equal(meet(&family).pid, 0); /* nobody holds the pipe */
	close(family.ends[0]);
}

static void test_a_clean_end_has_status_0(void **state)
{
	struct family family;

	(void)state;
	begin(&family, 2, end_well);
	meet(&family);
	meet(&family);
	assert_int_equal(end(&family), 0);
}

static void test_sigint_ends_too_and_sighup_does_not(void **state)
{
	struct family family;
	int status;

	(void)state;
	begin(&family, 1, end_well);
	meet(&family);
	kill(family.supervisor, SIGHUP);
	kill(family.supervisor, SIGINT);
	assert_int_equal(meet(&family).pid, 0);
	status = supervisor_status(&family);
	close(family.ends[0]);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_a_worker_that_does_not_end_is_killed_at_the_deadline(
	void **state)
{
	struct family family;
	uint64_t start;

	(void)state;
	begin(&family, 1, refuse_to_end);
	meet(&family);
	start = clock_mono_us();
	assert_int_equal(end(&family), 1);
	assert_true(clock_mono_us() - start >=
		    (uint64_t)SUPERVISOR_END_DEADLINE_MS * 1000);
}

/* ---- what the job holds for a worker from its preparation to the fork */

static int held;

static bool hold(void *arg, int index)
{
	(void)arg;
	(void)index;
	held++;
	return true;
}

static void let_go(void *arg, int index)
{
	(void)arg;
	(void)index;
	held--;
}

static int say_what_is_held(void *arg, int index)
{
	(void)index;
	return work_until_killed(arg, held);
}

static void test_what_was_prepared_for_one_start_is_not_left_to_the_next(
	void **state)
{
	const struct supervisor_job job = {
		.workers = 1,
		.silence_ms = PATIENCE_MS,
		.prepare = hold,
		.forked = let_go,
		.work = say_what_is_held,
	};
	struct family family;

	(void)state;
	no_memory = 3;
	begin_job(&family, &job);
	no_memory = 0;
	assert_int_equal(meet(&family).index, 1);
	assert_int_equal(end(&family), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_each_slot_gets_a_worker_with_clean_signals),
		cmocka_unit_test(
			test_a_killed_worker_is_replaced_within_200_ms),
		cmocka_unit_test(test_only_the_killed_worker_is_replaced),
		cmocka_unit_test(
			test_a_worker_that_cannot_start_is_tried_again_with_back_off),
		cmocka_unit_test(
			test_a_worker_ends_when_its_supervisor_is_killed),
		cmocka_unit_test(test_a_clean_end_has_status_0),
		cmocka_unit_test(test_sigint_ends_too_and_sighup_does_not),
		cmocka_unit_test(
			test_a_worker_that_does_not_end_is_killed_at_the_deadline),
		cmocka_unit_test(
			test_what_was_prepared_for_one_start_is_not_left_to_the_next),
	};

	return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
