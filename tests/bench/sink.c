/* SPDX-License-Identifier: MIT */
/*
 * sink - streams that are read and forgotten
 *
 *   sink PORT COUNT CODING TARGET
 *
 * Opens COUNT streams of TARGET at 127.0.0.1, which accept CODING ("" = none),
 * and says "open".  For each line of its input it then prints how many bytes
 * have come over all of them.  Ends with its input; fails if a stream does.
 */
#include <config.h>

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 256 };

static unsigned long long total;

static int dial(const char *port)
{
	const struct sockaddr_in there = {.sin_family = AF_INET,
		.sin_port = htons((in_port_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const void *)&there, sizeof(there)) < 0)
		err(1, "port %s", port);
	return fd;
}

static void ask(int fd, const char *coding, const char *target)
{
	char text[1024];
	int len = snprintf(text, sizeof(text),
		"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
		"Accept: text/event-stream\r\n%s%s%s\r\n",
		target, coding[0] != '\0' ? "Accept-Encoding: " : "", coding,
		coding[0] != '\0' ? "\r\n" : "");

	if (len >= (int)sizeof(text) || write(fd, text, (size_t)len) != len)
		err(1, "a request");
}

static void watch(int poll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) < 0)
		err(1, "epoll");
}

static void report(void)
{
	char line[64];

	if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
		exit(0);
	printf("%llu\n", total);
	fflush(stdout);
}

static void take(int fd)
{
	static char bytes[1 << 20];
	ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

	if (got <= 0)
		errx(1, "a stream has ended");
	total += (unsigned long long)got;
}

int main(int argc, char **argv)
{
	struct epoll_event events[AT_ONCE];
	int poll = epoll_create1(0);

	if (argc != 5 || poll < 0)
		errx(2, "usage: sink PORT COUNT CODING TARGET");
	for (int i = atoi(argv[2]); i > 0; i--) {
		int fd = dial(argv[1]);

		ask(fd, argv[3], argv[4]);
		watch(poll, fd);
	}
	watch(poll, STDIN_FILENO);
	puts("open");
	fflush(stdout);
	for (;;) {
		int count = epoll_wait(poll, events, AT_ONCE, -1);

		for (int i = 0; i < count; i++)
			if (events[i].data.fd == STDIN_FILENO)
				report();
			else
				take(events[i].data.fd);
	}
}
