/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/lines.h"
#include "lib/log.h"

enum { LISTEN_FD = 3 }; /* the first after standard error: sd_listen_fds(3) */

/* A socket and its address; -1 with errno. */
static int open_at(const char *path, struct sockaddr_un *at)
{
	size_t len = strlen(path);

	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len >= sizeof(at->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(at->sun_path, path, len + 1);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int close_keeping_errno(int fd)
{
	int kept = errno;

	close(fd);
	errno = kept;
	return -1;
}

int sock_connect(const char *path)
{
	struct sockaddr_un at;
	int fd = open_at(path, &at);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		return close_keeping_errno(fd);
	return fd;
}

static int refuse(const char *path, const char *why)
{
	log_warnx(LINE_CANNOT_LISTEN, path, why);
	return -1;
}

/* Is the process that called listen() gone?  Then those that answer are workers
 * that have lost their supervisor and are ending. */
static bool is_orphan(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       peer.pid > 0 && kill(peer.pid, 0) != 0 && errno == ESRCH;
}

/* Why what is at `path` must stay; NULL if nobody listens there, or nobody for
 * long.  A full backlog (EAGAIN) is an answer too. */
static const char *claim(const char *path)
{
	static const char taken[] = "another process has it";
	int fd = sock_connect(path);
	bool orphan;

	if (fd < 0 && (errno == ECONNREFUSED || errno == ENOENT))
		return NULL;
	if (fd < 0)
		return errno == EAGAIN ? taken : strerror(errno);
	orphan = is_orphan(fd);
	close(fd);
	return orphan ? NULL : taken;
}

/* Makes way at `path`; -1, already logged, if something there must stay. */
static int clear_path(const char *path)
{
	struct stat found;
	const char *why;

	if (lstat(path, &found) != 0)
		return 0; /* bind will say what is wrong, if anything is */
	if (!S_ISSOCK(found.st_mode))
		return refuse(path, "there is a file that is no socket");
	why = claim(path);
	if (why != NULL)
		return refuse(path, why);
	unlink(path);
	return 0;
}

/* Until listen() nobody can connect, so the mode is in force in time. */
static int bind_and_listen(
	int fd, const struct sockaddr_un *at, mode_t mode, gid_t group)
{
	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) != 0)
		return -1;
	if (group != (gid_t)-1 && chown(at->sun_path, (uid_t)-1, group) != 0)
		return -1;
	if (chmod(at->sun_path, mode) != 0)
		return -1;
	return listen(fd, SOCK_BACKLOG);
}

int sock_listen(const char *path, mode_t mode, gid_t group)
{
	struct sockaddr_un at;
	int fd;

	if (clear_path(path) != 0)
		return -1;
	fd = open_at(path, &at);
	if (fd >= 0 && bind_and_listen(fd, &at, mode, group) == 0)
		return fd;
	log_warnx(LINE_CANNOT_LISTEN, path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Where it listens; false: nowhere in the file system. */
static bool find_path(int listener, struct sockaddr_un *at)
{
	socklen_t len = sizeof(*at);

	memset(at, 0, sizeof(*at));
	return getsockname(listener, (struct sockaddr *)at, &len) == 0 &&
	       at->sun_family == AF_UNIX && at->sun_path[0] != '\0';
}

void sock_stays(int listener, const char *path)
{
	struct sockaddr_un at;

	if (find_path(listener, &at) && strcmp(at.sun_path, path) != 0)
		log_warnx(LINE_STILL_LISTENS, at.sun_path, path);
}

void sock_unlink(int listener)
{
	struct sockaddr_un at;

	if (find_path(listener, &at))
		unlink(at.sun_path);
}

static bool is_set_to(const char *variable, long number)
{
	const char *text = getenv(variable);

	return text != NULL && strtol(text, NULL, 10) == number;
}

int sock_inherited(void)
{
	if (!is_set_to("LISTEN_PID", (long)getpid()))
		return -1;
	if (!is_set_to("LISTEN_FDS", 1))
		log_fatalx(LINE_ONE_SOCKET);
	if (fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) != 0 ||
		fcntl(LISTEN_FD, F_SETFL,
			fcntl(LISTEN_FD, F_GETFL) | O_NONBLOCK) != 0)
		log_fatal(LINE_CANNOT_USE_SOCKET);
	return LISTEN_FD;
}

bool sock_is_listening(int fd)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) ==
		       0 &&
	       listening != 0;
}

uid_t sock_peer_uid(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return (uid_t)-1;
	return peer.uid;
}

size_t sock_raise_limit(void)
{
	struct rlimit limit = {0};

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_fatal(LINE_CANNOT_READ_LIMIT);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
		log_warn(LINE_CANNOT_RAISE_LIMIT);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	return (size_t)limit.rlim_cur;
}
