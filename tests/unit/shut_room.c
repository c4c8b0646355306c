/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "tests/unit/shut_room.h"

#include <dirent.h>
#include <sys/socket.h>
#include <sys/un.h>

struct house house;
struct shut_in how;
struct shut_in_report report;
int unconnected, pair[2];

/* ---- a house */

static int listen_at(const char *path, bool abstract)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(at.sun_path + abstract, path, sizeof(at.sun_path) - 2);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void write_secret(void)
{
	int fd = open(house.secret, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "secret", 6), 6);
	close(fd);
}

void in_inbox(char path[160], const char *name)
{
	snprintf(path, 160, "%s/%s", house.inbox, name);
}

int shut_room_setup(void **state)
{
	char path[160];

	(void)state;
	strcpy(house.top, "/tmp/tidings-shut-in-XXXXXX");
	assert_non_null(mkdtemp(house.top));
	snprintf(house.inbox, sizeof(house.inbox), "%s/inbox", house.top);
	snprintf(house.database, sizeof(house.database), "%s/inbox.db",
		house.inbox);
	snprintf(house.outside, sizeof(house.outside), "%s/log", house.top);
	snprintf(
		house.secret, sizeof(house.secret), "%s/log.db", house.outside);
	snprintf(house.unix_path, sizeof(house.unix_path), "%s/socket",
		house.inbox);
	assert_int_equal(mkdir(house.inbox, 0700), 0);
	assert_int_equal(mkdir(house.outside, 0700), 0);
	write_secret();
	in_inbox(path, "file-link");
	assert_int_equal(symlink("../log/log.db", path), 0);
	in_inbox(path, "folder-link");
	assert_int_equal(symlink(house.outside, path), 0);
	in_inbox(path, "hard-link");
	assert_int_equal(link(house.secret, path), 0);
	house.by_path = listen_at(house.unix_path, false);
	house.by_name = listen_at(house.top, true);
	house.parent = getpid();
	how = (struct shut_in){.file = house.database,
		.own_folder = true,
		.file_size_max = FILE_MAX,
		.memory_max = MEMORY_MAX};
	return 0;
}

static void empty(const char *folder)
{
	char path[400];
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	closedir(dir);
	rmdir(folder);
}

int shut_room_teardown(void **state)
{
	(void)state;
	close(house.by_path);
	close(house.by_name);
	empty(house.inbox);
	empty(house.outside);
	rmdir(house.top);
	return 0;
}

/* ---- a child */

static void prepare(void)
{
	unconnected = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		_exit(FAILED);
}

static void go_in(void)
{
	const char *why = shut_in(&how, &report);

	if (why == NULL)
		return;
	fprintf(stderr, "not shut in: %s\n", why);
	_exit(NOT_SHUT_IN);
}

int end_of(bool (*deed)(void), void (*before)(void))
{
	int status = -1;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		prepare();
		if (before != NULL)
			before();
		go_in();
		_exit(deed() ? DONE : FAILED);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

bool succeeds_after(void (*before)(void), bool (*deed)(void))
{
	int status = end_of(deed, before);

	return WIFEXITED(status) && WEXITSTATUS(status) == DONE;
}

bool succeeds(bool (*deed)(void))
{
	return succeeds_after(NULL, deed);
}

bool dies_by(int signal, bool (*deed)(void))
{
	int status = end_of(deed, NULL);

	return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

bool secret_is_whole(void)
{
	char text[16] = {0};
	int fd = open(house.secret, O_RDONLY);
	bool whole = fd >= 0 && read(fd, text, sizeof(text) - 1) == 6 &&
		     strcmp(text, "secret") == 0;
	struct stat at;

	whole = whole && fstat(fd, &at) == 0 && (at.st_mode & 0777) == 0600;
	if (fd >= 0)
		close(fd);
	return whole;
}

/* ---- what it tries */

bool refused(long result, int expected)
{
	if (result < 0 && errno == expected)
		return true;
	fprintf(stderr, "result %ld: %s\n", result, strerror(errno));
	return false;
}

bool opens(const char *path, int flags)
{
	return !refused(open(path, flags | O_NONBLOCK, 0600), EACCES);
}

bool opens_in_inbox(const char *name, int flags)
{
	char path[160];

	in_inbox(path, name);
	return opens(path, flags);
}
