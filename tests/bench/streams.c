/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/bench/streams.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum state { CLOSED, WAITING, CONNECTING, HEAD, OPEN };

enum {
	READ = 256 << 10, /* one read; larger bursts take another */
	RETRY_MS = 3000,  /* what a browser does without `retry:` */
	TICK_NS = 1000000,
	HEAD_ROOM = 4 << 10, /* of a request's head, beside its path */
	STALLED_BUFFER = 4 << 10,
	STALLED_SEGMENT = 1400,
};

struct stream {
	int fd;
	enum state state;
	bool back; /* its connection has brought an event */
	uint64_t due;
	struct sse sse;
};

struct streams {
	const struct options *options;
	struct sse_sink sink;
	int epoll;
	bool reconnect;
	bool awake;	/* the stalled read too */
	uint32_t begun; /* streams whose first connect() was made */
	uint32_t opened;
	uint32_t underway;
	uint32_t refused;
	uint32_t cut;
	uint32_t away;
	uint32_t waiting;
	uint64_t ticked;
	uint64_t reads;
	struct stream *all;
	char *room; /* SSE_CARRY bytes for what was cut, then READ */
};

struct streams *streams_new(
	const struct options *options, struct ledger *ledger, int epoll)
{
	struct streams *streams = calloc(1, sizeof(*streams));

	if (streams == NULL)
		err(1, "streams");
	streams->options = options;
	streams->sink.ledger = ledger;
	streams->sink.size = options->size;
	streams->epoll = epoll;
	streams->away = options->streams;
	streams->all = calloc(options->streams, sizeof(struct stream));
	streams->room = malloc(SSE_CARRY + READ);
	if (streams->all == NULL || streams->room == NULL)
		err(1, "streams");
	for (uint32_t i = 0; i < options->streams; i++) {
		streams->all[i].fd = -1;
		streams->all[i].sse.stream = i;
		streams->all[i].sse.retry_ms = RETRY_MS;
	}
	return streams;
}

void streams_free(struct streams *streams)
{
	/* Reset, not FIN: 8,500 ports in TIME_WAIT would spoil the next run. */
	struct linger linger = {1, 0};

	for (uint32_t i = 0; i < streams->options->streams; i++) {
		struct stream *stream = &streams->all[i];
		sse_release(&stream->sse);
		if (stream->fd < 0)
			continue;
		setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &linger,
			sizeof(linger));
		close(stream->fd);
	}
	free(streams->all);
	free(streams->room);
	free(streams);
}

static void watch(struct streams *streams, struct stream *stream, int act,
	uint32_t events)
{
	struct epoll_event event = {
		.events = events, .data.u64 = stream->sse.stream};

	if (epoll_ctl(streams->epoll, act, stream->fd, &event) != 0)
		err(1, "streams: epoll_ctl");
}

static void shut(struct streams *streams, struct stream *stream)
{
	if (stream->state != OPEN)
		streams->underway--;
	else
		streams->cut++;
	if (stream->back)
		streams->away++;
	stream->back = false;
	close(stream->fd);
	stream->fd = -1;
	stream->state = CLOSED;
}

static void lost(struct streams *streams, struct stream *stream, uint64_t now)
{
	shut(streams, stream);
	if (!streams->reconnect)
		return;
	stream->state = WAITING;
	stream->due = now + stream->sse.retry_ms * UINT64_C(1000000);
	streams->waiting++;
}

static void request(
	struct streams *streams, struct stream *stream, uint64_t now)
{
	const struct options *options = streams->options;
	const char *last = stream->sse.id_len > 0 ? stream->sse.id : NULL;
	char path[OPTIONS_PATH];
	char text[OPTIONS_PATH + HEAD_ROOM];
	int len;

	options_path(path, sizeof(path), options->listen,
		stream->sse.stream % options->channels, stream->sse.stream);
	len = snprintf(text, sizeof(text),
		"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
		"Accept: text/event-stream\r\n%s%s%s%s%s%s\r\n",
		path, options->port, last ? "Last-Event-ID: " : "",
		last ? last : "", last ? "\r\n" : "",
		options->show ? "Authorization: Bearer " : "",
		options->show ? options->show : "",
		options->show ? "\r\n" : "");
	if ((size_t)len >= sizeof(text))
		errx(1, "streams: a request's head is too long");
	ssize_t sent = send(stream->fd, text, (size_t)len, MSG_NOSIGNAL);
	if (sent < 0 && errno == EAGAIN) {
		watch(streams, stream, EPOLL_CTL_MOD, EPOLLOUT);
		return;
	}
	if (sent != len) {
		lost(streams, stream, now);
		return;
	}
	stream->state = HEAD;
	watch(streams, stream, EPOLL_CTL_MOD, EPOLLIN | EPOLLRDHUP);
}

static bool is_stalled(
	const struct streams *streams, const struct stream *stream)
{
	return !streams->awake &&
	       ledger_stalls(streams->sink.ledger, stream->sse.stream);
}

