/* SPDX-License-Identifier: MIT */
/*
 *   The acceptor is OPEN, RESTING (no descriptor was left: it looks again after
 * a second), FULL (too many are arriving) or SHUT (for good).
 */
#include <config.h>

#include "fcgi/http/accept.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "fcgi/http/connections.h"
#include "fcgi/http/kept.h"
#include "fcgi/lines.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/loop.h"

enum {
	BATCH = 64, /* connections accepted before others get their turn */
	REST_S = 1, /* after the descriptors have run out */
};

struct acceptor {
	struct loop *loop;
	struct loop_io listener;
	struct timer rest;
	bool shut;
	struct connections *connections;
	struct kept *kept; /* NULL = none is */
};

static bool is_full(const struct acceptor *acceptor)
{
	return connections_count(acceptor->connections) >= ACCEPTOR_WAITING_MAX;
}

/* Watches the listener exactly if we may accept. */
static void adjust(void *arg)
{
	struct acceptor *acceptor = arg;
	bool may = !acceptor->shut && !is_full(acceptor) &&
		   !timer_is_set(&acceptor->rest);

	loop_io_want(acceptor->loop, &acceptor->listener, may ? LOOP_READ : 0);
}

void acceptor_take(struct acceptor *acceptor, int fd)
{
	connections_take(acceptor->connections, fd);
}

static bool none_is_left(void)
{
	return errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	       errno == ENOMEM;
}

/* False if there was nobody, or no descriptor. */
static bool accept_one(struct acceptor *acceptor)
{
	int fd = accept4(loop_io_fd(&acceptor->listener), NULL, NULL,
		SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		acceptor_take(acceptor, fd);
		return true;
	}
	if (none_is_left()) {
		/* Who is idle gives way. */
		if (acceptor->kept != NULL && kept_clear(acceptor->kept) > 0)
			return true;
		log_warn(LINE_REST, REST_S);
		timer_set(loop_timers(acceptor->loop), &acceptor->rest,
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

static void take_again(void *arg, int fd)
{
	acceptor_take(arg, fd);
}

struct acceptor *acceptor_new(const struct acceptor_parts *parts)
{
	struct acceptor *acceptor = mem_new(sizeof(*acceptor));

	acceptor->loop = parts->loop;
	acceptor->connections = connections_new(&(struct connections_parts){
		.loop = parts->loop,
		.max_body = parts->max_body,
		.kept = parts->kept,
		.replies = parts->replies,
		.take = parts->take,
		.take_arg = parts->arg,
		.counted = adjust,
		.counted_arg = acceptor,
	});
	acceptor->kept = parts->kept;
	if (parts->kept != NULL)
		kept_serve(parts->kept, take_again, acceptor);
	loop_io_init(
		&acceptor->listener, parts->listener, on_connection, acceptor);
	timer_init(&acceptor->rest, adjust, acceptor);
	adjust(acceptor);
	return acceptor;
}

void acceptor_shut(struct acceptor *acceptor)
{
	acceptor->shut = true;
	timer_stop(loop_timers(acceptor->loop), &acceptor->rest);
	adjust(acceptor);
	if (acceptor->kept != NULL)
		kept_shut(acceptor->kept);
	connections_hurry(acceptor->connections);
}

size_t acceptor_count(const struct acceptor *acceptor)
{
	return connections_count(acceptor->connections);
}

void acceptor_free(struct acceptor *acceptor)
{
	if (acceptor == NULL)
		return;
	acceptor_shut(acceptor);
	connections_free(acceptor->connections);
	free(acceptor);
}
