/* SPDX-License-Identifier: MIT */
/*
 * floor - the least that can stand behind a web server
 *
 *     floor SOCKET [BYTES]
 *
 * A FastCGI responder in memory: no hub, no disk, no checks, no pacing.  GET
 * /realtime/NAME is a stream; a POST there is answered, and then its body is an
 * event that is written at once to each of NAME's streams, by itself; whatever
 * else is asked is answered "ok".  What is said is as long as what Tidings
 * says, so what Tidings costs above it is what Tidings does.
 *
 * BYTES: so much of each channel's newest events is kept, and given to a stream
 * that asks for `since`.
 *
 * It believes its web server, whose requests all have the number 1.  With
 * FCGI_KEEP_CONN a connection stays for the next request.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fcgi/http/record.h"
#include "lib/buf.h"
#include "lib/list.h"
#include "lib/table.h"
#include "tests/bench/asked.h"

enum {
	BATCH = 64,
	BACKLOG = 4096,
	CHUNK = 16 << 10,
	OWED_MAX = 64 << 20, /* bytes that sockets have not taken; with more
				nobody new is heard */
};

struct channel {
	struct table_node node;
	char *name;
	struct node streams;
	struct buf past; /* texts of its newest events */
};

/* A connection: of a request that comes, or of a stream. */
struct peer {
	struct node node;	 /* in its channel's streams */
	struct channel *channel; /* NULL = no stream */
	int fd;
	bool watched;
	struct buf in;
	struct buf out; /* what its socket has not taken */
};

static int epoll, listener;
static bool deaf; /* the listener is not watched */
static size_t owed, kept;
static uint64_t newest = 1795232262243520;
static struct table channels;

static struct span name_of(const struct table_node *node)
{
	return span_of(table_entry(node, struct channel, node)->name);
}

static struct channel *channel_of(struct span name)
{
	struct table_node *node = table_find(&channels, name);
	struct channel *channel;

	if (node != NULL)
		return table_entry(node, struct channel, node);
	channel = mem_new(sizeof(*channel));
	channel->name = mem_text(name);
	list_init(&channel->streams);
	table_add(&channels, &channel->node);
	return channel;
}

/* ---- out */

static void listen_to(int fd, void *who, int act, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = who};

	if (epoll_ctl(epoll, act, fd, &event) != 0)
		err(1, "epoll_ctl");
}

static void watch(struct peer *peer, uint32_t events)
{
	listen_to(peer->fd, peer, peer->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
		events);
	peer->watched = true;
}

static void hear(bool hears)
{
	if (deaf != hears)
		return;
	listen_to(listener, NULL, EPOLL_CTL_MOD, hears ? EPOLLIN : 0);
	deaf = !hears;
}

static void leave(struct peer *peer)
{
	owed -= peer->out.len;
	list_remove(&peer->node);
	close(peer->fd);
	buf_release(&peer->in);
	buf_release(&peer->out);
	free(peer);
}

static void owe(struct peer *peer, const char *at, size_t len)
{
	buf_add(&peer->out, at, len);
	owed += len;
	hear(owed < OWED_MAX);
}

static void give(struct peer *peer, const struct buf *records)
{
	ssize_t sent = 0;

	if (peer->out.len == 0)
		sent = send(peer->fd, records->at, records->len,
			MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent == (ssize_t)records->len || (sent < 0 && errno != EAGAIN))
		return; /* who has left is noticed where it is read */
	if (peer->out.len == 0)
		watch(peer, EPOLLIN | EPOLLOUT);
	size_t done = sent < 0 ? 0 : (size_t)sent;
	owe(peer, records->at + done, records->len - done);
}

static void give_owed(struct peer *peer)
{
	ssize_t sent = send(peer->fd, peer->out.at, peer->out.len,
		MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent <= 0)
		return;
	buf_drop(&peer->out, (size_t)sent);
	owed -= (size_t)sent;
	if (peer->out.len > 0)
		return;
	buf_release(&peer->out);
	watch(peer, EPOLLIN);
	hear(owed < OWED_MAX);
}

/* ---- what is answered */

static void answer(struct peer *peer, const char *body)
{
	struct buf text = {0}, records = {0};

	buf_printf(&text,
		"Status: 200 OK\r\nContent-Type: application/json\r\n"
		"X-Content-Type-Options: nosniff\r\nContent-Length: %zu\r\n"
		"Cache-Control: no-store\r\n\r\n%s",
		strlen(body), body);
	record_stdout(&records, 1, buf_span(&text));
	record_end(&records, 1);
	give(peer, &records);
	buf_release(&text);
	buf_release(&records);
}

static void keep(struct channel *channel, const struct buf *event)
{
	if (kept < event->len)
		return;
	if (channel->past.len + event->len > kept)
		buf_clear(&channel->past);
	buf_add_span(&channel->past, buf_span(event));
}

static void publish(
	struct peer *peer, struct channel *channel, struct span data)
{
	static struct buf event, records; /* their memory is kept */
	char body[512];

