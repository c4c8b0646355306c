/* SPDX-License-Identifier: MIT */
/*
 *   ARRIVING   accepted; its records are being collected
 *   gone       complete and handed on, or closed
 *
 *   The acceptor itself is OPEN, RESTING (no descriptor was left: it looks
 * again after a second), FULL (too many are arriving) or SHUT (for good).
 */
#include <config.h>

#include "fcgi/http/accept.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/http/intake.h"
#include "fcgi/http/parse.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/loop.h"

enum {
	BATCH = 64, /* connections accepted before others get their turn */
	CHUNK = 16 << 10,
	SPARE_MAX = 64 << 10,
	LIGHT_MAX = 4 << 10,
	REST_S = 1, /* after the descriptors have run out */
};

struct connection {
	struct acceptor *acceptor;
	struct node node; /* in acceptor->connections, while it waits */
	struct loop_io readable;
	struct timer deadline;
	uint64_t begun_us;
	int fd;
	size_t counted; /* bytes of it in acceptor->bytes */
	struct assembler assembler;
};

struct acceptor {
	struct acceptor_parts parts;
	struct loop_io listener;
	struct timer rest;
	bool shut;
	struct node connections; /* those that wait for more */
	size_t count, bytes;
	struct parser *parser;
	struct buf spare; /* for the next connection's records */
};

/* ---- the acceptor */

static struct timers *timers_of(const struct acceptor *acceptor)
{
	return loop_timers(acceptor->parts.loop);
}

static bool is_full(const struct acceptor *acceptor)
{
	return acceptor->count >= ACCEPTOR_WAITING_MAX;
}

/* Watches the listener exactly if we may accept. */
static void adjust(struct acceptor *acceptor)
{
	bool may = !acceptor->shut && !is_full(acceptor) &&
		   !timer_is_set(&acceptor->rest);

	loop_io_want(
		acceptor->parts.loop, &acceptor->listener, may ? LOOP_READ : 0);
}

static void on_rested(void *arg)
{
	adjust(arg);
}

/* ---- connections */

/* False, and nothing counted, if that would be too much. */
static bool count_bytes(struct connection *connection, size_t bytes)
{
	struct acceptor *acceptor = connection->acceptor;

	if (acceptor->bytes - connection->counted + bytes > ACCEPTOR_BYTES_MAX)
		return false;
	acceptor->bytes += bytes - connection->counted;
	connection->counted = bytes;
	return true;
}

static void stop_waiting(struct connection *connection)
{
	struct acceptor *acceptor = connection->acceptor;

	if (!list_linked(&connection->node))
		return;
	list_remove(&connection->node);
	loop_io_want(acceptor->parts.loop, &connection->readable, 0);
	timer_stop(timers_of(acceptor), &connection->deadline);
	count_bytes(connection, 0);
	acceptor->count--;
	adjust(acceptor);
}

/* Most requests come whole and one after the other: they share one buffer. */
static void keep_spare(struct acceptor *acceptor, struct buf *records)
{
	if (acceptor->spare.at != NULL || records->size > SPARE_MAX)
		return;
	acceptor->spare = *records;
	buf_clear(&acceptor->spare);
	*records = (struct buf){0};
}

/* Who waits holds no more than it has said: thousands may wait at once. */
static void travel_light(struct connection *connection)
{
	struct buf *records = &connection->assembler.records;
	struct buf light = {0};

	if (records->len > LIGHT_MAX)
		return;
	buf_add_span(&light, buf_span(records));
	keep_spare(connection->acceptor, records);
	buf_release(records);
	*records = light;
}

static void connection_free(struct connection *connection)
{
	stop_waiting(connection);
	if (connection->fd >= 0)
		close(connection->fd);
	keep_spare(connection->acceptor, &connection->assembler.records);
	assembler_release(&connection->assembler);
	free(connection);
}

static void hand_over(struct connection *connection)
{
	struct acceptor *acceptor = connection->acceptor;
	struct request *request =
		parser_read(acceptor->parser, &connection->assembler);

	if (request != NULL) {
		request->fd = connection->fd;
		connection->fd = -1;
	}
	connection_free(connection);
	if (request != NULL)
		acceptor->parts.take(acceptor->parts.arg, request);
}

/* Receives what there is; returns false if the peer is gone, and sets *more if
 * there may be more. */
static bool receive(struct connection *connection, bool *more)
{
	struct buf *records = &connection->assembler.records;
	char *to = buf_reserve(records, CHUNK);
	ssize_t got = recv(connection->fd, to, CHUNK, MSG_DONTWAIT);

	*more = got == CHUNK;
	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	records->len += (size_t)got;
	return got > 0;
}

/* A web server that is still sending may not read it; then its client gets the
 * web server's own 5xx. */
static void refuse_busy(struct connection *connection)
{
	struct replies *replies = connection->acceptor->parts.replies;
	struct request *request = request_new();

	request->id = connection->assembler.id;
	request->fd = connection->fd;
	connection->fd = -1;
	connection_free(connection);
	reply_error_with(replies, request, REPLY_RETRY, 503, "busy",
		"too much is being uploaded just now");
}

