/* SPDX-License-Identifier: MIT */
/*
 * failing - lets the k-th call of a kind fail
 *
 * Preloaded into a program.  FAILING_CONTROL names a file that holds a struct
 * control; whoever changes it decides what fails next.  All processes of the
 * program count together.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { NONE, MALLOC, WRITE, READ, FSYNC, ACCEPT, OPEN, LOCK };

struct control {
	int32_t kind;
	int32_t left;	/* calls of it until the one that fails */
	int32_t error;	/* the errno of files */
	int32_t calls;	/* of it, since it was set */
	int32_t failed; /* 1 once it has */
};

static struct control *control;

/* In the order in which they are looked up; the table is filled before main,
 * because dlsym may allocate. */
#define REALS(X)          \
	X(write)          \
	X(pwrite64)       \
	X(writev)         \
	X(send)           \
	X(sendmsg)        \
	X(read)           \
	X(pread64)        \
	X(recv)           \
	X(fcntl)          \
	X(fsync)          \
	X(fdatasync)      \
	X(accept4)        \
	X(open)           \
	X(open64)         \
	X(fopen)          \
	X(socket)         \
	X(socketpair)     \
	X(memfd_create)   \
	X(timerfd_create) \
	X(epoll_create1)  \
	X(inotify_init1)

#define DECLARE(name) static __typeof__(&name) real_##name;
REALS(DECLARE)

static void find_control(void)
{
	const char *path = getenv("FAILING_CONTROL");
	int fd = path == NULL ? -1 : real_open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, 0);
	close(fd);
	if (control == MAP_FAILED)
		abort();
}

__attribute__((constructor)) static void begin(void)
{
#define FIND(name) real_##name = (__typeof__(&name))dlsym(RTLD_NEXT, #name);
	REALS(FIND)
	find_control();
}

/* Is this the one? */
static bool fails(enum kind kind, int error)
{
	if (control == NULL || control->kind != (int32_t)kind)
		return false;
	__atomic_add_fetch(&control->calls, 1, __ATOMIC_RELAXED);
	if (__atomic_sub_fetch(&control->left, 1, __ATOMIC_RELAXED) != 0)
		return false;
	control->failed = 1;
	errno = error;
	return true;
}

static int of_file(void)
{
	return control == NULL ? 0 : control->error;
}

/* ---- memory */

#ifndef WITHOUT_MALLOC

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *malloc(size_t size)
{
	return fails(MALLOC, ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(MALLOC, ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	return fails(MALLOC, ENOMEM) ? NULL : __libc_realloc(memory, size);
}

#endif

/* ---- bytes out; what is said on standard error shall be heard */

ssize_t write(int fd, const void *bytes, size_t length)
{
	if (fd != STDERR_FILENO && fails(WRITE, of_file()))
		return -1;
	return real_write(fd, bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	return fails(WRITE, of_file()) ? -1
				       : real_pwrite64(fd, bytes, length, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at)
{
	return pwrite64(fd, bytes, length, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	return fails(WRITE, of_file()) ? -1 : real_writev(fd, parts, count);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	return fails(WRITE, EPIPE) ? -1 : real_send(fd, bytes, length, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return fails(WRITE, EPIPE) ? -1 : real_sendmsg(fd, message, flags);
}

/* ---- bytes in */

ssize_t read(int fd, void *bytes, size_t length)
{
	return fails(READ, EIO) ? -1 : real_read(fd, bytes, length);
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t at)
{
	return fails(READ, EIO) ? -1 : real_pread64(fd, bytes, length, at);
}

ssize_t recv(int fd, void *bytes, size_t length, int flags)
{
	return fails(READ, ECONNRESET) ? -1
				       : real_recv(fd, bytes, length, flags);
}

/* ---- the disk */

int fsync(int fd)
{
	return fails(FSYNC, EIO) ? -1 : real_fsync(fd);
}

int fdatasync(int fd)
{
	return fails(FSYNC, EIO) ? -1 : real_fdatasync(fd);
}

/* Of locks, each k-th is somebody else's. */
static bool is_taken(int command, const struct flock *lock)
{
	if (control == NULL || control->kind != LOCK || command != F_SETLK ||
		lock->l_type == F_UNLCK)
		return false;
	if (__atomic_add_fetch(&control->calls, 1, __ATOMIC_RELAXED) %
		control->left != 0)
		return false;
	control->failed = 1;
	errno = EAGAIN;
	return true;
}

int fcntl(int fd, int command, ...)
{
	va_list rest;
	void *argument;

	va_start(rest, command);
	argument = va_arg(rest, void *);
	va_end(rest);
	return is_taken(command, argument)
		       ? -1
		       : real_fcntl(fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
	va_list rest;
	void *argument;

	va_start(rest, command);
	argument = va_arg(rest, void *);
	va_end(rest);
	return fcntl(fd, command, argument);
}

/* ---- descriptors */

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	return fails(ACCEPT, EMFILE) ? -1
				     : real_accept4(fd, address, length, flags);
}

#define MODE(flags)                                  \
	({                                           \
		mode_t mode = 0;                     \
		if ((flags)&O_CREAT) {               \
			va_list rest;                \
			va_start(rest, flags);       \
			mode = va_arg(rest, mode_t); \
			va_end(rest);                \
		}                                    \
		mode;                                \
	})

int open(const char *path, int flags, ...)
{
	return fails(OPEN, EMFILE) ? -1 : real_open(path, flags, MODE(flags));
}

int open64(const char *path, int flags, ...)
{
	return fails(OPEN, EMFILE) ? -1 : real_open64(path, flags, MODE(flags));
}

FILE *fopen(const char *path, const char *mode)
{
	return fails(OPEN, EMFILE) ? NULL : real_fopen(path, mode);
}

int socket(int domain, int type, int protocol)
{
	return fails(OPEN, EMFILE) ? -1 : real_socket(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int both[2])
{
	return fails(OPEN, EMFILE)
		       ? -1
		       : real_socketpair(domain, type, protocol, both);
}

int memfd_create(const char *name, unsigned flags)
{
	return fails(OPEN, EMFILE) ? -1 : real_memfd_create(name, flags);
}

int timerfd_create(int clock, int flags)
{
	return fails(OPEN, EMFILE) ? -1 : real_timerfd_create(clock, flags);
}

int epoll_create1(int flags)
{
	return fails(OPEN, EMFILE) ? -1 : real_epoll_create1(flags);
}

int inotify_init1(int flags)
{
	return fails(OPEN, EMFILE) ? -1 : real_inotify_init1(flags);
}