/* Loopback's segments would let the server's kernel hold a megabyte. */
static void narrow(int fd)
{
	setsockopt(
		fd, SOL_SOCKET, SO_RCVBUF, &(int){STALLED_BUFFER}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &(int){STALLED_SEGMENT},
		sizeof(int));
}

static void dial(struct streams *streams, struct stream *stream, uint64_t now)
{
	struct sockaddr_in there = {.sin_family = AF_INET,
		.sin_port = htons(streams->options->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(1, "streams: socket %u", stream->sse.stream);
	if (is_stalled(streams, stream))
		narrow(fd);
	stream->fd = fd;
	stream->state = CONNECTING;
	streams->underway++;
	watch(streams, stream, EPOLL_CTL_ADD, EPOLLOUT);
	if (connect(fd, (struct sockaddr *)&there, sizeof(there)) != 0 &&
		errno != EINPROGRESS) {
		lost(streams, stream, now);
		return;
	}
	request(streams, stream, now);
}

void streams_open(struct streams *streams)
{
	const struct options *options = streams->options;

	while (streams->begun < options->streams &&
		streams->underway < options->opening)
		dial(streams, &streams->all[streams->begun++], payload_now());
}

/* Room in front of the bytes is what sse_read() asks for. */
static void body(
	struct streams *streams, struct stream *stream, char *at, size_t len)
{
	sse_read(&stream->sse, &streams->sink, at, len);
	if (stream->sse.spoke && !stream->back) {
		stream->back = true;
		streams->away--;
	}
}

/* The header comes in one piece from every server tried here; one that is cut
 * before its blank line is taken for a refusal. */
static void head(
	struct streams *streams, struct stream *stream, char *at, size_t len)
{
	char *end = memmem(at, len, "\r\n\r\n", 4);
	bool good = len > 12 && memcmp(at + 8, " 200", 4) == 0;

	if (end == NULL || !good) {
		warnx("stream %u: refused: %.*s", stream->sse.stream,
			(int)(len < 60 ? len : 60), at);
		streams->refused++;
		shut(streams, stream);
		return;
	}
	size_t skip = (size_t)(end - at) + 4;
	sse_begin(&stream->sse, memmem(at, skip, "chunked", 7) != NULL);
	stream->state = OPEN;
	streams->underway--;
	if (streams->opened < streams->options->streams)
		streams->opened++;
	if (is_stalled(streams, stream))
		watch(streams, stream, EPOLL_CTL_DEL, 0);
	if (len > skip)
		body(streams, stream, at + skip, len - skip);
}

void streams_ready(struct streams *streams, uint32_t number, uint64_t now)
{
	struct stream *stream = &streams->all[number];
	char *at = streams->room + SSE_CARRY;

	if (stream->state == CONNECTING) {
		request(streams, stream, now);
		return;
	}
	ssize_t got = recv(stream->fd, at, READ, 0);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		lost(streams, stream, now);
		return;
	}
	streams->reads++;
	streams->sink.now = payload_now();
	if (stream->state == HEAD)
		head(streams, stream, at, (size_t)got);
	else
		body(streams, stream, at, (size_t)got);
	if (stream->state == OPEN && stream->sse.phase == SSE_END)
		lost(streams, stream, now);
}

uint64_t streams_tick(struct streams *streams, uint64_t now)
{
	if (streams->waiting == 0)
		return UINT64_MAX;
	if (now < streams->ticked + TICK_NS)
		return streams->ticked + TICK_NS;
	streams->ticked = now;
	for (uint32_t i = 0; i < streams->options->streams; i++) {
		struct stream *stream = &streams->all[i];
		if (stream->state != WAITING || stream->due > now)
			continue;
		streams->waiting--;
		dial(streams, stream, now);
	}
	return now + TICK_NS;
}

void streams_reconnect(struct streams *streams)
{
	streams->reconnect = true;
}

void streams_wake(struct streams *streams)
{
	streams->reconnect = true;
	for (uint32_t i = 0; i < streams->options->streams; i++) {
		struct stream *stream = &streams->all[i];
		if (is_stalled(streams, stream) && stream->state == OPEN)
			watch(streams, stream, EPOLL_CTL_ADD,
				EPOLLIN | EPOLLRDHUP);
	}
	streams->awake = true;
}

uint32_t streams_opened(const struct streams *streams)
{
	return streams->opened;
}

uint32_t streams_away(const struct streams *streams)
{
	return streams->away;
}

void streams_print(const struct streams *streams)
{
	const struct sse_sink *sink = &streams->sink;

	printf("connected=%u\nrefused=%u\ncut=%u\naway=%u\n", streams->opened,
		streams->refused, streams->cut, streams->away);
	printf("resets=%" PRIu64 "\ndamaged=%" PRIu64 "\nother_events=%" PRIu64
	       "\nreads=%" PRIu64 "\n",
		sink->resets, sink->damaged, sink->others, streams->reads);
	if (sink->ledger->delivered > 0)
		printf("bytes_per_delivery=%.1f\nevents_per_read=%.2f\n",
			(double)sink->bytes / (double)sink->ledger->delivered,
			(double)sink->ledger->delivered /
				(double)streams->reads);
}
