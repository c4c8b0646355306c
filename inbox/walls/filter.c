/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "inbox/walls/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By name: one that this machine or this libseccomp does not have is left out,
 * which allows nothing. */
static const char *const allowed[] = {
	/* files; where one may be is Landlock's */
	"access", "faccessat", "faccessat2", "open", "openat", "close", "stat",
	"stat64", "lstat", "lstat64", "fstat", "fstat64", "fstatat64",
	"newfstatat", "statx", "statfs", "statfs64", "fstatfs", "fstatfs64",
	"readlink", "readlinkat", "getcwd", "unlink", "unlinkat", "fchmod",
	"fchown", "fchown32", "read", "readv", "pread64", "write", "writev",
	"pwrite64", "lseek", "_llseek", "ftruncate", "ftruncate64", "fallocate",
	"fadvise64", "fadvise64_64", "arm_fadvise64_64", "fsync", "fdatasync",
	"msync", "dup", "dup2", "dup3",
	/* memory */
	"brk", "munmap", "mremap", "madvise",
	/* the sockets that it has */
	"recvfrom", "recv", "recvmsg", "sendto", "send", "shutdown",
	"getsockopt", "getsockname", "getpeername",
	/* a loop */
	"poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6",
	"pselect6_time64", "epoll_create", "epoll_create1", "epoll_ctl",
	"epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "pipe",
	"pipe2", "timerfd_create", "timerfd_settime", "timerfd_settime64",
	"timerfd_gettime", "timerfd_gettime64", "signalfd4", "inotify_init",
	"inotify_init1", "inotify_add_watch", "inotify_rm_watch",
	/* time */
	"time", "gettimeofday", "clock_gettime", "clock_gettime64",
	"clock_getres", "clock_getres_time64", "nanosleep", "clock_nanosleep",
	"clock_nanosleep_time64", "sched_yield", "times", "getrusage",
	/* itself */
	"getpid", "gettid", "getppid", "getuid", "getuid32", "geteuid",
	"geteuid32", "getgid", "getgid32", "getegid", "getegid32", "getrlimit",
	"ugetrlimit", "getrandom", "uname", "futex", "futex_time64",
	"rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigsuspend",
	"rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_sigreturn",
	"sigaction", "sigprocmask", "sigreturn", "sigaltstack",
	"restart_syscall", "exit", "exit_group"};

static const char *const forbidden[] = {
	/* others: to speak to them, to be one, to see or touch them */
	"socket", "socketpair", "connect", "bind", "listen", "accept",
	"accept4", "sendmsg", "sendmmsg", "execve", "execveat", "fork", "vfork",
	"process_vm_writev", "process_madvise", "kcmp", "pidfd_open",
	"pidfd_getfd", "pidfd_send_signal", "rt_sigqueueinfo",
	"rt_tgsigqueueinfo",
	/* files by other ways than those that Landlock looks at, or needless */
	"chmod", "fchmodat", "fchmodat2", "chown", "chown32", "lchown",
	"lchown32", "fchownat", "truncate", "truncate64", "link", "linkat",
	"symlink", "symlinkat", "rename", "renameat", "renameat2", "mkdir",
	"mkdirat", "rmdir", "mknod", "mknodat", "utimensat", "setxattr",
	"lsetxattr", "fsetxattr", "removexattr", "name_to_handle_at",
	"open_by_handle_at", "mount", "umount2", "move_mount", "open_tree",
	"fsopen", "pivot_root", "chroot", "unshare", "setns",
	/* parts of the kernel that have been holes */
	"bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key",
	"request_key", "io_setup", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "memfd_create", "shmget", "shmat", "msgget",
	"semget", "mq_open", "seccomp", "setuid", "setresuid", "setgroups"};

/* These too, unless there are tools that need them. */
static const char *const tools[] = {
	"clone", "ptrace", "process_vm_readv", "personality", "prctl"};

/* Locks are fcntl(2)'s; so is having a signal sent to others. */
static const int fcntls[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD,
	F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK,
	F_OFD_SETLKW, F_GETLK64, F_SETLK64, F_SETLKW64};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define DENY	     SCMP_ACT_ERRNO(EPERM)

