/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "tests/unit/link_room.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_S = 20 };

static void on_frame(void *owner, uint8_t type, struct span body)
{
	struct pair *pair = owner;

	(void)type;
	pair->frames++;
	buf_add_span(&pair->got, body);
	if (pair->frames == pair->close_after)
		link_close(&pair->link, "enough");
	loop_stop(pair->loop);
}

static void on_closed(void *owner, const char *why)
{
	struct pair *pair = owner;

	pair->closed++;
	pair->why = why;
	loop_stop(pair->loop);
}

int link_room_setup(void **state)
{
	struct pair *pair = mem_new(sizeof(*pair));
	int ends[2];

	*state = pair;
	pair->loop = loop_new(&clock_system);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
		return -1;
	pair->peer = ends[1];
	pair->link.owner = pair;
	pair->link.frame = on_frame;
	pair->link.closed = on_closed;
	link_open(&pair->link, pair->loop, ends[0]);
	return 0;
}

int link_room_teardown(void **state)
{
	struct pair *pair = *state;

	link_close(&pair->link, NULL);
	close(pair->peer);
	buf_release(&pair->got);
	loop_free(pair->loop);
	free(pair);
	return 0;
}

static void on_timeout(void *arg)
{
	struct pair *pair = arg;

	pair->expired = true;
	loop_stop(pair->loop);
}

void wait_for(struct pair *pair)
{
	struct timer timer;

	timer_init(&timer, on_timeout, pair);
	timer_set(loop_timers(pair->loop), &timer, PATIENCE_S * 1000000, 0);
	loop_run(pair->loop);
	timer_stop(loop_timers(pair->loop), &timer);
	assert_false(pair->expired);
}

void turn(struct pair *pair)
{
	loop_turn_over(pair->loop);
}

void add_frame(struct buf *out, const char *body)
{
	size_t begun = wire_begin(out, WIRE_PING);

	buf_add_span(out, span_of(body));
	wire_end(out, begun);
}

void peer_says(struct pair *pair, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(pair->peer, bytes.at, bytes.len);

		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			turn(pair);
			continue;
		}
		bytes = span(bytes.at + n, bytes.len - (size_t)n);
	}
}

size_t peer_reads(struct pair *pair, char *at, size_t most)
{
	ssize_t n = read(pair->peer, at, most);

	return n < 0 ? 0 : (size_t)n;
}
