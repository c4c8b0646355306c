/* SPDX-License-Identifier: MIT */
/*
 * behind - many browsers that come back at once, and how long each takes to be
 * live
 *
 * behind PORT ADDRESS SECONDS: a stream for each line `LAST-EVENT-ID TARGET` of
 * the standard input, from ADDRESS.  Once all are live, or the time is up, a
 * line `MS EVENTS RESETS DISORDER` for each; MS is -1 for one that is not live.
 * DISORDER counts ids that did not rise, and streams that ended.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	STREAMS_MAX = 20000,
	TARGET_MAX = 32 << 10,
	START = 40, /* bytes of a line that are looked at */
	CHUNK = 1 << 20,
};

struct stream {
	int fd;
	char line[START];
	size_t len; /* of the line so far */
	uint64_t id, last;
	char type; /* first letter; 0 = a message */
	int64_t live_ms;
	unsigned long events, resets, disorder;
};

static struct stream streams[STREAMS_MAX];
static size_t count, live;
static int64_t began;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void dispatch(struct stream *one)
{
	if (one->type == 'l' && one->live_ms < 0) {
		one->live_ms = now_ms() - began;
		live++;
	} else if (one->type == 'r') {
		one->resets++;
	} else if (one->type == 0 && one->id != 0) {
		one->events++;
		one->disorder += one->id <= one->last;
	}
	if (one->id != 0 && one->type != 'r')
		one->last = one->id;
	one->id = 0;
	one->type = 0;
}

static void take_line(struct stream *one)
{
	if (one->len == 0 || (one->len == 1 && one->line[0] == '\r'))
		dispatch(one);
	else if (memcmp(one->line, "id: ", 4) == 0)
		one->id = strtoull(one->line + 4, NULL, 10);
	else if (memcmp(one->line, "event: ", 7) == 0)
		one->type = one->line[7];
	one->len = 0;
	memset(one->line, 0, sizeof(one->line));
}

static void take(struct stream *one, const char *at, const char *end)
{
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop == NULL ? end : stop) - at);
		size_t room = START - 1 - one->len;

		memcpy(one->line + one->len, at, len < room ? len : room);
		one->len += len < room ? len : room;
		if (stop == NULL)
			return;
		take_line(one);
		at = stop + 1;
	}
}

static void start(struct stream *one, const struct sockaddr_in *from,
	const struct sockaddr_in *to, const char *id, const char *target)
{
	static char request[TARGET_MAX + 200];
	int len = snprintf(request, sizeof(request),
		"GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n%s%s%s\r\n", target,
		id[0] == '-' ? "" : "Last-Event-ID: ", id[0] == '-' ? "" : id,
		id[0] == '-' ? "" : "\r\n");

	one->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (one->fd < 0 ||
		bind(one->fd, (const void *)from, sizeof(*from)) < 0 ||
		connect(one->fd, (const void *)to, sizeof(*to)) < 0)
		err(1, "stream %zu", count);
	if (send(one->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
		err(1, "stream %zu: send", count);
	one->live_ms = -1;
}

static void watch_all(int epoll)
{
	for (size_t i = 0; i < count; i++) {
		struct epoll_event event = {
			.events = EPOLLIN, .data.ptr = &streams[i]};

		epoll_ctl(epoll, EPOLL_CTL_ADD, streams[i].fd, &event);
	}
}

static void receive(struct stream *one)
{
	static char bytes[CHUNK];
	ssize_t got = recv(one->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got > 0) {
		take(one, bytes, bytes + got);
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		one->disorder++;
		close(one->fd);
	}
}

int main(int argc, char **argv)
{
	static char id[32], target[TARGET_MAX];
	struct epoll_event events[64];
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = from;
	struct rlimit limit;
	int epoll = epoll_create1(0);
	int64_t end;

	if (argc != 4)
		errx(2, "usage: behind PORT ADDRESS SECONDS");
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	inet_pton(AF_INET, argv[2], &from.sin_addr);
	began = now_ms();
	end = began + atoi(argv[3]) * 1000;
	while (count < STREAMS_MAX && scanf("%31s %32767s", id, target) == 2) {
		start(&streams[count], &from, &to, id, target);
		count++;
	}
	watch_all(epoll);
	while (live < count && now_ms() < end) {
		int found = epoll_wait(epoll, events, 64, 100);

		for (int i = 0; i < found; i++)
			receive(events[i].data.ptr);
	}
	for (size_t i = 0; i < count; i++)
		printf("%lld %lu %lu %lu\n", (long long)streams[i].live_ms,
			streams[i].events, streams[i].resets,
			streams[i].disorder);
	return 0;
}
