/* SPDX-License-Identifier: MIT */
/*
 *   WAITING    the uplink holds our callback
 *   WATCHED    the same, and the connection is watched
 *   gone       it was called, or the browser left and the uplink was told
 *
 * Nearly every word comes within milliseconds, and to watch a descriptor costs
 * a system call; so only who has waited for a while is watched.
 */
#include <config.h>

#include "fcgi/http/deferred.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/uplink/call.h"

enum {
	WHILE_US = 50000,
};

struct deferrals {
	struct loop *loop;
	struct replies *replies;
	struct node waiting;
	size_t count;
	struct timer look; /* runs while somebody waits */
};

static void on_look(void *arg);

struct deferrals *deferrals_new(struct loop *loop, struct replies *replies)
{
	struct deferrals *deferrals = mem_new(sizeof(*deferrals));

	deferrals->loop = loop;
	deferrals->replies = replies;
	list_init(&deferrals->waiting);
	timer_init(&deferrals->look, on_look, deferrals);
	return deferrals;
}

struct request *deferred_done(struct deferred *deferred)
{
	struct deferrals *deferrals = deferred->deferrals;
	struct request *request = deferred->request;

	list_remove(&deferred->node);
	deferrals->count--;
	loop_io_want(deferrals->loop, &deferred->watch, 0);
	buf_release(&deferred->note);
	buf_release(&deferred->answer);
	free(deferred);
	return request;
}

void deferrals_free(struct deferrals *deferrals)
{
	struct node *node, *next;

	if (deferrals == NULL)
		return;
	for (node = deferrals->waiting.next; node != &deferrals->waiting;
		node = next) {
		struct deferred *deferred =
			list_entry(node, struct deferred, node);

		next = node->next;
		call_forget(deferred->call);
		request_free(deferred_done(deferred));
	}
	timer_stop(loop_timers(deferrals->loop), &deferrals->look);
	free(deferrals);
}

size_t deferrals_count(const struct deferrals *deferrals)
{
	return deferrals->count;
}

/* The request was whole: further bytes can only be its abort, and the end of
 * the stream is the browser's. */
static void on_readable(void *arg, unsigned events)
{
	struct deferred *deferred = arg;
	char bytes[64];
	ssize_t got = recv(loop_io_fd(&deferred->watch), bytes, sizeof(bytes),
		MSG_DONTWAIT);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	call_forget(deferred->call);
	reply_end(deferred_done(deferred));
}

/* Watches all who were here already at the last look. */
static void on_look(void *arg)
{
	struct deferrals *deferrals = arg;
	struct node *node;

	if (list_empty(&deferrals->waiting))
		timer_stop(loop_timers(deferrals->loop), &deferrals->look);
	for (node = deferrals->waiting.next; node != &deferrals->waiting;
		node = node->next) {
		struct deferred *deferred =
			list_entry(node, struct deferred, node);

		if (deferred->seen)
			loop_io_want(
				deferrals->loop, &deferred->watch, LOOP_READ);
		deferred->seen = true;
	}
}

struct deferred *deferred_new(
	struct deferrals *deferrals, struct request *request)
{
	struct deferred *deferred = mem_new(sizeof(*deferred));

	deferred->deferrals = deferrals;
	deferred->replies = deferrals->replies;
	deferred->request = request;
	list_append(&deferrals->waiting, &deferred->node);
	deferrals->count++;
	loop_io_init(&deferred->watch, request->fd, on_readable, deferred);
	if (!timer_is_set(&deferrals->look))
		timer_set(loop_timers(deferrals->loop), &deferrals->look,
			WHILE_US, WHILE_US);
	return deferred;
}
