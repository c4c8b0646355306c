/* SPDX-License-Identifier: MIT */
/* inbox/shut_in: what is kept from a process that reads a stranger's database
 */
#include <config.h>

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "inbox/walls/landlock.h"
#include "tests/unit/shut_room.h"

/* ---- files elsewhere */

static bool read_elsewhere(void)
{
	return !opens(house.secret, O_RDONLY) &&
	       !opens("/etc/passwd", O_RDONLY) &&
	       !opens_in_inbox("../log/log.db", O_RDONLY) &&
	       !opens_in_inbox("file-link", O_RDONLY) &&
	       !opens_in_inbox("folder-link/log.db", O_RDONLY);
}

static bool write_elsewhere(void)
{
	return !opens(house.secret, O_RDWR) &&
	       !opens(house.secret, O_WRONLY | O_TRUNC) &&
	       !opens_in_inbox("../log/log.db", O_RDWR) &&
	       !opens_in_inbox("file-link", O_RDWR) &&
	       !opens_in_inbox("folder-link/log.db", O_RDWR);
}

/* Nor is there an empty one that then could not be opened. */
static bool makes(const char *name)
{
	char path[160];

	in_inbox(path, name);
	return opens(path, O_WRONLY | O_CREAT) || access(path, F_OK) == 0;
}

static bool make_elsewhere(void)
{
	return !makes("../log/new") && !makes("folder-link/new") &&
	       !makes("../new");
}

static bool look_into_parent(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)house.parent);
	/* In a chroot there may be no /proc. */
	return access(path, F_OK) < 0 || !opens(path, O_RDWR);
}

static bool remove_elsewhere(void)
{
	char around[160], through[160];

	in_inbox(around, "../log/log.db");
	in_inbox(through, "folder-link/log.db");
	return refused(unlink(house.secret), EACCES) &&
	       refused(unlink(around), EACCES) &&
	       refused(unlink(through), EACCES);
}

static bool remove_links(void)
{
	char soft[160], hard[160];

	in_inbox(soft, "file-link");
	in_inbox(hard, "hard-link");
	return unlink(soft) == 0 && unlink(hard) == 0;
}

static bool bring_in(void)
{
	char path[160];

	in_inbox(path, "brought");
	return refused(link(house.secret, path), EPERM) &&
	       refused(rename(house.secret, path), EPERM) &&
	       refused(symlink(house.secret, path), EPERM);
}

static bool change_elsewhere(void)
{
	return refused(chmod(house.secret, 0666), EPERM) &&
	       refused(chown(house.secret, getuid(), getgid()), EPERM) &&
	       refused(truncate(house.secret, 0), EPERM) &&
	       refused(mkdir(house.secret, 0700), EPERM) &&
	       refused(mkfifo(house.secret, 0600), EPERM);
}

static void no_file_elsewhere_is_touched(void **state)
{
	static const struct {
		const char *name;
		bool (*deed)(void);
		bool watched; /* also beside a sanitizer */
	} cases[] = {
		{"is read", read_elsewhere, false},
		{"is written", write_elsewhere, true},
		{"is made", make_elsewhere, true},
		{"is its parent's memory", look_into_parent, true},
		{"is removed", remove_elsewhere, true},
		{"is brought into the folder", bring_in, true},
		{"gets another mode, owner, length, kind", change_elsewhere,
			true},
		{"goes with a link to it", remove_links, true},
	};

	(void)state;
	if (landlock_version() == 0) {
		print_message("this kernel has no Landlock\n");
		skip();
	}
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (shut_in_is_watched() && !cases[i].watched)
			continue;
		CHECK(cases[i].name, succeeds(cases[i].deed));
		CHECK(cases[i].name, secret_is_whole());
	}
}

/* ---- others */

static bool ask(long number)
{
	return refused(syscall(number, 0, 0, 0, 0, 0, 0), EPERM);
}

static bool connects(const char *path, bool abstract)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	strncpy(at.sun_path + abstract, path, sizeof(at.sun_path) - 2);
	return !refused(
		connect(unconnected, (struct sockaddr *)&at, sizeof(at)),
		EPERM);
}

static bool new_sockets(void)
{
	int fd[2];

	return refused(socket(AF_UNIX, SOCK_STREAM, 0), EPERM) &&
	       refused(socket(AF_INET, SOCK_STREAM, 0), EPERM) &&
	       refused(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), EPERM);
}

static bool sockets_from_before(void)
{
	return !connects(house.unix_path, false) &&
	       !connects(house.top, true) &&
	       refused(listen(unconnected, 1), EPERM);
}

/* A descriptor of ours would be another's from then on. */
static bool hands_out(void)
{
	struct iovec bytes = {(void *)house.top, 1};
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};

	return refused(sendmsg(pair[0], &message, MSG_NOSIGNAL), EPERM);
}