struct filter {
	scmp_filter_ctx context;
	int failure; /* the first, negative errno; 0 = none */
};

/* With `condition` or, if that is NULL, always. */
static void add(struct filter *filter, uint32_t action, const char *name,
	const struct scmp_arg_cmp *condition)
{
	int call = seccomp_syscall_resolve_name(name);

	if (call == __NR_SCMP_ERROR || filter->failure < 0)
		return;
	filter->failure = seccomp_rule_add_array(filter->context, action, call,
		condition == NULL ? 0 : 1, condition);
}

static void add_each(struct filter *filter, uint32_t action,
	const char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		add(filter, action, names[i], NULL);
}

/* Where `argument` of the call, of which the kernel reads 32 bits, has of
 * `mask` just the bits `value`. */
static void add_if(struct filter *filter, uint32_t action, const char *name,
	unsigned argument, uint32_t mask, uint32_t value)
{
	const struct scmp_arg_cmp condition =
		SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, mask, value);

	add(filter, action, name, &condition);
}

/* Signals, to itself only.  The number is one register wide to the kernel's
 * callers: one that has more bits is refused, too. */
static void add_own(struct filter *filter, const char *name, pid_t self)
{
	const struct scmp_arg_cmp own =
		SCMP_CMP(0, SCMP_CMP_EQ, (scmp_datum_t)self, 0);
	const struct scmp_arg_cmp other =
		SCMP_CMP(0, SCMP_CMP_NE, (scmp_datum_t)self, 0);

	add(filter, SCMP_ACT_ALLOW, name, &own);
	add(filter, DENY, name, &other);
}

/* Memory never becomes a program. */
static void add_memory(struct filter *filter, const char *name)
{
	add_if(filter, SCMP_ACT_ALLOW, name, 2, PROT_EXEC, 0);
	add_if(filter, DENY, name, 2, PROT_EXEC, PROT_EXEC);
}

static void add_allowed(struct filter *filter)
{
	add_each(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed));
	for (size_t i = 0; i < COUNT(fcntls); i++) {
		add_if(filter, SCMP_ACT_ALLOW, "fcntl", 1, UINT32_MAX,
			(uint32_t)fcntls[i]);
		add_if(filter, SCMP_ACT_ALLOW, "fcntl64", 1, UINT32_MAX,
			(uint32_t)fcntls[i]);
	}
	add_memory(filter, "mmap");
	add_memory(filter, "mmap2");
	add_memory(filter, "mprotect");
	add_own(filter, "kill", getpid());
	add_own(filter, "tgkill", getpid());
	add_own(filter, "tkill", (pid_t)syscall(SYS_gettid));
	/* Its own limits: of those of others it would be the master. */
	add_if(filter, SCMP_ACT_ALLOW, "prlimit64", 0, UINT32_MAX, 0);
}

/* The whole process: a tool may have threads.  Where seccomp(2) is forbidden
 * libseccomp knows only of the thread, which is then the only one. */
static int end_by_other_architectures(scmp_filter_ctx context)
{
	int failure = seccomp_attr_set(
		context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	return failure != -EINVAL
		       ? failure
		       : seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH,
				 SCMP_ACT_KILL_THREAD);
}

static int build(struct filter *filter, bool watched)
{
	filter->failure = end_by_other_architectures(filter->context);
	if (!watched) {
		add_allowed(filter);
		add_each(filter, DENY, tools, COUNT(tools));
	}
	add_each(filter, DENY, forbidden, COUNT(forbidden));
	return filter->failure < 0 ? filter->failure
				   : seccomp_load(filter->context);
}

bool filter_load(bool watched)
{
	struct filter filter = {0};
	int failure = -ENOMEM;

	filter.context =
		seccomp_init(watched ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS));
	if (filter.context != NULL)
		failure = build(&filter, watched);
	seccomp_release(filter.context);
	errno = -failure;
	return failure == 0;
}
