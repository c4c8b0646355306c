/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/conn.h"

#include "lib/buf.h"

struct asked {
	conn_answer *answer;
	void *arg;
};

/* ---- the descriptor */

static void watch(struct conn *conn)
{
	if (conn->watched)
		loop_io_want(conn->loop, &conn->io, conn->wanted);
}

static void want_read(void *arg, bool yes)
{
	struct conn *conn = arg;

	conn->wanted = yes ? conn->wanted | LOOP_READ
			   : conn->wanted & ~(unsigned)LOOP_READ;
	watch(conn);
}

static void want_write(void *arg, bool yes)
{
	struct conn *conn = arg;

	conn->wanted = yes ? conn->wanted | LOOP_WRITE
			   : conn->wanted & ~(unsigned)LOOP_WRITE;
	watch(conn);
}

static void on_ready(void *arg, unsigned events)
{
	struct conn *conn = arg;
	struct redis_link *link = conn->link;

	if ((events & LOOP_READ) != 0)
		conn->redis->readable(link);
	/* It may be gone by now, or be another one. */
	if ((events & LOOP_WRITE) != 0 && conn->link == link)
		conn->redis->writable(link);
}

/* ---- what comes */

static void on_replied(void *arg, const struct redis_reply *reply)
{
	struct conn *conn = arg;
	const struct asked *asked;
	struct asked next;

	conn->heard_us = loop_now_us(conn->loop);
	if (!conn_is_asked(conn))
		return;
	asked = (const struct asked *)(const void *)(conn->asked.at +
						     conn->asked_from);
	next = *asked;
	conn->asked_from += sizeof(next);
	if (conn->asked_from == conn->asked.len) {
		buf_clear(&conn->asked);
		conn->asked_from = 0;
	}
	if (next.answer != NULL)
		next.answer(next.arg, reply);
}

/* Nothing is watched any more, and nobody waits. */
static void forget(struct conn *conn)
{
	if (conn->watched)
		loop_io_want(conn->loop, &conn->io, 0);
	conn->watched = false;
	conn->wanted = 0;
	conn->link = NULL;
	conn->asked_from = 0;
	buf_release(&conn->asked);
}

static void on_gone(void *arg, const char *fault)
{
	struct conn *conn = arg;

	forget(conn);
	conn->gone(conn->arg, fault);
}

/* ---- life */

bool conn_open(
	struct conn *conn, const char *host, int port, char fault[REDIS_FAULT])
{
	const struct redis_hooks hooks = {.want_read = want_read,
		.want_write = want_write,
		.replied = on_replied,
		.gone = on_gone,
		.arg = conn};

	conn->wanted = 0;
	conn->watched = false;
	conn->heard_us = loop_now_us(conn->loop);
	conn->link = conn->redis->dial(host, port, &hooks, fault);
	if (conn->link == NULL)
		return false;
	loop_io_init(
		&conn->io, conn->redis->descriptor(conn->link), on_ready, conn);
	conn->watched = true;
	watch(conn);
	return true;
}

void conn_close(struct conn *conn)
{
	struct redis_link *link = conn->link;

	if (link == NULL)
		return;
	forget(conn);
	conn->redis->hang_up(link);
}

void conn_ask(
	struct conn *conn, struct buf *command, conn_answer *answer, void *arg)
{
	const struct asked asked = {answer, arg};

	/* hiredis looks at one byte more if a command is one word. */
	*buf_reserve(command, 1) = '\0';
	if (!conn_is_asked(conn))
		conn->heard_us = loop_now_us(conn->loop);
	if (conn->link != NULL &&
		conn->redis->ask(conn->link, buf_span(command)))
		buf_add(&conn->asked, &asked, sizeof(asked));
}

bool conn_is_asked(const struct conn *conn)
{
	return conn->asked.len > conn->asked_from;
}