static bool programs(void)
{
	char *args[] = {(char[]){"true"}, NULL};

	return refused(execve("/bin/true", args, args), EPERM) &&
	       ask(SYS_execveat);
}

static bool processes(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(FAILED);
	return refused(child, EPERM) &&
	       refused(syscall(SYS_clone3, NULL, 0), ENOSYS);
}

static bool signals(void)
{
	return refused(kill(house.parent, 0), EPERM) &&
	       refused(kill(house.parent, SIGKILL), EPERM) &&
	       refused(kill(0, SIGKILL), EPERM) &&
	       refused(kill(-1, SIGKILL), EPERM) &&
	       refused(syscall(SYS_tgkill, house.parent, house.parent, SIGKILL),
		       EPERM) &&
	       refused(syscall(SYS_tkill, house.parent, SIGKILL), EPERM) &&
	       ask(SYS_rt_sigqueueinfo) && ask(SYS_rt_tgsigqueueinfo);
}

/* What a descriptor brings is told by a signal, to whom one says. */
static bool signals_by_descriptor(void)
{
	return refused(fcntl(pair[0], F_SETOWN, house.parent), ENOSYS) &&
	       refused(fcntl(pair[0], F_SETSIG, SIGKILL), ENOSYS);
}

static bool tracing(void)
{
	return refused(ptrace(PTRACE_ATTACH, house.parent, NULL, NULL),
		       EPERM) &&
	       ask(SYS_process_vm_readv) && ask(SYS_process_vm_writev) &&
	       ask(SYS_kcmp);
}

static bool limits_of_others(void)
{
	struct rlimit none = {0, 0};

	return refused(prlimit(house.parent, RLIMIT_CPU, &none, NULL), ENOSYS);
}

static bool handles_of_processes(void)
{
#ifdef SYS_pidfd_getfd
	return ask(SYS_pidfd_open) && ask(SYS_pidfd_getfd) &&
	       ask(SYS_pidfd_send_signal);
#else
	return true;
#endif
}

static bool rooms_of_the_kernel(void)
{
	return ask(SYS_bpf) && ask(SYS_perf_event_open) &&
	       ask(SYS_userfaultfd) && ask(SYS_keyctl) && ask(SYS_add_key) &&
	       ask(SYS_io_setup) && ask(SYS_memfd_create) && ask(SYS_mount) &&
	       ask(SYS_chroot) && ask(SYS_unshare) && ask(SYS_setns) &&
	       ask(SYS_seccomp) && ask(SYS_setuid)
#ifdef SYS_io_uring_setup
	       && ask(SYS_io_uring_setup)
#endif
		;
}

static bool memory_that_runs(void)
{
	void *plain = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return plain != MAP_FAILED && code == MAP_FAILED && errno == EPERM &&
	       refused(mprotect(plain, 4096, PROT_READ | PROT_EXEC), EPERM);
}

static void nobody_else_is_reached(void **state)
{
	static const struct {
		const char *name;
		bool (*deed)(void);
		bool watched;
	} cases[] = {
		{"by a new socket", new_sockets, true},
		{"by a socket from before", sockets_from_before, true},
		{"by giving away a descriptor", hands_out, true},
		{"by another program", programs, true},
		{"by a process of its own", processes, false},
		{"by a signal", signals, false},
		{"by a descriptor's signal", signals_by_descriptor, false},
		{"by tracing", tracing, false},
		{"by a limit of theirs", limits_of_others, false},
		{"by a descriptor of a process", handles_of_processes, true},
		{"by other rooms of the kernel", rooms_of_the_kernel, true},
		{"by memory that runs", memory_that_runs, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (!shut_in_is_watched() || cases[i].watched)
			CHECK(cases[i].name, succeeds(cases[i].deed));
}

#ifdef __x86_64__
static bool call_of_32_bits(void)
{
	long number = 20; /* getpid(2) there */

	__asm__ volatile("int $0x80" : "+a"(number) : : "memory");
	return true;
}

static bool call_of_x32(void)
{
	syscall(0x40000000 + SYS_getpid);
	return true;
}

static void a_call_of_another_architecture_ends_it(void **state)
{
	(void)state;
	assert_true(dies_by(SIGSYS, call_of_x32));
	/* Or by SIGSEGV, where the kernel has no such calls. */
	assert_true(dies_by(SIGSYS, call_of_32_bits) ||
		    dies_by(SIGSEGV, call_of_32_bits));
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_file_elsewhere_is_touched),
		TEST(nobody_else_is_reached),
#ifdef __x86_64__
		TEST(a_call_of_another_architecture_ends_it),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
