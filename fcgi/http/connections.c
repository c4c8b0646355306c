/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/http/connections.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/http/accept.h"
#include "fcgi/http/intake.h"
#include "fcgi/http/parse.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/lines.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/loop.h"

enum {
	CHUNK = 16 << 10,
	SPARE_MAX = 64 << 10,
	LIGHT_MAX = 4 << 10,
};

struct connection {
	struct connections *all;
	struct node node; /* in `arriving`, while it waits */
	struct loop_io readable;
	struct timer deadline;
	uint64_t begun_us;
	int fd;
	size_t counted; /* bytes of it in all->bytes */
	struct assembler assembler;
};

struct connections {
	struct connections_parts parts;
	struct node arriving;
	size_t count, bytes;
	bool hurried;
	struct parser *parser;
	struct buf spare; /* for the next one's records */
};

static struct timers *timers_of(const struct connections *connections)
{
	return loop_timers(connections->parts.loop);
}

/* False, and nothing counted, if that would be too much. */
static bool count_bytes(struct connection *connection, size_t bytes)
{
	struct connections *all = connection->all;

	if (all->bytes - connection->counted + bytes > ACCEPTOR_BYTES_MAX)
		return false;
	all->bytes += bytes - connection->counted;
	connection->counted = bytes;
	return true;
}

static void stop_waiting(struct connection *connection)
{
	struct connections *all = connection->all;

	if (!list_linked(&connection->node))
		return;
	list_remove(&connection->node);
	loop_io_want(all->parts.loop, &connection->readable, 0);
	timer_stop(timers_of(all), &connection->deadline);
	count_bytes(connection, 0);
	all->count--;
	all->parts.counted(all->parts.counted_arg);
}

/* Most requests come whole and one after the other: they share one buffer. */
static void keep_spare(struct connections *all, struct buf *records)
{
	if (all->spare.at != NULL || records->size > SPARE_MAX)
		return;
	all->spare = *records;
	buf_clear(&all->spare);
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
	keep_spare(connection->all, records);
	buf_release(records);
	*records = light;
}

static void connection_free(struct connection *connection)
{
	stop_waiting(connection);
	if (connection->fd >= 0)
		close(connection->fd);
	keep_spare(connection->all, &connection->assembler.records);
	assembler_release(&connection->assembler);
	free(connection);
}

static void hand_over(struct connection *connection)
{
	struct connections *all = connection->all;
	struct request *request =
		parser_read(all->parser, &connection->assembler);

	request->fd = connection->fd;
	if (connection->assembler.keep)
		request->kept = all->parts.kept;
	connection->fd = -1;
	connection_free(connection);
	all->parts.take(all->parts.take_arg, request);
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
	struct replies *replies = connection->all->parts.replies;
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
	struct connections *all = connection->all;
	uint64_t now = loop_now_us(all->parts.loop);
	uint64_t spent = (now - connection->begun_us) / 1000;
	uint64_t left =
		spent < ACCEPTOR_TOTAL_MS ? ACCEPTOR_TOTAL_MS - spent : 1;

	if (left > ACCEPTOR_SILENCE_MS)
		left = ACCEPTOR_SILENCE_MS;
	if (all->hurried && left > ACCEPTOR_SHUT_MS)
		left = ACCEPTOR_SHUT_MS;
	timer_set(timers_of(all), &connection->deadline, left * 1000, 0);
}

static void on_deadline(void *arg)
{
	log_debug(LINE_NOT_WHOLE);
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
		log_warnx(LINE_CLOSE_CONNECTION, connection->assembler.why);
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
	struct connections *all = connection->all;

	connection->begun_us = loop_now_us(all->parts.loop);
	list_append(&all->arriving, &connection->node);
	all->count++;
	loop_io_init(
		&connection->readable, connection->fd, on_readable, connection);
	loop_io_want(all->parts.loop, &connection->readable, LOOP_READ);
	timer_init(&connection->deadline, on_deadline, connection);
	set_deadline(connection);
	all->parts.counted(all->parts.counted_arg);
}

void connections_take(struct connections *all, int fd)
{
	struct connection *connection = mem_new(sizeof(*connection));

	connection->all = all;
	connection->fd = fd;
	list_init(&connection->node);
	assembler_init(&connection->assembler, all->parts.max_body);
	connection->assembler.records = all->spare;
	all->spare = (struct buf){0};
	if (advance(connection))
		start_waiting(connection);
}

void connections_hurry(struct connections *connections)
{
	struct node *node = connections->arriving.next;

	connections->hurried = true;
	for (; node != &connections->arriving; node = node->next)
		set_deadline(list_entry(node, struct connection, node));
}

size_t connections_count(const struct connections *connections)
{
	return connections->count;
}

/* ---- life */

struct connections *connections_new(const struct connections_parts *parts)
{
	struct connections *connections = mem_new(sizeof(*connections));

	connections->parts = *parts;
	list_init(&connections->arriving);
	connections->parser = parser_new();
	return connections;
}

void connections_free(struct connections *connections)
{
	struct node *node, *next;

	if (connections == NULL)
		return;
	for (node = connections->arriving.next; node != &connections->arriving;
		node = next) {
		next = node->next;
		connection_free(list_entry(node, struct connection, node));
	}
	parser_free(connections->parser);
	buf_release(&connections->spare);
	free(connections);
}
