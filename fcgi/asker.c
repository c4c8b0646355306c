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
	WHILE_MS = 50,
};

struct askers {
	struct ev_loop *loop;
	struct replies *replies;
	struct node waiting;
	size_t count;
	struct ev_timer look; /* runs while somebody waits */
};

static void on_look(struct ev_loop *loop, struct ev_timer *timer, int events);

struct askers *askers_new(struct ev_loop *loop, struct replies *replies)
{
	struct askers *askers = mem_new(sizeof(*askers));

	askers->loop = loop;
	askers->replies = replies;
	list_init(&askers->waiting);
	ev_timer_init(
		&askers->look, on_look, WHILE_MS / 1000.0, WHILE_MS / 1000.0);
	askers->look.data = askers;
	return askers;
}

struct request *asker_done(struct asker *asker)
{
	struct askers *askers = asker->askers;
	struct request *request = asker->request;

	list_remove(&asker->node);
	askers->count--;
	ev_io_stop(askers->loop, &asker->watch);
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
	ev_timer_stop(askers->loop, &askers->look);
	free(askers);
}

size_t askers_count(const struct askers *askers)
{
	return askers->count;
}

/* The request was whole: further bytes can only be its abort, and the end of
 * the stream is the browser's. */
static void on_readable(struct ev_loop *loop, struct ev_io *watch, int events)
{
	struct asker *asker = watch->data;
	char bytes[64];
	ssize_t got = recv(watch->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)loop;
	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	answers_forget(asker->pending);
	reply_end(asker_done(asker));
}

/* Watches all who were here already at the last look. */
static void on_look(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct askers *askers = timer->data;
	struct node *node;

	(void)events;
	if (list_empty(&askers->waiting))
		ev_timer_stop(loop, timer);
	for (node = askers->waiting.next; node != &askers->waiting;
		node = node->next) {
		struct asker *asker = list_entry(node, struct asker, node);

		if (asker->seen)
			ev_io_start(loop, &asker->watch);
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
	ev_io_init(&asker->watch, on_readable, request->fd, EV_READ);
	asker->watch.data = asker;
	if (!ev_is_active(&askers->look))
		ev_timer_again(askers->loop, &askers->look);
	return asker;
}
