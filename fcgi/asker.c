/*
 * asker - a request that waits for the hub's word
 *
 *   WAITING    the uplink holds our callback
 *   WATCHED    the same, and the connection is watched
 *   gone       it was called, or the browser left and the uplink was told
 *
 * Nearly every word comes within milliseconds, and to watch a descriptor costs
 * a system call; so only who has waited for a while is watched.
 */
#include <config.h>

#include "fcgi/asker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "fcgi/answers.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"

enum {
	WHILE_US = 50000,
};

struct askers {
	struct loop *loop;
	struct replies *replies;
	struct node waiting;
	size_t count;
	struct timer look; /* runs while somebody waits */
};

static void on_look(void *arg);

struct askers *askers_new(struct loop *loop, struct replies *replies)
{
	struct askers *askers = mem_new(sizeof(*askers));

	askers->loop = loop;
	askers->replies = replies;
	list_init(&askers->waiting);
	timer_init(&askers->look, on_look, askers);
	return askers;
}

struct request *asker_done(struct asker *asker)
{
	struct askers *askers = asker->askers;
	struct request *request = asker->request;

	list_remove(&asker->node);
	askers->count--;
	loop_io_want(askers->loop, &asker->watch, 0);
	buf_release(&asker->note);
	free(asker);
	return request;
}

void askers_free(struct askers *askers)
{
	struct node *node, *next;

	if (askers == NULL)
		return;
	for (node = askers->waiting.next; node != &askers->waiting;
		node = next) {
		struct asker *asker = list_entry(node, struct asker, node);

		next = node->next;
		answers_forget(asker->pending);
		request_free(asker_done(asker));
	}
	timer_stop(loop_timers(askers->loop), &askers->look);
	free(askers);
}

size_t askers_count(const struct askers *askers)
{
	return askers->count;
}

/* The request was whole: further bytes can only be its abort, and the end of
 * the stream is the browser's. */
static void on_readable(void *arg, unsigned events)
{
	struct asker *asker = arg;
	char bytes[64];
	ssize_t got = recv(
		loop_io_fd(&asker->watch), bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	answers_forget(asker->pending);
	reply_end(asker_done(asker));
}

/* Watches all who were here already at the last look. */
static void on_look(void *arg)
{
	struct askers *askers = arg;
	struct node *node;

	if (list_empty(&askers->waiting))
		timer_stop(loop_timers(askers->loop), &askers->look);
	for (node = askers->waiting.next; node != &askers->waiting;
		node = node->next) {
		struct asker *asker = list_entry(node, struct asker, node);

		if (asker->seen)
			loop_io_want(askers->loop, &asker->watch, LOOP_READ);
		asker->seen = true;
	}
}

struct asker *asker_new(struct askers *askers, struct request *request)
{
	struct asker *asker = mem_new(sizeof(*asker));

	asker->askers = askers;
	asker->replies = askers->replies;
	asker->request = request;
	list_append(&askers->waiting, &asker->node);
	askers->count++;
	loop_io_init(&asker->watch, request->fd, on_readable, asker);
	if (!timer_is_set(&askers->look))
		timer_set(loop_timers(askers->loop), &askers->look, WHILE_US,
			WHILE_US);
	return asker;
}
