/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_SOCK_H
#define TIDINGS_LIB_SOCK_H
/*
 * sock - Unix sockets, close-on-exec and non-blocking
 */
#include <stdbool.h>
#include <sys/types.h>

enum {
	SOCK_BACKLOG = 4096, /* connections that wait while a worker is
				replaced; the kernel's somaxconn is the other
				limit.  One more is refused by the kernel. */
};

/* Binds and listens; replaces a socket file that nobody listens on, or only
 * workers whose supervisor was killed; refuses (-1, already logged) one that
 * answers otherwise.  `group` (gid_t)-1 leaves the group.
 * The mode is in force before the socket can be connected to. */
int sock_listen(const char *path, mode_t mode, gid_t group);

/* A reload keeps the socket; says so in the log if it is not at `path`. */
void sock_stays(int listener, const char *path);

/* Removes its file, whatever a configuration says by now. */
void sock_unlink(int listener);

/* The one listening socket that a service manager opened for this process
 * (LISTEN_FDS, sd_listen_fds(3)), or -1: there is none.  The environment is
 * left as it is, for a program that this one executes. */
int sock_inherited(void);

/* Starts to connect; the descriptor or -1 with errno (not logged).  A Unix
 * socket connects at once or not at all. */
int sock_connect(const char *path);

/* Is this a socket that somebody has called listen() on? */
bool sock_is_listening(int fd);

/* The uid at the other end (SO_PEERCRED), (uid_t)-1 if unknown. */
uid_t sock_peer_uid(int fd);

/* Raises the soft limit of descriptors to the hard one; returns it. */
size_t sock_raise_limit(void);

#endif