	snprintf(body, sizeof(body),
		"{\"status\":\"ok\",\"id\":\"%" PRIu64
		"\",\"channel\":\"%s\"}\n",
		++newest, channel->name);
	answer(peer, body);
	buf_clear(&event);
	buf_clear(&records);
	buf_printf(&event, "id: %" PRIu64 "\ndata: ", newest);
	buf_add_span(&event, data);
	buf_add_text(&event, "\n\n");
	keep(channel, &event);
	record_stdout(&records, 1, buf_span(&event));
	for (struct node *node = channel->streams.next;
		node != &channel->streams; node = node->next)
		give(list_entry(node, struct peer, node), &records);
}

static void begin_stream(struct peer *peer, struct channel *channel, bool since)
{
	struct buf text = {0}, records = {0};

	buf_printf(&text,
		"Status: 200 OK\r\nContent-Type: text/event-stream; "
		"charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
		"Cache-Control: no-store, no-transform\r\n"
		"X-Accel-Buffering: no\r\n\r\n"
		"retry: 2000\nid: %" PRIu64 "\nevent: connected\n"
		"data: {\"channels\":[\"%s\"],"
		"\"timestamp\":\"2026-11-30T12:00:00.000Z\"}\n\n",
		newest, channel->name);
	if (since)
		buf_add_span(&text, buf_span(&channel->past));
	record_stdout(&records, 1, buf_span(&text));
	peer->channel = channel;
	list_append(&channel->streams, &peer->node);
	buf_release(&peer->in);
	if (!peer->watched)
		watch(peer, EPOLLIN);
	give(peer, &records);
	buf_release(&text);
	buf_release(&records);
}

/* ---- in */

static void respond(struct peer *peer, const struct asked *asked)
{
	static const char realtime[] = "/realtime/";
	const size_t skip = sizeof(realtime) - 1;
	const char *query = memchr(asked->uri.at, '?', asked->uri.len);
	struct span path = asked->uri;

	if (query != NULL)
		path.len = (size_t)(query - path.at);
	if (path.len <= skip || memcmp(path.at, realtime, skip) != 0) {
		answer(peer, "{\"status\":\"ok\"}");
		return;
	}
	struct channel *channel =
		channel_of(span(path.at + skip, path.len - skip));
	if (asked->post)
		publish(peer, channel, buf_span(&asked->body));
	else
		begin_stream(peer, channel, query != NULL);
}

/* What came is whole, or waited for. */
static void go_on(struct peer *peer)
{
	struct asked asked = {0};
	bool whole = asked_read(&asked, &peer->in);

	if (whole)
		respond(peer, &asked);
	asked_release(&asked);
	if (whole && peer->channel == NULL && !asked.keep)
		leave(peer);
	else if (!peer->watched)
		watch(peer, EPOLLIN);
}

static void hang_up(struct peer *peer)
{
	struct buf end = {0};

	record_end(&end, 1);
	(void)!send(peer->fd, end.at, end.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_release(&end);
	leave(peer);
}

static void hear_stream(struct peer *peer)
{
	char bytes[64];

	if (recv(peer->fd, bytes, sizeof(bytes), MSG_DONTWAIT) == 0)
		hang_up(peer);
}

static void hear_request(struct peer *peer)
{
	char *to = buf_reserve(&peer->in, CHUNK);
	ssize_t got = recv(peer->fd, to, CHUNK, MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN)) {
		leave(peer);
		return;
	}
	peer->in.len += got < 0 ? 0 : (size_t)got;
	go_on(peer);
}

static void hear_peer(struct peer *peer, uint32_t events)
{
	if ((events & EPOLLOUT) != 0)
		give_owed(peer);
	if ((events & ~(uint32_t)EPOLLOUT) == 0)
		return;
	if (peer->channel != NULL)
		hear_stream(peer);
	else
		hear_request(peer);
}

static void accept_some(void)
{
	for (int i = 0; i < BATCH; i++) {
		int fd = accept4(
			listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		struct peer *peer = mem_new(sizeof(*peer));
		peer->fd = fd;
		list_init(&peer->node);
		hear_request(peer);
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un here = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(here.sun_path))
		errx(2, "%s: too long", path);
	snprintf(here.sun_path, sizeof(here.sun_path), "%s", path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0 ||
		listen(fd, BACKLOG) != 0)
		err(1, "%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	struct epoll_event events[BATCH];

	if (argc != 2 && argc != 3)
		errx(2, "usage: floor SOCKET [BYTES]");
	if (argc == 3)
		kept = strtoul(argv[2], NULL, 10);
	table_init(&channels, name_of, NULL);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	listener = listen_at(argv[1]);
	listen_to(listener, NULL, EPOLL_CTL_ADD, EPOLLIN);
	for (;;) {
		int count = epoll_wait(epoll, events, BATCH, -1);
		for (int i = 0; i < count; i++)
			if (events[i].data.ptr == NULL)
				accept_some();
			else
				hear_peer(events[i].data.ptr, events[i].events);
	}
}
