/* SPDX-License-Identifier: MIT */
/* sock: Unix sockets that come and go */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/sock.h"
#include "tests/unit/unit.h"

/* Each test has a folder of its own and a path in it. */
struct place {
	char folder[32];
	char path[64];
};

static int make_place(void **state)
{
	struct place *place = mem_new(sizeof(*place));

	*state = place;
	strcpy(place->folder, "/tmp/sock_test.XXXXXX");
	if (mkdtemp(place->folder) == NULL)
		return -1;
	snprintf(place->path, sizeof(place->path), "%s/s", place->folder);
	return 0;
}

static int leave_place(void **state)
{
	struct place *place = *state;

	unlink(place->path);
	rmdir(place->folder);
	free(place);
	return 0;
}

static void test_who_connects_is_accepted_and_known(void **state)
{
	const struct place *place = *state;
	int listener = sock_listen(place->path, 0600, (gid_t)-1);
	int client = sock_connect(place->path);
	int peer;

	assert_true(listener >= 0 && client >= 0);
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(sock_peer_uid(peer), getuid());
	assert_int_equal(write(client, "x", 1), 1);
	close(peer);
	close(client);
	close(listener);
}

static void test_descriptors_do_not_block_and_are_not_inherited(void **state)
{
	const struct place *place = *state;
	int fds[2];

	fds[0] = sock_listen(place->path, 0600, (gid_t)-1);
	fds[1] = sock_connect(place->path);
	for (int i = 0; i < 2; i++) {
		assert_true(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
		close(fds[i]);
	}
}

static void test_the_socket_has_the_mode_and_the_group_it_was_given(
	void **state)
{
	const struct place *place = *state;
	mode_t mask = umask(077);
	int listener = sock_listen(place->path, 0666, getgid());
	struct stat found;

	umask(mask);
	assert_true(listener >= 0);
	assert_int_equal(stat(place->path, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0666);
	assert_int_equal(found.st_gid, getgid());
	close(listener);
}

static void test_a_socket_file_that_nobody_listens_on_is_replaced(void **state)
{
	const struct place *place = *state;
	int client;

	close(sock_listen(place->path, 0600, (gid_t)-1));
	assert_int_equal(access(place->path, F_OK), 0);
	client = sock_connect(place->path);
	assert_int_equal(client, -1);
	assert_int_equal(errno, ECONNREFUSED);
	{
		int listener = sock_listen(place->path, 0600, (gid_t)-1);

		assert_true(listener >= 0);
		client = sock_connect(place->path);
		assert_true(client >= 0);
		close(client);
		close(listener);
	}
}

static void test_a_socket_that_answers_is_left_alone(void **state)
{
	const struct place *place = *state;
	int first = sock_listen(place->path, 0600, (gid_t)-1);
	int client;

	assert_int_equal(sock_listen(place->path, 0600, (gid_t)-1), -1);
	client = sock_connect(place->path);
	assert_true(client >= 0);
	close(client);
	close(first);
}

/* A parent that listens and forks a worker, and is killed. */
static pid_t orphan_at(const char *path, int *worker_holds)
{
	int ends[2];
	pid_t parent;
	pid_t worker = 0;

	assert_int_equal(pipe(ends), 0);
	parent = fork();
	if (parent == 0) {
		sock_listen(path, 0600, (gid_t)-1);
		worker = fork();
		if (worker == 0) {
			worker = getpid();
			if (write(ends[1], &worker, sizeof(worker)) < 0)
				_exit(1);
		}
		pause();
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(
		read(ends[0], &worker, sizeof(worker)), sizeof(worker));
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	*worker_holds = ends[0];
	return worker;
}

static void test_workers_whose_supervisor_was_killed_are_no_hindrance(
	void **state)
{
	const struct place *place = *state;
	int pipe_end;
	pid_t worker = orphan_at(place->path, &pipe_end);
	int client = sock_connect(place->path);
	int listener;
	char byte;

	assert_true(client >= 0); /* it does answer */
	listener = sock_listen(place->path, 0600, (gid_t)-1);
	assert_true(listener >= 0);
	kill(worker, SIGKILL);
	assert_int_equal(read(pipe_end, &byte, 1), 0);
	close(client);
	client = sock_connect(place->path);
	assert_true(client >= 0);
	close(client);
	close(listener);
	close(pipe_end);
}

static void test_a_file_that_is_no_socket_is_left_alone(void **state)
{
	const struct place *place = *state;
	int file = open(place->path, O_CREAT | O_WRONLY, 0600);
	struct stat found;

	assert_true(file >= 0);
	close(file);
	assert_int_equal(sock_listen(place->path, 0600, (gid_t)-1), -1);
	assert_int_equal(stat(place->path, &found), 0);
	assert_true(S_ISREG(found.st_mode));
}

static void test_a_path_that_is_too_long_is_an_error_not_cut(void **state)
{
	char path[200];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(sock_connect(path), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(sock_listen(path, 0600, (gid_t)-1), -1);
}

static void test_nobody_there_is_an_error_at_once(void **state)
{
	const struct place *place = *state;

	assert_int_equal(sock_connect(place->path), -1);
	assert_int_equal(errno, ENOENT);
}

static void test_who_is_at_no_socket_is_unknown(void **state)
{
	(void)state;
	assert_true(sock_peer_uid(-1) == (uid_t)-1);
}

static void test_the_limit_of_descriptors_is_raised_to_the_hard_one(
	void **state)
{
	struct rlimit before, limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(sock_raise_limit(), before.rlim_max);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(limit.rlim_cur == before.rlim_max);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, make_place, leave_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_connects_is_accepted_and_known),
		TEST(test_descriptors_do_not_block_and_are_not_inherited),
		TEST(test_the_socket_has_the_mode_and_the_group_it_was_given),
		TEST(test_a_socket_file_that_nobody_listens_on_is_replaced),
		TEST(test_a_socket_that_answers_is_left_alone),
		TEST(test_workers_whose_supervisor_was_killed_are_no_hindrance),
		TEST(test_a_file_that_is_no_socket_is_left_alone),
		TEST(test_a_path_that_is_too_long_is_an_error_not_cut),
		TEST(test_nobody_there_is_an_error_at_once),
		TEST(test_who_is_at_no_socket_is_unknown),
		TEST(test_the_limit_of_descriptors_is_raised_to_the_hard_one),
	};

	return cmocka_run_group_tests_name("sock", tests, NULL, NULL);
}