static enum assembler_state collect(struct connection *connection)
{
	enum assembler_state state;
	bool more;

	do {
		if (!receive(connection, &more))
			return ASSEMBLER_REFUSED;
		state = assembler_look(&connection->assembler);
	} while (state == ASSEMBLER_WANTS && more);
	return state;
}

static void set_deadline(struct connection *connection)
{
	struct acceptor *acceptor = connection->acceptor;
	uint64_t now = loop_now_us(acceptor->parts.loop);
	uint64_t spent = (now - connection->begun_us) / 1000;
	uint64_t left =
		spent < ACCEPTOR_TOTAL_MS ? ACCEPTOR_TOTAL_MS - spent : 1;

	if (left > ACCEPTOR_SILENCE_MS)
		left = ACCEPTOR_SILENCE_MS;
	if (acceptor->shut && left > ACCEPTOR_SHUT_MS)
		left = ACCEPTOR_SHUT_MS;
	timer_set(timers_of(acceptor), &connection->deadline, left * 1000, 0);
}

static void on_deadline(void *arg)
{
	log_debug("accept: close connection: its request did not come whole");
	connection_free(arg);
}

/* Goes on with whatever has come.  True if more must come. */
static bool advance(struct connection *connection)
{
	switch (collect(connection)) {
	case ASSEMBLER_WANTS:
		travel_light(connection);
		if (count_bytes(connection, connection->assembler.records.size))
			return true;
		refuse_busy(connection);
		return false;
	case ASSEMBLER_COMPLETE:
		hand_over(connection);
		return false;
	case ASSEMBLER_REFUSED:
		break;
	}
	if (connection->assembler.why != NULL)
		log_warnx("accept: close connection: %s",
			connection->assembler.why);
	connection_free(connection);
	return false;
}

static void on_readable(void *arg, unsigned events)
{
	struct connection *connection = arg;

	(void)events;
	if (!advance(connection))
		return;
	set_deadline(connection);
}

static void start_waiting(struct connection *connection)
{
	struct acceptor *acceptor = connection->acceptor;

	connection->begun_us = loop_now_us(acceptor->parts.loop);
	list_append(&acceptor->connections, &connection->node);
	acceptor->count++;
	loop_io_init(
		&connection->readable, connection->fd, on_readable, connection);
	loop_io_want(acceptor->parts.loop, &connection->readable, LOOP_READ);
	timer_init(&connection->deadline, on_deadline, connection);
	set_deadline(connection);
	adjust(acceptor);
}

void acceptor_take(struct acceptor *acceptor, int fd)
{
	struct connection *connection = mem_new(sizeof(*connection));

	connection->acceptor = acceptor;
	connection->fd = fd;
	list_init(&connection->node);
	assembler_init(&connection->assembler, acceptor->parts.max_body);
	connection->assembler.records = acceptor->spare;
	acceptor->spare = (struct buf){0};
	if (advance(connection))
		start_waiting(connection);
}

/* False if there was nobody, or no descriptor. */
static bool accept_one(struct acceptor *acceptor)
{
	int fd = accept4(acceptor->parts.listener, NULL, NULL,
		SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		acceptor_take(acceptor, fd);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		errno == ENOMEM) {
		log_warn("accept: rest for %d s", REST_S);
		timer_set(timers_of(acceptor), &acceptor->rest,
			REST_S * 1000000ull, 0);
		adjust(acceptor);
		return false;
	}
	return errno == ECONNABORTED || errno == EINTR;
}

static void on_connection(void *arg, unsigned events)
{
	struct acceptor *acceptor = arg;

	(void)events;
	for (int i = 0; i < BATCH && !is_full(acceptor) && !acceptor->shut; i++)
		if (!accept_one(acceptor))
			return;
}

/* ---- life */

struct acceptor *acceptor_new(const struct acceptor_parts *parts)
{
	struct acceptor *acceptor = mem_new(sizeof(*acceptor));

	acceptor->parts = *parts;
	list_init(&acceptor->connections);
	acceptor->parser = parser_new();
	loop_io_init(
		&acceptor->listener, parts->listener, on_connection, acceptor);
	timer_init(&acceptor->rest, on_rested, acceptor);
	adjust(acceptor);
	return acceptor;
}

void acceptor_shut(struct acceptor *acceptor)
{
	struct node *node;

	acceptor->shut = true;
	timer_stop(timers_of(acceptor), &acceptor->rest);
	adjust(acceptor);
	for (node = acceptor->connections.next; node != &acceptor->connections;
		node = node->next)
		set_deadline(list_entry(node, struct connection, node));
}

size_t acceptor_count(const struct acceptor *acceptor)
{
	return acceptor->count;
}

void acceptor_free(struct acceptor *acceptor)
{
	struct node *node, *next;

	if (acceptor == NULL)
		return;
	acceptor_shut(acceptor);
	for (node = acceptor->connections.next; node != &acceptor->connections;
		node = next) {
		next = node->next;
		connection_free(list_entry(node, struct connection, node));
	}
	parser_free(acceptor->parser);
	buf_release(&acceptor->spare);
	free(acceptor);
}
